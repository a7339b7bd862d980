//! Rows that were filled between two live writes which both touch them.
//!
//! First the run is told again as its announcements have it: so many rows in the order of keys, the
//! live writes until the next chunk, and so on. That takes as long as one UPDATE and the live
//! writes. The announcements are not believed: a row that is as the tale has it is right, whoever
//! told it, because some order of events leaves it; and one that is not is no worse for it.
//!
//! A row that the tale does not explain is tried with every moment that matters: those of live
//! writes before which the UPDATE of that row leaves something else than behind them. One pass over
//! the live writes finds the moments of many rows, and one more pass tries a moment of each.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::file::Opened;
use super::live::{Write, unix_ms};
use super::reference::{Stretch, in_savepoint};
use super::rows::{Found, Reader, alike};
use super::workload::Own;
use crate::oracle::Evidence;
use crate::outcome::{BACKFILL, Ending};

/// A row that neither the UPDATE before all live writes nor the one behind them explains.
#[derive(Debug)]
pub(super) struct Suspect {
    pub(super) key: Vec<Value>,
    pub(super) found: Found,
    /// What the UPDATE leaves if it comes first.
    pub(super) expected: Found,
}

/// Rows filled at one moment, as was announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fill {
    at_ns: u64,
    /// So many of them, or all.
    rows: Option<u64>,
}

/// The live writes of a run, and what may have happened between them.
pub(super) struct Between<'a> {
    own: &'a Own,
    writes: &'a [Write],
    /// Of the UPDATE.
    stretch: &'a Stretch,
    fills: Vec<Fill>,
    /// What the run leaves if it was as announced; made when first asked for.
    told: OnceCell<Opened>,
}

impl<'a> Between<'a> {
    pub(super) fn new(
        own: &'a Own,
        evidence: &Evidence<'_>,
        writes: &'a [Write],
        stretch: &'a Stretch,
    ) -> Self {
        Self {
            own,
            writes,
            stretch,
            fills: fills(evidence),
            told: OnceCell::new(),
        }
    }

    /// The first of `suspects`, rows of the job's table or of another one, that no order of events
    /// explains.
    pub(super) fn unexplained(
        &self,
        reader: &Reader,
        suspects: Vec<Suspect>,
        (masked, of_job): (&BTreeSet<usize>, bool),
    ) -> rusqlite::Result<Option<Suspect>> {
        if suspects.is_empty() || self.writes.is_empty() {
            return Ok(suspects.into_iter().next());
        }
        let mut left = unlike(&self.told()?.connection, reader, suspects, masked)?;
        if !of_job {
            return Ok(left.into_iter().next());
        }
        // One that is wrong is enough, so few are tried at first.
        let mut many = 1;
        while !left.is_empty() {
            let rest = left.split_off(left.len().min(many));
            if let Some(wrong) = self.tried(reader, left, masked)? {
                return Ok(Some(wrong));
            }
            left = rest;
            many *= 2;
        }
        Ok(None)
    }

    /// The database in which the run was told again.
    fn told(&self) -> rusqlite::Result<&Opened> {
        if let Some(told) = self.told.get() {
            return Ok(told);
        }
        let told = self.tell()?;
        Ok(self.told.get_or_init(|| told))
    }

    fn tell(&self) -> rusqlite::Result<Opened> {
        let references = &self.own.references;
        let told = references.plain()?;
        let (mut ahead, mut made) = (self.stretch.clone(), 0);
        for fill in &self.fills {
            let before = self.before(fill.at_ns).max(made);
            self.own.replay(&told, &self.writes[made..before]);
            made = before;
            let nth = match fill.rows {
                Some(rows) => references.nth_key(&told, &ahead, rows)?,
                None => None,
            };
            let chunk = Stretch {
                after: ahead.after.clone(),
                upto: nth.clone().or_else(|| ahead.upto.clone()),
            };
            references.update(&told, &chunk, unix_ms(fill.at_ns))?;
            match nth {
                Some(key) => ahead.after = Some(key),
                None => break,
            }
        }
        self.own.replay(&told, &self.writes[made..]);
        Ok(told)
    }

    /// How many live writes came before a chunk that was announced at `at_ns`. While it had
    /// SQLite's lock nobody wrote; at the very moment of its end, they came later.
    fn before(&self, at_ns: u64) -> usize {
        self.writes.partition_point(|write| write.at_ns < at_ns)
    }

    /// The first of `suspects` that is wrong whenever it was filled.
    fn tried(
        &self,
        reader: &Reader,
        mut suspects: Vec<Suspect>,
        masked: &BTreeSet<usize>,
    ) -> rusqlite::Result<Option<Suspect>> {
        let mut moments = self.moments(reader, &suspects)?;
        let references = &self.own.references;
        let again = references.plain()?;
        while !suspects.is_empty() {
            let next: Vec<Option<usize>> = moments.iter_mut().map(Vec::pop).collect();
            if let Some(nth) = next.iter().position(Option::is_none) {
                return Ok(Some(suspects.swap_remove(nth)));
            }
            let right = in_savepoint(&again.connection, || {
                self.replay_filling(&again, reader, &suspects, &next)?;
                let right = suspects.iter().map(|suspect| {
                    let row = reader.find(&again.connection, &suspect.key)?;
                    Ok(alike(&suspect.found, &row, masked))
                });
                right.collect::<rusqlite::Result<Vec<bool>>>()
            })?;
            let mut wrong = right.iter().map(|right| !right);
            suspects.retain(|_| wrong.next().unwrap_or(true));
            let mut wrong = right.iter().map(|right| !right);
            moments.retain(|_| wrong.next().unwrap_or(true));
        }
        Ok(None)
    }

    /// Makes all live writes in `again`, and just before the one of each suspect's moment fills it.
    fn replay_filling(
        &self,
        again: &Opened,
        reader: &Reader,
        suspects: &[Suspect],
        moments: &[Option<usize>],
    ) -> rusqlite::Result<()> {
        let at = moments.iter().flatten().copied().zip(suspects);
        let mut at: Vec<(usize, &Suspect)> = at.collect();
        at.sort_by_key(|(moment, _)| *moment);
        let mut made = 0;
        for (moment, suspect) in at {
            self.own.replay(again, &self.writes[made..moment]);
            made = moment;
            self.fill(again, reader, suspect)?;
        }
        self.own.replay(again, &self.writes[made..]);
        Ok(())
    }

    /// For each suspect the live writes before which filling it leaves another row than behind
    /// them, in time.
    fn moments(&self, reader: &Reader, suspects: &[Suspect]) -> rusqlite::Result<Vec<Vec<usize>>> {
        let plain = self.own.references.plain()?;
        let mut moments = vec![Vec::new(); suspects.len()];
        let fill = || -> rusqlite::Result<()> {
            suspects
                .iter()
                .try_for_each(|suspect| self.fill(&plain, reader, suspect))
        };
        let rows = || -> rusqlite::Result<Vec<Found>> {
            let keys = suspects.iter().map(|suspect| &suspect.key);
            keys.map(|key| reader.find(&plain.connection, key))
                .collect()
        };
        for (nth, write) in self.writes.iter().enumerate() {
            let one = std::slice::from_ref(write);
            let filled_before = in_savepoint(&plain.connection, || {
                fill()?;
                self.own.replay(&plain, one);
                rows()
            })?;
            self.own.replay(&plain, one);
            let filled_after = in_savepoint(&plain.connection, || {
                fill()?;
                rows()
            })?;
            let pairs = filled_before.iter().zip(&filled_after);
            for (moments, (before, after)) in moments.iter_mut().zip(pairs) {
                if before != after {
                    moments.push(nth);
                }
            }
        }
        Ok(moments)
    }

    fn fill(&self, opened: &Opened, reader: &Reader, suspect: &Suspect) -> rusqlite::Result<()> {
        let row = (reader, suspect.key.as_slice());
        self.own.references.update_row(opened, row, self.stretch)
    }
}

/// Those of `suspects` that `reference` has otherwise.
pub(super) fn unlike(
    reference: &Connection,
    reader: &Reader,
    suspects: Vec<Suspect>,
    masked: &BTreeSet<usize>,
) -> rusqlite::Result<Vec<Suspect>> {
    let mut left = Vec::new();
    for suspect in suspects {
        if !alike(
            &suspect.found,
            &reader.find(reference, &suspect.key)?,
            masked,
        ) {
            left.push(suspect);
        }
    }
    Ok(left)
}

/// What was filled when, as announced; without an announcement all at once, when the largest write
/// of the backfill had its connection back.
fn fills(evidence: &Evidence<'_>) -> Vec<Fill> {
    let mut fills: Vec<Fill> = Vec::new();
    let mut processed = evidence.rows_done;
    for chunk in &evidence.record.chunks {
        let rows = chunk.processed.saturating_sub(processed);
        processed = processed.max(chunk.processed);
        match fills.last_mut() {
            _ if rows == 0 => {}
            Some(last) if last.at_ns == chunk.at_ns => {
                last.rows = last.rows.map(|before| before + rows);
            }
            _ => fills.push(Fill {
                at_ns: chunk.at_ns,
                rows: Some(rows),
            }),
        }
    }
    if *evidence.ending != Ending::Done {
        return fills;
    }
    // Whoever says that all is done, and announced fewer rows, may not have left the rest undone.
    if let Some(last) = fills.last_mut() {
        last.rows = None;
        return fills;
    }
    let holds = evidence.record.holds.iter();
    let of_backfill = holds.filter(|hold| hold.write && hold.user == BACKFILL);
    let largest = of_backfill.max_by_key(|hold| hold.rows_changed);
    fills.push(Fill {
        at_ns: largest.map_or(u64::MAX, |hold| hold.released_ns),
        rows: None,
    });
    fills
}
