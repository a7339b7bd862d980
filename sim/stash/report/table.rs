//! The strategies in two tables: what they served, and what they held. Units in the header, numbers
//! beneath.

use super::Evidence;
use super::figures::anchor;
use crate::measure::{Quantile, unit};
use crate::report::table::{ABSENT, Column, Table, numbers, or_absent, role, words};
use crate::sheet::{Exhibit, Mark};
use crate::stash::Objective;
use crate::stash::measure::{Pooled, StrategyResult};

/// What strategies are compared by. Columns without any figure go.
const COMPARED: [Column; 15] = [
    words("strategy", 0),
    words("role", 4),
    numbers("requests", 5),
    numbers("fallbacks", 0),
    numbers("share", 3),
    numbers("/ immediate", 1),
    numbers("timed out", 7),
    numbers("told no", 9),
    numbers("work again s", 8),
    numbers("in line", 4),
    numbers("wait p50 ms", 6),
    numbers("wait p95 ms", 1),
    numbers("wait max ms", 5),
    numbers("inversions", 2),
    numbers("starved", 3),
];

/// What they held meanwhile, and what their clients lived through.
const HELD: [Column; 11] = [
    words("strategy", 0),
    numbers("held, mean", 1),
    numbers("held, most", 1),
    numbers("with waiting", 1),
    numbers("may be", 1),
    numbers("wake ms", 1),
    numbers("request p50 ms", 1),
    numbers("request p95 ms", 1),
    numbers("request max ms", 1),
    numbers("p95 / immediate", 1),
    numbers("went away", 1),
];

/// The strategies of `evidence`, and where they stand.
pub(super) fn compared(evidence: &Evidence<'_>) -> Exhibit {
    let mut columns = Vec::from(COMPARED);
    columns.push(words("verdict", 0));
    let docket = evidence.comparison.docket();
    let results = evidence.comparison.strategies.iter();
    let both = results.zip(&docket.strategies).map(|(result, case)| {
        let standing = case.worst().map(|(_, standing)| standing);
        let mut row = vec![result.name.clone(), role(result.role).to_owned()];
        row.extend(figures(result, COMPARED.len() - row.len(), served));
        row.push(standing.map_or(ABSENT, |one| one.word()).to_owned());
        (row, mark(evidence, result).standing(standing))
    });
    let (rows, marks) = both.unzip();
    Exhibit {
        id: "strategies",
        title: "Strategies",
        marks,
        table: Table::with_figures(columns, rows),
        note: note(evidence),
    }
}

/// What they held.
pub(super) fn held(evidence: &Evidence<'_>) -> Exhibit {
    let results = &evidence.comparison.strategies;
    let rows = results.iter().map(|result| {
        let mut row = vec![result.name.clone()];
        row.extend(figures(result, HELD.len() - row.len(), holding));
        row
    });
    let marks = results.iter().map(|result| mark(evidence, result));
    Exhibit {
        id: "held",
        title: "What was held, and what clients lived through",
        marks: marks.collect(),
        table: Table::with_figures(Vec::from(HELD), rows.collect()),
        note: "Held: bytes in the stash, on average while clients came, and at the most. With \
               waiting: at the most, those in line included; may be: what all limits allow, where \
               the line has one. Wake: from an expiry to the service it made possible, at the \
               most; – where nobody was served so. Went away: clients that did before their \
               result was stored."
            .to_owned(),
    }
}

fn mark(evidence: &Evidence<'_>, result: &StrategyResult) -> Mark {
    Mark {
        look: evidence.look(&result.strategy),
        tone: None,
        anchor: anchor(evidence, result),
    }
}

/// As many figures as there are columns, or as many gaps.
fn figures(result: &StrategyResult, columns: usize, of: fn(&Pooled) -> Vec<String>) -> Vec<String> {
    let gaps = || vec![ABSENT.to_owned(); columns];
    result.pooled.as_ref().map_or_else(gaps, of)
}

fn served(pooled: &Pooled) -> Vec<String> {
    let counted = pooled.counted;
    let some = |value: u64| or_absent(Some(value).filter(|value| *value > 0), unit::count);
    let again_ns = Some(counted.work_again_ns).filter(|ns| *ns > 0);
    let wait = |quantile| or_absent(pooled.waits.at(quantile), unit::millis);
    vec![
        unit::count(counted.puts),
        unit::count(counted.fallbacks),
        or_absent(pooled.fallback_share(), unit::percent),
        or_absent(pooled.fallbacks_of_immediate(), unit::fine_factor),
        some(counted.timed_out),
        some(counted.told_no),
        or_absent(again_ns, unit::seconds),
        or_absent(pooled.waited_share(), unit::percent),
        wait(Quantile::P50),
        wait(Quantile::P95),
        or_absent(pooled.waits.stats(), |stats| unit::millis(stats.max_ns)),
        unit::count(counted.inversions),
        unit::count(counted.starved),
    ]
}

fn holding(pooled: &Pooled) -> Vec<String> {
    let whole = |quantile| or_absent(pooled.whole.at(quantile), unit::millis);
    vec![
        unit::bytes(pooled.held_mean_bytes),
        unit::bytes(pooled.held_most_bytes),
        unit::bytes(pooled.with_waiting_most_bytes),
        unit::bytes(pooled.limit_bytes),
        or_absent(pooled.expiry_wake_ns, unit::millis),
        whole(Quantile::P50),
        whole(Quantile::P95),
        or_absent(pooled.whole.stats(), |stats| unit::millis(stats.max_ns)),
        or_absent(pooled.whole_p95_of_immediate(), unit::factor),
        unit::count(pooled.counted.cancelled),
    ]
}

/// What the columns mean, how the figures of several seeds became one, and what is asked for.
fn note(evidence: &Evidence<'_>) -> String {
    let comparison = &evidence.comparison;
    let several = comparison.strategies.iter().any(|one| one.cells.len() > 1);
    let seeds = if several {
        format!(
            "Over seeds {}: counts are sums, percentiles are of all samples together, and the \
             verdict is that of the worst seed.",
            evidence.seeds()
        )
    } else {
        format!("Seed {}.", evidence.seeds())
    };
    format!(
        "Fallbacks: results that found no room, at once or in time. In line: those who had to \
         wait; waits are theirs. Inversions: stored before somebody who had come before. Starved: \
         in vain in line after that. {seeds}{}",
        wanted(&comparison.objective)
    )
}

/// The objective in words; nothing where nothing is asked for.
fn wanted(objective: &Objective) -> String {
    let nbsp = unit::NBSP;
    let asked = [
        objective
            .fallbacks_of_immediate
            .map(|most| format!("fallbacks / immediate at most {most}{nbsp}×")),
        objective
            .wait_p95_ms
            .map(|most| format!("wait p95 at most {most}{nbsp}ms")),
    ];
    let asked: Vec<String> = asked.into_iter().flatten().collect();
    if asked.is_empty() {
        return String::new();
    }
    format!(
        " Objective, of candidates, where the workload asks for it: {}.",
        asked.join(", ")
    )
}
