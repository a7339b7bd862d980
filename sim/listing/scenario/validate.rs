//! What a listing scenario must satisfy beyond its types: ranges, and options that only fit
//! together.

use std::ops::RangeInclusive;

use super::model::{Client, Model};
use super::strategies;
use crate::scenario::validate::{controls, faults, ranges, settings};
use crate::scenario::{Finding, Findings, KeyPath, PacerKind};
use crate::upstream::{LIMIT_MOST, OBJECTS_MOST};

/// Calls under way at a time, at the most: each is a connection.
pub(super) const MOST_SLOTS: u32 = 1_000;
/// Pages after each of which a backfill can be stopped and started again.
const MOST_CRASHES: u64 = 1_000;
/// A strategy cannot be promised more than this many times of anything.
const MOST_TIMES: f64 = 1_000.0;

/// Everything that is wrong with `model`, in the order of its tables.
pub(super) fn findings(model: &Model) -> Vec<Finding> {
    let mut findings = Findings::default();
    ranges::seeds(&model.seeds, &mut findings);
    shapes(model, &mut findings);
    findings.extend(model.upstream.findings("upstream"));
    client(&model.client, model.upstream.latency_ms, &mut findings);
    streams(model, &mut findings);
    database(model, &mut findings);
    ranges::disk(&model.disk, &mut findings);
    sink(model, &mut findings);
    load(model, &mut findings);
    ranges::phases(&(&model.phases).into(), &mut findings);
    ranges::network(&model.network, &mut findings);
    crash(model, &mut findings);
    partition(model, &mut findings);
    objective(model, &mut findings);
    strategies::strategies(model, &mut findings);
    controls::controls(&model.must_fail, &model.strategies, &mut findings);
    findings.into_inner()
}

fn shapes(model: &Model, findings: &mut Findings) {
    if model.upstream.file.is_some() {
        for (path, given) in [
            ("shapes", !model.shapes.is_empty()),
            ("streams", model.streams.is_some()),
        ] {
            if given {
                let message = "`upstream.file` says where the objects lie, all of them".to_owned();
                findings.add(path, message, "remove one of them");
            }
        }
    }
    for (nth, shape) in model.shapes.iter().enumerate() {
        if model.shapes[..nth].contains(shape) {
            let message = format!("`{}` is listed more than once", shape.name());
            findings.add("shapes", message, "list it once: its cells are the same");
        }
    }
}

/// Whoever asks an API whose pages take so long.
pub(crate) fn client(client: &Client, latency_ms: u64, findings: &mut Findings) {
    let Client {
        page,
        slots,
        rate_per_s,
        burst,
        timeout_ms,
        attempts,
        backoff_base_ms,
        backoff_cap_ms,
        limit,
        ..
    } = *client;
    findings.whole("client.page", page, 1, u64::from(LIMIT_MOST));
    findings.whole("client.slots", slots, 1, u64::from(MOST_SLOTS));
    if let Some(rate_per_s) = rate_per_s {
        findings.number("client.rate_per_s", rate_per_s, 0.001, ranges::MOST_PER_S);
    }
    findings.whole("client.burst", burst, 1, 1_000_000);
    findings.whole("client.timeout_ms", timeout_ms, 1, ranges::HOUR_MS);
    if timeout_ms > 0 && timeout_ms <= latency_ms {
        let message = format!("a page takes {latency_ms} ms, so half of them are given up");
        let help = "choose more than `upstream.latency_ms`";
        findings.add("client.timeout_ms", message, help);
    }
    findings.whole("client.attempts", attempts, 1, 1_000);
    findings.whole(
        "client.backoff_base_ms",
        backoff_base_ms,
        1,
        ranges::HOUR_MS,
    );
    findings.whole("client.backoff_cap_ms", backoff_cap_ms, 1, ranges::HOUR_MS);
    if backoff_cap_ms > 0 && backoff_cap_ms < backoff_base_ms {
        let message = format!("{backoff_cap_ms} ms is less than the first wait");
        let help = "choose at least `client.backoff_base_ms`";
        findings.add("client.backoff_cap_ms", message, help);
    }
    if let Some(limit) = limit {
        findings.whole("client.limit", limit, 1, OBJECTS_MOST);
    }
}

fn streams(model: &Model, findings: &mut Findings) {
    let Some(streams) = &model.streams else {
        return;
    };
    findings.whole("streams.small", streams.small, 0, 10_000);
    findings.whole("streams.large", streams.large, 0, 1_000);
    let of_small = streams.small_objects;
    let of_large = streams.large_objects;
    findings.whole("streams.small_objects", of_small, 0, OBJECTS_MOST);
    findings.whole("streams.large_objects", of_large, 0, OBJECTS_MOST);
    if streams.small == 0 && streams.large == 0 {
        let message = "there is none, so there is nothing to list".to_owned();
        let help = "give `small` or `large`, or remove the table for a single stream";
        findings.add("streams", message, help);
    }
    let objects = model.most_objects();
    if objects > OBJECTS_MOST {
        let message = format!("{objects} objects in all streams together are too many");
        let help = format!("keep them within {OBJECTS_MOST}");
        findings.add("streams", message, help);
    }
}

fn database(model: &Model, findings: &mut Findings) {
    ranges::database(&model.database, findings);
    if model.database.file.is_some() {
        let message = "a listing scenario fills a table of its own".to_owned();
        let help = "remove it; what is there before is `load.prefilled`, and objects of your own \
                    are `upstream.file`";
        findings.add("database.file", message, help);
    }
}

fn sink(model: &Model, findings: &mut Findings) {
    let pacing = model.sink.pacing();
    let takes = settings::Takes {
        who: &format!("pacer `{}`", pacing.pacer.name()),
        needs: settings::of_pacer(pacing.pacer),
        may: &[],
        other: "pacer",
    };
    let given = settings::pacing(&pacing);
    settings::check(&KeyPath::from("sink"), &takes, &given, findings);
    if pacing.pacer != PacerKind::ReaderSlo {
        return;
    }
    if model.load.reads_per_s <= 0.0 {
        let message = "it listens to readers, and nobody reads".to_owned();
        findings.add("sink.pacer", message, "raise `load.reads_per_s`");
    } else if pacing.times_no_backfill.is_some() && model.phases.baseline_s <= 0.0 {
        let message = "what readers waited before the backfill is not known".to_owned();
        let help = "raise `phases.baseline_s`, or give `p95_ms` instead";
        findings.add("sink.times_no_backfill", message, help);
    }
}

fn load(model: &Model, findings: &mut Findings) {
    let load = &model.load;
    let most = ranges::MOST_PER_S;
    findings.number("load.reads_per_s", load.reads_per_s, 0.0, most);
    findings.whole("load.prefilled", load.prefilled, 0, OBJECTS_MOST);
}

fn crash(model: &Model, findings: &mut Findings) {
    let Some(crash) = &model.crash else {
        return;
    };
    match (crash.at_page, crash.every_page) {
        (None, false) => {
            let message = "it does not say at which page".to_owned();
            findings.add(
                "crash",
                message,
                "add `at_page = 3`, say, or `every_page = true`",
            );
        }
        (Some(_), true) => {
            let message = "it takes one of `at_page` or `every_page`".to_owned();
            findings.add("crash", message, "remove one of them");
        }
        _ => {}
    }
    let (path, horizon_s) = ("crash.resume_after_s", model.phases.horizon_s);
    if findings.number(path, crash.resume_after_s, 0.0, ranges::LONGEST_RUN_S) {
        faults::ends(
            findings,
            path,
            "started again",
            crash.resume_after_s,
            horizon_s,
        );
    }
}

/// What is wrong with the page of a crash, where every cell has `pages` pages within those numbers.
pub(super) fn crash_page(model: &Model, pages: RangeInclusive<u64>) -> Vec<Finding> {
    let mut findings = Findings::default();
    let crash = model.crash.as_ref();
    let (least, most) = pages.into_inner();
    if let Some(page) = crash.and_then(|crash| crash.at_page) {
        // Every strategy stores as many pages, or more; whoever is done is not stopped.
        findings.whole("crash.at_page", page, 1, least.max(1));
    } else if crash.is_some() && most > MOST_CRASHES {
        let message = format!("{most} pages would be as many runs of every strategy, or more");
        let help = format!("keep it to {MOST_CRASHES} pages, or give `at_page` instead");
        findings.add("crash.every_page", message, help);
    }
    findings.into_inner()
}

fn partition(model: &Model, findings: &mut Findings) {
    let Some(partition) = &model.partition else {
        return;
    };
    let (span, horizon_s) = ((partition.after_s, partition.for_s), model.phases.horizon_s);
    faults::window(findings, "partition", span, horizon_s);
}

fn objective(model: &Model, findings: &mut Findings) {
    let objective = &model.objective;
    for (path, times) in [
        ("objective.times_floor", Some(objective.times_floor)),
        ("objective.times_best", Some(objective.times_best)),
        ("objective.reader_p95_times", objective.reader_p95_times),
    ] {
        if let Some(times) = times {
            findings.number(path, times, 1.0, MOST_TIMES);
        }
    }
    let percent = objective.wasted_percent;
    findings.number("objective.wasted_percent", percent, 0.0, 100.0);
    findings.whole(
        "objective.small_pages",
        objective.small_pages,
        0,
        OBJECTS_MOST,
    );
    if objective.reader_p95_times.is_none() {
        return;
    }
    let path = "objective.reader_p95_times";
    if model.load.reads_per_s <= 0.0 {
        let message = "readers are promised something, but nobody reads".to_owned();
        findings.add(path, message, "raise `load.reads_per_s`, or remove it");
    } else if model.load.prefilled == 0 {
        let message = "without a backfill, readers find an empty table".to_owned();
        let help = "raise `load.prefilled`: what is compared is to be the same work";
        findings.add(path, message, help);
    }
}

#[cfg(test)]
#[path = "validate_tests.rs"]
mod tests;
