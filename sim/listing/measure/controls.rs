//! Whether every control was caught, and by which oracle: what all other verdicts rest on.

use super::comparison::{Comparison, StrategyResult};
use super::standing::Standing;
use crate::scenario::Role;

/// The controls of a run: those of the scenario, then the built-in ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controls(Vec<Control>);

/// One control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// Its name.
    pub name: String,
    /// The oracle that caught it first; or the first seed in which none did, on no shape.
    pub caught: Result<String, u64>,
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

    /// Those that got away with what they do.
    pub fn slipped(&self) -> impl Iterator<Item = &Control> {
        self.0.iter().filter(|control| control.caught.is_err())
    }

    /// As in `controls: 7/7 caught: no-cursor by ids, …`; those that were not come first.
    #[must_use]
    pub fn line(&self) -> String {
        if self.0.is_empty() {
            return "controls: none".to_owned();
        }
        let mut words: Vec<String> = self
            .slipped()
            .map(|control| format!("{} NOT CAUGHT", control.name))
            .collect();
        let caught = self.0.len() - words.len();
        words.extend(self.0.iter().filter_map(|control| {
            let oracle = control.caught.as_ref().ok()?;
            Some(format!("{} by {oracle}", control.name))
        }));
        let count = format!("controls: {caught}/{} caught", self.0.len());
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
        let oracle = |seed: u64| {
            cells.iter().find_map(|(other, standing)| match standing {
                Standing::Caught { oracle } if *other == seed => Some(oracle.clone()),
                _ => None,
            })
        };
        let mut seeds = cells.iter().map(|(seed, _)| *seed);
        let slipped = seeds.clone().find(|seed| oracle(*seed).is_none());
        let caught = match (slipped, seeds.next().and_then(oracle)) {
            (None, Some(oracle)) => Ok(oracle),
            (slipped, _) => Err(slipped.unwrap_or_default()),
        };
        Self {
            name: name.to_owned(),
            caught,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::Outcome;
    use crate::listing::measure::synthetic::{control, run_of};

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
