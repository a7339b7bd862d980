//! Another try when a page could not be had.
//!
//! The wait before the n-th retry is drawn evenly between nothing and min(cap, base × 2^(n - 1)):
//! "full jitter", which spreads those that failed together best (Marc Brooker, "Exponential Backoff
//! And Jitter", AWS Architecture Blog, 2015). When the API says for how long it wants to hear
//! nothing, that is for the limiter to see to: it holds for everybody, not only for one retry.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::api::{ListApi, ListParams, Page};
use super::error::{Class, ListError};
use super::limit::{Limiter, RateLimited};
use crate::runtime::Runtime;

/// Tries, where nobody says how many.
const ATTEMPTS: NonZeroU32 = NonZeroU32::new(8).unwrap();

/// How often, and after what waits, a page is asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries at the most, the first included.
    pub attempts: NonZeroU32,
    /// The first retry waits no longer, unless the API asks for it or others are waiting; each
    /// after it up to twice as long as the one before.
    pub base: Duration,
    /// No retry waits longer, unless the API asks for it or others are waiting.
    pub cap: Duration,
    /// Seeds the draws. Processes that ask the same API take different ones, or all of them come
    /// back at the same moments.
    pub seed: u64,
}

impl RetryPolicy {
    /// 8 tries, waits of up to 0.5 s, 1 s, 2 s and so on to 20 s: an outage of 26 s is outlasted
    /// on average, so that the restart of a server ends no backfill. 0.5 s is what Stripe's own
    /// client libraries begin with, 20 s what the AWS SDKs' standard mode ends with.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self {
            attempts: ATTEMPTS,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(20),
            seed,
        }
    }

    /// The longest wait before retry `retry`, counted from 0.
    fn longest(&self, retry: u32) -> Duration {
        let factor = 1_u32.checked_shl(retry).unwrap_or(u32::MAX);
        self.base.saturating_mul(factor).min(self.cap)
    }
}

/// An API that is asked again when it fails for a reason that may pass
/// ([`Class::Transient`]). The last error comes back after the last try, any other at once. Made
/// by [`limited`]; clones share one stream of draws.
#[derive(Debug)]
pub struct Retrying<A, R> {
    api: A,
    runtime: R,
    policy: RetryPolicy,
    jitter: Arc<Mutex<ChaCha8Rng>>,
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
    let mut key = [0; 32];
    key[..8].copy_from_slice(&retry.seed.to_le_bytes());
    Retrying {
        runtime: limiter.runtime().clone(),
        api: RateLimited::new(api, limiter),
        policy: retry,
        jitter: Arc::new(Mutex::new(ChaCha8Rng::from_seed(key))),
    }
}

impl<A: Clone, R: Clone> Clone for Retrying<A, R> {
    fn clone(&self) -> Self {
        Self {
            api: self.api.clone(),
            runtime: self.runtime.clone(),
            policy: self.policy,
            jitter: Arc::clone(&self.jitter),
        }
    }
}

impl<A, R> Retrying<A, R> {
    /// A wait before retry `retry`: multiply and shift (Lemire 2019), one draw for each.
    fn wait(&self, retry: u32) -> Duration {
        let mut jitter = self.jitter.lock().unwrap_or_else(PoisonError::into_inner);
        let longest_ns = self.policy.longest(retry).as_nanos();
        let longest_ns = u64::try_from(longest_ns).unwrap_or(u64::MAX);
        let ns = (u128::from(jitter.next_u64()) * (u128::from(longest_ns) + 1)) >> 64;
        Duration::from_nanos(u64::try_from(ns).unwrap_or(longest_ns))
    }
}

impl<A: ListApi, R: Runtime> ListApi for Retrying<A, R> {
    async fn list(&self, params: ListParams) -> Result<Page, ListError> {
        let retries = self.policy.attempts.get() - 1;
        for retry in 0..retries {
            let error = match self.api.list(params.clone()).await {
                Err(error) if error.class() == Class::Transient => error,
                result => return result,
            };
            let wait = self
                .wait(retry)
                .max(error.retry_after().unwrap_or_default());
            tracing::debug!(%error, retry, ?wait, "a page is asked for again");
            self.runtime.sleep(wait).await;
        }
        self.api.list(params).await
    }
}
