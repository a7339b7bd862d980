//! Whether every control was caught, and by which oracle: what all other verdicts rest on.

use super::comparison::{Comparison, StrategyResult};
use super::standing::Standing;
use crate::scenario::Role;

/// The controls of a run: those of the scenario, then the built-in ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Controls(Vec<Control>);

/// One control.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// Its name.
    pub name: String,
    /// Where it stands with the first of the seeds that say the worst of the oracles: caught only
    /// if it was with every seed.
    pub standing: Standing,
}

impl Controls {
    /// The controls of `comparison`.
    #[must_use]
    pub fn of(comparison: &Comparison) -> Self {
        let own = comparison.of_role(Role::Control).into_iter();
        let own = own.map(|name| Control::of(name, comparison.of_strategy(name)));
        let built_in = comparison.controls.iter();
        let built_in = built_in.map(|one| Control::of(&one.name, std::iter::once(one)));
        Self(own.chain(built_in).collect())
    }

    /// Those that got away with what they do, or were caught at something else.
    pub fn slipped(&self) -> impl Iterator<Item = &Control> {
        let caught = |control: &&Control| matches!(control.standing, Standing::Caught { .. });
        self.0.iter().filter(move |control| !caught(control))
    }

    /// As in `controls: 7/7 caught: state-first by state, …`; those that were not come first.
    #[must_use]
    pub fn line(&self) -> String {
        if self.0.is_empty() {
            return "controls: none".to_owned();
        }
        let (mut caught, mut words) = (Vec::new(), Vec::new());
        for Control { name, standing } in &self.0 {
            match standing {
                Standing::Caught { oracle } => caught.push(format!("{name} by {oracle}")),
                Standing::Mistaken { meant, by } => {
                    words.push(format!(
                        "{name} NOT by {meant}, its own oracle, but by {by}"
                    ));
                }
                _ => words.push(format!("{name} NOT CAUGHT")),
            }
        }
        let count = format!("controls: {}/{} caught", caught.len(), self.0.len());
        words.extend(caught);
        format!("{count}: {}", words.join(", "))
    }
}

impl Control {
    /// A mistake need not show on every shape of the data, but with every seed it has to on some:
    /// one that passes once would pass again.
    fn of<'a>(name: &str, shapes: impl Iterator<Item = &'a StrategyResult>) -> Self {
        let cells: Vec<(u64, &Standing)> = shapes
            .flat_map(|result| &result.cells)
            .map(|(cell, standing)| (cell.seed, standing))
            .collect();
        let on_some_shape = |seed: u64| {
            let own = cells.iter().filter(|(other, _)| *other == seed);
            own.map(|(_, standing)| *standing)
                .min_by_key(|standing| standing.gravity())
        };
        // The first of equals: `max_by_key` alone would take the last.
        let seeds = cells
            .iter()
            .rev()
            .filter_map(|(seed, _)| on_some_shape(*seed));
        let standing = seeds.max_by_key(|standing| standing.gravity());
        Self {
            name: name.to_owned(),
            standing: standing.cloned().unwrap_or(Standing::Slipped),
        }
    }

    /// How one that slipped did so, without a full stop.
    pub(super) fn how(&self) -> String {
        let name = &self.name;
        match &self.standing {
            Standing::Mistaken { meant, by } => {
                format!("The control {name} was not caught by {meant}, its own oracle, but by {by}")
            }
            _ => format!("The control {name} passed as genuine"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::Outcome;
    use crate::listing::measure::synthetic::{control, oracle, run_of};

    fn line(outcomes: Vec<Outcome>, built_in: Vec<Outcome>) -> String {
        let mut run = run_of(outcomes);
        run.controls = built_in;
        Controls::of(&Comparison::of(&run)).line()
    }

    #[test]
    fn the_line_names_the_oracle_of_each_and_first_who_got_away() {
        assert_eq!(line(vec![], vec![]), "controls: none");
        assert_eq!(
            line(
                vec![],
                vec![control("drops-ties", true), control("skips-pages", true)]
            ),
            "controls: 2/2 caught: drops-ties by exact-ids, skips-pages by exact-ids"
        );
        assert_eq!(
            line(
                vec![control("own", true)],
                vec![control("skips-pages", false)]
            ),
            "controls: 1/2 caught: skips-pages NOT CAUGHT, own by exact-ids"
        );
    }

    #[test]
    fn a_control_with_a_mistake_of_its_own_is_caught_by_its_own_oracle() {
        let known = |own_failed: bool| {
            let mut outcome = control("limit-completes", true);
            outcome.meant_oracle = Some("limit");
            outcome.oracles.push(oracle("limit", !own_failed));
            outcome
        };
        assert_eq!(
            line(vec![], vec![known(true)]),
            "controls: 1/1 caught: limit-completes by limit"
        );
        assert_eq!(
            line(vec![], vec![control("skips-pages", true), known(false)]),
            "controls: 1/2 caught: limit-completes NOT by limit, its own oracle, but by exact-ids, \
             skips-pages by exact-ids"
        );
    }

    #[test]
    fn a_control_is_caught_on_some_shape_with_every_seed() {
        let own = |shape: &str, seed, caught| {
            let mut outcome = control("drops-ties", caught);
            (outcome.shape, outcome.seed) = (shape.to_owned(), seed);
            outcome
        };
        let ties = own("ties", 1, true);
        let innocent = own("empty", 1, false);
        assert!(line(vec![innocent.clone(), ties.clone()], vec![]).contains("1/1 caught"));
        let other = own("ties", 2, false);
        let not = line(vec![innocent, ties, other], vec![]);
        assert_eq!(not, "controls: 0/1 caught: drops-ties NOT CAUGHT");
    }
}
