//! A browser with the page, the driver around it, and a server that says what a test wants.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use backfill::status::{page, serve};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use crate::fixture::in_time;

/// The server's moment in all answers.
pub(crate) const NOW: &str = "Thu, 01 Jan 2026 12:00:00 GMT";

const DRIVER: &str = include_str!("driver.html");

/// What `/api/healthz` says, and how often it was asked since it says so.
#[derive(Default)]
struct Fake {
    answer: Value,
    asked: u64,
}

type Shared = Arc<Mutex<Fake>>;

/// `{"body": …}`, `{"text": …}`, `{"code": …}` or `{"down": true}`.
async fn healthz(State(fake): State<Shared>) -> Response {
    let answer = {
        let mut fake = fake.lock().unwrap();
        fake.asked += 1;
        fake.answer.clone()
    };
    // The connection ends without an answer, and without a line in the log.
    if answer["down"] == true {
        std::panic::resume_unwind(Box::new("down"));
    }
    let code = answer["code"].as_u64().unwrap_or(200);
    let code = StatusCode::from_u16(u16::try_from(code).unwrap()).unwrap();
    let now = answer["now"].as_str().unwrap_or(NOW).to_owned();
    let text = match answer["text"].as_str() {
        Some(text) => text.to_owned(),
        None => answer["body"].to_string(),
    };
    (code, [(header::DATE, now)], text).into_response()
}

async fn set(State(fake): State<Shared>, Json(answer): Json<Value>) {
    *fake.lock().unwrap() = Fake { answer, asked: 0 };
}

async fn asked(State(fake): State<Shared>) -> Json<u64> {
    Json(fake.lock().unwrap().asked)
}

/// A server with the real page, `answer`, and a driver that does `steps`; its address.
pub(crate) async fn server(answer: Value, steps: &Value) -> (String, CancellationToken) {
    let driver = DRIVER.replace("STEPS", &steps.to_string().replace('<', "\\u003c"));
    let fake = Shared::new(Mutex::new(Fake { answer, asked: 0 }));
    let router = Router::new()
        .route("/api/healthz", get(healthz))
        .route("/driver/answer", put(set).get(asked))
        .with_state(fake)
        .route("/driver", get(async move || Html(driver)))
        .merge(page());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    tokio::spawn(serve(listener, router, stop.clone()));
    (address, stop)
}

/// The browser to use, if there is one.
pub(crate) fn browser() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let chosen = env::var_os("CHROMIUM").map(PathBuf::from);
    let path = env::var_os("PATH").unwrap_or_default();
    let installed = env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|file| file.is_file());
    let found = chosen.or(installed);
    if found.is_none() {
        let required = env::var_os("REQUIRE_BROWSER").is_some_and(|value| value == "1");
        assert!(
            !required,
            "no browser: install chromium, or name one in CHROMIUM"
        );
        eprintln!("SKIPPED: no browser was found; install chromium, or name one in CHROMIUM");
    }
    found
}

pub(crate) async fn chromium(browser: &Path, arguments: &[&str], address: &str) -> Output {
    let profile = tempfile::tempdir().unwrap();
    let command = Command::new(browser)
        // Where a time without a zone would be read as local, it is not UTC.
        .env("TZ", "Asia/Tokyo")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
        ])
        .args(["--disable-dev-shm-usage", "--disable-extensions"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(arguments)
        .arg(address)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    in_time(command).await.unwrap()
}

/// What the driver saw at each `look` of `steps`; `None` where there is no browser.
pub(crate) async fn drive(steps: Value) -> Option<Value> {
    let browser = browser()?;
    let (address, stop) = server(json!({"down": true}), &steps).await;
    let arguments = ["--virtual-time-budget=120000", "--dump-dom"];
    let output = chromium(&browser, &arguments, &format!("{address}/driver")).await;
    stop.cancel();
    let dom = String::from_utf8_lossy(&output.stdout);
    let found = dom
        .split_once("<pre id=\"found\">")
        .and_then(|(_, rest)| rest.split_once("</pre>"))
        .unwrap_or_else(|| panic!("the driver did not end: {dom}"));
    let text = found.0.replace("&lt;", "<").replace("&gt;", ">");
    let found: Value = serde_json::from_str(&text.replace("&amp;", "&")).unwrap();
    assert_eq!(found["failure"], Value::Null, "{found:#}");
    Some(found["looks"].clone())
}
