//! The table `[sink]`: how what was fetched is stored.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::{PacerKind, Pacing};

/// How what was fetched is stored: how large transactions are, and how long the pauses between
/// them. The table is given whole or not at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sink {
    /// How transactions are sized and paused.
    #[serde(default)]
    pub pacer: PacerKind,
    /// Rows in a transaction, at the most; a page is not divided. With `pacer = "efficiency"`, at
    /// first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Pause between transactions, ms, with `pacer = "fixed"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_ms: Option<u64>,
    /// Pause as a share of the last transaction's hold, with `pacer = "proportional-pause"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coefficient: Option<f64>,
    /// How long a transaction is to take, ms, with `pacer = "time-target"` or `"elapsed-time"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_ms: Option<u64>,
    /// Time from one transaction's start to the next, ms, with `pacer = "efficiency"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_ms: Option<u64>,
    /// The readers' p95 to keep, ms, with `pacer = "reader-slo"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95_ms: Option<u64>,
    /// The same p95 to keep, as a multiple of what it was before the backfill, with
    /// `pacer = "reader-slo"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times_no_backfill: Option<f64>,
}

impl Default for Sink {
    /// What has come while the transaction before was stored, up to ten pages, without a pause: as
    /// the crate under test does it where nobody says anything else.
    fn default() -> Self {
        Self {
            pacer: PacerKind::Fixed,
            rows: Some(1_000),
            pause_ms: Some(0),
            coefficient: None,
            target_ms: None,
            interval_ms: None,
            p95_ms: None,
            times_no_backfill: None,
        }
    }
}

impl Sink {
    /// Its pacer and the settings of it.
    #[must_use]
    pub const fn pacing(&self) -> Pacing {
        Pacing {
            pacer: self.pacer,
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
