//! Where the scenario lies, and how the database is seen from there.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::error::InitError;

/// The scenario that is made of `file` if nobody says where: its stem, in the current directory.
pub(super) fn default_of(file: &Path) -> Result<PathBuf, InitError> {
    let Some(stem) = file.file_stem() else {
        return Err(InitError::Name {
            path: file.to_owned(),
            reason: "it is no name of a file",
        });
    };
    let mut name = stem.to_owned();
    name.push(".toml");
    Ok(PathBuf::from(name))
}

/// `file`, which is absolute and has no links in it, as seen from the folder of `scenario`.
pub(super) fn seen_from(file: &Path, scenario: &Path) -> Result<String, InitError> {
    let is_toml = scenario
        .extension()
        .is_some_and(|extension| extension == "toml");
    if !is_toml {
        return Err(InitError::Name {
            path: scenario.to_owned(),
            reason: "a scenario is a .toml file",
        });
    }
    let folder = match scenario.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let folder = fs::canonicalize(folder).map_err(|source| InitError::Unwritable {
        path: scenario.to_owned(),
        source,
    })?;
    relative(file, &folder)
        .to_str()
        .map(|path| path.replace(std::path::MAIN_SEPARATOR, "/"))
        .ok_or_else(|| InitError::Name {
            path: file.to_owned(),
            reason: "it is not in UTF-8",
        })
}

/// The way from `folder` to `file`, both absolute; `file` itself if they have nothing in common.
fn relative(file: &Path, folder: &Path) -> PathBuf {
    let (to, from): (Vec<Component<'_>>, Vec<_>) =
        (file.components().collect(), folder.components().collect());
    let common = to
        .iter()
        .zip(&from)
        .take_while(|(to, from)| to == from)
        .count();
    // On some systems the first component is a drive.
    if common == 0 {
        return file.to_owned();
    }
    let up = from[common..].iter().map(|_| Component::ParentDir);
    up.chain(to[common..].iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_seen_from_a_folder() {
        let way = |file, folder| relative(Path::new(file), Path::new(folder));
        assert_eq!(way("/a/b/c.db", "/a/b"), Path::new("c.db"));
        assert_eq!(way("/a/b/c.db", "/a"), Path::new("b/c.db"));
        assert_eq!(way("/a/c.db", "/a/b/d"), Path::new("../../c.db"));
        assert_eq!(way("/c.db", "/a"), Path::new("../c.db"));
    }

    #[test]
    fn the_scenario_has_the_stem_of_the_file() {
        let of = |file: &str| default_of(Path::new(file)).unwrap();
        assert_eq!(of("/data/shop.v2.sqlite"), Path::new("shop.v2.toml"));
        assert_eq!(of("shop"), Path::new("shop.toml"));
        assert!(default_of(Path::new("..")).is_err());
    }
}
