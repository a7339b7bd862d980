//! What the answers say, as JSON.

use serde::Serialize;
use serde_json::{Map, Value};

use super::cache::Told;
use super::snapshot::{Unreadable, is_any_under_way};
use crate::ledger::{Migration, Status};

/// `GET /api/healthz`.
#[derive(Serialize)]
pub(super) struct Health<'a> {
    /// `migrating`, `failed`, `steady` or `unreadable`.
    status: &'static str,
    async_migrations: &'a [Migration],
    /// True also if that is not known.
    async_migrations_running: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    async_migrations_error: Option<String>,
}

/// Any answer that is only an error.
#[derive(Serialize)]
pub(super) struct Failure {
    pub(super) error: String,
}

impl<'a> Health<'a> {
    pub(super) fn of(told: &'a Told) -> Self {
        match told.migrations() {
            Ok(migrations) => Self {
                status: status(migrations),
                async_migrations: migrations,
                async_migrations_running: is_any_under_way(migrations),
                async_migrations_error: None,
            },
            Err(error) => Self {
                status: "unreadable",
                async_migrations: &[],
                async_migrations_running: true,
                async_migrations_error: Some(error.to_string()),
            },
        }
    }
}

fn status(migrations: &[Migration]) -> &'static str {
    let failed = |migration: &Migration| migration.status == Status::Failed;
    match migrations {
        all if is_any_under_way(all) => "migrating",
        all if all.iter().any(failed) => "failed",
        _ => "steady",
    }
}

/// `GET /api/perf`: what the application says, and all backfills, null where they are not known.
pub(super) fn perf(
    mut application: Map<String, Value>,
    migrations: Result<&[Migration], &Unreadable>,
) -> serde_json::Result<Value> {
    let migrations = serde_json::to_value(migrations.ok())?;
    application.insert("asyncMigrations".to_owned(), migrations);
    Ok(Value::Object(application))
}
