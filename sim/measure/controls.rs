//! Whether every control was caught, and by which oracle: what all other verdicts rest on.

use super::comparison::Comparison;
use super::standing::Standing;
use crate::scenario::Role;

/// The controls of a run: those of the scenario, then the built-in ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Controls(Vec<(String, Standing)>);

impl Controls {
    pub(super) fn of(comparison: &Comparison) -> Self {
        let own = comparison.of_role(Role::Control);
        let all = own.chain(&comparison.controls);
        let standing = |control| Standing::of(control, comparison.objective_ns);
        Self(all.map(|one| (one.name.clone(), standing(one))).collect())
    }

    /// The first that got away with what it does, or was caught at something else.
    #[must_use]
    pub fn slipped(&self) -> Option<(&str, &Standing)> {
        let slipped = |standing: &Standing| {
            matches!(
                standing,
                Standing::Slipped { .. } | Standing::Mistaken { .. }
            )
        };
        let mut all = self.0.iter();
        let (name, standing) = all.find(|(_, standing)| slipped(standing))?;
        Some((name, standing))
    }

    /// As in `controls: 6/6 caught: no-cursor by ledger, …`; those that were not come first.
    #[must_use]
    pub fn line(&self) -> String {
        if self.0.is_empty() {
            return "controls: none".to_owned();
        }
        let (mut caught, mut others) = (Vec::new(), Vec::new());
        for (name, standing) in &self.0 {
            match standing {
                Standing::Caught { oracle } => caught.push(format!("{name} by {oracle}")),
                Standing::Mistaken { meant, by, .. } => {
                    others.push(format!(
                        "{name} NOT by {meant}, its own oracle, but by {by}"
                    ));
                }
                Standing::Slipped { .. } => others.push(format!("{name} NOT CAUGHT")),
                other => others.push(format!("{name} {}", other.word())),
            }
        }
        let count = format!("controls: {}/{} caught", caught.len(), self.0.len());
        others.extend(caught);
        format!("{count}: {}", others.join(", "))
    }
}
