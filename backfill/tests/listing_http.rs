//! The HTTP client against real servers on the loopback.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;
mod listing_probe;
mod listing_server;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use backfill::TokioRuntime;
use backfill::listing::{
    BearerToken, HttpApi, HttpSettings, HttpSetupError, Limit, Limiter, ListApi, ListError,
    ListParams, Page, Range, Rate, RetryPolicy, limited,
};
use fixture::in_time;
use hyper::Uri;
use hyper_util::rt::TokioIo;
use listing_probe::{Sleeper, params};
use listing_server::{Asked, Objects, Odd, hang, raw, serve};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// One try at the server at `base`.
async fn ask(base: &str) -> Result<Page, ListError> {
    after(base, None).await
}

async fn after(base: &str, cursor: Option<&str>) -> Result<Page, ListError> {
    let settings = HttpSettings {
        max_body_bytes: 1_000,
        ..HttpSettings::default()
    };
    let api = HttpApi::over_tcp(base, TokioRuntime::new(), settings).unwrap();
    let starting_after = cursor.map(Into::into);
    api.list(ListParams {
        starting_after,
        ..params("charges")
    })
    .await
}

const EMPTY: &str = r#"{"object":"list","data":[],"has_more":false}"#;

/// A server that always answers the same.
async fn always(
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: impl Into<Bytes>,
) -> String {
    let body = body.into();
    serve(move |_| {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        response.body(Body::from(body.clone())).unwrap()
    })
    .await
}

#[tokio::test]
async fn everything_is_listed_page_by_page_as_it_was_sent() {
    let objects = Arc::new(Objects::new(250));
    let served = Arc::clone(&objects);
    let base = serve(move |asked| served.page(&asked)).await;
    let settings = HttpSettings {
        token: Some(BearerToken::new("sk_test").unwrap()),
        ..HttpSettings::default()
    };
    let api = HttpApi::over_tcp(&base, TokioRuntime::new(), settings).unwrap();
    let mut listed = Vec::new();
    let mut starting_after = None;
    loop {
        let params = ListParams {
            resource: "charges".into(),
            created: Range::new(10, 90),
            limit: 7,
            starting_after: starting_after.take(),
        };
        let page = api.list(params).await.unwrap();
        starting_after = page.items.last().map(|last| Arc::from(&*last.id));
        listed.extend(page.items);
        if !page.has_more {
            break;
        }
    }
    let expected = objects.within(10, 90);
    assert_eq!(listed.len(), expected.len());
    assert!(listed.len() > 100);
    for (item, object) in listed.iter().zip(expected) {
        assert_eq!(
            (&*item.id, item.created),
            (&*object.id, Some(object.created))
        );
        assert_eq!(*item.body, object.body);
    }
}

#[tokio::test]
async fn a_request_says_who_asks_for_what() {
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let base = serve(move |asked: Asked| {
        tell.send(asked).unwrap();
        EMPTY.into_response()
    })
    .await;
    let settings = HttpSettings {
        token: Some(BearerToken::new("sk_test").unwrap()),
        ..HttpSettings::default()
    };
    let base = format!("{base}/stripe/");
    let api = HttpApi::over_tcp(&base, TokioRuntime::new(), settings).unwrap();
    let cursor = "ch&1=é/ +%";
    let asks = ListParams {
        starting_after: Some(cursor.into()),
        ..params("issuing/cards")
    };
    api.list(asks).await.unwrap();
    let asked = told.recv().await.unwrap();
    assert_eq!(asked.path, "/stripe/v1/issuing/cards");
    let expected = [
        ("limit", "100"),
        ("created[gte]", "0"),
        ("created[lt]", "1000"),
        ("starting_after", cursor),
    ];
    assert_eq!(
        asked.query,
        expected.map(|(key, value)| (key.to_owned(), value.to_owned()))
    );
    assert_eq!(asked.headers["authorization"], "Bearer sk_test");
    assert_eq!(asked.headers["accept"], "application/json");
    assert!(
        asked.headers["user-agent"]
            .to_str()
            .unwrap()
            .starts_with("backfill/")
    );
}

#[tokio::test]
async fn a_status_decides_what_can_be_done() {
    let wait = |ms| Some(Duration::from_millis(ms));
    let refused = |retry_after| Err(ListError::RateLimited { retry_after });
    let failed = |status, retry_after| {
        Err(ListError::Server {
            status,
            retry_after,
        })
    };
    assert_eq!(ask(&always(429, &[], "").await).await, refused(None));
    let half = always(429, &[("retry-after", "0.5")], "slow down").await;
    assert_eq!(ask(&half).await, refused(wait(500)));
    let dated = &[
        ("date", "Sun, 06 Nov 1994 08:49:07 GMT"),
        ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"),
    ];
    assert_eq!(
        ask(&always(429, dated, "").await).await,
        refused(wait(30_000))
    );
    assert_eq!(
        ask(&always(500, &[], "oops").await).await,
        failed(500, None)
    );
    let busy = always(503, &[("retry-after", "2")], "").await;
    assert_eq!(ask(&busy).await, failed(503, wait(2_000)));
    assert_eq!(ask(&always(408, &[], "").await).await, failed(408, None));
    for status in [401, 403] {
        let told = ask(&always(status, &[], "who are you?").await).await;
        let message = "who are you?".to_owned();
        assert_eq!(told, Err(ListError::Auth { status, message }));
    }
    let told = ask(&always(400, &[], r#"{"error":{"message":"limit?"}}"#).await).await;
    let message = "limit?".to_owned();
    assert_eq!(
        told,
        Err(ListError::Config {
            status: 400,
            message
        })
    );
    for status in [203, 302] {
        let told = ask(&always(status, &[], EMPTY).await).await;
        let what = format!("status {status}: {EMPTY}");
        assert_eq!(told, Err(ListError::System(what)));
    }
}

#[tokio::test]
async fn a_cursor_that_is_gone_is_told_from_a_page_that_is_not_there() {
    let gone = r#"{"error":{"code":"resource_missing","param":"starting_after"}}"#;
    let base = always(404, &[], gone).await;
    let cursor = "ch_7".to_owned();
    let told = after(&base, Some("ch_7")).await;
    assert_eq!(told, Err(ListError::CursorGone { cursor }));
    assert!(matches!(
        ask(&base).await,
        Err(ListError::Config { status: 404, .. })
    ));
}

#[tokio::test]
async fn what_is_no_page_is_an_error_of_the_system() {
    for body in [
        "",
        "[]",
        "<html>",
        "{\"data\":[{}],\"has_more\":true}",
        "\u{0}",
    ] {
        let told = ask(&always(200, &[], body).await).await;
        assert!(
            matches!(told, Err(ListError::System(_))),
            "{body}: {told:?}"
        );
    }
}

/// Whether its length is said before, or comes out only on the way.
#[tokio::test]
async fn an_answer_that_is_too_long_is_not_read_to_its_end() {
    let pad = |length: usize| format!("{EMPTY}{}", " ".repeat(length - EMPTY.len()));
    assert_eq!(
        ask(&always(200, &[], pad(1_000)).await).await,
        Ok(Page::default())
    );
    let endless = serve(|_| Body::new(Odd::Endless).into_response());
    for base in [always(200, &[], pad(1_001)).await, endless.await] {
        let told = ask(&base).await;
        let what = "it is longer than 1000 bytes".to_owned();
        assert_eq!(told, Err(ListError::System(what)));
    }
}

/// What a 429 means does not depend on its body.
#[tokio::test]
async fn a_refusal_is_not_waited_for_to_its_end() {
    let base = serve(|_| {
        let body = Body::new(Odd::Silent);
        (StatusCode::TOO_MANY_REQUESTS, body).into_response()
    })
    .await;
    assert_eq!(
        in_time(ask(&base)).await,
        Err(ListError::RateLimited { retry_after: None })
    );
}

#[tokio::test]
async fn connections_that_fail_are_told_with_their_cause() {
    let nobody = "http://127.0.0.1:1";
    let hangs_up = raw(b"").await;
    let cut = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"data\":[").await;
    let garbage = raw(b"good morning\r\n\r\n").await;
    for (base, cause) in [
        (nobody, "refused"),
        (&hangs_up, "closed before message completed"),
        (&cut, "end of file"),
        (&garbage, "invalid HTTP version"),
    ] {
        match ask(base).await {
            Err(ListError::Connection(what)) => assert!(what.contains(cause), "{what}"),
            other => panic!("{base}: {other:?}"),
        }
    }
}

/// The clock is the runtime's: it strikes when the server has the request, and a page that has
/// begun to come is given up too. The server is told.
#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_given_up() {
    for begun in [false, true] {
        let (reached, left) = (CancellationToken::new(), CancellationToken::new());
        let (cue, guard) = (reached.clone(), left.clone());
        let base = hang(begun, cue, guard).await;
        let settings = HttpSettings::default();
        let runtime = Sleeper::until(reached);
        let api = HttpApi::over_tcp(&base, runtime, settings).unwrap();
        let told = in_time(api.list(params("charges"))).await;
        let timeout = Duration::from_secs(30);
        assert_eq!(told, Err(ListError::Timeout { after: timeout }));
        in_time(left.cancelled()).await;
    }
}

/// Trouble of every kind, and then a page.
#[tokio::test]
async fn trouble_that_passes_is_outlasted() {
    let requests = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&requests);
    let base = serve(move |_| match seen.fetch_add(1, Ordering::Relaxed) {
        0 => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0.01")]).into_response(),
        1 => StatusCode::BAD_GATEWAY.into_response(),
        2 => Body::new(Odd::Broken).into_response(),
        _ => EMPTY.into_response(),
    })
    .await;
    let runtime = TokioRuntime::new();
    let api = HttpApi::over_tcp(&base, runtime, HttpSettings::default()).unwrap();
    let limiter = Limiter::new(runtime, Limit::new(Rate::per_second(1_000).unwrap()));
    let retry = RetryPolicy {
        base: Duration::from_millis(1),
        attempts: NonZeroU32::new(4).unwrap(),
        ..RetryPolicy::new(1)
    };
    let page = limited(api, limiter.clone(), retry)
        .list(params("charges"))
        .await
        .unwrap();
    assert!(page.items.is_empty() && page.took.is_some());
    assert_eq!(requests.load(Ordering::Relaxed), 4);
    assert_eq!((limiter.status().taken, limiter.status().lowered), (4, 1));
}

/// Any connector will do, and its connections are used again.
#[tokio::test]
async fn one_connection_serves_one_call_after_the_other() {
    let base = serve(|asked| {
        assert_eq!(asked.headers["host"], "api.example");
        EMPTY.into_response()
    })
    .await;
    let server = base.strip_prefix("http://").unwrap().to_owned();
    let connections = Arc::new(AtomicUsize::new(0));
    let made = Arc::clone(&connections);
    let connector = tower::service_fn(move |to: Uri| {
        assert_eq!(to.host(), Some("api.example"));
        made.fetch_add(1, Ordering::Relaxed);
        let server = server.clone();
        Box::pin(async move { TcpStream::connect(server).await.map(TokioIo::new) })
    });
    let (base, settings) = ("https://api.example", HttpSettings::default());
    let api = HttpApi::new(base, TokioRuntime::new(), settings, connector).unwrap();
    for _ in 0..20 {
        // A connection is back in the pool a moment after the last byte of its answer.
        tokio::task::yield_now().await;
        api.clone().list(params("charges")).await.unwrap();
    }
    assert!(connections.load(Ordering::Relaxed) <= 2);
}

#[test]
fn a_set_up_that_lets_nothing_through_is_refused() {
    let runtime = TokioRuntime::new();
    let over_tcp = |base: &str, settings| HttpApi::over_tcp(base, runtime, settings).map(drop);
    let good = HttpSettings::default();
    assert_eq!(over_tcp("http://a", good.clone()), Ok(()));
    let base = "https://a".to_owned();
    assert_eq!(
        over_tcp("https://a", good.clone()),
        Err(HttpSetupError::NoTls { base })
    );
    let no_time = HttpSettings {
        timeout: Duration::ZERO,
        ..good.clone()
    };
    assert_eq!(over_tcp("http://a", no_time), Err(HttpSetupError::NoTime));
    let no_room = HttpSettings {
        max_body_bytes: 0,
        ..good
    };
    assert_eq!(over_tcp("http://a", no_room), Err(HttpSetupError::NoRoom));
}
