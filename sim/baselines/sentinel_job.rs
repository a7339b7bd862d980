//! The backfill under test with one word too many: rows that carry a value are taken for done.
//!
//! Its cursor ends it, unlike the proposal. But a live observation that comes late raises a row
//! from 0 to a time long past, the backfill steps over it, and nobody ever puts it right.

use backfill::chunked::{Job, JobError};

use super::{NEWEST, OBSERVED};
use crate::job::NAME;

/// [`crate::job::last_seen`] for rows that are still 0.
///
/// # Errors
/// None; the signature is that of [`Job::new`].
pub fn sentinel_job() -> Result<Job, JobError> {
    let eligible = format!("last_seen = 0 AND {OBSERVED}");
    let set = format!("last_seen = max(last_seen, {NEWEST})");
    Job::new(NAME, "transmissions", "id", &eligible, &set)
}
