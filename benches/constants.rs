//! What a step of SQLite's virtual machine costs on this machine, and a 4 KiB page copied from
//! the operating system's cache: the prices of CPU time in a device profile.
//!
//! ```text
//! cargo bench --bench constants                       # a tenth of the rows of full scale
//! CONSTANTS_SCALE=1 cargo bench --bench constants     # full scale: wants 5 GiB of memory
//! ```
//!
//! Five numbers:
//! * *CPU-bound*: time ÷ steps of statements on a few rows in memory: the least a step costs.
//! * *Large table*: time ÷ steps of the SELECT inside the baselines' UPDATE, with all pages in
//!   SQLite's own cache: a step with the waits for the host's memory, as a backfill has them.
//! * *Page*: the same SELECT with a cache of 2 MB; what it takes longer ÷ the pages it reads.
//!   SQLite looks the same rows up either way, so the difference is what the VFS was asked for.
//! * *Profile ÷ host*: what the built-in server profiles charge for that SELECT over the time it
//!   took: at 1 their two prices together are those of this machine.
//! * *Bare page*: `pread` of pages of that file at random places, without SQLite.
//!
//! Steps are SQLite's own count. Pages are counted by the simulated disk, which is shown the same
//! file and the same statement, so that they are the pages a profile puts a price on.

use std::env;
use std::fs;
use std::hint::black_box;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use backfill_sim::dataset::ensure;
use backfill_sim::disk::{DeviceProfile, Volume, Work, map_image};
use backfill_sim::scenario::Dataset;
use backfill_sim::seed::{Purpose, stream};
use rusqlite::{Connection, OpenFlags, StatementStatus};

const SEED: u64 = 1;
const PAGE_BYTES: u64 = 4_096;
/// The latest observation of every transmission: what the baselines' UPDATE computes.
const SELECT: &str = "SELECT sum((SELECT max(o.timestamp) FROM observations AS o
    WHERE o.transmission_id = t.id)) FROM transmissions AS t";
/// SQLite's cache in a profile's use, and one that holds the whole file, KiB.
const SMALL_KIB: u32 = 2_000;
const LARGE_KIB: u32 = 4 << 20;

/// Arithmetic, text, a sort, lookups by key and by index: on rows that fit the host's caches.
const MIX: [&str; 5] = [
    "SELECT sum(n * 7 % 13) FROM small",
    "SELECT count(*) FROM small WHERE name LIKE '%99%'",
    "SELECT count(*) FROM (SELECT n FROM small ORDER BY n DESC LIMIT 500)",
    "SELECT sum(b.n) FROM small AS a JOIN small AS b ON b.id = a.n + 1",
    "SELECT sum((SELECT max(b.id) FROM small AS b WHERE b.n = a.id - 1)) FROM small AS a",
];
const FILL: &str = "CREATE TABLE small(id INTEGER PRIMARY KEY, n INTEGER NOT NULL, name TEXT);
    WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s LIMIT 2000)
    INSERT INTO small SELECT i, i * 7919 % 2000, 'name ' || i FROM s;
    CREATE INDEX small_n ON small(n)";

fn main() {
    let smoke = env::args().any(|argument| argument == "--test");
    let scale = env::var("CONSTANTS_SCALE").map_or(if smoke { 500 } else { 10 }, |text| {
        text.parse().expect("CONSTANTS_SCALE is a whole number")
    });
    let runs = if smoke { 1 } else { 9 };
    let in_memory = Connection::open_in_memory().expect("a database");
    in_memory.execute_batch(FILL).expect("room for a few rows");
    let mix = |repeat: u32| {
        let all = (0..repeat).flat_map(|_| MIX);
        all.map(|sql| timed(&in_memory, sql))
            .fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    };
    let repeat = if smoke { 1 } else { 100 };
    print("CPU-bound, ns/step", (0..runs).map(|_| per(mix(repeat))));
    large_table(&image(scale), runs);
}

/// The numbers of the large table; the two caches take turns.
fn large_table(file: &Path, runs: u32) {
    let (small, large) = (open(file, SMALL_KIB), open(file, LARGE_KIB));
    timed(&small, SELECT);
    timed(&large, SELECT);
    let work = counted(file);
    let profile = DeviceProfile::built_in("nvme").expect("it is built in");
    let (mut steps_ns, mut page_ns, mut charged) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        let (cached, with_reads) = (timed(&large, SELECT), timed(&small, SELECT));
        steps_ns.push(per(cached));
        page_ns.push((with_reads.0 - cached.0) / work.page_reads as f64);
        charged.push(work.cpu_ns(&profile) as f64 / with_reads.0);
    }
    println!("large table: {work:?}");
    print("large table, ns/step", steps_ns.into_iter());
    print("page, ns/read", page_ns.into_iter());
    print("profile ÷ host", charged.into_iter());
    print("bare page, ns/read", (0..runs).map(|_| bare_pages(file)));
}

/// Nanoseconds for each of as many pages as the file has, in an order without runs.
#[expect(
    clippy::disallowed_methods,
    reason = "a bench measures the host's time"
)]
fn bare_pages(file: &Path) -> f64 {
    let file = fs::File::open(file).expect("the image");
    let pages = file.metadata().expect("a file").len() / PAGE_BYTES;
    let mut page = vec![0; usize::try_from(PAGE_BYTES).expect("4096")];
    let start = Instant::now();
    for nth in 0..pages {
        let offset = nth * 7_919 % pages * PAGE_BYTES;
        file.read_exact_at(black_box(&mut page), offset)
            .expect("a page of the image");
    }
    start.elapsed().as_secs_f64() * 1e9 / pages as f64
}

fn image(scale: u64) -> PathBuf {
    let full = Dataset::default();
    let spec = Dataset {
        transmissions: full.transmissions / scale,
        observations: full.observations / scale,
        ..full
    };
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/images");
    let image = ensure(&spec, SEED, &images, &|_| {}).expect("an image");
    println!("{} MiB", image.len_bytes >> 20);
    fs::canonicalize(image.path).expect("the image's path")
}

/// A connection that reads only, so that the image stays what it is.
fn open(file: &Path, cache_kib: u32) -> Connection {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY);
    settled(connection.expect("a database"), cache_kib)
}

/// With the read lock taken, so that no statement asks for the file's change counter.
fn settled(connection: Connection, cache_kib: u32) -> Connection {
    connection
        .execute_batch(&format!(
            "PRAGMA cache_size = -{cache_kib}; BEGIN; SELECT * FROM transmissions LIMIT 1"
        ))
        .expect("a dataset");
    connection
}

/// What [`SELECT`] is counted as when it runs for the second time.
fn counted(file: &Path) -> Work {
    let random = stream(SEED, Purpose::Database, "sqlite");
    let volume = Volume::new(PAGE_BYTES, None, random).expect("another VFS");
    volume.mount("main.db", map_image(file).expect("the image"));
    let connection = settled(volume.open("main.db").expect("a database"), SMALL_KIB);
    timed(&connection, SELECT);
    let before = volume.work();
    timed(&connection, SELECT);
    volume.work() - before
}

/// Nanoseconds and steps of one execution; it is prepared before.
#[expect(
    clippy::disallowed_methods,
    reason = "a bench measures the host's time"
)]
fn timed(connection: &Connection, sql: &str) -> (f64, f64) {
    let mut statement = connection.prepare_cached(sql).expect("SQL that works");
    statement.reset_status(StatementStatus::VmStep);
    let start = Instant::now();
    let _: i64 = statement
        .query_row([], |row| row.get(0))
        .expect("one number");
    let took = start.elapsed();
    let steps = statement.reset_status(StatementStatus::VmStep);
    (took.as_secs_f64() * 1e9, f64::from(steps))
}

fn per((ns, count): (f64, f64)) -> f64 {
    ns / count
}

fn print(what: &str, values: impl Iterator<Item = f64>) {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let (min, max) = (values[0], values[values.len() - 1]);
    let median = values[values.len() / 2];
    println!("{what:22} median {median:8.2}  min {min:8.2}  max {max:8.2}");
}
