//! What the simulated disk costs: the single correlated UPDATE of the baselines on it, against
//! the same on SQLite's own VFS and a real file, in pairs that take turns.
//!
//! ```text
//! cargo bench --bench sim_overhead            # 71 000 / 1 500 000 rows, 7 pairs
//! SIM_OVERHEAD_SCALE=50 SIM_OVERHEAD_PAIRS=21 cargo bench --bench sim_overhead
//! ```
//!
//! `SIM_OVERHEAD_SIDE=simulator` or `=stock` runs one side only, for a profiler.
//!
//! Both sides read the same file, warm in the host's page cache, with the same PRAGMAs and the
//! same statements, UPDATE and COMMIT. Neither checkpoints, so the file stays as it is: the stock
//! side's WAL is removed after each run, the simulator's volume is dropped. What is timed on the
//! simulator's side includes its page cache of 256 MiB and the counting of work.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use backfill_sim::dataset::ensure;
use backfill_sim::disk::{Image, Volume, Work, map_image};
use backfill_sim::job::Task;
use backfill_sim::scenario::Dataset;
use backfill_sim::seed::{Purpose, stream};
use rusqlite::Connection;
use rusqlite::config::DbConfig;

const SEED: u64 = 1;
const PAGE_CACHE_BYTES: u64 = 256 << 20;
/// Rows are divided by this under `--test`.
const SMOKE_SCALE: u64 = 500;

/// What one run did: its time, the rows it changed, and on the simulated disk its work.
struct Ran {
    took: Duration,
    rows: usize,
    work: Work,
}

fn main() {
    let smoke = env::args().any(|argument| argument == "--test");
    let scale = setting("SIM_OVERHEAD_SCALE", if smoke { SMOKE_SCALE } else { 1 });
    let pairs = setting("SIM_OVERHEAD_PAIRS", if smoke { 1 } else { 7 });
    let dir = tempfile::tempdir_in(cache()).expect("a folder beside the images");
    let file = working_copy(scale, dir.path());
    let image = map_image(&file).expect("the file that was just written");
    match env::var("SIM_OVERHEAD_SIDE").as_deref() {
        Ok("simulator") => (0..pairs).for_each(|_| print_run("simulator", &simulated(&image))),
        Ok("stock") => (0..pairs).for_each(|_| print_run("stock", &stock(&file))),
        _ => compare(&file, &image, pairs),
    }
}

/// A whole number from the environment.
fn setting(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name}={text}"))
    })
}

/// Where images are cached.
fn cache() -> PathBuf {
    let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/images");
    fs::create_dir_all(&cache).expect("a folder under target");
    cache
}

/// A copy of the dataset in WAL mode: changing the mode writes to the file, and the image is not
/// to be changed.
fn working_copy(scale: u64, dir: &Path) -> PathBuf {
    let full = Dataset::default();
    let spec = Dataset {
        transmissions: full.transmissions / scale,
        observations: full.observations / scale,
        ..full
    };
    let image = ensure(&spec, SEED, &cache(), &|_| {}).expect("an image");
    println!(
        "{} transmissions, {} observations, {} MiB, seed {SEED}",
        spec.transmissions,
        spec.observations,
        image.len_bytes >> 20
    );
    let file = dir.join("copy.sqlite");
    fs::copy(&image.path, &file).expect("room for a copy");
    drop(prepared(Connection::open(&file)));
    remove_log(&file);
    file
}

/// What both sides do before the clock runs.
fn prepared(connection: rusqlite::Result<Connection>) -> Connection {
    let connection = connection.expect("a database");
    connection
        .execute_batch(
            "PRAGMA journal_mode = wal; PRAGMA synchronous = normal; PRAGMA cache_size = -2000;
             PRAGMA wal_autocheckpoint = 0;",
        )
        .expect("settings SQLite knows");
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .expect("a setting SQLite knows");
    connection
}

/// The statements whose time is compared.
fn update(connection: &Connection) -> usize {
    connection
        .execute_batch("BEGIN IMMEDIATE")
        .expect("nobody else has a lock");
    let rows = connection
        .execute(&Task::last_seen().update, [])
        .expect("the dataset's tables");
    connection.execute_batch("COMMIT").expect("nobody reads");
    rows
}

#[expect(
    clippy::disallowed_methods,
    reason = "a bench measures the host's time"
)]
fn timed(run: impl FnOnce() -> (usize, Work)) -> Ran {
    let start = Instant::now();
    let (rows, work) = run();
    Ran {
        took: start.elapsed(),
        rows,
        work,
    }
}

fn stock(file: &Path) -> Ran {
    let connection = prepared(Connection::open(file));
    let ran = timed(|| (update(&connection), Work::default()));
    drop(connection);
    remove_log(file);
    ran
}

fn simulated(image: &Image) -> Ran {
    let random = stream(SEED, Purpose::Database, "sqlite");
    let volume = Volume::new(PAGE_CACHE_BYTES, None, random).expect("another VFS");
    volume.mount("main.db", image.clone());
    let connection = prepared(volume.open("main.db"));
    timed(|| {
        let (rows, step) = volume.step(0, || update(&connection));
        (rows, step.work)
    })
}

/// Takes back what was committed to the WAL and not checkpointed.
fn remove_log(file: &Path) {
    for suffix in ["-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        match fs::remove_file(&name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                panic!("cannot remove {}: {error}", name.display())
            }
            _ => {}
        }
    }
}

/// One pair that warms up, then the pairs that count; every other one the other way round.
fn compare(file: &Path, image: &Image, pairs: u64) {
    let (warm_stock, warm_simulated) = (stock(file), simulated(image));
    assert_eq!(warm_stock.rows, warm_simulated.rows, "the same UPDATE");
    let (mut stocks, mut simulators, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 0..pairs {
        let (stock, simulated) = if pair % 2 == 0 {
            let stock = stock(file);
            (stock, simulated(image))
        } else {
            let simulated = simulated(image);
            (stock(file), simulated)
        };
        assert_eq!(
            simulated.work, warm_simulated.work,
            "the same work every time"
        );
        stocks.push(stock.took.as_secs_f64() * 1e3);
        simulators.push(simulated.took.as_secs_f64() * 1e3);
        ratios.push(simulated.took.as_secs_f64() / stock.took.as_secs_f64());
    }
    println!("{:18}{:>10}{:>10}{:>10}", "", "median", "min", "max");
    print_row("stock VFS, ms", stocks);
    print_row("simulator, ms", simulators);
    print_row("simulator ÷ stock", ratios);
    println!("{} rows, {:?}", warm_simulated.rows, warm_simulated.work);
}

fn print_row(what: &str, mut values: Vec<f64>) {
    values.sort_by(f64::total_cmp);
    let (min, max) = (values[0], values[values.len() - 1]);
    let median = f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2]);
    println!("{what:18}{median:>10.3}{min:>10.3}{max:>10.3}");
}

fn print_run(side: &str, ran: &Ran) {
    println!("{side}: {:?}, {} rows, {:?}", ran.took, ran.rows, ran.work);
}
