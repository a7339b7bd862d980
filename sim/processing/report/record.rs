//! What `summary.json` has of a cell besides what it has of every family's.

use serde::Serialize;

use crate::measure::Stats;
use crate::processing::measure::{Asked, Cell, Effect, Figures, Held, Recovery, Stalled, Writing};

/// The figures of a cell; only its kind where it has none.
#[derive(Serialize)]
pub(crate) struct Measured {
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ns: Option<u64>,
    #[serde(flatten)]
    parts: Option<Parts>,
}

#[derive(Serialize)]
struct Parts {
    stalled: Stalled,
    rows: Asked,
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<Effect>,
    held: Held,
    writing: Writing,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery: Option<Recovery>,
    #[serde(skip_serializing_if = "Option::is_none")]
    readers: Option<Readers>,
    ratios: Ratios,
}

#[derive(Serialize)]
struct Readers {
    #[serde(skip_serializing_if = "Option::is_none")]
    no_backfill: Option<Stats>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backfill: Option<Stats>,
}

#[derive(Serialize)]
struct Ratios {
    #[serde(skip_serializing_if = "Option::is_none")]
    items_per_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times_synchronous: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times_wipe: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reread_of_wipe: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    objects_of_count_only: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    items_per_write: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_times: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reader_p95: Option<f64>,
}

/// What there is of `cell`.
pub(super) fn measured(cell: &Cell) -> Measured {
    let figures = cell.figures.as_ref();
    Measured {
        kind: cell.about.kind.map(|kind| kind.name()),
        duration_ns: figures.map(|one| one.makespan_ns),
        parts: figures.map(parts),
    }
}

fn parts(figures: &Figures) -> Parts {
    let (backfill, no_backfill) = (figures.readers.backfill, figures.readers.no_backfill);
    let read = backfill.is_some() || no_backfill.is_some();
    Parts {
        stalled: figures.stalled,
        rows: figures.rows,
        effect: figures.effect.asked().then_some(figures.effect),
        held: figures.held,
        writing: figures.writing,
        recovery: figures.recovery,
        readers: read.then_some(Readers {
            no_backfill,
            backfill,
        }),
        ratios: Ratios {
            items_per_s: figures.items_per_s,
            times_synchronous: figures.times_synchronous,
            times_wipe: figures.times_wipe,
            reread_of_wipe: figures.reread_of_wipe,
            objects_of_count_only: figures.objects_of_count_only,
            items_per_write: figures.writing.items_mean(),
            recovery_times: figures.recovery.and_then(|one| one.times()),
            reader_p95: figures.readers.ratio(),
        },
    }
}
