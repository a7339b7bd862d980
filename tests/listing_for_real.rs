//! The crate's own client and loop on real time, real TCP and a real file, against the simulated
//! API on a real port: the same code as in the simulation, and every object.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;
use std::time::Duration;

use backfill::TokioRuntime;
use backfill::database::{Connections, Database, Observer, Usage};
use backfill::listing::plan::{Adaptive, Capacity, Order};
use backfill::listing::{
    Ending, HttpApi, HttpSettings, Job, Limit, Limiter, Listing, Rate, RetryPolicy, Setting, Sink,
    limited,
};
use backfill_sim::upstream::{Objects, Settings, Upstream, serve};
use rusqlite::Connection;
use tokio::net::TcpListener;

struct Nobody;

impl Observer for Nobody {
    fn observe(&self, _: &Usage) {}
}

/// 3000 objects of which most lie in a month; one page in 50 is lost, and one object in ten that a
/// cursor names is deleted, of which the API says nothing.
fn settings() -> Settings {
    let text = "shape = \"recent-burst\"\nobjects = 3000\nlatency_ms = 2\nrate_per_s = 2000\n\
                burst = 50\n[faults]\ndrop_share = 0.02\ndelete_cursor_share = 0.1\n\
                unknown_cursor = \"silent-end\"\n";
    toml::from_str(text).unwrap()
}

fn job(objects: &Objects) -> Job {
    let capacity = Capacity {
        slots: 8,
        page: 100,
        requests_per_ks: 1_000_000,
        blind: 8,
    };
    Job {
        name: "list-charges".to_owned(),
        resource: "charges".into(),
        range: objects.range(),
        sink: Sink::table("charges"),
        capacity,
        plan: Arc::new(|setting: Setting| {
            Box::new(Adaptive::new(Order::NewestFirst, setting.capacity))
        }),
        limit: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_loop_fetches_everything_over_tcp_into_a_file() {
    let objects = Arc::new(Objects::generate(&settings(), "charges", 1).unwrap());
    let streams = [("charges".to_owned(), Arc::clone(&objects))];
    let upstream = Upstream::new(&settings(), streams, 1, 0);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve(listener, upstream.router(TokioRuntime::new())));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("charges.db");
    let connection = Connection::open(&file).unwrap();
    let runtime = TokioRuntime::new();
    let connections = Connections::Shared(vec![connection]);
    let database = Database::new(runtime, connections, Duration::from_secs(5), Nobody);
    let http = HttpApi::over_tcp(&base, runtime, HttpSettings::default()).unwrap();
    let limit = Limit::new(Rate::per_second(1_000).unwrap());
    let limit = limit.with_burst(20).unwrap();
    let api = limited(http, Limiter::new(runtime, limit), RetryPolicy::new(1));
    let listing = Listing::new(database.clone(), api.clone(), job(&objects));
    let report = listing.run().await.unwrap();
    assert_eq!(report.ending, Ending::Done);

    let stored = Connection::open(&file).unwrap();
    let body = |id: &str| -> Option<String> {
        let sql = "SELECT body FROM charges WHERE id = ?1";
        stored.query_row(sql, [id], |row| row.get(0)).ok()
    };
    for position in 0..objects.len() {
        let stored = body(&objects.id(position));
        if stored.is_none() && upstream.is_deleted("charges", position) {
            continue;
        }
        assert_eq!(stored, Some(objects.body(position)), "position {position}");
    }
    let count = stored.query_row("SELECT count(*) FROM charges", [], |row| {
        row.get::<_, u32>(0)
    });
    assert!(count.unwrap() <= objects.len(), "nothing is invented");

    let asked = upstream.log().records.len();
    let again = Listing::new(database, api, job(&objects)).run().await;
    assert_eq!(again.unwrap().ending, Ending::AlreadyDone);
    assert_eq!(
        upstream.log().records.len(),
        asked,
        "a second run makes no call"
    );
}
