//! How a strategy holds results, and which oracle is meant to catch it where it is a cheat.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::stash::oracle_names::{BYTES, ORDER, PAYLOADS, ROOM, WAKE};

/// How results are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "StashStrategyKind")]
pub enum StrategyKind {
    /// One tier; who finds no room waits, and everybody is served in the order of arrival.
    Fifo,
    /// The same with a second tier before anybody waits.
    Overflow,
    /// One tier; nobody waits.
    Immediate,
    /// As the first stash with a line had it: newcomers are stored if they fit, whoever waits;
    /// nothing expires unless somebody puts or fetches; who leaves the line wakes nobody; as much
    /// may wait as comes; and an owner may hold everything.
    Barging,
    /// A line of its own, and newcomers pass it: a mistake that must be caught.
    NewcomerBarges,
    /// A line of its own, and who leaves it wakes nobody: a mistake that must be caught.
    SilentDeparture,
    /// A line of its own, and nothing expires by itself: a mistake that must be caught.
    NoTimer,
    /// A line of its own, and who goes away from it takes its room along: a mistake that must be
    /// caught.
    RoomLeaked,
    /// A line of its own, and what waits is not counted: a mistake that must be caught.
    WaitingUncounted,
    /// A line of its own, and what was fetched is still there: a mistake that must be caught.
    GivenTwice,
}

impl StrategyKind {
    /// Those that are here to be caught, and nothing else.
    pub const CHEATS: [Self; 6] = [
        Self::NewcomerBarges,
        Self::SilentDeparture,
        Self::NoTimer,
        Self::RoomLeaked,
        Self::WaitingUncounted,
        Self::GivenTwice,
    ];

    /// Its name in a scenario file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fifo => "fifo",
            Self::Overflow => "overflow",
            Self::Immediate => "immediate",
            Self::Barging => "barging",
            Self::NewcomerBarges => "newcomer-barges",
            Self::SilentDeparture => "silent-departure",
            Self::NoTimer => "no-timer",
            Self::RoomLeaked => "room-leaked",
            Self::WaitingUncounted => "waiting-uncounted",
            Self::GivenTwice => "given-twice",
        }
    }

    /// The oracle that has to catch it; `None` for what is not known to be wrong.
    #[must_use]
    pub const fn meant_oracle(self) -> Option<&'static str> {
        match self {
            Self::Fifo | Self::Overflow | Self::Immediate | Self::Barging => None,
            Self::NewcomerBarges => Some(ORDER),
            Self::SilentDeparture | Self::NoTimer => Some(WAKE),
            Self::RoomLeaked => Some(ROOM),
            Self::WaitingUncounted => Some(BYTES),
            Self::GivenTwice => Some(PAYLOADS),
        }
    }

    /// Whether it promises an order, a bound of what waits, and to serve whoever fits at once.
    #[must_use]
    pub const fn promises(self) -> bool {
        !matches!(self, Self::Barging)
    }

    /// Whether it is the code under test, which gives owners a share.
    #[must_use]
    pub const fn is_real(self) -> bool {
        matches!(self, Self::Fifo | Self::Overflow | Self::Immediate)
    }
}
