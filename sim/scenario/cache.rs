//! The table `[cache]`: what a server keeps in memory beside its database.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A store in the server's memory behind a readers-writer lock. Reads of the kinds `stats`,
/// `packet_list` and `health` take the lock as readers before they ask the database; an insert
/// takes it as the writer, when `fed_by` says. The times are assumed: nobody has published any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Cache {
    /// Tasks that scan all of it, each holding the lock as a reader meanwhile.
    pub recomputers: u32,
    /// Time from one start of all of them to the next, ms.
    pub recompute_every_ms: u64,
    /// Processor time of one scan, ms.
    pub recompute_ms: u64,
    /// Processor time for which an insert holds the lock, µs.
    pub insert_us: u64,
    /// When an insert joins the store.
    pub fed_by: FedBy,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            recomputers: 6,
            recompute_every_ms: 15_000,
            recompute_ms: 1_000,
            insert_us: 50,
            fed_by: FedBy::Database,
        }
    }
}

/// When an insert joins the store in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FedBy {
    /// Once the database has stored it: an insert that waits for the database does not touch the
    /// store.
    Database,
    /// As it arrives, before the database is asked.
    Arrival,
}
