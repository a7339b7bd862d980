//! The answer of a run in a word, in a sentence, and what to do now.
//!
//! Nothing is recommended that was not measured.

use super::comparison::{Comparison, StrategyResult};
use super::controls::{Control, Controls};
use super::rival::Rival;
use super::standing::{Aim, Miss, Standing};
use crate::listing::Run;
use crate::measure::Verdict;
use crate::measure::mean::geometric;
use crate::measure::unit::{NBSP, duration, factor, fine_factor, fine_percent};
use crate::scenario::Role;

/// The answer of `run` in a word.
#[must_use]
pub fn verdict(run: &Run, comparison: &Comparison, controls: &Controls) -> Verdict {
    let any = |role: Option<Role>, wanted: fn(&Standing) -> bool| {
        let genuine = comparison
            .results()
            .filter(|result| result.role != Role::Control);
        let mut judged = genuine.filter(|result| role.is_none_or(|role| result.role == role));
        judged.any(|result| result.cells.iter().any(|(_, standing)| wanted(standing)))
    };
    let candidate = Some(Role::Candidate);
    if !run.complete {
        Verdict::Incomplete
    } else if any(None, |standing| {
        matches!(standing, Standing::Incorrect { .. })
    }) {
        Verdict::Incorrect
    } else if controls.slipped().next().is_some() {
        Verdict::Fail
    } else if any(None, |standing| {
        matches!(standing, Standing::Unfinished { .. })
    }) {
        Verdict::Unfinished
    } else if any(candidate, |standing| {
        matches!(standing, Standing::Misses(_))
    }) {
        Verdict::ObjectiveMissed
    } else if any(candidate, |standing| *standing == Standing::NoData)
        || comparison.of_role(Role::Candidate).is_empty()
    {
        Verdict::NoData
    } else {
        Verdict::Pass
    }
}

/// It in a sentence.
#[must_use]
pub fn headline(verdict: Verdict, comparison: &Comparison, controls: &Controls) -> String {
    let first = |wanted: fn(&Standing) -> bool| {
        let mut genuine = comparison
            .results()
            .filter(|result| result.role != Role::Control);
        let found = genuine.find(|result| result.cells.iter().any(|(_, one)| wanted(one)));
        found.map_or(("a strategy", "a shape"), |result| {
            (&result.name, &result.shape)
        })
    };
    match verdict {
        Verdict::Incomplete => "The run was interrupted: what is here is not judged.".to_owned(),
        Verdict::Incorrect => {
            let (name, shape) = first(|one| matches!(one, Standing::Incorrect { .. }));
            format!("{name} leaves wrong data behind on {shape}.")
        }
        Verdict::Unfinished => {
            let (name, shape) = first(|one| matches!(one, Standing::Unfinished { .. }));
            format!("{name} did not finish on {shape}.")
        }
        Verdict::Fail => {
            let slipped = controls.slipped().next().map(Control::how);
            let how = slipped.unwrap_or_else(|| "A control was not caught".to_owned());
            format!("{how}: this run proves nothing.")
        }
        Verdict::NoData if comparison.of_role(Role::Candidate).is_empty() => {
            "There is nothing to judge: no candidate was run.".to_owned()
        }
        Verdict::NoData => {
            let (name, shape) = first(|one| *one == Standing::NoData);
            format!(
                "There is nothing to judge {name} by on {shape}: a figure it is held to is missing."
            )
        }
        Verdict::ObjectiveMissed => missed(comparison),
        Verdict::Pass => passed(comparison),
    }
}

/// What to do now.
#[must_use]
pub fn next(verdict: Verdict, comparison: &Comparison) -> String {
    match verdict {
        Verdict::Incomplete => "Run it again to the end.".to_owned(),
        Verdict::Incorrect => "Repair the strategy; its speed does not matter before.".to_owned(),
        Verdict::Unfinished => {
            "See the findings for what stopped it; where it was only too slow, raise the horizon."
                .to_owned()
        }
        Verdict::Fail => {
            "Teach the oracles to see what the control does; believe no other figure before."
                .to_owned()
        }
        Verdict::NoData if comparison.of_role(Role::Candidate).is_empty() => {
            "Run it with a strategy that is a candidate.".to_owned()
        }
        Verdict::NoData => "Let readers ask more often, or fetch more.".to_owned(),
        Verdict::ObjectiveMissed => next_of_missed(comparison),
        Verdict::Pass => next_of_passed(comparison),
    }
}

impl Miss {
    /// What it came to and what was wanted.
    #[must_use]
    pub fn phrase(self) -> String {
        let (figure, wanted) = (self.figure, self.wanted);
        let times = format!("at most {wanted}{NBSP}× wanted");
        match self.aim {
            Aim::Floor => format!("{} the floor, {times}", fine_factor(figure)),
            Aim::Best => format!("{} the time of the quickest, {times}", fine_factor(figure)),
            Aim::Wasted => format!(
                "{} of its answered requests brought nothing new, at most {wanted}{NBSP}% wanted",
                fine_percent(figure / 100.0)
            ),
            Aim::Readers => format!(
                "the readers' p95 is {} what it is without it, {times}",
                fine_factor(figure)
            ),
        }
    }
}

/// The candidate and shape with the worst miss, and the worst miss there.
fn worst_miss(comparison: &Comparison) -> Option<(&StrategyResult, Miss)> {
    let candidates = comparison
        .results()
        .filter(|one| one.role == Role::Candidate);
    let missed = candidates.filter_map(|result| match result.worst()?.1 {
        Standing::Misses(misses) => Some((result, *misses.first()?)),
        _ => None,
    });
    missed.reduce(|worst, other| {
        if other.1.by() > worst.1.by() {
            other
        } else {
            worst
        }
    })
}

fn missed(comparison: &Comparison) -> String {
    let Some((worst, miss)) = worst_miss(comparison) else {
        return "A candidate misses the objective.".to_owned();
    };
    let misses =
        |result: &&StrategyResult| matches!(result.worst(), Some((_, Standing::Misses(_))));
    let all = comparison.of_strategy(&worst.name).count();
    let on = comparison.of_strategy(&worst.name).filter(misses).count();
    let where_to = match (on, all) {
        (_, 1) => format!("on {}", worst.shape),
        _ if on == all => format!("on all {all} shapes, by most on {}", worst.shape),
        _ => format!("on {on} of {all} shapes, by most on {}", worst.shape),
    };
    format!(
        "{} misses the objective {where_to}: {}.",
        worst.name,
        miss.phrase()
    )
}

fn passed(comparison: &Comparison) -> String {
    let candidates = comparison.of_role(Role::Candidate);
    let who = match candidates.as_slice() {
        [one] => format!("{one} meets"),
        many => format!("All {} candidates meet", many.len()),
    };
    let where_to = match comparison.shapes.as_slice() {
        [one] => format!("on {}", one.name),
        many => format!("on all {} shapes", many.len()),
    };
    let results = || {
        comparison
            .results()
            .filter(|one| one.role == Role::Candidate)
    };
    let figures = extremes(results, comparison);
    format!("{who} the objective {where_to}: {figures}.")
}

/// The worst that a strategy came to, over shapes and seeds: what an objective is about.
pub(super) fn extremes<'a, I: Iterator<Item = &'a StrategyResult>>(
    results: impl Fn() -> I,
    comparison: &Comparison,
) -> String {
    let objective = &comparison.objective;
    let several = results().count() > 1;
    let on = |shape: &str| {
        if several {
            format!(" ({shape})")
        } else {
            String::new()
        }
    };
    let worst = |figure: &dyn Fn(&StrategyResult) -> Option<f64>| {
        let all = results().filter_map(|result| Some((result.shape.as_str(), figure(result)?)));
        all.reduce(|worst, other| if other.1 > worst.1 { other } else { worst })
    };
    let floor = worst(&|result| {
        let cells = result.cells.iter().map(|(cell, _)| cell);
        let large = cells.filter(|cell| cell.task.pages > objective.small_pages);
        large.filter_map(|cell| cell.times_floor).reduce(f64::max)
    });
    let wasted = worst(&|result| {
        let cells = result.cells.iter().map(|(cell, _)| cell);
        let large = cells.filter(|cell| cell.task.pages > objective.small_pages);
        large
            .filter_map(|cell| cell.tally.wasted_share())
            .reduce(f64::max)
    });
    let small = worst(&|result| {
        let cells = result.cells.iter().map(|(cell, _)| cell);
        let small = cells.filter(|cell| cell.task.pages <= objective.small_pages);
        small.filter_map(|cell| cell.times_best).reduce(f64::max)
    });
    let readers = worst(&|result| {
        result
            .cells
            .iter()
            .filter_map(|(cell, _)| cell.readers.ratio())
            .reduce(f64::max)
    });
    let phrases = [
        floor
            .map(|(shape, times)| format!("at most {} the floor{}", fine_factor(times), on(shape))),
        wasted.map(|(shape, share)| {
            format!(
                "{} of answered requests wasted{}",
                fine_percent(share),
                on(shape)
            )
        }),
        small.map(|(shape, times)| {
            let few = objective.small_pages;
            format!(
                "up to {few} pages {} the time of the quickest{}",
                fine_factor(times),
                on(shape)
            )
        }),
        readers.map(|(shape, times)| {
            format!(
                "the readers' p95 {} what it is without it{}",
                factor(times),
                on(shape)
            )
        }),
    ];
    let phrases: Vec<String> = phrases.into_iter().flatten().collect();
    phrases.join(", ")
}

/// The candidate that is nearest to the floor, geometric mean over shapes.
pub(super) fn leading(comparison: &Comparison) -> Option<&str> {
    let mean = |name: &str| {
        geometric(
            comparison
                .of_strategy(name)
                .map(|result| result.pooled.times_floor),
        )
    };
    let candidates = comparison.of_role(Role::Candidate).into_iter();
    let all = candidates.map(|name| (name, mean(name).unwrap_or(f64::INFINITY)));
    let best = all.reduce(|best, other| if other.1 < best.1 { other } else { best });
    best.map(|(name, _)| name)
}

fn meets_everywhere(comparison: &Comparison, name: &str) -> bool {
    let mut cells = comparison
        .of_strategy(name)
        .flat_map(|result| &result.cells);
    cells.all(|(_, standing)| *standing == Standing::Meets)
}

fn next_of_passed(comparison: &Comparison) -> String {
    let Some(best) = leading(comparison) else {
        return "Look at the findings.".to_owned();
    };
    let rivals = Rival::all(comparison, best);
    let closest = rivals
        .iter()
        .reduce(|a, b| if b.mean() < a.mean() { b } else { a });
    let Some(rival) = closest else {
        return format!("Ship {best}.");
    };
    let (name, most) = (rival.name, rival.most());
    let worst = if rival.shapes.len() > 1 && most.1 > rival.mean() {
        format!(", and {} on {}", factor(most.1), most.0)
    } else {
        String::new()
    };
    match rival.quicker() {
        Some(true) => format!(
            "Ship {best}: the next best, {name}, takes {} its time{worst}.",
            factor(rival.mean())
        ),
        None => format!("Ship {best}: nobody is quicker; {name} is as quick."),
        Some(false) => {
            let too = if meets_everywhere(comparison, name) {
                ", which meets the objective too,"
            } else {
                ", which misses the objective,"
            };
            format!(
                "Ship {best}; {name}{too} is {} as quick.",
                factor(1.0 / rival.mean())
            )
        }
    }
}

fn next_of_missed(comparison: &Comparison) -> String {
    let mut others = comparison.rivals().into_iter();
    if let Some(name) = others.find(|name| meets_everywhere(comparison, name)) {
        return format!("Take {name} instead: it meets the objective wherever it was run.");
    }
    let Some((worst, _)) = worst_miss(comparison) else {
        return "Look at the findings.".to_owned();
    };
    let shape = comparison
        .shapes
        .iter()
        .find(|shape| shape.name == worst.shape);
    let ranked = shape.map(super::ShapeResult::ranked).unwrap_or_default();
    let look = format!("Look at the calls of {} on {}", worst.name, worst.shape);
    match ranked
        .first()
        .map(|best| (best, best.pooled.makespan_ns.unwrap_or(0)))
    {
        Some((best, ns)) if best.name != worst.name => format!(
            "{look} beside those of {}, the quickest there with {}.",
            best.name,
            duration(ns)
        ),
        _ => format!("{look}; no other strategy of this run is quicker there."),
    }
}
