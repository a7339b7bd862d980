//! Counts that are rebuilt chunk by chunk equal those of one look at all rows, whatever happens
//! meanwhile: live writers, crashes, rows that fit nothing, a second run.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod crash;
mod driven;
#[path = "../fixture/mod.rs"]
mod fixture;
mod live;
mod model;
mod poison;
mod read;
mod refused;
mod sizes;
mod turns;
mod views;
