//! What every scenario file goes through, of whatever family it is: keys and types, ranges, the
//! question, the device. The rest of a family is added by whoever reads it.

use std::path::Path;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::error::{Place, Problem, ScenarioError};
use super::family::Family;
use super::gates;
use super::model::Disk;
use super::place::{KeyPath, entry};
use super::source::{Part, Source};
use super::structure;
use super::vain::InVain;
use super::validate::Finding;
use crate::disk::{DeviceProfile, ProfileError};
use crate::gate::Gates;
use crate::spelling;

/// The tables of a family of scenario files.
pub(crate) trait Tables: DeserializeOwned + JsonSchema {
    /// The family.
    const FAMILY: Family;

    /// Everything that is out of range or does not fit the rest, in the order of the tables.
    fn findings(&self) -> Vec<Finding>;

    /// The disk the database lies on; `None` where there is no database.
    fn disk(&self) -> Option<&Disk>;

    /// What has to hold of a run.
    fn gates(&self) -> &Gates;

    /// The same, to be left out where only what shapes results counts.
    fn gates_mut(&mut self) -> &mut Gates;

    /// Options that say nothing beside what else it says.
    fn in_vain(&self) -> Vec<InVain> {
        Vec::new()
    }
}

/// A scenario file that is being read, and everything found wrong with it so far.
pub(crate) struct Draft<M> {
    /// Its text.
    pub(crate) source: Source,
    /// Its tables, as far as they could be read.
    pub(crate) model: Option<M>,
    /// What is wrong with it.
    pub(crate) problems: Vec<Problem>,
    question: Option<String>,
    profile: Option<DeviceProfile>,
}

/// What scenarios of all families have.
pub(crate) struct Common<M> {
    /// The first comment line of the file.
    pub(crate) question: String,
    /// What the file says, with `--set` applied and defaults filled in.
    pub(crate) model: M,
    /// The device profile that `disk.profile` names; `None` where there is no disk.
    pub(crate) profile: Option<DeviceProfile>,
}

impl<M: Tables> Draft<M> {
    /// Reads what all families have in common.
    pub(crate) fn read(source: Source) -> Self {
        let reading = structure::read::<M>(&source);
        let mut problems = reading.problems;
        let question = source.question();
        if question.is_none() {
            problems.insert(0, missing_question(&source));
        }
        let mut profile = None;
        if let Some(model) = &reading.model {
            // What was refused above stands at its default here: it has been reported once.
            let reported = |finding: &Finding| {
                let mut refused = reading.refused.iter();
                refused.any(|path| path.overlaps(&finding.path))
            };
            let findings = model.findings().into_iter();
            let new = findings.filter(|finding| !reported(finding));
            problems.extend(new.map(|finding| finding.at(&source)));
            if !reading
                .refused
                .iter()
                .any(|path| path.overlaps(&"gate".into()))
            {
                problems.extend(gates::problems(model, &source));
            }
            match model.disk().map(|disk| profile_of(disk, &source)) {
                Some(Ok(found)) => profile = Some(found),
                Some(Err(problem)) => problems.push(*problem),
                None => {}
            }
            let vain = model.in_vain().into_iter().filter(|one| {
                // What the other option is to be is not known if it was refused.
                let given = entry(source.document(), &one.finding.path).is_some();
                given && !reading.refused.contains(&one.because)
            });
            problems.extend(vain.map(|one| one.finding.at(&source)));
        }
        Self {
            source,
            model: reading.model,
            problems,
            question,
            profile,
        }
    }

    /// The tables, if nothing is wrong with the file so far.
    pub(crate) fn sound(&self) -> Option<&M> {
        self.model.as_ref().filter(|_| self.problems.is_empty())
    }

    /// The scenario.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub(crate) fn finish(self) -> Result<Common<M>, ScenarioError> {
        match (self.question, self.model) {
            (Some(question), Some(model)) if self.problems.is_empty() => Ok(Common {
                question,
                model,
                profile: self.profile,
            }),
            _ => Err(ScenarioError::Invalid {
                file: self.source.name().to_owned(),
                problems: self.problems,
            }),
        }
    }
}

impl Finding {
    /// The problem, where it stands in the text.
    pub(crate) fn at(self, source: &Source) -> Problem {
        source.problem(self.path, Part::Value, self.message, Some(self.help))
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

/// The device profile of `disk.profile`: a built-in one, or a file.
fn profile_of(disk: &Disk, source: &Source) -> Result<DeviceProfile, Box<Problem>> {
    let name = &disk.profile;
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
    let (place, seen_from) = source.file_at(&path, name);
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
