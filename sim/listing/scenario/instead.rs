//! Options that others stand for: given beside them, they would say nothing.

use super::model::Model;
use crate::scenario::{Finding, InVain, KeyPath};

/// Keys of `[upstream]` that count for nothing, each with what counts.
fn replaced(model: &Model) -> Vec<(&'static str, &'static str)> {
    let mut replaced = Vec::new();
    if !model.shapes.is_empty() {
        replaced.push(("shape", "shapes"));
    } else if model.upstream.file.is_some() {
        let of_file = ["shape", "objects", "years"];
        replaced.extend(of_file.map(|key| (key, "upstream.file")));
    }
    if model.streams.is_some() {
        replaced.push(("objects", "streams"));
    }
    replaced
}

/// What is in vain for that.
pub(super) fn in_vain(model: &Model) -> Vec<InVain> {
    let in_vain = |(key, instead): (&str, &str)| InVain {
        finding: Finding {
            path: KeyPath::new(["upstream", key]),
            message: format!("it says nothing beside `{instead}`"),
            help: format!("change `{instead}`, or remove one of them"),
        },
        because: KeyPath::from(instead),
    };
    replaced(model).into_iter().map(in_vain).collect()
}
