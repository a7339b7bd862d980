//! The three stages of a pipeline.

use serde::Serialize;

use crate::job;

/// A stage of a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The history is fetched from the API into the inbox.
    Listing,
    /// What is in the inbox becomes observations of transmissions.
    Processing,
    /// `last_seen` of every transmission is made from its observations.
    Deriving,
}

impl Stage {
    /// All of them, each after the one whose work it builds on.
    pub const ALL: [Self; 3] = [Self::Listing, Self::Processing, Self::Deriving];

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Listing => "listing",
            Self::Processing => "processing",
            Self::Deriving => "deriving",
        }
    }

    /// Its name in the ledger.
    #[must_use]
    pub const fn migration(self) -> &'static str {
        match self {
            Self::Listing => "list-packets",
            Self::Processing => "process-inbox",
            Self::Deriving => job::NAME,
        }
    }
}
