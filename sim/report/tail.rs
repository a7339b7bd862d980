//! The picture of what the slowest requests waited for.

use super::chart::{self, Caption, Ink, Look, Whole};
use super::error::ReportError;
use super::evidence::Evidence;
use super::figure::Figure;
use super::table::ABSENT;
use crate::measure::{Part, Tail, unit};
use crate::outcome::{BACKFILL, BACKFILL_APART, NO_BACKFILL};

/// What a part is counted among in the picture and the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Backfill,
    Others,
    Nobody,
    Lock,
    Store,
    Processor,
    Device,
}

impl Kind {
    const ALL: [Self; 7] = [
        Self::Backfill,
        Self::Others,
        Self::Nobody,
        Self::Lock,
        Self::Store,
        Self::Processor,
        Self::Device,
    ];

    fn of(part: Part) -> Self {
        match part {
            Part::Connection(user) if is_backfill(user) => Self::Backfill,
            Part::Connection(_) => Self::Others,
            Part::Idle => Self::Nobody,
            Part::Lock(_) => Self::Lock,
            Part::Store => Self::Store,
            Part::Processor => Self::Processor,
            Part::Device => Self::Device,
        }
    }

    const fn ink(self) -> Ink {
        match self {
            Self::Backfill => Ink::Vermillion,
            Self::Others => Ink::Purple,
            Self::Nobody | Self::Store => Ink::Grey,
            Self::Lock => Ink::Black,
            Self::Processor => Ink::Green,
            Self::Device => Ink::Blue,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Backfill => "backfill had the connection",
            Self::Others => "others had it",
            Self::Nobody => "nobody had it",
            Self::Lock => "SQLite's lock",
            Self::Store => "the store's lock",
            Self::Processor => "processor",
            Self::Device => "disk",
        }
    }
}

fn is_backfill(user: &str) -> bool {
    user == BACKFILL || user == BACKFILL_APART
}

/// The picture; `None` where nobody asked for anything.
pub(super) fn figure(evidence: &Evidence<'_>) -> Result<Option<Figure>, ReportError> {
    let tails: Vec<(&str, Look, &Tail)> = evidence.tails().collect();
    let subject = evidence.comparison.subject;
    let Some(finding) = finding(&tails, subject.requests()) else {
        return Ok(None);
    };
    let title = format!("What the slowest 5 % of {} waited for", subject.requests());
    let caption = Caption {
        id: "tail",
        title: &title,
        finding: &finding,
    };
    let wholes = tails.iter().map(|(name, look, tail)| Whole {
        name,
        look: *look,
        text: unit::duration(mean_ns(tail)),
        parts: Kind::ALL
            .iter()
            .map(|kind| (kind.ink(), kind.name().to_owned(), share(tail, *kind)))
            .filter(|(_, _, share)| *share >= LEAST)
            .collect(),
    });
    let wholes: Vec<Whole<'_>> = wholes.collect();
    let svg = chart::shares(caption, ["share of their time", "mean"], &wholes)?;
    Ok(Some(Figure {
        id: "tail".to_owned(),
        file: "tail.svg".to_owned(),
        title,
        reading: "All seeds together; without a backfill over the longest run of any strategy. A request's time is split without a rest: what it waited for before its connection was asked for, who had the connection until it got one, processor and disk with the share of others, and the rest of the time it had one, which is SQLite's lock.".into(),
        finding,
        svg,
        table: table(&tails, subject.requests()),
    }))
}

fn mean_ns(tail: &Tail) -> u64 {
    tail.total_ns / tail.requests.max(1)
}

fn share(tail: &Tail, kind: Kind) -> f64 {
    let parts = tail.parts.keys();
    let own = parts.filter(|part| Kind::of(**part) == kind);
    own.map(|part| tail.share(*part)).sum()
}

/// What the slowest of the strategy waited for that has the longest of all.
fn finding(tails: &[(&str, Look, &Tail)], requests: &str) -> Option<String> {
    let compared = tails.iter().filter(|(name, ..)| *name != NO_BACKFILL);
    let (name, _, tail) = compared.max_by_key(|(_, _, tail)| mean_ns(tail))?;
    let part = tail.most()?;
    let what = match part {
        Part::Connection(user) if is_backfill(user) => {
            "went by while the backfill had the connection".to_owned()
        }
        Part::Connection(user) => format!("went by while another {user} had the connection"),
        Part::Idle => "was spent in line for a connection that nobody had".to_owned(),
        Part::Lock(user) => format!("was spent on SQLite's lock, which {user} had"),
        Part::Store => "was spent on the lock of the store in memory".to_owned(),
        Part::Processor => "was spent on processors".to_owned(),
        Part::Device => "was spent on the disk".to_owned(),
    };
    Some(format!(
        "The slowest {} of {name} take {} each in the mean: {} of that {what}.",
        requests,
        unit::duration(mean_ns(tail)),
        unit::percent(tail.share(part)),
    ))
}

/// Parts that nobody spent as much as this on are left out: the timer's microsecond is one.
const LEAST: f64 = 0.000_5;

fn table(
    tails: &[(&str, Look, &Tail)],
    requests: &'static str,
) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let spent = |kind: &Kind| tails.iter().any(|(.., tail)| share(tail, *kind) >= LEAST);
    let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(spent).collect();
    let mut header = vec!["strategy", requests, "from ms", "mean ms"];
    header.extend(kinds.iter().map(|kind| kind.name()));
    let rows = tails.iter().map(|(name, _, tail)| {
        let mut row = vec![
            (*name).to_owned(),
            unit::count(tail.requests),
            unit::millis(tail.from_ns),
            unit::millis(mean_ns(tail)),
        ];
        row.extend(kinds.iter().map(|kind| match share(tail, *kind) {
            share if share < LEAST => ABSENT.to_owned(),
            share => unit::percent(share),
        }));
        row
    });
    (header, rows.collect())
}
