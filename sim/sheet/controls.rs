//! Whether every control was caught, and by which oracle: what all other verdicts rest on.

use super::standing::Standing;

/// The controls of a run: those of the scenario, then the built-in ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controls(Vec<Control>);

/// One control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// Its name.
    pub name: String,
    /// The oracle that caught it; or what happened instead, after its name.
    pub caught: Result<String, String>,
}

impl Controls {
    /// Each control with where it stands, seed by seed. It has to be caught with every seed: one
    /// that passes once would pass again.
    #[must_use]
    pub fn of<'a>(all: impl Iterator<Item = (&'a str, Vec<&'a Standing>)>) -> Self {
        let control = |(name, standings): (&str, Vec<&Standing>)| {
            let worst = standings.iter().rev().max_by_key(|one| one.gravity());
            let caught = match worst {
                Some(Standing::Caught { oracle }) => Ok(oracle.clone()),
                Some(Standing::Mistaken { meant, by }) => {
                    Err(format!("NOT by {meant}, its own oracle, but by {by}"))
                }
                _ => Err("NOT CAUGHT".to_owned()),
            };
            Control {
                name: name.to_owned(),
                caught,
            }
        };
        Self(all.map(control).collect())
    }

    /// Those that got away with what they do, or were caught at something else.
    pub fn slipped(&self) -> impl Iterator<Item = &Control> {
        self.0.iter().filter(|control| control.caught.is_err())
    }

    /// As in `controls: 6/6 caught: gate-open by memory, …`; those that were not come first.
    #[must_use]
    pub fn line(&self) -> String {
        if self.0.is_empty() {
            return "controls: none".to_owned();
        }
        let (mut words, mut caught) = (Vec::new(), Vec::new());
        for Control { name, caught: by } in &self.0 {
            match by {
                Ok(oracle) => caught.push(format!("{name} by {oracle}")),
                Err(instead) => words.push(format!("{name} {instead}")),
            }
        }
        let count = format!("controls: {}/{} caught", caught.len(), self.0.len());
        words.extend(caught);
        format!("{count}: {}", words.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(all: &[(&'static str, &[Standing])]) -> String {
        let all = all
            .iter()
            .map(|(name, standings)| (*name, standings.iter().collect()));
        Controls::of(all).line()
    }

    #[test]
    fn the_line_names_the_oracle_of_each_and_first_who_was_not_caught_at_it() {
        let caught = |oracle: &str| Standing::Caught {
            oracle: oracle.to_owned(),
        };
        assert_eq!(line(&[]), "controls: none");
        let open = [caught("memory"), caught("memory")];
        assert_eq!(
            line(&[("gate-open", &open)]),
            "controls: 1/1 caught: gate-open by memory"
        );
        let once = [caught("reads"), Standing::Slipped];
        let other = [Standing::Mistaken {
            meant: "prefix",
            by: "rows".to_owned(),
        }];
        let all = [
            ("gate-open", open.as_slice()),
            ("evict", &once),
            ("snapshot", &other),
            ("never-ran", &[]),
        ];
        assert_eq!(
            line(&all),
            "controls: 1/4 caught: evict NOT CAUGHT, snapshot NOT by prefix, its own oracle, but \
             by rows, never-ran NOT CAUGHT, gate-open by memory"
        );
    }
}
