//! From `database.file` to the file itself: where it lies, whether it can be taken, and whether the
//! job and the statements fit it. Whatever is wrong is shown in the scenario, before anything runs.

use std::sync::Arc;

use super::error::Problem;
use super::model::Model;
use super::place::{KeyPath, entry};
use super::source::{Part, Source};
use crate::own::{DatabaseFile, misfits};

/// Tables about the seeded data, and what stands for them here.
const SEEDED: [(&str, &str); 3] = [
    ("dataset", "the rows are those of the file"),
    (
        "load",
        "describe it with `[[readers.query]]` and `[[writers.statement]]`",
    ),
    ("cache", "only the server of the seeded data has one"),
];

/// What is wrong with the tables of the text, where it names a file.
pub(super) fn refused_tables(model: &Model, source: &Source) -> Vec<Problem> {
    if model.database.file.is_none() {
        return Vec::new();
    }
    let given = SEEDED
        .into_iter()
        .filter(|(table, _)| entry(source.document(), &KeyPath::from(*table)).is_some());
    given
        .map(|(table, instead)| {
            let message = "it is about the seeded data, and `database.file` names another";
            let help = format!("remove it: {instead}");
            source.problem(table.into(), Part::Value, message.to_owned(), Some(help))
        })
        .collect()
}

/// The file that a checked model names; `None` if it names none.
///
/// # Errors
/// What is wrong with it, or does not fit it.
pub(super) fn database_file(
    model: &Model,
    source: &Source,
) -> Result<Option<Arc<DatabaseFile>>, Vec<Problem>> {
    let (Some(name), Some(job)) = (&model.database.file, &model.job) else {
        return Ok(None);
    };
    let path = KeyPath::from("database.file");
    let (place, seen_from) = source.file_at(&path, name);
    let refused = |message: String, help: String| {
        vec![source.problem(path.clone(), Part::Value, message, Some(help))]
    };
    let found = DatabaseFile::open(&place)
        .map_err(|error| refused(error.to_string(), error.way_out(seen_from)))?;
    let misfits = misfits(&found, job, model)
        .map_err(|error| refused(error.to_string(), error.way_out(seen_from)))?;
    if misfits.is_empty() {
        return Ok(Some(Arc::new(found)));
    }
    Err(misfits.into_iter().map(|one| one.at(source)).collect())
}
