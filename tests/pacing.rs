//! The pacers and the shapes of work side by side, at a fraction of the size of `pacing`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod library;

use backfill_sim::measure::{Cell, Comparison};
use backfill_sim::scenario;
use library::run;

/// The strategies of `pacing` that `wanted` picks, with `settings` changed.
fn comparison(settings: &[&str], wanted: impl Fn(&str) -> bool) -> Comparison {
    let settings: Vec<String> = settings.iter().map(ToString::to_string).collect();
    let mut scenario = scenario::load("pacing", &settings).unwrap();
    scenario.model.strategies.retain(|name, _| wanted(name));
    Comparison::of(&run(&scenario, 2, false))
}

/// At a fiftieth, on a disk where most of a chunk is waiting for the device.
fn on_a_cloud_volume() -> Comparison {
    let settings = [
        "dataset.transmissions=1420",
        "dataset.observations=30000",
        "disk.page_cache_mib=8",
        "disk.profile=cloud-volume",
    ];
    comparison(&settings, |_| true)
}

fn cell<'a>(comparison: &'a Comparison, wanted: &str) -> &'a Cell {
    let found = comparison.strategies.iter().find(|one| one.name == wanted);
    &found.unwrap().cells[0]
}

fn p95(cell: &Cell) -> u64 {
    cell.backfill.unwrap().p95_ns
}

fn took(cell: &Cell) -> u64 {
    cell.duration_ns.unwrap()
}

/// Whoever asks the readers serves them best, by far and in time; every pacer does the work, and
/// every p95 of who works on the readers' connection alone is explained by the log of holds.
#[test]
fn the_pacer_that_asks_the_readers_serves_them_best() {
    let comparison = on_a_cloud_volume();
    let slo = cell(&comparison, "slo-3x-in-place");
    for strategy in &comparison.strategies {
        let (name, cell) = (strategy.name.as_str(), &strategy.cells[0]);
        assert!(cell.correct, "{name}: {:?}", cell.oracles);
        if name.starts_with("slo-3x") {
            continue;
        }
        let off = cell.predicted_p95_ns.unwrap() as f64 / p95(cell) as f64;
        assert!(
            (0.85..=1.15).contains(&off),
            "{name} is forecast {off} times"
        );
        assert!(
            5 * p95(slo) < p95(cell),
            "{name}: {} {}",
            p95(slo),
            p95(cell)
        );
    }
    // Readers take their share of the connection, a third here, meanwhile and not afterwards.
    let single = cell(&comparison, "single-transaction");
    assert!(
        took(slo) * 5 < took(single) * 8,
        "{} {}",
        took(slo),
        took(single)
    );
}

/// What is read apart keeps nobody out; what is read as it is stored is read quickly.
#[test]
fn reading_apart_helps_readers_and_reading_in_storage_order_helps_the_backfill() {
    let comparison = on_a_cloud_volume();
    let in_place = cell(&comparison, "slo-3x-in-place");
    let two_phase = cell(&comparison, "slo-3x-two-phase");
    let storage = cell(&comparison, "slo-3x-storage-order");
    let single = cell(&comparison, "single-transaction");
    assert!(2 * p95(two_phase) < p95(in_place));
    assert!(took(two_phase) * 4 < took(in_place) * 5);
    assert!(5 * took(storage) < took(single));
    assert!(2 * p95(storage) < p95(in_place));
}

/// One setting, devices that differ a thousandfold: readers wait at most three times as long as
/// without a backfill, and it takes no longer than one statement would.
#[test]
fn one_setting_serves_readers_on_every_device() {
    for device in ["in-memory", "nvme", "cloud-volume", "sd-card"] {
        // Reads enough for a 95th percentile, however short the backfill.
        let reads_per_s = match device {
            "in-memory" | "nvme" => 400,
            _ => 50,
        };
        let settings = [
            "dataset.transmissions=7100",
            "dataset.observations=150000",
            "disk.page_cache_mib=26",
            &format!("disk.profile={device}"),
            &format!("load.reads_per_s={reads_per_s}"),
        ];
        let names = ["single-transaction", "slo-3x-storage-order"];
        let comparison = comparison(&settings, |name| names.contains(&name));
        let [single, ours] = names.map(|name| cell(&comparison, name));
        let ratio = ours.ratio.unwrap();
        assert!(ratio <= 3.0, "{device}: {ratio}");
        assert!(took(ours) < took(single), "{device}");
    }
}

/// The servo on elapsed time takes waiting for work and makes smaller and smaller chunks.
#[test]
fn a_servo_on_elapsed_time_works_in_smaller_pieces_than_one_on_hold() {
    let comparison = on_a_cloud_volume();
    let chunks = |wanted: &str| cell(&comparison, wanted).chunks;
    assert!(chunks("elapsed-time-50ms") > chunks("chunk-time-50ms"));
}
