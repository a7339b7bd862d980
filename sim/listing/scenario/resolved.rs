//! A listing scenario written out: complete TOML, a list of options and a hash.

use super::Scenario;
use crate::scenario::Tables as _;
use crate::scenario::resolved::{complete, fill_in, hash, options, table};
use crate::scenario::vain::leave_out;

/// What may be left unset, each behind the options that begin so.
const OPTIONAL: [(&str, &str); 10] = [
    ("upstream.file", "upstream."),
    ("upstream.faults.storm", "upstream.faults."),
    ("upstream.faults.outage", "upstream.faults."),
    ("client.limit", "client."),
    ("streams", "client."),
    ("database.file", "database."),
    ("disk.free_mib", "disk."),
    ("crash", "network."),
    ("partition", "crash"),
    ("objective.reader_p95_times", "objective."),
];

impl Scenario {
    /// The scenario as a file that says everything, defaults included: its question, then every
    /// option. Loading it again gives the same scenario, as long as the profile and the file it
    /// names lie where they lay, seen from where it is saved.
    #[must_use]
    pub fn to_toml(&self) -> String {
        complete(&self.question, &self.table())
    }

    /// Every option as (dotted path, value), defaults included, in the order of the model; what
    /// is not set has the value `none`.
    #[must_use]
    pub fn options_block(&self) -> Vec<(String, String)> {
        let mut options = options(&self.table());
        fill_in(&mut options, &OPTIONAL);
        options
    }

    /// SHA-256, hex, of what shapes the cells and the verdict: the model, the constants of its
    /// device and what is in its file. What these are called is left out, and so are the name of
    /// the scenario, its question and its gates.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut model = self.model.clone();
        model.disk.profile = String::new();
        model.gates.0.clear();
        model.upstream.file = self.file.as_ref().map(|file| file.content.clone());
        hash(&(&model, &self.profile))
    }

    fn table(&self) -> toml::Table {
        let mut table = table(&self.model);
        leave_out(&self.model.in_vain(), &mut table);
        table
    }
}
