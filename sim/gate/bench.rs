//! Where the gates of a run are judged: what has to hold, of which figures, against which baseline.
//!
//! What comes out is a function of the run's summary, the baseline and the gates, whatever family
//! the scenario is of. A strategy that was given several things to do is judged for each of them: a
//! mean over shapes would let a bad one hide behind good ones.

use serde_json::Value;

use super::against::{self, Tested};
use super::baseline::Baseline;
use super::expression::Reference;
use super::judged::{Actual, Change, Judged, Test, Verdict};
use super::over_seeds;
use super::statistics::holm;
use super::summary::{Cell, Subject, Summary};
use super::table::Gate;
use super::witness::Witness;

/// Judges the gates of a run.
#[derive(Clone, Copy, Debug)]
pub struct Bench<'a> {
    /// What has to hold.
    pub gates: &'a [Gate],
    /// What the run is held against.
    pub baseline: Option<&'a Baseline>,
    /// Who saw the cells.
    pub witness: Option<&'a Witness>,
    /// Whether only a part of the scenario was run: gates about the rest are left out.
    pub partial: bool,
}

/// What a gate comes to for one strategy.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) verdict: Verdict,
    pub(super) change: Option<Change>,
    pub(super) actual: Option<Actual>,
    pub(super) test: Option<Test>,
    pub(super) detail: String,
    pub(super) seed: Option<u64>,
}

/// An answer, or a test that waits for the others: all of a run share one chance of a false alarm.
pub(super) enum State {
    Settled(Answer),
    Tested(Tested),
}

impl Answer {
    /// One without figures.
    pub(super) fn of(verdict: Verdict, detail: String) -> Self {
        Self {
            verdict,
            change: None,
            actual: None,
            test: None,
            detail,
            seed: None,
        }
    }
}

impl Bench<'_> {
    /// Judges what `document`, a `summary.json`, says.
    ///
    /// # Errors
    /// If it lacks what every family writes.
    pub fn judge(&self, document: &Value) -> Result<Vec<Judged>, serde_json::Error> {
        Ok(self.judged(&Summary::read(document)?))
    }

    /// Judges what is known of a run.
    #[must_use]
    pub fn judged(&self, summary: &Summary) -> Vec<Judged> {
        let mut judged = Vec::new();
        let mut states = Vec::new();
        for gate in self.gates {
            let about = self.about(gate, summary);
            if about.is_empty() && !self.partial {
                let whom = gate.expression.of.as_deref().unwrap_or("any candidate");
                let detail = format!("there is no cell of {whom}");
                judged.push(judged_of(gate, None, Answer::of(Verdict::NoData, detail)));
            }
            let of_gate = about.into_iter();
            states
                .extend(of_gate.map(|subject| (gate, subject, self.state(gate, subject, summary))));
        }
        let tests: Vec<f64> = states.iter().filter_map(|(_, _, state)| p(state)).collect();
        let mut adjusted = holm(&tests).into_iter();
        let comparisons = tests.len();
        for (gate, subject, state) in states {
            let answer = match state {
                State::Settled(answer) => answer,
                State::Tested(tested) => {
                    let p = tested.p().and_then(|_| adjusted.next());
                    tested.answer(gate, p, comparisons)
                }
            };
            let mut one = judged_of(gate, Some(subject), answer);
            one.divergence = self.divergence(&one, subject);
            judged.push(one);
        }
        judged
    }

    /// Whom a gate is about; of a part of a scenario, only whom it can be judged for.
    fn about<'s>(&self, gate: &Gate, summary: &'s Summary) -> Vec<&'s Subject> {
        let all = summary.subjects.iter().filter(|subject| {
            let meant = match &gate.expression.of {
                Some(name) => subject.strategy == *name,
                None => subject.candidate,
            };
            let compared = match &gate.expression.reference {
                Some(Reference::Strategy(name)) => {
                    // Nothing is better or worse than itself.
                    let itself = subject.strategy == *name && gate.expression.of.is_none();
                    let there = summary.subject(name, &subject.workload).is_some();
                    !itself && (there || !self.partial)
                }
                _ => true,
            };
            meant && compared
        });
        all.collect()
    }

    fn state(&self, gate: &Gate, subject: &Subject, summary: &Summary) -> State {
        if let Some(wrong) = subject.cells.iter().find(|cell| !cell.correct) {
            let found = first_failed(wrong);
            let detail = format!(
                "incorrect with seed {}: {found}; no figure counts",
                wrong.seed
            );
            let mut answer = Answer::of(Verdict::Fail, detail);
            answer.seed = Some(wrong.seed);
            return State::Settled(answer);
        }
        if let Some(short) = too_few(gate, subject) {
            return State::Settled(short);
        }
        match &gate.expression.reference {
            Some(Reference::Baseline) => match self.baseline {
                Some(baseline) => against::state(gate, subject, baseline),
                None => State::Settled(Answer::of(
                    Verdict::NoData,
                    "there is no baseline".to_owned(),
                )),
            },
            _ => State::Settled(over_seeds::answer(gate, subject, summary)),
        }
    }

    /// Where the event log of the seed that shows a change best left that of the baseline.
    fn divergence(&self, judged: &Judged, subject: &Subject) -> Option<String> {
        let seed = judged.change.and(judged.seed)?;
        let cell = subject.cell(seed)?;
        let kept = self
            .baseline?
            .cell(&subject.strategy, &subject.workload, seed)?;
        if kept.digest == cell.digest {
            return None;
        }
        let newer = self.witness?.traced(&cell.digest)?;
        let parted = kept.trail.as_ref()?.parts_from(&newer);
        let parted = parted.map(|one| format!("{} (seed {seed})", one.sentence()));
        // The log alone is no digest: counters and oracles are in it, too.
        Some(parted.unwrap_or_else(|| {
            format!("seed {seed} has the same events, and other counters or oracles")
        }))
    }
}

fn p(state: &State) -> Option<f64> {
    match state {
        State::Tested(tested) => tested.p(),
        State::Settled(_) => None,
    }
}

fn first_failed(cell: &Cell) -> String {
    let oracles = cell.record["oracles"].as_array();
    let mut failed = oracles.into_iter().flatten();
    let failed = failed.find(|oracle| oracle["passed"] == false);
    let name = failed.and_then(|oracle| oracle["name"].as_str());
    name.map_or_else(|| "wrong data".to_owned(), |name| format!("{name} failed"))
}

/// Too few requests to make the figure from, with some seed.
fn too_few(gate: &Gate, subject: &Subject) -> Option<Answer> {
    let (least, metric) = (gate.least_samples, &gate.metric);
    let counted = subject.cells.iter().filter_map(|cell| {
        let samples = metric.read_samples(&cell.record)?;
        Some((samples, cell.seed))
    });
    let (samples, seed) = counted.min()?;
    (samples < least).then(|| {
        let detail = format!(
            "{samples} requests with seed {seed}, and {} takes {least}: run it for longer, or set \
             min_samples",
            metric.name
        );
        Answer::of(Verdict::Insufficient, detail)
    })
}

fn judged_of(gate: &Gate, subject: Option<&Subject>, answer: Answer) -> Judged {
    let name = |subject: &Subject| (subject.strategy.clone(), subject.workload.clone());
    let nobody = || {
        (
            gate.expression.of.clone().unwrap_or_default(),
            String::new(),
        )
    };
    let (strategy, workload) = subject.map_or_else(nobody, name);
    Judged {
        expect: gate.expression.to_string(),
        verdict: answer.verdict,
        actual: answer.actual,
        place: gate.place.clone(),
        severity: gate.severity,
        strategy,
        workload,
        change: answer.change,
        test: answer.test,
        detail: answer.detail,
        why: gate.why.clone(),
        divergence: None,
        seed: answer.seed,
    }
}

#[cfg(test)]
#[path = "bench_tests.rs"]
mod tests;
