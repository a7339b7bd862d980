//! Plans against an exact model of a list API.

mod listing_model;

use backfill::listing::Range;
use backfill::listing::plan::{
    Adaptive, Answer, Board, Call, Capacity, EqualSegments, Forecast, Order, Plan, Segment,
    Sequential,
};
use listing_model::{Objects, Pacing, YEAR, run};
use std::num::NonZeroU32;

const PACING: Pacing = Pacing {
    latency_ms: 400,
    rate: 25,
    burst: 25,
    page: 100,
};

fn spread(count: usize, from: i64, to: i64) -> impl Iterator<Item = i64> {
    let span = (to - from) as u128;
    (0..count).map(move |i| {
        let mut z = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        from + ((u128::from(z) * span) >> 64) as i64
    })
}

fn shapes(n: usize) -> Vec<(&'static str, Objects)> {
    let range = Range::new(0, 5 * YEAR);
    let end = range.lt;
    let day = 86_400;
    let part = |share: f64| (n as f64 * share) as usize;
    let two = |a: f64, from: i64, to: i64| -> Vec<i64> {
        spread(part(a), from, to)
            .chain(spread(n - part(a), 0, end))
            .collect()
    };
    let mut out = vec![
        ("uniform", Objects::new(spread(n, 0, end).collect(), range)),
        (
            "recent-99-30d",
            Objects::new(two(0.99, end - 30 * day, end), range),
        ),
        (
            "recent-90-2%",
            Objects::new(two(0.9, end - end / 50, end), range),
        ),
        (
            "recent-90-.2%",
            Objects::new(two(0.9, end - end / 500, end), range),
        ),
        (
            "old-burst",
            Objects::new(
                spread(n - 50.min(n), 0, 30 * day)
                    .chain(spread(50.min(n), 30 * day, end))
                    .collect(),
                range,
            ),
        ),
        ("dormant", Objects::new(spread(n, 0, YEAR).collect(), range)),
        ("one-second", Objects::new(vec![YEAR; n], range)),
        (
            "five-seconds",
            Objects::new(
                (0..n).map(|i| YEAR / 2 + (i % 5) as i64 * YEAR).collect(),
                range,
            ),
        ),
        (
            "hourly-spikes",
            Objects::new(
                (0..n)
                    .zip(spread(n, 0, 3600))
                    .map(|(i, s)| (i % 60) as i64 * 30 * day + s)
                    .collect(),
                range,
            ),
        ),
        (
            "one-hour-50",
            Objects::new(two(0.5, 3 * YEAR, 3 * YEAR + 3600), range),
        ),
        (
            "growth",
            Objects::new(
                (0..n)
                    .map(|i| {
                        let u = (i as f64 + 0.5) / n as f64;
                        ((1.0 + u * 1023.0).log2() / 10.0 * end as f64) as i64
                    })
                    .collect(),
                range,
            ),
        ),
    ];
    if n >= 10_000 {
        let range = Range::new(0, 15 * YEAR);
        out.push((
            "sparse",
            Objects::new(spread(10_000, 0, range.lt).collect(), range),
        ));
    }
    out
}

#[test]
fn table() {
    for n in [200, 500, 1000, 2000, 5000, 10_000, 1_500_000] {
        println!("--- {n}");
        for (name, objects) in shapes(n) {
            let floor = objects.floor_ms(PACING);
            let mut line = format!("{name:14} floor {floor:8}");
            let cap = Capacity {
                slots: 15,
                page: 100,
                requests_per_ks: 25_000,
                blind: 1,
            };
            let blind = Capacity { blind: 15, ..cap };
            let mut plans: Vec<(&str, Box<dyn Plan>)> = vec![
                ("seq", Box::new(Sequential::new(Order::NewestFirst, 100))),
                (
                    "probe",
                    Box::new(EqualSegments::probed(
                        Order::NewestFirst,
                        100,
                        objects.range,
                        None,
                    )),
                ),
                (
                    "f10",
                    Box::new(EqualSegments::fixed(
                        NonZeroU32::new(10).unwrap(),
                        10,
                        Order::NewestFirst,
                        100,
                        objects.range,
                    )),
                ),
                (
                    "f50",
                    Box::new(EqualSegments::fixed(
                        NonZeroU32::new(50).unwrap(),
                        50,
                        Order::NewestFirst,
                        100,
                        objects.range,
                    )),
                ),
                (
                    "f500",
                    Box::new(EqualSegments::fixed(
                        NonZeroU32::new(500).unwrap(),
                        15,
                        Order::NewestFirst,
                        100,
                        objects.range,
                    )),
                ),
                (
                    "rec2",
                    Box::new(Rec {
                        board: Board::new(Order::NewestFirst, 100),
                        n: 2,
                    }),
                ),
                (
                    "rec10",
                    Box::new(Rec {
                        board: Board::new(Order::NewestFirst, 100),
                        n: 10,
                    }),
                ),
                ("blind", Box::new(Adaptive::new(Order::NewestFirst, blind))),
                ("adaptive", Box::new(Adaptive::new(Order::NewestFirst, cap))),
            ];
            let (mut best, mut mine) = (vec![], vec![]);
            for (plan_name, plan) in &mut plans {
                if n > 100_000 && plan_name.starts_with("rec") {
                    continue;
                }
                let ran = run(&objects, &mut **plan, PACING);
                assert_eq!(ran.missing, 0);
                best.push((*plan_name, ran.makespan_ms));
                if ["adaptive", "blind"].contains(plan_name) {
                    mine.push(ran.makespan_ms);
                }
                line += &format!(
                    " | {plan_name} {:.3} {}+{}",
                    ran.makespan_ms as f64 / floor as f64,
                    ran.calls,
                    ran.empty
                );
                if *plan_name == "adaptive" {
                    line += &format!(" re {} st {}", ran.refetched, ran.largest_state);
                }
            }
            let best = best
                .into_iter()
                .filter(|(n, _)| !["adaptive", "blind"].contains(n))
                .min_by_key(|x| x.1)
                .unwrap();
            line += &format!(
                " | best {} {:.3}: blind {:.2} adaptive {:.2}",
                best.0,
                best.1 as f64 / floor as f64,
                mine[0] as f64 / best.1 as f64,
                mine[1] as f64 / best.1 as f64
            );
            println!("{line}");
        }
    }
}

struct Rec {
    board: Board,
    n: u64,
}
impl Plan for Rec {
    fn begin(&mut self, left: Vec<Segment>) {
        self.board.add(left);
    }
    fn next(&mut self) -> Option<Call> {
        self.board.take(15)
    }
    fn answered(&mut self, call: &Call, answer: &Answer) {
        let Some(left) = self.board.answered(call, answer) else {
            return;
        };
        let below = Range::new(left.range.gte, left.range.lt - 1);
        if below.span() < 30 * self.n {
            self.board.go_on_last(call.segment, left);
            return;
        }
        let mut cut = below.cut(self.n);
        cut.reverse();
        cut[0].lt = left.range.lt;
        self.board.go_on_last(
            call.segment,
            Segment {
                range: cut[0],
                after: left.after,
            },
        );
        self.board.add(cut[1..].iter().copied().map(Segment::fresh));
    }
    fn forecast(&self) -> Forecast {
        self.board.forecast()
    }
}
