//! What the status surface says, and what it never says: well, of what it does not know.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;

use std::fs;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use backfill::TokioRuntime;
use backfill::database::Database;
use backfill::ledger;
use backfill::status::{Status, page, serve};
use fixture::{Store, in_time};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// A database whose ledger has a backfill of each of these names, in the status it is called.
fn store(statuses: &[&str]) -> Store {
    let store = Store::new("");
    ledger::ensure(&store.connection()).unwrap();
    for status in statuses {
        store.sql(&format!(
            "INSERT INTO _async_migrations(name, status, rows_processed, rows_total, error)
             VALUES ('{status}', '{status}', 5, 20, iif('{status}' = 'failed', 'disk full', NULL))"
        ));
    }
    store
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = in_time(router.clone().oneshot(request)).await.unwrap();
    let (head, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    Answer {
        status: head.status,
        headers: head.headers,
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

async fn get(router: &Router, path: &str) -> Answer {
    send(router, Request::get(path).body(Body::empty()).unwrap()).await
}

fn router(store: &Store) -> Router {
    Status::new(store.database()).router()
}

#[tokio::test]
async fn whatever_is_not_known_to_have_ended_is_running() {
    let cases: [(&[&str], &str, bool); 8] = [
        (&[], "steady", false),
        (&["done"], "steady", false),
        (&["done", "cancelled"], "steady", false),
        (&["done", "failed"], "failed", false),
        (&["failed", "running"], "migrating", true),
        (&["done", "pending"], "migrating", true),
        (&["pending_async"], "migrating", true),
        (&["running"], "migrating", true),
    ];
    for (statuses, word, running) in cases {
        let answer = get(&router(&store(statuses)), "/api/healthz").await;
        assert_eq!(answer.status, StatusCode::OK);
        let body = answer.json();
        assert_eq!(body["status"], word, "{statuses:?}");
        assert_eq!(body["async_migrations_running"], running, "{statuses:?}");
        let items = body["async_migrations"].as_array().unwrap();
        assert_eq!(items.len(), statuses.len());
        assert_eq!(body.get("async_migrations_error"), None);
    }
}

#[tokio::test]
async fn an_item_says_what_the_ledger_says() {
    let store = store(&["failed"]);
    let body = get(&router(&store), "/api/perf/async-migrations").await;
    assert_eq!(body.status, StatusCode::OK);
    let item = &body.json()[0];
    assert_eq!(item["name"], "failed");
    assert_eq!(item["status"], "failed");
    assert_eq!(item["error"], "disk full");
    assert_eq!(
        (&item["rowsProcessed"], &item["rowsTotal"]),
        (&json!(5), &json!(20))
    );
    for name in ["startedAt", "endedAt", "elapsedSec", "ratePerSec", "etaSec"] {
        assert!(item.get(name).is_some(), "{name}");
    }
}

#[tokio::test]
async fn an_empty_ledger_is_an_empty_list_and_not_null() {
    let router = router(&store(&[]));
    assert_eq!(get(&router, "/api/perf/async-migrations").await.text, "[]");
    assert_eq!(
        get(&router, "/api/perf").await.json(),
        json!({"asyncMigrations": []})
    );
}

/// Ways a ledger becomes unreadable under an application that has it open, and a word of the
/// reason.
fn unreadable() -> [(Store, Database<TokioRuntime>, &'static str); 3] {
    let opened = |statuses| {
        let store = store(statuses);
        let database = store.database();
        (store, database)
    };
    let (renamed, of_renamed) = opened(&["done"]);
    renamed.sql("ALTER TABLE _async_migrations RENAME TO elsewhere");
    let (replaced, of_replaced) = opened(&["done"]);
    replaced.sql("PRAGMA wal_checkpoint(TRUNCATE)");
    fs::write(replaced.path(), [7; 8192]).unwrap();
    let (not_text, of_not_text) = opened(&[]);
    not_text.sql("INSERT INTO _async_migrations(name, status) VALUES ('job', x'ff00')");
    [
        (renamed, of_renamed, "no such table"),
        (replaced, of_replaced, "not a database"),
        (not_text, of_not_text, "Invalid column type"),
    ]
}

#[tokio::test]
async fn a_ledger_that_cannot_be_read_is_never_an_all_clear() {
    for (_store, database, reason) in unreadable() {
        let perf = || json!({"requests": 7}).as_object().unwrap().clone();
        let router = Status::new(database).with_perf(perf).router();
        let health = get(&router, "/api/healthz").await;
        assert_eq!(health.status, StatusCode::OK);
        let body = health.json();
        assert_eq!(body["async_migrations_running"], true);
        assert_eq!(body["status"], "unreadable");
        let error = body["async_migrations_error"].as_str().unwrap();
        assert!(error.contains(reason), "{error}");
        assert!(!error.contains("SELECT"), "{error}");
        let list = get(&router, "/api/perf/async-migrations").await;
        assert_eq!(list.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(list.json(), json!({"error": error}));
        let perf = get(&router, "/api/perf").await;
        assert_eq!(perf.status, StatusCode::OK);
        assert_eq!(perf.json(), json!({"requests": 7, "asyncMigrations": null}));
        assert_eq!(perf.headers["x-async-migrations-error"], error);
    }
}

#[tokio::test]
async fn no_error_can_write_a_header_of_its_own() {
    let store = store(&[]);
    store.sql(
        "DROP TABLE _async_migrations;
         CREATE VIEW _async_migrations AS SELECT * FROM \"gone\r\nSet-Cookie: ü\"",
    );
    let answer = get(&router(&store), "/api/perf").await;
    assert_eq!(answer.status, StatusCode::OK);
    let header = answer.headers["x-async-migrations-error"].to_str().unwrap();
    assert!(header.contains("gone??Set-Cookie: ?"), "{header}");
    assert!(answer.headers.get("set-cookie").is_none());
}

#[tokio::test]
async fn an_older_ledger_is_read_with_the_columns_it_has() {
    let store = Store::new(
        "CREATE TABLE _async_migrations(name TEXT PRIMARY KEY, status TEXT NOT NULL,
           started_at TEXT NOT NULL, ended_at TEXT, error TEXT);
         INSERT INTO _async_migrations VALUES ('old', 'done', '2026-01-01', '2026-01-02', NULL)",
    );
    let body = get(&router(&store), "/api/healthz").await.json();
    assert_eq!(body["status"], "steady");
    assert_eq!(body["async_migrations"][0]["rowsProcessed"], 0);
    assert_eq!(body["async_migrations"][0]["elapsedSec"], 86_400.0);
}

#[tokio::test]
async fn an_application_adds_to_perf_what_it_wants_but_not_the_backfills() {
    let store = store(&["running"]);
    let perf = || {
        json!({"asyncMigrations": [], "heap": 5})
            .as_object()
            .unwrap()
            .clone()
    };
    let router = Status::new(store.database()).with_perf(perf).router();
    let body = get(&router, "/api/perf").await.json();
    assert_eq!(body["heap"], 5);
    assert_eq!(body["asyncMigrations"][0]["name"], "running");
    let faulty = Status::new(store.database()).with_perf(|| panic!("no figures"));
    let answer = get(&faulty.router(), "/api/perf").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.json(), json!({"error": "perf panicked: no figures"}));
}

const ROUTES: [&str; 6] = [
    "/",
    "/status.js",
    "/status.css",
    "/api/healthz",
    "/api/perf",
    "/api/perf/async-migrations",
];

#[tokio::test]
async fn only_these_routes_are_served_and_only_to_be_read() {
    let router = router(&store(&["done"]));
    for path in ROUTES {
        let answer = get(&router, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let head = Request::head(path).body(Body::empty()).unwrap();
        let head = send(&router, head).await;
        assert_eq!((head.status, head.text.as_str()), (StatusCode::OK, ""));
        for method in [
            Method::POST,
            Method::PUT,
            Method::DELETE,
            Method::PATCH,
            Method::OPTIONS,
        ] {
            let request = Request::builder().method(&method).uri(path);
            let answer = send(&router, request.body(Body::empty()).unwrap()).await;
            assert_eq!(
                answer.status,
                StatusCode::METHOD_NOT_ALLOWED,
                "{method} {path}"
            );
            assert_secure(&answer.headers);
        }
        assert_secure(&answer.headers);
    }
    let nowhere = [
        "/status.html",
        "/api",
        "/api/",
        "/api/healthz/",
        "//",
        "/../Cargo.toml",
        "/page/status.js",
        "/%2e%2e/Cargo.toml",
        "/status.js/..%2f..%2fmod.rs",
        "/etc/passwd",
        "/favicon.ico",
    ];
    for path in nowhere {
        let answer = get(&router, path).await;
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (StatusCode::NOT_FOUND, ""),
            "{path}"
        );
        assert_secure(&answer.headers);
    }
}

fn assert_secure(headers: &HeaderMap) {
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["cache-control"], "no-store");
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[tokio::test]
async fn the_page_has_nothing_inline_and_asks_nobody_else() {
    let router = page();
    assert_eq!(
        get(&router, "/api/healthz").await.status,
        StatusCode::NOT_FOUND
    );
    for (path, kind) in [
        ("/", "text/html"),
        ("/status.js", "text/javascript"),
        ("/status.css", "text/css"),
    ] {
        let answer = get(&router, path).await;
        let told = answer.headers["content-type"].to_str().unwrap();
        assert_eq!(told, format!("{kind}; charset=utf-8"));
        for word in [
            "://",
            "<style",
            " style=",
            " onclick=",
            "innerHTML",
            "@import",
            "url(",
        ] {
            assert!(!answer.text.contains(word), "{path} holds {word}");
        }
    }
}

#[tokio::test]
async fn on_loopback_only_another_name_is_refused() {
    let store = store(&["done"]);
    let local = Status::new(store.database()).loopback_only().router();
    let ask = async |host: &[&str], path: &str| {
        let mut request = Request::get(path);
        for host in host {
            request = request.header("host", *host);
        }
        let answer = send(&local, request.body(Body::empty()).unwrap()).await;
        assert_secure(&answer.headers);
        answer.status
    };
    for path in ROUTES {
        assert_eq!(ask(&["localhost:8080"], path).await, StatusCode::OK);
        assert_eq!(
            ask(&["evil.example:8080"], path).await,
            StatusCode::FORBIDDEN
        );
    }
    assert_eq!(ask(&[], "/").await, StatusCode::FORBIDDEN);
    assert_eq!(
        ask(&["localhost", "evil.example"], "/").await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        ask(&["localhost"], "http://evil.example/").await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        ask(&["evil.example"], "/nowhere").await,
        StatusCode::FORBIDDEN
    );
    let bound = Status::new(store.database())
        .bound_to("10.0.0.7:8080".parse().unwrap())
        .router();
    for (host, expected) in [
        ("10.0.0.7:8080", StatusCode::OK),
        ("10.0.0.8:8080", StatusCode::FORBIDDEN),
    ] {
        let request = Request::get("/")
            .header("host", host)
            .body(Body::empty())
            .unwrap();
        assert_eq!(send(&bound, request).await.status, expected, "{host}");
    }
    assert_eq!(
        get(&router(&store), "/").await.status,
        StatusCode::OK,
        "anybody, unless said"
    );
}

#[tokio::test]
async fn an_application_keeps_its_own_routes_and_fallback() {
    let application = Router::new()
        .route("/own", axum::routing::get(async || "own"))
        .fallback(async || (StatusCode::NOT_FOUND, "its own 404"));
    let all = application.merge(router(&store(&[])));
    assert_eq!(get(&all, "/own").await.text, "own");
    assert_eq!(get(&all, "/nowhere").await.text, "its own 404");
    assert_eq!(get(&all, "/api/healthz").await.json()["status"], "steady");
}

#[tokio::test]
async fn it_serves_on_a_socket_until_it_is_told_to_stop() {
    let store = store(&["running"]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let router = Status::new(store.database()).loopback_only().router();
    let server = tokio::spawn(serve(listener, router, stop.clone()));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        format!("GET /api/healthz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    in_time(stream.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(
        answer.contains("\"async_migrations_running\":true"),
        "{answer}"
    );
    stop.cancel();
    in_time(server).await.unwrap().unwrap();
}
