//! The clients: each asks for a result when it is planned to, and fetches it later or never.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, Request, StatusCode};
use backfill::Instant;
use backfill::stash::Id;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::task::JoinSet;

use super::{ASK, CLOSE, OWNER, SERVER};
use crate::clock::Clock;
use crate::connector::Connector;
use crate::stash::payload::payload;
use crate::stash::plan::{At, Plan, Planned};
use crate::stash::recorder::Recorder;

/// Everybody on one host.
#[derive(Clone)]
pub(super) struct Clients {
    pub(super) plan: Arc<Plan>,
    pub(super) recorder: Recorder,
    pub(super) clock: Clock,
    pub(super) http: Client<Connector, Empty<Bytes>>,
}

/// An HTTP client for all of a host. Every request has a connection of its own, so that all of them
/// take the same number of trips.
pub(super) fn http() -> Client<Connector, Empty<Bytes>> {
    Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        // Its timer would run on another clock than the world's.
        .pool_idle_timeout(None)
        .build(Connector)
}

/// What became of a request that could not be sent or answered.
type Failed = Box<dyn std::error::Error + Send + Sync>;

/// As turmoil wants it.
fn unshared(error: Failed) -> Box<dyn std::error::Error> {
    error
}

impl Clients {
    /// Runs the clients that `own` picks, by their place in the plan, to their end.
    pub(super) async fn run(self, own: impl Fn(usize) -> bool) -> turmoil::Result {
        let mut running: JoinSet<Result<(), Failed>> = JoinSet::new();
        for number in (0..self.plan.requests.len()).filter(|number| own(*number)) {
            running.spawn(self.clone().client(number));
        }
        while let Some(ended) = running.join_next().await {
            ended?.map_err(unshared)?;
        }
        Ok(())
    }

    /// Comes when nothing is to be held any more, and has the server look.
    pub(super) async fn close(self) -> turmoil::Result {
        let at = Instant::from_nanos(self.plan.closes_ns);
        self.clock.sleep_until(at).await;
        let sent = self.send(Method::POST, CLOSE.to_owned(), "nobody").await;
        sent.map(drop).map_err(unshared)
    }

    async fn client(self, number: usize) -> Result<(), Failed> {
        let plan = Arc::clone(&self.plan);
        let planned = &plan.requests[number];
        let at = Instant::from_nanos(planned.at_ns);
        self.clock.sleep_until(at).await;
        let leaves_at = planned.patience_ns.map(|ns| at + Duration::from_nanos(ns));
        let leaves = async {
            match leaves_at {
                Some(at) => self.clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let answer = tokio::select! {
            biased;
            answer = self.send(Method::POST, format!("{ASK}{number}"), &planned.owner) => answer?,
            () = leaves => {
                let now = self.clock.now();
                self.recorder.event(now, format_args!("client {number} goes away"));
                return Ok(());
            }
        };
        match id_of(&answer) {
            Some(id) => self.fetch(number, planned, id).await,
            None => {
                self.recorder.finished(self.clock.now(), number);
                Ok(())
            }
        }
    }

    async fn fetch(&self, number: usize, planned: &Planned, id: Id) -> Result<(), Failed> {
        for fetch in &planned.fetches {
            let at = match fetch.at {
                At::After(gap_ns) => self.clock.now() + Duration::from_nanos(gap_ns),
                At::Moment(at_ns) => Instant::from_nanos(at_ns),
            };
            self.clock.sleep_until(at).await;
            let own = fetch.owner == planned.owner;
            let (status, body) = self
                .send(Method::GET, format!("/stash/{id}"), &fetch.owner)
                .await?;
            let expected = || payload(planned.draw, planned.bytes);
            let right = (status == StatusCode::OK).then(|| is_whole(&body, &expected()));
            let now = self.clock.now();
            self.recorder.fetched(now, id, own, right);
            if own {
                self.recorder.finished(now, number);
            }
        }
        Ok(())
    }

    /// The status and the pieces of the body of the answer to a request of `owner`.
    async fn send(
        &self,
        method: Method,
        path: String,
        owner: &str,
    ) -> Result<(StatusCode, Vec<Bytes>), Failed> {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{SERVER}{path}"))
            .header(OWNER, owner)
            .body(Empty::new())?;
        let response = self.http.request(request).await?;
        let status = response.status();
        let mut body = response.into_body();
        let mut pieces = Vec::new();
        while let Some(frame) = body.frame().await {
            pieces.extend(frame?.into_data().ok());
        }
        Ok((status, pieces))
    }
}

/// The id in an event; `None` where the result went another way, or none.
fn id_of((status, body): &(StatusCode, Vec<Bytes>)) -> Option<Id> {
    let text = std::str::from_utf8(body.first()?).ok()?;
    let id = text.strip_prefix("data: ")?.trim_end();
    id.parse().ok().filter(|_| *status == StatusCode::OK)
}

/// Whether the pieces make `expected`, byte by byte.
fn is_whole(pieces: &[Bytes], expected: &Bytes) -> bool {
    let mut rest = &expected[..];
    for piece in pieces {
        match rest.strip_prefix(&piece[..]) {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
    rest.is_empty()
}
