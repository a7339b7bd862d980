//! The counters that cells of each family have, by name, so that a slip in `counter.NAME` is found
//! before anything runs. A test holds the lists against what runs of each family count.

use crate::scenario::Family;

/// What the disk and SQLite count, whatever family it is.
const OF_THE_MACHINE: [&str; 8] = [
    "page_reads",
    "page_writes",
    "random_reads",
    "random_writes",
    "sequential_reads",
    "sequential_writes",
    "syncs",
    "vm_steps",
];

const OF_COLUMNS: [&str; 11] = [
    "backfill_rows_changed",
    "busy_retries",
    "cache_wait_ns_max",
    "cache_waits",
    "chunks",
    "operator_false_all_clears",
    "operator_polls",
    "operator_stalest_ns",
    "operator_unanswered",
    "requests",
    "rows_processed",
];

const OF_LISTING: [&str; 23] = [
    "abandoned_requests",
    "allowed_requests_per_second",
    "answered_requests",
    "crashes",
    "duplicate_objects",
    "empty_requests",
    "failed_requests",
    "held_bytes_most",
    "limited_requests",
    "objects",
    "objects_brought_again",
    "pages",
    "peak_held_bytes",
    "peak_held_pages",
    "peak_requests_per_second",
    "peak_requests_under_way",
    "peak_state_bytes",
    "refetched_requests",
    "requests",
    "requests_per_ks",
    "state_bytes_most",
    "transactions",
    "wasted_requests",
];

const OF_PROCESSING: [&str; 22] = [
    "batch_bytes_most",
    "batch_objects_most",
    "batches",
    "bytes_most",
    "calls",
    "crashes",
    "evicted_read",
    "evicted_written",
    "failed_writes",
    "items_processed",
    "items_repeated",
    "items_repeated_most",
    "objects_most",
    "output_hits",
    "output_loads",
    "overshoots",
    "recalls",
    "refused",
    "roll_backs",
    "row_hits",
    "row_loads",
    "row_reloads",
];

const OF_PIPELINE: [&str; 9] = [
    "api_requests",
    "api_requests_limited",
    "bytes_most",
    "crashes",
    "failed_writes",
    "objects_most",
    "operator_polls_answered",
    "operator_polls_unanswered",
    "restarts",
];

const OF_STASH: [&str; 10] = [
    "expired",
    "expiry_wake_most_ns",
    "held_mean_bytes",
    "held_most_bytes",
    "inversions",
    "starved",
    "told_no",
    "with_waiting_most_bytes",
    "woken_by_expiry",
    "work_again_ns",
];

const OF_AGGREGATE: [&str; 4] = ["counts_given", "counts_not_ready", "crashes", "views_added"];

const OWN: [(Family, &[&str]); 6] = [
    (Family::Columns, &OF_COLUMNS),
    (Family::Listing, &OF_LISTING),
    (Family::Processing, &OF_PROCESSING),
    (Family::Pipeline, &OF_PIPELINE),
    (Family::Stash, &OF_STASH),
    (Family::Aggregate, &OF_AGGREGATE),
];

/// What cells of `family` count.
pub(super) fn of(family: Family) -> impl Iterator<Item = &'static str> {
    let own = OWN.iter().filter(move |(of, _)| *of == family);
    let own = own.flat_map(|(_, names)| names.iter().copied());
    // Where there is no database there is no disk.
    let machine = OF_THE_MACHINE.into_iter();
    machine.filter(move |_| family != Family::Stash).chain(own)
}
