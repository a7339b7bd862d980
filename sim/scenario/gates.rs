//! `[[gate]]` tables where they stand: what is wrong with one is shown in the file, and what comes
//! of one names its line.

use super::draft::Tables;
use super::error::{Problem, ScenarioError};
use super::open;
use super::place::KeyPath;
use super::source::Source;

/// What is wrong with the gates of `model`, in the order of the file.
pub(super) fn problems<M: Tables>(model: &M, source: &Source) -> Vec<Problem> {
    let strategies = source.document().get("strategies");
    let strategies = strategies.and_then(|all| all.as_table_like());
    let names: Vec<&str> = strategies
        .into_iter()
        .flat_map(toml_edit::TableLike::iter)
        .map(|(name, _)| name)
        .collect();
    let tables = model.gates().0.iter().enumerate();
    let slips = tables.flat_map(|(nth, table)| {
        let found = table.gate(M::FAMILY, Some(&names), String::new()).err();
        found.into_iter().flatten().map(move |slip| (nth, slip))
    });
    slips
        .map(|(nth, (key, fault))| {
            let path = at(nth).member(key);
            source.problem_within(path, fault.span, fault.message, Some(fault.help))
        })
        .collect()
}

/// Where each gate of a scenario stands, as in `scenarios/smoke.toml:31`.
///
/// # Errors
/// When there is no such scenario, or its file cannot be read.
pub fn gate_places(name_or_path: &str, overrides: &[String]) -> Result<Vec<String>, ScenarioError> {
    let (name, source) = open(name_or_path, overrides)?;
    let by_name = !name_or_path.ends_with(".toml");
    let file = if by_name {
        // Seen from the project, wherever the command was given.
        format!("scenarios/{name}.toml")
    } else {
        name_or_path.to_owned()
    };
    let place = |nth| match source.line(&at(nth).member("expect")) {
        Some(line) => format!("{file}:{line}"),
        None => format!("{file} with --set"),
    };
    let gates = source.document().get("gate");
    let lists = gates.and_then(|all| all.as_array().map(toml_edit::Array::len));
    let tables = gates.and_then(|all| all.as_array_of_tables().map(toml_edit::ArrayOfTables::len));
    Ok((0..lists.or(tables).unwrap_or(0)).map(place).collect())
}

fn at(nth: usize) -> KeyPath {
    KeyPath::new(["gate".to_owned(), nth.to_string()])
}
