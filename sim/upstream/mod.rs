//! The simulated list API: objects in time, and a server that pages through them newest first, as
//! slowly, as seldom and as badly as settings say.
//!
//! # Map
//!
//! * [`Settings`]: what a scenario says about it. [`Shape`]: how objects lie in time.
//! * [`Objects`]: the objects, made from settings and a seed. [`Stream`]: pages of them, while some
//!   come and go.
//! * [`Upstream`]: the API over HTTP: who is let in, what goes wrong, how long it takes.
//!   [`serve_over_turmoil`], [`serve`]: where it listens. [`Log`]: what it was asked and said.

mod answer;
mod body;
mod churn;
mod connection;
mod error;
mod faults;
mod file;
mod latency;
mod limiter;
mod log;
mod misfortune;
mod moment;
mod objects;
mod query;
mod server;
mod settings;
mod shape;
mod stream;
mod time;
mod timeline;

pub use connection::{serve, serve_over_turmoil};
pub use error::TimesError;
pub use faults::{Dropped, Faults, Outage, Storm, UnknownCursor};
pub(crate) use limiter::Limiter;
pub use log::{Change, Counters, Log, Record, What};
pub use objects::Objects;
pub(crate) use objects::number_in;
pub(crate) use query::LIMIT_MOST;
pub use query::Query;
pub use server::Upstream;
pub(crate) use settings::OBJECTS_MOST;
pub use settings::{RetryAfter, Settings, Window};
pub use shape::Shape;
pub use stream::{Listing, Stream, UnknownObject};
pub use time::Time;
pub use timeline::PRESENT_S;
