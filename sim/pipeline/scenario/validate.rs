//! What a pipeline scenario must satisfy beyond its types: ranges, and options that only fit
//! together.

use super::model::Model;
use super::strategy_kind::StrategyKind;
use crate::listing::scenario::validate::client;
use crate::processing::scenario::validate::{MINUTE_US, MOST_ITEMS, MOST_OBJECTS, windows};
use crate::scenario::validate::strategies::names_and_roles;
use crate::scenario::validate::{controls, faults, ranges};
use crate::scenario::{Finding, Findings};

/// A strategy cannot be promised more than this many times of anything.
const MOST_TIMES: f64 = 1_000.0;

/// Everything that is wrong with `model`, in the order of its tables.
pub(super) fn findings(model: &Model) -> Vec<Finding> {
    let mut findings = Findings::default();
    ranges::seeds(&model.seeds, &mut findings);
    pipeline(model, &mut findings);
    findings.extend(model.upstream.findings("upstream"));
    history(model, &mut findings);
    client(&model.client, model.upstream.latency_ms, &mut findings);
    findings.whole("budget.objects", model.budget.objects, 1, MOST_OBJECTS);
    findings.whole("budget.mib", model.budget.mib, 1, ranges::TEBIBYTE_MIB);
    ranges::database(&model.database, &mut findings);
    ranges::disk(&model.disk, &mut findings);
    load(model, &mut findings);
    ranges::phases(&(&model.phases).into(), &mut findings);
    ranges::network(&model.network, &mut findings);
    ranges::operator(&model.operator, &mut findings);
    let horizon_s = model.phases.horizon_s;
    let outages = model.outage.iter().map(|one| (one.after_s, one.for_s));
    windows("outage", outages, horizon_s, &mut findings);
    let locks = model.lock.iter().map(|one| (one.after_s, one.for_s));
    windows("lock", locks, horizon_s, &mut findings);
    if let Some(crash) = &model.crash {
        let span = (crash.after_s, Some(crash.resume_after_s));
        faults::stopped(&mut findings, "crash", span, horizon_s);
    }
    objective(model, &mut findings);
    names_and_roles(&model.strategies, "pipelined", &mut findings);
    controls::controls(&model.must_fail, &model.strategies, &mut findings);
    findings.into_inner()
}

fn pipeline(model: &Model, findings: &mut Findings) {
    let pipeline = &model.pipeline;
    let transmissions = pipeline.transmissions;
    findings.whole("pipeline.transmissions", transmissions, 1, MOST_ITEMS);
    findings.whole("pipeline.batch", pipeline.batch, 1, MOST_ITEMS);
    findings.whole("pipeline.process_us", pipeline.process_us, 0, MINUTE_US);
    let percent = pipeline.efficiency_percent;
    // At 100 the pile would have no end.
    findings.whole("pipeline.efficiency_percent", percent, 1, 99);
    let times = pipeline.derive_times_before;
    findings.number("pipeline.derive_times_before", times, 1.0, MOST_TIMES);
}

/// The history has to be the same for whoever lists it, however long that takes.
fn history(model: &Model, findings: &mut Findings) {
    let upstream = &model.upstream;
    if upstream.file.is_some() {
        let message = "a pipeline scenario draws its objects".to_owned();
        let help = "remove it, and choose `upstream.shape`";
        findings.add("upstream.file", message, help);
    }
    let faults = &upstream.faults;
    for (key, rate) in [
        ("delete_cursor_share", faults.delete_cursor_share),
        ("deletes_per_s", faults.deletes_per_s),
        ("arrivals_per_s", faults.arrivals_per_s),
    ] {
        if rate != 0.0 {
            let message = "what is listed would depend on when it is".to_owned();
            let help = "remove it: strategies are compared row by row";
            findings.add(format!("upstream.faults.{key}").as_str(), message, help);
        }
    }
    if model.client.limit.is_some() {
        let message = "listing would never be done, and nothing be derived".to_owned();
        findings.add("client.limit", message, "remove it");
    }
    if model.database.file.is_some() {
        let message = "a pipeline scenario has tables of its own".to_owned();
        findings.add("database.file", message, "remove it");
    }
}

fn load(model: &Model, findings: &mut Findings) {
    let load = &model.load;
    let most = ranges::MOST_PER_S;
    findings.number("load.reads_per_s", load.reads_per_s, 0.0, most);
    findings.number("load.inserts_per_s", load.inserts_per_s, 0.0, most);
    let (path, for_s) = ("load.inserts_for_s", load.inserts_for_s);
    if !findings.number(path, for_s, 0.0, ranges::LONGEST_RUN_S) {
        return;
    }
    let phases = &model.phases;
    let end_s = phases.warm_up_s + phases.baseline_s + phases.horizon_s;
    if for_s > end_s {
        let message = format!("{for_s} s is more than the {end_s} s that a run may take");
        let help = "choose less, or raise `phases.horizon_s`";
        findings.add(path, message, help);
    }
}

fn objective(model: &Model, findings: &mut Findings) {
    let of = &model.objective;
    if let Some(times) = of.times_one_after_another {
        let path = "objective.times_one_after_another";
        findings.number(path, times, 0.001, MOST_TIMES);
        let kind = StrategyKind::OneAfterAnother;
        let rivals = model.strategies.values().filter(|one| one.kind == kind);
        let count = rivals.count();
        if count != 1 {
            let name = kind.name();
            let message = format!("it is compared with one strategy of kind `{name}`, not {count}");
            let help = format!("keep one `[strategies.{name}]`, or remove it");
            findings.add(path, message, help);
        }
    }
    if let Some(times) = of.reader_p95_times {
        let path = "objective.reader_p95_times";
        findings.number(path, times, 1.0, MOST_TIMES);
        if model.load.reads_per_s <= 0.0 {
            let message = "readers are promised something, but nobody reads".to_owned();
            findings.add(path, message, "raise `load.reads_per_s`, or remove it");
        }
    }
}
