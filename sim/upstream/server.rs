//! The API: what becomes of a request.
//!
//! All is decided when a request comes, in the order in which they come; then its answer waits for
//! as long as it takes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{Response, Uri};
use axum::routing::get;
use backfill::Instant;

use super::answer::Answer;
use super::churn::Churn;
use super::faults::{Dropped, UnknownCursor};
use super::latency::Latency;
use super::limiter::Limiter;
use super::log::{Change, Log, Record, What};
use super::misfortune::{Fate, Misfortune};
use super::objects::Objects;
use super::query::Query;
use super::settings::Settings;
use super::stream::{Listing, Stream, UnknownObject};
use super::time::Time;
use super::timeline::PRESENT_S;

/// The simulated list API. Clones are of the same one.
#[derive(Clone, Debug)]
pub struct Upstream {
    settings: Arc<Settings>,
    /// The unix second at which its time begins.
    present_s: i64,
    /// What of a page's time is spent on the way there and back.
    network_ns: u64,
    state: Arc<Mutex<Inside>>,
}

/// What changes.
#[derive(Debug)]
struct Inside {
    streams: BTreeMap<Arc<str>, (Stream, Churn)>,
    limiter: Limiter,
    latency: Latency,
    misfortune: Misfortune,
    log: Log,
}

/// An answer, and when it is due.
struct Due {
    /// The request's place in the log.
    nth: usize,
    answer: Answer,
    at: Instant,
}

impl Upstream {
    /// An API with `streams`, each under its name: the last part of its address. `network_ns` is
    /// what of `settings.latency_ms` is spent on the way there and back, and not here.
    #[must_use]
    pub fn new(
        settings: &Settings,
        streams: impl IntoIterator<Item = (String, Arc<Objects>)>,
        seed: u64,
        network_ns: u64,
    ) -> Self {
        let of_stream = |(name, objects): (String, Arc<Objects>)| {
            let churn = Churn::of(&settings.faults, &name, seed);
            (Arc::from(name), (Stream::new(objects), churn))
        };
        let streams: BTreeMap<Arc<str>, _> = streams.into_iter().map(of_stream).collect();
        let ends = streams
            .values()
            .map(|(stream, _)| stream.objects().range().lt);
        Self {
            present_s: ends.max().unwrap_or(PRESENT_S),
            network_ns,
            state: Arc::new(Mutex::new(Inside {
                streams,
                limiter: Limiter::of(settings),
                latency: Latency::of(settings, seed),
                misfortune: Misfortune::of(settings.faults.clone(), seed),
                log: Log::default(),
            })),
            settings: Arc::new(settings.clone()),
        }
    }

    /// `GET /v1/{stream}`, on the clock `time`.
    pub fn router<T: Time>(&self, time: T) -> Router {
        Router::new()
            .route("/v1/{stream}", get(list::<T>))
            .fallback(unknown::<T>)
            .with_state((self.clone(), time))
    }

    /// What has happened so far.
    #[must_use]
    pub fn log(&self) -> Log {
        self.inside().log.clone()
    }

    /// Whether the object of `stream` at `position` has been deleted.
    #[must_use]
    pub fn is_deleted(&self, stream: &str, position: u32) -> bool {
        let inside = self.inside();
        let stream = inside.streams.get(stream);
        stream.is_some_and(|(stream, _)| stream.is_deleted(position))
    }

    /// Whether an object with this id has come to `stream` since the start.
    #[must_use]
    pub fn has_arrived(&self, stream: &str, id: &str) -> bool {
        let inside = self.inside();
        let stream = inside.streams.get(stream);
        stream.is_some_and(|(stream, _)| stream.has_arrived(id))
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides what becomes of a request for the stream `name` that comes at `now`.
    fn ask(&self, now: Instant, name: &str, query: &str) -> Due {
        let mut inside = self.inside();
        let fate = inside.misfortune.next(now.as_nanos());
        let page_ns = inside.latency.next_ns(fate.times);
        let mut record = Record {
            arrived_ns: now.as_nanos(),
            answered_ns: None,
            stream: Arc::from(name),
            query: None,
            status: None,
            items: 0,
            first: None,
            last: None,
            has_more: false,
        };
        let made = inside.answer(&self.settings, self.present_s, fate, (query, &mut record));
        let (mut answer, takes_time) = made;
        if fate.dropped {
            answer = Answer::lost();
        }
        record.status = answer.status.map(|status| status.as_u16());
        let nth = inside.log.records.len();
        inside.log.records.push(record);
        let here_ns = page_ns.saturating_sub(self.network_ns);
        let wait = if takes_time { here_ns } else { 0 };
        Due {
            nth,
            answer,
            at: now + Duration::from_nanos(wait),
        }
    }

    /// Notes that what was decided has happened.
    fn answered(&self, nth: usize, now: Instant) {
        self.inside().log.records[nth].answered_ns = Some(now.as_nanos());
    }

    fn respond(&self, answer: Answer, came: Instant) -> Response<Body> {
        answer.into_response((self.present_s, came.as_nanos()), self.settings.retry_after)
    }
}

impl Inside {
    /// What is said to a request, and whether that takes as long as a page. Who is sent away at the
    /// door is sent away at once.
    fn answer(
        &mut self,
        settings: &Settings,
        present_s: i64,
        fate: Fate,
        (query, record): (&str, &mut Record),
    ) -> (Answer, bool) {
        let faults = &settings.faults;
        if fate.dropped && faults.drop == Dropped::Request {
            return (Answer::lost(), false);
        }
        if fate.outage {
            return (Answer::unavailable(), false);
        }
        let refused_for_ns = match fate.refused_for_ns {
            None => self.limiter.admit(record.arrived_ns).err(),
            refused => refused,
        };
        if let Some(wait_ns) = refused_for_ns {
            return (Answer::too_many(wait_ns), false);
        }
        let name = Arc::clone(&record.stream);
        let Some((stream, churn)) = self.streams.get_mut(&name) else {
            return (Answer::unknown_address(&format!("/v1/{name}")), false);
        };
        let query = match Query::parse(query) {
            Ok(query) => record.query.insert(query),
            Err(bad) => return (Answer::bad(&bad), false),
        };
        if fate.error {
            return (Answer::failed(faults.error_status), true);
        }
        let changes = &mut self.log.changes;
        let mut note = |stream: &Stream, at_ns, position, what| {
            changes.push(Change {
                at_ns,
                stream: Arc::clone(&name),
                id: stream.id(position),
                what,
            });
        };
        churn.catch_up(stream, (present_s, record.arrived_ns), &mut note);
        let page = match (stream.list(query), faults.unknown_cursor) {
            (Ok(page), _) => page,
            (Err(UnknownObject), UnknownCursor::SilentEnd) => Listing::default(),
            (Err(UnknownObject), UnknownCursor::NotFound) => {
                let id = query.starting_after.as_deref().unwrap_or_default();
                return (Answer::unknown_object(id), false);
            }
        };
        let answer = Answer::page(stream, &name, &page);
        record.items = page.positions.len() as u32;
        record.first = page.positions.first().map(|&first| stream.id(first));
        record.last = page.positions.last().map(|&last| stream.id(last));
        record.has_more = page.has_more;
        if let Some(&last) = page.positions.last()
            && fate.cursor_deleted
            && page.has_more
        {
            stream.delete(last);
            note(stream, record.arrived_ns, last, What::Deleted);
        }
        (answer, true)
    }
}

async fn list<T: Time>(
    State((upstream, time)): State<(Upstream, T)>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Response<Body> {
    let came = time.now();
    let Due { nth, answer, at } = upstream.ask(came, &name, &query.unwrap_or_default());
    time.sleep_until(at).await;
    upstream.answered(nth, time.now());
    upstream.respond(answer, came)
}

/// No request of the API: it is neither counted nor noted.
async fn unknown<T: Time>(
    State((upstream, time)): State<(Upstream, T)>,
    uri: Uri,
) -> Response<Body> {
    upstream.respond(Answer::unknown_address(uri.path()), time.now())
}
