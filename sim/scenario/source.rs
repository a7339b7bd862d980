//! The text of a scenario, with what `--set` changed in it.
//!
//! Both texts are kept: a mistake of the file is shown in the file as it lies on the disk, with its
//! true line numbers; a mistake of an override in the changed text, whose name says so.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::{NamedSource, SourceSpan};
use toml_edit::{Document, DocumentMut, TomlError};

use super::error::{Place, Problem, ScenarioError};
use super::overrides::Override;
use super::place::{Entry, KeyPath, entry};

/// The text of a scenario, parsed, with its overrides.
pub(crate) struct Source {
    file: Layer,
    /// The text with the overrides in it, when there are any.
    changed: Option<Layer>,
    overrides: Vec<Override>,
}

/// A text and its tree.
struct Layer {
    name: String,
    document: Document<String>,
}

/// Which part of an entry a problem is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Key,
    Value,
}

impl Source {
    /// Parses `text`, the content of the file called `name`, and applies the overrides.
    ///
    /// # Errors
    ///
    /// When the text is not TOML or an override cannot be applied.
    pub(crate) fn new(name: &str, text: &str, overrides: &[String]) -> Result<Self, ScenarioError> {
        let file = Layer::parse(name, text)?;
        let overrides: Vec<Override> = overrides
            .iter()
            .map(|given| Override::parse(given))
            .collect::<Result<_, _>>()?;
        if overrides.is_empty() {
            return Ok(Self {
                file,
                changed: None,
                overrides,
            });
        }
        let mut document: DocumentMut = file.document.clone().into_mut();
        let mut name = format!("{name} with");
        for one in &overrides {
            one.apply(&mut document)?;
            name.push_str(" --set ");
            name.push_str(&one.given);
        }
        let changed = Some(Layer::parse(&name, &document.to_string())?);
        Ok(Self {
            file,
            changed,
            overrides,
        })
    }

    /// What the file is called, with its overrides.
    pub(super) fn name(&self) -> &str {
        &self.effective().name
    }

    /// The text that counts.
    pub(super) fn text(&self) -> &str {
        self.effective().document.raw()
    }

    /// The tree that counts.
    pub(crate) fn document(&self) -> &Document<String> {
        &self.effective().document
    }

    /// Whether an override has a part in the value at `path`.
    pub(super) fn is_overridden(&self, path: &KeyPath) -> bool {
        self.overrides.iter().any(|one| one.path.overlaps(path))
    }

    /// Where the file lies that the value `name` at `path` names, and from where that is seen: the
    /// folder of the scenario, or, in `--set`, the current directory.
    pub(crate) fn file_at(&self, path: &KeyPath, name: &str) -> (PathBuf, &'static str) {
        if self.is_overridden(path) {
            return (Path::new(name).to_owned(), "current directory");
        }
        let folder = Path::new(&self.file.name).parent().unwrap_or(Path::new(""));
        (folder.join(name), "folder of the scenario file")
    }

    /// The question: the first line of the file, which must be a comment. Lines for editors
    /// (`#:schema …`) may stand before it.
    pub(super) fn question(&self) -> Option<String> {
        let first = self
            .file
            .document
            .raw()
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with("#:"))?;
        let question = first.strip_prefix('#')?.trim_matches(['#', ' ', '\t']);
        (!question.is_empty()).then(|| question.to_owned())
    }

    /// The first line of the file, where the question should be.
    pub(super) fn first_line(&self) -> Place {
        let end = self.file.document.raw().find('\n').unwrap_or(0);
        Place {
            source: self.file.named_source(),
            span: SourceSpan::from(0..end),
            label: None,
        }
    }

    /// A problem at `path`, shown where somebody wrote it; without a place if nobody did.
    pub(crate) fn problem(
        &self,
        path: KeyPath,
        part: Part,
        message: String,
        help: Option<String>,
    ) -> Problem {
        let place = self.place(&path, part);
        let defaulted = place.is_none() && !path.keys().is_empty();
        let help = match (help, defaulted) {
            (Some(help), true) => Some(format!(
                "{help} (the file does not set it: this is the default)"
            )),
            (None, true) => Some("the file does not set it: this is the default".to_owned()),
            (help, false) => help,
        };
        Problem {
            path,
            message,
            help,
            place,
        }
    }

    /// [`Source::problem`] of some bytes of a string; of all of it where it is not written letter
    /// by letter.
    pub(super) fn problem_within(
        &self,
        path: KeyPath,
        bytes: Range<usize>,
        message: String,
        help: Option<String>,
    ) -> Problem {
        let mut problem = self.problem(path, Part::Value, message, help);
        if let Some(place) = &mut problem.place {
            let (start, length) = (place.span.offset(), place.span.len());
            let written = &place.source.inner()[start..start + length];
            let inner = &written[1.min(length)..length.saturating_sub(1)];
            let plain = !written.starts_with("\"\"\"") && !inner.contains('\\');
            if plain && !bytes.is_empty() && bytes.end <= inner.len() {
                place.span = SourceSpan::from(start + 1 + bytes.start..start + 1 + bytes.end);
            }
        }
        problem
    }

    /// The line of the value at `path`, from 1, if the file has it and no override changes it.
    pub(super) fn line(&self, path: &KeyPath) -> Option<usize> {
        if self.is_overridden(path) {
            return None;
        }
        let span = entry(&self.file.document, path)?.value_span()?;
        let before = self.file.document.raw().get(..span.start)?;
        Some(before.lines().count().max(1) + usize::from(before.ends_with('\n')))
    }

    fn place(&self, path: &KeyPath, part: Part) -> Option<Place> {
        let overridden = self.is_overridden(path);
        let layer = if overridden {
            self.effective()
        } else {
            &self.file
        };
        let found = entry(&layer.document, path)?;
        let span = match part {
            Part::Key => found.key_span(),
            Part::Value => Entry::value_span(&found),
        }?;
        Some(Place {
            source: layer.named_source(),
            span: SourceSpan::from(span),
            label: overridden.then(|| "set by --set".to_owned()),
        })
    }

    fn effective(&self) -> &Layer {
        self.changed.as_ref().unwrap_or(&self.file)
    }
}

impl Layer {
    fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        match Document::parse(text.to_owned()) {
            Ok(document) => Ok(Self {
                name: name.to_owned(),
                document,
            }),
            Err(error) => Err(ScenarioError::Invalid {
                file: name.to_owned(),
                problems: vec![syntax_problem(name, text, &error)],
            }),
        }
    }

    fn named_source(&self) -> Arc<NamedSource<String>> {
        Arc::new(NamedSource::new(&self.name, self.document.raw().to_owned()))
    }
}

fn syntax_problem(name: &str, text: &str, error: &TomlError) -> Problem {
    Problem {
        path: KeyPath::default(),
        message: format!("this is not TOML: {}", error.message()),
        help: Some(
            "a line is `key = value` with text in quotes, a `[table]` header or a # comment"
                .to_owned(),
        ),
        place: error.span().map(|span| Place {
            source: Arc::new(NamedSource::new(name, text.to_owned())),
            span: SourceSpan::from(span),
            label: None,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str, overrides: &[&str]) -> Source {
        let overrides: Vec<String> = overrides.iter().map(|&one| one.to_owned()).collect();
        Source::new("x.toml", text, &overrides)
            .map_err(|e| e.to_string())
            .unwrap()
    }

    #[test]
    fn the_question_is_the_first_comment() {
        let question = |text| source(text, &[]).question();
        assert_eq!(question("# Why?\nseeds = [1]").as_deref(), Some("Why?"));
        assert_eq!(
            question("#:schema x\n\n## Why? ##\n").as_deref(),
            Some("Why?")
        );
        assert_eq!(question("seeds = [1] # Why?"), None);
        assert_eq!(question("#\n# Why?"), None);
    }

    #[test]
    fn mistakes_are_shown_where_they_were_made() {
        let source = source(
            "[load]\nreads_per_s = -1\n[disk]\n",
            &["load.observations_per_s=-2"],
        );
        let place = |path: &str| source.place(&path.into(), Part::Value);
        let of_file = place("load.reads_per_s").unwrap();
        assert_eq!(of_file.source.name(), "x.toml");
        let set = place("load.observations_per_s").unwrap();
        assert_eq!(
            set.source.name(),
            "x.toml with --set load.observations_per_s=-2"
        );
        let start = set.span.offset();
        assert_eq!(&source.text()[start..start + set.span.len()], "-2");
        assert!(place("load.transmissions_per_s").is_none());
    }
}
