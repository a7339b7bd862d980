//! Holds a run against what it is to be: gates of scenario files, and baselines that were accepted.
//!
//! A run says "this is how it is"; a gate says whether that is good enough, and whether it has become
//! worse. Judging is a function of the run's summary, the gates and the baseline, so it is the same
//! for every family of scenarios. A map:
//!
//! * `table`: a `[[gate]]` of a scenario file, checked before anything runs. Start here.
//! * `expression`, `grammar`: what it expects, and how that is read.
//! * `metric`, `counters`: the figures it may be about; `figure`: how they are said.
//! * `summary`: what is known of a run; `baseline`: of the one it is held against.
//! * `bench`: where gates are judged; `over_seeds`: as they are; `against`: since accepted.
//! * `statistics`, `student`: paired tests over seeds.
//! * `judged`: what came of a gate; `failure`, `annotation`, `junit`: as it is shown.
//! * `trail`, `witness`: what is kept of event logs, and what the simulator has to prove of itself.
//! * `history`: what was accepted, when and why; `defaults`: what nobody has to ask for.

mod against;
mod annotation;
mod baseline;
mod bench;
mod counters;
mod defaults;
mod expression;
mod failure;
mod figure;
mod grammar;
mod history;
mod judged;
mod junit;
mod metric;
mod over_seeds;
mod statistics;
mod student;
mod summary;
mod table;
mod trail;
mod witness;

pub use annotation::annotation;
pub use baseline::{Baseline, BaselineError, Expected, KeptCell, accept_command};
pub use bench::Bench;
pub use expression::{Expression, Operator, Quantity, Reference, Scale, Seeds};
pub use failure::{Trace, text};
pub use history::{Move, moves, record};
pub use judged::{Actual, Change, Judged, Test, Verdict, line};
pub use junit::junit;
pub use metric::{Metric, Unit};
pub use summary::{Cell, Subject, Summary};
pub use table::{Gate, Gates, Severity, Table};
pub use trail::{Divergence, Traced, Trail};
pub use witness::Witness;

use crate::scenario::{Family, Tables};

/// What a scenario is held to, and what is kept of it.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// Its gates, in the order of the file.
    pub gates: Vec<Gate>,
    /// What a baseline keeps of a cell.
    pub kept: Vec<Metric>,
    family: Option<Family>,
}

impl Held {
    /// What the scenario with the tables `model` is held to; `place` says where each gate stands.
    ///
    /// # Panics
    /// If a gate is wrong, which a checked scenario has none of.
    pub(crate) fn of<M: Tables>(model: &M, places: &[String]) -> Self {
        let gate = |(nth, table): (usize, &Table)| {
            let place = places.get(nth).cloned().unwrap_or_default();
            let gate = table.gate(M::FAMILY, None, place);
            gate.unwrap_or_else(|slips| panic!("a checked scenario has a gate with {slips:?}"))
        };
        let gates: Vec<Gate> = model.gates().0.iter().enumerate().map(gate).collect();
        let mut kept = Metric::primary(M::FAMILY);
        for gate in gates.iter().filter(|gate| gate.needs_baseline()) {
            if !kept.contains(&gate.metric) {
                kept.push(gate.metric.clone());
            }
        }
        Self {
            gates,
            kept,
            family: Some(M::FAMILY),
        }
    }

    /// All gates of a scenario that has this baseline, which lies at `place`.
    #[must_use]
    pub fn against(&self, baseline: &Baseline, place: &str) -> Vec<Gate> {
        let family = self.family.into_iter();
        let more = family.flat_map(|family| defaults::of(family, &self.gates, baseline, place));
        self.gates.iter().cloned().chain(more).collect()
    }

    /// Its gates that need no baseline.
    #[must_use]
    pub fn without_baseline(&self) -> Vec<Gate> {
        let all = self.gates.iter().filter(|gate| !gate.needs_baseline());
        all.cloned().collect()
    }
}
