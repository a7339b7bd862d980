//! What a scenario must satisfy beyond its types: ranges, and options that only fit together.
//!
//! Nothing stops at the first finding. A finding knows its path, and the caller finds the place.

pub(crate) mod controls;
pub(crate) mod faults;
mod own;
pub(crate) mod ranges;
pub(crate) mod settings;
pub(crate) mod strategies;

use super::model::Model;
use super::place::KeyPath;

/// One thing that is out of range or does not fit the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The option.
    pub(crate) path: KeyPath,
    /// What is wrong.
    pub(crate) message: String,
    /// How to put it right.
    pub(crate) help: String,
}

/// Everything that is wrong with `model`, in the order of its tables.
pub(super) fn findings(model: &Model) -> Vec<Finding> {
    let mut findings = Findings::default();
    ranges::seeds(&model.seeds, &mut findings);
    ranges::dataset(model, &mut findings);
    ranges::database(&model.database, &mut findings);
    own::own(model, &mut findings);
    ranges::disk(&model.disk, &mut findings);
    ranges::load(model, &mut findings);
    ranges::cache(model, &mut findings);
    ranges::phases(&model.phases, &mut findings);
    ranges::network(&model.network, &mut findings);
    ranges::operator(&model.operator, &mut findings);
    faults::cancel(model, &mut findings);
    faults::ledger_outage(model, &mut findings);
    ranges::objective(model, &mut findings);
    strategies::strategies(model, &mut findings);
    controls::controls(&model.must_fail, &model.strategies, &mut findings);
    findings.into_inner()
}

/// What has been found so far.
#[derive(Default)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    /// All of it, in the order it was found.
    pub(crate) fn into_inner(self) -> Vec<Finding> {
        self.0
    }

    /// What somebody else has found.
    pub(crate) fn extend(&mut self, others: Vec<Finding>) {
        self.0.extend(others);
    }

    /// One thing more.
    pub(crate) fn add(
        &mut self,
        path: impl Into<KeyPath>,
        message: String,
        help: impl Into<String>,
    ) {
        self.0.push(Finding {
            path: path.into(),
            message,
            help: help.into(),
        });
    }

    /// A whole number from `least` to `most`, both allowed.
    pub(crate) fn whole(&mut self, path: &str, value: impl Into<u64>, least: u64, most: u64) {
        let value = value.into();
        if value < least {
            self.add(path, format!("{value} is too little"), between(least, most));
        } else if value > most {
            self.add(path, format!("{value} is too much"), between(least, most));
        }
    }

    /// A finite number from `least` to `most`, both allowed. Says whether it is one.
    pub(crate) fn number(&mut self, path: &str, value: f64, least: f64, most: f64) -> bool {
        let help = || between(least, most);
        if !value.is_finite() {
            self.add(path, format!("{value} is not a finite number"), help());
        } else if value < least {
            self.add(path, format!("{value} is too little"), help());
        } else if value > most {
            self.add(path, format!("{value} is too much"), help());
        } else {
            return true;
        }
        false
    }
}

fn between(least: impl std::fmt::Display, most: impl std::fmt::Display) -> String {
    format!("choose from {least} to {most}")
}

#[cfg(test)]
mod tests;
