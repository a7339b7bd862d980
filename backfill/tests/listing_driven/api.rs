//! A list API in memory: exact, with objects that come and go while it is asked, calls that take
//! time, and a test that decides what becomes of each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use backfill::listing::{Item, ListApi, ListError, ListParams, Page};
use backfill::{Runtime, TokioRuntime};

/// When an object was created, and its id: the order of the API, oldest first.
pub(crate) type Place = (i64, Box<str>);

/// What becomes of a call.
#[derive(Debug)]
pub(crate) enum Reply {
    Page,
    Fail(ListError),
    /// No answer, for ever.
    Hang,
    Panic,
}

/// What there is to list, and what was asked.
pub(crate) struct World {
    /// Objects there are.
    objects: BTreeSet<Place>,
    /// When each was created that ever was.
    pub(crate) ever: BTreeMap<Box<str>, i64>,
    /// Objects that were there all the time.
    pub(crate) lasting: BTreeSet<Place>,
    /// To a cursor that is gone there is nothing behind it, instead of an error.
    pub(crate) silent: bool,
    /// Objects do not say when they were created.
    pub(crate) mute: bool,
    /// Seconds outside of what is asked for that come as well.
    pub(crate) sloppy_s: i64,
    pub(crate) latencies_ms: Vec<u64>,
    pub(crate) calls: Vec<ListParams>,
    /// How often each object was on a page.
    pub(crate) delivered: BTreeMap<Box<str>, u32>,
    pub(crate) under_way: usize,
    pub(crate) most_under_way: usize,
}

/// Decides what becomes of the call of this number, counted from 0.
type Script = Box<dyn FnMut(usize, &mut World) -> Reply + Send>;

struct Shared {
    world: World,
    script: Script,
}

/// The API; clones are of the same one.
#[derive(Clone)]
pub(crate) struct Api {
    runtime: TokioRuntime,
    shared: Arc<Mutex<Shared>>,
}

impl World {
    pub(crate) fn insert(&mut self, created: i64, id: &str) {
        self.objects.insert((created, id.into()));
        self.ever.insert(id.into(), created);
    }

    pub(crate) fn delete(&mut self, id: &str) {
        let place = (self.ever[id], id.into());
        self.objects.remove(&place);
        self.lasting.remove(&place);
    }

    /// Deletes the object that the call of this number goes on after, if it does.
    pub(crate) fn delete_cursor(&mut self, call: usize) {
        if let Some(cursor) = self.calls[call].starting_after.clone() {
            self.delete(&cursor);
        }
    }

    pub(crate) fn is_there(&self, id: &str) -> bool {
        self.objects.contains(&(self.ever[id], id.into()))
    }

    /// Ids of objects that are there and newer than `id`, the next one first.
    pub(crate) fn newer_than(&self, id: &str) -> impl Iterator<Item = Box<str>> {
        let newer = self.objects.range((self.ever[id], id.into())..).skip(1);
        newer.map(|(_, id)| id.clone())
    }

    fn page(&self, params: &ListParams) -> Result<Page, ListError> {
        let lt = params.created.lt.saturating_add(self.sloppy_s);
        let gte = params.created.gte.saturating_sub(self.sloppy_s);
        let mut behind = (lt, "".into());
        if let Some(cursor) = &params.starting_after {
            let place = self.ever.get(&**cursor).map(|&at| (at, (**cursor).into()));
            match place.filter(|place| self.objects.contains(place)) {
                Some(place) => behind = behind.min(place),
                None if self.silent => return Ok(Page::default()),
                None => {
                    return Err(ListError::CursorGone {
                        cursor: cursor.to_string(),
                    });
                }
            }
        }
        let from: Place = (gte, "".into());
        let mut rest = self
            .objects
            .range(from.clone().min(behind.clone())..behind)
            .rev();
        let mut rest = rest.by_ref().take_while(|place| **place >= from);
        let items = rest
            .by_ref()
            .take(params.limit as usize)
            .map(|(created, id)| Item {
                id: id.clone(),
                created: (!self.mute).then_some(*created),
                body: format!("{{\"id\":\"{id}\"}}").into(),
            });
        Ok(Page {
            items: items.collect(),
            has_more: rest.next().is_some(),
            took: None,
        })
    }
}

impl Api {
    /// An API of these objects, which takes 400 ms a call.
    pub(crate) fn of(objects: impl IntoIterator<Item = Place>) -> Self {
        let objects: BTreeSet<Place> = objects.into_iter().collect();
        let world = World {
            ever: objects.iter().map(|(at, id)| (id.clone(), *at)).collect(),
            lasting: objects.clone(),
            objects,
            silent: false,
            mute: false,
            sloppy_s: 0,
            latencies_ms: vec![400],
            calls: Vec::new(),
            delivered: BTreeMap::new(),
            under_way: 0,
            most_under_way: 0,
        };
        let script: Script = Box::new(|_, _| Reply::Page);
        Self {
            runtime: TokioRuntime::new(),
            shared: Arc::new(Mutex::new(Shared { world, script })),
        }
    }

    /// Objects created at these seconds, numbered in the order given.
    pub(crate) fn at(seconds: impl IntoIterator<Item = i64>) -> Self {
        let numbered = seconds.into_iter().enumerate();
        Self::of(numbered.map(|(number, at)| (at, format!("o{number:06}").into())))
    }

    /// From now on, `script` decides what becomes of calls.
    pub(crate) fn answer(&self, script: impl FnMut(usize, &mut World) -> Reply + Send + 'static) {
        self.lock().script = Box::new(script);
    }

    /// From now on, every call is answered.
    pub(crate) fn answer_all(&self) {
        self.answer(|_, _| Reply::Page);
    }

    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.lock().world)
    }

    /// What was asked since this was last asked.
    pub(crate) fn take_calls(&self) -> Vec<ListParams> {
        self.with(|world| std::mem::take(&mut world.calls))
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // A script that panics does so before it has changed anything.
        self.shared
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A call under way, until it is answered or given up.
struct UnderWay<'a>(&'a Api);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.with(|world| world.under_way -= 1);
    }
}

impl ListApi for Api {
    async fn list(&self, params: ListParams) -> Result<Page, ListError> {
        let (reply, latency_ms) = {
            let shared = &mut *self.lock();
            let world = &mut shared.world;
            let number = world.calls.len();
            world.calls.push(params.clone());
            world.under_way += 1;
            world.most_under_way = world.most_under_way.max(world.under_way);
            let latency_ms = world.latencies_ms[number % world.latencies_ms.len()];
            ((shared.script)(number, world), latency_ms)
        };
        let _under_way = UnderWay(self);
        self.runtime.sleep(Duration::from_millis(latency_ms)).await;
        match reply {
            Reply::Page => self.with(|world| {
                let page = world.page(&params)?;
                for item in &page.items {
                    *world.delivered.entry(item.id.clone()).or_default() += 1;
                }
                Ok(page)
            }),
            Reply::Fail(error) => Err(error),
            Reply::Hang => std::future::pending().await,
            Reply::Panic => panic!("the API is on fire"),
        }
    }
}
