//! The tables `[strategies.…]`: the ways to do the backfill that are compared.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::strategy_kind::StrategyKind;

/// What strategies of all families have.
pub(crate) trait Compared {
    /// Whether several may be what the others are compared with.
    const MANY_BASELINES: bool;

    /// What it is in the comparison.
    fn role(&self) -> Role;

    /// Its kind's name in a scenario file.
    fn kind(&self) -> &'static str;

    /// Whether it is here to be caught, and nothing else.
    fn is_cheat(&self) -> bool {
        Self::cheats().any(|name| name == self.kind())
    }

    /// The names of the built-in controls: those of the kinds that are here to be caught.
    fn cheats() -> impl Iterator<Item = &'static str>;
}

impl Compared for Strategy {
    const MANY_BASELINES: bool = false;

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

/// One way to do the backfill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Strategy {
    /// How the work is done.
    pub kind: StrategyKind,
    /// What it is in the comparison.
    #[serde(default)]
    pub role: Role,
    /// How chunks are sized and paused, with `kind = "chunked"`; `fixed` unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pacer: Option<PacerKind>,
    /// How a chunk reads and writes, with `kind = "chunked"`; `in-place` unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<ShapeKind>,
    /// On which connection it reads, with a shape that reads and writes apart; `apart` unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reads: Option<ReadsOn>,
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
    /// The p95 to keep, ms, with `pacer = "reader-slo"`: the readers', or the writers' where the
    /// objective is theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95_ms: Option<u64>,
    /// The same p95 to keep, as a multiple of what it was before the backfill, with
    /// `pacer = "reader-slo"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times_no_backfill: Option<f64>,
}

/// How chunks are sized and paused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PacerKind {
    /// Always `rows` and `pause_ms`.
    #[default]
    Fixed,
    /// `rows`, and a pause of `coefficient` times the last chunk's hold: gh-ost's nice-ratio,
    /// pt-archiver's sleep-coefficient.
    ProportionalPause,
    /// As many rows as take `target_ms`: pt-online-schema-change's chunk-time.
    TimeTarget,
    /// As `time-target`, on the time that passed instead of the time the connection was held.
    ElapsedTime,
    /// A chunk every `interval_ms`, to fill most of it: GitLab's batched background migrations.
    Efficiency,
    /// As many rows as readers put up with: `p95_ms` or `times_no_backfill`.
    ReaderSlo,
}

impl PacerKind {
    /// Its name in a scenario file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::ProportionalPause => "proportional-pause",
            Self::TimeTarget => "time-target",
            Self::ElapsedTime => "elapsed-time",
            Self::Efficiency => "efficiency",
            Self::ReaderSlo => "reader-slo",
        }
    }
}

/// How a chunk reads and writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ShapeKind {
    /// One UPDATE per chunk of transmissions.
    #[default]
    InPlace,
    /// The maxima of a chunk of transmissions are read first, then written.
    TwoPhase,
    /// `observations` is read once as it is stored, and the maxima are written at the end.
    StorageOrder,
}

/// On which connection a backfill reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReadsOn {
    /// On one of its own.
    #[default]
    Apart,
    /// On one that readers use too.
    Shared,
}

/// What a strategy is in the comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Judged against the baseline.
    #[default]
    Candidate,
    /// What the candidates are compared with; one per scenario.
    Baseline,
    /// Must be caught by a gate or an oracle.
    Control,
}
