//! The tables `[readers]` and `[writers]`: who uses a database of one's own meanwhile.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who reads the database that `database.file` names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Readers {
    /// What they ask, each on its own.
    pub query: Vec<Query>,
}

/// Who writes to the database that `database.file` names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Writers {
    /// What they write, each in a transaction of its own.
    pub statement: Vec<Query>,
}

/// A statement that arrives again and again, at random moments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// What it is called in the report.
    pub name: String,
    /// The statement, with parameters `?1`, `?2`, …
    pub sql: String,
    /// Its parameters, in order.
    #[serde(default)]
    pub params: Vec<Param>,
    /// Mean arrivals per second.
    pub rate_per_s: f64,
}

/// A parameter of a statement: a value that some row has in `column`, or a whole number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Param {
    /// `table.column`: the value of a row, each row as likely. Odd names stand in double quotes,
    /// as in SQL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The least of the whole numbers, each as likely.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// The largest of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
}

impl Readers {
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.query.is_empty()
    }
}

impl Writers {
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.statement.is_empty()
    }
}

impl Param {
    /// The table and the column, where it is a value of one. Either may stand in quotes, as in SQL,
    /// and must if there is a dot in the table's name, or a quote at the start of either.
    #[must_use]
    pub fn place(&self) -> Option<(String, String)> {
        let (table, rest) = name(self.column.as_deref()?)?;
        let column = rest.strip_prefix('.')?;
        if !column.starts_with('"') {
            return Some((table, column.to_owned()));
        }
        let (column, rest) = name(column)?;
        rest.is_empty().then_some((table, column))
    }

    /// The whole numbers, both ends included, where it is one.
    #[must_use]
    pub fn range(&self) -> Option<(i64, i64)> {
        self.from.zip(self.to)
    }
}

/// The name at the start of `text`, in double quotes or up to a dot, and what follows it.
fn name(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let at = text.find('.')?;
        return Some((text[..at].to_owned(), &text[at..]));
    };
    let mut name = String::new();
    loop {
        let (part, after) = rest.split_once('"')?;
        name.push_str(part);
        // A quote that is doubled is part of the name.
        match after.strip_prefix('"') {
            Some(more) => rest = more,
            None => return Some((name, after)),
        }
        name.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_names_a_table_and_a_column() {
        let place = |column: &str| {
            let param = Param {
                column: Some(column.to_owned()),
                ..Param::default()
            };
            param
                .place()
                .map(|(table, column)| format!("{table}|{column}"))
        };
        for (column, found) in [
            ("orders.id", "orders|id"),
            ("two words.größe", "two words|größe"),
            ("t.a.b", "t|a.b"),
            ("\"order\".group", "order|group"),
            ("orders.\"a.b\"", "orders|a.b"),
            (r#""it's; a.b"."say ""hi""""#, r#"it's; a.b|say "hi""#),
            ("it's.\"\"\"\"", "it's|\""),
        ] {
            assert_eq!(place(column).as_deref(), Some(found), "{column}");
        }
        for column in ["orders", "\"orders.id", "\"a\"b.c", "a.\"b", "a.\"b\"c", ""] {
            assert_eq!(place(column), None, "{column}");
        }
    }
}
