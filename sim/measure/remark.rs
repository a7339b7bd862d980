//! What makes the figures themselves doubtful, said beside them.

use super::comparison::{Cell, Comparison, StrategyResult};
use super::finding::{Finding, Tone};
use super::stall::{Cause, Spent, Stall};
use super::unit::{count, duration, percent};

/// What makes the figures themselves doubtful.
pub(super) fn remarks(comparison: &Comparison) -> Vec<Finding> {
    let mut remarks = Vec::new();
    let note = |strategy: &StrategyResult, sentence: String| Finding {
        tone: Tone::Note,
        strategy: Some(strategy.name.clone()),
        sentence,
    };
    for strategy in &comparison.strategies {
        let name = &strategy.name;
        if strategy.pooled.failed > 0 {
            remarks.push(note(strategy, format!(
                "{} of {} {} failed or stayed unanswered with {name}; they count with the time they waited.",
                count(strategy.pooled.failed),
                count(strategy.pooled.requests),
                comparison.subject.requests()
            )));
        }
        let uneven = strategy.cells.iter().find(|cell| {
            let counts = cell.backfill.zip(cell.no_backfill);
            counts.is_some_and(|(with, without)| with.count != without.count)
        });
        if let Some(cell) = uneven {
            remarks.push(note(strategy, format!(
                "With {name}, seed {}, the run without a backfill has another number of {} in the window: the ratio compares different stretches.",
                cell.seed, comparison.subject.requests()
            )));
        }
        let stalls = stalls(strategy).into_iter();
        remarks.extend(stalls.map(|sentence| note(strategy, sentence)));
    }
    remarks.extend(few_samples(comparison));
    remarks.extend(unpaired(comparison));
    remarks
}

/// What the holds of a strategy do not explain: per cause its worst cell, and the other seeds.
fn stalls(strategy: &StrategyResult) -> Vec<String> {
    let mut causes: Vec<Cause> = Vec::new();
    for stall in strategy.cells.iter().filter_map(|cell| cell.stall.as_ref()) {
        if !causes.contains(&stall.cause) {
            causes.push(stall.cause);
        }
    }
    let of_cause = |cause| {
        let cells = strategy.cells.iter();
        let cells: Vec<(&Cell, &Stall)> = cells
            .filter_map(|cell| Some((cell, cell.stall.as_ref()?)))
            .filter(|(_, stall)| stall.cause == cause)
            .collect();
        let (worst, stall) = *cells.iter().max_by_key(|(_, stall)| off_ppm(stall))?;
        let others = cells.iter().filter(|(cell, _)| cell.seed != worst.seed);
        let others: Vec<String> = others.map(|(cell, _)| cell.seed.to_string()).collect();
        Some(stall_sentence(&strategy.name, worst, stall, &others))
    };
    causes.into_iter().filter_map(of_cause).collect()
}

/// How far a forecast is off, parts per million of the smaller of the two.
fn off_ppm(stall: &Stall) -> u64 {
    let smaller = stall.p95_ns.min(stall.predicted_p95_ns).max(1);
    let off = u128::from(stall.p95_ns.abs_diff(stall.predicted_p95_ns)) * 1_000_000;
    (off / u128::from(smaller)) as u64
}

fn stall_sentence(name: &str, cell: &Cell, stall: &Stall, others: &[String]) -> String {
    let reads = cell.backfill.map_or(0, |stats| stats.count);
    let without = stall.without_p95_ns.map_or_else(String::new, duration);
    let why = match stall.cause {
        Cause::FewReads => format!(
            "{} reads are too few to tell that from chance",
            count(reads)
        ),
        Cause::ColdCache => format!(
            "it would be {without} if requests took no longer than without a backfill, which drives pages they need out of the cache"
        ),
        Cause::SharedDevice => format!(
            "it would be {without} if reads were not slowed down by what runs on another connection meanwhile"
        ),
        Cause::LongCommit => format!(
            "it would be {without} without writers' commits that take many times as long as without a backfill, as with a checkpoint in them"
        ),
        Cause::IdleConnection => {
            format!("it would be {without} if reads did not wait while nobody had the connection")
        }
        Cause::Overtaking => {
            format!("it would be {without} if reads had waited for the hold they came in")
        }
        Cause::SparedCommit => format!(
            "it would be {without} if reads waited for others as long as without a backfill, which copies the log back in place of their commits"
        ),
        Cause::WarmCache => format!(
            "it would be {without} if reads took as long as without a backfill, which brings pages they need into the cache"
        ),
        Cause::BusyWithout => format!(
            "it would be {without} if what reads wait for each other without a backfill counted twice, as it does in the forecast"
        ),
        Cause::Unknown => "none of the known stalls explains that".to_owned(),
    };
    let others = match others {
        [] => String::new(),
        [one] => format!(" So with seed {one}."),
        many => format!(" So with seeds {}.", many.join(", ")),
    };
    format!(
        "With {name}, seed {}, the holds explain a p95 of {}, simulated is {}: {why}. {}{others}",
        cell.seed,
        duration(stall.predicted_p95_ns),
        duration(stall.p95_ns),
        spent(stall.spent, stall.p95_ns > stall.predicted_p95_ns),
    )
}

/// Where the reads in question spent their time, the largest part first; parts below 1 % are left
/// out.
fn spent(spent: Spent, slower: bool) -> String {
    let mut parts = [
        (spent.behind_backfill_ns, "waiting for the backfill"),
        (spent.behind_others_ns, "waiting for others"),
        (spent.idle_ns, "waiting for nobody"),
        (spent.service_ns, "in service of their own"),
    ];
    parts.sort_by_key(|(ns, _)| std::cmp::Reverse(*ns));
    let all_ns: u64 = parts.iter().map(|(ns, _)| ns).sum();
    let parts: Vec<String> = parts
        .iter()
        .map(|(ns, what)| (*ns as f64 / all_ns.max(1) as f64, what))
        .filter(|(share, _)| *share >= 0.01)
        .map(|(share, what)| format!("{} {what}", percent(share)))
        .collect();
    let which = if slower {
        "between the two"
    } else {
        "above it"
    };
    format!(
        "The {} reads {which} spend {}.",
        count(spent.reads),
        parts.join(", ")
    )
}

/// One remark for all strategies with too few requests, however many they are.
fn few_samples(comparison: &Comparison) -> Option<Finding> {
    let strategies = comparison.strategies.iter().filter_map(|strategy| {
        let few = strategy
            .cells
            .iter()
            .find_map(|cell| cell.backfill?.few_samples())?;
        Some((strategy.name.as_str(), few))
    });
    let (names, remarks): (Vec<&str>, Vec<&str>) = strategies.unzip();
    // The remark on p95 says more than that on p99.
    let remark = remarks.iter().max_by_key(|remark| remark.contains("p95"))?;
    let names = if names.len() > 1 && names.len() == comparison.strategies.len() {
        "every strategy".to_owned()
    } else {
        names.join(", ")
    };
    let each = if comparison
        .strategies
        .iter()
        .any(|strategy| strategy.cells.len() > 1)
    {
        ", in a seed"
    } else {
        ""
    };
    Some(Finding {
        tone: Tone::Note,
        strategy: None,
        sentence: format!("With {names}{each}: {remark}."),
    })
}

/// Strategies of one seed must see the same arrivals, or no ratio between them means anything.
fn unpaired(comparison: &Comparison) -> Option<Finding> {
    let cells = || {
        comparison
            .strategies
            .iter()
            .flat_map(|strategy| &strategy.cells)
    };
    let seed = cells().find_map(|cell| {
        let differs = |other: &&Cell| other.seed == cell.seed && other.plan_hash != cell.plan_hash;
        cells().find(differs).map(|other| other.seed)
    })?;
    Some(Finding {
        tone: Tone::Bad,
        strategy: None,
        sentence: format!(
            "With seed {seed} the strategies did not see the same arrivals (the plan hashes differ): they cannot be compared."
        ),
    })
}
