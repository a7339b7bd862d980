//! A scenario written out: complete TOML, a list of options and a hash.

use serde::Serialize;

use super::Scenario;
use super::place::KeyPath;
use crate::digest::sha256;

impl Scenario {
    /// The scenario as a file that says everything, defaults included: its question, then every
    /// option. Loading it again gives the same scenario, as long as `disk.profile` leads to the
    /// same profile from where it is saved.
    #[must_use]
    pub fn to_toml(&self) -> String {
        complete(&self.question, &self.table())
    }

    /// Every option as (dotted path, value), defaults included, in the order of the model; what
    /// is not set has the value `none`.
    #[must_use]
    pub fn options_block(&self) -> Vec<(String, String)> {
        let mut options = options(&self.table());
        if self.model.disk.free_mib.is_none() {
            insert_after(&mut options, "disk.", "disk.free_mib");
        }
        if self.model.database.file.is_none() {
            insert_after(&mut options, "dataset.", "database.file");
        }
        if self.model.cache.is_none() && self.file.is_none() {
            insert_after(&mut options, "load.", "cache");
        }
        if self.model.objective.writer_p95_ms.is_none() {
            insert_after(&mut options, "objective.", "objective.writer_p95_ms");
        }
        if self.model.cancel.is_none() {
            insert_after(&mut options, "operator.", "cancel");
        }
        if self.model.ledger_outage.is_none() {
            insert_after(&mut options, "cancel", "ledger_outage");
        }
        options
    }

    fn table(&self) -> toml::Table {
        let mut table = table(&self.model);
        if self.file.is_some() {
            // They are about the seeded data, and refused beside a file.
            table.remove("dataset");
            table.remove("load");
        }
        table
    }
}

/// SHA-256, hex, of what shapes the cells and the verdict: the model and the constants of its
/// device. The name, the question, the gates and the name of the profile are left out: renaming or
/// rewording a scenario, or asking more of it, does not make its results another's.
#[must_use]
pub fn scenario_hash(scenario: &Scenario) -> String {
    let mut model = scenario.model.clone();
    model.disk.profile = String::new();
    model.gates.0.clear();
    if let Some(file) = &scenario.file {
        // What is in the file counts, not what it is called; and not how it is to be done for real.
        model.database.file = Some(file.content().to_owned());
        model.apply = None;
    }
    hash(&(&model, &scenario.profile))
}

/// A file that says everything in `table`.
pub(crate) fn complete(question: &str, table: &toml::Table) -> String {
    format!("# {question}\n\n{table}")
}

/// The tables of a checked scenario. Every number of one fits in an i64: it came out of a TOML
/// file, or through the same checks.
pub(crate) fn table(model: &impl Serialize) -> toml::Table {
    toml::Table::try_from(model).expect("a checked scenario can be written as TOML")
}

/// Every option in `table` as (dotted path, value).
pub(crate) fn options(table: &toml::Table) -> Vec<(String, String)> {
    let mut options = Vec::new();
    flatten(table, &mut Vec::new(), &mut options);
    options
}

/// SHA-256, hex, of what shapes results.
pub(crate) fn hash(shaping: &impl Serialize) -> String {
    // Structs serialise in the order of their fields and strategies in that of the file, so the
    // text is the same everywhere.
    let text =
        serde_json::to_string(shaping).expect("a model has no map whose keys are not strings");
    sha256(text)
}

fn flatten(table: &toml::Table, path: &mut Vec<String>, options: &mut Vec<(String, String)>) {
    for (key, value) in table {
        path.push(key.clone());
        match value {
            toml::Value::Table(inner) => flatten(inner, path, options),
            other => {
                let dotted = KeyPath::new(path.iter().cloned()).to_string();
                options.push((dotted, other.to_string()));
            }
        }
        path.pop();
    }
}

/// Adds those of `optional` that are not set, each behind the last option whose path starts with
/// what stands beside it.
pub(crate) fn fill_in(options: &mut Vec<(String, String)>, optional: &[(&str, &str)]) {
    for (path, before) in optional {
        let set = |(other, _): &(String, String)| {
            let rest = other.strip_prefix(path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        if !options.iter().any(set) {
            insert_after(options, before, path);
        }
    }
}

/// Adds an option that is not set behind the last one whose path starts with `before`.
fn insert_after(options: &mut Vec<(String, String)>, before: &str, path: &str) {
    let at = options
        .iter()
        .rposition(|(other, _)| other.starts_with(before))
        .map_or(options.len(), |last| last + 1);
    options.insert(at, (path.to_owned(), "none".to_owned()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::check;
    use crate::scenario::source::Source;

    fn scenario(text: &str) -> Scenario {
        Source::new("x.toml", text, &[])
            .and_then(|source| check("x", source))
            .map_err(|e| format!("{e:?}"))
            .unwrap()
    }

    const TEXT: &str = "# Why?\n[load]\nreads_per_s = 25\n\
                        [strategies.one]\nkind = \"single-transaction\"\n";

    #[test]
    fn every_option_is_listed_with_its_default() {
        let options = scenario(TEXT).options_block();
        let value = |path: &str| {
            let found = options.iter().find(|(other, _)| other == path);
            found.map(|(_, value)| value.as_str())
        };
        assert_eq!(value("load.reads_per_s"), Some("25.0"));
        assert_eq!(value("load.mix.stats"), Some("30"));
        assert_eq!(value("seeds"), Some("[1]"));
        assert_eq!(value("disk.free_mib"), Some("none"));
        assert_eq!(value("cancel"), Some("none"));
        assert_eq!(value("ledger_outage"), Some("none"));
        assert_eq!(value("cache"), Some("none"));
        assert_eq!(value("objective.writer_p95_ms"), Some("none"));
        assert_eq!(value("strategies.one.role"), Some("\"candidate\""));
        assert_eq!(options[0].0, "seeds");
        assert_eq!(options.last().unwrap().0, "strategies.one.role");
    }

    #[test]
    fn a_resolved_scenario_is_the_same_scenario() {
        let first = scenario(TEXT);
        let again = scenario(&first.to_toml());
        assert_eq!(first.model, again.model);
        assert_eq!(first.question, again.question);
        assert_eq!(scenario_hash(&first), scenario_hash(&again));
    }

    #[test]
    fn the_hash_follows_what_shapes_the_result_and_nothing_else() {
        let first = scenario(TEXT);
        let hash = scenario_hash(&first);
        assert_eq!(hash.len(), 64);
        assert_eq!(hash, scenario_hash(&scenario(&TEXT.replace("Why", "How"))));
        assert_ne!(hash, scenario_hash(&scenario(&TEXT.replace("25", "26"))));
        let mut slower = first;
        slower.profile.sync_ns += 1;
        assert_ne!(hash, scenario_hash(&slower));
    }
}
