//! Another try of what has failed, and how long to wait before it.
//!
//! The wait before the n-th retry is drawn evenly between nothing and min(cap, base × 2^(n - 1)):
//! "full jitter", which spreads those that failed together best (Marc Brooker, "Exponential Backoff
//! And Jitter", AWS Architecture Blog, 2015).

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

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

/// The waits of a policy, as they are drawn; clones share one stream of draws.
#[derive(Clone, Debug)]
pub(crate) struct Waits {
    policy: RetryPolicy,
    jitter: Arc<Mutex<ChaCha8Rng>>,
}

impl Waits {
    pub(crate) fn new(policy: RetryPolicy) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&policy.seed.to_le_bytes());
        Self {
            policy,
            jitter: Arc::new(Mutex::new(ChaCha8Rng::from_seed(key))),
        }
    }

    /// Retries at the most.
    pub(crate) const fn retries(&self) -> u32 {
        self.policy.attempts.get() - 1
    }

    /// A wait before retry `retry`, counted from 0: multiply and shift (Lemire 2019), one draw for
    /// each.
    pub(crate) fn before(&self, retry: u32) -> Duration {
        let mut jitter = self.jitter.lock().unwrap_or_else(PoisonError::into_inner);
        let longest_ns = self.policy.longest(retry).as_nanos();
        let longest_ns = u64::try_from(longest_ns).unwrap_or(u64::MAX);
        let ns = (u128::from(jitter.next_u64()) * (u128::from(longest_ns) + 1)) >> 64;
        Duration::from_nanos(u64::try_from(ns).unwrap_or(longest_ns))
    }
}
