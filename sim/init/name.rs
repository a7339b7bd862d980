//! Names of tables and columns, as they are written in SQL and in a scenario.

use super::keywords::KEYWORDS;

/// `name` as SQL takes it: as it is where that can mean nothing else, else in quotes.
pub(super) fn sql(name: &str) -> String {
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let plain = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let upper = name.to_ascii_uppercase();
    if begins && name.chars().all(plain) && KEYWORDS.binary_search(&upper.as_str()).is_err() {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A column of a table, as a parameter names it.
pub(super) fn column(table: &str, column: &str) -> String {
    format!("{}.{}", sql(table), sql(column))
}

/// A key of several columns as a job names it.
pub(super) fn key(columns: &[String]) -> String {
    match columns {
        // One column stands as it is, as long as it cannot be taken for several or for a quote.
        [one] if plain_key(one) => one.clone(),
        several => several
            .iter()
            .map(|name| sql(name))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

fn plain_key(name: &str) -> bool {
    !name.contains(',') && !name.starts_with(['"', '`', '[', '\'']) && name.trim() == name
}

/// `name` on one line, for a comment.
pub(super) fn on_one_line(name: &str) -> String {
    name.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn names_are_quoted_only_where_they_must_be() {
        for (name, written) in [
            ("orders", "orders"),
            ("_Order2", "_Order2"),
            ("order", "\"order\""),
            ("Select", "\"Select\""),
            ("two words", "\"two words\""),
            ("2nd", "\"2nd\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("größe", "\"größe\""),
            ("", "\"\""),
        ] {
            assert_eq!(sql(name), written);
        }
        assert_eq!(column("order", "a b"), "\"order\".\"a b\"");
    }

    #[test]
    fn every_keyword_can_name_a_column_as_it_is_written() {
        assert!(KEYWORDS.is_sorted());
        let db = Connection::open_in_memory().unwrap();
        for word in KEYWORDS {
            let name = sql(word);
            assert_ne!(name, word);
            let table = format!("CREATE TEMP TABLE t({name}); DROP TABLE t");
            db.execute_batch(&table).unwrap();
        }
    }

    #[test]
    fn keys_of_several_columns_have_commas_between() {
        let key =
            |columns: &[&str]| key(&columns.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(key(&["order_id", "line"]), "order_id, line");
        assert_eq!(key(&["order", "a b"]), "\"order\", \"a b\"");
        assert_eq!(key(&["a b"]), "a b");
        assert_eq!(key(&["a, b"]), "\"a, b\"");
        assert_eq!(key(&["\"a"]), "\"\"\"a\"");
    }

    #[test]
    fn a_comment_stays_on_its_line() {
        assert_eq!(on_one_line("a\nset = 1\r\tb"), "a set = 1  b");
    }
}
