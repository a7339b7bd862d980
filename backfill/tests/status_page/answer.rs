//! Answers of `/api/healthz`.

use serde_json::{Value, json};

pub(crate) fn healthy(running: bool, items: Value) -> Value {
    json!({"body": {"async_migrations": items, "async_migrations_running": running}})
}

pub(crate) fn running(processed: u64) -> Value {
    json!({
        "name": "last_seen", "status": "running", "startedAt": "2026-01-01T11:59:00.000Z",
        "endedAt": null, "rowsProcessed": processed, "rowsTotal": 71_000, "ratePerSec": 1234.5,
        "etaSec": 2.0, "error": null, "stale": false, "updatedAt": "2026-01-01T11:57:00.000Z",
        "rowsRead": null, "rowsToRead": null
    })
}

pub(crate) fn with(mut item: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        item[name] = value.clone();
    }
    item
}

pub(crate) fn failed(name: &str, ended_at: Value) -> Value {
    let changes = json!({"name": name, "status": "failed", "endedAt": ended_at,
                         "error": "disk full", "etaSec": null});
    with(running(12_000), changes)
}

pub(crate) fn ended(status: &str) -> Value {
    let at = "2026-01-01T11:00:00Z";
    with(
        running(71_000),
        json!({"status": status, "endedAt": at, "etaSec": null}),
    )
}
