//! Options that say nothing as long as another is as it is: they are refused where somebody gives
//! them, and left out where a scenario is written out.

use super::place::KeyPath;
use super::validate::Finding;

/// An option that says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InVain {
    /// The option, and what to say to who gives it.
    pub(crate) finding: Finding,
    /// The other option.
    pub(crate) because: KeyPath,
}

/// Removes them from the `table` of a scenario.
pub(crate) fn leave_out(all: &[InVain], table: &mut toml::Table) {
    for one in all {
        let mut at = Some(&mut *table);
        let keys = one.finding.path.keys();
        let Some((last, outer)) = keys.split_last() else {
            continue;
        };
        for key in outer {
            at = at.and_then(|table| table.get_mut(key)?.as_table_mut());
        }
        if let Some(table) = at {
            table.remove(last);
        }
    }
}
