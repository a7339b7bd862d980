//! What is wrong with a database of one's own, or with what a scenario says of it, is said before
//! anything runs: where, why, and the way out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod warehouse;

use std::fs;

use rusqlite::Connection;
use warehouse::{SCENARIO, Warehouse};

/// Everything of `parts` is said of the scenario.
#[track_caller]
fn refused(warehouse: &Warehouse, overrides: &[&str], parts: &[&str]) {
    let before = warehouse.files();
    let said = match warehouse.load(overrides) {
        Ok(_) => panic!("{overrides:?} was taken"),
        Err(said) => said,
    };
    // miette breaks long lines wherever it likes.
    let stuck: String = said.split_whitespace().collect();
    for part in parts {
        let part_stuck: String = part.split_whitespace().collect();
        assert!(stuck.contains(&part_stuck), "`{part}` is not in: {said}");
    }
    assert!(before == warehouse.files(), "the folder was changed");
}

/// The scenario with `from` written as `to`.
#[track_caller]
fn changed(from: &str, to: &str, parts: &[&str]) {
    let warehouse = Warehouse::new();
    assert!(SCENARIO.contains(from), "{from}");
    warehouse.write(&SCENARIO.replacen(from, to, 1));
    refused(&warehouse, &[], parts);
}

/// The file, without its log, with `change` made to its bytes.
#[track_caller]
fn broken(change: impl FnOnce(&mut Vec<u8>), parts: &[&str]) {
    let warehouse = Warehouse::new();
    fs::remove_file(warehouse.path("warehouse.sqlite-wal")).unwrap();
    let path = warehouse.path("warehouse.sqlite");
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(&path, bytes).unwrap();
    refused(&warehouse, &[], parts);
}

#[test]
fn files_that_are_none() {
    let missing = [
        "there is no file",
        "gone.sqlite",
        "folder of the scenario file",
    ];
    changed("warehouse.sqlite", "gone.sqlite", &missing);
    changed(
        "warehouse.sqlite",
        ".",
        &["is no file", "name a SQLite file"],
    );
    let warehouse = Warehouse::new();
    let set = ["database.file=\"gone.sqlite\""];
    refused(&warehouse, &set, &["current directory", "set by --set"]);
    broken(Vec::clear, &["is empty"]);
    broken(
        |bytes| bytes[..16].fill(7),
        &["encrypted or not a SQLite database", "without a key"],
    );
    broken(|bytes| bytes.truncate(60), &["not a SQLite database"]);
    broken(
        |bytes| bytes.truncate(bytes.len() / 2),
        &["is cut off", ".backup copy.sqlite"],
    );
    let newer = format!("newer SQLite than {}", rusqlite::version());
    broken(|bytes| bytes[19] = 3, &[&newer, ".dump"]);
    broken(|bytes| bytes[47] = 5, &[&newer]);
}

#[test]
fn schemas_that_cannot_be_read() {
    let warehouse = Warehouse::of("CREATE TABLE parcels(code TEXT)", SCENARIO);
    let open = Connection::open(warehouse.path("warehouse.sqlite")).unwrap();
    let later = "PRAGMA writable_schema = on;
                 UPDATE sqlite_schema SET sql = 'CREATE TABLE parcels(code TEXT) LATER'";
    open.execute_batch(later).unwrap();
    drop(open);
    let written = format!("last written by SQLite {}", rusqlite::version());
    refused(
        &warehouse,
        &[],
        &["cannot read the schema", &written, "malformed"],
    );
}

#[test]
fn tables_that_do_not_go_together() {
    for table in ["dataset", "load", "cache"] {
        let text = format!("[{table}]\n[disk]");
        changed(
            "[disk]",
            &text,
            &["about the seeded data", &format!("[{table}]"), "remove it"],
        );
    }
    let without = &[
        "about a database of one's own",
        "add `file = \"shop.sqlite\"`",
    ];
    changed("file = \"warehouse.sqlite\"", "", without);
    let job = &SCENARIO[SCENARIO.find("[job]").unwrap()..SCENARIO.find("[[readers").unwrap()];
    changed(job, "", &["not what is to be done in it"]);
    let readers =
        &SCENARIO[SCENARIO.find("[[readers").unwrap()..SCENARIO.find("[[writers").unwrap()];
    changed(readers, "", &["nobody reads"]);
    let kind = "kind = \"chunked\"\nrows = 20";
    let proposal = "kind = \"proposal\"\nrows = 20";
    changed(kind, proposal, &["of the seeded data only"]);
    let shape = format!("{kind}\nshape = \"two-phase\"");
    changed(kind, &shape, &["only a largest value over another table"]);
    let apply = "[apply]\nstrategy = \"fixd\"\n[disk]";
    changed(
        "[disk]",
        apply,
        &["no strategy `fixd`", "did you mean `fixed`?"],
    );
    changed(
        "[disk]",
        "[apply]\nstrategy = \"single\"\n[disk]",
        &["does not work in chunks"],
    );
    let both = "key = \"code\"\ncolumn = \"size\"";
    changed(
        "key = \"code\"",
        both,
        &["says by itself which rows", "needs `source`"],
    );
}

#[test]
fn jobs_that_do_not_fit() {
    changed(
        "table = \"parcels\"",
        "table = \"parcel\"",
        &["did you mean `parcels`?"],
    );
    changed(
        "table = \"parcels\"",
        "table = \"heavy\"",
        &["`heavy` is a view"],
    );
    changed(
        "key = \"code\"",
        "key = \"cod\"",
        &["no column `cod`", "did you mean `code`?"],
    );
    let unfit = [
        "`touched_at` is no usable key",
        "it may be NULL",
        "key = \"touched_at\"",
    ];
    changed("key = \"code\"", "key = \"touched_at\"", &unfit);
    let unfit = ["`weight_g` is no usable key", "not unique by itself"];
    changed("key = \"code\"", "key = \"weight_g\"", &unfit);
    changed("size IS NULL", "sise IS NULL", &["no such column: sise"]);
    changed(
        "size IS NULL",
        "1); DROP TABLE parcels; --",
        &["`eligible`", "job.eligible"],
    );
    changed("size IS NULL", "random() > 0", &["whenever it is asked"]);
    let now = "set = \"touched_at = datetime('now')\" # ";
    changed(
        "set = ",
        now,
        &["`datetime('now')` comes to something else"],
    );
    for moment in [
        "TIME ( )",
        "strftime('%s')",
        "date( 'NOW' )",
        "CURRENT_TIMESTAMP",
        "last_insert_rowid ()",
        "\\\"random\\\"()",
    ] {
        let set = format!("set = \"touched_at = {moment}\" # ");
        changed("set = ", &set, &["comes to something else", "job.set"]);
    }
    changed("name = \"sizes\"", "name = \" \"", &["it is empty"]);
}

#[test]
fn statements_that_do_not_fit() {
    let select = "SELECT * FROM parcels WHERE code = ?1";
    changed(
        select,
        "SELECT * FORM parcels",
        &["SQLite does not accept `parcel page`", "syntax"],
    );
    changed(
        select,
        "SELECT * FROM parcels",
        &["has 0 parameters, and 1 are given"],
    );
    changed(select, "SELECT 1; SELECT 2", &["more than one statement"]);
    changed(
        select,
        "DELETE FROM parcels WHERE code = ?1",
        &["does not only read"],
    );
    changed(
        select,
        "SELECT random(), ?1",
        &["`random()` comes to something else"],
    );
    changed(
        select,
        "SELECT RandomBlob /* of */ (4), ?1",
        &["`randomblob()` comes to something else"],
    );
    changed(select, "BEGIN", &["does not only read"]);
    let insert = "INSERT INTO scans(parcel, at) VALUES (?1, ?2)";
    changed(
        insert,
        "SELECT ?1, ?2",
        &["changes no rows", "`[[readers.query]]`"],
    );
    changed(
        insert,
        "CREATE INDEX more ON scans(at)",
        &["changes no rows"],
    );
    changed(
        "{ column = \"parcels.code\" }]\nrate",
        "{ column = \"parcels.cod\" }]\nrate",
        &["did you mean `code`?"],
    );
}

/// What is called without being named in the statement, and named without being called.
#[test]
fn functions_are_found_where_they_are_called() {
    let tables = "CREATE TABLE parcels(code TEXT PRIMARY KEY NOT NULL, weight_g INT, size TEXT);
                  CREATE TABLE scans(id TEXT DEFAULT (hex(randomblob(8))), parcel, at);
                  CREATE VIEW lottery AS SELECT random() AS number;
                  CREATE TABLE moves(number);
                  INSERT INTO parcels VALUES ('P1', 1, NULL); INSERT INTO scans(parcel) VALUES (1);";
    let warehouse = Warehouse::of(tables, SCENARIO);
    let scan = [
        "`scan`: `randomblob()` comes to something else",
        "write the column",
    ];
    refused(&warehouse, &[], &scan);
    let id = "writers.statement.0.sql=\"INSERT INTO scans VALUES ('random()', ?1, ?2)\"";
    assert!(warehouse.load(&[id]).is_ok(), "the default is not asked");
    let lottery = "readers.query.0.sql=\"SELECT * FROM lottery WHERE number = ?1\"";
    refused(&warehouse, &[id, lottery], &["`parcel page`: `random()`"]);

    let trigger = "CREATE TRIGGER drawn AFTER UPDATE ON parcels BEGIN
                   INSERT INTO moves VALUES (random()); END";
    let warehouse = Warehouse::of(&format!("{tables}{trigger}"), SCENARIO);
    refused(
        &warehouse,
        &[id],
        &[
            "`random()` comes to something else whenever",
            "`weigh`: `random()`",
        ],
    );
}

#[test]
fn parameters_that_say_no_value() {
    let code = "params = [{ column = \"parcels.code\" }]";
    changed(
        code,
        "params = [{ column = \"moves.parcel\" }]",
        &["`moves` has no row"],
    );
    changed(
        code,
        "params = [{ column = \"code\" }]",
        &["no table with a column"],
    );
    changed(
        code,
        "params = [{ from = 3, to = 2 }]",
        &["no number from 3 to 2"],
    );
    changed(code, "params = [{ from = 3 }]", &["it says no value"]);
    changed(
        code,
        "params = [{ colum = \"parcels.code\" }]",
        &["did you mean `column`?"],
    );
    changed(
        "rate_per_s = 40.0",
        "rate_per_s = -1",
        &["no number of arrivals"],
    );
    changed("rate_per_s = 40.0", "", &["`rate_per_s` is missing"]);
    changed(
        "name = \"weigh\"",
        "name = \"scan\"",
        &["name of another statement"],
    );
}

#[test]
fn what_is_done_is_not_rehearsed() {
    let warehouse = Warehouse::new();
    let open = Connection::open(warehouse.path("warehouse.sqlite")).unwrap();
    open.execute_batch(
        "CREATE TABLE _async_migrations(name TEXT PRIMARY KEY, status TEXT NOT NULL);
         INSERT INTO _async_migrations VALUES ('sizes', 'done'), ('other', 'done')",
    )
    .unwrap();
    drop(open);
    refused(
        &warehouse,
        &[],
        &["nothing to rehearse", "DELETE FROM _async_migrations"],
    );
    assert!(warehouse.load(&["job.name=sizes-again"]).is_ok());
}

/// A module or a collation that is missing is in nobody's way who does not need it.
#[test]
fn what_is_missing_is_refused_only_where_it_is_needed() {
    let warehouse = Warehouse::new();
    let open = Connection::open(warehouse.path("warehouse.sqlite")).unwrap();
    open.execute_batch(
        "CREATE TABLE names(name TEXT);
         PRAGMA writable_schema = on;
         UPDATE sqlite_schema SET sql = 'CREATE TABLE names(name TEXT COLLATE house)'
           WHERE name = 'names';
         INSERT INTO sqlite_schema VALUES
           ('table', 'found', 'found', 0, 'CREATE VIRTUAL TABLE found USING finder(text)')",
    )
    .unwrap();
    drop(open);
    let scenario = warehouse.load(&[]).unwrap();
    let images = tempfile::tempdir().unwrap();
    backfill_sim::own::check_soundness(scenario.file.as_ref().unwrap(), images.path()).unwrap();
    for (sql, missing) in [
        (
            "SELECT * FROM found WHERE text = ?1",
            "no such module: finder",
        ),
        (
            "SELECT * FROM names WHERE name = ?1",
            "no such collation sequence: house",
        ),
    ] {
        let set = format!("readers.query.0.sql=\"{sql}\"");
        refused(&warehouse, &[&set], &[missing, "parcel page"]);
    }
}
