//! Style as a test: what a reviewer should not have to say twice.

#![expect(clippy::unwrap_used, reason = "an unreadable tree is not tidy")]

use std::fs;
use std::path::{Path, PathBuf};

/// Every `unsafe` of the project, and therefore longer than others may be.
const VFS: &str = "sim/disk/vfs.rs";

/// Every Rust file under `folder`: its path, and its text. Tests run in the root of their package.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let of_path = |path: PathBuf| match path.extension() {
        _ if path.is_dir() => sources(&path),
        Some(extension) if extension == "rs" => {
            let text = fs::read_to_string(&path).unwrap();
            vec![(path.to_str().unwrap().to_owned(), text)]
        }
        _ => Vec::new(),
    };
    paths.into_iter().flat_map(of_path).collect()
}

fn all() -> impl Iterator<Item = (String, String)> {
    let folders = ["backfill", "benches", "sim", "tests"];
    folders.into_iter().flat_map(|one| sources(Path::new(one)))
}

#[test]
fn every_file_says_what_it_is_and_is_short() {
    for (path, text) in all() {
        assert!(text.starts_with("//! "), "{path} does not say what it is");
        let most = if path == VFS { 600 } else { 500 };
        assert!(text.lines().count() <= most, "{path} has too many lines");
        for (line, number) in text.lines().zip(1..) {
            // rustfmt splits no string, no URL and no template of maud.
            let kept = line.contains(['"', '@']) || line.contains("://");
            let fits = kept || line.chars().count() <= 100;
            assert!(fits, "{path}:{number} is too long");
        }
    }
}

#[test]
fn nothing_is_left_over_unordered_unsafe_or_upside_down() {
    // In pieces, or this file would be the first to fail.
    let left =
        ["to-do!", "un-implemented!", "db-g!", "FIX-ME", "TO-DO"].map(|w| w.replace('-', ""));
    let unordered = ["Map", "Set"].map(|kind| format!("{}{kind}", "Hash"));
    let code = ["{", "fn", "impl", "extern"].map(|next| format!("{} {next}", "unsafe"));
    let simulator = ["turmoil", "backfill_sim", "scenario"].map(str::to_owned);
    for (path, text) in all() {
        let holds = |word: &String| {
            assert!(!text.contains(word.as_str()), "{path} holds {word}");
        };
        left.iter().chain(&unordered).for_each(holds);
        code.iter().filter(|_| path != VFS).for_each(holds);
        let production = path.starts_with("backfill/");
        simulator.iter().filter(|_| production).for_each(holds);
    }
}

#[test]
#[expect(unexpected_cfgs, reason = "set in .cargo/config.toml, for tokio")]
fn no_font_library_is_needed_and_select_is_seeded() {
    let lock = include_str!("../Cargo.lock");
    for library in ["yeslogic-fontconfig-sys", "freetype-sys"] {
        assert!(!lock.contains(library), "{library} would be needed");
    }
    let seeded = cfg!(tokio_unstable);
    assert!(seeded, "RUSTFLAGS replace those of .cargo/config.toml");
}
