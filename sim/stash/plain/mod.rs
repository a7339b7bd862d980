//! A stash as others have it, and the controls: one tier, a line, and habits.
//!
//! With the habits of `barging` it is the first stash that had a line, step by step: a put tries
//! at once and takes no notice of the line; who does not fit waits for its turn, its time or its
//! cancellation, whatever comes first; turns are given after a fetch and after something was found
//! to have expired, from the head of the line on until one does not fit; and what has expired is
//! looked for when somebody puts or fetches.

mod habits;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Request, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use backfill::stash::{Id, Left, Owner, PutError, Watcher as _};
use backfill::time::Instant;
use hyper::body::Bytes;
use tokio_util::sync::CancellationToken;

use super::outcome::Limits;
use super::recorder::Recorder;
use super::scenario::StrategyKind;
use crate::clock::Clock;
use habits::Habits;
use state::{Entered, State};

/// A plain stash; clones are the same.
#[derive(Clone)]
pub(super) struct Plain {
    clock: Clock,
    limits: Limits,
    habits: Habits,
    state: Arc<Mutex<State>>,
    recorder: Recorder,
    stored: Arc<tokio::sync::Notify>,
}

impl Plain {
    /// A stash with the habits of `kind`; `None` for the code under test.
    pub(super) fn new(
        kind: StrategyKind,
        limits: Limits,
        clock: Clock,
        recorder: Recorder,
    ) -> Option<Self> {
        let habits = Habits::of(kind)?;
        Some(Self {
            clock,
            limits,
            habits,
            state: Arc::new(Mutex::new(State::new(limits, habits))),
            recorder,
            stored: Arc::default(),
        })
    }

    pub(super) async fn put_wait(
        &self,
        owner: &Owner,
        bytes: Bytes,
        cancel: CancellationToken,
    ) -> Result<Id, PutError> {
        let now = self.clock.now();
        let entered = self.act(|state| state.enter(owner, bytes, cancel.is_cancelled(), now))?;
        self.stored.notify_one();
        let (ticket, mut told) = match entered {
            Entered::Stored(id) => return Ok(id),
            Entered::Waits(ticket, told) => (ticket, told),
        };
        let wait = Duration::from_nanos(self.limits.wait_ns);
        let until = now + wait;
        let why = tokio::select! {
            biased;
            id = &mut told => return id.map_err(|_| PutError::Cancelled),
            () = cancel.cancelled() => Left::Cancelled,
            () = self.clock.sleep_until(until) => Left::TimedOut,
        };
        let now = self.clock.now();
        let error = self.act(|state| state.leave(ticket, why, now));
        // Room may have been found for it in the same instant.
        told.try_recv().map_err(|_| error)
    }

    pub(super) fn take(&self, id: Id, owner: &Owner) -> Option<Bytes> {
        let now = self.clock.now();
        self.act(|state| state.take(id, owner, now))
    }

    /// Bytes it believes to hold.
    pub(super) fn held_bytes(&self) -> u64 {
        self.lock().held_bytes()
    }

    /// Frees what expires on time, if it has the habit.
    pub(super) async fn expire(self) {
        if !self.habits.expires_by_itself {
            return;
        }
        loop {
            let next: Option<Instant> = self.lock().next_expiry();
            let stored = self.stored.notified();
            let Some(at) = next else {
                stored.await;
                continue;
            };
            tokio::select! {
                biased;
                () = stored => {}
                () = self.clock.sleep_until(at) => {
                    let now = self.clock.now();
                    self.act(|state| state.collect(now));
                }
            }
        }
    }

    /// The route that the code under test has, too.
    pub(super) fn router(
        self,
        who_asks: impl Fn(&Request) -> Option<Owner> + Clone + Send + Sync + 'static,
    ) -> Router {
        let give = async move |Shared(stash): Shared<Self>, Path(id): Path<String>, of: Request| {
            let given = who_asks(&of).and_then(|owner| stash.take(id.parse().ok()?, &owner));
            let none = || -> Response { StatusCode::NOT_FOUND.into_response() };
            given.map_or_else(none, Bytes::into_response)
        };
        Router::new()
            .route("/stash/{id}", get(give))
            .with_state(self)
    }

    /// Does something to the state, and tells what happened.
    fn act<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let result = act(&mut state);
        let now = self.clock.now();
        for event in std::mem::take(&mut state.events) {
            self.recorder.see(now, &event);
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
