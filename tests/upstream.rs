//! The simulated list API as its clients see it: through its router, and over the network.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use backfill_sim::clock::Clock;
use backfill_sim::upstream::{Objects, Query, Settings, Time, Upstream, What};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// An API on a modelled clock, and what it was made from.
struct Api {
    upstream: Upstream,
    objects: Arc<Objects>,
    clock: Clock,
    router: Router,
}

impl Api {
    /// One with a single stream, `charges`, as `settings` say in TOML. Must be made on tokio's
    /// paused clock.
    fn of(settings: &str) -> Self {
        let settings: Settings = toml::from_str(settings).unwrap();
        let objects = Arc::new(Objects::generate(&settings, "charges", 1).unwrap());
        let streams = [("charges".to_owned(), Arc::clone(&objects))];
        let upstream = Upstream::new(&settings, streams, 1, 0);
        let clock = Clock::start();
        let router = upstream.router(clock);
        Self {
            upstream,
            objects,
            clock,
            router,
        }
    }

    async fn get(&self, address: &str) -> (StatusCode, HeaderMap, Value) {
        let request = Request::get(address).body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        (head.status, head.headers, body)
    }

    async fn page(&self, query: &str) -> (StatusCode, Value) {
        let (status, _, body) = self.get(&format!("/v1/charges?{query}")).await;
        (status, body)
    }

    /// Pages through all there is, and returns the ids in order.
    async fn all(&self, limit: u32) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        loop {
            let after = ids.last().map(|id| format!("&starting_after={id}"));
            let query = format!("limit={limit}{}", after.unwrap_or_default());
            let (status, page) = self.page(&query).await;
            assert_eq!(status, StatusCode::OK, "{page}");
            ids.extend(self::ids(&page));
            if page["has_more"] == false {
                return ids;
            }
        }
    }

    fn expected(&self) -> Vec<String> {
        let positions = (0..self.objects.len()).rev();
        positions
            .map(|position| self.objects.id(position))
            .collect()
    }

    async fn wait_s(&self, seconds: f64) {
        let wait = std::time::Duration::from_secs_f64(seconds);
        Time::sleep_until(&self.clock, self.clock.now() + wait).await;
    }
}

fn ids(page: &Value) -> impl Iterator<Item = String> {
    let data = page["data"].as_array().unwrap();
    data.iter()
        .map(|object| object["id"].as_str().unwrap().to_owned())
}

const FREE: &str = "window = \"none\"\nlatency_ms = 0\n";

fn free(more: &str) -> String {
    format!("{FREE}{more}")
}

#[tokio::test(start_paused = true)]
async fn every_object_is_on_one_page_in_order() {
    for shape in [
        "five-seconds",
        "one-second",
        "ties-at-page-edges",
        "empty",
        "one-object",
    ] {
        let api = Api::of(&free(&format!("objects = 1003\nshape = \"{shape}\"")));
        let expected = api.expected();
        for limit in [7, 100] {
            assert_eq!(api.all(limit).await, expected, "{shape}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_looks_as_those_of_such_apis_do() {
    let api = Api::of(&free("objects = 20"));
    let (status, headers, page) = api.get("/v1/charges?limit=2").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["date"], "Thu, 01 Jan 2026 00:00:00 GMT");
    assert_eq!(page["object"], "list");
    assert_eq!(page["url"], "/v1/charges");
    assert_eq!(page["has_more"], true);
    let first: Value = serde_json::from_str(&api.objects.body(19)).unwrap();
    assert_eq!(page["data"][0], first);
    assert_eq!(first["created"], api.objects.created(19));
    // Bounds: from the second on, and before it.
    let second = api.objects.created(7);
    let (_, from) = api.page(&format!("limit=100&created[gte]={second}")).await;
    assert_eq!(ids(&from).last(), Some(api.objects.id(7)));
    let (_, before) = api.page(&format!("limit=1&created[lt]={second}")).await;
    assert_eq!(ids(&before).next(), Some(api.objects.id(6)));
}

#[tokio::test(start_paused = true)]
async fn errors_say_what_is_wrong() {
    let api = Api::of(&free("objects = 20"));
    let (status, error) = api.page("starting_after=ch_00000020").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let expected = json!({ "error": {
        "type": "invalid_request_error", "code": "resource_missing",
        "param": "starting_after", "message": "No such object: 'ch_00000020'",
    }});
    assert_eq!(error, expected);
    for (query, param) in [
        ("limit=101", "limit"),
        ("created[gte]=today", "created[gte]"),
        ("created[lt]=", "created[lt]"),
        ("offset=3", "offset"),
    ] {
        let (status, error) = api.page(query).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(error["error"]["param"], param);
        let message = error["error"]["message"].as_str().unwrap();
        assert!(
            message.starts_with(&format!("Invalid {param}: ")),
            "{message}"
        );
    }
    for address in [
        "/v1/refunds",
        "/v1/",
        "/",
        "/v1/charges/ch_1",
        "/v1/%22%3Cx%3E",
    ] {
        let (status, _, error) = api.get(address).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(error["error"]["type"], "invalid_request_error", "{address}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deleted_cursor_is_missed_or_ends_the_list_in_silence() {
    let faults = "objects = 300\n[faults]\ndelete_cursor_share = 1.0\n";
    let api = Api::of(&free(faults));
    let (_, page) = api.page("limit=100").await;
    let last = ids(&page).last().unwrap();
    let (status, _) = api.page(&format!("starting_after={last}")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let log = api.upstream.log();
    assert_eq!(log.changes.len(), 1);
    assert_eq!(
        (&log.changes[0].id, log.changes[0].what),
        (&last, What::Deleted)
    );
    // Whoever goes on from the second gets the others, and the deleted one no more.
    let second = api.objects.created(200);
    let (_, page) = api.page(&format!("limit=100&created[lte]={second}")).await;
    assert_eq!(ids(&page).next(), Some(api.objects.id(199)));

    let api = Api::of(&free(&format!("{faults}unknown_cursor = \"silent-end\"\n")));
    let (_, page) = api.page("limit=100").await;
    let last = ids(&page).last().unwrap();
    let (status, end) = api.page(&format!("starting_after={last}")).await;
    assert_eq!((status, &end["has_more"]), (StatusCode::OK, &json!(false)));
    assert_eq!(ids(&end).count(), 0);
}

/// Nobody goes on after the last object of the last page.
#[tokio::test(start_paused = true)]
async fn the_last_page_loses_nothing() {
    let api = Api::of(&free("objects = 50\n[faults]\ndelete_cursor_share = 1.0\n"));
    assert_eq!(api.all(100).await, api.expected());
    assert_eq!(api.upstream.log().counters().deleted, 0);
}

#[tokio::test(start_paused = true)]
async fn pages_take_as_long_as_they_should_on_the_modelled_clock() {
    let api = Api::of("latency_ms = 400\nobjects = 20");
    let (before, _) = (api.clock.now(), api.page("").await);
    assert_eq!((api.clock.now() - before).as_millis(), 400);
    let refused = api.page("limit=0").await;
    assert_eq!(refused.0, StatusCode::BAD_REQUEST);
    assert_eq!((api.clock.now() - before).as_millis(), 400, "at once");
    let records = api.upstream.log().records;
    assert_eq!(
        records[0].answered_ns,
        Some(records[0].arrived_ns + 400_000_000)
    );

    let settings: Settings = toml::from_str("latency_ms = 400").unwrap();
    for (network_ms, left_ms) in [(20, 380), (400, 0), (500, 0)] {
        let streams = [("charges".to_owned(), Arc::clone(&api.objects))];
        let near = Upstream::new(&settings, streams, 1, network_ms * 1_000_000);
        let (clock, before) = (api.clock, api.clock.now());
        let request = Request::get("/v1/charges").body(Body::empty()).unwrap();
        near.router(clock).oneshot(request).await.unwrap();
        assert_eq!((clock.now() - before).as_millis(), left_ms);
    }
}

#[tokio::test(start_paused = true)]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let api = Api::of("rate_per_s = 5\nburst = 2\nlatency_ms = 0\nretry_after = \"fraction\"\n");
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(api.page("").await.0.as_u16());
    }
    assert_eq!(statuses, [200, 200, 429]);
    let (status, headers, error) = api.get("/v1/charges").await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(error["error"]["code"], "rate_limit");
    assert_eq!(headers["retry-after"], "0.200");
    api.wait_s(0.2).await;
    assert_eq!(api.page("").await.0, StatusCode::OK);
    // One limit for all streams, and for those there are not.
    assert_eq!(
        api.get("/v1/refunds").await.0,
        StatusCode::TOO_MANY_REQUESTS
    );
    let counters = api.upstream.log().counters();
    assert_eq!((counters.requests, counters.items), (6, 30));
    assert_eq!(counters.by_status, [(200, 3), (429, 3)].into());
}

#[tokio::test(start_paused = true)]
async fn what_goes_wrong_is_seen_and_counted() {
    let api = Api::of(&free(
        "objects = 300\n[faults]\nerror_share = 0.3\nerror_status = 502\narrivals_per_s = 10.0\n\
         deletes_per_s = 10.0\noutage = [{ after_s = 10.0, for_s = 2.0 }]\n\
         storm = [{ after_s = 20.0, for_s = 2.0, retry_after_s = 7.0 }]\n",
    ));
    for _ in 0..300 {
        let (status, headers, _) = api.get("/v1/charges?limit=1").await;
        let now_s = api.clock.now().as_nanos() as f64 / 1e9;
        let expected: &[u16] = match now_s {
            10.0..12.0 => &[503],
            20.0..22.0 => &[429],
            _ => &[200, 502],
        };
        assert!(expected.contains(&status.as_u16()), "{status} at {now_s} s");
        let wait = headers
            .get("retry-after")
            .map(|wait| wait.to_str().unwrap());
        assert_eq!(wait, (status.as_u16() == 429).then_some("7"));
        api.wait_s(0.1).await;
    }
    let counters = api.upstream.log().counters();
    assert_eq!(
        (counters.by_status[&503], counters.by_status[&429]),
        (20, 20)
    );
    assert!(
        (50..110).contains(&counters.by_status[&502]),
        "{counters:?}"
    );
    assert!((230..370).contains(&counters.arrived), "{counters:?}");
    assert!((230..370).contains(&counters.deleted), "{counters:?}");
    // What there is now is what there was and came, without what was deleted. It is asked for in no
    // time, and again when that fails.
    let mut found: Vec<String> = Vec::new();
    loop {
        let after = found.last().map(|id| format!("&starting_after={id}"));
        let query = format!("limit=100{}", after.unwrap_or_default());
        if let (StatusCode::OK, page) = api.page(&query).await {
            found.extend(ids(&page));
            if page["has_more"] == false {
                break;
            }
        }
    }
    let mut there: BTreeSet<String> = api.expected().into_iter().collect();
    for change in api.upstream.log().changes {
        let changed = match change.what {
            What::Arrived => there.insert(change.id.clone()),
            What::Deleted => there.remove(&change.id),
        };
        assert!(changed, "{change:?}");
    }
    assert_eq!(found.len(), there.len());
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), there);
}

#[tokio::test(start_paused = true)]
async fn a_record_says_what_was_asked_and_answered() {
    let api = Api::of(&free("objects = 30"));
    let (_, page) = api.page("limit=10&created[gte]=1000").await;
    let all: Vec<String> = ids(&page).collect();
    api.page(&format!("limit=100&starting_after={}", all[9]))
        .await;
    api.page("limit=x").await;
    let log = api.upstream.log();
    let [first, second, third] = &log.records[..] else {
        panic!("{log:?}");
    };
    let asked = first.query.clone().unwrap();
    assert_eq!(
        (asked.limit, asked.created.gte, asked.created.lt),
        (10, 1_000, i64::MAX)
    );
    assert_eq!(
        (first.items, first.has_more, first.status),
        (10, true, Some(200))
    );
    assert_eq!(first.first.as_ref(), Some(&all[0]));
    assert_eq!(first.last.as_ref(), Some(&all[9]));
    let asked = Query {
        limit: 100,
        starting_after: Some(all[9].clone()),
        ..Query::default()
    };
    assert_eq!(second.query, Some(asked));
    assert_eq!((second.items, second.has_more), (20, false));
    assert_eq!(
        (third.status, &third.query, third.items),
        (Some(400), &None, 0)
    );
    assert!(log.records.iter().all(|one| &*one.stream == "charges"));
}

/// Draws of one fault do not move those of another, and nothing depends on the host.
#[tokio::test(start_paused = true)]
async fn the_same_requests_get_the_same_answers() {
    let run = async |settings: &str| {
        let api = Api::of(settings);
        let mut said = Vec::new();
        for _ in 0..100 {
            let (status, headers, body) = api.get("/v1/charges?limit=3").await;
            said.push(format!("{status} {headers:?} {body}"));
        }
        let log = api.upstream.log();
        (said, format!("{log:?}"), log)
    };
    let all = "objects = 300\nlatency_sigma = 0.5\nrate_per_s = 2\nburst = 5\n[faults]\n\
               error_share = 0.2\nslow_share = 0.1\ndrop_share = 0.1\narrivals_per_s = 1.0\n";
    let (first, second) = (run(all).await, run(all).await);
    assert_eq!((first.0, first.1), (second.0, second.1));
    let slower = run(&all.replace("slow_share = 0.1", "slow_share = 0.0")).await;
    let lost = |log: &backfill_sim::upstream::Log| {
        let lost = log.records.iter().map(|record| record.status.is_none());
        lost.collect::<Vec<_>>()
    };
    assert_eq!(lost(&slower.2), lost(&second.2));
    assert!(lost(&slower.2).contains(&true));
}
