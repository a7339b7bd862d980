//! Options that others stand for: given beside them, they would say nothing, so they are refused,
//! and left out where a scenario is written out.

use super::model::Model;
use crate::scenario::{KeyPath, Part, Problem, Source, entry};

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

/// What the text says in vain.
pub(super) fn in_vain(model: &Model, source: &Source) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (key, instead) in replaced(model) {
        let path = KeyPath::new(["upstream", key]);
        if entry(source.document(), &path).is_some() {
            let message = format!("it says nothing beside `{instead}`");
            let help = format!("change `{instead}`, or remove one of them");
            problems.push(source.problem(path, Part::Value, message, Some(help)));
        }
    }
    problems
}

/// Removes it from the `table` of a scenario.
pub(super) fn leave_out(model: &Model, table: &mut toml::Table) {
    if let Some(toml::Value::Table(upstream)) = table.get_mut("upstream") {
        for (key, _) in replaced(model) {
            upstream.remove(key);
        }
    }
}
