//! Sample databases with a schema that is not the simulator's own, to try it on.
//!
//! A map: `scale` says how many rows a size comes to, `draw` and `text` are where chance comes
//! from, `order` and `event` say what happened, `schema` has the tables, `file` writes them. Start
//! at [`shop`].
//!
//! Same size and seed, same bytes, on every machine: every draw is an integer from the seed tree,
//! rows go in one fixed order through one connection, and nothing asks what time it is.

pub(crate) mod draw;
mod error;
mod event;
mod file;
mod order;
mod progress;
mod scale;
mod schema;
mod text;

pub use error::SampleError;
pub use file::shop;
pub use progress::Progress;
pub use scale::{MIB_MOST, Rows};
