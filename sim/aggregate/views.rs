//! What is counted: views made from their number and the seed, and those that are added live.
//!
//! What the counts must come to is found out here, from the same numbers, without any SQL.

use std::collections::BTreeSet;
use std::time::Duration;

use rand::Rng as _;

use super::scenario::{Model, Workload};
use crate::load::{Plan, arrivals};
use crate::outcome::{Asked, RequestKind};
use crate::processing::Popularity;
use crate::seed::{Purpose, below, mix, stream, unit};
use crate::upstream::PRESENT_S;

/// Stored views are spread over so many days before the run.
const DAYS_MS: i64 = 60 * 86_400_000;
/// How uneven pages are viewed.
const PATH_SKEW: f64 = 1.0;
/// Multiplier that scatters views that are added between others: a prime above every count.
const SCATTER: u64 = 2_654_435_761;

/// A view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct View {
    /// Its key: odd where it was stored before the run.
    pub(super) id: i64,
    pub(super) path: u64,
    pub(super) session: u64,
    pub(super) timestamp_ms: i64,
    /// Whether its session is no text.
    pub(super) poisoned: bool,
}

/// The views of a workload and a seed.
#[derive(Debug)]
pub(super) struct Views {
    key: u64,
    pub(super) workload: Workload,
    paths: u64,
    poison: u64,
    popular_paths: Popularity,
    active_sessions: Option<Popularity>,
}

/// What the counts must come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    /// All views that fit.
    pub(super) views: u64,
    /// By the number of the page.
    pub(super) by_path: Vec<u64>,
    sessions: BTreeSet<u64>,
}

/// A view that is added, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Added {
    pub(super) at_ns: u64,
    pub(super) view: View,
}

impl Views {
    pub(super) fn new(model: &Model, workload: Workload, seed: u64) -> Self {
        let drawn = workload.apart == 0 && workload.skew > 0.0;
        Self {
            key: stream(seed, Purpose::Data, "views").next_u64(),
            paths: model.views.paths,
            poison: model.views.poison,
            popular_paths: Popularity::new(model.views.paths, PATH_SKEW),
            active_sessions: drawn.then(|| Popularity::new(workload.sessions, workload.skew)),
            workload,
        }
    }

    pub(super) const fn count(&self) -> u64 {
        self.workload.count
    }

    /// Those that were stored before the run, in the order of their keys.
    pub(super) fn stored(&self) -> impl Iterator<Item = View> + '_ {
        (0..self.count()).map(|number| self.view(number))
    }

    fn view(&self, number: u64) -> View {
        let draw = |nth: u64| mix(mix(self.key ^ number).wrapping_add(nth));
        let count = self.count();
        let age_ms = i128::from(DAYS_MS) * i128::from(count - number) / i128::from(count);
        View {
            id: 2 * number.cast_signed() + 1,
            path: self.popular_paths.pick(draw(0)),
            session: self.session(number, draw(1)),
            timestamp_ms: PRESENT_S * 1_000 - age_ms as i64,
            poisoned: (number + 1) * self.poison / count > number * self.poison / count,
        }
    }

    fn session(&self, number: u64, draw: u64) -> u64 {
        let Workload {
            count,
            sessions,
            apart,
            ..
        } = self.workload;
        if let Some(active) = &self.active_sessions {
            return active.pick(draw);
        }
        if apart == 0 {
            return below(draw, sessions);
        }
        // So many sessions, each so often, before the next ones come.
        let turns = count.div_ceil(sessions);
        (number / (apart * turns) * apart + number % apart) % sessions
    }

    /// The views that are added live, in the order they are, and the plan of their arrival: the
    /// same for every strategy. Half are of pages and sessions of their own; a third is stored
    /// between views that were there, which a chunk may or may not have passed.
    pub(super) fn added(&self, for_s: f64, seed: u64) -> (Vec<Added>, Plan) {
        let mut planned = Vec::new();
        let end_ns = u64::try_from(Duration::from_secs_f64(for_s).as_nanos()).unwrap_or(u64::MAX);
        let kind = RequestKind::Own(Asked::new("add view", ADD, false));
        let rate = self.workload.inserts_per_s;
        arrivals(
            &mut planned,
            "aggregate-inserts",
            rate,
            seed,
            end_ns,
            |_| kind,
        );
        let of = |(nth, request): (usize, &crate::load::Planned)| Added {
            at_ns: request.at_ns,
            view: self.live(nth as u64, request.at_ns, request.draw),
        };
        let added = planned.iter().enumerate().map(of).collect();
        (added, Plan::of(planned))
    }

    fn live(&self, nth: u64, at_ns: u64, draw: u64) -> View {
        let pick = |nth: u64| mix(draw.wrapping_add(nth));
        let (count, own) = (self.count(), unit(pick(0)) < 0.5);
        let between = nth < count && unit(pick(1)) < 1.0 / 3.0;
        let id = if between {
            2 * (nth * SCATTER % count) + 2
        } else {
            2 * (count + nth) + 2
        };
        let (path, session) = if own {
            let path = self.paths + below(pick(2), OWN_PATHS);
            (path, self.workload.sessions + below(pick(3), nth + 1))
        } else {
            (
                self.popular_paths.pick(pick(2)),
                self.session(below(pick(4), count), pick(3)),
            )
        };
        View {
            id: id.cast_signed(),
            path,
            session,
            timestamp_ms: PRESENT_S * 1_000 + (at_ns / 1_000_000).cast_signed(),
            poisoned: false,
        }
    }

    /// Pages there are before the run; those that are added have higher numbers.
    pub(super) const fn old_paths(&self) -> u64 {
        self.paths
    }

    /// A page that is read, the more popular the more often.
    pub(super) fn read_path(&self, draw: u64) -> u64 {
        self.popular_paths.pick(draw)
    }

    /// What the counts of `views` must come to.
    pub(super) fn counts(&self, views: impl Iterator<Item = View>) -> Counts {
        let mut counts = Counts {
            views: 0,
            by_path: vec![0; (self.paths + OWN_PATHS) as usize],
            sessions: BTreeSet::new(),
        };
        views.for_each(|view| counts.add(view));
        counts
    }
}

/// Which of the statements of readers and writers adds a view.
pub(super) const ADD: u32 = 3;
/// Pages that only views that are added are of.
const OWN_PATHS: u64 = 20;

impl Counts {
    pub(super) fn add(&mut self, view: View) {
        if !view.poisoned {
            self.views += 1;
            self.by_path[view.path as usize] += 1;
            self.sessions.insert(view.session);
        }
    }

    pub(super) fn sessions(&self) -> u64 {
        self.sessions.len() as u64
    }

    pub(super) fn paths(&self) -> u64 {
        self.by_path.iter().filter(|views| **views > 0).count() as u64
    }
}

/// What kind of page the page with this number is.
pub(super) const fn page_type(path: u64) -> &'static str {
    match path % 4 {
        0 => "blog",
        1 => "page",
        2 => "home",
        _ => "stats",
    }
}

/// The page with this number.
pub(super) fn path_text(path: u64) -> String {
    format!("/{}/{:08x}-{path}", page_type(path), mix(path) >> 32)
}

/// The session with this number, as a UUID of version 4.
pub(super) fn session_text(session: u64) -> String {
    let (high, low) = (mix(session), mix(!session));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn views(name: &str, change: impl FnOnce(&mut Model)) -> Views {
        let mut model = Model::default();
        change(&mut model);
        Views::new(&model, Workload::built_in(name).unwrap(), 1)
    }

    #[test]
    fn sessions_far_apart_come_twice_with_all_others_of_their_turn_between() {
        let views = views("far-apart", |_| {});
        let all: Vec<u64> = views.stored().map(|view| view.session).collect();
        assert_eq!((all[0], all[14_999], all[15_000]), (0, 14_999, 0));
        assert_eq!(
            (all[30_000], all[45_000], all[59_999]),
            (15_000, 15_000, 29_999)
        );
        let counts = views.counts(views.stored());
        assert_eq!((counts.views, counts.sessions()), (60_000, 30_000));
    }

    #[test]
    fn heavy_tailed_sessions_are_as_many_as_the_original_was_tried_on_and_uneven() {
        let views = views("heavy-tailed", |_| {});
        let counts = views.counts(views.stored());
        assert!(
            (9_300..9_500).contains(&counts.sessions()),
            "{}",
            counts.sessions()
        );
        let mut of_session = vec![0_u32; 11_460];
        views
            .stored()
            .for_each(|view| of_session[view.session as usize] += 1);
        assert!(of_session.iter().max() > Some(&9_000));
    }

    #[test]
    fn poison_is_spread_and_counts_nowhere() {
        let views = views("exact", |model| model.views.poison = 3);
        let ids: Vec<i64> = views
            .stored()
            .filter(|one| one.poisoned)
            .map(|one| one.id)
            .collect();
        assert_eq!(ids, [3_999, 7_999, 11_999]);
        assert_eq!(views.counts(views.stored()).views, 5_997);
    }

    #[test]
    fn what_is_added_has_keys_of_its_own_between_the_others_and_behind_them() {
        let views = views("live", |_| {});
        let (added, plan) = views.added(60.0, 1);
        assert_eq!(added.len(), plan.requests().len());
        let ids: BTreeSet<i64> = added.iter().map(|one| one.view.id).collect();
        assert_eq!(ids.len(), added.len());
        assert!(ids.iter().all(|id| id % 2 == 0 && *id > 0));
        let between = ids.iter().filter(|id| **id <= 200_000).count() * 3;
        assert!(
            (between * 5 / 6..between * 7 / 6).contains(&added.len()),
            "{between}"
        );
        let own = added.iter().filter(|one| one.view.path >= 200).count() * 2;
        assert!((own * 5 / 6..own * 7 / 6).contains(&added.len()), "{own}");
    }

    #[test]
    fn names_are_those_of_one_thing_and_look_like_it() {
        let sessions: BTreeSet<String> = (0..50_000).map(session_text).collect();
        assert_eq!(sessions.len(), 50_000);
        assert!(sessions.iter().all(|text| text.len() == 36));
        let paths: BTreeSet<String> = (0..1_000).map(path_text).collect();
        assert_eq!(paths.len(), 1_000);
    }
}
