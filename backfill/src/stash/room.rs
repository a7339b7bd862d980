//! Limits, and how much of them is taken: of the tiers, and of the line before them.

use std::collections::BTreeMap;

use super::amount::Amount;
use super::error::Full;
use super::event::Tier;
use super::owner::Owner;

const TIERS: [Tier; 2] = [Tier::Main, Tier::Overflow];

/// How much there may be in two tiers, how much there is, and whose.
#[derive(Debug)]
pub(super) struct Room {
    limits: [Amount; 2],
    taken: [Amount; 2],
    /// The most of one owner, in both tiers together; `None` if it may be all.
    share: Option<Amount>,
    /// Nobody in it has nothing.
    owners: BTreeMap<Owner, Amount>,
}

/// Why there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoRoom {
    /// The owner has its share; others may find room.
    Share,
    /// There are as many payloads as there may be.
    Payloads,
    /// There is no tier with so many bytes left.
    Bytes,
}

impl NoRoom {
    /// What it is to a payload that is not to wait.
    pub(super) const fn of_tiers(self) -> Full {
        match self {
            Self::Share => Full::Share,
            Self::Payloads | Self::Bytes => Full::Tiers,
        }
    }

    /// What it is to a payload that was to wait.
    pub(super) const fn of_line(self) -> Full {
        match self {
            Self::Share => Full::WaitingShare,
            Self::Payloads => Full::Waiters,
            Self::Bytes => Full::WaitingBytes,
        }
    }
}

impl Room {
    pub(super) fn new(limits: [Amount; 2], owner_percent: u8) -> Self {
        let all = limits[0].plus(limits[1]);
        Self {
            limits,
            taken: [Amount::default(); 2],
            share: (owner_percent < 100).then(|| all.percent(owner_percent)),
            owners: BTreeMap::new(),
        }
    }

    /// The largest payload that fits when nothing else is there.
    pub(super) fn largest_bytes(&self) -> u64 {
        let tier = self.limits[0].bytes.max(self.limits[1].bytes);
        self.share.map_or(tier, |share| share.bytes.min(tier))
    }

    /// How much is in `tier`.
    pub(super) const fn taken(&self, tier: Tier) -> Amount {
        self.taken[tier as usize]
    }

    /// Whether anything of `owner` is in it.
    pub(super) fn has(&self, owner: &Owner) -> bool {
        self.owners.contains_key(owner)
    }

    /// The first tier with room for a payload of `owner`.
    pub(super) fn find(&self, owner: &Owner, bytes: u64) -> Result<Tier, NoRoom> {
        let one = Amount::one(bytes);
        let own = self.owners.get(owner).copied().unwrap_or_default();
        if self
            .share
            .is_some_and(|share| !own.has_room_for(one, share))
        {
            return Err(NoRoom::Share);
        }
        let fits = |&tier: &Tier| {
            self.taken(tier)
                .has_room_for(one, self.limits[tier as usize])
        };
        TIERS.into_iter().find(fits).ok_or_else(|| {
            let [main, _] = self.limits;
            if self.taken(Tier::Main).payloads >= main.payloads {
                NoRoom::Payloads
            } else {
                NoRoom::Bytes
            }
        })
    }

    /// Counts a payload for which room was found.
    pub(super) fn add(&mut self, tier: Tier, owner: &Owner, bytes: u64) {
        self.taken[tier as usize] += Amount::one(bytes);
        *self.owners.entry(owner.clone()).or_default() += Amount::one(bytes);
    }

    /// Counts a payload no more that was counted.
    pub(super) fn remove(&mut self, tier: Tier, owner: &Owner, bytes: u64) {
        self.taken[tier as usize] -= Amount::one(bytes);
        if let Some(own) = self.owners.get_mut(owner) {
            *own -= Amount::one(bytes);
            if own.payloads == 0 {
                self.owners.remove(owner);
            }
        }
    }
}
