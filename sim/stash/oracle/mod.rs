//! What must be true of a cell of a stash scenario.
//!
//! * [`Auditor`]: keeps books of its own, event by event, and says what is against the rules.
//! * `sum.rs`: what it counts with; `faults.rs`: what it has found.
//!
//! What clients found in what they fetched, and what the scenario expects of single puts, is judged
//! here.

mod auditor;
mod faults;
mod sum;

pub(super) use auditor::Auditor;

use super::oracle_names::{
    BYTES, CONSERVATION, EXPECTATIONS, ORDER, PAYLOADS, PROGRESS, ROOM, WAIT, WAKE,
};
use super::outcome::{Fate, Limits, Request};
use super::plan::MS;
use super::recorder::Record;
use super::scenario::{Expect, StrategyKind};
use crate::measure::unit::exact;
use crate::outcome::{Ending, Oracle};

/// What oracles judge by.
pub(super) struct Evidence<'a> {
    pub(super) strategy: &'a str,
    pub(super) kind: StrategyKind,
    pub(super) limits: Limits,
    pub(super) expected: &'a [Expect],
    pub(super) ending: &'a Ending,
}

/// The verdicts, in the order they are shown.
pub(super) fn judge(evidence: &Evidence<'_>, record: &mut Record) -> Vec<Oracle> {
    record.auditor.close();
    let mut verdicts = vec![
        progress(evidence, record),
        payloads(record),
        conservation(record),
        watched(
            evidence,
            record,
            ORDER,
            "were stored in the order they came",
        ),
        watched(evidence, record, WAKE, "were served as soon as they fitted"),
        bytes(evidence, record),
        wait(evidence, record),
        room(evidence, record),
    ];
    verdicts.extend(expectations(evidence, &record.requests));
    verdicts
}

fn verdict(name: &str, passed: bool, detail: String) -> Oracle {
    Oracle {
        name: name.to_owned(),
        passed,
        detail,
    }
}

fn progress(evidence: &Evidence<'_>, record: &Record) -> Oracle {
    let passed = *evidence.ending == Ending::Done;
    let detail = if passed {
        format!("{} clients came to their end", record.requests.len())
    } else {
        format!("the clients ended {:?}", evidence.ending)
    };
    verdict(PROGRESS, passed, detail)
}

/// What somebody else than the auditor found wrong.
fn noted<'a>(record: &'a Record, oracle: &str) -> Option<&'a str> {
    let mut wrong = record.wrong.iter().filter(|one| one.oracle == oracle);
    wrong.next().map(|one| one.said.as_str())
}

fn payloads(record: &Record) -> Oracle {
    let wrong = noted(record, PAYLOADS);
    let detail = wrong.map_or_else(
        || {
            format!(
                "{} were fetched, each once and as it was put",
                record.fetched
            )
        },
        str::to_owned,
    );
    verdict(PAYLOADS, wrong.is_none(), detail)
}

fn conservation(record: &Record) -> Oracle {
    let pending = record
        .requests
        .iter()
        .filter(|one| one.put.is_some() && one.fate == Fate::Pending);
    let pending = pending.count();
    let wrong = noted(record, CONSERVATION).map(str::to_owned);
    let wrong = wrong.or_else(|| found(record, CONSERVATION));
    let wrong = wrong.or_else(|| (pending > 0).then(|| format!("{pending} puts have no end")));
    let passed = wrong.is_none();
    let detail = wrong.unwrap_or_else(|| {
        let puts = record
            .requests
            .iter()
            .filter(|one| one.put.is_some())
            .count();
        let expired = record.auditor.tally.expired;
        format!("{puts} puts came to one end each, {expired} of them by expiry")
    });
    verdict(CONSERVATION, passed, detail)
}

/// What the auditor found, with how often.
fn found(record: &Record, oracle: &str) -> Option<String> {
    let (times, first) = record.auditor.faults.of(oracle)?;
    Some(match times {
        1 => first.clone(),
        times => format!("{times} times something like: {first}"),
    })
}

/// What only those are held to who promise it.
fn watched(evidence: &Evidence<'_>, record: &Record, oracle: &str, kept: &str) -> Oracle {
    let found = found(record, oracle);
    let waited = record.auditor.tally.waited;
    let detail = match &found {
        Some(found) if evidence.kind.promises() => found.clone(),
        Some(found) => format!("it promises nothing; {found}"),
        None => format!("all, {waited} of them from the line, {kept}"),
    };
    verdict(oracle, found.is_none() || !evidence.kind.promises(), detail)
}

fn bytes(evidence: &Evidence<'_>, record: &Record) -> Oracle {
    let limits = evidence.limits;
    let tally = record.auditor.tally;
    let found = found(record, BYTES);
    let detail = match &found {
        Some(found) if evidence.kind.promises() => found.clone(),
        Some(found) => format!("it does not bound what waits; {found}"),
        None => format!(
            "at the most {} B were held, and {} B with those in line, of {} B and {} B",
            tally.held_most,
            tally.with_waiting_most,
            limits.main_bytes + limits.overflow_bytes,
            limits.main_bytes + limits.overflow_bytes + limits.waiting_bytes
        ),
    };
    verdict(BYTES, found.is_none() || !evidence.kind.promises(), detail)
}

fn wait(evidence: &Evidence<'_>, record: &Record) -> Oracle {
    let found = found(record, WAIT);
    let longest = record.requests.iter().filter_map(Request::waited_ns).max();
    let detail = found.clone().unwrap_or_else(|| {
        let (longest, most) = (longest.unwrap_or(0), evidence.limits.wait_ns);
        format!("the longest wait took {longest} ns, of {most} ns")
    });
    verdict(WAIT, found.is_none(), detail)
}

fn room(evidence: &Evidence<'_>, record: &Record) -> Oracle {
    let (passed, detail) = match &record.room {
        None => (false, "nobody came to look".to_owned()),
        Some(Err(wrong)) => (false, wrong.clone()),
        Some(Ok(0)) => {
            let whole = evidence.limits.main_bytes;
            (
                true,
                format!("at the end there was room for all of {whole} B"),
            )
        }
        Some(Ok(held)) => (false, format!("at the end it says that it holds {held} B")),
    };
    verdict(ROOM, passed, detail)
}

/// What the scenario expects of this strategy; nothing where it expects nothing.
fn expectations(evidence: &Evidence<'_>, requests: &[Request]) -> Option<Oracle> {
    let own = evidence.expected.iter();
    let own: Vec<&Expect> = own
        .filter(|one| one.strategy == evidence.strategy)
        .collect();
    let said: Vec<Result<String, String>> = own
        .iter()
        .filter_map(|expect| {
            let request = requests.iter().find(|one| one.name == expect.put)?;
            Some(compared(expect, request))
        })
        .collect();
    let wrong = said.iter().filter_map(|one| one.clone().err());
    let wrong: Vec<String> = wrong.collect();
    let right = said.iter().filter_map(|one| one.clone().ok());
    let right: Vec<String> = right.collect();
    let passed = wrong.is_empty();
    let detail = if passed { right } else { wrong };
    (!own.is_empty()).then(|| verdict(EXPECTATIONS, passed, detail.join("; ")))
}

/// What became of a put, and whether that is as expected.
fn compared(expect: &Expect, request: &Request) -> Result<String, String> {
    let waited_ns = request.waited_ns().unwrap_or(0);
    let stored = request.fate == Fate::Stored;
    let said = format!(
        "{} {} after {}",
        request.name,
        request.fate.name(),
        exact(waited_ns)
    );
    let in_time = expect
        .waited_ms
        .is_none_or(|ms| waited_ns.abs_diff(ms * MS) <= MS);
    if stored == expect.stored && in_time {
        return Ok(said);
    }
    let wanted = if expect.stored {
        "stored"
    } else {
        "not stored"
    };
    let when = expect
        .waited_ms
        .map_or_else(String::new, |ms| format!(" after {ms} ms"));
    Err(format!("{said}, and not {wanted}{when}"))
}
