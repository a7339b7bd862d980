//! What was found wrong: of each oracle how often, and the first time in words.

use std::collections::BTreeMap;

/// What was found wrong.
#[derive(Debug, Default)]
pub(super) struct Faults(BTreeMap<&'static str, (u64, String)>);

impl Faults {
    pub(super) fn add(&mut self, oracle: &'static str, said: String) {
        self.0.entry(oracle).or_insert((0, said)).0 += 1;
    }

    /// How often `oracle` found something, and what it was the first time.
    pub(super) fn of(&self, oracle: &str) -> Option<&(u64, String)> {
        self.0.get(oracle)
    }
}
