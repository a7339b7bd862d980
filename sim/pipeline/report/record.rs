//! What `summary.json` has of a cell besides what it has of every family's.

use serde::Serialize;

use crate::measure::Stats;
use crate::pipeline::measure::{Cell, Spell};

/// The figures of a cell; only its kind where it has none.
#[derive(Serialize)]
pub(crate) struct Measured {
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times_one_after_another: Option<f64>,
    /// All of the time first, then its parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    phases: Vec<Phase>,
}

#[derive(Serialize)]
struct Phase {
    stages: &'static str,
    start_ns: u64,
    end_ns: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    readers: Option<Stats>,
    #[serde(skip_serializing_if = "Option::is_none")]
    readers_without: Option<Stats>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reader_p95_ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    writers: Option<Stats>,
    #[serde(skip_serializing_if = "Option::is_none")]
    writers_without: Option<Stats>,
}

/// What there is of `cell`.
pub(super) fn measured(cell: &Cell) -> Measured {
    let figures = cell.figures.as_ref();
    let spells = figures.map(|one| one.spells.as_slice()).unwrap_or_default();
    Measured {
        kind: cell.about.map(|kind| kind.name()),
        duration_ns: figures.map(|one| one.makespan_ns),
        times_one_after_another: figures.and_then(|one| one.times_one_after_another),
        phases: spells.iter().map(phase).collect(),
    }
}

fn phase(spell: &Spell) -> Phase {
    Phase {
        stages: spell.name,
        start_ns: spell.window.start_ns,
        end_ns: spell.window.end_ns,
        readers: spell.readers.backfill,
        readers_without: spell.readers.no_backfill,
        reader_p95_ratio: spell.readers.ratio(),
        writers: spell.writers.backfill,
        writers_without: spell.writers.no_backfill,
    }
}
