//! `--set path=value`: one option of a scenario changed on the command line.
//!
//! The change is made in the text, which is then parsed and checked like any other, so that an
//! override can say nothing a file could not, and its mistakes are shown like those of a file.

use toml_edit::{DocumentMut, Item, Key, TableLike, Value};

use super::error::ScenarioError;
use super::place::KeyPath;

const FORM: &str = "write `--set path=value`, for example `--set load.reads_per_s=25`";

/// One `--set`, taken apart.
#[derive(Clone, Debug)]
pub(super) struct Override {
    /// As it was given.
    pub(super) given: String,
    /// What is set.
    pub(super) path: KeyPath,
    value: Value,
}

impl Override {
    /// Takes `path=value` apart. A bare word that is no TOML value is taken as a string, so that
    /// `--set disk.profile=in-memory` needs no quotes the shell would eat.
    ///
    /// # Errors
    ///
    /// When there is no `=`, the path is no path, or the value is no value.
    pub(super) fn parse(given: &str) -> Result<Self, ScenarioError> {
        let refuse = |message: &str, help: String| ScenarioError::Override {
            given: given.to_owned(),
            message: message.to_owned(),
            help,
        };
        let (path, value) = given
            .split_once('=')
            .ok_or_else(|| refuse("there is no `=` in it", FORM.to_owned()))?;
        let keys = Key::parse(path.trim())
            .map_err(|_| refuse("what is left of `=` is not a path", FORM.to_owned()))?;
        let value = value.trim();
        if value.is_empty() {
            return Err(refuse("nothing follows the `=`", FORM.to_owned()));
        }
        let value = match value.parse::<Value>() {
            Ok(value) => value,
            Err(_) if value.chars().all(is_bare) => Value::from(value),
            Err(_) => {
                let help = format!("put text in quotes: --set '{}=\"…\"'", path.trim());
                return Err(refuse("what is right of `=` is not a TOML value", help));
            }
        };
        Ok(Self {
            given: given.to_owned(),
            path: KeyPath::new(keys.iter().map(Key::get)),
            value,
        })
    }

    /// Sets the value, making the tables on the way to it.
    ///
    /// # Errors
    ///
    /// When the path leads through something that is not a table.
    pub(super) fn apply(&self, document: &mut DocumentMut) -> Result<(), ScenarioError> {
        let Some((last, outer)) = self.path.keys().split_last() else {
            return Ok(());
        };
        let mut table: &mut dyn TableLike = document.as_table_mut();
        for (depth, name) in outer.iter().enumerate() {
            let inner = table.entry(name).or_insert_with(|| {
                let mut made = toml_edit::Table::new();
                made.set_implicit(true);
                Item::Table(made)
            });
            table = inner.as_table_like_mut().ok_or_else(|| {
                let whole = KeyPath::new(&outer[..=depth]);
                ScenarioError::Override {
                    given: self.given.clone(),
                    message: format!("`{whole}` is a value and has no options of its own"),
                    help: format!("set `{whole}` itself"),
                }
            })?;
        }
        match table.get_mut(last).and_then(Item::as_value_mut) {
            // The comment behind the old value stays where it is.
            Some(old) => {
                let decor = old.decor().clone();
                *old = self.value.clone();
                *old.decor_mut() = decor;
            }
            None => {
                table.insert(last, Item::Value(self.value.clone()));
            }
        }
        Ok(())
    }
}

fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_./".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str, given: &str) -> String {
        let mut document: DocumentMut = text.parse().unwrap();
        Override::parse(given)
            .unwrap()
            .apply(&mut document)
            .unwrap();
        document.to_string()
    }

    #[test]
    fn values_are_replaced_and_added() {
        assert_eq!(set("[a]\nb = 1 # why\n", "a.b=2"), "[a]\nb = 2 # why\n");
        assert_eq!(set("", "a.b=2"), "[a]\nb = 2\n");
        assert_eq!(set("a = { b = 1 }\n", "a.b=2"), "a = { b = 2 }\n");
        assert_eq!(set("", "seeds=[1, 2]"), "seeds = [1, 2]\n");
    }

    #[test]
    fn a_bare_word_is_a_string() {
        assert_eq!(
            set("", "disk.profile=in-memory"),
            "[disk]\nprofile = \"in-memory\"\n"
        );
        assert_eq!(
            set("", "disk.profile=\"x y\""),
            "[disk]\nprofile = \"x y\"\n"
        );
    }

    #[test]
    fn what_is_not_path_and_value_is_refused_with_the_form() {
        for given in ["load.reads_per_s", "=1", "a..b=1", "a="] {
            let Err(ScenarioError::Override { help, .. }) = Override::parse(given) else {
                panic!("{given} was accepted");
            };
            assert!(help.contains("--set path=value"), "{given}: {help}");
        }
        assert!(Override::parse("a=x y").is_err());
    }
}
