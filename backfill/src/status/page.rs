//! The page: three texts that are part of the program. No request names a file.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::map_response;
use axum::routing::{MethodRouter, get};

use super::header;

const PAGE: &str = include_str!("page/status.html");
const SCRIPT: &str = include_str!("page/status.js");
const STYLE: &str = include_str!("page/status.css");

/// The page without the API: it asks `api/healthz`, next to where it is served, once a second.
pub fn page() -> Router {
    routes().layer(map_response(header::secure))
}

pub(super) fn routes() -> Router {
    Router::new()
        .route("/", text("text/html; charset=utf-8", PAGE))
        .route("/status.js", text("text/javascript; charset=utf-8", SCRIPT))
        .route("/status.css", text("text/css; charset=utf-8", STYLE))
}

fn text(kind: &'static str, text: &'static str) -> MethodRouter {
    get(async move || ([(CONTENT_TYPE, kind)], text))
}
