//! As many rows as readers put up with.
//!
//! Two loops. The inner one keeps a step's *hold* within a budget: how long it kept the
//! connection, counted from the moment it had the lock. Never the time it waited for it: that grows
//! with the load and not with the rows, and a loop that follows it shrinks its steps until nothing
//! gets done. The outer loop moves the budget by what readers live through, a p95 over a window.
//!
//! ```text
//! inner, after every step of n rows held for h, for each kind of work by itself:
//!   c    = 0.7 c + 0.3 h/n                      cost of a row, smoothed
//!   rows = rows × budget/h                      if h > 2 budget: one step back
//!        = budget / max(c, h/n)                 else, within 0.5 … 1.25 of before
//! outer, after every window of at least 250 ms and 40 reads:
//!   p95 > SLO       budget = 0.7 budget,        duty = 0.7 duty
//!   p95 < 0.7 SLO   budget = budget + 0.1 SLO,  duty = duty + 0.1    at most SLO, and 1
//! ```
//!
//! Why it is stable. Hold is c₀ + c·rows, so budget ÷ c is right at once, and smoothed by 0.3 its
//! error shrinks by 0.7 a step; growth is limited to a quarter, so the dearest next stretch
//! overshoots by no more than that times its own dearness, and one step takes it back. The outer
//! loop adds 0.1 SLO and leaves a band of 0.3 SLO alone, so a step cannot jump across the band and
//! back; it takes away by a factor, so it comes down from anywhere in a few windows. A change of
//! cost by ten takes the inner loop ln 10 ÷ ln 1.25 = 11 steps, less than a window.
//!
//! Reading on a connection of its own keeps nobody out, so no budget bounds it: its steps take
//! 50 ms, a fifth of a window. What it takes from others is the device, and the lever is the share
//! of time it uses it, the *duty*: after a step of h it rests for h·(1 − duty)/duty.
//!
//! A pause only makes the backfill longer where those who came during a step go before the next
//! one. Where they do not, it has a purpose: where the connection goes to anybody, the next step
//! waits until nobody waits, a budget long at most; where others poll for the lock, which they find
//! only in gaps, 0.7 of the hold is left free.
//!
//! When the signal falls silent, budget and duty go to their least, and a gap is left: no news is
//! not taken for good news, and may mean that nobody gets through.

use std::time::Duration;

use super::reader_signal::{ENOUGH, ReaderSignal};
use super::{ChunkCost, Pace, Pacer, PacerError, PerWork, Work, check_bounds, whole_rows};
use crate::time::Instant;

/// Rows of the first step of a kind: nothing is known yet, and early rows may be the dearest.
const FIRST_ROWS: f64 = 4.0;
/// The first budget, as a share of the objective.
const FIRST_BUDGET: f64 = 0.6;
/// The least budget as a share of the objective, and the least duty.
const LEAST: f64 = 1.0 / 64.0;
/// How much of a row's smoothed cost the last step makes up.
const SMOOTHING: f64 = 0.3;
/// Bounds of a change of the inner loop.
const STEP: std::ops::RangeInclusive<f64> = 0.5..=1.25;
/// A hold above so many budgets is taken back in one step.
const PANIC: f64 = 2.0;
/// What the outer loop takes away, as a factor, and what it gives, as a share of the most.
const LESS: f64 = 0.7;
const MORE: f64 = 0.1;
/// A p95 between this share of the objective and all of it is left alone.
const LEFT_ALONE_FROM: f64 = 0.7;
/// The least time between two changes of the outer loop.
const WINDOW: Duration = Duration::from_millis(250);
/// How long a step apart takes: short beside a window, long beside what a transaction costs.
const APART_S: f64 = 0.05;
/// Readers that were silent for so many windows beyond the last hold give no signal any more.
const STALE_WINDOWS: u32 = 2;
/// The share of a hold that is left to other connections that poll for the lock, and the least of
/// it: SQLite's busy handler first looks again after 1 ms.
const GAP: f64 = 0.7;
const LEAST_GAP: Duration = Duration::from_millis(1);

/// What readers are promised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Objective {
    /// A 95th percentile of at most this.
    P95(Duration),
    /// A 95th percentile of at most so many times what the signal knew before the first step.
    TimesBefore(f64),
}

/// Steps sized by what readers live through.
#[derive(Clone, Debug)]
pub struct ReaderSlo {
    objective: Objective,
    min_rows: u64,
    max_rows: u64,
    signal: ReaderSignal,
    /// Set before the first step.
    servo: Option<Servo>,
}

/// The state of both loops.
#[derive(Clone, Copy, Debug)]
struct Servo {
    slo_s: f64,
    /// How long a step may keep others out.
    budget_s: f64,
    /// The share of time that is worked, apart.
    duty: f64,
    sizes: PerWork<Size>,
    window_began: Instant,
}

/// The state of the inner loop for one kind of work.
#[derive(Clone, Copy, Debug)]
struct Size {
    rows: f64,
    /// Smoothed cost of a row; `None` before the first step.
    row_s: Option<f64>,
}

impl ReaderSlo {
    /// Steps of `min_rows` to `max_rows` that keep `signal` within `objective`.
    ///
    /// # Errors
    /// If the objective cannot be met, or a number of rows is 0 or out of order.
    pub fn new(
        objective: Objective,
        min_rows: u64,
        max_rows: u64,
        signal: ReaderSignal,
    ) -> Result<Self, PacerError> {
        check_bounds(min_rows, max_rows)?;
        match objective {
            Objective::P95(p95) if p95.is_zero() => return Err(PacerError::NoTime),
            Objective::TimesBefore(times) if !(times >= 1.0 && times.is_finite()) => {
                return Err(PacerError::Ratio);
            }
            _ => {}
        }
        Ok(Self {
            objective,
            min_rows,
            max_rows,
            signal,
            servo: None,
        })
    }

    /// The servo before the first step of a run. Without a signal there is nothing to promise a
    /// multiple of, and every step is as small as it may be.
    fn start(&self) -> Servo {
        let slo = match self.objective {
            Objective::P95(p95) => p95,
            Objective::TimesBefore(times) => {
                self.signal.p95_kept().map_or(Duration::ZERO, |before| {
                    duration(before.as_secs_f64() * times)
                })
            }
        };
        Servo {
            slo_s: slo.as_secs_f64(),
            budget_s: FIRST_BUDGET * slo.as_secs_f64(),
            duty: 1.0,
            sizes: PerWork::all(Size {
                rows: FIRST_ROWS,
                row_s: None,
            }),
            window_began: Instant::default(),
        }
    }

    /// The outer loop.
    fn listen(&self, servo: &mut Servo, cost: &ChunkCost) {
        if self.stale(cost) {
            servo.budget_s = LEAST * servo.slo_s;
            servo.duty = LEAST;
        }
        if cost.ended_at - servo.window_began >= WINDOW && self.signal.fresh() >= ENOUGH {
            servo.window_began = cost.ended_at;
            if let Some(p95) = self.signal.p95_fresh() {
                servo.window(p95.as_secs_f64());
            }
        }
    }

    /// Whether readers have been silent for longer than the step explains.
    fn stale(&self, cost: &ChunkCost) -> bool {
        let silence = WINDOW * STALE_WINDOWS + cost.hold;
        self.signal
            .newest_at()
            .is_none_or(|newest| cost.ended_at - newest > silence)
    }

    /// What is left to others between the last step and the next of the same kind.
    fn rest(&self, servo: &Servo, work: Work, cost: &ChunkCost) -> (Duration, Duration) {
        if work == Work::ReadApart {
            let rest = duration(cost.hold.as_secs_f64() * (1.0 - servo.duty) / servo.duty);
            return (rest, Duration::ZERO);
        }
        let polled = cost.busy_retries > 0 || self.signal.polled();
        let pause = if polled || self.stale(cost) {
            cost.hold.mul_f64(GAP).max(LEAST_GAP)
        } else {
            Duration::ZERO
        };
        let until_idle = if cost.in_order {
            Duration::ZERO
        } else {
            duration(servo.budget_s)
        };
        (pause, until_idle)
    }
}

impl Servo {
    fn window(&mut self, p95_s: f64) {
        if p95_s > self.slo_s {
            self.budget_s *= LESS;
            self.duty *= LESS;
        } else if p95_s < LEFT_ALONE_FROM * self.slo_s {
            self.budget_s += MORE * self.slo_s;
            self.duty += MORE;
        }
        self.budget_s = self.budget_s.clamp(LEAST * self.slo_s, self.slo_s);
        self.duty = self.duty.clamp(LEAST, 1.0);
    }

    /// How long a step may take.
    const fn budget_s(&self, work: Work) -> f64 {
        match work {
            Work::Write | Work::Read => self.budget_s,
            Work::ReadApart => APART_S,
        }
    }
}

impl Size {
    /// The inner loop.
    fn follow(&mut self, cost: &ChunkCost, budget_s: f64) {
        // A step that found nothing to do says nothing about rows.
        if cost.rows == 0 {
            return;
        }
        let hold_s = cost.hold.as_secs_f64();
        let now_s = hold_s / cost.rows as f64;
        let smoothed_s = match self.row_s {
            Some(before_s) => (1.0 - SMOOTHING) * before_s + SMOOTHING * now_s,
            None => now_s,
        };
        self.row_s = Some(smoothed_s);
        let dearest_s = smoothed_s.max(now_s);
        self.rows *= if hold_s > PANIC * budget_s {
            budget_s / hold_s
        } else if dearest_s > 0.0 {
            (budget_s / dearest_s / self.rows).clamp(*STEP.start(), *STEP.end())
        } else {
            *STEP.end()
        };
    }
}

impl Pacer for ReaderSlo {
    fn pace(&mut self, next: Work, last: Option<&ChunkCost>) -> Pace {
        let mut servo = self.servo.unwrap_or_else(|| self.start());
        let (mut pause, mut until_idle) = (Duration::ZERO, Duration::ZERO);
        if let Some(cost) = last {
            self.listen(&mut servo, cost);
            let budget_s = servo.budget_s(next);
            servo.sizes.of(next).follow(cost, budget_s);
            (pause, until_idle) = self.rest(&servo, next, cost);
        }
        let rows = &mut servo.sizes.of(next).rows;
        *rows = rows.clamp(self.min_rows as f64, self.max_rows as f64);
        let rows = whole_rows(*rows, self.min_rows, self.max_rows);
        self.servo = Some(servo);
        Pace {
            rows,
            pause,
            until_idle,
        }
    }
}

/// What is too long for a duration is the longest.
fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::plant::Plant;
    use super::*;

    const SLO: Duration = Duration::from_millis(20);

    fn slo(signal: &ReaderSignal) -> ReaderSlo {
        ReaderSlo::new(Objective::P95(SLO), 1, 20_000, signal.clone()).unwrap()
    }

    /// Readers that feel every hold: each chunk is followed by so many reads that waited for it.
    fn run(plant: &mut Plant, pacer: &mut ReaderSlo, signal: &ReaderSignal, chunks: usize) -> f64 {
        let mut hold = Duration::ZERO;
        for _ in 0..chunks {
            hold = plant.step(pacer).hold;
            for _ in 0..5 {
                signal.record(plant.now, hold);
            }
        }
        hold.as_secs_f64() / SLO.as_secs_f64()
    }

    #[test]
    fn it_starts_small_and_settles_below_the_objective() {
        let signal = ReaderSignal::default();
        let (mut plant, mut pacer) = (Plant::of_row_us(30), slo(&signal));
        signal.record(plant.now, SLO / 2);
        assert_eq!(plant.step(&mut pacer).rows, 4);
        let settled = run(&mut plant, &mut pacer, &signal, 300);
        assert!((0.6..=1.0).contains(&settled), "{settled}");
    }

    #[test]
    fn rows_that_turn_ten_times_dearer_are_taken_back_in_one_step() {
        let signal = ReaderSignal::default();
        let (mut plant, mut pacer) = (Plant::of_row_us(30), slo(&signal));
        run(&mut plant, &mut pacer, &signal, 300);
        plant.row *= 10;
        let first = plant.step(&mut pacer).hold;
        let second = plant.step(&mut pacer).hold;
        assert!(first > 5 * SLO && second <= SLO, "{first:?} {second:?}");
    }

    /// The wait for the connection grows with the load; the rows must not shrink with it.
    #[test]
    fn waiting_for_the_connection_changes_nothing() {
        let signal = ReaderSignal::default();
        let mut rows = [0, 0];
        for (waits, rows) in [false, true].into_iter().zip(&mut rows) {
            let (mut plant, mut pacer) = (Plant::of_row_us(30), slo(&signal));
            let mut cost = plant.step(&mut pacer);
            for _ in 0..50 {
                cost.wait = Duration::from_secs(u64::from(waits));
                signal.record(cost.ended_at, SLO / 2);
                *rows = pacer.pace(Work::Write, Some(&cost)).rows.get();
                cost.rows = *rows;
                cost.hold = plant.row * u32::try_from(*rows).unwrap();
            }
        }
        assert_eq!(rows[0], rows[1]);
    }

    #[test]
    fn a_silent_signal_makes_chunks_as_small_as_they_may_be() {
        let signal = ReaderSignal::default();
        let (mut plant, mut pacer) = (Plant::of_row_us(30), slo(&signal));
        run(&mut plant, &mut pacer, &signal, 300);
        let mut hold = Duration::ZERO;
        for _ in 0..300 {
            hold = plant.step(&mut pacer).hold;
        }
        assert!(hold <= SLO / 32, "{hold:?}");
        let cost = plant.step(&mut pacer);
        let gap = pacer.pace(Work::Write, Some(&cost)).pause;
        assert!(gap > Duration::ZERO, "it may be that nobody gets through");
    }

    #[test]
    fn a_multiple_of_what_readers_knew_before_is_resolved_at_the_start() {
        let signal = ReaderSignal::default();
        for _ in 0..100 {
            signal.record(Instant::default(), SLO / 2);
        }
        let objective = Objective::TimesBefore(2.0);
        let mut pacer = ReaderSlo::new(objective, 1, 20_000, signal.clone()).unwrap();
        let mut plant = Plant::of_row_us(30);
        let settled = run(&mut plant, &mut pacer, &signal, 300);
        assert!((0.6..=1.0).contains(&settled), "{settled}");
    }

    #[test]
    fn a_lock_others_poll_for_is_left_alone_for_a_while() {
        let signal = ReaderSignal::default();
        let (mut plant, mut pacer) = (Plant::of_row_us(30), slo(&signal));
        let mut cost = plant.step(&mut pacer);
        signal.record(cost.ended_at, SLO / 2);
        assert_eq!(pacer.pace(Work::Write, Some(&cost)).pause, Duration::ZERO);
        cost.busy_retries = 1;
        cost.hold = Duration::from_millis(10);
        assert_eq!(
            pacer.pace(Work::Write, Some(&cost)).pause,
            Duration::from_millis(7)
        );
    }

    /// Where waiters are not served in order, a next step at once could go before them.
    #[test]
    fn a_queue_without_order_is_let_run_empty() {
        let signal = ReaderSignal::default();
        let (mut plant, mut pacer) = (Plant::of_row_us(30), slo(&signal));
        let mut cost = plant.step(&mut pacer);
        signal.record(cost.ended_at, SLO / 2);
        assert!(pacer.pace(Work::Write, Some(&cost)).until_idle.is_zero());
        cost.in_order = false;
        let wait = pacer.pace(Work::Write, Some(&cost)).until_idle;
        assert!(!wait.is_zero() && wait <= SLO, "{wait:?}");
    }

    /// Others found the lock taken: gaps are left from then on, though this one never did.
    #[test]
    fn others_that_poll_are_left_a_gap() {
        let signal = ReaderSignal::default();
        let (mut plant, mut pacer) = (Plant::of_row_us(30), slo(&signal));
        let cost = plant.step(&mut pacer);
        signal.record(cost.ended_at, SLO / 2);
        signal.record_poll();
        assert_eq!(
            pacer.pace(Work::Write, Some(&cost)).pause,
            Duration::from_millis(1)
        );
    }

    /// Apart, steps are long whatever the objective, and readers that suffer make them rare.
    #[test]
    fn reading_apart_rests_when_readers_suffer() {
        let signal = ReaderSignal::default();
        let (mut plant, mut pacer) = (Plant::of_row_us(30), slo(&signal));
        plant.work = Work::ReadApart;
        let share = |plant: &mut Plant, pacer: &mut ReaderSlo, latency: Duration| {
            let (began, mut worked) = (plant.now, Duration::ZERO);
            for _ in 0..200 {
                worked += plant.step(pacer).hold;
                for _ in 0..5 {
                    signal.record(plant.now, latency);
                }
            }
            worked.as_secs_f64() / (plant.now - began).as_secs_f64()
        };
        share(&mut plant, &mut pacer, SLO / 2);
        assert!(share(&mut plant, &mut pacer, SLO / 2) > 0.99);
        let hold = plant.step(&mut pacer).hold;
        assert!((40..=60).contains(&hold.as_millis()), "{hold:?}");
        share(&mut plant, &mut pacer, SLO * 2);
        assert!(share(&mut plant, &mut pacer, SLO * 2) < 0.05);
    }

    /// Reading and writing cost differently; neither may disturb the other's size.
    #[test]
    fn each_kind_of_work_finds_its_own_size() {
        let signal = ReaderSignal::default();
        let (mut reads, mut writes) = (Plant::of_row_us(2), Plant::of_row_us(200));
        reads.work = Work::Read;
        let mut pacer = slo(&signal);
        let mut rows = (0, 0);
        for _ in 0..300 {
            rows = (reads.step(&mut pacer).rows, writes.step(&mut pacer).rows);
            signal.record(reads.now.max(writes.now), SLO * 8 / 10);
        }
        let ratio = rows.0 as f64 / rows.1 as f64;
        assert!((90.0..=110.0).contains(&ratio), "{rows:?}");
    }

    #[test]
    fn an_objective_beyond_all_measure_is_no_panic() {
        let signal = ReaderSignal::default();
        for _ in 0..100 {
            signal.record(Instant::default(), SLO);
        }
        for objective in [Objective::TimesBefore(1e300), Objective::P95(Duration::MAX)] {
            let mut pacer = ReaderSlo::new(objective, 1, 20_000, signal.clone()).unwrap();
            let mut plant = Plant::of_row_us(30);
            run(&mut plant, &mut pacer, &signal, 50);
            let mut cost = plant.step(&mut pacer);
            cost.in_order = false;
            pacer.pace(Work::Write, Some(&cost));
        }
    }

    #[test]
    fn objectives_nobody_can_meet_are_refused() {
        let refused = |objective| {
            ReaderSlo::new(objective, 1, 2, ReaderSignal::default())
                .map(drop)
                .unwrap_err()
        };
        assert_eq!(refused(Objective::P95(Duration::ZERO)), PacerError::NoTime);
        for times in [0.9, f64::NAN, f64::INFINITY] {
            assert_eq!(refused(Objective::TimesBefore(times)), PacerError::Ratio);
        }
    }
}
