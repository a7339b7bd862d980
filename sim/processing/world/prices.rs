//! The remote function: a host that answers slowly, so many times a second, and its client.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use backfill::persistence::{Effect, EffectError};
use backfill::{Instant, Runtime as _};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use crate::clock::Clock;
use crate::connector::Connector;
use crate::machine::SimRuntime;
use crate::processing::items::output;
use crate::processing::scenario;
use crate::upstream::{self, Settings};

/// The host that answers.
pub(super) const PRICES_HOST: &str = "prices";
/// Where it listens.
const PORT: u16 = 80;
/// How long its client waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Clone)]
struct Server {
    clock: Clock,
    limiter: Arc<Mutex<upstream::Limiter>>,
    latency: Duration,
}

/// Answers on the simulated network until the world ends.
pub(super) async fn serve(effect: scenario::Effect) -> io::Result<Infallible> {
    let listener = crate::listener::Listener::on(PORT).await?;
    let settings = Settings {
        rate_per_s: effect.rate_per_s,
        burst: effect.burst,
        ..Settings::default()
    };
    let server = Server {
        clock: Clock::start(),
        limiter: Arc::new(Mutex::new(upstream::Limiter::of(&settings))),
        latency: Duration::from_millis(effect.latency_ms),
    };
    let router = Router::new()
        .route("/price/{input}", get(answer))
        .with_state(server);
    Ok(upstream::serve(listener, router).await)
}

async fn answer(State(server): State<Server>, Path(input): Path<String>) -> Response {
    let now = server.clock.now();
    let admitted = {
        let mut limiter = server
            .limiter
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        limiter.admit(now.as_nanos()).is_ok()
    };
    if !admitted {
        let retry = [(header::RETRY_AFTER, "1")];
        return (StatusCode::TOO_MANY_REQUESTS, retry).into_response();
    }
    server.clock.sleep_until(now + server.latency).await;
    output(&input).into_response()
}

/// The client of that host.
#[derive(Clone)]
pub(in crate::processing) struct Prices {
    client: Client<Connector, Empty<Bytes>>,
    runtime: SimRuntime,
}

impl Prices {
    pub(super) fn new(runtime: SimRuntime) -> Self {
        let client = Client::builder(TokioExecutor::new())
            // Its timer would run on another clock than the world's.
            .pool_idle_timeout(None)
            .build(Connector);
        Self { client, runtime }
    }

    async fn ask(&self, input: &str) -> Result<Arc<str>, EffectError> {
        let uri = format!("http://{PRICES_HOST}/price/{input}");
        let uri = uri.parse().map_err(|error| permanent(&error))?;
        let failed = |error: &dyn std::error::Error| EffectError::transient(error.to_string());
        let response = self.client.get(uri).await.map_err(|error| failed(&error))?;
        let status = response.status();
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Err(EffectError {
                too_many: true,
                retry_after: Some(Duration::from_secs(1)),
                ..EffectError::transient("too many calls")
            });
        }
        let body = response.into_body().collect().await;
        let body = body.map_err(|error| failed(&error))?.to_bytes();
        if !status.is_success() {
            return Err(EffectError::transient(format!("status {status}")));
        }
        let text = std::str::from_utf8(&body).map_err(|error| permanent(&error))?;
        Ok(text.into())
    }
}

fn permanent(error: &dyn std::error::Error) -> EffectError {
    EffectError::permanent(error.to_string())
}

impl Effect for Prices {
    async fn call(&self, input: Arc<str>) -> Result<Arc<str>, EffectError> {
        let deadline: Instant = self.runtime.now() + TIMEOUT;
        tokio::select! {
            biased;
            answer = self.ask(&input) => answer,
            () = self.runtime.sleep_until(deadline) => {
                Err(EffectError::transient("no answer in time"))
            }
        }
    }
}
