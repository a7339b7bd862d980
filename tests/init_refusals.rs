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
    let real = Wishes {
        key: Some("r".to_owned()),
        ..of("t")
    };
    assert!(desk.refusal(&real).contains("one is a real number"));
}

/// The first and the last of them could be noted.
#[test]
fn a_key_in_the_middle_that_cannot_be_noted_is_found() {
    let desk = Desk::of(
        "CREATE TABLE t(k INT PRIMARY KEY NOT NULL, b INT);
         INSERT INTO t VALUES (1, NULL), (1.5, NULL), (2, NULL)",
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
    let said = desk.refusal(&Wishes::default());
    assert!(said.contains("there is no file"), "{said}");
    assert!(said.contains("seen from the current directory"), "{said}");
    let file = desk.path("db.sqlite");
    for (bytes, says) in [
        (&b""[..], "is empty (name a database with the tables"),
        (
            b"years of work",
            "is encrypted or not a SQLite database (if it",
        ),
        (&[7; 4096], "is encrypted or not a SQLite database"),
        (b"SQLite format 3\0 and no more", "is encrypted or not"),
    ] {
        fs::write(&file, bytes).unwrap();
        let said = desk.refusal(&Wishes::default());
        assert!(said.contains(says), "{said}");
    }
    let mut newer = b"SQLite format 3\0".to_vec();
    newer.resize(4096, 0xff);
    fs::write(&file, newer).unwrap();
    let said = desk.refusal(&Wishes::default());
    assert!(said.contains("written for a newer SQLite"), "{said}");
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
        assert!(said.contains("is cut off"), "{length}: {said}");
    }
    // Page 1 behind its header is the schema; somewhere in the middle are rows.
    let half = whole.len() / 2;
    for (torn, says) in [
        (100..4_096, "cannot read the schema"),
        (half..half + 65_536, "SQLite cannot"),
    ] {
        let mut bytes = whole.clone();
        bytes[torn].fill(0xa5);
        fs::write(desk.path("db.sqlite"), bytes).unwrap();
        let said = desk.refusal(&Wishes::default());
        assert!(said.contains(says), "{said}");
    }
}

/// SQLite finds the log beside the file itself, and not beside a link to it.
#[cfg(unix)]
#[test]
fn a_link_leads_to_the_file_and_to_its_log() {
    let desk = Desk::empty();
    let open = desk.db();
    open.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
         CREATE TABLE t(k INTEGER PRIMARY KEY, waits INT); INSERT INTO t VALUES (1, NULL)",
    )
    .unwrap();
    let link = Desk::empty();
    std::os::unix::fs::symlink(desk.path("db.sqlite"), link.path("db.sqlite")).unwrap();
    let scenario = link.init(&Wishes::default());
    assert_eq!(scenario.job("table"), Some("t"));
    scenario.fits(&link);
}
