//! Pieces of SQL that come from outside: a predicate, an assignment.
//!
//! A fragment is put between parentheses or after `SET` inside a statement that bounds it to one
//! chunk. It must not be able to break out: no statement end, no parenthesis closed that it did
//! not open, no quote or comment left open. This is no defence against an enemy, who would have
//! easier ways; it turns a slip of the pen into an error before any row is touched.

/// Why a fragment would break out of the statement it is put into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FragmentError {
    /// Nothing but blanks.
    #[error("is empty")]
    Empty,
    /// `;` outside quotes.
    #[error("contains a `;`")]
    StatementEnd,
    /// A `)` without its `(`, or the reverse.
    #[error("has unbalanced parentheses")]
    Unbalanced,
    /// A quote or `/*` that never ends.
    #[error("has a quote or comment that never ends")]
    Unended,
    /// `?`, `:x`, `@x` or `$x`, for which there is no value, or the chunk's own.
    #[error("contains a parameter")]
    Parameter,
    /// Between commas, not one name.
    #[error("is no list of names, each of them bare or in quotes, with commas between")]
    Names,
    /// A NUL, which would end the statement for SQLite.
    #[error("contains a NUL character")]
    Nul,
}

/// Checks that `sql` stays where it is put.
pub(super) fn check(sql: &str) -> Result<(), FragmentError> {
    if sql.trim().is_empty() {
        return Err(FragmentError::Empty);
    }
    if sql.contains('\0') {
        return Err(FragmentError::Nul);
    }
    let mut depth: u32 = 0;
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let after = match first {
            '\'' | '"' | '`' => end_of(rest, first)?,
            '[' => end_of(rest, ']')?,
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => {
                2 + rest[2..].find("*/").ok_or(FragmentError::Unended)? + 2
            }
            ';' => return Err(FragmentError::StatementEnd),
            '?' | ':' | '@' | '$' => return Err(FragmentError::Parameter),
            '(' => {
                depth += 1;
                1
            }
            ')' => {
                depth = depth.checked_sub(1).ok_or(FragmentError::Unbalanced)?;
                1
            }
            other if in_word(other) => rest.find(|next| !in_word(next)).unwrap_or(rest.len()),
            other => other.len_utf8(),
        };
        rest = &rest[after..];
    }
    if depth == 0 {
        Ok(())
    } else {
        Err(FragmentError::Unbalanced)
    }
}

/// A word may contain a `$`, which starts a parameter elsewhere.
fn in_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}

/// Where the quoted piece at the start of `text` ends. A doubled quote inside it reads as two
/// pieces side by side, which comes to the same.
fn end_of(text: &str, quote: char) -> Result<usize, FragmentError> {
    let inside = text.get(1..).unwrap_or_default();
    inside
        .find(quote)
        .map(|at| at + 2)
        .ok_or(FragmentError::Unended)
}

/// The names in a list with commas between, each of them bare or in quotes, as SQL has them.
///
/// A bare one may have anything in it but a comma: it is quoted before SQLite sees it.
pub(super) fn names(list: &str) -> Result<Vec<String>, FragmentError> {
    let (mut names, mut rest) = (Vec::new(), list);
    loop {
        let (name, after) = name(rest.trim_start())?;
        names.push(name);
        match after.trim_start().strip_prefix(',') {
            Some(more) => rest = more,
            None if after.trim().is_empty() => return Ok(names),
            None => return Err(FragmentError::Names),
        }
    }
}

/// The name at the start of `text`, and what follows it.
fn name(text: &str) -> Result<(String, &str), FragmentError> {
    let close = match text.chars().next() {
        Some(quote @ ('"' | '`')) => quote,
        Some('[') => ']',
        _ => {
            let end = text.find(',').unwrap_or(text.len());
            let name = text[..end].trim();
            let found = (name.to_owned(), &text[end..]);
            return if name.is_empty() {
                Err(FragmentError::Names)
            } else {
                Ok(found)
            };
        }
    };
    let (mut name, mut rest) = (String::new(), &text[1..]);
    loop {
        let end = rest.find(close).ok_or(FragmentError::Unended)?;
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        // Doubled, it is part of the name; a bracket cannot be.
        if close == ']' || !rest.starts_with(close) {
            return Ok((name, rest));
        }
        name.push(close);
        rest = &rest[1..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_that_stay_in_place_pass() {
        for sql in [
            "a = 1",
            "(a) AND (b IN (1, 2))",
            "name = 'it''s; (fine'",
            "\"odd)name\" > [other;]",
            "a = 1 -- why ; (",
            "a = 1 /* ; ) */ + 2",
            "x = 'ä' || 'ö'",
            "a$b = '?' AND c1 > \":d\"",
        ] {
            assert_eq!(check(sql), Ok(()), "{sql}");
        }
    }

    #[test]
    fn names_are_bare_or_in_quotes() {
        let names = |list| names(list).map(|names| names.join("|"));
        for (list, found) in [
            ("id", "id"),
            (" order_id , line ", "order_id|line"),
            ("two words,größe", "two words|größe"),
            ("\"a, b\", `c,d`,[e,f]", "a, b|c,d|e,f"),
            (r#""say ""hi""", x"#, "say \"hi\"|x"),
            ("it's", "it's"),
        ] {
            assert_eq!(names(list), Ok(found.to_owned()), "{list}");
        }
        for list in ["", ",", "a,", ",a", "a,,b", "\"a\"b", "[a]]"] {
            assert_eq!(names(list), Err(FragmentError::Names), "{list}");
        }
        assert_eq!(names("\"a"), Err(FragmentError::Unended));
    }

    #[test]
    fn fragments_that_break_out_are_refused() {
        for (sql, why) in [
            ("  ", FragmentError::Empty),
            ("a = 1; DROP TABLE t", FragmentError::StatementEnd),
            ("1 = 1) OR (1 = 1", FragmentError::Unbalanced),
            ("(a = 1", FragmentError::Unbalanced),
            ("a = 'open", FragmentError::Unended),
            ("a = 1 /* open", FragmentError::Unended),
            ("a = 1\0", FragmentError::Nul),
            ("a = ?", FragmentError::Parameter),
            ("a > ?1", FragmentError::Parameter),
            ("a = :a", FragmentError::Parameter),
            ("a=@a", FragmentError::Parameter),
            ("a = $a", FragmentError::Parameter),
        ] {
            assert_eq!(check(sql), Err(why), "{sql}");
        }
    }
}
