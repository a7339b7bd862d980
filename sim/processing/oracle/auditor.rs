//! After every write, whether the database is what it was after some batch.
//!
//! It looks on a connection of its own, at no modelled time, whenever the writer has written: what
//! a crash at that moment would leave. What it must be then is known from a replay up to the
//! checkpoint that the ledger names. Looked at are the rows that the items since the last look have
//! changed, the rows that the next ones will, and the last move; the whole tables are compared at
//! the end.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use backfill::ledger;
use backfill::persistence::Row;
use backfill::time::Instant;
use rusqlite::Connection;

use super::rows::account;
use super::verdict;
use crate::machine::Machine;
use crate::outcome::Oracle;
use crate::processing::facts::Facts;
use crate::processing::items::Items;
use crate::processing::keeper::NAME;
use crate::processing::oracle_names::PREFIX;
use crate::processing::replay::Replay;
use crate::processing::scenario::Model;

/// Items after the last written one whose accounts are looked at: none of them may be written.
const AHEAD: u64 = 500;

/// Looks after every write; clones share what was found.
#[derive(Clone)]
pub(in crate::processing) struct Auditor(Arc<Mutex<Audit>>);

struct Audit {
    connection: Connection,
    machine: Arc<Machine>,
    model: Model,
    items: Arc<Items>,
    facts: Facts,
    replay: Option<Replay>,
    looks: u64,
    rows: u64,
    violation: Option<String>,
}

impl Auditor {
    pub(in crate::processing) fn new(
        connection: Connection,
        machine: Arc<Machine>,
        model: Model,
        items: Arc<Items>,
        facts: Facts,
    ) -> Self {
        Self(Arc::new(Mutex::new(Audit {
            connection,
            machine,
            model,
            items,
            facts,
            replay: None,
            looks: 0,
            rows: 0,
            violation: None,
        })))
    }

    /// Looks now.
    pub(in crate::processing) fn look(&self, at: Instant) {
        let mut audit = self.lock();
        if audit.violation.is_some() {
            return;
        }
        let machine = Arc::clone(&audit.machine);
        let unix_ms = machine.unix_ms(at);
        // Nobody is charged for it.
        let (looked, _) = machine.volume().step(unix_ms, || audit.look());
        let wrong = match looked {
            Ok(wrong) => wrong,
            Err(error) => Some(format!("the database could not be looked at: {error}")),
        };
        audit.violation = wrong.map(|wrong| format!("after {} looks: {wrong}", audit.looks));
    }

    /// What was found.
    pub(super) fn verdict(&self) -> Oracle {
        let audit = self.lock();
        let detail = audit.violation.clone().unwrap_or_else(|| {
            format!(
                "after each of {} writes the database was what it was after a batch; {} rows were \
                 looked at",
                audit.looks, audit.rows
            )
        });
        verdict(PREFIX, audit.violation.is_none(), detail)
    }

    fn lock(&self) -> MutexGuard<'_, Audit> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Audit {
    /// What is wrong with the database.
    fn look(&mut self) -> rusqlite::Result<Option<String>> {
        let entry = ledger::entry_at::<serde_json::Value>(&self.connection, NAME)?;
        let cursor = entry.and_then(|entry| entry.cursor);
        let Some(committed) = cursor.and_then(|cursor| cursor["committed"].as_u64()) else {
            return Ok(None);
        };
        self.looks += 1;
        let roll_backs = {
            let fact = self.facts.lock();
            // Until it has gone back, the database has what did not count after all.
            let not_yet = fact.going_back_to.is_some_and(|target| committed > target);
            fact.roll_backs - usize::from(not_yet)
        };
        let mut replay = match self.replay.take() {
            Some(replay) if replay.up_to <= committed => replay,
            _ => Replay::of(&self.model, &self.items, 0, 0),
        };
        let mut changed = BTreeSet::new();
        for number in replay.up_to + 1..=committed {
            let item = self.items.item(number, roll_backs);
            changed.extend(item.accounts.iter().copied());
            replay.fold(&self.items, &item);
        }
        let ahead = (committed + AHEAD).min(self.items.count());
        for number in committed + 1..=ahead {
            changed.extend(self.items.item(number, roll_backs).accounts);
        }
        self.rows += changed.len() as u64;
        let wrong = self.compare(&replay, &changed)?;
        self.replay = Some(replay);
        Ok(wrong)
    }

    fn compare(
        &self,
        replay: &Replay,
        accounts: &BTreeSet<i64>,
    ) -> rusqlite::Result<Option<String>> {
        let sql = "SELECT coalesce(max(id), 0) FROM moves";
        let last: i64 = self.connection.query_row(sql, [], |row| row.get(0))?;
        let committed = replay.up_to;
        if last != committed.cast_signed() {
            return Ok(Some(format!(
                "the ledger says item {committed}, and the last move is {last}"
            )));
        }
        for &id in accounts {
            let stored: Option<Row> = account(&self.connection, id)?;
            let expected = replay.accounts.get(&id);
            if stored.as_ref() != expected {
                return Ok(Some(format!(
                    "the ledger says item {committed}, and account {id} is {stored:?}, not \
                     {expected:?}"
                )));
            }
        }
        Ok(None)
    }
}
