//! The tables `[strategies.…]` of an aggregate scenario: the ways to count that are compared.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::strategy_kind::StrategyKind;
use crate::scenario::{Compared, PacerKind, Pacing, Role};

/// One way to count views.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AggregateStrategy")]
pub struct Strategy {
    /// How views are counted.
    pub kind: StrategyKind,
    /// What it is in the comparison.
    #[serde(default)]
    pub role: Role,
    /// How chunks are sized and paused, with `kind = "chunked"`; `fixed` unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pacer: Option<PacerKind>,
    /// Rows per chunk; with `pacer = "efficiency"`, at first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Pause between chunks, ms, with `pacer = "fixed"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_ms: Option<u64>,
    /// Pause as a share of the last chunk's hold, with `pacer = "proportional-pause"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coefficient: Option<f64>,
    /// How long a chunk is to take, ms, with `pacer = "time-target"` or `"elapsed-time"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_ms: Option<u64>,
    /// Time from one chunk's start to the next, ms, with `pacer = "efficiency"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_ms: Option<u64>,
    /// The readers' p95 to keep, ms, with `pacer = "reader-slo"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95_ms: Option<u64>,
    /// The same p95 to keep, as a multiple of what it was before, with `pacer = "reader-slo"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times_no_backfill: Option<f64>,
    /// Bytes of rows that a chunk reads at the most, with `kind = "chunked"`; 4 096 000 unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunk_bytes: Option<u64>,
    /// Sessions that are handed from chunk to chunk, with `kind = "carried-set"` or
    /// `"truncated-set"`; 10 000 unless said, as in the original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried: Option<u64>,
}

/// What the original hands from chunk to chunk.
const CARRIED: u64 = 10_000;
/// What the crate under test reads in a chunk, unless said.
const CHUNK_BYTES: u64 = 4_096_000;

impl Strategy {
    /// One of this kind, of which nothing else is said.
    pub(crate) const fn of(kind: StrategyKind, role: Role) -> Self {
        Self {
            kind,
            role,
            pacer: None,
            rows: None,
            pause_ms: None,
            coefficient: None,
            target_ms: None,
            interval_ms: None,
            p95_ms: None,
            times_no_backfill: None,
            chunk_bytes: None,
            carried: None,
        }
    }

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

    /// Rows of every chunk; `None` where a pacer sizes them, or there are none.
    #[must_use]
    pub fn fixed_rows(&self) -> Option<u64> {
        let fixed = self.pacing().pacer == PacerKind::Fixed && self.kind.in_chunks();
        self.rows.filter(|_| fixed)
    }

    /// Bytes of rows that a chunk reads at the most.
    #[must_use]
    pub fn chunk_bytes(&self) -> u64 {
        self.chunk_bytes.unwrap_or(CHUNK_BYTES)
    }

    /// Sessions that are handed from chunk to chunk.
    #[must_use]
    pub fn carried(&self) -> u64 {
        self.carried.unwrap_or(CARRIED)
    }
}

impl Compared for Strategy {
    const MANY_BASELINES: bool = true;

    fn role(&self) -> Role {
        self.role
    }

    fn kind(&self) -> &'static str {
        self.kind.name()
    }

    fn cheats() -> impl Iterator<Item = &'static str> {
        StrategyKind::CHEATS.iter().map(|kind| kind.name())
    }
}
