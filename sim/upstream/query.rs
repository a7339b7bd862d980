//! What a page is asked for, out of the query of an address; and why it may be refused.

use backfill::listing::Range;

/// Objects on a page when nobody says.
const LIMIT: u32 = 10;
/// Objects on a page at the most.
pub(crate) const LIMIT_MOST: u32 = 100;

/// What a page is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// When objects were created; all time where nobody says.
    pub created: Range,
    /// Objects on the page at the most, from 1 to 100.
    pub limit: u32,
    /// The id of the object the page goes on after.
    pub starting_after: Option<String>,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            created: Range::new(i64::MIN, i64::MAX),
            limit: LIMIT,
            starting_after: None,
        }
    }
}

/// A parameter that is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadParameter {
    /// Its name.
    pub(super) name: String,
    /// What is wrong with it.
    pub(super) message: String,
}

impl Query {
    /// Reads what stands behind the `?` of an address.
    pub(super) fn parse(text: &str) -> Result<Self, BadParameter> {
        let mut query = Self::default();
        let mut seen: Vec<String> = Vec::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            query
                .parameter(&name, &value)
                .and_then(|()| match seen.iter().any(|other| *other == name) {
                    true => Err("it is given more than once".to_owned()),
                    false => Ok(()),
                })
                .map_err(|message| BadParameter {
                    name: name.clone().into_owned(),
                    message,
                })?;
            seen.push(name.into_owned());
        }
        Ok(query)
    }

    fn parameter(&mut self, name: &str, value: &str) -> Result<(), String> {
        if value.is_empty() {
            return Err("it is empty".to_owned());
        }
        let range = &mut self.created;
        match name {
            "limit" => self.limit = limit(value)?,
            "starting_after" => self.starting_after = Some(value.to_owned()),
            "created" => {
                let second = second(value)?;
                *range = range.overlap(Range::new(second, second.saturating_add(1)));
            }
            "created[gte]" => range.gte = range.gte.max(second(value)?),
            "created[gt]" => range.gte = range.gte.max(second(value)?.saturating_add(1)),
            "created[lt]" => range.lt = range.lt.min(second(value)?),
            "created[lte]" => range.lt = range.lt.min(second(value)?.saturating_add(1)),
            _ => {
                return Err(
                    "there is no such parameter; there are limit, starting_after and \
                            created, also with [gte], [gt], [lte] or [lt]"
                        .to_owned(),
                );
            }
        }
        Ok(())
    }
}

fn limit(value: &str) -> Result<u32, String> {
    let limit = value.parse().ok().filter(|n| (1..=LIMIT_MOST).contains(n));
    limit.ok_or_else(|| format!("`{value}` is not a whole number from 1 to {LIMIT_MOST}"))
}

fn second(value: &str) -> Result<i64, String> {
    value
        .parse()
        .map_err(|_| format!("`{value}` is not a moment in unix seconds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Query, String> {
        let said = |bad: BadParameter| format!("{}: {}", bad.name, bad.message);
        Query::parse(text).map_err(said)
    }

    #[test]
    fn bounds_are_taken_as_they_are_meant() {
        let created = |text: &str| parse(text).unwrap().created;
        assert_eq!(created("created[gte]=5&created[lt]=9"), Range::new(5, 9));
        assert_eq!(
            created("created%5Bgt%5D=5&created%5Blte%5D=9"),
            Range::new(6, 10)
        );
        assert_eq!(created("created=5"), Range::new(5, 6));
        assert_eq!(
            created("created[gt]=5&created[gte]=3"),
            Range::new(6, i64::MAX)
        );
        assert_eq!(created(""), Query::default().created);
        assert_eq!(created("created[gt]=9223372036854775807").gte, i64::MAX);
        assert_eq!(created("created[gte]=-5").gte, -5);
    }

    #[test]
    fn a_page_has_ten_objects_unless_said() {
        assert_eq!(parse("").unwrap().limit, 10);
        let query = parse("limit=100&starting_after=ch_%31").unwrap();
        assert_eq!(
            (query.limit, query.starting_after.as_deref()),
            (100, Some("ch_1"))
        );
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (text, said) in [
            ("limit=0", "limit: `0` is not a whole number from 1 to 100"),
            (
                "limit=101",
                "limit: `101` is not a whole number from 1 to 100",
            ),
            ("limit=x", "limit: `x` is not a whole number from 1 to 100"),
            ("limit=", "limit: it is empty"),
            ("limit=1&limit=1", "limit: it is given more than once"),
            (
                "created[gte]=1.5",
                "created[gte]: `1.5` is not a moment in unix seconds",
            ),
            ("starting_after", "starting_after: it is empty"),
        ] {
            assert_eq!(parse(text).unwrap_err(), said);
        }
        let other = parse("ending_before=ch_1").unwrap_err();
        assert!(
            other.starts_with("ending_before: there is no such"),
            "{other}"
        );
    }
}
