//! The families of scenario files, and which of them a file is of.

use super::draft::Tables;
use super::model::Model;
use crate::aggregate::scenario as aggregate;
use crate::listing::scenario as listing;
use crate::pipeline::scenario as pipeline;
use crate::processing::scenario as processing;
use crate::spelling;
use crate::stash::scenario as stash;

/// A family of scenario files; in this order they stand in the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// Rows that are there are backfilled.
    Columns,
    /// A database is filled from a list API.
    Listing,
    /// Items are processed, and what becomes of them is written behind it.
    Processing,
    /// A history is listed, processed and derived from.
    Pipeline,
    /// Results wait to be fetched.
    Stash,
    /// Counts over rows that are there are rebuilt.
    Aggregate,
}

impl Family {
    const ALL: [Self; 6] = [
        Self::Columns,
        Self::Listing,
        Self::Processing,
        Self::Pipeline,
        Self::Stash,
        Self::Aggregate,
    ];

    /// The family of a file; `has` says which tables it has. With the tables of two it is of the
    /// first, and the other table is refused; but a pipeline has an API, too.
    pub(crate) fn of(has: impl Fn(&str) -> bool) -> Self {
        let marked = |one: &Self| one.table().is_some_and(&has);
        let found = [Self::Pipeline].into_iter().chain(Self::ALL).find(marked);
        found.unwrap_or(Self::Columns)
    }

    /// The table that makes a file one of this family; `None` for the family without one.
    pub(crate) const fn table(self) -> Option<&'static str> {
        match self {
            Self::Columns => None,
            Self::Listing => Some("upstream"),
            Self::Processing => Some("items"),
            Self::Pipeline => Some("pipeline"),
            Self::Stash => Some("stash"),
            Self::Aggregate => Some("views"),
        }
    }

    /// What its files are called, as a plural.
    pub(crate) const fn plural(self) -> &'static str {
        match self {
            Self::Columns => {
                "scenarios with neither `[upstream]` nor `[items]` nor `[pipeline]` nor `[stash]` nor \
                 `[views]`"
            }
            Self::Listing => "listing scenarios, those with `[upstream]`",
            Self::Processing => "processing scenarios, those with `[items]`",
            Self::Pipeline => "pipeline scenarios, those with `[pipeline]`",
            Self::Stash => "stash scenarios, those with `[stash]`",
            Self::Aggregate => "aggregate scenarios, those with `[views]`",
        }
    }

    /// What one of its files is, for who wants rows that are there; `None` where it has some.
    pub(crate) const fn stranger(self) -> Option<&'static str> {
        match self {
            Self::Columns => None,
            Self::Listing => {
                Some("a listing scenario: it fills a table, and has no rows to be backfilled")
            }
            Self::Processing => Some(
                "a processing scenario: it writes what becomes of items, and has no rows to be \
                 backfilled",
            ),
            Self::Pipeline => Some(
                "a pipeline scenario: it begins with an empty database, and has no rows to be \
                 backfilled",
            ),
            Self::Stash => {
                Some("a stash scenario: it has no database, and no rows to be backfilled")
            }
            Self::Aggregate => {
                Some("an aggregate scenario: it counts rows, and has no column to be backfilled")
            }
        }
    }

    /// What to say of a key that is none of this family's, where others have it or one like it.
    pub(crate) fn elsewhere(self, key: &str) -> Option<String> {
        let here = self.keys();
        let others: Vec<(Self, Vec<String>)> = Self::ALL
            .into_iter()
            .filter(|&one| one != self)
            .map(|one| (one, one.keys()))
            .collect();
        let there = others.iter().flat_map(|(_, keys)| keys);
        let all = here.iter().chain(there).map(String::as_str);
        let name = spelling::closest(key, all)?;
        if here.iter().any(|one| one == name) {
            return None;
        }
        let has = |keys: &[String]| keys.iter().any(|one| one == name);
        let families = others.iter().filter(|(_, keys)| has(keys));
        let families: Vec<&str> = families.map(|(family, _)| family.plural()).collect();
        let families = families.join(", and ");
        Some(if name == key {
            format!("it is for {families}")
        } else {
            format!("did you mean `{name}`? It is for {families}")
        })
    }

    /// The keys at the top of its files.
    fn keys(self) -> Vec<String> {
        match self {
            Self::Columns => keys::<Model>(),
            Self::Listing => keys::<listing::Model>(),
            Self::Processing => keys::<processing::Model>(),
            Self::Pipeline => keys::<pipeline::Model>(),
            Self::Stash => keys::<stash::Model>(),
            Self::Aggregate => keys::<aggregate::Model>(),
        }
    }
}

fn keys<M: Tables>() -> Vec<String> {
    let schema = schemars::schema_for!(M);
    let properties = schema.get("properties").and_then(|all| all.as_object());
    properties.map_or_else(Vec::new, |all| all.keys().cloned().collect())
}
