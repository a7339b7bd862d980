//! Everything that is judged in a run, and the verdict: what is the same for every family.
//!
//! A family adds the sentences that need its own figures: what a run that meets its objective came
//! to, and what to do about one that does not.

use super::controls::Controls;
use super::standing::{Miss, Standing};
use crate::measure::unit::count;
use crate::measure::{Finding, Stats, Tone, Verdict};
use crate::scenario::Role;

/// All strategies of a run with where they stand.
#[derive(Clone, Debug)]
pub struct Docket<'a> {
    /// Those of the scenario, in its order.
    pub strategies: Vec<Case<'a>>,
    /// The built-in controls.
    pub built_in: Vec<Case<'a>>,
    /// Whether every cell was run.
    pub complete: bool,
}

/// One strategy.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is in the comparison.
    pub role: Role,
    /// Each seed with where it stands.
    pub standings: Vec<(u64, &'a Standing)>,
}

impl Case<'_> {
    /// The seed with the worst standing, and that standing; the first of equals.
    #[must_use]
    pub fn worst(&self) -> Option<(u64, &Standing)> {
        let by = |standing: &Standing| match standing {
            Standing::Misses(misses) => misses.first().map_or(0.0, |miss| miss.by),
            _ => 0.0,
        };
        let all = self.standings.iter().rev().copied();
        all.max_by(|(_, a), (_, b)| {
            let gravity = a.gravity().cmp(&b.gravity());
            gravity.then(by(a).total_cmp(&by(b)))
        })
    }
}

impl Docket<'_> {
    /// Which controls were caught.
    #[must_use]
    pub fn controls(&self) -> Controls {
        let own = self.strategies.iter();
        let own = own.filter(|case| case.role == Role::Control);
        Controls::of(own.chain(&self.built_in).map(|case| {
            let standings = case.standings.iter().map(|(_, standing)| *standing);
            (case.name, standings.collect())
        }))
    }

    /// Those that are not controls.
    pub fn genuine(&self) -> impl Iterator<Item = &Case<'_>> {
        let all = self.strategies.iter();
        all.filter(|case| case.role != Role::Control)
    }

    /// Those that are judged by the objective.
    pub fn candidates(&self) -> impl Iterator<Item = &Case<'_>> {
        let all = self.strategies.iter();
        all.filter(|case| case.role == Role::Candidate)
    }

    /// The answer in a word. What makes figures worthless comes first.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let is = |wanted: fn(&Standing) -> bool| self.first(wanted).is_some();
        if !self.complete {
            Verdict::Incomplete
        } else if is(|one| matches!(one, Standing::Incorrect { .. })) {
            Verdict::Incorrect
        } else if self.controls().slipped().next().is_some() {
            Verdict::Fail
        } else if is(|one| matches!(one, Standing::Unfinished { .. })) {
            Verdict::Unfinished
        } else if is(|one| matches!(one, Standing::Misses(_))) {
            Verdict::ObjectiveMissed
        } else if is(|one| matches!(one, Standing::NoData { .. }))
            || self.candidates().next().is_none()
        {
            Verdict::NoData
        } else {
            Verdict::Pass
        }
    }

    /// The answer in a sentence, and what to do now; `None` for what needs figures: a pass and a
    /// missed objective.
    #[must_use]
    pub fn answer(&self) -> Option<(String, &'static str)> {
        let name = |wanted| self.first(wanted).unwrap_or("a strategy");
        Some(match self.verdict() {
            Verdict::Pass | Verdict::ObjectiveMissed => return None,
            Verdict::Incomplete => (
                "The run was interrupted: what is here is not judged.".to_owned(),
                "Run it again to the end.",
            ),
            Verdict::Incorrect => {
                let name = name(|one| matches!(one, Standing::Incorrect { .. }));
                (
                    format!("{name} leaves wrong data behind."),
                    "Repair the strategy; its speed does not matter before.",
                )
            }
            Verdict::Unfinished => {
                let name = name(|one| matches!(one, Standing::Unfinished { .. }));
                (
                    format!("{name} did not finish."),
                    "See the findings for what stopped it; where it was only too slow, raise the horizon.",
                )
            }
            Verdict::Fail => {
                let controls = self.controls();
                let name = controls.slipped().next().map_or("?", |one| &one.name);
                (
                    format!(
                        "The control {name} was not caught at what it does: this run proves nothing."
                    ),
                    "Teach the oracles to see what the control does; believe no other figure before.",
                )
            }
            Verdict::NoData if self.candidates().next().is_none() => (
                "There is nothing to judge: no candidate was run.".to_owned(),
                "Run it with a strategy that is a candidate.",
            ),
            Verdict::NoData => {
                let name = name(|one| matches!(one, Standing::NoData { .. }));
                (
                    format!(
                        "There is nothing to judge {name} by: a figure it is held to is missing."
                    ),
                    "Run it with everything the objective compares with, and long enough.",
                )
            }
        })
    }

    /// The miss that is farthest from what is wanted, with the candidate's name.
    #[must_use]
    pub fn worst_miss(&self) -> Option<(&str, &Miss)> {
        let missed = self.candidates().filter_map(|case| match case.worst()?.1 {
            Standing::Misses(misses) => Some((case.name, misses.first()?)),
            _ => None,
        });
        missed.reduce(|worst, other| {
            if other.1.by > worst.1.by {
                other
            } else {
                worst
            }
        })
    }

    /// What is wrong, of genuine strategies: wrong data and what did not finish.
    #[must_use]
    pub fn broken(&self) -> Vec<Finding> {
        let broken = self.genuine().filter_map(|case| {
            let (seed, standing) = case.worst()?;
            let name = case.name;
            let sentence = match standing {
                Standing::Incorrect { oracle, detail } => {
                    format!(
                        "{name} is incorrect with seed {seed}: {oracle} found {detail}. It has no figures."
                    )
                }
                Standing::Unfinished { why } => {
                    format!("{name} did not finish with seed {seed}: it {why}.")
                }
                Standing::NoData { missing } => format!(
                    "{name} has no figure for {} with seed {seed}: no data never passes.",
                    missing.join(", ")
                ),
                _ => return None,
            };
            let tone = match standing {
                Standing::NoData { .. } => Tone::Note,
                _ => Tone::Bad,
            };
            Some(finding(tone, name, sentence))
        });
        broken.collect()
    }

    /// What a candidate misses, with its worst seed.
    #[must_use]
    pub fn missed(&self, name: &str) -> Option<Finding> {
        let case = self.candidates().find(|case| case.name == name)?;
        let (seed, Standing::Misses(misses)) = case.worst()? else {
            return None;
        };
        let phrases: Vec<&str> = misses.iter().map(|miss| miss.phrase.as_str()).collect();
        let phrases = phrases.join("; ");
        let sentence = format!("{name} misses the objective with seed {seed}: {phrases}.");
        Some(finding(Tone::Bad, name, sentence))
    }

    /// Controls that were not caught at what they do.
    #[must_use]
    pub fn blind(&self) -> Vec<Finding> {
        let controls = self.controls();
        let blind = controls.slipped().map(|control| {
            let name = &control.name;
            let sentence = match &control.caught {
                Err(instead) if instead.contains(" by ") => {
                    format!("The control {name} was caught {instead}.")
                }
                _ => format!(
                    "The control {name} passed every oracle: they are blind to what it does."
                ),
            };
            finding(Tone::Bad, name, sentence)
        });
        blind.collect()
    }

    /// The first genuine strategy whose worst seed stands so.
    fn first(&self, wanted: fn(&Standing) -> bool) -> Option<&str> {
        let mut genuine = self.genuine();
        let found = genuine.find(|case| case.standings.iter().any(|(_, one)| wanted(one)))?;
        Some(found.name)
    }
}

/// One remark for all cells with too few reads.
pub fn few_reads(all: impl Iterator<Item = Stats>) -> Option<Finding> {
    let least = all.min_by_key(|stats| stats.count)?;
    let remark = least.few_samples()?;
    Some(Finding {
        tone: Tone::Note,
        strategy: None,
        sentence: format!(
            "Readers asked {} times in the shortest cell: {remark}.",
            count(least.count)
        ),
    })
}

/// A finding about one strategy.
#[must_use]
pub fn finding(tone: Tone, strategy: &str, sentence: String) -> Finding {
    Finding {
        tone,
        strategy: Some(strategy.to_owned()),
        sentence,
    }
}

#[cfg(test)]
#[path = "docket_tests.rs"]
mod tests;
