//! Another try when a page could not be had.
//!
//! When the API says for how long it wants to hear nothing, that is for the limiter to see to as
//! well: it holds for everybody, not only for one retry.

use super::api::{ListApi, ListParams, Page};
use super::error::{Class, ListError};
use super::rate_limited::RateLimited;
use crate::limit::Limiter;
use crate::retry::{RetryPolicy, Waits};
use crate::runtime::Runtime;

/// An API that is asked again when it fails for a reason that may pass
/// ([`Class::Transient`]). The last error comes back after the last try, any other at once. Made
/// by [`limited`]; clones share one stream of draws.
#[derive(Debug)]
pub struct Retrying<A, R> {
    api: A,
    runtime: R,
    waits: Waits,
}

/// An API that is asked so often and no more, and again when it fails.
pub type Limited<A, R> = Retrying<RateLimited<A, R>, R>;

/// `api`, asked again as `retry` says when it fails, every try of it within `limiter`.
///
/// The only way to have either, because only this way round is right: a limiter that does not see
/// the retries lets through more requests than the API puts up with, just when it is in trouble.
pub fn limited<A: ListApi, R: Runtime>(
    api: A,
    limiter: Limiter<R>,
    retry: RetryPolicy,
) -> Limited<A, R> {
    Retrying {
        runtime: limiter.runtime().clone(),
        api: RateLimited::new(api, limiter),
        waits: Waits::new(retry),
    }
}

impl<A: Clone, R: Clone> Clone for Retrying<A, R> {
    fn clone(&self) -> Self {
        Self {
            api: self.api.clone(),
            runtime: self.runtime.clone(),
            waits: self.waits.clone(),
        }
    }
}

impl<A: ListApi, R: Runtime> ListApi for Retrying<A, R> {
    async fn list(&self, params: ListParams) -> Result<Page, ListError> {
        for retry in 0..self.waits.retries() {
            let error = match self.api.list(params.clone()).await {
                Err(error) if error.class() == Class::Transient => error,
                result => return result,
            };
            let wait = self
                .waits
                .before(retry)
                .max(error.retry_after().unwrap_or_default());
            tracing::debug!(%error, retry, ?wait, "a page is asked for again");
            self.runtime.sleep(wait).await;
        }
        self.api.list(params).await
    }
}
