//! What a job costs on the processor-sharing station, alone and beside 7 or 63 others.
//!
//! `cargo bench --bench station`
//!
//! Everybody serves job after job on one server, on tokio's paused clock, so that the number of
//! those that share stays what it is. Times are of one job, timers and wake-ups included.

use backfill_sim::clock::Clock;
use backfill_sim::station::Station;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

/// Jobs that each of those who share serves, one after the other.
const JOBS: u64 = 32;
/// Work of a job, ns; with [`MORE_NS`] for each who came before, no two jobs end together.
const WORK_NS: u64 = 20_000;
const MORE_NS: u64 = 1_000;

fn station(c: &mut Criterion) {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let mut group = c.benchmark_group("station");
    for sharing in [1, 8, 64] {
        group.throughput(Throughput::Elements(sharing * JOBS));
        group.bench_function(BenchmarkId::from_parameter(sharing), |b| {
            b.iter(|| serve(&runtime, sharing));
        });
    }
    group.finish();
}

fn serve(runtime: &Runtime, sharing: u64) {
    runtime.block_on(async {
        let (station, clock) = (Station::new(1), Clock::start());
        let mut all = JoinSet::new();
        for nth in 0..sharing {
            let station = station.clone();
            all.spawn(async move {
                for _ in 0..JOBS {
                    station.serve(clock, WORK_NS + nth * MORE_NS).await;
                }
            });
        }
        all.join_all().await;
    });
}

criterion_group!(benches, station);
criterion_main!(benches);
