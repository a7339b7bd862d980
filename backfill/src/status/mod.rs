//! The ledger over HTTP: whether anything runs, and how far it is.
//!
//! A ledger that cannot be read is not an empty one: the answer then says that something may run,
//! and why nobody knows.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::database::Database;
use crate::ledger;
use crate::runtime::Runtime;

/// Answers questions about the backfills of one database.
#[derive(Clone)]
pub struct Status<R> {
    database: Database<R>,
}

impl<R: Runtime> Status<R> {
    /// Answers from the ledger in `database`.
    #[must_use]
    pub const fn new(database: Database<R>) -> Self {
        Self { database }
    }

    /// `GET /api/healthz`.
    pub fn router(self) -> Router {
        Router::new()
            .route("/api/healthz", get(healthz::<R>))
            .with_state(self.database)
    }
}

async fn healthz<R: Runtime>(State(database): State<Database<R>>) -> Json<Value> {
    match database.read(ledger::migrations).await {
        Ok(all) => {
            let running = all
                .iter()
                .any(|migration| migration.status == ledger::Status::Running);
            Json(json!({ "async_migrations": all, "async_migrations_running": running }))
        }
        Err(error) => Json(json!({
            "async_migrations": [],
            "async_migrations_running": true,
            "async_migrations_error": error.to_string(),
        })),
    }
}
