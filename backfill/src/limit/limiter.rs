//! Whose turn it is to send a request.
//!
//! Whoever comes first is served first: those who wait stand in the queue of a mutex that tokio
//! keeps fair, and the first of them sleeps until there is a token. It looks again after every
//! sleep, because the rate may have been lowered or everybody been frozen meanwhile, and takes the
//! token in the same breath. So a token is never on its way to anybody: who gives up at any moment
//! leaves nothing behind but a free place.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::bucket::{Bucket, Token};
use super::rate::{Limit, Rate};
use crate::runtime::Runtime;

/// Lets requests through one after the other; clones share the limit.
///
/// In any second, both ends included, at most rate + burst requests are let through, whatever their
/// callers do: give up, try again, or are told to wait by the API.
///
/// On a 429 the rate falls to 0.7 of what it was, once for all requests that were under way
/// together, and grows back by a sixtieth of the full rate per second: within a minute of the last
/// 429 all of it is back. For as long as a `Retry-After` says, nobody is let through.
#[derive(Debug)]
pub struct Limiter<R> {
    runtime: R,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Held by whoever is next; the others queue for it.
    next: tokio::sync::Mutex<()>,
    bucket: Mutex<Bucket>,
    waiting: AtomicUsize,
}

/// What an answer other than a good one says to those who come after.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused {
    /// There were too many requests (429).
    pub(crate) too_many: bool,
    /// For how long the API wants to hear nothing.
    pub(crate) retry_after: Option<Duration>,
}

/// How a limiter is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimiterStatus {
    /// The rate as it is now: the full one, or what the API's 429s have left of it.
    pub rate: Rate,
    /// Requests that wait to be sent.
    pub waiting: usize,
    /// Requests let through so far.
    pub taken: u64,
    /// How often a 429 has lowered the rate.
    pub lowered: u64,
    /// For how long nobody is let through, because the API has said so.
    pub frozen_for: Duration,
}

impl<R: Clone> Clone for Limiter<R> {
    fn clone(&self) -> Self {
        Self {
            runtime: self.runtime.clone(),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<R: Runtime> Limiter<R> {
    /// Lets through what `limit` says, on the clock of `runtime`.
    #[must_use]
    pub fn new(runtime: R, limit: Limit) -> Self {
        let bucket = Bucket::new(limit, runtime.now());
        Self {
            runtime,
            shared: Arc::new(Shared {
                next: tokio::sync::Mutex::new(()),
                bucket: Mutex::new(bucket),
                waiting: AtomicUsize::new(0),
            }),
        }
    }

    /// How it is doing.
    #[must_use]
    pub fn status(&self) -> LimiterStatus {
        let now = self.runtime.now();
        let bucket = self.bucket();
        LimiterStatus {
            rate: bucket.rate(now),
            waiting: self.shared.waiting.load(Ordering::Relaxed),
            taken: bucket.taken(),
            lowered: bucket.lowered(),
            frozen_for: bucket.frozen_until() - now,
        }
    }

    /// The runtime whose clock it goes by.
    pub(crate) const fn runtime(&self) -> &R {
        &self.runtime
    }

    /// Leave to send a request, when it is this caller's turn.
    pub(crate) async fn take(&self) -> Token {
        let _counted = Waiting::new(&self.shared.waiting);
        let _next = self.shared.next.lock().await;
        let mut due = None;
        loop {
            let taken = self.bucket().take(self.runtime.now(), due);
            let at = match taken {
                Ok(token) => return token,
                Err(at) => at,
            };
            self.runtime.sleep_until(at).await;
            due = Some(at);
        }
    }

    /// The request that `token` was for was not answered as it should.
    pub(crate) fn refused(&self, token: Token, refused: Refused) {
        let now = self.runtime.now();
        let mut bucket = self.bucket();
        if refused.too_many {
            bucket.lower(token, now);
        }
        if let Some(wait) = refused.retry_after {
            bucket.freeze(now + wait);
        }
    }

    /// The bucket is valid after every statement that changes it, so a panic elsewhere while it was
    /// locked spoils nothing.
    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        let bucket = self.shared.bucket.lock();
        bucket.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a waiter until it has its token or gives up.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
