//! What is processed: items, made from their number and the seed, in no memory at all.
//!
//! An item moves an amount from one account to others, asks for a price now and then, and closes an
//! account now and then. When processing goes back, as many other items come in place of those that
//! did not count after all.

use std::sync::Arc;

use backfill::persistence::Row;
use rusqlite::types::Value;

use super::popularity::Popularity;
use super::scenario::Model;
use crate::seed::{Purpose, below, mix, stream, unit};
use rand::Rng as _;

/// A row of an account has no greater balance: the table refuses it.
pub(super) const BALANCE_MOST: i64 = 1_000_000_000_000;

/// The items of a cell.
#[derive(Debug)]
pub(crate) struct Items {
    model: Model,
    key: u64,
    accounts: Popularity,
    inputs: Popularity,
}

/// One item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// Its number, from 1: its checkpoint.
    pub(super) number: u64,
    /// Which source it comes from, from 0.
    pub(super) source: u64,
    /// How far that source is with it.
    pub(super) position: u64,
    /// Accounts it changes, the first of which pays; each once.
    pub(super) accounts: Vec<i64>,
    pub(super) amount: i64,
    /// What it asks the effect.
    pub(super) asks: Option<Arc<str>>,
    /// Whether it closes the account that pays.
    pub(super) closes: bool,
    pub(super) poison: Option<Poison>,
}

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Poison {
    /// A NUL in a text.
    Nul,
    /// Nothing that could be repaired.
    Refused,
}

impl Items {
    pub(super) fn new(model: &Model, seed: u64) -> Self {
        Self {
            key: stream(seed, Purpose::Data, "items").next_u64(),
            accounts: Popularity::new(model.items.accounts, model.items.skew),
            inputs: Popularity::new(model.effect.inputs, model.items.skew),
            model: model.clone(),
        }
    }

    pub(super) const fn count(&self) -> u64 {
        self.model.items.count
    }

    /// From the item after this one on a history is kept; `None` if never.
    pub(super) fn history_from(&self) -> Option<u64> {
        let items = &self.model.items;
        let from = libm::floor(items.history_from * items.count as f64) as u64;
        (from < items.count).then_some(from)
    }

    /// The item `number`, after processing has gone back so many times.
    pub(super) fn item(&self, number: u64, roll_backs: usize) -> Item {
        let items = &self.model.items;
        let gone = self.model.roll_back.iter().take(roll_backs);
        let fork = gone.filter(|one| one.to_item < number).count() as u64;
        let draw = |nth: u64| mix(mix(mix(self.key ^ number).wrapping_add(fork)).wrapping_add(nth));
        let poison = self.poison(number);
        let mut accounts = Vec::new();
        if poison.is_some() {
            // An account nobody else has anything to do with: what comes after does not depend on
            // when its row was refused.
            accounts.push((items.accounts + number).cast_signed());
        }
        for nth in 0..u64::from(items.touches) {
            let account = 1 + self.accounts.pick(draw(10 + nth)).cast_signed();
            if poison.is_none() && !accounts.contains(&account) {
                accounts.push(account);
            }
        }
        let asks = unit(draw(0)) < self.model.effect.share;
        let input = || format!("input-{}", self.inputs.pick(draw(1))).into();
        let sources = u64::from(items.sources.max(1));
        Item {
            number,
            source: number % sources,
            position: number / sources + fork,
            accounts,
            amount: 1 + below(draw(2), 1_000).cast_signed(),
            asks: asks.then(input),
            closes: poison.is_none() && unit(draw(3)) < items.closes_share,
            poison,
        }
    }

    /// Which items are poisoned: so many of each kind, evenly spread.
    fn poison(&self, number: u64) -> Option<Poison> {
        let poison = self.model.poison.as_ref()?;
        let count = self.model.items.count;
        let nth_of = |many: u64, shift: u64| {
            let shifted = number - 1 + shift;
            many > 0 && (shifted + 1) * many / count > shifted * many / count
        };
        if nth_of(poison.with_nul, 0) {
            return Some(Poison::Nul);
        }
        // Shifted, so that the two do not fall on the same items.
        nth_of(poison.refused, 3).then_some(Poison::Refused)
    }

    /// The row that `item` makes of `before`, the row of the account at `place` in the item.
    pub(super) fn account(
        &self,
        item: &Item,
        place: usize,
        before: Option<&Row>,
        price: Option<&Arc<str>>,
    ) -> Row {
        let integer = |column: usize| match before.map(|row| &row.values()[column]) {
            Some(Value::Integer(number)) => *number,
            _ => 0,
        };
        let (balance, moves) = (integer(0), integer(1));
        let sign = if place == 0 { -1 } else { 1 };
        let balance = match item.poison {
            Some(Poison::Refused) => BALANCE_MOST,
            _ => balance + sign * item.amount,
        };
        let price = match (price, before.map(|row| &row.values()[2])) {
            (Some(price), _) => Value::Text(price.to_string()),
            (None, Some(known)) => known.clone(),
            (None, None) => Value::Null,
        };
        Row::new([
            Value::Integer(balance),
            Value::Integer(moves + 1),
            price,
            Value::Text(self.note(item)),
        ])
    }

    /// The row of the move that `item` adds.
    pub(super) fn moved(item: &Item) -> Row {
        Row::new([
            Value::Integer(item.accounts[0]),
            Value::Integer(item.amount),
        ])
    }

    fn note(&self, item: &Item) -> String {
        let length = self.model.items.note_bytes as usize;
        let mut note = format!("{:016x}", mix(item.number));
        note = note.repeat(length / note.len() + 1);
        note.truncate(length);
        if item.poison == Some(Poison::Nul) {
            note.insert(length / 2, '\0');
        }
        note
    }
}

/// What the effect answers.
pub(super) fn output(input: &str) -> String {
    let sum = input
        .bytes()
        .fold(0, |sum, byte| mix(sum ^ u64::from(byte)));
    format!("{sum:016x}")
}
