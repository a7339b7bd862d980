//! What a processing scenario must satisfy beyond its types: ranges, and options that only fit
//! together.

use super::disturbance::RollBack;
use super::model::{Effect, Items, Model};
use super::objective::objective;
use super::strategies;
use crate::scenario::validate::{controls, faults, ranges};
use crate::scenario::{Finding, Findings, InVain, KeyPath};

/// Items, accounts and inputs, each at the most: what is expected of them is kept in memory.
pub(crate) const MOST_ITEMS: u64 = 20_000_000;
/// Accounts that an item changes, at the most.
const MOST_TOUCHES: u64 = 1_000;
/// Text of all accounts together, at the most: their rows lie in memory as the simulated disk.
const MOST_NOTES_MIB: u64 = 4_096;
/// The longest an item may be processed, µs: a minute.
pub(crate) const MINUTE_US: u64 = 60_000_000;
/// Objects that may be held, at the most: far more than fit in any memory.
pub(crate) const MOST_OBJECTS: u64 = 1_000_000_000;
/// Writes after each of which a run can be killed and started again.
const MOST_CRASHES: u64 = 1_000;

/// Everything that is wrong with `model`, in the order of its tables.
pub(super) fn findings(model: &Model) -> Vec<Finding> {
    let mut findings = Findings::default();
    ranges::seeds(&model.seeds, &mut findings);
    items(&model.items, &mut findings);
    effect(&model.effect, &mut findings);
    findings.whole("budget.objects", model.budget.objects, 1, MOST_OBJECTS);
    findings.whole("budget.mib", model.budget.mib, 1, ranges::TEBIBYTE_MIB);
    database(model, &mut findings);
    ranges::disk(&model.disk, &mut findings);
    let reads_per_s = model.load.reads_per_s;
    findings.number("load.reads_per_s", reads_per_s, 0.0, ranges::MOST_PER_S);
    ranges::phases(&(&model.phases).into(), &mut findings);
    ranges::network(&model.network, &mut findings);
    let outages = model.outage.iter().map(|one| (one.after_s, one.for_s));
    windows("outage", outages, model.phases.horizon_s, &mut findings);
    let locks = model.lock.iter().map(|one| (one.after_s, one.for_s));
    windows("lock", locks, model.phases.horizon_s, &mut findings);
    roll_back(model, &mut findings);
    poison(model, &mut findings);
    crash(model, &mut findings);
    objective(model, &mut findings);
    strategies::strategies(model, &mut findings);
    controls::controls(&model.must_fail, &model.strategies, &mut findings);
    findings.into_inner()
}

fn items(items: &Items, findings: &mut Findings) {
    let (count, accounts) = (items.count, items.accounts);
    findings.whole("items.count", count, 1, MOST_ITEMS);
    findings.whole("items.batch", items.batch, 1, count.max(1));
    findings.whole("items.accounts", accounts, 1, MOST_ITEMS);
    // An item changes each account once.
    let touches = accounts.clamp(1, MOST_TOUCHES);
    findings.whole("items.touches", items.touches, 1, touches);
    findings.number("items.skew", items.skew, 0.0, 4.0);
    for (path, share) in [
        ("items.opened_share", items.opened_share),
        ("items.closes_share", items.closes_share),
        ("items.history_from", items.history_from),
    ] {
        findings.number(path, share, 0.0, 1.0);
    }
    findings.whole("items.sources", items.sources, 1, 1_000);
    let notes_mib = items.note_bytes.saturating_mul(accounts) >> 20;
    if notes_mib > MOST_NOTES_MIB {
        let message = format!("the text of {accounts} accounts takes {notes_mib} MiB");
        let help = format!("keep it within {MOST_NOTES_MIB} MiB, or lower `items.accounts`");
        findings.add("items.note_bytes", message, help);
    }
    findings.whole("items.process_us", items.process_us, 0, MINUTE_US);
}

fn effect(effect: &Effect, findings: &mut Findings) {
    findings.number("effect.share", effect.share, 0.0, 1.0);
    if is_asked(effect) {
        findings.whole("effect.inputs", effect.inputs, 1, MOST_ITEMS);
        findings.whole("effect.latency_ms", effect.latency_ms, 0, ranges::HOUR_MS);
        let rate = effect.rate_per_s;
        findings.number("effect.rate_per_s", rate, 0.001, ranges::MOST_PER_S);
        findings.whole("effect.burst", effect.burst, 1, 1_000_000);
        findings.whole("effect.at_once", effect.at_once, 1, 1_000);
    }
}

/// Whether anybody asks the effect; where nobody does, the rest of its table says nothing.
fn is_asked(effect: &Effect) -> bool {
    effect.share != 0.0
}

/// What says nothing beside what else `model` says.
pub(super) fn in_vain(model: &Model) -> Vec<InVain> {
    if is_asked(&model.effect) {
        return Vec::new();
    }
    let keys = [
        "inputs",
        "cached",
        "latency_ms",
        "rate_per_s",
        "burst",
        "at_once",
    ];
    let in_vain = |key| InVain {
        finding: Finding {
            path: KeyPath::new(["effect", key]),
            message: "no item asks the effect, so it says nothing".to_owned(),
            help: "raise `effect.share`, or remove it".to_owned(),
        },
        because: KeyPath::from("effect.share"),
    };
    keys.into_iter().map(in_vain).collect()
}

fn database(model: &Model, findings: &mut Findings) {
    ranges::database(&model.database, findings);
    if model.database.file.is_some() {
        let message = "a processing scenario has tables of its own".to_owned();
        let help = "remove it; what is there before is `items.opened_share`";
        findings.add("database.file", message, help);
    }
}

/// Times in which something is out of order, each with its beginning and its length: one after the
/// other, and within the run.
pub(crate) fn windows(
    list: &str,
    all: impl Iterator<Item = (f64, f64)>,
    horizon_s: f64,
    findings: &mut Findings,
) {
    let mut over_s = f64::NEG_INFINITY;
    for (nth, (after_s, for_s)) in all.enumerate() {
        let path = format!("{list}.{nth}");
        faults::window(findings, &path, (after_s, for_s), horizon_s);
        if after_s < over_s {
            let path = format!("{path}.after_s");
            let message = format!("the one before it is over after {over_s} s");
            let help = "put them in order, and let none begin before the last is over";
            findings.add(path.as_str(), message, help);
        }
        over_s = after_s + for_s;
    }
}

fn roll_back(model: &Model, findings: &mut Findings) {
    let count = model.items.count;
    // Counts in range lie far below 2^53, so they survive the way through a float.
    let with_history = (model.items.history_from * count as f64).ceil() as u64;
    let mut last = 0;
    for (nth, &RollBack { at_item, to_item }) in model.roll_back.iter().enumerate() {
        let at = format!("roll_back.{nth}.at_item");
        let to = format!("roll_back.{nth}.to_item");
        findings.whole(&at, at_item, 1, count.max(1));
        if at_item <= last {
            let message = format!("item {last} is where the one before it is noticed");
            let help = "put them in order, each at an item of its own";
            findings.add(at.as_str(), message, help);
        }
        if to_item >= at_item {
            let message = format!("at item {at_item} there is nothing after item {to_item}");
            let help = "choose an item before `at_item`";
            findings.add(to.as_str(), message, help);
        } else if to_item < with_history {
            let message = format!("there is no history of what comes before item {with_history}");
            let help = "choose a later item, or lower `items.history_from`";
            findings.add(to.as_str(), message, help);
        }
        last = at_item;
    }
}

fn poison(model: &Model, findings: &mut Findings) {
    let Some(poison) = &model.poison else {
        return;
    };
    let count = model.items.count;
    let poisoned = poison.with_nul.saturating_add(poison.refused);
    if poisoned == 0 {
        let message = "no item is poisoned".to_owned();
        let help = "give `with_nul` or `refused`, or remove the table";
        findings.add("poison", message, help);
    } else if poisoned > count {
        let message = format!("{poisoned} poisoned items are more than the {count} there are");
        let help = "choose fewer, or raise `items.count`";
        findings.add("poison", message, help);
    }
}

fn crash(model: &Model, findings: &mut Findings) {
    let Some(crash) = &model.crash else {
        return;
    };
    // Whoever writes each batch by itself makes as many writes; whoever is done is not killed.
    let batches = model.items.count.div_ceil(model.items.batch.max(1));
    match (crash.at_write, crash.every_write) {
        (None, false) => {
            let message = "it does not say at which write".to_owned();
            let help = "add `at_write = 3`, say, or `every_write = true`";
            findings.add("crash", message, help);
        }
        (Some(_), true) => {
            let message = "it takes one of `at_write` or `every_write`".to_owned();
            findings.add("crash", message, "remove one of them");
        }
        (Some(at_write), false) => {
            findings.whole("crash.at_write", at_write, 1, batches.max(1));
        }
        (None, true) if batches > MOST_CRASHES => {
            let message = format!("{batches} batches may be as many runs of every strategy");
            let help = format!("keep it to {MOST_CRASHES} batches, or give `at_write` instead");
            findings.add("crash.every_write", message, help);
        }
        (None, true) => {}
    }
    let (path, horizon_s) = ("crash.resume_after_s", model.phases.horizon_s);
    let resume_after_s = crash.resume_after_s;
    if findings.number(path, resume_after_s, 0.0, ranges::LONGEST_RUN_S) {
        faults::ends(findings, path, "started again", resume_after_s, horizon_s);
    }
}

#[cfg(test)]
#[path = "validate_tests.rs"]
mod tests;
