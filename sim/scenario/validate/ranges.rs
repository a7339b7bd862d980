//! The ranges of the numbers of a scenario.
//!
//! A lower bound is where an option stops to mean anything. An upper bound keeps arithmetic far
//! from overflow and a slip of the finger from filling the memory; none is near a sensible use.

use super::Findings;
use crate::scenario::model::{
    Connections, Database, Disk, Model, Network, Operator, Phases, Seeds,
};

/// Modelled seconds a run may last. The clock shows 1 modelled µs as 1 ms to tokio, whose timer
/// wheel spans 2^36 ms: 19 modelled hours, of which one is left for what runs over.
pub(crate) const LONGEST_RUN_S: f64 = 18.0 * 3_600.0;

/// Events per second a scenario may ask for. They are planned before the run and kept in memory.
pub(crate) const MOST_PER_S: f64 = 100_000.0;

pub(crate) const HOUR_MS: u64 = 3_600_000;
pub(crate) const TEBIBYTE_MIB: u64 = 1 << 20;

pub(crate) fn seeds(Seeds(seeds): &Seeds, findings: &mut Findings) {
    if seeds.is_empty() {
        let message = "there is no seed, so nothing would run".to_owned();
        findings.add("seeds", message, "list at least one: `seeds = [1]`");
    }
    let mut sorted = seeds.clone();
    sorted.sort_unstable();
    let mut twice: Vec<u64> = sorted
        .windows(2)
        .filter(|pair| pair[0] == pair[1])
        .map(|pair| pair[0])
        .collect();
    twice.dedup();
    for seed in twice {
        let message = format!("seed {seed} is listed more than once");
        let help = "list it once: a replicate with the same seed is the same run again";
        findings.add("seeds", message, help);
    }
    if let Some(seed) = seeds.iter().find(|&&seed| i64::try_from(seed).is_err()) {
        let message = format!("seed {seed} does not fit in a scenario file");
        findings.add("seeds", message, format!("choose seeds up to {}", i64::MAX));
    }
}

pub(super) fn dataset(model: &Model, findings: &mut Findings) {
    let data = &model.dataset;
    findings.whole("dataset.transmissions", data.transmissions, 1, 100_000_000);
    findings.whole("dataset.observations", data.observations, 0, 1_000_000_000);
    findings.whole("dataset.payload_bytes", data.payload_bytes, 64, 65_536);
    findings.number("dataset.fanout_exponent", data.fanout_exponent, 0.0, 3.0);
    findings.number("dataset.clustering", data.clustering, 0.0, 1.0);
    let orphan = findings.number("dataset.orphan_share", data.orphan_share, 0.0, 1.0);
    let zero = findings.number(
        "dataset.zero_timestamp_share",
        data.zero_timestamp_share,
        0.0,
        1.0,
    );
    let negative = findings.number(
        "dataset.negative_timestamp_share",
        data.negative_timestamp_share,
        0.0,
        1.0,
    );
    findings.whole("dataset.id_stride", data.id_stride, 1, 1_000_000);
    // A sum of shares written in decimal may exceed 1 in binary.
    let most = 1.0 + 1e-9;
    let (orphans, zeros) = (data.orphan_share, data.zero_timestamp_share);
    if orphan && zero && orphans + zeros > most {
        findings.add(
            "dataset.zero_timestamp_share",
            format!("{orphans} of the transmissions are orphans, which leaves fewer than {zeros}"),
            "an orphan has no observation to carry a timestamp: keep the two shares within 1 together",
        );
    } else if orphan && zero && negative && orphans + zeros + data.negative_timestamp_share > most {
        findings.add(
            "dataset.negative_timestamp_share",
            format!(
                "{orphans} of the transmissions are orphans and {zeros} carry timestamp 0, which \
                 leaves fewer than {}",
                data.negative_timestamp_share
            ),
            "keep the three shares within 1 together",
        );
    }
    if orphan {
        observations(model, findings);
    }
}

/// Every transmission that is no orphan has at least one observation, and every observation has
/// a transmission.
fn observations(model: &Model, findings: &mut Findings) {
    let data = &model.dataset;
    // Counts in range lie far below 2^53, so they survive the way through a float.
    let orphans = (data.transmissions as f64 * data.orphan_share).floor() as u64;
    let heard = data.transmissions.saturating_sub(orphans);
    let path = "dataset.observations";
    if data.observations < heard {
        findings.add(
            path,
            format!(
                "{} observations for {heard} transmissions that are no orphans, of which each has at least one",
                data.observations
            ),
            format!("choose at least {heard}, or raise `dataset.orphan_share`"),
        );
    } else if heard == 0 && data.transmissions > 0 && data.observations > 0 {
        findings.add(
            path,
            format!(
                "{} observations, but every transmission is an orphan",
                data.observations
            ),
            "set it to 0, or lower `dataset.orphan_share`",
        );
    }
}

pub(crate) fn database(database: &Database, findings: &mut Findings) {
    if database.connections != Connections::Shared {
        let readers = u64::from(database.reader_connections);
        findings.whole("database.reader_connections", readers, 1, 256);
    }
    findings.whole("database.cache_kib", database.cache_kib, 64, 16 << 20);
    findings.whole(
        "database.busy_timeout_ms",
        database.busy_timeout_ms,
        0,
        HOUR_MS,
    );
}

pub(crate) fn disk(disk: &Disk, findings: &mut Findings) {
    findings.whole("disk.page_cache_mib", disk.page_cache_mib, 1, TEBIBYTE_MIB);
    if let Some(free_mib) = disk.free_mib {
        // The ledger's table is made before the run and needs some.
        findings.whole("disk.free_mib", free_mib, 1, TEBIBYTE_MIB);
    }
}

pub(super) fn load(model: &Model, findings: &mut Findings) {
    let load = &model.load;
    findings.number("load.reads_per_s", load.reads_per_s, 0.0, MOST_PER_S);
    let mix = [
        ("load.mix.stats", load.mix.stats),
        ("load.mix.packet_list", load.mix.packet_list),
        ("load.mix.packet_detail", load.mix.packet_detail),
        ("load.mix.health", load.mix.health),
    ];
    for (path, weight) in mix {
        findings.whole(path, weight, 0, 1_000_000);
    }
    if load.reads_per_s > 0.0 && mix.iter().all(|&(_, weight)| weight == 0) {
        findings.add(
            "load.mix",
            format!(
                "all weights are 0, but {} reads arrive per second",
                load.reads_per_s
            ),
            "give at least one kind of read a weight, or set `load.reads_per_s = 0`",
        );
    }
    for (path, rate) in [
        ("load.observations_per_s", load.observations_per_s),
        ("load.transmissions_per_s", load.transmissions_per_s),
        ("load.late_observations_per_s", load.late_observations_per_s),
        ("load.deletes_per_s", load.deletes_per_s),
    ] {
        findings.number(path, rate, 0.0, MOST_PER_S);
    }
}

pub(super) fn cache(model: &Model, findings: &mut Findings) {
    let Some(cache) = &model.cache else {
        return;
    };
    let (every_ms, scan_ms) = (cache.recompute_every_ms, cache.recompute_ms);
    findings.whole("cache.recomputers", cache.recomputers, 0, 1_024);
    findings.whole("cache.recompute_every_ms", every_ms, 1, HOUR_MS);
    findings.whole("cache.recompute_ms", scan_ms, 1, HOUR_MS);
    findings.whole("cache.insert_us", cache.insert_us, 0, 1_000_000);
    if every_ms > 0 && scan_ms >= every_ms {
        findings.add(
            "cache.recompute_ms",
            format!("a scan of {scan_ms} ms is not over when the next is due, every {every_ms} ms"),
            "make it shorter than `cache.recompute_every_ms`: scans without a gap are no regime",
        );
    }
}

pub(crate) fn phases(phases: &Phases, findings: &mut Findings) {
    let mut sound = true;
    for (path, value) in [
        ("phases.warm_up_s", phases.warm_up_s),
        ("phases.baseline_s", phases.baseline_s),
        ("phases.recovery_s", phases.recovery_s),
        ("phases.horizon_s", phases.horizon_s),
    ] {
        sound &= findings.number(path, value, 0.0, LONGEST_RUN_S);
    }
    if phases.horizon_s == 0.0 {
        let message = "0 leaves the backfill no time at all".to_owned();
        let help = "choose the longest a backfill may take, in seconds";
        findings.add("phases.horizon_s", message, help);
    }
    let total_s = phases.warm_up_s + phases.baseline_s + phases.horizon_s + phases.recovery_s;
    if sound && total_s > LONGEST_RUN_S {
        findings.add(
            "phases",
            format!("all phases together may last {total_s} s, and a run can span 18 h (64800 s)"),
            "shorten them: the clock counts a modelled µs as 1 ms, and tokio's timers reach 2^36 ms, \
             19 modelled hours",
        );
    }
}

pub(crate) fn network(network: &Network, findings: &mut Findings) {
    findings.whole("network.latency_ms", network.latency_ms, 1, 60_000);
    findings.whole("network.tick_ms", network.tick_ms, 1, 1_000);
}

pub(crate) fn operator(operator: &Operator, findings: &mut Findings) {
    findings.whole("operator.poll_every_ms", operator.poll_every_ms, 1, HOUR_MS);
    findings.whole("operator.timeout_ms", operator.timeout_ms, 1, HOUR_MS);
}

pub(super) fn objective(model: &Model, findings: &mut Findings) {
    let objective = &model.objective;
    for (path, value) in [
        ("objective.reader_p95_ms", objective.reader_p95_ms),
        ("objective.one_wait_ms", objective.one_wait_ms),
    ] {
        findings.whole(path, value, 1, 24 * HOUR_MS);
    }
    let Some(writer_p95_ms) = objective.writer_p95_ms else {
        return;
    };
    let path = "objective.writer_p95_ms";
    findings.whole(path, writer_p95_ms, 1, 24 * HOUR_MS);
    let load = &model.load;
    let (writes, raise) = match model.database.file {
        None => (
            load.observations_per_s > 0.0 || load.transmissions_per_s > 0.0,
            "raise `load.observations_per_s`",
        ),
        Some(_) => (
            model
                .writers
                .statement
                .iter()
                .any(|one| one.rate_per_s > 0.0),
            "add `[[writers.statement]]`",
        ),
    };
    if !writes {
        findings.add(
            path,
            "writers are promised something, but nothing is inserted".to_owned(),
            format!("{raise}, or promise `objective.reader_p95_ms` instead"),
        );
    }
}
