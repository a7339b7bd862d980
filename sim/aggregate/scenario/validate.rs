//! What an aggregate scenario must satisfy beyond its types: ranges, and options that only fit
//! together.

use super::model::Model;
use super::strategy::Strategy;
use super::strategy_kind::StrategyKind;
use super::workload::Workload;
use crate::scenario::validate::settings::{self, Group, Setting, Takes, not_taken};
use crate::scenario::validate::strategies::names_and_roles;
use crate::scenario::validate::{controls, faults, ranges};
use crate::scenario::{Finding, Findings, KeyPath, PacerKind, Role};
use crate::spelling;

/// Views that are stored, and sessions, at the most: their database lies in memory.
const MOST_VIEWS: u64 = 20_000_000;
/// Chunks after each of which a run can be killed and started again.
const MOST_CRASHES: u64 = 1_000;
/// A strategy cannot be promised more than this many times of anything.
const MOST_TIMES: f64 = 1_000.0;
/// What a transaction may be promised to move at the most, MB.
const MOST_MB: f64 = 1e6;

/// Everything that is wrong with `model`, in the order of its tables.
pub(super) fn findings(model: &Model) -> Vec<Finding> {
    let mut findings = Findings::default();
    ranges::seeds(&model.seeds, &mut findings);
    views(model, &mut findings);
    ranges::database(&model.database, &mut findings);
    if model.database.file.is_some() {
        let message = "an aggregate scenario has a table of its own".to_owned();
        findings.add("database.file", message, "remove it");
    }
    ranges::disk(&model.disk, &mut findings);
    load(model, &mut findings);
    ranges::phases(&(&model.phases).into(), &mut findings);
    ranges::network(&model.network, &mut findings);
    ranges::operator(&model.operator, &mut findings);
    crash(model, &mut findings);
    objective(model, &mut findings);
    strategies(model, &mut findings);
    controls::controls(&model.must_fail, &model.strategies, &mut findings);
    findings.into_inner()
}

fn views(model: &Model, findings: &mut Findings) {
    let views = &model.views;
    let path = "views.workloads";
    if views.workloads.is_empty() {
        let message = "there is none, so there is nothing to count".to_owned();
        findings.add(path, message, "name one: `workloads = [\"exact\"]`");
    }
    for (nth, name) in views.workloads.iter().enumerate() {
        if views.workloads[..nth].contains(name) {
            let message = format!("`{name}` is listed more than once");
            findings.add(path, message, "list it once");
        } else if views.workload(name).is_none() {
            let own = views.own.keys().map(String::as_str);
            let all: Vec<&str> = Workload::built_in_names()
                .iter()
                .copied()
                .chain(own)
                .collect();
            let help = spelling::did_you_mean(name, &all, "workloads");
            let help = format!("{help}; or describe it in `[views.own.{name}]`");
            findings.add(path, format!("there is no workload `{name}`"), help);
        }
    }
    for (name, workload) in &views.own {
        let whole = KeyPath::new(["views", "own", name]);
        if Workload::built_in_names().contains(&name.as_str()) {
            let message = format!("`{name}` is the name of a built-in workload");
            findings.add(whole.clone(), message, "choose another name");
        } else if !views.workloads.contains(name) {
            let message =
                format!("`{name}` is not in `views.workloads`, so nothing is done with it");
            findings.add(whole.clone(), message, "list it there, or remove it");
        }
        own(name, workload, findings);
    }
    findings.whole("views.paths", views.paths, 1, MOST_VIEWS);
    let counts = views
        .workloads
        .iter()
        .filter_map(|name| views.workload(name));
    let least = counts.map(|one| one.count).min().unwrap_or(0);
    findings.whole("views.poison", views.poison, 0, least);
    findings.whole("views.starts", views.starts, 1, 16);
}

fn own(name: &str, workload: &Workload, findings: &mut Findings) {
    let at = |key: &str| format!("views.own.{name}.{key}");
    findings.whole(&at("count"), workload.count, 1, MOST_VIEWS);
    findings.whole(&at("sessions"), workload.sessions, 1, MOST_VIEWS);
    findings.number(&at("skew"), workload.skew, 0.0, 4.0);
    findings.whole(&at("apart"), workload.apart, 0, workload.sessions);
    let most = ranges::MOST_PER_S;
    findings.number(&at("inserts_per_s"), workload.inserts_per_s, 0.0, most);
    if workload.apart > 0 && workload.skew != 0.0 {
        let message = "sessions come in turns, and none more often than others".to_owned();
        let help = "remove `skew`, or `apart`";
        findings.add(at("skew").as_str(), message, help);
    }
}

fn load(model: &Model, findings: &mut Findings) {
    let (load, most) = (&model.load, ranges::MOST_PER_S);
    findings.number("load.reads_per_s", load.reads_per_s, 0.0, most);
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

fn crash(model: &Model, findings: &mut Findings) {
    let Some(crash) = &model.crash else {
        return;
    };
    match (crash.at_write, crash.every_write) {
        (None, false) => {
            let message = "it does not say at which chunk".to_owned();
            let help = "add `at_write = 3`, say, or `every_write = true`";
            findings.add("crash", message, help);
        }
        (Some(_), true) => {
            let message = "it takes one of `at_write` or `every_write`".to_owned();
            findings.add("crash", message, "remove one of them");
        }
        (Some(at_write), false) => {
            findings.whole("crash.at_write", at_write, 1, MOST_VIEWS);
        }
        (None, true) => every_chunk(model, findings),
    }
    let (path, horizon_s) = ("crash.resume_after_s", model.phases.horizon_s);
    let resume_after_s = crash.resume_after_s;
    if findings.number(path, resume_after_s, 0.0, ranges::LONGEST_RUN_S) {
        faults::ends(findings, path, "started again", resume_after_s, horizon_s);
    }
}

/// As many runs as chunks have to stay few enough.
fn every_chunk(model: &Model, findings: &mut Findings) {
    let views = &model.views;
    let counts = views
        .workloads
        .iter()
        .filter_map(|name| views.workload(name));
    let most = counts.map(|one| one.count).max().unwrap_or(0);
    let rows = model.strategies.values().filter_map(Strategy::fixed_rows);
    let chunks = most.div_ceil(rows.min().unwrap_or(500).max(1));
    if chunks > MOST_CRASHES {
        let message = format!("{chunks} chunks would be as many runs of one strategy");
        let help = format!("keep it to {MOST_CRASHES} chunks, or give `at_write` instead");
        findings.add("crash.every_write", message, help);
    }
}

fn objective(model: &Model, findings: &mut Findings) {
    if let Some(mb) = model.objective.transaction_mb {
        findings.number("objective.transaction_mb", mb, 0.001, MOST_MB);
    }
    if let Some(times) = model.objective.reader_p95_times {
        let path = "objective.reader_p95_times";
        findings.number(path, times, 1.0, MOST_TIMES);
        if model.load.reads_per_s <= 0.0 {
            let message = "readers are promised something, but nobody reads".to_owned();
            findings.add(path, message, "raise `load.reads_per_s`, or remove it");
        }
    }
}

fn strategies(model: &Model, findings: &mut Findings) {
    names_and_roles(&model.strategies, "collect-all", findings);
    for (name, strategy) in &model.strategies {
        let whole = KeyPath::new(["strategies", name]);
        if strategy.kind.miscounts_sessions() && strategy.role == Role::Candidate {
            let message = "it is known to count some sessions twice".to_owned();
            let help = "write `role = \"baseline\"` to see by how much";
            findings.add(whole.member("role"), message, help);
        }
        settings_of(&whole, strategy, findings);
        if strategy.pacing().pacer != PacerKind::ReaderSlo {
            continue;
        }
        if model.load.reads_per_s <= 0.0 {
            let message = "it listens to readers, and nobody reads".to_owned();
            findings.add(whole.member("pacer"), message, "raise `load.reads_per_s`");
        } else if strategy.times_no_backfill.is_some() && model.phases.baseline_s <= 0.0 {
            let message = "what readers waited before the rebuild is not known".to_owned();
            let help = "raise `phases.baseline_s`, or give `p95_ms` instead";
            findings.add(whole.member("times_no_backfill"), message, help);
        }
    }
}

fn settings_of(whole: &KeyPath, strategy: &Strategy, findings: &mut Findings) {
    let (kind, pacing) = (strategy.kind, strategy.pacing());
    let who = match kind {
        StrategyKind::Chunked => format!("pacer `{}`", pacing.pacer.name()),
        kind => format!("kind `{}`", kind.name()),
    };
    let (needs, may): (&[Group], Group) = match kind {
        StrategyKind::Chunked => (settings::of_pacer(pacing.pacer), &["chunk_bytes"]),
        StrategyKind::CarriedSet | StrategyKind::TruncatedSet => {
            (settings::of_pacer(PacerKind::Fixed), &["carried"])
        }
        kind if kind.in_chunks() => (settings::of_pacer(PacerKind::Fixed), &[]),
        _ => (&[], &[]),
    };
    let takes = Takes {
        who: &who,
        needs,
        may,
        other: "kind or pacer",
    };
    if strategy.pacer.is_some() && kind != StrategyKind::Chunked {
        not_taken(whole, &takes, "pacer", findings);
    }
    let whole_number = |key, value: Option<u64>, example| Setting {
        key,
        given: value.is_some(),
        wrong: value
            .filter(|value| !(1..=1_000_000_000_000).contains(value))
            .map(|value| format!("{value} is not within 1 and 1 000 000 000 000")),
        example,
    };
    let mut given = settings::pacing(&pacing);
    given.push(whole_number(
        "chunk_bytes",
        strategy.chunk_bytes,
        "1_000_000",
    ));
    given.push(whole_number("carried", strategy.carried, "10_000"));
    settings::check(whole, &takes, &given, findings);
}
