//! What tells plain stashes apart, and what is wrong with them.

use crate::stash::scenario::StrategyKind;

/// What tells plain stashes apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Habits {
    /// Newcomers are stored if they fit, whoever waits.
    pub(super) newcomers_barge: bool,
    /// Whoever leaves the line has it looked at.
    pub(super) departures_wake: bool,
    /// What expires goes by itself, and is looked for before anybody gives up.
    pub(super) expires_by_itself: bool,
    /// What waits is counted and bounded.
    pub(super) counts_waiting: bool,
    /// Whoever goes away from the line takes its room along.
    pub(super) leaks_room: bool,
    /// What was fetched is still there.
    pub(super) gives_twice: bool,
}

/// Nothing is wrong with them.
const RIGHT: Habits = Habits {
    newcomers_barge: false,
    departures_wake: true,
    expires_by_itself: true,
    counts_waiting: true,
    leaks_room: false,
    gives_twice: false,
};

impl Habits {
    /// Those of a kind; `None` for the code under test.
    pub(super) const fn of(kind: StrategyKind) -> Option<Self> {
        Some(match kind {
            StrategyKind::Fifo | StrategyKind::Overflow | StrategyKind::Immediate => return None,
            StrategyKind::Barging => Self {
                newcomers_barge: true,
                departures_wake: false,
                expires_by_itself: false,
                counts_waiting: false,
                ..RIGHT
            },
            StrategyKind::NewcomerBarges => Self {
                newcomers_barge: true,
                ..RIGHT
            },
            StrategyKind::SilentDeparture => Self {
                departures_wake: false,
                ..RIGHT
            },
            StrategyKind::NoTimer => Self {
                expires_by_itself: false,
                ..RIGHT
            },
            StrategyKind::RoomLeaked => Self {
                leaks_room: true,
                ..RIGHT
            },
            StrategyKind::WaitingUncounted => Self {
                counts_waiting: false,
                ..RIGHT
            },
            StrategyKind::GivenTwice => Self {
                gives_twice: true,
                ..RIGHT
            },
        })
    }
}
