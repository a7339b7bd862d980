//! Functions of the outside world whose outputs are worth keeping: a price, a name, a receipt.

use std::sync::Arc;
use std::time::Duration;

use crate::limit::{Limiter, Refused};
use crate::retry::{RetryPolicy, Waits};
use crate::runtime::Runtime;

/// A slow, limited function of a text, run elsewhere. The same input is taken to give the same
/// output for good.
pub trait Effect: Send + Sync + 'static {
    /// Its output.
    ///
    /// # Errors
    /// Why there is none, and whether there may be one later.
    fn call(&self, input: Arc<str>) -> impl Future<Output = Result<Arc<str>, EffectError>> + Send;
}

/// Why an effect has no output.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EffectError {
    /// What went wrong.
    pub message: String,
    /// Whether another try may succeed.
    pub transient: bool,
    /// Whether there were too many calls.
    pub too_many: bool,
    /// For how long nobody should call again.
    pub retry_after: Option<Duration>,
}

impl EffectError {
    /// An error that may pass.
    #[must_use]
    pub fn transient(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            transient: true,
            too_many: false,
            retry_after: None,
        }
    }

    /// An error that will not pass.
    #[must_use]
    pub fn permanent(message: impl Into<String>) -> Self {
        Self {
            transient: false,
            ..Self::transient(message)
        }
    }
}

/// An effect, called so often and no more, tried again when it fails, and never twice for the same
/// input if its outputs are cached. Clones share the limit.
#[derive(Debug)]
pub struct Calls<E, R> {
    pub(super) name: Arc<str>,
    /// Whether outputs go into the database.
    pub(super) cached: bool,
    /// Calls under way at a time, at the most.
    pub(super) at_once: usize,
    effect: Arc<E>,
    limiter: Limiter<R>,
    waits: Waits,
}

impl<E, R: Clone> Clone for Calls<E, R> {
    fn clone(&self) -> Self {
        Self {
            name: Arc::clone(&self.name),
            cached: self.cached,
            at_once: self.at_once,
            effect: Arc::clone(&self.effect),
            limiter: self.limiter.clone(),
            waits: self.waits.clone(),
        }
    }
}

impl<E: Effect, R: Runtime> Calls<E, R> {
    /// `effect`, its outputs kept under `name`, up to 16 calls under way at a time.
    pub fn new(name: &str, effect: E, limiter: Limiter<R>, retry: RetryPolicy) -> Self {
        Self {
            name: name.into(),
            cached: true,
            at_once: 16,
            effect: Arc::new(effect),
            limiter,
            waits: Waits::new(retry),
        }
    }

    /// The same, its outputs never stored: they are kept in memory while there is room, and the
    /// effect is called again when one is gone.
    #[must_use]
    pub fn uncached(self) -> Self {
        Self {
            cached: false,
            ..self
        }
    }

    /// The same, with so many calls under way at a time; 0 counts as 1.
    #[must_use]
    pub fn at_once(self, calls: usize) -> Self {
        Self {
            at_once: calls.max(1),
            ..self
        }
    }

    /// Whether its outputs are stored.
    #[must_use]
    pub const fn stores(&self) -> bool {
        self.cached
    }

    /// Calls under way at a time, at the most.
    #[must_use]
    pub const fn most_at_once(&self) -> usize {
        self.at_once
    }

    /// Calls it, every try of it within the limit; nothing is looked up or kept.
    ///
    /// # Errors
    /// The last error, when no try has an output.
    pub async fn call(&self, input: Arc<str>) -> Result<Arc<str>, EffectError> {
        let mut retry = 0;
        loop {
            let token = self.limiter.take().await;
            let error = match self.effect.call(Arc::clone(&input)).await {
                Ok(output) => return Ok(output),
                Err(error) => error,
            };
            let refused = Refused {
                too_many: error.too_many,
                retry_after: error.retry_after,
            };
            self.limiter.refused(token, refused);
            if !error.transient || retry == self.waits.retries() {
                return Err(error);
            }
            let wait = self.waits.before(retry);
            let wait = wait.max(error.retry_after.unwrap_or_default());
            tracing::debug!(effect = &*self.name, %error, retry, ?wait, "an effect is called again");
            self.limiter.runtime().sleep(wait).await;
            retry += 1;
        }
    }
}
