//! Scenario files: one question each.
//!
//! There are families of them: those about rows that are there; those with a table `[upstream]`,
//! about a table that is filled ([`crate::listing::scenario`]); those with a table `[items]`, about
//! what becomes of items ([`crate::processing::scenario`]); those with a table `[pipeline]`, about
//! all of it after each other ([`crate::pipeline::scenario`]); and those with a table `[views]`,
//! about counts ([`crate::aggregate::scenario`]). [`load_any`] is the only way to any,
//! and [`load`] to the first: what they return is complete and in range, and whatever is wrong with
//! a file is said at once, each thing with its place and the way out.

mod cache;
mod catalogue;
mod complete;
mod draft;
mod error;
mod family;
mod fault;
mod job;
mod loaded;
mod model;
mod must_fail;
mod overrides;
mod own;
mod pacing;
mod place;
pub(crate) mod resolved;
mod schema;
mod selection;
mod source;
mod strategy;
mod strategy_kind;
mod structure;
mod traffic;
pub(crate) mod vain;
pub(crate) mod validate;

use std::sync::Arc;

pub use cache::{Cache, FedBy};
pub use catalogue::{folder, folder_above, names};
pub use complete::Complete;
pub(crate) use complete::Whole;
pub(crate) use draft::{Common, Draft, Tables};
pub use error::{Place, Problem, ScenarioError};
pub(crate) use family::Family;
pub use fault::{Cancel, LedgerOutage, Stop};
pub use job::{Apply, Job};
pub use loaded::Loaded;
pub use model::*;
pub use must_fail::MustFail;
pub use pacing::Pacing;
pub use place::KeyPath;
pub use resolved::scenario_hash;
pub use schema::schema;
pub use selection::UnknownStrategy;
pub(crate) use selection::keep;
pub(crate) use source::{Part, Source};
pub(crate) use strategy::Compared;
pub use traffic::{Param, Query, Readers, Writers};
pub(crate) use vain::InVain;
pub(crate) use validate::{Finding, Findings};

use crate::aggregate::scenario as aggregate;
use crate::disk::DeviceProfile;
use crate::listing::scenario as listing;
use crate::own::DatabaseFile;
use crate::pipeline::scenario as pipeline;
use crate::processing::scenario as processing;

/// A scenario about rows that are there, checked and complete.
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

/// Loads a scenario of any family: a path that ends in `.toml`, or the name of one in the nearest
/// `scenarios` folder, with `path=value` overrides applied in the order given.
///
/// # Errors
///
/// When there is no such scenario, the file cannot be read, or anything in it or in the overrides
/// is wrong; [`ScenarioError::Invalid`] then has all of it.
pub fn load_any(name_or_path: &str, overrides: &[String]) -> Result<Loaded, ScenarioError> {
    let (name, source) = open(name_or_path, overrides)?;
    Ok(match family(&source) {
        Family::Columns => Loaded::Columns(Box::new(check(&name, source)?)),
        Family::Listing => Loaded::Listing(Box::new(listing::check(&name, source)?)),
        Family::Processing => {
            Loaded::Processing(Box::new(processing::Scenario::check(&name, source)?))
        }
        Family::Pipeline => Loaded::Pipeline(Box::new(pipeline::check(&name, source)?)),
        Family::Aggregate => {
            Loaded::Aggregate(Box::new(aggregate::Scenario::check(&name, source)?))
        }
    })
}

/// Loads a scenario about rows that are there, as [`load_any`] does.
///
/// # Errors
///
/// As [`load_any`], and when it is of another family.
pub fn load(name_or_path: &str, overrides: &[String]) -> Result<Scenario, ScenarioError> {
    let (name, source) = open(name_or_path, overrides)?;
    match family(&source).stranger() {
        Some(what) => Err(ScenarioError::OtherFamily { name, what }),
        None => check(&name, source),
    }
}

/// The stem and the text of a scenario, whatever family it is of.
fn open(name_or_path: &str, overrides: &[String]) -> Result<(String, Source), ScenarioError> {
    let path = catalogue::find(name_or_path)?;
    let text = std::fs::read_to_string(&path).map_err(|cause| ScenarioError::Unreadable {
        path: path.clone(),
        cause,
    })?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let source = Source::new(&path.display().to_string(), &text, overrides)?;
    Ok((stem.into_owned(), source))
}

fn family(source: &Source) -> Family {
    Family::of(|table| source.document().contains_key(table))
}

/// Checks the text of the scenario `name`, one about rows that are there.
fn check(name: &str, source: Source) -> Result<Scenario, ScenarioError> {
    let mut draft = Draft::<Model>::read(source);
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
        profile: profile.expect("scenarios of this family have a disk"),
        file: database,
    })
}

impl Tables for Model {
    const FAMILY: Family = Family::Columns;

    fn findings(&self) -> Vec<Finding> {
        validate::findings(self)
    }

    fn disk(&self) -> Option<&Disk> {
        Some(&self.disk)
    }
}

#[cfg(test)]
mod tests;
