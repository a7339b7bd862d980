//! An API whose every call waits for its turn.

use super::api::{ListApi, ListParams, Page};
use super::error::ListError;
use crate::limit::{Limiter, Refused};
use crate::runtime::Runtime;

/// An API whose every call waits for its turn. Made by [`limited`](crate::listing::limited).
#[derive(Debug)]
pub struct RateLimited<A, R> {
    api: A,
    limiter: Limiter<R>,
}

impl<A: Clone, R: Clone> Clone for RateLimited<A, R> {
    fn clone(&self) -> Self {
        Self {
            api: self.api.clone(),
            limiter: self.limiter.clone(),
        }
    }
}

impl<A, R> RateLimited<A, R> {
    pub(super) const fn new(api: A, limiter: Limiter<R>) -> Self {
        Self { api, limiter }
    }
}

impl<A: ListApi, R: Runtime> ListApi for RateLimited<A, R> {
    async fn list(&self, params: ListParams) -> Result<Page, ListError> {
        let token = self.limiter.take().await;
        let sent_at = self.limiter.runtime().now();
        let result = self.api.list(params).await;
        let took = self.limiter.runtime().now() - sent_at;
        match result {
            Ok(page) => Ok(Page {
                took: page.took.or(Some(took)),
                ..page
            }),
            Err(error) => {
                let refused = Refused {
                    too_many: matches!(error, ListError::RateLimited { .. }),
                    retry_after: error.retry_after(),
                };
                self.limiter.refused(token, refused);
                Err(error)
            }
        }
    }
}
