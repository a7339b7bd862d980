//! A list API, as those that page newest first have it.
//!
//! Objects are ordered by (`created`, `id`), newest first. A page goes on strictly after the object
//! that `starting_after` names, wherever that lies; `has_more` says whether there is anything in
//! the range behind the page.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::error::ListError;
use super::range::Range;

/// What a page is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListParams {
    /// What kind of object: the last part of the address, as `charges`.
    pub resource: Arc<str>,
    /// When they were created; never left out, or the API would answer for all time.
    pub created: Range,
    /// Objects on a page at the most.
    pub limit: u32,
    /// The object the page goes on after.
    pub starting_after: Option<Arc<str>>,
}

/// One object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its key.
    pub id: Box<str>,
    /// When it was created, seconds since 1970; `None` if it does not say.
    pub created: Option<i64>,
    /// All of it, as the API sent it: JSON.
    pub body: Box<str>,
}

/// A page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Its objects, newest first.
    pub items: Vec<Item>,
    /// Whether there are more in the range behind them.
    pub has_more: bool,
    /// How long the API took, without the wait for leave to ask; `None` if nobody took the time.
    pub took: Option<Duration>,
}

/// Something that lists objects. Clones are of the same one.
pub trait ListApi: Clone + Send + Sync + 'static {
    /// One page.
    ///
    /// # Errors
    /// Why there is none, typed by what can be done about it ([`ListError::class`]).
    fn list(&self, params: ListParams) -> impl Future<Output = Result<Page, ListError>> + Send;
}
