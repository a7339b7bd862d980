//! `sim list`: which questions there are, and how much work each is.

use std::fmt::Write as _;
use std::process::ExitCode;

use super::{exit, print, show};
use crate::aggregate::scenario as aggregate;
use crate::listing::scenario as listing;
use crate::pipeline::scenario as pipeline;
use crate::processing::scenario as processing;
use crate::scenario::{self, Loaded, Scenario};
use crate::stash::scenario as stash;

/// Lists what can be run. A broken scenario is shown as an error, and the others are listed.
pub(super) fn list() -> ExitCode {
    let Some(folder) = scenario::folder() else {
        eprintln!("there is no `scenarios` folder here or above");
        return ExitCode::from(exit::NOTHING_TO_JUDGE);
    };
    let names = match scenario::names(&folder) {
        Ok(names) => names,
        Err(error) => {
            eprintln!("cannot read {}: {error}", folder.display());
            return ExitCode::from(exit::INTERNAL);
        }
    };
    if names.is_empty() {
        eprintln!("there is no scenario in {}", folder.display());
        return ExitCode::from(exit::NOTHING_TO_JUDGE);
    }
    let width = names.iter().map(|name| name.chars().count()).max();
    let width = width.unwrap_or(0);
    let mut text = String::new();
    let mut broken = false;
    for name in names {
        match scenario::load_any(&name, &[]) {
            Ok(loaded) => {
                let cells = match &loaded {
                    Loaded::Columns(scenario) => cells(scenario),
                    Loaded::Listing(scenario) => listing_cells(scenario),
                    Loaded::Processing(scenario) => processing_cells(scenario),
                    Loaded::Pipeline(scenario) => pipeline_cells(scenario),
                    Loaded::Stash(scenario) => stash_cells(scenario),
                    Loaded::Aggregate(scenario) => aggregate_cells(scenario),
                };
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{name:<width$}  {}", loaded.question());
                let _ = writeln!(text, "{:<width$}  {cells}", "");
            }
            Err(error) => {
                show(error);
                broken = true;
            }
        }
    }
    let printed = print(&text);
    if broken {
        ExitCode::from(exit::INVALID)
    } else {
        printed
    }
}

fn cells(scenario: &Scenario) -> String {
    let strategies = scenario.model.strategies.len();
    let seeds = scenario.model.seeds.0.len();
    format!(
        "{} = ({} + 1 without backfill) x {}, about {}",
        plural(scenario.cells(), "cell", "cells"),
        plural(strategies, "strategy", "strategies"),
        plural(seeds, "seed", "seeds"),
        minutes(scenario),
    )
}

fn listing_cells(scenario: &listing::Scenario) -> String {
    let model = &scenario.model;
    let strategies = plural(model.strategies.len(), "strategy", "strategies");
    let of_shape = if scenario.has_readers() {
        format!("({strategies} + 1 without backfill)")
    } else {
        strategies
    };
    format!(
        "{} = {} x {of_shape} x {}, about {}",
        plural(scenario.cells(), "cell", "cells"),
        plural(model.shapes().len(), "shape", "shapes"),
        plural(model.seeds.0.len(), "seed", "seeds"),
        listing_minutes(scenario),
    )
}

fn processing_cells(scenario: &processing::Scenario) -> String {
    let model = &scenario.model;
    let strategies = plural(model.strategies.len(), "strategy", "strategies");
    let of_seed = if scenario.has_readers() {
        format!("({strategies} + 1 without processing)")
    } else {
        strategies
    };
    format!(
        "{} = {of_seed} x {}, about {}",
        plural(scenario.cells(), "cell", "cells"),
        plural(model.seeds.0.len(), "seed", "seeds"),
        processing_minutes(scenario),
    )
}

fn pipeline_cells(scenario: &pipeline::Scenario) -> String {
    let model = &scenario.model;
    let strategies = plural(model.strategies.len(), "strategy", "strategies");
    let quiet = if scenario.has_load() {
        " + 1 without any stage"
    } else {
        ""
    };
    format!(
        "{} = (1 reference + {strategies}{quiet}) x {}, about {}",
        plural(scenario.cells(), "cell", "cells"),
        plural(model.seeds.0.len(), "seed", "seeds"),
        pipeline_minutes(scenario),
    )
}

fn stash_cells(scenario: &stash::Scenario) -> String {
    let model = &scenario.model;
    format!(
        "{} = {} x {} x {}, about {}",
        plural(scenario.cells(), "cell", "cells"),
        plural(model.workloads.len().max(1), "workload", "workloads"),
        plural(model.strategies.len(), "strategy", "strategies"),
        plural(model.seeds.0.len(), "seed", "seeds"),
        stash_minutes(scenario),
    )
}

fn aggregate_cells(scenario: &aggregate::Scenario) -> String {
    let model = &scenario.model;
    let strategies = plural(model.strategies.len(), "strategy", "strategies");
    let of_workload = if model.has_load() {
        format!("({strategies} + 1 without a rebuild)")
    } else {
        strategies
    };
    format!(
        "{} = {} x {of_workload} x {}, about {}",
        plural(scenario.cells(), "cell", "cells"),
        plural(model.views.workloads.len(), "workload", "workloads"),
        plural(model.seeds.0.len(), "seed", "seeds"),
        aggregate_minutes(scenario),
    )
}

fn plural(n: usize, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}

/// Host time of a cell per observation of its dataset, µs, and of a seed's image the first time:
/// `cold-load` took 5 s a cell and 13 s an image of 1.5 million on two cores of an EPYC server.
const CELL_US_PER_OBSERVATION: u64 = 4;
const IMAGE_US_PER_OBSERVATION: u64 = 9;
/// Bytes of its image for each of them.
const BYTES_PER_OBSERVATION: u64 = 1_450;

/// Roughly how long a run takes, two cells at a time, with the image still to be built.
fn minutes(scenario: &Scenario) -> String {
    let seeds = scenario.model.seeds.0.len() as u64;
    // A file of one's own is there already, and as long as so many observations.
    let (observations, images) = match &scenario.file {
        None => (scenario.model.dataset.observations, seeds),
        Some(file) => (file.len_bytes() / BYTES_PER_OBSERVATION, 0),
    };
    let images_us = observations * IMAGE_US_PER_OBSERVATION * images;
    let cells_us = observations * CELL_US_PER_OBSERVATION * scenario.cells() as u64 / 2;
    shown(images_us + cells_us)
}

/// Host time of a listing cell per object, µs: `density-uniform` took 6 s a cell of 1.5 million on
/// two cores of an EPYC server.
const CELL_US_PER_OBJECT: u64 = 4;

/// Roughly how long a run takes, two cells at a time. Objects are made anew in each.
fn listing_minutes(scenario: &listing::Scenario) -> String {
    let shapes = scenario.model.shapes().len().max(1);
    let of_each = (scenario.cells() / shapes) as u64;
    shown(scenario.objects() * CELL_US_PER_OBJECT * of_each / 2)
}

/// Host time of a processing cell per item, µs: assumed, ten statements of 2 µs each for an item
/// that changes two accounts and adds a move, reads and oracles included.
const CELL_US_PER_ITEM: u64 = 20;

/// Roughly how long a run takes, two cells at a time.
fn processing_minutes(scenario: &processing::Scenario) -> String {
    shown(scenario.model.items.count * CELL_US_PER_ITEM * scenario.cells() as u64 / 2)
}

/// Host time of a pipeline cell per object, µs: `initial-sync` took 35 s of a processor for a cell
/// of 1.5 million, in a build for tests.
const PIPELINE_US_PER_OBJECT: u64 = 23;

/// Roughly how long a run takes, two cells at a time.
fn pipeline_minutes(scenario: &pipeline::Scenario) -> String {
    let upstream = &scenario.model.upstream;
    let objects = upstream.shape.objects(upstream.objects);
    shown(objects * PIPELINE_US_PER_OBJECT * scenario.cells() as u64 / 2)
}

/// Host time of a stash cell per request, µs: `stash` took 80 s of a processor for 730 000
/// requests, in a build for tests.
const STASH_US_PER_REQUEST: u64 = 110;

/// Roughly how long a run takes, two cells at a time.
fn stash_minutes(scenario: &stash::Scenario) -> String {
    shown(scenario.requests() * STASH_US_PER_REQUEST / 2)
}

/// Host time of an aggregate cell per view, µs: `aggregate-full` took 10 s a cell of 1.5 million.
const CELL_US_PER_VIEW: u64 = 7;

/// Roughly how long a run takes, two cells at a time.
fn aggregate_minutes(scenario: &aggregate::Scenario) -> String {
    let model = &scenario.model;
    let names = model.views.workloads.iter();
    let workloads = names.filter_map(|name| model.views.workload(name));
    let views: u64 = workloads.map(|one| one.count).sum();
    let cells = (model.strategies.len() as u64 + 1) * model.seeds.0.len() as u64;
    shown(views * CELL_US_PER_VIEW * cells / 2)
}

fn shown(us: u64) -> String {
    match us.div_ceil(6_000_000) {
        0..=1 => "0.1 min".to_owned(),
        tenths => format!("{}.{} min", tenths / 10, tenths % 10),
    }
}
