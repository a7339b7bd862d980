//! Scenario files: one question each.
//!
//! [`load`] is the only way to a [`Scenario`]: what it returns is complete and in range, and
//! whatever is wrong with a file is said at once, each thing with its place and the way out.

mod cache;
mod catalogue;
mod draft;
mod error;
mod fault;
mod job;
mod model;
mod must_fail;
mod overrides;
mod own;
mod pacing;
mod place;
mod resolved;
mod selection;
mod source;
mod strategy;
mod strategy_kind;
mod structure;
mod traffic;
mod validate;

use std::sync::Arc;

pub use cache::{Cache, FedBy};
pub use catalogue::{folder, folder_above, names};
pub use error::{Place, Problem, ScenarioError};
pub use fault::{Cancel, LedgerOutage, Stop};
pub use job::{Apply, Job};
pub use model::*;
pub use must_fail::MustFail;
pub use pacing::Pacing;
pub use place::KeyPath;
pub use resolved::{scenario_hash, schema};
pub use selection::UnknownStrategy;
pub use traffic::{Param, Query, Readers, Writers};
pub(crate) use validate::{Finding, Findings};

use crate::disk::DeviceProfile;
use crate::own::DatabaseFile;
use draft::{Common, Draft, Tables};
use source::Source;

/// A scenario, checked and complete.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file's stem, or what was asked for.
    pub name: String,
    /// The first comment line of the file.
    pub question: String,
    /// What the file says, with `--set` applied and defaults filled in.
    pub model: Model,
    /// The device profile that `disk.profile` names.
    pub profile: DeviceProfile,
    /// The file that `database.file` names, if it names one.
    pub file: Option<Arc<DatabaseFile>>,
}

/// Loads a scenario: a path that ends in `.toml`, or the name of one in the nearest `scenarios`
/// folder, with `path=value` overrides applied in the order given.
///
/// # Errors
///
/// When there is no such scenario, the file cannot be read, or anything in it or in the overrides
/// is wrong; [`ScenarioError::Invalid`] then has all of it.
pub fn load(name_or_path: &str, overrides: &[String]) -> Result<Scenario, ScenarioError> {
    let path = catalogue::find(name_or_path)?;
    let text = std::fs::read_to_string(&path).map_err(|cause| ScenarioError::Unreadable {
        path: path.clone(),
        cause,
    })?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    parse(&stem, &path.display().to_string(), &text, overrides)
}

/// Checks the text of the scenario `name`, which lies in `file`.
fn parse(
    name: &str,
    file: &str,
    text: &str,
    overrides: &[String],
) -> Result<Scenario, ScenarioError> {
    let mut draft = Draft::<Model>::read(Source::new(file, text, overrides)?);
    if let Some(model) = &draft.model {
        draft
            .problems
            .extend(own::refused_tables(model, &draft.source));
    }
    // What is wrong with the scenario is put right first: a file may be large.
    let database = match draft.sound() {
        Some(model) => own::database_file(model, &draft.source),
        None => Ok(None),
    };
    let database = database.unwrap_or_else(|misfits| {
        draft.problems.extend(misfits);
        None
    });
    let Common {
        question,
        model,
        profile,
    } = draft.finish()?;
    Ok(Scenario {
        name: name.to_owned(),
        question,
        model,
        profile,
        file: database,
    })
}

impl Tables for Model {
    fn findings(&self) -> Vec<Finding> {
        validate::findings(self)
    }

    fn disk(&self) -> &Disk {
        &self.disk
    }

    fn elsewhere(_key: &str) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests;
