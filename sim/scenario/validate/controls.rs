//! Which controls there are to be caught, and whose names are taken.

use super::Findings;
use crate::scenario::model::{Model, Role, StrategyKind};
use crate::scenario::must_fail::built_in;
use crate::scenario::place::KeyPath;
use crate::spelling;

pub(super) fn controls(model: &Model, findings: &mut Findings) {
    let mut known: Vec<&str> = built_in().collect();
    let own = model.strategies.iter();
    let own = own.filter(|(_, strategy)| strategy.role == Role::Control);
    known.extend(own.map(|(name, _)| name.as_str()));
    for name in &model.must_fail.0 {
        if known.contains(&name.as_str()) {
            continue;
        }
        if model.strategies.contains_key(name) {
            let message = format!("the strategy `{name}` is no control");
            let help = "write `role = \"control\"` in its table, or remove it here";
            findings.add("must_fail", message, help);
        } else {
            let message = format!("there is no control `{name}`");
            let help = spelling::did_you_mean(name, &known, "controls");
            findings.add("must_fail", message, help);
        }
    }
    for kind in StrategyKind::CHEATS {
        let name = kind.name();
        if let Some(strategy) = model.strategies.get(name)
            && strategy.kind != kind
        {
            let message = format!("`{name}` is the name of a built-in control of that kind");
            let path = KeyPath::new(["strategies", name]);
            findings.add(path, message, "choose another name");
        }
    }
}
