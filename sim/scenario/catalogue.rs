//! Where scenarios lie: the nearest `scenarios` folder, from the current directory upwards.

use std::path::{Path, PathBuf};

use super::error::ScenarioError;
use crate::spelling;

const FOLDER: &str = "scenarios";

/// The nearest `scenarios` folder, seen from the current directory if that is where it is;
/// `None` if neither it nor any folder above has one.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    if Path::new(FOLDER).is_dir() {
        return Some(PathBuf::from(FOLDER));
    }
    folder_above(&std::env::current_dir().ok()?)
}

/// The nearest `scenarios` folder in `place` or above it.
#[must_use]
pub fn folder_above(place: &Path) -> Option<PathBuf> {
    let place = std::path::absolute(place).ok()?;
    place
        .ancestors()
        .map(|above| above.join(FOLDER))
        .find(|folder| folder.is_dir())
}

/// The names of the scenarios in a folder, sorted.
///
/// # Errors
///
/// When the folder cannot be read.
pub fn names(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if is_toml(&path)
            && let Some(stem) = path.file_stem()
        {
            names.push(stem.to_string_lossy().into_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// The file of a scenario: a path that ends in `.toml` is one, anything else a name in the folder.
pub(super) fn find(name_or_path: &str) -> Result<PathBuf, ScenarioError> {
    if is_toml(Path::new(name_or_path)) {
        return Ok(PathBuf::from(name_or_path));
    }
    let not_found = |help: String| ScenarioError::NotFound {
        name: name_or_path.to_owned(),
        help,
    };
    let folder = folder().ok_or_else(|| {
        not_found(format!(
            "no `{FOLDER}` folder here or above; give the path of a .toml file"
        ))
    })?;
    let names = names(&folder).unwrap_or_default();
    if names.iter().any(|name| name == name_or_path) {
        return Ok(folder.join(format!("{name_or_path}.toml")));
    }
    Err(not_found(spelling::did_you_mean(
        name_or_path,
        &names,
        &format!("scenarios in {}", folder.display()),
    )))
}

fn is_toml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "toml")
}
