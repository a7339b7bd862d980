//! A pipeline scenario written out: complete TOML, a list of options and a hash.

use super::Scenario;
use crate::scenario::resolved::{complete, fill_in, hash, options, table};

/// What may be left unset, each behind the options that begin so.
const OPTIONAL: [(&str, &str); 9] = [
    ("upstream.faults.storm", "upstream.faults."),
    ("upstream.faults.outage", "upstream.faults."),
    ("database.file", "database."),
    ("disk.free_mib", "disk."),
    ("outage", "operator."),
    ("lock", "outage"),
    ("crash", "lock"),
    ("objective.times_one_after_another", "crash"),
    (
        "objective.reader_p95_times",
        "objective.times_one_after_another",
    ),
];

impl Scenario {
    /// The scenario as a file that says everything, defaults included: its question, then every
    /// option. Loading it again gives the same scenario, as long as `disk.profile` leads to the
    /// same profile from where it is saved.
    #[must_use]
    pub fn to_toml(&self) -> String {
        complete(&self.question, &table(&self.model))
    }

    /// Every option as (dotted path, value), defaults included, in the order of the model; what
    /// is not set has the value `none`.
    #[must_use]
    pub fn options_block(&self) -> Vec<(String, String)> {
        let mut options = options(&table(&self.model));
        fill_in(&mut options, &OPTIONAL);
        options
    }

    /// SHA-256, hex, of what shapes the cells and the verdict: the model and the constants of its
    /// device. What this is called is left out, and so are the name of the scenario and its
    /// question.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut model = self.model.clone();
        model.disk.profile = String::new();
        hash(&(&model, &self.profile))
    }
}
