//! Notes what happens in a cell of a listing scenario, in the order it happens.
//!
//! Requests are noted where they leave the client, below whatever limits and repeats them: what is
//! counted is what the API is asked, by whomever. Connections and reads are noted by the recorder
//! that worlds of both kinds have, and all lines go to its log.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use backfill::listing::{Item, ListError, ListParams, Page, Stored};
use backfill::time::Instant;

use super::outcome::{Call, CallKind, Disturbance, Forecast, Store};
use super::stream::Stream;
use crate::outcome::Window;

/// Where a cell's events go; clones write to the same record.
#[derive(Clone, Debug)]
pub(super) struct Recorder {
    /// For connections, reads and the log.
    pub(super) log: crate::recorder::Recorder,
    streams: Arc<[Stream]>,
    record: Arc<Mutex<Record>>,
}

/// What was noted.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) calls: Vec<Call>,
    pub(super) stores: Vec<Store>,
    pub(super) forecasts: Vec<Forecast>,
    pub(super) disturbances: Vec<Disturbance>,
    /// Objects brought more than once.
    pub(super) brought_again: u64,
    brought: Vec<Brought>,
    run: u32,
}

/// Which objects of a stream were brought.
#[derive(Debug, Default)]
struct Brought {
    /// A bit for each position.
    known: Vec<u64>,
    /// Ids that no object had at the start.
    others: BTreeSet<Box<str>>,
}

impl Brought {
    /// Marks `item` as brought; whether it had not been.
    fn mark(&mut self, stream: &Stream, item: &Item) -> bool {
        let Some(position) = stream.objects.position_of(&item.id) else {
            return self.others.insert(item.id.clone());
        };
        let (word, bit) = (position as usize / 64, 1_u64 << (position % 64));
        if self.known.len() <= word {
            self.known.resize(word + 1, 0);
        }
        let new = self.known[word] & bit == 0;
        self.known[word] |= bit;
        new
    }
}

impl Recorder {
    pub(super) fn new(log: crate::recorder::Recorder, streams: Arc<[Stream]>) -> Self {
        let brought = streams.iter().map(|_| Brought::default()).collect();
        let record = Record {
            brought,
            ..Record::default()
        };
        Self {
            log,
            streams,
            record: Arc::new(Mutex::new(record)),
        }
    }

    /// The backfill starts, or starts again.
    pub(super) fn started(&self, at: Instant) {
        self.lock().run += 1;
        self.log.started(at);
    }

    /// A request is sent; its number.
    pub(super) fn sent(&self, at: Instant, params: &ListParams) -> usize {
        let stream = self
            .streams
            .iter()
            .position(|one| *one.name == *params.resource);
        let mut record = self.lock();
        let call = Call {
            run: record.run,
            stream: stream.map_or(u32::MAX, |stream| stream as u32),
            sent_ns: at.as_nanos(),
            answered_ns: at.as_nanos(),
            range: params.created,
            continued: params.starting_after.is_some(),
            items: 0,
            new_items: 0,
            kind: CallKind::Abandoned,
        };
        record.calls.push(call);
        record.calls.len() - 1
    }

    /// What came of the request with this number.
    pub(super) fn answered(
        &self,
        at: Instant,
        number: usize,
        params: &ListParams,
        result: &Result<Page, ListError>,
    ) {
        let mut record = self.lock();
        let stream = record.calls[number].stream as usize;
        let (mut items, mut new_items) = (0, 0);
        if let (Ok(page), Some(described)) = (result, self.streams.get(stream)) {
            items = page.items.len() as u32;
            let brought = &mut record.brought[stream];
            let new = |item: &&Item| brought.mark(described, item);
            new_items = page.items.iter().filter(new).count() as u32;
            record.brought_again += u64::from(items - new_items);
        }
        let kind = match result {
            Ok(_) if new_items > 0 => CallKind::New,
            Ok(_) if items > 0 => CallKind::Refetched,
            Ok(_) => CallKind::Empty,
            Err(ListError::RateLimited { .. }) => CallKind::Limited,
            Err(_) => CallKind::Failed,
        };
        let call = &mut record.calls[number];
        call.answered_ns = at.as_nanos();
        (call.items, call.new_items, call.kind) = (items, new_items, kind);
        drop(record);
        let after = params.starting_after.as_deref().unwrap_or("the start");
        let said = match result {
            Ok(page) => format!("{items} items, {new_items} new, more {}", page.has_more),
            Err(error) => error.to_string(),
        };
        let (resource, range) = (&params.resource, params.created);
        self.log.event(
            at,
            format_args!(
                "call {number} {resource} {}..{} after {after}: {said}",
                range.gte, range.lt
            ),
        );
    }

    /// Nobody waits for an answer any more.
    pub(super) fn abandoned(&self, at: Instant) {
        for call in self.lock().calls.iter_mut().rev() {
            if call.kind == CallKind::Abandoned && call.answered_ns == call.sent_ns {
                call.answered_ns = at.as_nanos().max(call.sent_ns + 1);
            }
        }
    }

    /// A transaction of the sink was stored.
    pub(super) fn stored(&self, stream: usize, stored: &Stored) {
        self.lock().stores.push(Store {
            at_ns: stored.at.as_nanos(),
            stream: stream as u32,
            pages: stored.pages,
            items: stored.items,
            state_bytes: stored.state_bytes,
            held_pages: stored.held_pages,
            held_bytes: stored.held_bytes,
        });
    }

    /// Something was expected.
    pub(super) fn expected(&self, forecast: Forecast) {
        self.lock().forecasts.push(forecast);
    }

    /// Something was done to the cell.
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

    /// Everything noted; the recorder is empty afterwards.
    pub(super) fn take(&self) -> Record {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
