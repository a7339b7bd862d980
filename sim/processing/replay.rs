//! What the tables must be: the items folded one after the other, in memory, without any of what is
//! tried.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use backfill::persistence::Row;

use super::items::{Item, Items, Poison, output};
use super::scenario::Model;
use super::tables;

/// The tables after some item.
#[derive(Clone, Debug, Default)]
pub(super) struct Replay {
    /// The last item.
    pub(super) up_to: u64,
    pub(super) accounts: BTreeMap<i64, Row>,
    /// Accounts whose row its table refuses.
    pub(super) refused: BTreeSet<i64>,
    /// What was asked, and by which item first.
    pub(super) asked: BTreeMap<Arc<str>, u64>,
    /// How far each source is.
    pub(super) positions: BTreeMap<u64, u64>,
}

/// What an item does to a row of an account: what it is after it, if it is there.
pub(super) type Change = (i64, Option<Row>);

impl Replay {
    /// The tables before the first item, with so many accounts opened.
    fn opened(accounts: impl Iterator<Item = (i64, Row)>) -> Self {
        Self {
            accounts: accounts.collect(),
            ..Self::default()
        }
    }

    /// The tables after the items up to `up_to`, when items turned out so often not to count.
    pub(super) fn of(model: &Model, items: &Items, up_to: u64, roll_backs: usize) -> Self {
        let mut replay = Self::opened(tables::opened(model));
        for number in 1..=up_to {
            replay.fold(items, &items.item(number, roll_backs));
        }
        replay
    }

    /// One more item; what it changed, a row's NULs left out, refused rows as well.
    pub(super) fn fold(&mut self, items: &Items, item: &Item) -> Vec<Change> {
        let price: Option<Arc<str>> = item.asks.as_ref().map(|input| output(input).into());
        let mut changes = Vec::new();
        for (place, account) in item.accounts.iter().enumerate() {
            let row = items.account(item, place, self.accounts.get(account), price.as_ref());
            match item.poison {
                Some(Poison::Refused) => {
                    self.refused.insert(*account);
                    continue;
                }
                Some(Poison::Nul) => changes.push((*account, Some(without_nul(&row)))),
                None => changes.push((*account, Some(row))),
            }
        }
        if item.closes
            && let Some(first) = changes.first_mut()
        {
            first.1 = None;
        }
        for (account, row) in &changes {
            match row {
                Some(row) => drop(self.accounts.insert(*account, row.clone())),
                None => drop(self.accounts.remove(account)),
            }
        }
        if let Some(input) = &item.asks {
            self.asked.entry(Arc::clone(input)).or_insert(item.number);
        }
        self.positions.insert(item.source, item.position);
        self.up_to = item.number;
        changes
    }
}

fn without_nul(row: &Row) -> Row {
    use rusqlite::types::Value;
    Row::new(row.values().iter().map(|value| match value {
        Value::Text(text) => Value::Text(text.chars().filter(|one| *one != '\0').collect()),
        other => other.clone(),
    }))
}
