//! Which databases and jobs get no scenario, and that nothing is written for them.

#![expect(
    clippy::unwrap_used,
    reason = "a test whose desk cannot be set up has failed"
)]

mod desk;

use std::fs;

use backfill_sim::init::{Wishes, init};
use desk::{Desk, of, shown};

#[test]
fn a_job_that_does_not_fit_is_refused_and_nothing_written() {
    let desk = Desk::shop();
    let with = |set: &str, key: Option<&str>| Wishes {
        set: Some(set.to_owned()),
        key: key.map(ToOwned::to_owned),
        ..of("orders")
    };
    for (wishes, says) in [
        (with("total = 1", None), "no such column: total"),
        (
            with("total_cents = 1; DROP TABLE orders", None),
            "contains a `;`",
        ),
        (with("", None), "`set` is empty"),
        (with("note = ''", Some("status")), "not unique by itself"),
        (
            with("note = ''", Some("nowhere")),
            "no such table or column",
        ),
        (of("order"), "did you mean `orders`?"),
    ] {
        let said = desk.refusal(&wishes);
        assert!(said.contains(says), "{says}: {said}");
    }
}

#[test]
fn keys_that_cannot_be_noted_are_passed_over() {
    let desk = Desk::of(
        "CREATE TABLE t(k BLOB PRIMARY KEY NOT NULL, r REAL NOT NULL UNIQUE, b INT);
         INSERT INTO t VALUES (x'00', 1.5, 1), (x'01', 2.5, 2)",
    );
    assert!(
        desk.refusal(&Wishes::default())
            .contains("no key to walk along")
    );
}

#[test]
fn a_database_with_nothing_to_fill_is_refused() {
    let desk = Desk::of("PRAGMA user_version = 1");
    assert!(
        desk.refusal(&Wishes::default())
            .contains("it has none at all")
    );
    let desk = Desk::of("CREATE TABLE t(k INTEGER PRIMARY KEY); CREATE VIEW v AS SELECT * FROM t");
    assert!(desk.refusal(&Wishes::default()).contains("`t` is empty"));
    assert!(
        desk.refusal(&of("t"))
            .contains("`t` has no rows, and nothing to backfill")
    );
}

#[test]
fn what_is_no_database_is_refused_with_a_way_out() {
    let desk = Desk::empty();
    assert!(desk.refusal(&Wishes::default()).contains("cannot read"));
    let file = desk.path("db.sqlite");
    for (bytes, says) in [
        (&b""[..], "is empty"),
        (b"years of work", "is encrypted or not a SQLite database"),
        (&[7; 4096], "is encrypted or not a SQLite database"),
        (b"SQLite format 3\0 and no more", "is encrypted or not"),
    ] {
        fs::write(&file, bytes).unwrap();
        let said = desk.refusal(&Wishes::default());
        assert!(said.contains(says), "{said}");
    }
    let mut torn = b"SQLite format 3\0".to_vec();
    torn.resize(4096, 0xff);
    fs::write(&file, torn).unwrap();
    assert!(
        desk.refusal(&Wishes::default())
            .contains("SQLite cannot read")
    );
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let error = init(&file, Some(&desk.path("out.toml")), &Wishes::default()).unwrap_err();
    assert!(shown(error).contains("is no file"));
}

#[test]
fn a_torn_database_is_an_error_and_no_panic() {
    let desk = Desk::shop();
    let whole = fs::read(desk.path("db.sqlite")).unwrap();
    for length in [512, 4_096, 40_000, whole.len() / 2] {
        fs::write(desk.path("db.sqlite"), &whole[..length]).unwrap();
        let said = desk.refusal(&Wishes::default());
        assert!(said.contains("SQLite cannot read"), "{length}: {said}");
    }
}
