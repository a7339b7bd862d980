//! Serving the API, on the simulated network or a real one.
//!
//! hyper is used without axum's `serve`, which can neither lose a connection instead of answering
//! nor leave out the `Date` of the host's clock. No timer is set: on a dilated clock it would run
//! too fast.

use std::convert::Infallible;
use std::io;

use axum::Router;
use axum::body::Body;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tower::ServiceExt as _;

use super::answer::Lost;
use super::server::Upstream;
use crate::clock::Clock;

/// Answers on `port` of this host of the simulated network, on a modelled clock that starts now,
/// for as long as the host runs.
///
/// # Errors
/// If the port cannot be listened on.
pub async fn serve_over_turmoil(upstream: Upstream, port: u16) -> io::Result<Infallible> {
    let listener = crate::listener::Listener::on(port).await?;
    Ok(serve(listener, upstream.router(Clock::start())).await)
}

/// Answers on `listener` until the future is dropped; connections last until their clients leave.
/// Must be called on a tokio runtime.
pub async fn serve<L: Listener>(mut listener: L, router: Router) -> Infallible {
    loop {
        let (stream, _) = listener.accept().await;
        let router = router.clone();
        let service = service_fn(move |request| answer(router.clone(), request));
        let mut http = http1::Builder::new();
        http.auto_date_header(false);
        let connection = http.serve_connection(TokioIo::new(stream), service);
        // How it ends, is its client's problem.
        tokio::spawn(async move { drop(connection.await) });
    }
}

/// The connection is to be lost.
#[derive(Debug, thiserror::Error)]
#[error("the connection is lost on purpose")]
struct LostOnPurpose;

async fn answer(
    router: Router,
    request: Request<Incoming>,
) -> Result<Response<Body>, LostOnPurpose> {
    let Ok(response) = router.oneshot(request.map(Body::new)).await;
    match response.extensions().get() {
        Some(Lost) => Err(LostOnPurpose),
        None => Ok(response),
    }
}
