//! Scenario files of this family: those with a table `[upstream]`.
//!
//! They are loaded like all others ([`crate::scenario::load_any`]): what is returned is complete
//! and in range, and whatever is wrong with a file is said at once, each thing with its place and
//! the way out.

mod disturbance;
mod extent;
mod instead;
mod model;
mod resolved;
mod selection;
mod sink;
mod strategies;
mod strategy;
mod strategy_kind;
pub(crate) mod validate;

use std::path::PathBuf;
use std::sync::Arc;

pub use disturbance::{Crash, Partition};
pub use model::{Client, Load, Model, Order, Phases, Streams};
pub use selection::UnknownShape;
pub use sink::Sink;
pub use strategy::Strategy;
pub use strategy_kind::StrategyKind;

use crate::digest::sha256;
use crate::disk::DeviceProfile;
use crate::gate::Gates;
use crate::scenario::{
    Common, Disk, Draft, Family, Finding, InVain, KeyPath, Part, Problem, ScenarioError, Source,
    Tables,
};
use crate::strategy::chain;
use crate::upstream::{Objects, Settings};

/// A listing scenario, checked and complete.
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
    /// The file that `upstream.file` names, if it names one.
    pub file: Option<Arc<ObjectsFile>>,
}

/// A file with the creation times of somebody's own objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectsFile {
    /// Where it lies, seen from the current directory.
    pub path: PathBuf,
    /// SHA-256 of what is in it, hex.
    pub content: String,
    /// How many objects it has.
    pub objects: u64,
}

impl Scenario {
    /// What the API of each cell is set to, by the name of its shape, in the order of the file. A
    /// file is named by its stem, and seen from the current directory.
    #[must_use]
    pub fn upstreams(&self) -> Vec<(String, Settings)> {
        let settings = &self.model.upstream;
        if let Some(file) = &self.file {
            let name = file.path.file_stem().unwrap_or_default();
            let mut settings = settings.clone();
            settings.file = Some(file.path.display().to_string());
            return vec![(name.to_string_lossy().into_owned(), settings)];
        }
        let of_shape = |&shape| {
            let mut settings = settings.clone();
            settings.shape = shape;
            (shape.name(), settings)
        };
        self.model.shapes().iter().map(of_shape).collect()
    }
}

/// Checks the text of the scenario `name`.
pub(crate) fn check(name: &str, source: Source) -> Result<Scenario, ScenarioError> {
    let mut draft = Draft::<Model>::read(source);
    // What is wrong with the scenario is put right first: a file may be large.
    let file = match draft.sound() {
        Some(model) => objects_file(model, &draft.source),
        None => Ok(None),
    };
    let file = file.unwrap_or_else(|problem| {
        draft.problems.push(*problem);
        None
    });
    if let Some(model) = draft.sound() {
        let of_file = file.as_ref().map(|file| file.objects);
        let findings = validate::crash_page(model, model.least_and_most_pages(of_file));
        let problems: Vec<Problem> = findings
            .into_iter()
            .map(|one| one.at(&draft.source))
            .collect();
        draft.problems.extend(problems);
    }
    let Common {
        question,
        mut model,
        profile,
    } = draft.finish()?;
    model.client.rate_per_s = Some(model.rate_per_s());
    Ok(Scenario {
        name: name.to_owned(),
        question,
        model,
        profile: profile.expect("scenarios of this family have a disk"),
        file: file.map(Arc::new),
    })
}

/// The file that a checked model names; `None` if it names none.
fn objects_file(model: &Model, source: &Source) -> Result<Option<ObjectsFile>, Box<Problem>> {
    let Some(name) = &model.upstream.file else {
        return Ok(None);
    };
    let path = KeyPath::from("upstream.file");
    let (place, _) = source.file_at(&path, name);
    let refused = |message: String, help: Option<String>| {
        Box::new(source.problem(path.clone(), Part::Value, message, help))
    };
    let mut settings = model.upstream.clone();
    settings.file = Some(place.display().to_string());
    // Only drawn moments depend on the seed, and none of them whether the file can be used.
    let objects = Objects::generate(&settings, "", 0).map_err(|error| {
        let help = miette::Diagnostic::help(&error).map(|help| help.to_string());
        refused(chain(&error), help)
    })?;
    let content = std::fs::read(&place).map_err(|error| refused(error.to_string(), None))?;
    Ok(Some(ObjectsFile {
        path: place,
        content: sha256(content),
        objects: u64::from(objects.len()),
    }))
}

impl Tables for Model {
    const FAMILY: Family = Family::Listing;

    fn findings(&self) -> Vec<Finding> {
        validate::findings(self)
    }

    fn disk(&self) -> Option<&Disk> {
        Some(&self.disk)
    }

    fn gates(&self) -> &Gates {
        &self.gates
    }

    fn gates_mut(&mut self) -> &mut Gates {
        &mut self.gates
    }

    fn in_vain(&self) -> Vec<InVain> {
        instead::in_vain(self)
    }
}

#[cfg(test)]
mod tests;
