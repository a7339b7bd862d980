//! What `summary.json` has of a cell besides what it has of every family's.

use serde::Serialize;

use crate::measure::Stats;
use crate::stash::measure::{Cell, Counted, Figures};

/// The figures of a cell; only its kind where it has none.
#[derive(Serialize)]
pub(crate) struct Measured {
    kind: &'static str,
    #[serde(flatten)]
    parts: Option<Parts>,
}

#[derive(Serialize)]
struct Parts {
    counted: Counted,
    #[serde(skip_serializing_if = "Option::is_none")]
    fallbacks_of_immediate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waits: Option<Stats>,
    #[serde(skip_serializing_if = "Option::is_none")]
    whole_requests: Option<Stats>,
    held: HeldBytes,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiry_wake_ns: Option<u64>,
}

#[derive(Serialize)]
struct HeldBytes {
    mean_bytes: u64,
    most_bytes: u64,
    with_waiting_most_bytes: u64,
    limit_bytes: u64,
}

/// What there is of `cell`.
pub(super) fn measured(cell: &Cell) -> Measured {
    Measured {
        kind: cell.about.kind.name(),
        parts: cell.figures.as_ref().map(parts),
    }
}

fn parts(figures: &Figures) -> Parts {
    Parts {
        counted: figures.counted,
        fallbacks_of_immediate: figures.fallbacks_of_immediate(),
        waits: figures.waits.stats(),
        whole_requests: figures.whole.stats(),
        held: HeldBytes {
            mean_bytes: figures.held_mean_bytes,
            most_bytes: figures.held_most_bytes,
            with_waiting_most_bytes: figures.with_waiting_most_bytes,
            limit_bytes: figures.limit_bytes,
        },
        expiry_wake_ns: figures.expiry_wake_ns,
    }
}
