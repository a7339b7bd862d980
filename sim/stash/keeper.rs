//! What holds the results: the stash under test, or what others have.

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use backfill::stash::{Amount, Id, Owner, PutError, Settings, SettingsError, Stash, http};
use hyper::body::Bytes;
use rand::Rng as _;
use tokio_util::sync::CancellationToken;

use super::outcome::Limits;
use super::plain::Plain;
use super::plan::MS;
use super::recorder::Recorder;
use super::scenario::{Model, StrategyKind};
use crate::clock::Clock;
use crate::seed::{Purpose, stream};

/// What holds the results; clones are the same.
#[derive(Clone)]
pub(super) enum Keeper {
    Real(Stash<Clock>),
    Plain(Plain),
}

/// What a strategy of `kind` may hold.
pub(super) const fn limits(model: &Model, kind: StrategyKind) -> Limits {
    let stash = &model.stash;
    let has_overflow = matches!(kind, StrategyKind::Overflow);
    let waits = !matches!(kind, StrategyKind::Immediate);
    Limits {
        main_bytes: stash.capacity_bytes,
        overflow_bytes: if has_overflow {
            stash.overflow_bytes
        } else {
            0
        },
        waiting_bytes: if waits { stash.waiting_bytes } else { 0 },
        payloads: stash.capacity_payloads,
        waiters: if waits { stash.waiting_payloads } else { 0 },
        owner_percent: if kind.is_real() {
            stash.owner_percent
        } else {
            100
        },
        ttl_ns: stash.ttl_ms * MS,
        wait_ns: if waits { stash.wait_ms * MS } else { 0 },
    }
}

/// The settings of the stash under test with these limits.
fn settings(limits: Limits) -> Settings {
    let amount = |payloads, bytes| Amount { payloads, bytes };
    Settings {
        capacity: amount(limits.payloads, limits.main_bytes),
        overflow: match limits.overflow_bytes {
            0 => Amount::default(),
            bytes => amount(limits.payloads, bytes),
        },
        ttl: Duration::from_nanos(limits.ttl_ns),
        wait: Duration::from_nanos(limits.wait_ns),
        waiting: amount(limits.waiters, limits.waiting_bytes),
        owner_percent: limits.owner_percent,
    }
}

impl Keeper {
    /// What a strategy of `kind` holds results in, with these limits.
    pub(super) fn new(
        kind: StrategyKind,
        limits: Limits,
        seed: u64,
        clock: Clock,
        recorder: Recorder,
    ) -> Result<Self, SettingsError> {
        if let Some(plain) = Plain::new(kind, limits, clock, recorder.clone()) {
            return Ok(Self::Plain(plain));
        }
        let mut ids = [0; 32];
        stream(seed, Purpose::Data, "ids").fill_bytes(&mut ids);
        Stash::new(clock, settings(limits), ids, recorder).map(Self::Real)
    }

    /// Stores `bytes`, waiting for room if it has to.
    pub(super) async fn put_wait(
        &self,
        owner: &Owner,
        bytes: Bytes,
        cancel: CancellationToken,
    ) -> Result<Id, PutError> {
        match self {
            Self::Real(stash) => stash.put_wait(owner, bytes, cancel).await,
            Self::Plain(plain) => plain.put_wait(owner, bytes, cancel).await,
        }
    }

    pub(super) fn take(&self, id: Id, owner: &Owner) -> Option<Bytes> {
        match self {
            Self::Real(stash) => stash.take(id, owner),
            Self::Plain(plain) => plain.take(id, owner),
        }
    }

    /// Bytes it says it holds.
    pub(super) fn held_bytes(&self) -> u64 {
        match self {
            Self::Real(stash) => stash.stats().held().bytes,
            Self::Plain(plain) => plain.held_bytes(),
        }
    }

    /// Frees what expires on time, as far as that is done by itself.
    pub(super) async fn expire(self) {
        match self {
            Self::Real(stash) => stash.expire(CancellationToken::new()).await,
            Self::Plain(plain) => plain.expire().await,
        }
    }

    /// Gives results out over HTTP.
    pub(super) fn router(
        self,
        who_asks: impl Fn(&Request) -> Option<Owner> + Clone + Send + Sync + 'static,
    ) -> Router {
        match self {
            Self::Real(stash) => http::router(stash, who_asks),
            Self::Plain(plain) => plain.router(who_asks),
        }
    }
}
