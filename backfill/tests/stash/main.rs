//! A stash: who is served and when, what is counted, and what is left when somebody goes away.
//!
//! Every test is audited: whatever a stash says has happened is held against its rules, one event
//! after the other.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod auditor;
mod bench;
mod cancel;
mod clock;
mod expiry;
mod explorer;
mod http;
mod interleavings;
mod limits;
mod model;
mod once;
mod order;
mod play;
mod reference;
mod shares;
mod threads;
mod tiers;
