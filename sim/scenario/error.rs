//! Why a scenario cannot be had: every reason names the file, the place in it and the way out.

use std::path::PathBuf;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode, SourceSpan};
use thiserror::Error;

use super::family::Family;
use super::place::KeyPath;

/// Why a scenario cannot be had.
#[derive(Debug, Error, Diagnostic)]
pub enum ScenarioError {
    /// No file of that name in the scenarios folder.
    #[error("there is no scenario `{name}`")]
    NotFound {
        /// What was asked for.
        name: String,
        /// The scenarios there are.
        #[help]
        help: String,
    },
    /// The file could not be read.
    #[error("cannot read the scenario {}", path.display())]
    #[diagnostic(help(
        "a scenario is a name from `sim list` or the path of a readable .toml file"
    ))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        cause: std::io::Error,
    },
    /// `--set` was given something that is not `path=value`.
    #[error("cannot set `{given}`: {message}")]
    Override {
        /// What `--set` was given.
        given: String,
        /// What is wrong with it.
        message: String,
        /// How to write it.
        #[help]
        help: String,
    },
    /// It is of another family.
    #[error("`{name}` is {what}")]
    #[diagnostic(help(
        "`sim run`, `sim check` and `sim list` take it; this takes {}",
        Family::Columns.plural()
    ))]
    OtherFamily {
        /// The scenario's name.
        name: String,
        /// What it is.
        what: &'static str,
    },
    /// The file is not a valid scenario.
    #[error("{file} is not a valid scenario: {} to put right", count(problems.len()))]
    Invalid {
        /// The file, and what was set on top of it.
        file: String,
        /// Everything that is wrong with it.
        #[related]
        problems: Vec<Problem>,
    },
}

fn count(problems: usize) -> String {
    if problems == 1 {
        "1 thing".to_owned()
    } else {
        format!("{problems} things")
    }
}

/// One thing that is wrong with a scenario.
#[derive(Debug, Error)]
#[error("{}", self.headline())]
pub struct Problem {
    /// The option it is about; empty when it is about the file as a whole.
    pub path: KeyPath,
    /// What is wrong.
    pub message: String,
    /// How to put it right.
    pub help: Option<String>,
    /// The text it was found in and the bytes of the place; `None` for what the file does not say.
    pub place: Option<Place>,
}

/// A place in a text.
#[derive(Debug)]
pub struct Place {
    /// The text, under the name of its file.
    pub source: Arc<NamedSource<String>>,
    /// The bytes.
    pub span: SourceSpan,
    /// What to say beside them.
    pub label: Option<String>,
}

impl Problem {
    fn headline(&self) -> String {
        if self.path.keys().is_empty() {
            self.message.clone()
        } else {
            format!("{}: {}", self.path, self.message)
        }
    }
}

impl Diagnostic for Problem {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<_>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place
            .as_ref()
            .map(|place| &place.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.place.as_ref()?;
        let label = LabeledSpan::new_with_span(place.label.clone(), place.span);
        Some(Box::new(std::iter::once(label)))
    }
}
