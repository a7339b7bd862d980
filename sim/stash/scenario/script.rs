//! Results put and fetched at given moments, and what is to become of them: for a scenario that
//! shows one thing and nothing else.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A result that is put at a given moment, or several like it. There is no work before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StashPut")]
pub struct Put {
    /// What it is called; the n-th of several is called `name-n`.
    pub name: String,
    /// When its client asks for it, ms after the start.
    pub at_ms: u64,
    /// Its bytes.
    pub bytes: u64,
    /// Whose it is.
    #[serde(default = "owner")]
    pub owner: String,
    /// How many there are.
    #[serde(default = "once")]
    pub times: u64,
    /// Time from one to the next, ms.
    #[serde(default)]
    pub every_ms: u64,
    /// When its client goes away, ms after it has asked, if it has no answer by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience_ms: Option<u64>,
}

/// A result that is fetched at a given moment, or as soon as its client has the answer; or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StashTake")]
pub struct Take {
    /// Which: the name of a `[[put]]`; of several, the n-th is for the n-th of them.
    pub put: String,
    /// When, ms after the start.
    pub at_ms: u64,
    /// How many there are.
    #[serde(default = "once")]
    pub times: u64,
    /// Time from one to the next, ms.
    #[serde(default)]
    pub every_ms: u64,
    /// Who fetches it, if that is not its owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// What is to become of a put.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StashExpect")]
pub struct Expect {
    /// With which strategy.
    pub strategy: String,
    /// Of which put: its name, or `name-n`.
    pub put: String,
    /// Whether it is to be stored.
    pub stored: bool,
    /// How long it is to have waited until it was stored or given up, ms; to 1 ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_ms: Option<u64>,
}

fn owner() -> String {
    "ann".to_owned()
}

const fn once() -> u64 {
    1
}

impl Put {
    /// What the one at `index`, from 0, is called.
    pub(in crate::stash) fn name_of(&self, index: u64) -> String {
        if self.times == 1 {
            self.name.clone()
        } else {
            format!("{}-{}", self.name, index + 1)
        }
    }
}
