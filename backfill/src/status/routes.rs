//! The routes of the API.
//!
//! `/api/healthz` is 200 whatever the ledger says: whoever restarts processes that are not well
//! asks it, and a restart makes no backfill faster.

use std::panic::{AssertUnwindSafe, catch_unwind};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};

use super::Perf;
use super::body::{self, Failure, Health};
use super::cache::Cache;
use super::header;
use crate::panic::message;
use crate::runtime::Runtime;

pub(super) fn api<R: Runtime>(cache: Cache<R>, perf: Perf) -> Router {
    Router::new()
        .route("/api/healthz", get(healthz::<R>))
        .route("/api/perf/async-migrations", get(async_migrations::<R>))
        .with_state(cache.clone())
        .merge(
            Router::new()
                .route("/api/perf", get(all_perf::<R>))
                .with_state((cache, perf)),
        )
}

async fn healthz<R: Runtime>(State(cache): State<Cache<R>>) -> Response {
    Json(Health::of(&cache.ask().await)).into_response()
}

async fn async_migrations<R: Runtime>(State(cache): State<Cache<R>>) -> Response {
    match cache.ask().await.migrations() {
        Ok(migrations) => Json(migrations).into_response(),
        Err(error) => failure(error.to_string()),
    }
}

async fn all_perf<R: Runtime>(State((cache, perf)): State<(Cache<R>, Perf)>) -> Response {
    let told = cache.ask().await;
    let application = match catch_unwind(AssertUnwindSafe(|| perf())) {
        Ok(application) => application,
        Err(panic) => return failure(format!("perf panicked: {}", message(&*panic))),
    };
    let mut answer = match body::perf(application, told.migrations()) {
        Ok(value) => Json(value).into_response(),
        Err(error) => failure(error.to_string()),
    };
    if let Err(error) = told.migrations() {
        let headers = answer.headers_mut();
        headers.insert(header::ERROR, header::value(&error.to_string()));
    }
    answer
}

fn failure(error: String) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, Json(Failure { error })).into_response()
}
