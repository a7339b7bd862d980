//! Notes what happens in a cell of a stash scenario, in the order it happens, and has the auditor
//! look at it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use backfill::stash::{Event, Gone, Id, Left, PutError, Watcher, What};
use backfill::time::Instant;

use super::oracle::Auditor;
use super::outcome::{Fate, Limits, Moment, Request, counter};
use super::plan::{MS, Plan};

/// Where a cell's events go; clones write to the same record.
#[derive(Clone, Debug)]
pub(super) struct Recorder {
    log: crate::recorder::Recorder,
    record: Arc<Mutex<Record>>,
}

/// What was noted.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) auditor: Auditor,
    /// One for each planned one, in its order.
    pub(super) requests: Vec<Request>,
    pub(super) moments: Vec<Moment>,
    pub(super) counters: BTreeMap<&'static str, u64>,
    /// What clients found wrong with what they fetched, and what the books say else.
    pub(super) wrong: Vec<Wrong>,
    /// What was fetched right.
    pub(super) fetched: u64,
    /// Whether there was room for everything at the end; what was wrong with it if not.
    pub(super) room: Option<Result<u64, String>>,
    /// Whose put is being made right now.
    putting: Option<usize>,
    puts: u64,
    stored: u64,
    /// Requests whose result was stored or given up.
    pub(super) settled: u64,
    tickets: BTreeMap<u64, usize>,
    ids: BTreeMap<Id, Kept>,
}

/// Something wrong, and which oracle is to say so.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) oracle: &'static str,
    pub(super) said: String,
}

/// Something that was stored.
#[derive(Debug)]
struct Kept {
    request: Option<usize>,
    gone: Option<Gone>,
    /// How often clients had it.
    had: u64,
}

impl Recorder {
    pub(super) fn new(limits: Limits, plan: &Plan) -> Self {
        let last_ns = plan.requests.last().map_or(0, |planned| planned.at_ns);
        let requests = plan.requests.iter().map(|planned| Request {
            name: planned.name.clone(),
            intended_ns: planned.at_ns,
            bytes: planned.bytes,
            put: None,
            settled_ns: None,
            stored: None,
            waited: false,
            passed: false,
            fate: Fate::Pending,
            finished_ns: None,
        });
        Self {
            log: crate::recorder::Recorder::default(),
            record: Arc::new(Mutex::new(Record {
                auditor: Auditor::new(limits, last_ns),
                requests: requests.collect(),
                moments: Vec::new(),
                counters: BTreeMap::new(),
                wrong: Vec::new(),
                fetched: 0,
                room: None,
                putting: None,
                puts: 0,
                stored: 0,
                settled: 0,
                tickets: BTreeMap::new(),
                ids: BTreeMap::new(),
            })),
        }
    }

    /// The result of `request` is put now: the next event of a put that begins is of it, because
    /// nothing comes between. `None` for a put that nobody planned, to see whether there is room.
    pub(super) fn putting(&self, at: Instant, request: Option<usize>) {
        let mut record = self.lock();
        record.putting = request;
        let puts = record.puts;
        record.auditor.counts = request.is_some();
        if let Some(request) = request {
            record.requests[request].put = Some((at.as_nanos(), puts));
            record.puts += 1;
        }
    }

    /// The put of `request` has returned `result`.
    pub(super) fn answered(&self, request: usize, result: Result<Id, PutError>) {
        let mut record = self.lock();
        let fate = record.requests[request].fate;
        let right = match result {
            Ok(id) => record
                .ids
                .get(&id)
                .is_some_and(|kept| kept.request == Some(request)),
            Err(PutError::Cancelled) => fate == Fate::Cancelled,
            Err(PutError::TimedOut { .. }) => fate == Fate::TimedOut,
            Err(PutError::TooLarge { .. } | PutError::Full { .. }) => fate == Fate::Refused,
        };
        if !right {
            let said = format!("put {request} returned {result:?}, and was {fate:?}");
            record.wrong.push(Wrong {
                oracle: super::oracle_names::CONSERVATION,
                said,
            });
        }
    }

    /// Work of so many ns is done once more.
    pub(super) fn worked_again(&self, work_ns: u64) {
        self.lock().count(counter::WORK_AGAIN, work_ns);
    }

    /// A client was told that there is no other way.
    pub(super) fn told_no(&self) {
        self.lock().count(counter::TOLD_NO, 1);
    }

    /// A client has what it asked for, or knows that there is nothing.
    pub(super) fn finished(&self, at: Instant, request: usize) {
        let mut record = self.lock();
        let finished = &mut record.requests[request].finished_ns;
        *finished = finished.or(Some(at.as_nanos()));
        drop(record);
        self.event(at, format_args!("client {request} is done"));
    }

    /// A client tried to fetch `id`; `own` if it is its own. `right` is whether the payload is what
    /// was put; `None` if it got none.
    pub(super) fn fetched(&self, at: Instant, id: Id, own: bool, right: Option<bool>) {
        let mut record = self.lock();
        let said = record.had(id, own, right);
        match said {
            Some(said) => record.wrong.push(Wrong {
                oracle: super::oracle_names::PAYLOADS,
                said,
            }),
            None => record.fetched += u64::from(right.is_some()),
        }
        drop(record);
        self.event(at, format_args!("fetched {id} own {own} right {right:?}"));
    }

    /// Whether there is room for everything at the end.
    pub(super) fn room(&self, at: Instant, found: Result<u64, String>) {
        self.event(at, format_args!("room {found:?}"));
        let mut record = self.lock();
        record.room = Some(found);
        record.auditor.pass_until(at.as_nanos());
    }

    pub(super) fn event(&self, at: Instant, what: fmt::Arguments<'_>) {
        self.log.event(at, what);
    }

    /// The event log.
    pub(super) fn log(&self) -> Vec<String> {
        self.log.take().log
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn count(&mut self, name: &'static str, by: u64) {
        *self.counters.entry(name).or_default() += by;
    }

    /// What is wrong with what a client had.
    fn had(&mut self, id: Id, own: bool, right: Option<bool>) -> Option<String> {
        let is_held = self.auditor.holds(id);
        let Some(kept) = self.ids.get_mut(&id) else {
            return Some(format!("{id} was never stored"));
        };
        let Some(right) = right else {
            // Somebody else's try; or one's own after all.
            let lost = own && kept.had == 0 && (is_held || kept.gone == Some(Gone::Taken));
            return lost.then(|| format!("{id} was there, and its owner did not get it"));
        };
        kept.had += 1;
        if !own {
            Some(format!("{id} was given to a stranger"))
        } else if !right {
            Some(format!("{id} is not what was put"))
        } else if kept.had > 1 {
            Some(format!("{id} was given {} times", kept.had))
        } else {
            None
        }
    }

    /// Who an event is about.
    fn subject(&mut self, event: &Event) -> Option<usize> {
        match event.what {
            What::Waiting { ticket } => {
                let request = self.putting.take()?;
                self.tickets.insert(ticket, request);
                Some(request)
            }
            What::Refused(_) | What::Stored { ticket: None, .. } => self.putting.take(),
            What::Stored {
                ticket: Some(ticket),
                ..
            }
            | What::Left { ticket, .. } => self.tickets.remove(&ticket),
            What::Gone { id, .. } => self.ids.get(&id)?.request,
        }
    }

    fn note(&mut self, at_ns: u64, event: &Event) {
        let subject = self.subject(event);
        let passed = self.auditor.see(at_ns, event);
        match event.what {
            What::Stored { id, .. } => {
                let kept = Kept {
                    request: subject,
                    gone: None,
                    had: 0,
                };
                self.ids.insert(id, kept);
            }
            What::Gone { id, why, .. } => {
                if let Some(kept) = self.ids.get_mut(&id) {
                    kept.gone = Some(why);
                }
            }
            _ => {}
        }
        let nth = self.stored;
        let Some(request) = subject.and_then(|nth| self.requests.get_mut(nth)) else {
            return;
        };
        match event.what {
            What::Waiting { .. } => {
                request.waited = true;
                return;
            }
            What::Stored { .. } => {
                request.fate = Fate::Stored;
                request.stored = Some(nth);
                request.passed = passed;
                self.stored += 1;
            }
            What::Refused(PutError::Cancelled) => request.fate = Fate::Cancelled,
            What::Refused(_) => request.fate = Fate::Refused,
            What::Left { why, .. } => {
                request.fate = match why {
                    Left::TimedOut => Fate::TimedOut,
                    Left::Cancelled | Left::Dropped => Fate::Cancelled,
                }
            }
            What::Gone { why, .. } => {
                if why == Gone::Withdrawn {
                    request.fate = Fate::Cancelled;
                }
                return;
            }
        }
        request.settled_ns = Some(at_ns);
        self.settled += 1;
    }

    /// Keeps the most of every millisecond, and its end.
    fn moment(&mut self) {
        let now = self.auditor.moment();
        let same = |moment: &Moment| moment.at_ns / MS == now.at_ns / MS;
        let weight = |moment: &Moment| (moment.held_bytes + moment.waiting_bytes, moment.waiters);
        if let [.., most, last] = self.moments.as_mut_slice()
            && same(most)
        {
            if weight(last) > weight(most) {
                *most = *last;
            }
            *last = now;
        } else {
            self.moments.push(now);
        }
    }
}

impl Watcher for Recorder {
    fn see(&self, at: Instant, event: &Event) {
        let mut record = self.lock();
        record.note(at.as_nanos(), event);
        if record.auditor.counts {
            record.moment();
        }
        drop(record);
        let (owner, bytes) = (&event.owner, event.bytes);
        self.event(at, format_args!("{owner} {bytes} B {:?}", event.what));
    }
}
