//! What was accepted, and why: `HISTORY.csv` beside the baselines. Each step may be within its
//! tolerance; here one sees where they lead.

use std::fs::{self, OpenOptions};
use std::path::Path;

use super::baseline::Baseline;
use super::metric::HELD_AGAINST;
use crate::measure::mean::geometric_ns;

/// The rows a move may be about besides [`HELD_AGAINST`].
const MORE: [&str; 2] = ["writer.p95", "requests"];
const HEADER: [&str; 6] = ["scenario", "metric", "old", "new", "reason", "commit"];

/// A figure of a strategy over all seeds, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The strategy with what it was given to do, and the figure: `ours: duration`.
    pub metric: String,
    /// What it was, the mean of all seeds; empty if it was not there.
    pub old: String,
    /// What it is.
    pub new: String,
}

/// What is different in `new`, in its order; then what is no longer there.
#[must_use]
pub fn moves(old: Option<&Baseline>, new: &Baseline) -> Vec<Move> {
    let mut moves = Vec::new();
    for (strategy, workload, cells) in new.subjects() {
        let title = crate::sheet::title(strategy, workload);
        let before = |seed| old.and_then(|old| old.cell(strategy, workload, seed));
        let same = |cell: &super::KeptCell| {
            before(cell.seed).is_some_and(|before| before.digest == cell.digest)
        };
        if cells.iter().all(same) {
            continue;
        }
        let at_first = moves.len();
        for name in HELD_AGAINST.iter().chain(&MORE) {
            let of = |cell: &super::KeptCell| cell.metrics.get(*name).copied();
            let then = mean(cells.iter().map(|cell| of(before(cell.seed)?)));
            let now = mean(cells.iter().map(of));
            if then != now {
                moves.push(Move {
                    metric: format!("{title}: {name}"),
                    old: then.unwrap_or_default(),
                    new: now.unwrap_or_default(),
                });
            }
        }
        if moves.len() == at_first {
            let digests = |cell: Option<&super::KeptCell>| {
                cell.map_or_else(String::new, |cell| cell.digest.chars().take(12).collect())
            };
            let differs = cells.iter().find(|cell| !same(cell));
            let seed = differs.map_or(0, |cell| cell.seed);
            moves.push(Move {
                metric: format!("{title}: events of seed {seed}"),
                old: digests(before(seed)),
                new: digests(differs),
            });
        }
    }
    let gone = old.into_iter().flat_map(Baseline::subjects);
    let gone = gone.filter(|(strategy, workload, _)| {
        let mut there = new.subjects();
        there.all(|(other, of, _)| (other, of) != (strategy, workload))
    });
    moves.extend(gone.map(|(strategy, workload, _)| Move {
        metric: crate::sheet::title(strategy, workload),
        old: "there".to_owned(),
        new: "gone".to_owned(),
    }));
    moves
}

/// The geometric mean of all seeds as a whole number; `None` if one has none.
fn mean(figures: impl Iterator<Item = Option<u64>>) -> Option<String> {
    geometric_ns(figures).map(|mean| mean.to_string())
}

/// Adds rows to the history in the folder of baselines.
///
/// # Errors
/// If it cannot be written.
pub fn record(
    folder: &Path,
    scenario: &str,
    moves: &[Move],
    reason: &str,
    commit: &str,
) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let path = folder.join("HISTORY.csv");
    let begins = !path.exists();
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    let mut csv = csv::Writer::from_writer(file);
    if begins {
        csv.write_record(HEADER)?;
    }
    for one in moves {
        csv.write_record([scenario, &one.metric, &one.old, &one.new, reason, commit])?;
    }
    csv.flush()
}
