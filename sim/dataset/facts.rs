//! What is known about the data from generating it, so that nobody has to query 2 GB for it.

use serde::{Deserialize, Serialize};

/// What is known about the data of an image.
///
/// Ids of both tables are 1..=n without gaps. Transmissions `1..=orphans` have no observation,
/// all later ones have at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Rows of `transmissions`, and the highest id in it.
    pub transmissions: u64,
    /// Rows of `observations`, and the highest id in it.
    pub observations: u64,
    /// Transmissions without any observation: the ids up to this one.
    pub orphans: u64,
    /// Transmissions whose observations all carry timestamp 0.
    pub zero_timestamps: u64,
    /// Most observations of one transmission.
    pub largest_fanout: u64,
    /// When the first transmission was born, unix seconds.
    pub first_unix_s: i64,
    /// When the last row was heard, unix seconds: live traffic goes on from here.
    pub last_unix_s: i64,
}
