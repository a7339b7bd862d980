//! `sim apply` and `sim serve`: backfills on the real clock and a real file, interrupted at any
//! moment, end as one UPDATE does.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(
    clippy::disallowed_methods,
    reason = "processes are killed on the host's clock; no verdict depends on it"
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;

const SET: &str = "total_cents = (SELECT sum(quantity * unit_cents) FROM order_items \
                   WHERE order_items.order_id = orders.id)";

/// A small shop with the scenario that `sim init` writes for it, changed so that a run lasts long
/// enough to be interrupted.
struct Shop {
    folder: TempDir,
}

impl Shop {
    fn new(pause_ms: u32) -> Self {
        let shop = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        shop.done(&["sample", "shop", "app.sqlite", "--mib", "4"]);
        shop.done(&[
            "init",
            "app.sqlite",
            "--out",
            "job.toml",
            "--table",
            "orders",
            "--set",
            SET,
            "--eligible",
            "total_cents IS NULL",
        ]);
        fs::copy(shop.path("app.sqlite"), shop.path("before.sqlite")).unwrap();
        let text = fs::read_to_string(shop.path("job.toml")).unwrap();
        let text = text.replace("strategy = \"slo-20ms\"", "strategy = \"slow\"");
        let slow =
            format!("[strategies.slow]\nkind = \"chunked\"\nrows = 50\npause_ms = {pause_ms}\n");
        fs::write(shop.path("job.toml"), format!("{text}\n{slow}")).unwrap();
        shop
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn sim(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sim"));
        command.args(args).current_dir(self.folder.path());
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.sim(args).output().unwrap()
    }

    fn done(&self, args: &[&str]) -> Output {
        let output = self.run(args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {said}");
        output
    }

    /// The command that does it, as hasty as it may be.
    fn apply(&self, more: &[&str]) -> Command {
        let hasty = ["--listen-s", "1", "--stale-after-s", "2"];
        let all = ["apply", "app.sqlite", "job.toml", "--yes"];
        self.sim(&[&all[..], &hasty, more].concat())
    }

    /// Rows done, as the ledger says; `None` before there is one.
    fn processed(&self) -> Option<i64> {
        let sql = "SELECT rows_processed FROM _async_migrations";
        let connection = Connection::open(self.path("app.sqlite")).unwrap();
        connection.busy_timeout(Duration::from_secs(5)).unwrap();
        connection.query_row(sql, [], |row| row.get(0)).ok()
    }

    /// Every row is what one UPDATE makes of it, and nothing else was changed.
    fn assert_as_one_update(&self) {
        let one = self.path("one.sqlite");
        fs::copy(self.path("before.sqlite"), &one).unwrap();
        let reference = Connection::open(one).unwrap();
        let update = format!("UPDATE orders SET {SET} WHERE total_cents IS NULL");
        reference.execute_batch(&update).unwrap();
        let found = Connection::open(self.path("app.sqlite")).unwrap();
        for table in [
            "orders",
            "order_items",
            "order_events",
            "customers",
            "products",
        ] {
            assert_eq!(rows(&found, table), rows(&reference, table), "{table}");
        }
    }
}

fn rows(connection: &Connection, table: &str) -> Vec<Vec<Value>> {
    let mut all = connection
        .prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2"))
        .unwrap();
    let columns = all.column_count();
    let rows = all.query_map([], |row| {
        (0..columns).map(|column| row.get(column)).collect()
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn without_yes_nothing_is_changed_and_without_a_backup_neither() {
    let shop = Shop::new(0);
    let before = fs::read(shop.path("app.sqlite")).unwrap();
    let said = shop.done(&["apply", "app.sqlite", "job.toml"]);
    let said = text(&said.stdout);
    assert!(said.contains("Nothing was changed"), "{said}");
    assert!(
        said.contains("orders, by id") && said.contains("slow"),
        "{said}"
    );
    let refused = shop.run(&["apply", "app.sqlite", "job.toml", "--yes"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("no backup"));
    assert_eq!(fs::read(shop.path("app.sqlite")).unwrap(), before);
    assert!(!shop.path("app.sqlite-wal").exists());
    assert!(!shop.path("app.sqlite-shm").exists());
}

#[test]
fn a_file_that_is_locked_or_in_another_mode_is_refused() {
    let shop = Shop::new(0);
    let lock = Connection::open(shop.path("app.sqlite")).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let set = fs::read_to_string(shop.path("job.toml")).unwrap();
    let hasty = set.replace("[database]", "[database]\nbusy_timeout_ms = 50");
    fs::write(shop.path("job.toml"), hasty).unwrap();
    let refused = shop
        .apply(&["--no-backup", "--no-rehearsal"])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("locked by somebody else"));
    drop(lock);
    let other = fs::read_to_string(shop.path("job.toml")).unwrap();
    let other = other.replace("journal = \"wal\"", "journal = \"delete\"");
    fs::write(shop.path("job.toml"), other).unwrap();
    let refused = shop
        .apply(&["--no-backup", "--no-rehearsal"])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused.stderr).contains("journal mode"),
        "{}",
        text(&refused.stderr)
    );
    assert_eq!(shop.processed(), None, "nothing was begun");
}

#[test]
fn killed_again_and_again_it_ends_as_one_update_and_says_what_was_predicted() {
    let shop = Shop::new(15);
    let mut processed = 0;
    for kill in 0..4 {
        let mut running = shop
            .apply(&["--backup", "app.backup"])
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Until it has stored something more; then a moment that differs from time to time.
        let mut now = processed;
        while now <= processed {
            assert!(
                running.try_wait().unwrap().is_none(),
                "it is too quick to be killed"
            );
            std::thread::sleep(Duration::from_millis(10));
            let next = shop.processed().unwrap_or(0);
            assert!(next >= now, "progress went back");
            now = next;
        }
        std::thread::sleep(Duration::from_millis(37 * kill));
        // SIGKILL.
        running.kill().unwrap();
        running.wait().unwrap();
        processed = shop.processed().unwrap();
        assert!(processed >= now, "what was stored is kept");
    }
    let last = shop.apply(&["--backup", "app.backup"]).output().unwrap();
    let (said, told) = (text(&last.stdout), text(&last.stderr));
    assert!(last.status.success(), "{told}");
    assert!(told.contains("app.backup (there already)"), "{told}");
    let line = |start: &str| said.lines().find(|line| line.starts_with(start)).unwrap();
    assert!(line("duration").contains("over 5 runs"), "{said}");
    assert!(!line("duration").contains("no figure"), "{said}");
    assert!(!line("reader p95").contains("no figure"), "{said}");
    shop.assert_as_one_update();
    let backup = Connection::open(shop.path("app.backup")).unwrap();
    let before = Connection::open(shop.path("before.sqlite")).unwrap();
    assert_eq!(rows(&backup, "orders"), rows(&before, "orders"));
    let again = shop.apply(&["--backup", "app.backup"]).output().unwrap();
    assert_eq!(again.status.code(), Some(0));
    assert!(text(&again.stdout).contains("done already"));
}

#[test]
fn of_two_processes_one_runs_and_the_other_says_so_and_follows_it() {
    let shop = Shop::new(20);
    let start = || {
        let mut both = shop.apply(&["--no-backup", "--no-rehearsal"]);
        both.stderr(Stdio::piped()).stdout(Stdio::piped());
        both.spawn().unwrap()
    };
    let both = [start(), start()].map(|one| one.wait_with_output().unwrap());
    let followed = both
        .each_ref()
        .map(|one| text(&one.stderr).contains("following"));
    assert!(followed[0] != followed[1], "{followed:?}");
    for one in &both {
        assert!(one.status.success(), "{}", text(&one.stderr));
    }
    shop.assert_as_one_update();
}

#[test]
fn a_database_in_use_is_rehearsed_backed_up_and_filled_all_the_same() {
    let shop = Shop::new(5);
    let (path, over) = (shop.path("app.sqlite"), Arc::new(AtomicBool::new(false)));
    let ended = Arc::clone(&over);
    let application = std::thread::spawn(move || {
        let connection = Connection::open(path).unwrap();
        connection.busy_timeout(Duration::from_secs(20)).unwrap();
        let mut writes = 0;
        while !ended.load(Ordering::Relaxed) {
            let sql = "UPDATE customers SET name = name || '.' WHERE id = 1 + ?1 % 50";
            writes += connection.execute(sql, [writes as i64]).unwrap();
            std::thread::sleep(Duration::from_millis(5));
        }
        writes
    });
    let output = shop.apply(&["--backup", "app.backup"]).output().unwrap();
    over.store(true, Ordering::Relaxed);
    assert!(application.join().unwrap() > 10);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("made now"));
    let found = Connection::open(shop.path("app.sqlite")).unwrap();
    let left = "SELECT count(*) FROM orders WHERE total_cents IS NULL";
    assert_eq!(
        found
            .query_row(left, [], |row| row.get::<_, i64>(0))
            .unwrap(),
        0
    );
    let backup = Connection::open(shop.path("app.backup")).unwrap();
    let done = "SELECT count(*) FROM orders WHERE total_cents IS NOT NULL";
    assert_eq!(
        backup
            .query_row(done, [], |row| row.get::<_, i64>(0))
            .unwrap(),
        0
    );
}

#[test]
fn a_backup_of_what_is_half_done_is_none() {
    let shop = Shop::new(30);
    let mut first = shop
        .apply(&["--no-backup", "--no-rehearsal"])
        .spawn()
        .unwrap();
    while shop.processed().unwrap_or(0) == 0 {
        let ended = first.try_wait().unwrap();
        assert!(
            ended.is_none(),
            "it ended before its first chunk: {ended:?}"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let late = shop.apply(&["--backup", "late.backup"]).output().unwrap();
    assert_eq!(late.status.code(), Some(1));
    assert!(
        text(&late.stderr).contains("half done"),
        "{}",
        text(&late.stderr)
    );
    assert!(!shop.path("late.backup").exists());
}

/// Asks the status page over HTTP.
fn ask(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Starts `sim serve` in the folder of a scenario, and waits for its page.
fn serve(scenario: &Path) -> (Child, String) {
    let mut serving = Command::new(env!("CARGO_BIN_EXE_sim"))
        .args(["serve", "small.toml", "--port", "0", "--until-done"])
        .args(["--listen-s", "1", "--stale-after-s", "2"])
        .current_dir(scenario)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(serving.stderr.take().unwrap()).lines();
    let page = lines
        .by_ref()
        .map(Result::unwrap)
        .find_map(|line| Some(line.strip_prefix("page      http://")?.replace('/', "")));
    serving.stderr = None;
    // Whoever writes to a pipe nobody reads would be stopped.
    std::thread::spawn(move || lines.for_each(drop));
    (serving, page.unwrap())
}

#[test]
fn a_scenario_that_is_served_goes_on_after_a_kill_and_its_rows_are_right() {
    let folder = tempfile::tempdir().unwrap();
    let text_of = "# Does it go on?\n[dataset]\ntransmissions = 600\nobservations = 6_000\n\
                   [load]\nreads_per_s = 20\n\
                   [strategies.slow]\nkind = \"chunked\"\nrows = 20\npause_ms = 300\n";
    fs::write(folder.path().join("small.toml"), text_of).unwrap();
    let (mut first, address) = serve(folder.path());
    let running = loop {
        let answer = ask(&address, "/api/healthz");
        if answer.contains("\"status\":\"running\"") && !answer.contains("\"rowsProcessed\":0") {
            break answer;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(
        running.contains("\"async_migrations_running\":true"),
        "{running}"
    );
    assert!(ask(&address, "/").contains("<html"), "the page is there");
    for path in ["/../Cargo.toml", "/etc/passwd", "/status.js/../x"] {
        assert!(ask(&address, path).starts_with("HTTP/1.1 404"), "{path}");
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let (mut second, address) = serve(folder.path());
    let left = ask(&address, "/api/healthz");
    assert!(left.contains("\"async_migrations_running\":true"), "{left}");
    assert!(!left.contains("\"rowsProcessed\":0"), "{left}");
    assert_eq!(second.wait().unwrap().code(), Some(0), "the rows are right");
}
