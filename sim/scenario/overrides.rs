//! `--set path=value`: one option of a scenario changed on the command line.
//!
//! The change is made in the text, which is then parsed and checked like any other, so that an
//! override can say nothing a file could not, and its mistakes are shown like those of a file.

use toml_edit::{DocumentMut, InlineTable, Item, Key, Table, TableLike, Value};

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
        let mut in_braces = false;
        let mut names = outer.iter().enumerate();
        while let Some((depth, name)) = names.next() {
            let inner = table.entry(name).or_insert_with(|| empty_table(in_braces));
            in_braces |= inner.is_inline_table();
            let whole = KeyPath::new(&outer[..=depth]);
            if let Item::ArrayOfTables(all) = inner {
                let nth = names.next().and_then(|(_, nth)| nth.parse().ok());
                let one = nth.and_then(|nth: usize| all.get_mut(nth));
                table = one.ok_or_else(|| ScenarioError::Override {
                    given: self.given.clone(),
                    message: format!("`{whole}` is a list, and this is none of it"),
                    help: format!("number its members from 0, as in `{whole}.0.name`"),
                })?;
                continue;
            }
            table = inner
                .as_table_like_mut()
                .ok_or_else(|| ScenarioError::Override {
                    given: self.given.clone(),
                    message: format!("`{whole}` is a value and has no options of its own"),
                    help: format!("set `{whole}` itself"),
                })?;
        }
        self.put(table, last, in_braces);
        Ok(())
    }

    fn put(&self, table: &mut dyn TableLike, key: &str, in_braces: bool) {
        // In a table with a header, braces become a table with a header too: a value in braces
        // would stand before all of those, and strategies keep their order.
        let made = match &self.value {
            Value::InlineTable(braces) if !in_braces => Item::Table(braces.clone().into_table()),
            value => Item::Value(value.clone()),
        };
        match (table.get_mut(key), made) {
            (Some(Item::Table(old)), Item::Table(mut new)) => {
                new.set_position(old.position());
                *new.decor_mut() = old.decor().clone();
                *old = new;
            }
            // The comment behind the old value stays where it is.
            (Some(Item::Value(old)), Item::Value(mut new)) => {
                *new.decor_mut() = old.decor().clone();
                *old = new;
            }
            (_, made) => {
                table.insert(key, made);
            }
        }
    }
}

fn empty_table(in_braces: bool) -> Item {
    if in_braces {
        return Item::Value(Value::InlineTable(InlineTable::new()));
    }
    let mut made = Table::new();
    made.set_implicit(true);
    Item::Table(made)
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
        assert_eq!(
            set("a = { b = 1 }\n", "a.c.d=2"),
            "a = { b = 1 , c = { d = 2 } }\n"
        );
    }

    #[test]
    fn strategies_keep_their_order() {
        let text = "[s.a]\nx = 1\n\n[s.b]\nx = 1\n";
        assert_eq!(set(text, "s.b={ x = 2 }"), "[s.a]\nx = 1\n\n[s.b]\nx = 2\n");
        assert_eq!(
            set(text, "s.c={ x = 2 }"),
            "[s.a]\nx = 1\n\n[s.b]\nx = 1\n\n[s.c]\nx = 2\n"
        );
    }

    #[test]
    fn members_of_a_list_are_numbered() {
        let text = "[[q]]\na = 1\n\n[[q]]\na = 1\n";
        assert_eq!(set(text, "q.1.a=2"), "[[q]]\na = 1\n\n[[q]]\na = 2\n");
        for given in ["q.2.a=1", "q.a=1", "q.x.a=1"] {
            let one = Override::parse(given).unwrap();
            let refused = one.apply(&mut text.parse().unwrap());
            assert!(
                refused.unwrap_err().to_string().contains("is a list"),
                "{given}"
            );
        }
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
