//! What serde refused in a TOML text, in the words of somebody who wrote the file.
//!
//! serde reports the types of the program (`expected u64`); an author thinks of values
//! (`a whole number, 0 or more`) and of the key that was meant. The translation works on serde's
//! wording, which is stable; a wording it does not know is passed on as it is.

use std::ops::Range;

use crate::spelling;

/// One thing serde refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What is wrong, without the path.
    pub(crate) message: String,
    /// What to write instead.
    pub(crate) help: Option<String>,
    /// Where, in bytes.
    pub(crate) span: Option<Range<usize>>,
    /// Whether the key itself is at fault rather than its value.
    pub(crate) key: bool,
}

impl From<&toml::de::Error> for Refusal {
    fn from(error: &toml::de::Error) -> Self {
        let raw = error.message();
        let (message, help) = translate(raw);
        Self {
            message,
            help,
            span: error.span(),
            key: raw.starts_with("unknown field"),
        }
    }
}

fn translate(raw: &str) -> (String, Option<String>) {
    let names = quoted(raw);
    if raw.starts_with("unknown field") {
        if let Some((name, known)) = names.split_first() {
            let help = spelling::did_you_mean(name, known, "keys here");
            return (format!("there is no key `{name}`"), Some(help));
        }
    } else if raw.starts_with("unknown variant") {
        if let Some((name, known)) = names.split_first() {
            let help = spelling::did_you_mean(name, known, "values");
            return (format!("`{name}` is not a value it can have"), Some(help));
        }
    } else if raw.starts_with("missing field") {
        if let Some(name) = names.first() {
            return (
                format!("`{name}` is missing"),
                Some(format!("add `{name} = …`")),
            );
        }
    } else if (raw.starts_with("invalid type") || raw.starts_with("invalid value"))
        && let Some((found, expected)) = raw.split_once(", expected ")
    {
        let found = found.split_once(": ").map_or(found, |(_, value)| value);
        return (
            format!("{found} does not fit here"),
            Some(format!("write {}", wanted(expected))),
        );
    }
    (raw.to_owned(), None)
}

/// The pieces of `text` between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn wanted(expected: &str) -> String {
    match expected.trim_end() {
        "u64" => "a whole number, 0 or more".to_owned(),
        "u32" => format!("a whole number from 0 to {}", u32::MAX),
        "f64" => "a number".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "a string" => "a string in quotes".to_owned(),
        "a sequence" => "a list in brackets, such as `[1, 2, 3]`".to_owned(),
        "a map" => "a table".to_owned(),
        other => other
            .strip_prefix("struct ")
            .map_or_else(|| other.to_owned(), |_| "a table".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn program_types_do_not_reach_the_author() {
        let (message, help) = translate("invalid value: integer `-1`, expected u64");
        assert_eq!(message, "integer `-1` does not fit here");
        assert_eq!(help.unwrap(), "write a whole number, 0 or more");
        let (_, help) = translate("invalid type: integer `3`, expected struct Load");
        assert_eq!(help.unwrap(), "write a table");
    }

    #[test]
    fn a_near_key_is_offered() {
        let (message, help) =
            translate("unknown field `rats`, expected one of `rate`, `mix`, `other`");
        assert_eq!(message, "there is no key `rats`");
        assert_eq!(
            help.unwrap(),
            "did you mean `rate`? keys here: rate, mix, other"
        );
    }

    #[test]
    fn an_unknown_wording_is_passed_on() {
        assert_eq!(translate("odd"), ("odd".to_owned(), None));
    }
}
