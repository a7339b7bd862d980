//! The client of a cell: the crate's own, over the simulated network.

use std::num::NonZeroU32;
use std::time::Duration;

use backfill::listing::plan::{Capacity, Order};
use backfill::listing::{
    HttpApi, HttpSettings, HttpSetupError, Limit, LimitError, Limiter, ListApi, ListError,
    ListParams, Page, Rate, RetryPolicy, limited,
};
use rand::Rng as _;

use crate::connector::Connector;
use crate::listing::recorded::Recorded;
use crate::listing::recorder::Recorder;
use crate::listing::scenario::{self, Model, Strategy, StrategyKind};
use crate::machine::SimRuntime;
use crate::seed::{Purpose, stream};

/// Where the API is.
const BASE: &str = "http://upstream";
/// Tries of a client that repeats what failed below its own limiter.
const IMPATIENT_TRIES: u32 = 5;

/// A client, as the scenario describes it.
pub(super) struct Client {
    pub(super) capacity: Capacity,
    link: Link,
    kind: StrategyKind,
}

/// How the API is reached and how often, as a scenario of any family describes it.
pub(crate) struct Link {
    settings: scenario::Client,
    requests_per_ks: u64,
    seed: u64,
}

impl Client {
    pub(super) fn new(model: &Model, strategy: &Strategy, streams: usize, seed: u64) -> Self {
        let settings = model.client.clone();
        let requests_per_ks = requests_per_ks(model);
        let slots = strategy.slots(&settings) as usize;
        // What may go at once is shared: who begins blindly must not make others wait.
        let at_once = (settings.burst as usize / streams.max(1)).max(1);
        let blind = strategy.blind.map_or(slots, |blind| blind as usize);
        Self {
            capacity: Capacity {
                slots,
                page: settings.page,
                requests_per_ks,
                blind: if streams > 1 {
                    blind.min(at_once)
                } else {
                    blind
                },
            },
            link: Link {
                settings,
                requests_per_ks,
                seed,
            },
            kind: strategy.kind,
        }
    }

    pub(super) const fn order(&self) -> Order {
        self.link.order()
    }

    /// The API as this client sees it, every request noted by `recorder`.
    pub(super) fn api(
        &self,
        runtime: &SimRuntime,
        recorder: &Recorder,
    ) -> Result<impl ListApi, Box<dyn std::error::Error + Send + Sync>> {
        let api = Impatient {
            api: Recorded {
                api: self.link.http(runtime)?,
                runtime: runtime.clone(),
                recorder: recorder.clone(),
            },
            tries: match self.kind {
                StrategyKind::RetryOutside => IMPATIENT_TRIES,
                _ => 1,
            },
        };
        Ok(limited(
            api,
            Limiter::new(runtime.clone(), self.link.limit()?),
            self.link.retry(),
        ))
    }
}

impl Link {
    /// A client with `settings`, which asks so many requests in 1000 s at the most.
    pub(crate) const fn new(settings: scenario::Client, requests_per_ks: u64, seed: u64) -> Self {
        Self {
            settings,
            requests_per_ks,
            seed,
        }
    }

    /// The API as this client sees it, within its limit, and asked again when it fails.
    pub(crate) fn api(
        &self,
        runtime: &SimRuntime,
    ) -> Result<impl ListApi + use<>, Box<dyn std::error::Error + Send + Sync>> {
        let limiter = Limiter::new(runtime.clone(), self.limit()?);
        Ok(limited(self.http(runtime)?, limiter, self.retry()))
    }

    /// What a plan of its own may use, all of it from the start.
    pub(crate) fn capacity(&self) -> Capacity {
        let slots = self.settings.slots as usize;
        Capacity {
            slots,
            page: self.settings.page,
            requests_per_ks: self.requests_per_ks,
            blind: slots,
        }
    }

    pub(crate) const fn order(&self) -> Order {
        match self.settings.order {
            scenario::Order::NewestFirst => Order::NewestFirst,
            scenario::Order::OldestFirst => Order::OldestFirst,
        }
    }

    fn retry(&self) -> RetryPolicy {
        let ms = Duration::from_millis;
        RetryPolicy {
            attempts: NonZeroU32::new(self.settings.attempts).unwrap_or(NonZeroU32::MIN),
            base: ms(self.settings.backoff_base_ms),
            cap: ms(self.settings.backoff_cap_ms),
            seed: stream(self.seed, Purpose::Network, "listing-retries").next_u64(),
        }
    }

    fn http(&self, runtime: &SimRuntime) -> Result<HttpApi<Connector, SimRuntime>, HttpSetupError> {
        let settings = HttpSettings {
            timeout: Duration::from_millis(self.settings.timeout_ms),
            ..HttpSettings::default()
        };
        HttpApi::new(BASE, runtime.clone(), settings, Connector)
    }

    fn limit(&self) -> Result<Limit, LimitError> {
        let per_ks = u32::try_from(self.requests_per_ks).unwrap_or(u32::MAX);
        let rate = Rate::per_ks(per_ks)?;
        let limit = Limit::new(rate).with_burst(self.settings.burst)?;
        if self.settings.adapt {
            return Ok(limit);
        }
        limit.with_floor(rate)
    }
}

/// What the client of `model` asks at the most, requests per 1000 s.
pub(super) fn requests_per_ks(model: &Model) -> u64 {
    model.client.requests_per_ks(&model.upstream)
}

/// An API that is asked again at once when it fails, below whatever limits it: a mistake, where
/// `tries` is more than 1.
#[derive(Clone)]
struct Impatient<A> {
    api: A,
    tries: u32,
}

impl<A: ListApi> ListApi for Impatient<A> {
    async fn list(&self, params: ListParams) -> Result<Page, ListError> {
        for _ in 1..self.tries {
            if let Ok(page) = self.api.list(params.clone()).await {
                return Ok(page);
            }
        }
        self.api.list(params).await
    }
}
