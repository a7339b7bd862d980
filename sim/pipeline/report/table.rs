//! The strategies in a table, a row for all of the time and one for each part of it: units in the
//! header, numbers beneath.

use super::evidence::Evidence;
use super::figures::anchor;
use crate::measure::unit;
use crate::pipeline::Objective;
use crate::pipeline::measure::{PooledSpell, StrategyResult};
use crate::report::table::{ABSENT, Column, Table, numbers, or_absent, words};
use crate::sheet::{Exhibit, Mark, Standing};

/// The columns. Those without any figure go: nobody reads, or nobody adds.
const COLUMNS: [Column; 14] = [
    words("strategy", 0),
    words("stages", 0),
    numbers("duration s", 0),
    numbers("/ one after another", 3),
    numbers("reads", 8),
    numbers("reader p50 ms", 5),
    numbers("reader p95 ms", 1),
    numbers("reader max ms", 4),
    numbers("p95 / without", 1),
    numbers("writer p95 ms", 2),
    numbers("writer / without", 6),
    numbers("objects held", 9),
    numbers("bytes held", 7),
    words("verdict", 0),
];

/// The strategies of `evidence`.
pub(super) fn strategies(evidence: &Evidence<'_>) -> Exhibit {
    let docket = evidence.comparison.docket();
    let (mut rows, mut marks) = (Vec::new(), Vec::new());
    for (result, case) in evidence
        .comparison
        .strategies
        .iter()
        .zip(&docket.strategies)
    {
        let standing = case.worst().map(|(_, standing)| standing);
        let look = evidence.look(&result.name);
        rows.push(whole(result, standing));
        marks.push(Mark::of(look, standing, anchor(evidence, result)));
        let pooled = result.pooled.iter();
        for spell in pooled.flat_map(|pooled| pooled.spells.iter().skip(1)) {
            rows.push(part(result, spell));
            marks.push(Mark::of(look, None, None));
        }
    }
    Exhibit {
        title: "Strategies",
        marks,
        table: Table::with_figures(COLUMNS.to_vec(), rows),
        note: note(evidence),
    }
}

/// All of the time.
fn whole(result: &StrategyResult, standing: Option<&Standing>) -> Vec<String> {
    let verdict = standing.map_or(ABSENT, Standing::word).to_owned();
    let mut row = vec![result.name.clone(), "all".to_owned()];
    let pooled = result.pooled.as_ref();
    match pooled.and_then(|pooled| Some((pooled, pooled.spells.first()?))) {
        Some((pooled, spell)) => {
            row.extend(figures(spell, pooled.times_one_after_another));
            row.push(or_absent(pooled.objects_most, unit::count));
            row.push(or_absent(pooled.bytes_most, unit::bytes));
        }
        None => row.extend(vec![ABSENT.to_owned(); COLUMNS.len() - 3]),
    }
    row.push(verdict);
    row
}

/// A part of it.
fn part(result: &StrategyResult, spell: &PooledSpell) -> Vec<String> {
    let mut row = vec![result.name.clone(), spell.name.to_owned()];
    row.extend(figures(spell, None));
    row.extend(vec![ABSENT.to_owned(); 3]);
    row
}

fn figures(spell: &PooledSpell, times: Option<f64>) -> Vec<String> {
    let read = Some(spell.reads).filter(|reads| *reads > 0);
    vec![
        or_absent(spell.duration_ns, unit::seconds),
        or_absent(times, unit::factor),
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
