//! The tables for those who compute themselves: `phases.csv`, a row per part of a run, and
//! `moments.csv`, what processing held, a row a second.

use super::Evidence;
use crate::measure::Stats;
use crate::pipeline::Outcome;
use crate::pipeline::measure::{Cell, StrategyResult};
use crate::sheet::Csv;

/// Both.
pub(super) fn files<'a>(evidence: &'a Evidence<'_>) -> Vec<Csv<'a>> {
    vec![
        Csv {
            file: "phases.csv",
            header: &[
                "strategy",
                "seed",
                "stages",
                "start_ns",
                "end_ns",
                "reads",
                "reader_p50_ns",
                "reader_p95_ns",
                "reader_max_ns",
                "reader_p95_without_ns",
                "writes",
                "writer_p95_ns",
                "writer_p95_without_ns",
            ],
            rows: Box::new(evidence.comparison.strategies.iter().flat_map(phases)),
        },
        Csv {
            file: "moments.csv",
            header: &["strategy", "seed", "at_ns", "objects", "bytes"],
            rows: Box::new(evidence.run.outcomes.iter().flat_map(moments)),
        },
    ]
}

fn phases(result: &StrategyResult) -> impl Iterator<Item = Vec<String>> + '_ {
    let cells = result.cells.iter().map(|(cell, _)| cell);
    cells.flat_map(move |cell| rows(&result.name, cell))
}

fn rows<'a>(name: &'a str, cell: &'a Cell) -> impl Iterator<Item = Vec<String>> + 'a {
    let spells = cell.figures.iter().flat_map(|figures| &figures.spells);
    spells.map(move |spell| {
        let figure = |stats: Option<Stats>, figure: fn(Stats) -> u64| {
            stats.map_or_else(String::new, |stats| figure(stats).to_string())
        };
        let (readers, writers) = (spell.readers, spell.writers);
        vec![
            name.to_owned(),
            cell.seed.to_string(),
            spell.name.to_owned(),
            spell.window.start_ns.to_string(),
            spell.window.end_ns.to_string(),
            figure(readers.backfill, |stats| stats.count),
            figure(readers.backfill, |stats| stats.p50_ns),
            figure(readers.backfill, |stats| stats.p95_ns),
            figure(readers.backfill, |stats| stats.max_ns),
            figure(readers.no_backfill, |stats| stats.p95_ns),
            figure(writers.backfill, |stats| stats.count),
            figure(writers.backfill, |stats| stats.p95_ns),
            figure(writers.no_backfill, |stats| stats.p95_ns),
        ]
    })
}

fn moments(outcome: &Outcome) -> impl Iterator<Item = Vec<String>> + '_ {
    outcome.moments.iter().map(|moment| {
        let mut row = vec![outcome.strategy.clone(), outcome.seed.to_string()];
        let numbers = [moment.at_ns, moment.objects, moment.bytes];
        row.extend(numbers.iter().map(u64::to_string));
        row
    })
}
