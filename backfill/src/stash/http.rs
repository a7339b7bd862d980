//! Payloads fetched over HTTP.
//!
//! `GET /stash/{id}` gives a payload out, once: 200 and its bytes. Whatever else the reason is that
//! there is nothing to give, the answer is the same 404, so that nobody learns whether an id of
//! somebody else exists. Whoever loses the connection on the way has lost the payload.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use bytes::Bytes;

use super::owner::Owner;
use super::stash::Stash;
use crate::runtime::Runtime;
use crate::status::header::secure;

/// Who makes a request, if that is known.
type WhoAsks = Arc<dyn Fn(&Request) -> Option<Owner> + Send + Sync>;

/// The route `/stash/{id}`, to be merged into an application's router at its root.
///
/// `who_asks` says whose payloads a request may fetch, by what the application has found out about
/// it before (an extension, say); whoever it does not know is refused with 401.
pub fn router<R: Runtime>(
    stash: Stash<R>,
    who_asks: impl Fn(&Request) -> Option<Owner> + Send + Sync + 'static,
) -> Router {
    let who_asks: WhoAsks = Arc::new(who_asks);
    Router::new()
        // Unless said otherwise HEAD is a GET whose body is thrown away, and the payload with it.
        .route("/stash/{id}", get(give::<R>).head(only_get))
        .with_state((stash, who_asks))
        .layer(map_response(secure))
}

async fn give<R: Runtime>(
    State((stash, who_asks)): State<(Stash<R>, WhoAsks)>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let Some(owner) = who_asks(&request) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let given = id
        .ok()
        .and_then(|Path(id)| stash.take(id.parse().ok()?, &owner));
    given.map_or(StatusCode::NOT_FOUND.into_response(), Bytes::into_response)
}

async fn only_get() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET")]).into_response()
}
