//! The operator: a host of its own that asks `GET /healthz` over the network, and the server that
//! answers it from the database's pool.
//!
//! An operator's poll shares the fate of every reader: on a single connection that a backfill
//! holds, it is not answered. It gives up after a while, as a prober does, and asks again.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use backfill::database::Database;
use backfill::time::Instant;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::{Request, client::conn::http1};
use hyper_util::rt::TokioIo;
use turmoil::net::{TcpListener, TcpStream};

use crate::clock::Clock;
use crate::load::health;
use crate::machine::SimRuntime;
use crate::recorder::Recorder;
use crate::scenario;

/// The host that has the database.
pub const DATABASE_HOST: &str = "database";
/// Where it listens.
const PORT: u16 = 80;

/// A turmoil listener as axum wants it.
struct Listener(TcpListener);

impl axum::serve::Listener for Listener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            // A connection that broke while it was made is its client's problem.
            if let Ok(accepted) = self.0.accept().await {
                return accepted;
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// Answers `GET /healthz` from `database` for as long as the host runs.
///
/// # Errors
/// If the port cannot be listened on.
pub async fn serve(database: Database<SimRuntime>) -> std::io::Result<()> {
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    let router = Router::new()
        .route("/healthz", get(healthz))
        .with_state(database);
    axum::serve(Listener(listener), router).await
}

async fn healthz(State(database): State<Database<SimRuntime>>) -> (StatusCode, &'static str) {
    match database.read(health).await {
        Ok(true) => (StatusCode::OK, "migrating"),
        Ok(false) => (StatusCode::OK, "steady"),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "unreadable"),
    }
}

/// Polls for as long as the host runs.
pub async fn poll(settings: scenario::Operator, recorder: Recorder) {
    let clock = Clock::start();
    let every = Duration::from_millis(settings.poll_every_ms);
    let timeout = Duration::from_millis(settings.timeout_ms);
    let mut due = Instant::default();
    for number in 0.. {
        due = due + every;
        clock.sleep_until(due).await;
        let (recorder, give_up_at) = (recorder.clone(), due + timeout);
        tokio::spawn(async move {
            let answer = tokio::select! {
                biased;
                answer = ask() => answer.map_err(|error| format!("failed: {error}")),
                () = clock.sleep_until(give_up_at) => Err("unanswered".to_owned()),
            };
            recorder.poll(clock.now(), number, &answer);
        });
    }
}

/// One request, on a connection of its own: status and body.
async fn ask() -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect((DATABASE_HOST, PORT)).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::get("/healthz")
        .header("host", DATABASE_HOST)
        .body(Empty::<Bytes>::new())?;
    // The connection is driven here, so that it ends when the poll is given up.
    let answer = async {
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        Ok(format!(
            "{} {}",
            status.as_u16(),
            String::from_utf8_lossy(&body)
        ))
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
