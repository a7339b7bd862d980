//! The listing backfill: a database is filled from an API that lists its objects page by page,
//! newest first, so many requests a second, and nobody knows where in time the objects lie.
//!
//! # Map
//!
//! * [`ListApi`]: the API, and [`ListError`], what it says when it does not answer. Start here.
//! * [`plan`]: which page is asked for next.
//! * [`State`]: what is stored, as a later run needs it.

mod api;
mod error;
pub mod plan;
mod range;
mod state;

pub use api::{Item, ListApi, ListParams, Page};
pub use error::{Class, ListError};
pub use range::Range;
pub use state::{InFlight, State};
