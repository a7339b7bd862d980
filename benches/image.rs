//! How fast a fiftieth of the full-scale image is built, and checked when it is in the cache.

use std::fs;
use std::hint::black_box;

use backfill_sim::dataset::{build, ensure};
use backfill_sim::scenario::Dataset;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

fn image(c: &mut Criterion) {
    let spec = Dataset {
        transmissions: 1_420,
        observations: 30_000,
        ..Dataset::default()
    };
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("built.sqlite");
    let mut group = c.benchmark_group("image");
    group.sample_size(10);
    group.bench_function("build", |b| {
        b.iter_batched(
            || drop(fs::remove_file(&path)),
            |()| build(&spec, 1, &path, &|_| {}),
            BatchSize::PerIteration,
        );
    });
    ensure(&spec, 1, dir.path(), &|_| {}).expect("an image");
    group.bench_function("verify", |b| {
        b.iter(|| black_box(ensure(&spec, 1, dir.path(), &|_| {})));
    });
    group.finish();
}

criterion_group!(benches, image);
criterion_main!(benches);
