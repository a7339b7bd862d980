//! Stores in all that may happen to them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../store_driven/mod.rs"]
mod store_driven;

mod history;
