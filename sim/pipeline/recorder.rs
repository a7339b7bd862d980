//! Notes what happens in a cell of a pipeline scenario, in the order it happens.
//!
//! It stays small however much is done: a stage leaves a moment and a number for every transaction,
//! and what processing holds is looked at once a second.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use backfill::persistence::{Event, Held, Watcher};
use backfill::time::Instant;
use serde_json::Value;

use super::outcome::{Moment, counter};
use super::stage::Stage;
use crate::operator::Answer;
use crate::outcome::Window;
use crate::processing::Disturbance;

/// Where a cell's events go; clones write to the same record.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorder {
    /// For connections, requests and the log.
    pub(super) log: crate::recorder::Recorder,
    record: Arc<Mutex<Record>>,
}

/// What was noted.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) begun: [Option<u64>; 3],
    pub(super) ended: [Option<u64>; 3],
    /// Moments and rows, stage by stage.
    pub(super) progress: [Vec<(u64, u64)>; 3],
    pub(super) moments: Vec<Moment>,
    pub(super) disturbances: Vec<Disturbance>,
    pub(super) counters: BTreeMap<&'static str, u64>,
    pub(super) sightings: Vec<Sighting>,
    /// When all stages were in the ledger, ns.
    pub(super) registered_ns: Option<u64>,
}

/// What the operator was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sighting {
    pub(super) asked_ns: u64,
    pub(super) answered_ns: u64,
    /// Whether it was that all is clear: the ledger was read, and nothing runs or waits.
    pub(super) clear: bool,
    /// Rows of each stage that were said to be done; `None` where it was not mentioned.
    pub(super) processed: [Option<u64>; 3],
}

impl Sighting {
    /// What `body` says, asked and answered then; an answer without a word on whether anything runs
    /// says nothing.
    fn of(body: &[u8], (asked, answered): (Instant, Instant)) -> Result<Self, String> {
        let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let running = body["async_migrations_running"].as_bool();
        let running = running.ok_or("the answer does not say whether anything runs")?;
        let processed = |stage: Stage| {
            let items = body["async_migrations"].as_array().into_iter().flatten();
            let mut about = items.filter(|item| item["name"] == stage.migration());
            about.find_map(|item| item["rowsProcessed"].as_u64())
        };
        Ok(Self {
            asked_ns: asked.as_nanos(),
            answered_ns: answered.as_nanos(),
            clear: !running && body.get("async_migrations_error").is_none(),
            processed: Stage::ALL.map(processed),
        })
    }
}

impl Recorder {
    /// All stages are in the ledger, and wait for their turn or run.
    pub(super) fn registered(&self, at: Instant) {
        self.lock().registered_ns.get_or_insert(at.as_nanos());
        self.log.event(at, format_args!("registered"));
    }

    /// A stage begins, or begins again.
    pub(super) fn began(&self, at: Instant, stage: Stage) {
        self.lock().begun[stage as usize].get_or_insert(at.as_nanos());
        self.log.event(at, format_args!("{} begins", stage.name()));
    }

    /// A stage is done.
    pub(super) fn ended(&self, at: Instant, stage: Stage) {
        self.lock().ended[stage as usize].get_or_insert(at.as_nanos());
        self.log.event(at, format_args!("{} ends", stage.name()));
    }

    /// A stage failed, and will be started again.
    pub(super) fn failed(&self, at: Instant, stage: Stage, error: &str) {
        self.counted(counter::RESTARTS, 1);
        self.log
            .event(at, format_args!("{} failed: {error}", stage.name()));
    }

    /// A stage has stored so many rows by now.
    pub(super) fn progress(&self, at: Instant, stage: Stage, rows: u64) {
        self.lock().progress[stage as usize].push((at.as_nanos(), rows));
        self.log
            .event(at, format_args!("{} at {rows}", stage.name()));
    }

    pub(super) fn moment(&self, moment: Moment) {
        self.lock().moments.push(moment);
    }

    pub(super) fn most_held(&self, most: Held) {
        let mut record = self.lock();
        for (name, value) in [
            (counter::OBJECTS_MOST, most.objects),
            (counter::BYTES_MOST, most.bytes),
        ] {
            let known = record.counters.entry(name).or_default();
            *known = (*known).max(value);
        }
    }

    pub(super) fn counted(&self, name: &'static str, by: u64) {
        *self.lock().counters.entry(name).or_default() += by;
    }

    pub(super) fn disturbed(&self, what: &str, window: Window) {
        self.log.event(
            Instant::from_nanos(window.end_ns),
            format_args!("{what} since {}", window.start_ns),
        );
        self.lock().disturbances.push(Disturbance {
            what: what.to_owned(),
            window,
        });
    }

    /// The operator's poll came to an end.
    pub(super) fn heard(&self, answer: &Answer) {
        let at = (answer.asked, answer.answered);
        let said = answer.body.clone().and_then(|body| Sighting::of(&body, at));
        let words = match &said {
            Ok(said) => format!("clear {} {:?}", said.clear, said.processed),
            Err(error) => error.clone(),
        };
        self.log.event(
            answer.answered,
            format_args!("poll {} {words}", answer.number),
        );
        match said {
            Ok(said) => {
                self.counted(counter::POLLS, 1);
                self.lock().sightings.push(said);
            }
            Err(_) => self.counted(counter::UNANSWERED, 1),
        }
    }

    /// Everything noted but the log; the recorder is empty afterwards.
    pub(super) fn take(&self) -> Record {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watcher for Recorder {
    fn see(&self, at: Instant, event: &Event<'_>) {
        match event {
            Event::Wrote(written) => self.progress(at, Stage::Processing, written.up_to.get()),
            Event::WriteFailed { error, .. } => {
                self.counted(counter::FAILED_WRITES, 1);
                self.log.event(at, format_args!("write failed: {error}"));
            }
            _ => {}
        }
    }
}
