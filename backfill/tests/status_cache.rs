//! Who is told what by which query: on a clock that stands, with queries that are held.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use backfill::database::{Connections, Database, Usage};
use backfill::ledger;
use backfill::status::Status;
use fixture::held::Held;
use fixture::{Store, in_time};
use serde_json::Value;
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

const S: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

/// A status surface on one shared connection.
struct Surface {
    store: Store,
    runtime: Held,
    database: Database<Held>,
    router: Router,
    queries: Arc<AtomicUsize>,
}

impl Surface {
    /// The ledger's one entry has this status.
    fn new(status: &str) -> Self {
        let store = Store::new("");
        ledger::ensure(&store.connection()).unwrap();
        store.sql(&format!(
            "INSERT INTO _async_migrations(name, status) VALUES ('job', '{status}')"
        ));
        let (runtime, queries) = (Held::new(), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&queries);
        let observer = move |usage: &Usage| {
            if usage.user == "operator" {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        };
        let shared = Connections::Shared(vec![store.connection()]);
        let database = Database::new(runtime.clone(), shared, S, observer);
        Self {
            router: Status::new(database.named("operator")).router(),
            store,
            runtime,
            database,
            queries,
        }
    }

    /// Queries that have ended.
    fn queries(&self) -> usize {
        self.queries.load(Ordering::SeqCst)
    }

    fn becomes(&self, status: &str) {
        self.store
            .sql(&format!("UPDATE _async_migrations SET status = '{status}'"));
    }

    /// A request that has come, and waits if it has to.
    async fn asking(&self) -> JoinHandle<Value> {
        let router = self.router.clone();
        let asking = tokio::spawn(async move {
            let request = Request::get("/api/healthz").body(Body::empty()).unwrap();
            let answer = router.oneshot(request).await.unwrap();
            let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
            serde_json::from_slice(&bytes).unwrap()
        });
        settle().await;
        asking
    }

    /// The status an answer gives the job, or its error.
    async fn ask(&self) -> String {
        told(self.asking().await).await
    }

    /// Somebody has the connection, until they are let go.
    async fn taken(&self) -> JoinHandle<()> {
        self.runtime.hold();
        let database = self.database.clone();
        let taken = tokio::spawn(async move { database.read(|_| Ok(())).await.unwrap() });
        settle().await;
        taken
    }
}

async fn told(asking: JoinHandle<Value>) -> String {
    let body = in_time(asking).await.unwrap();
    let error = body["async_migrations_error"].as_str();
    let status = body["async_migrations"][0]["status"].as_str();
    error.or(status).unwrap().to_owned()
}

/// Lets everything go on that can: all tasks are on this thread, and none waits for a clock.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_answer_is_kept_for_less_than_four_seconds() {
    let surface = Surface::new("running");
    assert_eq!(surface.ask().await, "running");
    surface.becomes("done");
    surface.runtime.pass(4 * S - MS);
    assert_eq!(
        (surface.ask().await.as_str(), surface.queries()),
        ("running", 1)
    );
    surface.runtime.pass(MS);
    assert_eq!(
        (surface.ask().await.as_str(), surface.queries()),
        ("done", 2)
    );
}

#[tokio::test]
async fn its_age_counts_from_when_its_query_looked() {
    let surface = Surface::new("running");
    surface.runtime.hold();
    let first = surface.asking().await;
    surface.runtime.pass(3 * S);
    surface.runtime.let_go();
    assert_eq!(told(first).await, "running");
    surface.runtime.pass(S - MS);
    surface.ask().await;
    assert_eq!(surface.queries(), 1);
    surface.runtime.pass(MS);
    surface.ask().await;
    assert_eq!(surface.queries(), 2);
}

#[tokio::test]
async fn an_all_clear_is_never_kept() {
    for clear in ["done", "failed", "cancelled"] {
        let surface = Surface::new(clear);
        assert_eq!(surface.ask().await, clear);
        surface.becomes("running");
        assert_eq!(surface.ask().await, "running", "after {clear}");
    }
}

#[tokio::test]
async fn an_error_is_never_kept() {
    let surface = Surface::new("running");
    surface
        .store
        .sql("ALTER TABLE _async_migrations RENAME TO elsewhere");
    assert!(surface.ask().await.contains("no such table"));
    surface
        .store
        .sql("ALTER TABLE elsewhere RENAME TO _async_migrations");
    assert_eq!(surface.ask().await, "running");
}

#[tokio::test]
async fn those_who_come_while_a_query_waits_for_its_connection_share_it() {
    let surface = Surface::new("done");
    let taken = surface.taken().await;
    let mut asking = Vec::new();
    for _ in 0..20 {
        asking.push(surface.asking().await);
        surface.runtime.pass(S);
    }
    surface.becomes("running");
    surface.runtime.let_go();
    in_time(taken).await.unwrap();
    for asking in asking {
        assert_eq!(told(asking).await, "running", "as it is now");
    }
    assert_eq!(surface.queries(), 1);
}

/// The query has seen "done"; who comes after that must not be told so when it is no longer true.
#[tokio::test]
async fn an_all_clear_of_before_is_not_for_those_who_come_later() {
    let surface = Surface::new("done");
    surface.runtime.hold();
    let first = surface.asking().await;
    surface.becomes("running");
    let later = [surface.asking().await, surface.asking().await];
    surface.runtime.let_go();
    assert_eq!(told(first).await, "done");
    for later in later {
        assert_eq!(told(later).await, "running");
    }
    assert_eq!(surface.queries(), 2, "they share the second");
}

#[tokio::test]
async fn that_something_runs_may_be_told_to_those_who_come_later() {
    let surface = Surface::new("running");
    surface.runtime.hold();
    let first = surface.asking().await;
    let later = surface.asking().await;
    surface.runtime.let_go();
    assert_eq!(
        (told(first).await, told(later).await),
        ("running".into(), "running".into())
    );
    assert_eq!(surface.queries(), 1);
}

#[tokio::test]
async fn but_not_when_it_was_so_four_seconds_ago() {
    let surface = Surface::new("running");
    surface.runtime.hold();
    let first = surface.asking().await;
    surface.becomes("done");
    surface.runtime.pass(MS);
    let later = surface.asking().await;
    surface.runtime.pass(4 * S);
    surface.runtime.let_go();
    assert_eq!(
        (told(first).await, told(later).await),
        ("running".into(), "done".into())
    );
    assert_eq!(surface.queries(), 2);
}

/// Who came first goes away, and another one waits for the same query.
async fn abandoned(surface: &Surface) -> JoinHandle<Value> {
    let first = surface.asking().await;
    let second = surface.asking().await;
    surface.runtime.pass(MS);
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    settle().await;
    assert!(!second.is_finished());
    second
}

#[tokio::test]
async fn who_goes_away_while_his_query_waits_strands_nobody() {
    let surface = Surface::new("running");
    let taken = surface.taken().await;
    let second = abandoned(&surface).await;
    surface.runtime.let_go();
    in_time(taken).await.unwrap();
    assert_eq!(told(second).await, "running");
    assert_eq!(surface.queries(), 1);
}

#[tokio::test]
async fn who_goes_away_while_his_query_runs_strands_nobody() {
    let surface = Surface::new("running");
    surface.runtime.hold();
    let second = abandoned(&surface).await;
    surface.runtime.let_go();
    assert_eq!(told(second).await, "running");
    assert_eq!(surface.queries(), 1);
}

#[tokio::test]
async fn a_panic_in_the_query_is_an_error_for_all_who_wait_and_for_nobody_else() {
    let surface = Surface::new("done");
    surface.runtime.hold();
    let waiting = [surface.asking().await, surface.asking().await];
    surface.runtime.panic_next();
    surface.runtime.let_go();
    for waiting in waiting {
        let error = told(waiting).await;
        assert!(error.contains("panicked: the disk is on fire"), "{error}");
    }
    assert_eq!(surface.ask().await, "done");
}

#[tokio::test]
async fn nothing_is_locked_while_a_query_runs() {
    let surface = Surface::new("running");
    surface.runtime.hold();
    let asking = surface.asking().await;
    for path in ["/", "/status.js", "/nowhere"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        in_time(surface.router.clone().oneshot(request))
            .await
            .unwrap();
    }
    let more = surface.asking().await;
    assert!(!asking.is_finished() && !more.is_finished());
    surface.runtime.let_go();
    assert_eq!(told(asking).await, "running");
}
