//! An effect that counts its calls, takes a millisecond, and fails when it is told to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use backfill::Runtime as _;
use backfill::limit::{Limit, Limiter, Rate};
use backfill::listing::RetryPolicy;
use backfill::persistence::{Calls, Effect, EffectError};

use super::runtime::Driven;

/// What is called, and remembers it.
#[derive(Clone)]
pub(crate) struct World {
    runtime: Driven,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    calls: BTreeMap<String, usize>,
    /// What the next calls answer, instead of an output.
    errors: Vec<EffectError>,
    under_way: usize,
    most_under_way: usize,
}

impl World {
    pub(crate) fn new(runtime: &Driven) -> Self {
        Self {
            runtime: runtime.clone(),
            seen: Arc::default(),
        }
    }

    /// The same world, seen from another run.
    pub(crate) fn on(&self, runtime: &Driven) -> Self {
        Self {
            runtime: runtime.clone(),
            seen: Arc::clone(&self.seen),
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    /// The effect `name`, limited to more than any test asks for.
    pub(crate) fn effect(&self, name: &str) -> Calls<Self, Driven> {
        let limit = Limit::new(Rate::per_second(1_000_000).unwrap());
        let limiter = Limiter::new(self.runtime.clone(), limit.with_burst(1_000).unwrap());
        Calls::new(name, self.clone(), limiter, RetryPolicy::new(1))
    }

    /// The next call fails like this.
    pub(crate) fn fail(&self, error: EffectError) {
        self.seen().errors.push(error);
    }

    /// Nothing fails any more.
    pub(crate) fn heal(&self) {
        self.seen().errors.clear();
    }

    /// How often `input` was asked for with success.
    pub(crate) fn calls(&self, input: &str) -> usize {
        self.seen().calls.get(input).copied().unwrap_or_default()
    }

    /// The most calls that were under way at a time.
    pub(crate) fn most_under_way(&self) -> usize {
        self.seen().most_under_way
    }
}

impl Effect for World {
    async fn call(&self, input: Arc<str>) -> Result<Arc<str>, EffectError> {
        {
            let mut seen = self.seen();
            seen.under_way += 1;
            seen.most_under_way = seen.most_under_way.max(seen.under_way);
        }
        self.runtime.sleep(Duration::from_millis(1)).await;
        let mut seen = self.seen();
        seen.under_way -= 1;
        if let Some(error) = seen.errors.pop() {
            return Err(error);
        }
        *seen.calls.entry(input.to_string()).or_default() += 1;
        Ok(output(&input))
    }
}

/// What the world answers.
pub(crate) fn output(input: &str) -> Arc<str> {
    format!("<{input}>").into()
}
