//! What strategies of a processing scenario take: by kind, and within which ranges.

use super::model::Model;
use super::strategy::Strategy;
use super::strategy_kind::StrategyKind;
use super::validate::MOST_OBJECTS;
use crate::scenario::validate::ranges::TEBIBYTE_MIB;
use crate::scenario::validate::settings::{self, Group, Setting, Takes};
use crate::scenario::validate::strategies::names_and_roles;
use crate::scenario::{Findings, KeyPath};

pub(super) fn strategies(model: &Model, findings: &mut Findings) {
    names_and_roles(&model.strategies, "store", findings);
    for (name, strategy) in &model.strategies {
        let whole = KeyPath::new(["strategies", name]);
        let takes = Takes {
            who: &format!("kind `{}`", strategy.kind.name()),
            needs: &[],
            may: taken(strategy.kind),
            other: "kind",
        };
        settings::check(&whole, &takes, &given(strategy), findings);
    }
}

/// What a strategy of a kind takes: a bound that it does not look at would only seem to be one.
const fn taken(kind: StrategyKind) -> Group {
    match kind {
        StrategyKind::Store => &["objects", "mib", "efficiency_percent"],
        StrategyKind::Synchronous | StrategyKind::Wipe => &["objects", "mib"],
        StrategyKind::CountOnly
        | StrategyKind::EvictBeforeCommit
        | StrategyKind::SnapshotUnbounded
        | StrategyKind::WaiterNotWoken
        | StrategyKind::QueuedTwice
        | StrategyKind::GateOpen
        | StrategyKind::CountedEarly => &["objects"],
        StrategyKind::Unbounded => &[],
    }
}

fn given(strategy: &Strategy) -> [Setting; 3] {
    let setting = |key, value: Option<u64>, most: u64, example| Setting {
        key,
        given: value.is_some(),
        wrong: value
            .filter(|value| !(1..=most).contains(value))
            .map(|value| format!("{value} is not within 1 and {most}")),
        example,
    };
    let percent = strategy.efficiency_percent.map(u64::from);
    [
        setting("objects", strategy.objects, MOST_OBJECTS, "100_000"),
        setting("mib", strategy.mib, TEBIBYTE_MIB, "256"),
        // At 100 the pile would have no end.
        setting("efficiency_percent", percent, 99, "95"),
    ]
}
