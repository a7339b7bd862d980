//! Stores in what may happen to them: disks that fail, tables that refuse, processes that die.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod batches;
mod crash;
mod failures;
mod history;
mod ledger;
mod metadata;
mod outputs;
mod refused;
mod room;
#[path = "../store_driven/mod.rs"]
mod store_driven;
