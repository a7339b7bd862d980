//! The sample shop: what it promises whoever tries things on it.

#![expect(
    clippy::unwrap_used,
    reason = "a test whose shop cannot be built has failed"
)]

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use backfill_sim::sample::{Progress, Rows, SampleError, shop};
use rusqlite::Connection;
use tempfile::TempDir;

/// The version of SQLite that wrote a file last: the one field that another SQLite may change.
const WRITTEN_BY: std::ops::Range<usize> = 96..100;

fn built(mib: u64, seed: u64) -> (TempDir, PathBuf, Rows) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.sqlite");
    let rows = shop(&path, mib, seed, &|_| {}).unwrap();
    (folder, path, rows)
}

fn bytes(path: &Path) -> Vec<u8> {
    let mut bytes = fs::read(path).unwrap();
    bytes[WRITTEN_BY].fill(0);
    bytes
}

fn number(db: &Connection, sql: &str) -> u64 {
    let number: i64 = db.query_row(sql, [], |row| row.get(0)).unwrap();
    number.unsigned_abs()
}

#[test]
fn the_same_size_and_seed_give_the_same_bytes_everywhere() {
    let (_one, first, _) = built(1, 1);
    let (_two, again, _) = built(1, 1);
    let (_three, other, _) = built(1, 2);
    assert_eq!(bytes(&first), bytes(&again));
    assert_ne!(bytes(&first), bytes(&other));
    assert_eq!(
        &blake3::hash(&bytes(&first)).to_hex()[..16],
        "432b2ffc8e07dab5"
    );
}

#[test]
fn it_is_about_as_large_as_was_asked_for() {
    for mib in [4, 16, 48] {
        let (_folder, path, _) = built(mib, 3);
        let percent = fs::metadata(&path).unwrap().len() * 100 / (mib << 20);
        assert!((97..=103).contains(&percent), "{mib} MiB: {percent} %");
    }
}

#[test]
fn its_rows_belong_together_and_totals_are_to_be_filled() {
    let (_folder, path, rows) = built(4, 1);
    let db = Connection::open(&path).unwrap();
    let of = |table| number(&db, &format!("SELECT count(*) FROM {table}"));
    let counted = Rows {
        customers: of("customers"),
        products: of("products"),
        orders: of("orders"),
        order_items: of("order_items"),
        order_events: of("order_events"),
    };
    assert_eq!(counted, rows);
    assert_eq!(of("orders WHERE total_cents IS NULL"), rows.orders);
    assert_eq!(of("pragma_foreign_key_check"), 0);
    let sound: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sound, "ok");
    let unfit = "orders WHERE status <> (SELECT kind FROM order_events AS e
                   WHERE e.order_id = orders.id ORDER BY e.id DESC LIMIT 1)";
    assert_eq!(of(unfit), 0, "a status is what happened last");
}

/// What makes it interesting: to go by key is to jump about in the table.
#[test]
fn orders_are_not_stored_in_the_order_of_their_keys() {
    let (_folder, path, rows) = built(4, 1);
    let db = Connection::open(&path).unwrap();
    let jumps = "SELECT count(*) FROM (
                   SELECT abs(rowid - lag(rowid) OVER (ORDER BY id)) AS jump FROM orders)
                 WHERE jump > (SELECT count(*) FROM orders) / 20";
    assert!(number(&db, jumps) * 10 > rows.orders * 8);
    let most = "SELECT max(n) FROM (SELECT count(*) AS n FROM order_items GROUP BY order_id)";
    assert!(number(&db, most) > 40);
}

#[test]
fn nothing_is_overwritten_and_nothing_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let thesis = folder.path().join("thesis");
    fs::write(&thesis, "years of work").unwrap();
    fs::write(folder.path().join("shop.partial"), "somebody else's").unwrap();
    for name in ["thesis", "shop"] {
        let error = shop(&folder.path().join(name), 1, 1, &|_| {}).unwrap_err();
        assert!(matches!(error, SampleError::Exists { .. }), "{error}");
    }
    assert_eq!(fs::read(&thesis).unwrap(), b"years of work");
    for nowhere in ["", "..", "no/such/folder"] {
        let error = shop(&folder.path().join(nowhere), 1, 1, &|_| {}).unwrap_err();
        assert!(!error.to_string().is_empty());
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn progress_rises_to_its_end_in_every_step() {
    let folder = tempfile::tempdir().unwrap();
    let told: RefCell<Vec<Progress>> = RefCell::default();
    shop(&folder.path().join("shop"), 1, 1, &|at| {
        told.borrow_mut().push(at)
    })
    .unwrap();
    let told = told.into_inner();
    let mut steps: Vec<&str> = told.iter().map(|at| at.step).collect();
    steps.dedup();
    assert_eq!(
        steps,
        ["customers", "products", "orders", "order items", "indexes"]
    );
    for step in steps {
        let of_step: Vec<_> = told.iter().filter(|at| at.step == step).collect();
        assert!(of_step.windows(2).all(|two| two[0].done < two[1].done));
        assert!(
            of_step.last().is_some_and(|last| last.done == last.total),
            "{step}"
        );
    }
}

/// `sim sample` in `folder`.
fn sample(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sim"))
        .arg("sample")
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap()
}

#[test]
fn the_command_says_what_it_wrote_and_writes_it_once() {
    let folder = tempfile::tempdir().unwrap();
    let first = sample(folder.path(), &["shop", "shop.sqlite", "--mib", "1"]);
    assert_eq!(first.status.code(), Some(0));
    let said = String::from_utf8(first.stdout).unwrap();
    assert!(said.contains("orders       = 502 rows"), "{said}");
    let before = fs::read(folder.path().join("shop.sqlite")).unwrap();
    let again = sample(folder.path(), &["shop", "shop.sqlite", "--mib", "2"]);
    assert_eq!((again.status.code(), again.stdout.len()), (Some(2), 0));
    let said = String::from_utf8(again.stderr).unwrap();
    assert!(said.contains("is there already"), "{said}");
    assert!(said.contains("choose another name"), "{said}");
    assert_eq!(fs::read(folder.path().join("shop.sqlite")).unwrap(), before);
    for wrong in [&["shop"][..], &["shop", "x", "--mib", "0"], &["sho", "x"]] {
        assert_eq!(sample(folder.path(), wrong).status.code(), Some(2));
    }
    let nowhere = sample(folder.path(), &["shop", "no/folder/shop.sqlite"]);
    assert_eq!(nowhere.status.code(), Some(1));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
