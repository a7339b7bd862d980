//! Scenario files: one question each.
//!
//! [`load`] is the only way to a [`Scenario`]: what it returns is complete and in range, and
//! whatever is wrong with a file is said at once, each thing with its place and the way out.

mod cache;
mod catalogue;
mod error;
mod fault;
mod job;
mod model;
mod must_fail;
mod overrides;
mod own;
mod place;
mod resolved;
mod selection;
mod source;
mod strategy;
mod strategy_kind;
mod structure;
mod traffic;
mod validate;

use std::path::Path;
use std::sync::Arc;

pub use cache::{Cache, FedBy};
pub use catalogue::{folder, folder_above, names};
pub use error::{Place, Problem, ScenarioError};
pub use fault::{Cancel, LedgerOutage, Stop};
pub use job::{Apply, Job};
pub use model::*;
pub use must_fail::MustFail;
pub use place::KeyPath;
pub use resolved::{scenario_hash, schema};
pub use selection::UnknownStrategy;
pub use traffic::{Param, Query, Readers, Writers};
pub(crate) use validate::{Finding, Findings};

use crate::disk::{DeviceProfile, ProfileError};
use crate::own::DatabaseFile;
use crate::spelling;
use source::{Part, Source};

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
    let source = Source::new(file, text, overrides)?;
    let mut reading = structure::read(&source);
    let mut problems = std::mem::take(&mut reading.problems);
    let question = source.question();
    if question.is_none() {
        problems.insert(0, missing_question(&source));
    }
    let (mut profile, mut database) = (None, None);
    if let Some(model) = &reading.model {
        for finding in validate::findings(model) {
            // What was refused above stands at its default here: it has been reported once.
            if !reading
                .refused
                .iter()
                .any(|path| path.overlaps(&finding.path))
            {
                problems.push(source.problem(
                    finding.path,
                    Part::Value,
                    finding.message,
                    Some(finding.help),
                ));
            }
        }
        match profile_of(model, &source, Path::new(file)) {
            Ok(found) => profile = Some(found),
            Err(problem) => problems.push(*problem),
        }
        problems.extend(own::refused_tables(model, &source));
        // What is wrong with the scenario is put right first: a file may be large.
        if problems.is_empty() {
            match own::database_file(model, &source, Path::new(file)) {
                Ok(found) => database = found,
                Err(misfits) => problems.extend(misfits),
            }
        }
    }
    match (question, reading.model, profile) {
        (Some(question), Some(model), Some(profile)) if problems.is_empty() => Ok(Scenario {
            name: name.to_owned(),
            question,
            model,
            profile,
            file: database,
        }),
        _ => Err(ScenarioError::Invalid {
            file: source.name().to_owned(),
            problems,
        }),
    }
}

fn missing_question(source: &Source) -> Problem {
    Problem {
        path: KeyPath::default(),
        message: "the scenario does not say which question it answers".to_owned(),
        help: Some(
            "begin the file with a comment line: `# Do readers stay served while …?`".to_owned(),
        ),
        place: Some(source.first_line()),
    }
}

/// The device profile of `disk.profile`: a built-in one, or a file. A path in a scenario file is
/// seen from the folder of that file; one in `--set`, from the current directory.
fn profile_of(model: &Model, source: &Source, file: &Path) -> Result<DeviceProfile, Box<Problem>> {
    let name = &model.disk.profile;
    if let Some(profile) = DeviceProfile::built_in(name) {
        return Ok(profile);
    }
    let path = KeyPath::from("disk.profile");
    let problem = |message: String, help: Option<String>| {
        Box::new(source.problem(path.clone(), Part::Value, message, help))
    };
    let is_file = name.contains(['/', '\\'])
        || Path::new(name)
            .extension()
            .is_some_and(|extension| extension == "toml");
    if !is_file {
        let help =
            spelling::did_you_mean(name, &DeviceProfile::built_in_names(), "built-in profiles");
        let help = format!("{help}; or the path of a .toml file");
        return Err(problem(
            format!("there is no device profile `{name}`"),
            Some(help),
        ));
    }
    let (place, seen_from) = if source.is_overridden(&path) {
        (Path::new(name).to_owned(), "current directory")
    } else {
        let folder = file.parent().unwrap_or(Path::new(""));
        (folder.join(name), "folder of the scenario file")
    };
    DeviceProfile::from_file(&place).map_err(|error| match error {
        ProfileError::Unreadable { ref cause, .. } => problem(
            format!("{error}: {cause}"),
            Some(format!("the path is seen from the {seen_from}")),
        ),
        ProfileError::Invalid {
            message,
            help,
            file,
            span,
        } => Box::new(Problem {
            path: path.clone(),
            message: format!("the device profile is not valid: {message}"),
            help,
            place: span.map(|span| Place {
                source: file,
                span,
                label: None,
            }),
        }),
    })
}

#[cfg(test)]
mod tests;
