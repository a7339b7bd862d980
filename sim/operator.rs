//! The operator: a host of its own that asks `GET /api/healthz` over the network, and the server
//! that answers it from the database's pool with the status surface of the crate under test.
//!
//! An operator's poll shares the fate of every reader: on a single connection that a backfill
//! holds, it is not answered. It gives up after a while, as a prober does, and asks again. What it
//! is told is kept, and held against what was so.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use backfill::database::Database;
use backfill::ledger;
use backfill::status::Status;
use backfill::time::Instant;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::{Request, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use turmoil::net::TcpStream;

use crate::clock::Clock;
use crate::listener::Listener;
use crate::machine::SimRuntime;
use crate::recorder::{Recorder, Sighting};
use crate::scenario;

/// The host that has the database.
pub const DATABASE_HOST: &str = "database";
/// Where it listens.
const PORT: u16 = 80;
/// What is asked for.
const HEALTH: &str = "/api/healthz";
/// The name under which its questions use the database.
pub const OPERATOR: &str = "operator";

/// Answers from `database` for as long as the host runs: as an application does that mounts the
/// status surface. `blind` is the mistake of one that takes a ledger it cannot read for an empty
/// one.
///
/// # Errors
/// If the port cannot be listened on.
pub async fn serve(database: Database<SimRuntime>, blind: bool) -> std::io::Result<()> {
    let listener = Listener::on(PORT).await?;
    let router = if blind {
        Router::new()
            .route(HEALTH, get(blind_health))
            .with_state(database)
    } else {
        Status::new(database).router()
    };
    axum::serve(listener, router).await
}

async fn blind_health(State(database): State<Database<SimRuntime>>) -> Json<Value> {
    let all = database.read(ledger::migrations).await.unwrap_or_default();
    let running = all
        .iter()
        .any(|migration| migration.status == ledger::Status::Running);
    Json(json!({ "async_migrations": all, "async_migrations_running": running }))
}

/// An answer to a poll, or the reason why there is none.
pub(crate) struct Answer {
    /// The how manieth poll it was, from 0.
    pub(crate) number: u64,
    pub(crate) asked: Instant,
    pub(crate) answered: Instant,
    pub(crate) body: Result<Bytes, String>,
}

/// Polls for as long as the host runs, and notes what is said of the backfill `job`.
pub async fn poll(settings: scenario::Operator, job: Arc<str>, recorder: Recorder) {
    poll_for(settings, move |answer| {
        let said = answer.body.and_then(|body| Said::of(&body, &job));
        let words = said.as_ref().map(Said::words).map_err(Clone::clone);
        recorder.poll(answer.answered, answer.number, &words);
        if let Ok(said) = said {
            recorder.saw(Sighting {
                asked_ns: answer.asked.as_nanos(),
                answered_ns: answer.answered.as_nanos(),
                clear: !said.running && !said.unreadable,
                processed: said.processed,
            });
        }
    })
    .await;
}

/// Polls for as long as the host runs; `heard` is given every answer.
pub(crate) async fn poll_for(
    settings: scenario::Operator,
    heard: impl Fn(Answer) + Clone + Send + 'static,
) {
    let clock = Clock::start();
    let every = Duration::from_millis(settings.poll_every_ms);
    let timeout = Duration::from_millis(settings.timeout_ms);
    let mut due = Instant::default();
    for number in 0.. {
        due = due + every;
        clock.sleep_until(due).await;
        let (heard, asked, give_up_at) = (heard.clone(), due, due + timeout);
        tokio::spawn(async move {
            let body = tokio::select! {
                biased;
                answer = ask() => answer.map_err(|error| format!("failed: {error}")),
                () = clock.sleep_until(give_up_at) => Err("unanswered".to_owned()),
            };
            let answered = clock.now();
            heard(Answer {
                number,
                asked,
                answered,
                body,
            });
        });
    }
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    running: bool,
    unreadable: bool,
    processed: Option<u64>,
}

impl Said {
    /// Reads the body of an answer. One without a word on whether anything runs says nothing.
    fn of(body: &[u8], job: &str) -> Result<Self, String> {
        let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let running = body["async_migrations_running"].as_bool();
        let items = body["async_migrations"].as_array().into_iter().flatten();
        let mut about = items.filter(|item| item["name"] == job);
        Ok(Self {
            running: running.ok_or("the answer does not say whether anything runs")?,
            unreadable: body.get("async_migrations_error").is_some(),
            processed: about.find_map(|item| item["rowsProcessed"].as_u64()),
        })
    }

    /// For the log.
    fn words(&self) -> String {
        let word = match (self.unreadable, self.running) {
            (true, _) => "unreadable",
            (false, true) => "migrating",
            (false, false) => "steady",
        };
        match self.processed {
            Some(processed) => format!("{word} {processed}"),
            None => word.to_owned(),
        }
    }
}

/// One request, on a connection of its own: the body of the answer.
async fn ask() -> Result<Bytes, Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect((DATABASE_HOST, PORT)).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::get(HEALTH)
        .header("host", DATABASE_HOST)
        .body(Empty::<Bytes>::new())?;
    // The connection is driven here, so that it ends when the poll is given up.
    let answer = async {
        let response = sender.send_request(request).await?;
        Ok(response.into_body().collect().await?.to_bytes())
    };
    tokio::select! {
        biased;
        answer = answer => answer,
        ended = connection => {
            ended?;
            Err("the connection ended without an answer".into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_whether_anything_runs_or_it_is_none() {
        let said = |body: &str| Said::of(body.as_bytes(), "job");
        let two = r#"[{"name": "other", "rowsProcessed": 1}, {"name": "job", "rowsProcessed": 7}]"#;
        let running = format!(r#"{{"async_migrations_running": true, "async_migrations": {two}}}"#);
        assert_eq!(said(&running).unwrap().words(), "migrating 7");
        let steady = r#"{"async_migrations_running": false, "async_migrations": []}"#;
        assert_eq!(said(steady).unwrap().words(), "steady");
        let error = r#"{"async_migrations_running": true, "async_migrations_error": "gone"}"#;
        assert_eq!(said(error).unwrap().words(), "unreadable");
        for nothing in [r#"{"async_migrations": []}"#, "", "steady"] {
            assert!(said(nothing).is_err(), "{nothing}");
        }
    }
}
