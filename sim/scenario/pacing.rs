//! How transactions are sized and paused: what all tables with a `pacer` have in common.

use super::strategy::{PacerKind, Strategy};

/// A pacer and its settings.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pacing {
    /// How transactions are sized and paused.
    pub pacer: PacerKind,
    /// Rows per transaction, where the pacer does not choose them; of `efficiency`, at first.
    pub rows: Option<u64>,
    /// Pause between transactions, ms.
    pub pause_ms: Option<u64>,
    /// Pause as a share of the last transaction's hold.
    pub coefficient: Option<f64>,
    /// How long a transaction is to take, ms.
    pub target_ms: Option<u64>,
    /// Time from one transaction's start to the next, ms.
    pub interval_ms: Option<u64>,
    /// The readers' p95 to keep, ms.
    pub p95_ms: Option<u64>,
    /// The same p95 to keep, as a multiple of what it was before the backfill.
    pub times_no_backfill: Option<f64>,
}

impl Strategy {
    /// Its pacer and the settings of it.
    #[must_use]
    pub const fn pacing(&self) -> Pacing {
        Pacing {
            pacer: match self.pacer {
                Some(pacer) => pacer,
                None => PacerKind::Fixed,
            },
            rows: self.rows,
            pause_ms: self.pause_ms,
            coefficient: self.coefficient,
            target_ms: self.target_ms,
            interval_ms: self.interval_ms,
            p95_ms: self.p95_ms,
            times_no_backfill: self.times_no_backfill,
        }
    }
}
