//! A statement of somebody's own, as requests carry it: small enough to be copied.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// A statement that a scenario describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Asked {
    /// What it is called.
    pub name: &'static str,
    /// Which of the scenario's statements it is, from 0, readers' first.
    pub nth: u32,
    /// Whether it reads.
    pub read: bool,
}

impl Asked {
    /// The statement `name`, the `nth` of a scenario. The name is kept as long as the process
    /// lives, once however often it is asked for: there are as many as scenarios have statements.
    #[must_use]
    pub fn new(name: &str, nth: u32, read: bool) -> Self {
        static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
        let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = names.get(name).copied().unwrap_or_else(|| {
            let kept: &'static str = String::from(name).leak();
            names.insert(kept);
            kept
        });
        drop(names);
        Self {
            name: kept,
            nth,
            read,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once() {
        let [one, two] = [0, 1].map(|nth| Asked::new("order page", nth, true));
        assert_eq!(one.name, "order page");
        assert!(std::ptr::eq(one.name, two.name));
        assert_ne!(one, two);
    }
}
