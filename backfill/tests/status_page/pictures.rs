//! Pictures of every state of the page.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::answer::{ended, failed, healthy, running, with};
use crate::driver::{browser, chromium, server};

/// Pictures of every state, to look at: `cargo test -p backfill --test status_page -- --ignored`.
#[tokio::test]
#[ignore = "draws pictures into target/status, asserts nothing about them"]
async fn pictures() {
    let Some(browser) = browser() else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/status");
    fs::create_dir_all(&folder).unwrap();
    let waiting = with(
        running(0),
        json!({"name": "from_pubkey", "status": "pending", "rowsTotal": 0}),
    );
    let reading = with(
        running(0),
        json!({"rowsRead": 250_000, "rowsToRead": 1_500_000, "etaSec": 200}),
    );
    let old = with(running(5_000), json!({"name": "hash", "stale": true}));
    let stopped = with(running(9), json!({"name": "scope", "status": "cancelled"}));
    let failure = with(
        failed("channel_hash", json!(null)),
        json!({"error":
        "backfill `channel_hash`: the chunk after key 12000 failed: database or disk is full"}),
    );
    let states = [
        (
            "running",
            healthy(true, json!([running(12_000), waiting, old, stopped])),
        ),
        ("reading", healthy(true, json!([reading, ended("done")]))),
        ("failed", healthy(true, json!([failure, running(41_000)]))),
        ("only-failed", healthy(false, json!([failure]))),
        ("steady", healthy(false, json!([ended("done"), stopped]))),
        (
            "unreadable",
            json!({"body": {"async_migrations_error": "no such table: _async_migrations"}}),
        ),
        ("down", json!({"down": true})),
    ];
    for (state, answer) in states {
        for (look, scheme) in [("light", "1"), ("dark", "0")] {
            for (width, height) in [(1_000, 700), (390, 700)] {
                let frame = json!([{"frame": [width, height]}, {"wait": 2}]);
                let (address, stop) = server(answer.clone(), &frame).await;
                let file = folder.join(format!("{state}-{look}-{width}.png"));
                let arguments = [
                    "--virtual-time-budget=8000",
                    "--hide-scrollbars",
                    &format!("--blink-settings=preferredColorScheme={scheme}"),
                    &format!("--window-size={},{height}", width.max(500)),
                    &format!("--screenshot={}", file.display()),
                ];
                chromium(&browser, &arguments, &format!("{address}/driver")).await;
                stop.cancel();
                assert!(file.is_file(), "{}", file.display());
            }
        }
    }
}
