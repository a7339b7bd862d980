//! What a stash scenario must satisfy beyond its types: ranges, and options that only fit together.

use super::model::{Model, Requests, Stash};
use super::script::{Put, Take};
use super::strategy_kind::StrategyKind;
use super::workload::Workload;
use crate::scenario::validate::strategies::names_and_roles;
use crate::scenario::validate::{controls, ranges};
use crate::scenario::{Finding, Findings, InVain, KeyPath};

/// The largest payload, bytes: all are cut from one buffer that is a little longer.
pub(in crate::stash) const MOST_PAYLOAD_BYTES: u64 = 64 << 20;
/// What a stash holds at the most, bytes.
const MOST_BYTES: u64 = 1 << 40;
/// Payloads, and requests of a cell, at the most: each is kept in memory.
const MOST_REQUESTS: u64 = 1_000_000;
/// The longest that clients come, s; two hours with what is left of the last.
const LONGEST_S: f64 = 3_600.0;

/// Everything that is wrong with `model`, in the order of its tables.
pub(super) fn findings(model: &Model) -> Vec<Finding> {
    let mut findings = Findings::default();
    ranges::seeds(&model.seeds, &mut findings);
    stash(&model.stash, &mut findings);
    ranges::network(&model.network, &mut findings);
    objective(model, &mut findings);
    if model.put.is_empty() {
        requests(model, &mut findings);
        workloads(model, &mut findings);
        for (list, given) in [("take", model.take.len()), ("expect", model.expect.len())] {
            if given > 0 {
                let message = "there is no `[[put]]` that it could be about".to_owned();
                findings.add(list, message, "add one, or remove it");
            }
        }
    } else {
        script(model, &mut findings);
    }
    names_and_roles(&model.strategies, "fifo", &mut findings);
    controls::controls(&model.must_fail, &model.strategies, &mut findings);
    findings.into_inner()
}

fn stash(stash: &Stash, findings: &mut Findings) {
    let percent = stash.owner_percent;
    findings.whole("stash.owner_percent", percent, 1, 100);
    // Of fewer an owner's share would be nothing.
    let least = 100_u64.div_ceil(u64::from(percent.clamp(1, 100)));
    for (key, value, most) in [
        ("capacity_bytes", stash.capacity_bytes, MOST_BYTES),
        ("capacity_payloads", stash.capacity_payloads, MOST_BYTES),
        ("waiting_bytes", stash.waiting_bytes, MOST_BYTES),
        ("waiting_payloads", stash.waiting_payloads, MOST_BYTES),
    ] {
        findings.whole(&format!("stash.{key}"), value, least, most);
    }
    findings.whole("stash.overflow_bytes", stash.overflow_bytes, 1, MOST_BYTES);
    findings.whole("stash.ttl_ms", stash.ttl_ms, 1, ranges::HOUR_MS);
    findings.whole("stash.wait_ms", stash.wait_ms, 1, ranges::HOUR_MS);
}

/// The largest payload that any strategy stores, and any lets wait.
fn largest(stash: &Stash) -> u64 {
    let share = |bytes: u64| {
        let share = u128::from(bytes) * u128::from(stash.owner_percent) / 100;
        u64::try_from(share).unwrap_or(u64::MAX)
    };
    let least = stash.capacity_bytes.min(stash.waiting_bytes);
    MOST_PAYLOAD_BYTES.min(share(least))
}

/// A payload that fits nowhere would say nothing about waiting.
fn payload(path: &str, bytes: u64, stash: &Stash, findings: &mut Findings) {
    let largest = largest(stash);
    if bytes > largest {
        let message = format!("{bytes} B are more than an owner may ever hold or have waiting");
        let help = format!(
            "choose at most {largest}, or raise `stash.capacity_bytes`, `stash.waiting_bytes` or \
             `stash.owner_percent`; the most is {MOST_PAYLOAD_BYTES}"
        );
        findings.add(path, message, help);
    }
}

fn objective(model: &Model, findings: &mut Findings) {
    let of = &model.objective;
    if let Some(most) = of.wait_p95_ms {
        findings.number("objective.wait_p95_ms", most, 0.001, ranges::HOUR_MS as f64);
    }
    let Some(most) = of.fallbacks_of_immediate else {
        return;
    };
    let path = "objective.fallbacks_of_immediate";
    findings.number(path, most, 0.0, 1.0);
    let all = model.strategies.values();
    let rivals = all.filter(|one| one.kind == StrategyKind::Immediate);
    if rivals.count() != 1 {
        let message = "it takes exactly one strategy of kind `immediate` to compare with";
        let help = "add `[strategies.immediate]` with `kind = \"immediate\"` and \
                    `role = \"baseline\"`, or remove it";
        findings.add(path, message.to_owned(), help);
    }
}

fn requests(model: &Model, findings: &mut Findings) {
    let of = &model.requests;
    findings.number("requests.for_s", of.for_s, 0.001, LONGEST_S);
    for (key, value, least, most) in [
        ("owners", of.owners, 1, MOST_REQUESTS),
        ("work_ms", of.work_ms, 0, ranges::HOUR_MS),
        ("least_bytes", of.least_bytes, 1, MOST_PAYLOAD_BYTES),
        ("gap_most_ms", of.gap_most_ms, 0, ranges::HOUR_MS),
        ("gap_least_ms", of.gap_least_ms, 0, of.gap_most_ms.max(1)),
        ("patience_ms", of.patience_ms, 1, ranges::HOUR_MS),
        ("burst_size", of.burst_size, 1, MOST_REQUESTS),
        ("burst_ms", of.burst_ms, 0, ranges::HOUR_MS),
    ] {
        findings.whole(&format!("requests.{key}"), value, least, most);
    }
    for (key, share) in [
        ("lost_share", of.lost_share),
        ("impatient_share", of.impatient_share),
        ("probe_share", of.probe_share),
        ("burst_share", of.burst_share),
    ] {
        findings.number(&format!("requests.{key}"), share, 0.0, 1.0);
    }
    findings.number("requests.sigma", of.sigma, 0.0, 4.0);
    payload("requests.most_bytes", of.most_bytes, &model.stash, findings);
    sizes(of, findings);
}

fn sizes(of: &Requests, findings: &mut Findings) {
    let Requests {
        least_bytes,
        median_bytes,
        most_bytes,
        ..
    } = *of;
    if !(least_bytes..=most_bytes).contains(&median_bytes) {
        let message = format!("{median_bytes} B are not between the least and the most");
        let help = format!("choose from {least_bytes} to {most_bytes}");
        findings.add("requests.median_bytes", message, help);
    }
}

fn workloads(model: &Model, findings: &mut Findings) {
    if model.workloads.is_empty() {
        let message = "nothing is asked for, so nothing would happen".to_owned();
        let help = "add `[workloads.busy]` with `load = 0.9`, say, or `[[put]]`";
        findings.add("stash", message, help);
    }
    for (name, workload) in &model.workloads {
        let at = |key: &str| KeyPath::new(["workloads", name, key]);
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || !name.chars().all(plain) {
            let message = format!("`{name}` cannot be the name of a workload");
            let help = "use lower-case letters, digits and `-`: names become parts of file names";
            findings.add(KeyPath::new(["workloads", name]), message, help);
        }
        let mut number = |key: &str, value: Option<f64>, least: f64, most: f64| {
            let value = value.unwrap_or(least);
            findings.number(&at(key).to_string(), value, least, most)
        };
        let sound = number("load", workload.load, 0.001, 100.0)
            & number("rate_per_s", workload.rate_per_s, 0.001, 1e6);
        number("burst_share", workload.burst_share, 0.0, 1.0);
        findings.whole(
            &at("burst_size").to_string(),
            workload.burst_size.unwrap_or(1),
            1,
            MOST_REQUESTS,
        );
        if workload.load.is_some() == workload.rate_per_s.is_some() {
            let message = "it takes one of `load` and `rate_per_s`".to_owned();
            let help = "give one of them: `load = 0.9`, say";
            findings.add(KeyPath::new(["workloads", name]), message, help);
        } else if sound {
            many(model, name, workload, findings);
        }
    }
}

fn many(model: &Model, name: &str, workload: &Workload, findings: &mut Findings) {
    let rate_per_s = workload.rate_per_s(model);
    let all = rate_per_s * model.requests.for_s;
    if all > MOST_REQUESTS as f64 {
        let message = format!("{rate_per_s:.0} requests per second make {all:.0}");
        let help = format!(
            "keep it within {MOST_REQUESTS}: lower the load or `requests.for_s`, or let results \
             be larger"
        );
        findings.add(KeyPath::new(["workloads", name]), message, help);
    }
}

fn script(model: &Model, findings: &mut Findings) {
    if !model.workloads.is_empty() {
        let message = "what is put is listed one by one".to_owned();
        findings.add("workloads", message, "remove them, or `[[put]]`");
    }
    for (nth, put) in model.put.iter().enumerate() {
        let at = |key: &str| format!("put.{nth}.{key}");
        payload(&at("bytes"), put.bytes, &model.stash, findings);
        series(
            &format!("put.{nth}"),
            (put.at_ms, put.times, put.every_ms),
            findings,
        );
        findings.whole(
            &at("patience_ms"),
            put.patience_ms.unwrap_or(1),
            1,
            ranges::HOUR_MS,
        );
        if model.put[..nth].iter().any(|other| other.name == put.name) {
            let message = format!("`{}` is the name of another one", put.name);
            findings.add(at("name").as_str(), message, "choose another name");
        }
    }
    for (nth, take) in model.take.iter().enumerate() {
        series(
            &format!("take.{nth}"),
            (take.at_ms, take.times, take.every_ms),
            findings,
        );
        fetched(nth, take, &model.put, findings);
    }
    expectations(model, findings);
}

/// So many things, one after the other.
fn series(path: &str, (at_ms, times, every_ms): (u64, u64, u64), findings: &mut Findings) {
    findings.whole(&format!("{path}.at_ms"), at_ms, 0, ranges::HOUR_MS);
    findings.whole(&format!("{path}.times"), times, 1, 10_000);
    let most = ranges::HOUR_MS / times.max(1);
    findings.whole(&format!("{path}.every_ms"), every_ms, 0, most);
}

fn fetched(nth: usize, take: &Take, puts: &[Put], findings: &mut Findings) {
    let path = format!("take.{nth}.put");
    match puts.iter().find(|put| put.name == take.put) {
        None => unknown(
            &path,
            &take.put,
            puts.iter().map(|put| put.name.clone()),
            findings,
        ),
        Some(put) if take.times > put.times => {
            let message = format!("there are {} of `{}` only", put.times, put.name);
            let help = format!("take at most {} of them", put.times);
            findings.add(format!("take.{nth}.times").as_str(), message, help);
        }
        Some(_) => {}
    }
}

fn expectations(model: &Model, findings: &mut Findings) {
    let puts = || {
        let all = model.put.iter();
        all.flat_map(|put| (0..put.times.min(10_000)).map(|index| put.name_of(index)))
    };
    for (nth, expect) in model.expect.iter().enumerate() {
        let path = format!("expect.{nth}.put");
        if puts().all(|name| name != expect.put) {
            unknown(&path, &expect.put, puts(), findings);
        }
        let path = format!("expect.{nth}.strategy");
        if !model.strategies.contains_key(&expect.strategy) {
            let known = model.strategies.keys().cloned();
            unknown(&path, &expect.strategy, known, findings);
        }
    }
}

fn unknown(path: &str, name: &str, known: impl Iterator<Item = String>, findings: &mut Findings) {
    let known: Vec<String> = known.take(40).collect();
    let help = crate::spelling::did_you_mean(name, &known, "there are");
    findings.add(path, format!("there is no `{name}`"), help);
}

/// What says nothing beside what else `model` says.
pub(super) fn in_vain(model: &Model) -> Vec<InVain> {
    if model.put.is_empty() {
        return Vec::new();
    }
    vec![InVain {
        finding: Finding {
            path: KeyPath::from("requests"),
            message: "what is put is listed one by one, so it says nothing".to_owned(),
            help: "remove it, or `[[put]]`".to_owned(),
        },
        because: KeyPath::from("put"),
    }]
}
