//! Results that wait to be fetched, once, and a line of producers before them when it is full.
//!
//! A producer puts bytes and hands out their [`Id`]; the consumer takes them with it. When there is
//! no room, the producer stands in line for a short time, because somebody usually fetches
//! something soon, and what it would do otherwise is dear: its work once more, or a refusal.
//!
//! # Map
//!
//! * [`Stash`]: puts, takes, clears, and expires on time. Start here.
//! * [`Settings`]: how much, for how long, and who may hold how much of it.
//! * [`PutError`], [`Full`]: why a payload was not stored.
//! * [`Event`]: what happens, for whoever watches; [`Stats`]: how much there is.
//! * [`http`]: payloads fetched over HTTP.
//!
//! # Who is served
//!
//! Everybody in the order of arrival, [`Stash::put`] included: where it would pass somebody, it is
//! refused, even if what it brings would fit. Else small payloads would take every gap before
//! a large one fits, and the large one would wait in vain. So:
//!
//! * The line is looked at before and after whatever is done with the stash: a payload fetched,
//!   expired or cleared, a producer that leaves for whatever reason. From the first on, each is
//!   served that fits; at the first that does not, all behind it wait, too.
//! * One owner holds at most a share. Who would exceed it stands aside, whether or not there is
//!   room: others pass as if it were not there, since nothing they fetch would help it, and its own
//!   owner may never fetch anything. It keeps its place, and is before all who came after it as
//!   soon as its share allows. What the same owner brings later does not pass it. So nobody waits
//!   for another owner's share, and nobody whose share allows it to be served is passed.
//! * The share holds in the line, too, or one owner could fill it and others would be refused
//!   however much room there is.
//! * Whoever's time is up is tried once more, in the order of the line, and then leaves. Those
//!   behind it are tried in the same instant.
//! * Two tiers have one line. A payload goes to the overflow if there is no room for it in the main
//!   tier, and waits only if there is none in either. It lies in one tier as a whole, and stays
//!   there.
//!
//! # Who is counted
//!
//! Every payload is: in its tier or in the line, never in both, never in neither. A producer that
//! goes away leaves nothing behind: if it was served and has not seen the id, nobody ever will, so
//! the payload is removed again and the line is looked at.
//!
//! # Who watches the clock
//!
//! Every producer in line wakes at its own deadline and at the next moment something expires, so
//! that none depends on another's being polled. When nobody is in line, nobody waits for room:
//! whatever is done next first removes what has expired. That hides late expiry from everyone but
//! the memory it takes; [`Stash::expire`] gives that back on time as well.

mod amount;
mod entry;
mod error;
mod event;
pub mod http;
mod id;
mod owner;
mod place;
mod room;
mod settings;
#[expect(
    clippy::module_inception,
    reason = "it is what the module is named after"
)]
mod stash;
mod state;
mod stats;

pub use amount::Amount;
pub use error::{Full, PutError};
pub use event::{Event, Gone, Left, Tier, Watcher, What};
pub use id::{Id, IdError};
pub use owner::Owner;
pub use settings::{Settings, SettingsError};
pub use stash::Stash;
pub use stats::Stats;
