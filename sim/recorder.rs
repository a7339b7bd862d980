//! Notes what happens in a cell, in the order it happens.
//!
//! The log has a line per event: moment, kind, figures. Its SHA-256 is the digest of the cell; two
//! runs that differ differ first in one of these lines.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use backfill::chunked::{Pace, Progress, Work};
use backfill::database::{Access, DatabaseError, Observer, Usage};
use backfill::time::Instant;

use crate::load::Effect;
use crate::outcome::{Chunk, Hold, Line, Request, Window};

/// Where a cell's events go; clones write to the same log.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Record>>);

/// What was noted.
#[derive(Debug, Default)]
pub struct Record {
    /// Requests that were answered, with their place in the plan.
    pub requests: Vec<(usize, Request)>,
    /// What the live path stored, in the order it was answered.
    pub effects: Vec<Effect>,
    /// Uses of a connection, in the order they ended.
    pub holds: Vec<Hold>,
    /// Announcements of the backfill.
    pub chunks: Vec<Chunk>,
    /// Rows of the largest write a pacer asked for.
    pub largest_pace: u64,
    /// Chunks that pacers asked for.
    pub paces: Vec<Paced>,
    /// When the backfill was started, and started again, ns.
    pub starts: Vec<u64>,
    /// When the backfill was told to stop, or killed, ns.
    pub cancels: Vec<u64>,
    /// When it was killed, ns.
    pub kills: Vec<u64>,
    /// When the ledger could not be read.
    pub outages: Vec<Window>,
    /// What the operator saw.
    pub sightings: Vec<Sighting>,
    /// Polls the operator sent.
    pub polls: u64,
    /// Polls that were not answered in time, or not at all.
    pub unanswered_polls: u64,
    /// Times somebody had to wait for the lock of the store in memory.
    pub cache_waits: u64,
    /// The longest of these waits, ns.
    pub cache_wait_ns_max: u64,
    /// One line an event.
    pub log: Vec<String>,
}

/// A chunk as a pacer asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paced {
    /// When.
    pub at_ns: u64,
    /// How many rows it may have.
    pub rows: u64,
    /// How long to wait before it; 0 for the first of a run, which nobody waits for.
    pub pause_ns: u64,
}

/// What the operator was told of the backfill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// When the operator asked.
    pub asked_ns: u64,
    /// When the answer was there.
    pub answered_ns: u64,
    /// Whether it was that all is clear: the ledger was read, and nothing runs.
    pub clear: bool,
    /// Rows of the backfill that were said to be done; `None` where it was not mentioned.
    pub processed: Option<u64>,
}

impl Recorder {
    /// A request was answered, or failed.
    pub fn request(&self, index: usize, request: Request, error: Option<&DatabaseError>) {
        let mut record = self.lock();
        record.note(
            request.finished_ns,
            format_args!(
                "request {index} {} intended {} acquired {} {}",
                request.kind.name(),
                request.intended_ns,
                request.acquired_ns,
                Ended(error),
            ),
        );
        record.requests.push((index, request));
    }

    /// A request of the live path was committed with this effect.
    pub fn stored(&self, effect: Effect) {
        if effect != Effect::Nothing {
            self.lock().effects.push(effect);
        }
    }

    /// The backfill announced progress.
    pub fn progress(&self, at: Instant, progress: Progress) {
        let chunk = Chunk {
            at_ns: at.as_nanos(),
            processed: progress.processed,
            total: progress.total,
        };
        let mut record = self.lock();
        record.note(
            chunk.at_ns,
            format_args!("chunk {} of {}", chunk.processed, chunk.total),
        );
        record.chunks.push(chunk);
    }

    /// A pacer asked for a step that does `work`; the `first` of its kind is not waited for.
    pub fn pace(&self, at: Instant, work: Work, pace: Pace, first: bool) {
        let mut record = self.lock();
        let rows = pace.rows.get();
        let what = match work {
            Work::Write => "write",
            Work::Read => "read",
            Work::ReadApart => "read apart",
        };
        if work == Work::Write {
            let pause_ns = u64::try_from(pace.pause.as_nanos()).unwrap_or(u64::MAX);
            record.largest_pace = record.largest_pace.max(rows);
            record.paces.push(Paced {
                at_ns: at.as_nanos(),
                rows,
                pause_ns: if first { 0 } else { pause_ns },
            });
        }
        record.note(
            at.as_nanos(),
            format_args!("pace {what} {rows} rows after {} ns", pace.pause.as_nanos()),
        );
    }

    /// The backfill starts, or starts again.
    pub fn started(&self, at: Instant) {
        let mut record = self.lock();
        record.starts.push(at.as_nanos());
        record.note(at.as_nanos(), format_args!("backfill starts"));
    }

    /// The backfill was told to stop.
    pub fn cancelled(&self, at: Instant) {
        self.lock().cancels.push(at.as_nanos());
    }

    /// The backfill was killed.
    pub fn killed(&self, at: Instant) {
        let mut record = self.lock();
        record.cancels.push(at.as_nanos());
        record.kills.push(at.as_nanos());
        record.note(at.as_nanos(), format_args!("backfill killed"));
    }

    /// The ledger could not be read.
    pub fn outage(&self, window: Window) {
        let mut record = self.lock();
        record.note(
            window.end_ns,
            format_args!("ledger lost at {} is back", window.start_ns),
        );
        record.outages.push(window);
    }

    /// The operator had an answer.
    pub fn saw(&self, sighting: Sighting) {
        self.lock().sightings.push(sighting);
    }

    /// Rows of the table that is filled, of which there were `before`, after what the live path
    /// stored.
    #[must_use]
    pub fn rows(&self, before: u64) -> u64 {
        let record = self.lock();
        let rows = record.effects.iter().fold(before, |rows, effect| {
            (rows + effect.added()).saturating_sub(effect.removed())
        });
        drop(record);
        rows
    }

    /// The operator's poll came to an end, with an answer or the reason why there is none.
    pub fn poll(&self, at: Instant, number: u64, answer: &Result<String, String>) {
        let mut record = self.lock();
        record.polls += 1;
        record.unanswered_polls += u64::from(answer.is_err());
        let (Ok(answer) | Err(answer)) = answer;
        record.note(at.as_nanos(), format_args!("poll {number} {answer}"));
    }

    /// Somebody asked for the lock of the store in memory, and got it now.
    pub fn cache_wait(&self, user: &'static str, asked_at: Instant, now: Instant) {
        let waited_ns = now.since(asked_at).as_nanos();
        let waited_ns = u64::try_from(waited_ns).unwrap_or(u64::MAX);
        if waited_ns == 0 {
            return;
        }
        let mut record = self.lock();
        record.cache_waits += 1;
        record.cache_wait_ns_max = record.cache_wait_ns_max.max(waited_ns);
        record.note(
            now.as_nanos(),
            format_args!("cache {user} waited {waited_ns} ns"),
        );
    }

    /// Something else happened.
    pub fn event(&self, at: Instant, what: fmt::Arguments<'_>) {
        self.lock().note(at.as_nanos(), what);
    }

    /// Everything noted, in order; the recorder is empty afterwards.
    #[must_use]
    pub fn take(&self) -> Record {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn note(&mut self, at_ns: u64, what: fmt::Arguments<'_>) {
        let mut line = String::new();
        write!(line, "{at_ns} {what}").expect("writing to a string does not fail");
        self.log.push(line);
    }
}

impl Observer for Recorder {
    fn observe(&self, usage: &Usage) {
        self.observe_on(Line::default(), usage);
    }
}

impl Recorder {
    /// A connection of `line` was used.
    pub fn observe_on(&self, line: Line, usage: &Usage) {
        let hold = Hold {
            user: usage.user,
            line,
            write: usage.access == Access::Write,
            queued_ns: usage.queued_at.as_nanos(),
            acquired_ns: usage.acquired_at.as_nanos(),
            released_ns: usage.released_at.as_nanos(),
            busy_retries: usage.busy_retries,
            rows_changed: usage.rows_changed,
        };
        let mut record = self.lock();
        record.note(
            hold.released_ns,
            format_args!(
                "hold {} {} queued {} acquired {} busy {} changed {}",
                hold.user,
                if hold.write { "write" } else { "read" },
                hold.queued_ns,
                hold.acquired_ns,
                hold.busy_retries,
                hold.rows_changed,
            ),
        );
        record.holds.push(hold);
    }
}

/// How a request ended, as a word or the reason.
struct Ended<'a>(Option<&'a DatabaseError>);

impl fmt::Display for Ended<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("answered"),
            Some(error) => write!(f, "failed: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_poll_is_as_unanswered_as_a_late_one() {
        let recorder = Recorder::default();
        let polls = [
            Ok("200 steady".to_owned()),
            Err("unanswered".to_owned()),
            Err("failed: connection refused".to_owned()),
        ];
        for (number, answer) in (0..).zip(&polls) {
            recorder.poll(Instant::default(), number, answer);
        }
        let record = recorder.take();
        assert_eq!((record.polls, record.unanswered_polls), (3, 2));
        assert_eq!(record.log[2], "0 poll 2 failed: connection refused");
    }
}
