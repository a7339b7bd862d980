//! The strategies in two tables: all of the time, and each part of it. Units in the header, numbers
//! beneath.

use super::Evidence;
use super::figures::anchor;
use crate::measure::unit;
use crate::pipeline::Objective;
use crate::pipeline::measure::{PooledSpell, StrategyResult};
use crate::report::table::{ABSENT, Column, Table, numbers, or_absent, role, words};
use crate::sheet::{Exhibit, Mark};

/// What strategies are compared by. Columns without any figure go: nobody reads, or nobody adds.
const COMPARED: [Column; 14] = [
    words("strategy", 0),
    words("role", 3),
    numbers("duration s", 0),
    numbers("/ one after another", 2),
    numbers("reads", 9),
    numbers("reader p50 ms", 7),
    numbers("reader p95 ms", 1),
    numbers("reader max ms", 5),
    numbers("p95 / without", 1),
    numbers("writer p95 ms", 4),
    numbers("writer / without", 8),
    numbers("objects held", 10),
    numbers("bytes held", 6),
    words("verdict", 0),
];

/// The same of each part of the time, as far as it has a part.
const PARTS: [Column; 10] = [
    words("strategy", 0),
    words("stages", 0),
    numbers("duration s", 0),
    numbers("reads", 1),
    numbers("reader p50 ms", 1),
    numbers("reader p95 ms", 1),
    numbers("reader max ms", 1),
    numbers("p95 / without", 1),
    numbers("writer p95 ms", 1),
    numbers("writer / without", 1),
];

/// The strategies of `evidence`, and where they stand.
pub(super) fn compared(evidence: &Evidence<'_>) -> Exhibit {
    let docket = evidence.comparison.docket();
    let results = evidence.comparison.strategies.iter();
    let both = results.zip(&docket.strategies).map(|(result, case)| {
        let standing = case.worst().map(|(_, standing)| standing);
        let mut row = whole(result);
        row.push(standing.map_or(ABSENT, |one| one.word()).to_owned());
        (row, mark(evidence, result).standing(standing))
    });
    let (rows, marks) = both.unzip();
    Exhibit {
        id: "strategies",
        title: "Strategies",
        marks,
        table: Table::with_figures(COMPARED.to_vec(), rows),
        note: note(evidence),
    }
}

/// What others lived through in each part of the time.
pub(super) fn parts(evidence: &Evidence<'_>) -> Exhibit {
    let (mut rows, mut marks) = (Vec::new(), Vec::new());
    for result in &evidence.comparison.strategies {
        let pooled = result.pooled.iter();
        for spell in pooled.flat_map(|pooled| pooled.spells.iter().skip(1)) {
            let mut row = vec![result.name.clone(), spell.name.to_owned()];
            row.push(or_absent(spell.duration_ns, unit::seconds));
            row.extend(waits(spell));
            rows.push(row);
            marks.push(mark(evidence, result));
        }
    }
    Exhibit {
        id: "parts",
        title: "Parts of the time",
        marks,
        table: Table::with_figures(PARTS.to_vec(), rows),
        note: "A request belongs to the part in which it was meant to arrive. A part in which \
               nobody asked has no percentiles."
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

/// All of the time, but for the verdict.
fn whole(result: &StrategyResult) -> Vec<String> {
    let mut row = vec![result.name.clone(), role(result.role).to_owned()];
    let pooled = result.pooled.as_ref();
    let Some((pooled, spell)) = pooled.and_then(|pooled| Some((pooled, pooled.spells.first()?)))
    else {
        row.resize(COMPARED.len() - 1, ABSENT.to_owned());
        return row;
    };
    row.push(or_absent(pooled.makespan_ns, unit::seconds));
    row.push(or_absent(pooled.times_one_after_another, unit::factor));
    row.extend(waits(spell));
    row.push(or_absent(pooled.objects_most, unit::count));
    row.push(or_absent(pooled.bytes_most, unit::bytes));
    row
}

/// What readers and writers waited.
fn waits(spell: &PooledSpell) -> [String; 7] {
    let read = Some(spell.reads).filter(|reads| *reads > 0);
    [
        or_absent(read, unit::count),
        or_absent(spell.reader_p50_ns, unit::millis),
        or_absent(spell.reader_p95_ns, unit::millis),
        or_absent(spell.reader_max_ns, unit::millis),
        or_absent(spell.reader_ratio, unit::factor),
        or_absent(spell.writer_p95_ns, unit::millis),
        or_absent(spell.writer_ratio, unit::factor),
    ]
}

/// What the columns mean, how the figures of several seeds became one, and what is asked for.
fn note(evidence: &Evidence<'_>) -> String {
    let strategies = &evidence.comparison.strategies;
    let several = strategies.iter().any(|one| one.cells.len() > 1);
    let seeds = if several {
        format!(
            "Over seeds {}: durations, percentiles and ratios are geometric means, reads sums, and everything else the worst of all seeds, the verdict too.",
            evidence.seeds()
        )
    } else {
        format!("Seed {}.", evidence.seeds())
    };
    format!(
        "Without: the same requests and span without any stage. Held: by processing. {seeds}{}",
        wanted(&evidence.comparison.objective)
    )
}

/// The objective in words; nothing where nothing is asked for.
fn wanted(objective: &Objective) -> String {
    let asked = [
        (
            "/ one after another at least",
            objective.times_one_after_another,
        ),
        ("p95 / without at most", objective.reader_p95_times),
    ];
    let asked = asked
        .into_iter()
        .filter_map(|(what, value)| Some(format!("{what} {}{}×", value?, unit::NBSP)));
    let asked: Vec<String> = asked.collect();
    if asked.is_empty() {
        return String::new();
    }
    format!(" Objective, of candidates: {}.", asked.join(", "))
}
