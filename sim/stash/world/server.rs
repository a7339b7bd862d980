//! The server: does the work of a request, puts its result, and gives it out.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use backfill::stash::{Owner, SettingsError};
use tokio_util::sync::CancellationToken;

use super::{ASK, CLOSE, OWNER, PORT};
use crate::clock::Clock;
use crate::stash::keeper::Keeper;
use crate::stash::outcome::Limits;
use crate::stash::payload::payload;
use crate::stash::plan::{Plan, Planned};
use crate::stash::recorder::Recorder;
use crate::stash::scenario::{Fallback, StrategyKind};
use crate::upstream;

/// What a server is made of.
#[derive(Clone)]
pub(super) struct Setup {
    pub(super) kind: StrategyKind,
    pub(super) limits: Limits,
    pub(super) fallback: Fallback,
    pub(super) seed: u64,
    pub(super) plan: Arc<Plan>,
    pub(super) recorder: Recorder,
}

/// What cannot be served.
#[derive(Debug, thiserror::Error)]
pub(super) enum ServerError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Network(#[from] io::Error),
}

#[derive(Clone)]
struct Server {
    clock: Clock,
    keeper: Keeper,
    setup: Setup,
}

/// Answers on the simulated network until the world ends.
pub(super) async fn serve(setup: Setup) -> Result<Infallible, ServerError> {
    let listener = crate::listener::Listener::on(PORT).await?;
    let clock = Clock::start();
    let Setup {
        kind, limits, seed, ..
    } = setup;
    let keeper = Keeper::new(kind, limits, seed, clock, setup.recorder.clone())?;
    tokio::spawn(keeper.clone().expire());
    let server = Server {
        clock,
        keeper: keeper.clone(),
        setup,
    };
    let router = Router::new()
        .route(&format!("{ASK}{{number}}"), post(ask))
        .route(CLOSE, post(close))
        .with_state(server)
        .merge(keeper.router(who_asks));
    Ok(upstream::serve(listener, router).await)
}

/// A name in a header is as good as any login here.
fn who_asks(request: &Request) -> Option<Owner> {
    let name = request.headers().get(OWNER)?.to_str().ok()?;
    Some(Owner::new(name))
}

/// Does the work of a request and answers with an event. When the client goes away, the handler is
/// dropped, and what it has begun is cancelled.
async fn ask(State(server): State<Server>, Path(number): Path<usize>) -> Response {
    let cancel = CancellationToken::new();
    let guard = cancel.clone().drop_guard();
    let worked = tokio::spawn(server.work(number, cancel)).await;
    guard.disarm();
    match worked {
        Ok(response) => response,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

impl Server {
    async fn work(self, number: usize, cancel: CancellationToken) -> Response {
        let Some(planned) = self.setup.plan.requests.get(number) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let work = Duration::from_nanos(planned.work_ns);
        self.clock.sleep_until(self.clock.now() + work).await;
        let owner = Owner::new(&planned.owner);
        let bytes = payload(planned.draw, planned.bytes);
        let recorder = &self.setup.recorder;
        recorder.putting(self.clock.now(), Some(number));
        let result = self.keeper.put_wait(&owner, bytes, cancel.clone()).await;
        recorder.answered(number, result);
        match result {
            Ok(id) => format!("data: {id}\n\n").into_response(),
            Err(_) if cancel.is_cancelled() => StatusCode::NO_CONTENT.into_response(),
            Err(_) => self.fall_back(planned).await,
        }
    }

    /// There is no room for a result.
    async fn fall_back(&self, planned: &Planned) -> Response {
        let recorder = &self.setup.recorder;
        match self.setup.fallback {
            Fallback::Refuse => {
                recorder.told_no();
                StatusCode::NOT_IMPLEMENTED.into_response()
            }
            Fallback::Again => {
                recorder.worked_again(planned.work_ns);
                let work = Duration::from_nanos(planned.work_ns);
                self.clock.sleep_until(self.clock.now() + work).await;
                "data: elsewhere\n\n".into_response()
            }
        }
    }
}

/// Looks whether there is room for everything, now that nothing is to be held any more.
async fn close(State(server): State<Server>) -> StatusCode {
    let Setup {
        limits, recorder, ..
    } = &server.setup;
    let share = u128::from(limits.main_bytes) * u128::from(limits.owner_percent) / 100;
    // As much as one owner may have, in pieces as large as payloads can be.
    let most = u64::try_from(share).unwrap_or(u64::MAX);
    let whole = most.min(crate::stash::scenario::validate::MOST_PAYLOAD_BYTES);
    let count = (most / whole).min(64);
    let owner = Owner::new("nobody-else");
    let mut ids = Vec::new();
    let mut full = None;
    for _ in 0..count {
        recorder.putting(server.clock.now(), None);
        let cancel = CancellationToken::new();
        match server
            .keeper
            .put_wait(&owner, payload(0, whole), cancel)
            .await
        {
            Ok(id) => ids.push(id),
            Err(error) => full = Some(format!("at the end {whole} B do not fit: {error}")),
        }
    }
    for id in ids {
        drop(server.keeper.take(id, &owner));
    }
    let held = server.keeper.held_bytes();
    recorder.room(server.clock.now(), full.map_or(Ok(held), Err));
    StatusCode::NO_CONTENT
}
