//! The backfill under test: `last_seen` of every transmission, from its observations.

use backfill::chunked::{Job, JobError};

/// The job's name in the ledger.
pub const NAME: &str = "last_seen_backfill";

/// `last_seen := max(last_seen, MAX(observations.timestamp))` for every transmission that has
/// observations.
///
/// # Errors
/// None; the signature is that of [`Job::new`].
pub fn last_seen() -> Result<Job, JobError> {
    Job::new(
        NAME,
        "transmissions",
        "id",
        "EXISTS (SELECT 1 FROM observations AS o WHERE o.transmission_id = transmissions.id)",
        "last_seen = max(last_seen, (SELECT max(o.timestamp) FROM observations AS o \
         WHERE o.transmission_id = transmissions.id))",
    )
}
