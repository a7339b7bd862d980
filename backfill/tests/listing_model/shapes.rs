//! Where in time objects may lie: the shapes on which plans differ.

use backfill::listing::Range;

use super::{Objects, YEAR};

const DAY: i64 = 86_400;

/// `count` seconds anywhere in `range`, each as likely, the same every time.
fn spread(count: usize, range: Range) -> impl Iterator<Item = i64> {
    let span = u128::from(range.span());
    (0..count as u64).map(move |number| {
        // SplitMix64 (Steele, Lea and Flood 2014), its state after so many draws.
        let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        range.gte + i64::try_from((u128::from(mixed) * span) >> 64).unwrap()
    })
}

/// `n` objects in five years, of which so many in a hundred lie in `cluster`.
fn clustered(n: usize, percent: usize, cluster: Range) -> Vec<i64> {
    let inside = n * percent / 100;
    let all = spread(inside, cluster).chain(spread(n - inside, FIVE_YEARS));
    all.collect()
}

const FIVE_YEARS: Range = Range::new(0, 5 * YEAR);

/// Twice as many every half year: in ten parts of time, one part of 1023, two, four, and so on.
fn growing(n: usize) -> Vec<i64> {
    let parts = FIVE_YEARS.cut(10);
    let upto = |part: u32| n * ((1 << part) - 1) / 1_023;
    let ends = (0..10).map(|part| upto(part + 1) - upto(part));
    let all = parts.into_iter().zip(ends);
    all.flat_map(|(part, count)| spread(count, part)).collect()
}

/// `n` objects in every shape.
pub(crate) fn shapes(n: usize) -> Vec<(&'static str, Objects)> {
    let end = FIVE_YEARS.lt;
    let newest = |length: i64| Range::new(end - length, end);
    let stragglers = n.min(50);
    let old_burst = spread(n - stragglers, Range::new(0, 30 * DAY))
        .chain(spread(stragglers, Range::new(30 * DAY, end)));
    let five_seconds = (0..5).cycle().map(|second| YEAR / 2 + second * YEAR);
    let spikes = (0..60).cycle().zip(spread(n, Range::new(0, 3_600)));
    // Half as many again as a page holds, at every second that has any.
    let ties = (0..).flat_map(|second| [second * 1_000; 150]);
    let mut all = vec![
        ("uniform", spread(n, FIVE_YEARS).collect()),
        ("99 % in 30 days", clustered(n, 99, newest(30 * DAY))),
        ("90 % in the last 2 %", clustered(n, 90, newest(end / 50))),
        (
            "90 % in the last 0.2 %",
            clustered(n, 90, newest(end / 500)),
        ),
        ("old burst", old_burst.collect()),
        ("dormant", spread(n, Range::new(0, YEAR)).collect()),
        ("one second", vec![YEAR; n]),
        ("five seconds", five_seconds.take(n).collect()),
        (
            "hourly spikes",
            spikes.map(|(month, at)| month * 30 * DAY + at).collect(),
        ),
        (
            "50 % in one hour",
            clustered(n, 50, Range::new(3 * YEAR, 3 * YEAR + 3_600)),
        ),
        ("growth", growing(n)),
        ("ties", ties.take(n).collect()),
    ];
    let mut shapes: Vec<_> = all
        .drain(..)
        .map(|(name, created)| (name, Objects::new(created, FIVE_YEARS)))
        .collect();
    let fifteen_years = Range::new(0, 15 * YEAR);
    let sparse = spread(n.min(10_000), fifteen_years);
    shapes.push(("sparse", Objects::new(sparse, fifteen_years)));
    shapes
}

/// Nothing, and one object at either end of the range.
pub(crate) fn tiny() -> Vec<(&'static str, Objects)> {
    let last = FIVE_YEARS.lt - 1;
    vec![
        ("empty", Objects::new([], FIVE_YEARS)),
        ("the oldest second", Objects::new([0], FIVE_YEARS)),
        ("the newest second", Objects::new([last], FIVE_YEARS)),
    ]
}
