//! Keys of every kind, from the file to the verdict: text, several columns, STRICT; and those that
//! cannot say where a backfill is, refused before anything runs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod library;
mod warehouse;

use backfill_sim::measure::Run;
use backfill_sim::outcome::{Ending, Outcome};
use backfill_sim::sample;
use library::run;
use rusqlite::Connection;
use warehouse::Warehouse;

/// A table of the shop, and what is to be filled in it.
struct Case<'a> {
    table: &'a str,
    key: &'a str,
    set: &'a str,
    eligible: &'a str,
    /// A live write to the rows that are filled: of the first column of the key, and a number.
    write: &'a str,
    /// The column its first parameter is of.
    written: &'a str,
}

/// Beside what the sample has: a column to be filled, a text key that is NOT NULL, a STRICT table,
/// and tables that nothing can walk along.
const MORE: &str = "
    ALTER TABLE order_items ADD COLUMN line_cents INTEGER;
    CREATE TABLE catalog(sku TEXT PRIMARY KEY NOT NULL, price_cents INTEGER NOT NULL, sold INTEGER);
    INSERT INTO catalog SELECT sku, price_cents, NULL FROM products;
    CREATE TABLE balances(country TEXT NOT NULL, customer INTEGER NOT NULL, orders INTEGER,
      seen INTEGER NOT NULL DEFAULT 0, UNIQUE(country, customer)) STRICT;
    INSERT INTO balances(country, customer) SELECT country, id FROM customers;
    CREATE TABLE visits(at INTEGER NOT NULL, path TEXT, length INTEGER);
    INSERT INTO visits SELECT placed_at / 10000, '/', NULL FROM orders;
    CREATE TABLE weights(w REAL PRIMARY KEY NOT NULL, v INT);
    INSERT INTO weights VALUES (1, NULL), (2.5, NULL);
    CREATE TABLE prices(p INT PRIMARY KEY NOT NULL, v INT);
    INSERT INTO prices VALUES (1, NULL), (1.5, NULL), (2, NULL);
    CREATE TABLE hashes(h BLOB, line INT, v INT, PRIMARY KEY(line, h)) WITHOUT ROWID;
    INSERT INTO hashes VALUES (x'00', 1, NULL), ('text', 2, NULL);
    CREATE TABLE imports(name TEXT PRIMARY KEY NOT NULL, v INT);
    INSERT INTO imports VALUES (CAST(x'4dfc' AS TEXT), NULL)";

const CASES: [Case<'_>; 4] = [
    Case {
        table: "orders",
        key: "id",
        set: "total_cents = (SELECT sum(quantity * unit_cents) FROM order_items \
              WHERE order_items.order_id = orders.id)",
        eligible: "total_cents IS NULL",
        write: "UPDATE orders SET total_cents = ?2 WHERE id = ?1",
        written: "orders.id",
    },
    Case {
        table: "order_items",
        key: "order_id, line",
        set: "line_cents = quantity * unit_cents",
        eligible: "line_cents IS NULL",
        write: "UPDATE order_items SET quantity = ?2 WHERE order_id = ?1 AND line = 1",
        written: "order_items.order_id",
    },
    Case {
        table: "catalog",
        key: "sku",
        set: "sold = (SELECT count(*) FROM order_items WHERE order_items.sku = catalog.sku)",
        eligible: "true",
        write: "UPDATE catalog SET price_cents = ?2 WHERE sku = ?1",
        written: "catalog.sku",
    },
    Case {
        table: "balances",
        key: "country, customer",
        set: "orders = (SELECT count(*) FROM orders AS o WHERE o.customer_id = customer)",
        eligible: "orders IS NULL",
        write: "UPDATE balances SET seen = ?2 WHERE customer = ?1",
        written: "balances.customer",
    },
];

/// The sample of 2 MiB, with [`MORE`] in it.
fn shop() -> Warehouse {
    let shop = Warehouse(tempfile::tempdir().unwrap());
    let path = shop.path("shop.sqlite");
    sample::shop(&path, 2, 1, &|_| {}).unwrap();
    let open = Connection::open(path).unwrap();
    open.execute_batch(MORE).unwrap();
    shop
}

fn rows(shop: &Warehouse, table: &str) -> u64 {
    let open = Connection::open(shop.path("shop.sqlite")).unwrap();
    let sql = format!("SELECT count(*) FROM {table}");
    open.query_row(&sql, [], |row| row.get::<_, i64>(0))
        .unwrap()
        .unsigned_abs()
}

/// The scenario of `case`, in chunks of `rows` rows.
fn question(case: &Case<'_>, rows: u64) -> String {
    let Case {
        table,
        key,
        set,
        eligible,
        write,
        written,
    } = case;
    format!(
        r#"# Do buyers stay served while {table} is filled in?
must_fail = []

[database]
file = "shop.sqlite"

[job]
name = "{table}"
table = "{table}"
key = "{key}"
eligible = "{eligible}"
set = "{set}"

[[readers.query]]
name = "order page"
sql = "SELECT * FROM orders JOIN order_items ON order_id = id WHERE id = ?1"
params = [{{ column = "orders.id" }}]
rate_per_s = 20.0

[[writers.statement]]
name = "write"
sql = "{write}"
params = [{{ column = "{written}" }}, {{ from = 1, to = 9 }}]
rate_per_s = 10.0

[disk]
profile = "sd-card"

[phases]
warm_up_s = 1
baseline_s = 2
recovery_s = 1
horizon_s = 300

[strategies.single]
kind = "single-transaction"
role = "baseline"

[strategies.fixed]
kind = "chunked"
rows = {rows}
pause_ms = 100
"#
    )
}

/// What an oracle or a request has against it.
fn wrong(outcome: &Outcome) -> Vec<String> {
    let oracles = outcome.oracles.iter().filter(|oracle| !oracle.passed);
    let mut wrong: Vec<String> = oracles
        .map(|oracle| format!("{}: {}", oracle.name, oracle.detail))
        .collect();
    let failed = outcome.requests.iter().filter(|request| request.failed);
    wrong.extend(failed.map(|request| format!("{} failed", request.kind.name())));
    wrong
}

#[track_caller]
fn all_right(run: &Run, table: &str, ending: &Ending) {
    assert!(!run.outcomes.is_empty());
    for outcome in &run.outcomes {
        let name = &outcome.strategy;
        assert_eq!(wrong(outcome), [""; 0], "{table}, {name}");
        assert_eq!(&outcome.ending, ending, "{table}, {name}");
    }
}

#[test]
fn every_kind_of_key_is_filled_right_and_the_same_every_time() {
    let shop = shop();
    for case in &CASES {
        let rows = rows(&shop, case.table);
        let at_once = rows / 8 + 1;
        shop.write(&question(case, at_once));
        let before = shop.files();
        let run = run(&shop.load(&[]).unwrap(), 2, true);
        all_right(&run, case.table, &Ending::Done);
        assert_eq!(run.outcomes.len(), 2);
        let fixed = run.outcomes_of("fixed").next().unwrap();
        let chunks = fixed.chunks.len() as u64;
        assert_eq!(chunks, rows.div_ceil(at_once), "{}", case.table);
        let done = fixed.counters["rows_processed"];
        // Whoever writes a total himself leaves nothing to fill.
        assert!(
            done <= rows && done > rows / 2,
            "{}: {done} of {rows}",
            case.table
        );
        assert!(before == shop.files(), "the folder was changed");
    }
}

#[test]
fn every_kind_of_key_is_gone_on_with_where_a_run_was_cancelled() {
    let shop = shop();
    for case in &CASES {
        shop.write(&question(case, rows(&shop, case.table) / 8 + 1));
        let load = |more: &[&str]| {
            let mut scenario = shop
                .load(&[&["cancel.after_s=0.4"], more].concat())
                .unwrap();
            scenario.keep_strategies(&["fixed".to_owned()]).unwrap();
            scenario
        };
        let cancelled = run(&load(&[]), 2, true);
        all_right(&cancelled, case.table, &Ending::Cancelled);
        let chunks = cancelled.outcomes[0].chunks.len();
        assert!((1..8).contains(&chunks), "{}: {chunks}", case.table);
        let resumed = run(&load(&["cancel.resume_after_s=0.5"]), 2, true);
        all_right(&resumed, case.table, &Ending::Done);
    }
}

/// The reason, and the key underlined.
#[test]
fn a_key_that_cannot_say_where_a_backfill_is_is_refused() {
    let shop = shop();
    for (table, key, reason) in [
        ("products", "sku", "it may be NULL"),
        ("visits", "at", "it is not unique by itself"),
        ("visits", "at, path", "one of its columns may be NULL"),
        ("order_items", "order_id", "it is not unique by itself"),
        (
            "order_items",
            "line, order_id",
            "not in the order of their index",
        ),
        ("weights", "w", "one is a real number"),
        ("prices", "p", "one is a real number"),
        ("hashes", "line, h", "one is a BLOB"),
        ("imports", "name", "one is text that is no UTF-8"),
    ] {
        let case = Case {
            table,
            key,
            set: &format!("{key} = {key}", key = key.split(',').next().unwrap()),
            eligible: "true",
            ..CASES[0]
        };
        shop.write(&question(&case, 5));
        let said = shop.load(&[]).map(|_| ()).unwrap_err();
        let line = format!("key = \"{key}\"");
        // Under the value, behind `key = `.
        let shown = format!("{line} · {}", "─".repeat(key.len() + 2));
        let refused = format!("`{key}` is no usable key of `{table}`: ");
        for part in [refused.as_str(), reason, &shown] {
            let stuck = |text: &str| text.split_whitespace().collect::<String>();
            assert!(
                stuck(&said).contains(&stuck(part)),
                "{part} is not in: {said}"
            );
        }
    }
}
