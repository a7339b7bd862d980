//! A payload over HTTP: once, to its owner, and nothing said about anything else.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use backfill::stash::{Owner, http};
use bytes::Bytes;
use tower::ServiceExt as _;

use crate::bench::{Bench, hundred};

/// Who asks is what an application has found out before.
fn router(bench: &Bench) -> Router {
    http::router(bench.stash.clone(), |request| {
        request.extensions().get::<Owner>().cloned()
    })
}

async fn ask(
    router: &Router,
    method: Method,
    path: &str,
    owner: Option<&str>,
) -> (StatusCode, HeaderMap, Bytes) {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(owner) = owner {
        request = request.extension(Owner::new(owner));
    }
    let request = request.body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    (head.status, head.headers, bytes)
}

fn stored(bench: &Bench) -> String {
    let id = bench.stash.put(&Owner::new("ann"), "a result".into());
    format!("/stash/{}", id.unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_payload_is_given_to_its_owner_once() {
    let bench = Bench::new(hundred());
    let (router, path) = (router(&bench), stored(&bench));
    let (status, headers, bytes) = ask(&router, Method::GET, &path, Some("ann")).await;
    assert_eq!((status, bytes), (StatusCode::OK, "a result".into()));
    assert_eq!(headers["content-type"], "application/octet-stream");
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    let again = ask(&router, Method::GET, &path, Some("ann")).await;
    assert_eq!(again.0, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn nobody_learns_why_there_is_nothing_for_them() {
    let bench = Bench::new(hundred());
    let (router, path) = (router(&bench), stored(&bench));
    let unknown = format!("/stash/{:032x}", 7);
    let mut answers = Vec::new();
    for path in [
        &path,
        &unknown,
        "/stash/no-id",
        "/stash/%ff",
        "/stash/a%2fb",
    ] {
        answers.push(ask(&router, Method::GET, path, Some("bob")).await);
    }
    assert_eq!(answers[0].0, StatusCode::NOT_FOUND);
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
    let (status, ..) = ask(&router, Method::GET, &path, None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, ..) = ask(&router, Method::GET, &path, Some("ann")).await;
    assert_eq!(status, StatusCode::OK, "it is still there");
}

#[tokio::test(start_paused = true)]
async fn only_get_takes_a_payload() {
    let bench = Bench::new(hundred());
    let (router, path) = (router(&bench), stored(&bench));
    for method in [Method::HEAD, Method::POST, Method::DELETE, Method::OPTIONS] {
        let (status, headers, bytes) = ask(&router, method, &path, Some("ann")).await;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
        assert!(headers["allow"].to_str().unwrap().contains("GET"));
        assert!(bytes.is_empty());
    }
    assert_eq!(bench.bytes(), (8, 0));
}
