//! What is known about the data from generating it, so that nobody has to query 2 GB for it.

use serde::{Deserialize, Serialize};

/// What is known about the data of an image.
///
/// Ids of `observations` are 1..=n without gaps; those of `transmissions` are those of
/// [`super::Ids`] with `id_stride`. What an ordinary dataset lacks is left out of the file beside
/// an image, so that a new kind of hostility leaves the files of all others as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Rows of `transmissions`.
    pub transmissions: u64,
    /// Rows of `observations`, and the highest id in it.
    pub observations: u64,
    /// Transmissions without any observation.
    pub orphans: u64,
    /// Transmissions whose observations all carry timestamp 0.
    pub zero_timestamps: u64,
    /// Transmissions whose observations all carry timestamps before 1970.
    #[serde(default, skip_serializing_if = "none")]
    pub negative_timestamps: u64,
    /// Mean distance from one transmission's id to the next.
    #[serde(default = "dense", skip_serializing_if = "is_dense")]
    pub id_stride: u64,
    /// Most observations of one transmission.
    pub largest_fanout: u64,
    /// When the first transmission was born, unix seconds.
    pub first_unix_s: i64,
    /// When the last row was heard, unix seconds: live traffic goes on from here.
    pub last_unix_s: i64,
}

const fn dense() -> u64 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references")]
const fn is_dense(stride: &u64) -> bool {
    *stride == dense()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references")]
const fn none(count: &u64) -> bool {
    *count == 0
}
