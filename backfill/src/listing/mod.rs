//! The listing backfill: a database is filled from an API that lists its objects page by page,
//! newest first, so many requests a second, and nobody knows where in time the objects lie.
//!
//! # Map
//!
//! * [`ListApi`]: the API, and [`ListError`], what it says when it does not answer. Start here.
//! * [`plan`]: which page is asked for next.
//! * [`Listing`]: the loop: pages are fetched and stored at the same time, and so is the [`State`]
//!   that a later run goes on from.
//! * [`Sink`]: where objects go.
//! * [`HttpApi`]: the API over HTTP; [`limited`]: any API, within a [`Limit`], and tried again.

mod api;
mod claim;
mod doubt;
mod ending;
mod error;
mod eta;
mod event;
mod fetch;
mod http;
#[expect(
    clippy::module_inception,
    reason = "it is what the module is named after"
)]
mod listing;
pub mod plan;
mod range;
mod rate_limited;
mod retry;
mod run;
mod sink;
mod state;
mod store;

pub use crate::limit::{Limit, LimitError, Limiter, LimiterStatus, Rate};
pub use crate::retry::RetryPolicy;
pub use api::{Item, ListApi, ListParams, Page};
pub use error::{Class, ListError};
pub use eta::Eta;
pub use event::{Event, Stored};
pub use http::{BearerToken, HttpApi, HttpSettings, HttpSetupError};
pub use listing::{Ending, Job, Listing, ListingError, MakePlan, Pages, Report, Setting};
pub use range::Range;
pub use rate_limited::RateLimited;
pub use retry::{Limited, Retrying, limited};
pub use sink::Sink;
pub use state::{InFlight, State};
