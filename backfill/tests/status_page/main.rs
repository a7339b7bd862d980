//! The page in a real browser: what it shows of answers that a test chooses.
//!
//! The page is the real one, next to an `/api/healthz` that says what the test wants. A second
//! page, the driver, has it in a frame, clicks, waits, and writes what it sees into its own text,
//! which Chromium prints when it is done. Chromium's clock is virtual, so seconds take none.
//!
//! Where no browser is found the tests say so and pass, unless `REQUIRE_BROWSER=1`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod answer;
mod driver;
#[path = "../fixture/mod.rs"]
mod fixture;
mod pictures;

use answer::{ended, failed, healthy, running, with};
use driver::{NOW, drive};
use serde_json::{Value, json};

/// Asserts that what was seen at `look` holds each of `words`.
#[track_caller]
fn holds(looks: &Value, look: &str, words: &[&str]) {
    let text = looks[look]["text"].as_str().unwrap();
    for word in words {
        assert!(text.contains(word), "{look} lacks {word:?}: {text}");
    }
}

/// Whether the banner was there at `look`.
#[track_caller]
fn banner(looks: &Value, look: &str) -> bool {
    looks[look]["banner"].as_bool().unwrap()
}

#[tokio::test]
async fn the_banner_comes_counts_up_and_goes() {
    let steps = json!([
        {"answer": healthy(false, json!([]))}, {"look": "empty"},
        {"answer": healthy(true, json!([with(running(0), json!({"status": "pending", "rowsTotal": 0}))]))},
        {"look": "pending"},
        {"answer": healthy(true, json!([running(12_000)]))}, {"look": "early"},
        {"answer": healthy(true, json!([running(70_999)]))}, {"look": "late"},
        {"answer": healthy(true, json!([]))}, {"look": "the server says so"},
        {"answer": healthy(false, json!([ended("done")]))}, {"look": "done"},
    ]);
    let Some(looks) = drive(steps).await else {
        return;
    };
    assert!(!banner(&looks, "empty"));
    holds(&looks, "empty", &["Steady"]);
    holds(&looks, "pending", &["last_seen", "waits for its turn"]);
    holds(
        &looks,
        "early",
        &["12,000 / 71,000", "16 %", "1,234 rows/s", "ETA 2 s"],
    );
    holds(&looks, "late", &["70,999 / 71,000", "99 %"]);
    assert_eq!(looks["early"]["bar"], 1_690, "hundredths of a percent");
    for look in ["pending", "early", "late", "the server says so"] {
        assert!(banner(&looks, look), "{look}");
        assert!(
            !looks[look]["text"].as_str().unwrap().contains("Steady"),
            "{look}"
        );
    }
    assert!(!banner(&looks, "done"));
    holds(
        &looks,
        "done",
        &["Steady", "Done: last_seen (71,000 rows)."],
    );
}

#[tokio::test]
async fn one_that_is_not_plainly_writing_says_so() {
    let steps = json!([
        {"answer": healthy(true, json!([with(running(0), json!({"rowsRead": 250_000,
            "rowsToRead": 1_500_000, "etaSec": 200}))]))},
        {"look": "reading"},
        {"answer": healthy(true, json!([with(running(5), json!({"stale": true}))]))},
        {"look": "stale"},
        {"answer": healthy(true, json!([with(running(5), json!({"stale": true, "updatedAt": "?"}))]))},
        {"look": "stale for ever"},
        {"answer": healthy(true, json!([with(running(5), json!({"status": "unknown"}))]))},
        {"look": "unknown"},
    ]);
    let Some(looks) = drive(steps).await else {
        return;
    };
    holds(
        &looks,
        "reading",
        &[
            "reading 250,000 of about 1,500,000",
            "16 %",
            "ETA 3 min 20 s",
        ],
    );
    holds(
        &looks,
        "stale",
        &[
            "not heard of for 3 min",
            "will be resumed at the next start",
        ],
    );
    holds(
        &looks,
        "stale for ever",
        &["not heard of, will be resumed at the next start"],
    );
    holds(&looks, "unknown", &["a state this page does not know"]);
    for look in ["reading", "stale", "stale for ever", "unknown"] {
        assert!(banner(&looks, look), "{look}");
    }
}

#[tokio::test]
async fn a_failure_blocks_until_it_is_dismissed_also_after_a_reload() {
    let first = failed("job", json!("2026-01-01T11:59:59Z"));
    let again = failed("job", json!("2026-01-01T12:00:00Z"));
    let other = failed("other", json!("2026-01-01T11:59:59Z"));
    let steps = json!([
        {"answer": healthy(false, json!([first, other]))}, {"look": "both"},
        {"click": "[data-key*=other] button"}, {"look": "one"},
        {"click": "[data-key*=job] button"}, {"look": "none"},
        {"reload": true}, {"look": "reloaded"},
        {"answer": healthy(false, json!([again, other]))}, {"look": "again"},
    ]);
    let Some(looks) = drive(steps).await else {
        return;
    };
    holds(
        &looks,
        "both",
        &[
            "FAIL",
            "job",
            "other",
            "disk full",
            "stopped at 12,000 / 71,000",
        ],
    );
    assert_eq!(
        (&looks["both"]["fails"], &looks["one"]["fails"]),
        (&json!(2), &json!(1))
    );
    assert!(banner(&looks, "both") && banner(&looks, "one"));
    for look in ["none", "reloaded"] {
        assert!(!banner(&looks, look), "{look}");
        holds(&looks, look, &["Steady", "Failed earlier"]);
    }
    assert!(banner(&looks, "again"), "it failed anew");
    assert_eq!(looks["again"]["fails"], 1);
}

#[tokio::test]
async fn a_failure_goes_ten_minutes_after_its_end_and_never_without_one() {
    let at = |now: &str, ended_at: Value| {
        let mut answer = healthy(false, json!([failed("job", ended_at)]));
        answer["now"] = json!(now);
        answer
    };
    let later = "Fri, 01 Jan 2027 12:00:00 GMT";
    let ended_at = json!("2026-01-01T11:59:00.500Z");
    let steps = json!([
        {"answer": at("Thu, 01 Jan 2026 12:08:50 GMT", ended_at.clone())}, {"look": "9 min 50 s"},
        {"answer": at("Thu, 01 Jan 2026 12:09:01 GMT", ended_at)}, {"look": "10 min"},
        {"answer": at(later, Value::Null)}, {"look": "missing"},
        {"answer": at(later, json!("yesterday"))}, {"look": "no time"},
        {"answer": at(later, json!(""))}, {"look": "empty"},
        {"answer": at(later, json!("job 1"))}, {"look": "a number"},
        {"answer": at(NOW, json!("2026-01-01 11:49:00"))}, {"look": "UTC, 11 min"},
        {"answer": at(NOW, json!("2026-01-01 11:51:00"))}, {"look": "UTC, 9 min"},
        {"answer": at(NOW, json!("2099-01-01T00:00:00Z"))}, {"look": "ahead"},
        {"click": "button"}, {"look": "dismissed"},
    ]);
    let Some(looks) = drive(steps).await else {
        return;
    };
    assert!(banner(&looks, "9 min 50 s"));
    assert!(!banner(&looks, "10 min"));
    assert!(!banner(&looks, "UTC, 11 min"));
    for look in [
        "missing",
        "no time",
        "empty",
        "a number",
        "UTC, 9 min",
        "ahead",
    ] {
        assert!(banner(&looks, look), "{look}");
        assert_eq!(looks[look]["fails"], 1, "{look}");
    }
    assert!(!banner(&looks, "dismissed"));
}

#[tokio::test]
async fn one_that_was_stopped_is_shown_and_does_not_block() {
    let stopped = with(
        running(12_000),
        json!({"status": "cancelled", "endedAt": NOW, "name": "old"}),
    );
    let steps = json!([
        {"answer": healthy(false, json!([stopped, ended("done")]))}, {"look": "alone"},
        {"answer": healthy(true, json!([stopped, running(5)]))}, {"look": "beside"},
    ]);
    let Some(looks) = drive(steps).await else {
        return;
    };
    assert!(!banner(&looks, "alone"));
    holds(
        &looks,
        "alone",
        &["Steady", "Stopped: old at 12,000 / 71,000; can be resumed."],
    );
    holds(&looks, "beside", &["STOPPED, can be resumed", "5 / 71,000"]);
}

#[tokio::test]
async fn what_cannot_be_known_is_never_steady() {
    let known = healthy(false, json!([ended("done")]));
    let unreadable = json!({"body": {"async_migrations": [], "async_migrations_running": true,
        "async_migrations_error": "no such table: _async_migrations"}});
    let doubts = [
        ("unreadable", unreadable, "no such table: _async_migrations"),
        ("down", json!({"down": true}), "cannot be reached"),
        ("no JSON", json!({"text": "<html>"}), "cannot be read"),
        ("no object", json!({"body": null}), "no object"),
        ("502", json!({"code": 502, "body": {}}), "answered with 502"),
        (
            "no field",
            json!({"body": {"async_migrations": []}}),
            "async_migrations_running",
        ),
        (
            "no list",
            json!({"body": {"async_migrations_running": false}}),
            "no list",
        ),
        (
            "a word",
            json!({"body": {"async_migrations": [], "async_migrations_running": "no"}}),
            "does not say",
        ),
    ];
    let mut steps = vec![json!({"reload": true}), json!({"look": "at first"})];
    for (name, answer, _) in &doubts {
        steps.push(json!({"answer": known}));
        steps.push(json!({"answer": answer}));
        steps.push(json!({"look": name}));
    }
    steps.push(json!({"answer": healthy(true, json!([running(12_000)]))}));
    steps.push(json!({"answer": {"body": {"async_migrations": []}}}));
    steps.push(json!({"look": "unchanged"}));
    steps.push(json!({"answer": known}));
    steps.push(json!({"look": "well again"}));
    let Some(looks) = drive(Value::Array(steps)).await else {
        return;
    };
    assert!(banner(&looks, "at first"));
    holds(&looks, "at first", &["Cannot tell", "cannot be reached"]);
    for (name, _, reason) in &doubts {
        assert!(banner(&looks, name), "{name}");
        holds(
            &looks,
            name,
            &["Cannot tell", reason, "What is shown was so"],
        );
        assert!(
            !looks[name]["text"].as_str().unwrap().contains("Steady"),
            "{name}"
        );
    }
    holds(&looks, "unchanged", &["Cannot tell", "12,000 / 71,000"]);
    assert!(!banner(&looks, "well again"));
}

#[tokio::test]
async fn names_and_errors_are_text_whatever_they_look_like() {
    let markup =
        "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";
    let changes = json!({"name": markup, "error": markup});
    let steps = json!([
        {"answer": healthy(true, json!([with(running(5), changes.clone()),
            with(failed("job", Value::Null), json!({"error": markup})),
            with(ended("done"), json!({"name": format!("{markup}done")}))]))},
        {"look": "running"},
        {"answer": healthy(false, json!([with(ended("done"), changes)]))}, {"look": "done"},
    ]);
    let Some(looks) = drive(steps).await else {
        return;
    };
    for look in ["running", "done"] {
        holds(&looks, look, &[markup]);
        assert_eq!(
            looks[look]["foreign"], 0,
            "{look}: elements that came from a name"
        );
        assert!(
            looks[look]["title"]
                .as_str()
                .unwrap()
                .starts_with("Backfills")
        );
    }
}
