//! The first scenario for a database of one's own: what it says, and that it changes nothing.

#![expect(
    clippy::unwrap_used,
    reason = "a test whose desk cannot be set up has failed"
)]

mod desk;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use backfill_sim::init::Wishes;
use desk::{Desk, of, value};
use toml::Table;

const TOTAL: &str = "total_cents = (SELECT sum(quantity * unit_cents) FROM order_items
                       WHERE order_items.order_id = orders.id)";

#[test]
fn the_shop_is_to_have_its_totals_filled_in_and_only_the_user_knows_with_what() {
    let desk = Desk::shop();
    let scenario = desk.init(&Wishes::default());
    scenario.fits(&desk);
    assert!(
        scenario
            .text
            .starts_with("# Do readers stay served while total_cents of orders is")
    );
    let pairs = ["name", "table", "key", "eligible", "set"].map(|key| scenario.job(key).unwrap());
    let expected = [
        "orders-total_cents",
        "orders",
        "id",
        "total_cents IS NULL",
        "",
    ];
    assert_eq!(pairs, expected);
    assert!(
        scenario
            .text
            .contains("A guess: `total_cents` is NULL in 502 of 502 rows")
    );
    assert_eq!(
        scenario.toml["database"]["file"].as_str(),
        Some("db.sqlite")
    );
    assert_eq!(scenario.toml["database"]["journal"].as_str(), Some("wal"));
    assert_eq!(
        scenario.sql(),
        [
            "SELECT * FROM orders WHERE id = ?1",
            "SELECT * FROM order_events WHERE id = ?1",
            "SELECT * FROM order_items WHERE order_id = ?1 LIMIT 100",
            "SELECT * FROM orders ORDER BY placed_at DESC LIMIT 50",
            "SELECT * FROM order_events WHERE order_id = ?1 LIMIT 100",
        ]
    );
    assert!(!scenario.toml.contains_key("writers"));
}

#[test]
fn what_is_known_of_the_job_is_taken_as_it_is() {
    let desk = Desk::shop();
    let wishes = Wishes {
        set: Some(TOTAL.to_owned()),
        ..of("Orders")
    };
    let scenario = desk.init(&wishes);
    scenario.fits(&desk);
    assert_eq!(scenario.job("set"), Some(TOTAL));
    assert_eq!(scenario.job("table"), Some("orders"));
    assert_eq!(scenario.job("eligible"), Some("total_cents IS NULL"));
    assert!(!scenario.text.contains("A guess"));
    let wishes = Wishes {
        set: Some("status = 'kept'".to_owned()),
        eligible: Some("status <> 'kept'".to_owned()),
        key: Some("id".to_owned()),
        ..of("orders")
    };
    let scenario = desk.init(&wishes);
    assert_eq!(scenario.job("eligible"), Some("status <> 'kept'"));
    let all = Wishes {
        eligible: None,
        ..wishes
    };
    assert_eq!(
        desk.init(&all).job("eligible"),
        None,
        "the column is not the one that waits"
    );
}

#[test]
fn the_writer_is_a_comment_and_right_without_it() {
    let desk = Desk::shop();
    let scenario = desk.init(&Wishes::default());
    let from = scenario.text.find("# [[writers.statement]]").unwrap();
    let lines = scenario.text[from..]
        .lines()
        .take_while(|line| line.starts_with("# "));
    let bare: Vec<&str> = lines.map(|line| &line[2..]).collect();
    let writers: Table = bare.join("\n").parse().unwrap();
    let statement = &writers["writers"]["statement"][0];
    let db = desk.db();
    let prepared = db.prepare(statement["sql"].as_str().unwrap()).unwrap();
    assert_eq!(
        (prepared.readonly(), prepared.parameter_count()),
        (false, 1)
    );
    value(&db, &statement["params"][0]);
}

#[test]
fn names_that_need_quotes_get_them_everywhere() {
    let desk = Desk::of(
        "CREATE TABLE \"order\"(
           \"group\" TEXT PRIMARY KEY NOT NULL, \"two words\" INT, \"say \"\"hi\"\"\" TEXT);
         CREATE TABLE \"it's; a.b\"(
           \"primary\" INTEGER PRIMARY KEY, \"order\" TEXT REFERENCES \"order\"(\"group\"),
           \"created at\" DATETIME);
         CREATE INDEX \"by order\" ON \"it's; a.b\"(\"order\");
         CREATE INDEX \"by moment\" ON \"it's; a.b\"(\"created at\");
         INSERT INTO \"order\" VALUES ('a', 1, NULL), ('b', 2, NULL);
         INSERT INTO \"it's; a.b\" VALUES (1, 'a', '2024-01-01'), (2, 'b', '2024-01-02')",
    );
    let scenario = desk.init(&Wishes::default());
    scenario.fits(&desk);
    assert_eq!(scenario.job("table"), Some("order"));
    assert_eq!(scenario.job("eligible"), Some("\"say \"\"hi\"\"\" IS NULL"));
    assert!(
        scenario
            .sql()
            .contains(&"SELECT * FROM \"order\" WHERE \"group\" = ?1")
    );
    assert!(
        scenario
            .sql()
            .iter()
            .any(|sql| sql.contains("\"it's; a.b\" WHERE \"order\" = ?1"))
    );
    let desk = Desk::of(
        "CREATE TABLE \"new\nline = 'x'\"(\"a\nb\" INTEGER PRIMARY KEY, c TEXT, \"d\ne\" INT);
         INSERT INTO \"new\nline = 'x'\" VALUES (1, 'x', NULL)",
    );
    desk.init(&Wishes::default()).fits(&desk);
    // On one line, both tables have the same name.
    let desk = Desk::of(
        "CREATE TABLE \"a\nb\"(\"x.y\" INTEGER PRIMARY KEY, v INT);
         CREATE TABLE \"a\tb\"(\"x.y\" INTEGER PRIMARY KEY, v INT);
         CREATE TABLE \"'.\"\"\"(\"'\" INTEGER PRIMARY KEY, \".\" INT);
         INSERT INTO \"a\nb\" VALUES (1, NULL); INSERT INTO \"a\tb\" VALUES (1, NULL);
         INSERT INTO \"'.\"\"\" VALUES (1, NULL)",
    );
    for table in ["a\nb", "a\tb", "'.\""] {
        desk.init(&of(table)).fits(&desk);
    }
}

#[test]
fn tables_of_all_kinds_are_read_and_others_left_alone() {
    let desk = Desk::of(
        "CREATE TABLE strict_one(id INTEGER PRIMARY KEY, a ANY, waits INT) STRICT;
         CREATE TABLE plain(k TEXT PRIMARY KEY, v INT) WITHOUT ROWID;
         CREATE TABLE generated(id INTEGER PRIMARY KEY, a INT, b INT AS (a + 1), c INT AS (NULL));
         CREATE VIEW seen AS SELECT * FROM strict_one;
         CREATE VIEW broken AS SELECT * FROM gone;
         CREATE VIRTUAL TABLE found USING fts5(text);
         CREATE TABLE _async_migrations(name TEXT PRIMARY KEY NOT NULL, status TEXT);
         INSERT INTO strict_one VALUES (1, 'a', NULL), (2, 'b', NULL);
         INSERT INTO plain VALUES ('x', 1), ('y', 2), ('z', 3);
         INSERT INTO generated(id, a) VALUES (1, 1);
         INSERT INTO found VALUES ('words');
         INSERT INTO _async_migrations VALUES ('a', NULL), ('b', NULL)",
    );
    let scenario = desk.init(&Wishes::default());
    scenario.fits(&desk);
    assert_eq!(scenario.job("table"), Some("strict_one"));
    let tables = ["found", "_async", "seen", "broken"];
    let foreign = |sql: &&str| tables.iter().any(|table| sql.contains(table));
    assert!(!scenario.sql().iter().any(foreign), "{:?}", scenario.sql());
    let plain = desk.init(&of("plain"));
    plain.fits(&desk);
    assert_eq!(plain.job("key"), Some("k"));
    let generated = desk.init(&of("generated"));
    generated.fits(&desk);
    assert_eq!(
        generated.job("eligible"),
        None,
        "nobody fills a generated column"
    );
    assert!(desk.refusal(&of("seen")).contains("but a view"));
    assert!(desk.refusal(&of("found")).contains("but a virtual"));
}

#[test]
fn a_key_of_several_columns_may_be_asked_for_as_sql_names_it() {
    let desk = Desk::of(
        "CREATE TABLE t(\"a, b\" TEXT, \"order\" INT, v INT, PRIMARY KEY(\"a, b\", \"order\"))
           WITHOUT ROWID;
         INSERT INTO t VALUES ('x', 1, NULL), ('x', 2, NULL), ('y', 1, NULL)",
    );
    let guessed = desk.init(&Wishes::default());
    guessed.fits(&desk);
    let key = r#""a, b", "order""#;
    assert_eq!(guessed.job("key"), Some(key));
    let asked = desk.init(&Wishes {
        key: Some(key.to_owned()),
        set: Some("v = 1".to_owned()),
        ..of("t")
    });
    asked.fits(&desk);
    assert_eq!(asked.job("key"), Some(key));
}

#[test]
fn the_key_is_the_first_that_a_backfill_accepts() {
    for (table, key) in [
        ("t(a INTEGER PRIMARY KEY, b INT)", Some("a")),
        ("t(a TEXT PRIMARY KEY, b INT)", None),
        ("t(a TEXT PRIMARY KEY NOT NULL, b INT)", Some("a")),
        ("t(a TEXT PRIMARY KEY, b INT NOT NULL UNIQUE)", Some("b")),
        (
            "t(a INT, b INT NOT NULL UNIQUE ON CONFLICT IGNORE)",
            Some("b"),
        ),
        (
            "t(a TEXT, b INT, PRIMARY KEY(a, b)) WITHOUT ROWID",
            Some("a, b"),
        ),
        (
            "t(a TEXT NOT NULL, b INT NOT NULL, UNIQUE(b, a))",
            Some("b, a"),
        ),
        ("t(a TEXT, b INT, PRIMARY KEY(a, b))", None),
        ("t(a INT, b INT)", None),
    ] {
        let desk = Desk::of(&format!(
            "CREATE TABLE {table}; INSERT INTO t VALUES (1, 2), (3, 4)"
        ));
        match key {
            Some(key) => {
                let scenario = desk.init(&Wishes::default());
                scenario.fits(&desk);
                assert_eq!(scenario.job("key"), Some(key), "{table}");
            }
            None => {
                let said = desk.refusal(&Wishes::default());
                assert!(said.contains("`t` has no key to walk along"), "{said}");
                assert!(said.contains("INTEGER PRIMARY KEY"), "{said}");
                let said = desk.refusal(&of("t"));
                assert!(
                    said.contains("has no key that a backfill could walk along"),
                    "{said}"
                );
            }
        }
    }
}

#[test]
fn without_a_column_that_waits_the_largest_table_is_taken_and_said_to_be_a_guess() {
    let desk = Desk::of(
        "CREATE TABLE small(k INTEGER PRIMARY KEY, v INT);
         CREATE TABLE large(k INTEGER PRIMARY KEY, v INT);
         INSERT INTO small VALUES (1, 1);
         INSERT INTO large VALUES (1, 1), (2, NULL)",
    );
    let scenario = desk.init(&Wishes::default());
    scenario.fits(&desk);
    assert_eq!(scenario.job("table"), Some("large"));
    assert_eq!(
        (scenario.job("eligible"), scenario.job("set")),
        (None, Some(""))
    );
    assert!(
        scenario
            .text
            .contains("no column is mostly NULL, and `large` is the\n# largest")
    );
}

#[test]
fn rows_in_a_write_ahead_log_are_seen_and_the_log_is_left_as_it_is() {
    let desk = Desk::empty();
    let db = desk.db();
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
         CREATE TABLE t(k INTEGER PRIMARY KEY, waits INT);
         INSERT INTO t VALUES (1, NULL), (2, NULL), (3, NULL)",
    )
    .unwrap();
    let left = Desk::empty();
    for name in ["db.sqlite", "db.sqlite-wal"] {
        fs::copy(desk.path(name), left.path(name)).unwrap();
    }
    let before = left.bytes();
    assert_eq!(before.len(), 2);
    let scenario = left.init(&Wishes::default());
    assert_eq!(scenario.job("eligible"), Some("waits IS NULL"));
    assert!(scenario.text.contains("NULL in 3 of 3 rows"));
    assert_eq!(scenario.toml["database"]["journal"].as_str(), Some("wal"));
    // Without its log, there is nothing in it.
    fs::remove_file(left.path("db.sqlite-wal")).unwrap();
    let said = left.refusal(&Wishes::default());
    assert!(said.contains("no table to backfill"), "{said}");
}

/// `sim` in `folder`.
fn sim(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sim"));
    command.args(args).current_dir(folder).output().unwrap()
}

#[test]
fn the_command_says_what_is_missing_and_what_comes_next() {
    let desk = Desk::shop();
    let output = sim(desk.folder.path(), &["init", "db.sqlite"]);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        said,
        "scenario  db.toml\nnext      cargo sim check db.toml\n          cargo sim run db.toml\n"
    );
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("fill in `set` of [job] in db.toml: what goes into `total_cents`"));
    let before = desk.bytes();
    let again = sim(desk.folder.path(), &["init", "db.sqlite"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(
        String::from_utf8(again.stderr)
            .unwrap()
            .contains("nothing is overwritten")
    );
    assert_eq!(
        sim(desk.folder.path(), &["init", "x", "--set", "a = 1"])
            .status
            .code(),
        Some(2)
    );
    let nowhere = ["init", "db.sqlite", "--out", "no/folder/x.toml"];
    assert_eq!(sim(desk.folder.path(), &nowhere).status.code(), Some(1));
    let odd = ["init", "db.sqlite", "--out", "x.txt"];
    assert_eq!(sim(desk.folder.path(), &odd).status.code(), Some(2));
    assert_eq!(desk.bytes(), before);
}

#[test]
fn the_database_is_seen_from_the_scenario() {
    let desk = Desk::shop();
    fs::create_dir_all(desk.path("questions/mine")).unwrap();
    let set = [
        "--table",
        "orders",
        "--set",
        "note = ''",
        "--out",
        "questions/mine/a.toml",
    ];
    let output = sim(
        desk.folder.path(),
        &[&["init", "db.sqlite"][..], &set].concat(),
    );
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
    let text = fs::read_to_string(desk.path("questions/mine/a.toml")).unwrap();
    let toml: Table = text.parse().unwrap();
    assert_eq!(toml["database"]["file"].as_str(), Some("../../db.sqlite"));
}
