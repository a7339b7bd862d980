//! What goes wrong while a backfill runs, when a scenario says so.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Stops the backfill under way, and starts it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    /// When, in seconds after the backfill's start.
    pub after_s: f64,
    /// How long until it is started again, in seconds; without it, it stays stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume_after_s: Option<f64>,
    /// Whether it is asked to stop, or killed.
    #[serde(default, skip_serializing_if = "Stop::is_asked")]
    pub how: Stop,
}

/// How a backfill is stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    /// It is asked to, and notes where it was.
    #[default]
    Asked,
    /// Its process dies: nothing is noted any more. What serves readers lives on.
    Killed,
}

impl Stop {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references")]
    const fn is_asked(&self) -> bool {
        matches!(self, Self::Asked)
    }
}

/// Makes the ledger unreadable for a while: somebody renames its table, and later puts it back. A
/// backfill that fails of it is started again when it is back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LedgerOutage {
    /// When, in seconds after the backfill's start.
    pub after_s: f64,
    /// For how long, in seconds.
    pub for_s: f64,
}
