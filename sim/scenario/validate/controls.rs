//! Which controls there are to be caught, and whose names are taken.

use indexmap::IndexMap;

use super::Findings;
use crate::scenario::model::Role;
use crate::scenario::must_fail::MustFail;
use crate::scenario::place::KeyPath;
use crate::scenario::strategy::Compared;
use crate::spelling;

/// Checks `must_fail` against the controls that are built in and those of the scenario.
pub(crate) fn controls<S: Compared>(
    must_fail: &MustFail,
    strategies: &IndexMap<String, S>,
    findings: &mut Findings,
) {
    let mut known: Vec<&str> = S::cheats().collect();
    let own = strategies.iter();
    let own = own.filter(|(_, strategy)| strategy.role() == Role::Control);
    known.extend(own.map(|(name, _)| name.as_str()));
    for name in &must_fail.0 {
        if known.contains(&name.as_str()) {
            continue;
        }
        if strategies.contains_key(name) {
            let message = format!("the strategy `{name}` is no control");
            let help = "write `role = \"control\"` in its table, or remove it here";
            findings.add("must_fail", message, help);
        } else {
            let message = format!("there is no control `{name}`");
            let help = spelling::did_you_mean(name, &known, "controls");
            findings.add("must_fail", message, help);
        }
    }
    for name in S::cheats() {
        if let Some(strategy) = strategies.get(name)
            && strategy.kind() != name
        {
            let message = format!("`{name}` is the name of a built-in control of that kind");
            let path = KeyPath::new(["strategies", name]);
            findings.add(path, message, "choose another name");
        }
    }
}
