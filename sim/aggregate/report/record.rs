//! What `summary.json` has of a cell besides what it has of every family's.

use serde::Serialize;

use crate::aggregate::Compared;
use crate::aggregate::measure::{Cell, Figures};
use crate::measure::{Paired, Stats};

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
    counts: Compared,
    chunks: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    row_bytes: Option<u64>,
    carried_bytes: u64,
    refused: u64,
    readers: Waits,
    writers: Waits,
    ratios: Ratios,
}

#[derive(Serialize)]
struct Waits {
    #[serde(skip_serializing_if = "Option::is_none")]
    no_backfill: Option<Stats>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backfill: Option<Stats>,
}

#[derive(Serialize)]
struct Ratios {
    #[serde(skip_serializing_if = "Option::is_none")]
    sessions: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reader_p95: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    writer_p95: Option<f64>,
}

/// What there is of `cell`.
pub(super) fn measured(cell: &Cell) -> Measured {
    let figures = cell.figures.as_ref();
    Measured {
        kind: cell.about.map(|kind| kind.name()),
        duration_ns: figures.map(|one| one.makespan_ns),
        parts: figures.map(parts),
    }
}

fn parts(figures: &Figures) -> Parts {
    let waits = |paired: Paired| Waits {
        no_backfill: paired.no_backfill,
        backfill: paired.backfill,
    };
    Parts {
        counts: figures.counts,
        chunks: figures.chunks,
        transaction_bytes: figures.transaction_bytes,
        row_bytes: figures.row_bytes,
        carried_bytes: figures.carried_bytes,
        refused: figures.refused,
        readers: waits(figures.readers),
        writers: waits(figures.writers),
        ratios: Ratios {
            sessions: figures.counts.sessions.ratio(),
            reader_p95: figures.readers.ratio(),
            writer_p95: figures.writers.ratio(),
        },
    }
}
