//! The versions that shape a result: another SQLite counts other steps, another turmoil orders
//! hosts differently. They are read where they are decided: `Cargo.lock`, and SQLite itself.

const LOCK: &str = include_str!("../Cargo.lock");

/// The version of the package `name` that this crate uses.
///
/// # Panics
/// If this crate does not use it.
pub(crate) fn locked(name: &str) -> &'static str {
    let own = entry(|package| package.starts_with("name = \"backfill-sim\"\n"));
    // A package that is there in several versions has that of the one that is used behind its name.
    let used = own.lines().find_map(|line| {
        let line = line.trim().strip_prefix('"')?;
        let mut words = line.trim_end_matches("\",").split(' ');
        (words.next() == Some(name)).then(|| words.next())
    });
    let used = used.expect("a dependency of this crate stands in Cargo.lock");
    used.unwrap_or_else(|| {
        let package = entry(|package| package.starts_with(&format!("name = \"{name}\"\n")));
        let version = package.lines().nth(1);
        let version = version.and_then(|line| line.strip_prefix("version = "));
        version.map_or("", |version| version.trim_matches('"'))
    })
}

/// The version of SQLite itself.
pub(crate) fn sqlite() -> &'static str {
    rusqlite::version()
}

fn entry(wanted: impl Fn(&str) -> bool) -> &'static str {
    let mut all = LOCK.split("[[package]]\n");
    let found = all.find(|package| wanted(package));
    found.expect("Cargo.lock has every package that is built")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_lock_file() {
        for name in ["turmoil", "rusqlite", "plotters", "libm", "rand_chacha"] {
            let version = locked(name);
            let entry = format!("name = \"{name}\"\nversion = \"{version}\"\n");
            assert!(LOCK.contains(&entry), "{name} {version}");
        }
        // It is there twice; turmoil's is another one.
        assert!(locked("rand_chacha").starts_with("0.10."));
        assert!(sqlite().starts_with("3."));
    }
}
