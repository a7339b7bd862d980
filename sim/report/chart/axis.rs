//! Scales and ticks that people read: 10 ms, 1 s, 1 min; 90 %, 99 %, 99.9 %.

use super::canvas::{Canvas, Drawn, Point, Side};
use super::palette::Ink;

/// How values are spread over an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    Linear,
    Logarithmic,
}

/// One axis: values from `low` to `high` on drawing units from `from` to `to`.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub(crate) scale: Scale,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) from: i32,
    pub(crate) to: i32,
    /// Values with a line and a label, ascending.
    pub(crate) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Where `value` is, kept within the axis. What must not be drawn at the edge as if it were
    /// there is filtered out by the caller with [`Axis::shows`].
    pub(crate) fn at(&self, value: f64) -> i32 {
        let share = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Logarithmic => libm::log(value / self.low) / libm::log(self.high / self.low),
        };
        let share = if share.is_nan() {
            0.0
        } else {
            share.clamp(0.0, 1.0)
        };
        self.from + libm::round(f64::from(self.to - self.from) * share) as i32
    }

    /// Whether `value` lies on the axis.
    pub(crate) fn shows(&self, value: f64) -> bool {
        value >= self.low && value <= self.high
    }

    /// Durations in nanoseconds on a logarithmic scale that covers `values`, with whole steps of
    /// 10 (and of 2 and 5 when there are few) at both ends.
    pub(crate) fn log_time(values: impl Iterator<Item = f64>, from: i32, to: i32) -> Self {
        let (low, high) = extent(values.filter(|value| *value > 0.0)).unwrap_or((1e6, 1e9));
        let coarse = ladder(&COARSE_NS, low, high);
        let ticks = if coarse.len() >= 4 {
            coarse
        } else {
            ladder(&FINE_NS, low, high)
        };
        Self {
            scale: Scale::Logarithmic,
            low: ticks[0],
            high: ticks[ticks.len() - 1],
            from,
            to,
            ticks: ticks
                .into_iter()
                .map(|tick| (tick, time_label(tick)))
                .collect(),
        }
    }

    /// Durations in nanoseconds on a linear scale from 0 to at least `high`.
    pub(crate) fn linear_time(high: f64, from: i32, to: i32) -> Self {
        let step = STEPS_S
            .iter()
            .map(|seconds| seconds * 1e9)
            .find(|step| high / step <= 8.0)
            .unwrap_or(86_400e9);
        let mut ticks = Vec::new();
        let mut at = 0.0;
        while at <= high {
            ticks.push((at, time_label(at)));
            at += step;
        }
        Self {
            scale: Scale::Linear,
            low: 0.0,
            high,
            from,
            to,
            ticks,
        }
    }

    /// Shares from 0 to 100 %.
    pub(crate) fn share(from: i32, to: i32) -> Self {
        Self::percents((0, 100), 50, from, to)
    }

    /// Shares from the one percentage to the other, a tick each `step`; where there are some below
    /// 0, those above have a plus.
    pub(crate) fn percents((low, high): (i32, i32), step: usize, from: i32, to: i32) -> Self {
        let label = |percent: i32| {
            let sign = match percent.signum() {
                -1 => "−",
                1 if low < 0 => "+",
                _ => "",
            };
            format!("{sign}{} %", percent.abs())
        };
        let share = |percent: i32| f64::from(percent) / 100.0;
        let ticks = (low..=high).step_by(step);
        Self {
            scale: Scale::Linear,
            low: share(low),
            high: share(high),
            from,
            to,
            ticks: ticks
                .map(|percent| (share(percent), label(percent)))
                .collect(),
        }
    }

    /// Whole numbers from 0 to at least `high`, with at most four steps.
    pub(crate) fn counts(high: u64, from: i32, to: i32) -> Self {
        let mut steps = (0..19).flat_map(|ten| [1, 2, 5].map(|digit| digit * 10_u64.pow(ten)));
        let step = steps
            .find(|step| high.div_ceil(*step) <= 3)
            .unwrap_or(high.max(1));
        let top = high.div_ceil(step).max(1) * step;
        let ticks = (0..=top / step).map(|tick| ((tick * step) as f64, (tick * step).to_string()));
        Self {
            scale: Scale::Linear,
            low: 0.0,
            high: top as f64,
            from,
            to,
            ticks: ticks.collect(),
        }
    }

    /// Powers of ten that cover `values`, from one below the least, each written by `name`.
    pub(crate) fn decades(
        values: impl Iterator<Item = f64>,
        name: fn(f64) -> String,
        from: i32,
        to: i32,
    ) -> Self {
        let (low, high) = extent(values.filter(|value| *value > 0.0)).unwrap_or((1.0, 10.0));
        let power = |value: f64, round: fn(f64) -> f64| round(libm::log10(value)) as i32;
        // A bar as long as the least figure is to be seen, too.
        let low = power(low, libm::ceil) - 1;
        let high = power(high, libm::ceil).max(low + 1);
        let powers = (low..=high).map(|power| libm::pow(10.0, f64::from(power)));
        let ticks: Vec<(f64, String)> = powers.map(|value| (value, name(value))).collect();
        Self {
            scale: Scale::Logarithmic,
            low: ticks[0].0,
            high: ticks[ticks.len() - 1].0,
            from,
            to,
            ticks,
        }
    }

    /// Percentiles as `1 / (1 − q)` on a logarithmic scale: each nine takes the same room.
    pub(crate) fn nines(samples: usize, from: i32, to: i32) -> Self {
        let high = (samples.max(10) as f64).max(100.0);
        let mut ticks = vec![(1.0, "0 %".to_owned()), (2.0, "50 %".to_owned())];
        let (mut at, mut nines) = (10.0, 1_usize);
        while at <= high {
            let label = if nines < 3 {
                format!(
                    "{} %",
                    "9".repeat(nines) + if nines == 1 { "0" } else { "" }
                )
            } else {
                format!("99.{} %", "9".repeat(nines - 2))
            };
            ticks.push((at, label));
            if nines == 1 {
                ticks.push((20.0, "95 %".to_owned()));
            }
            at *= 10.0;
            nines += 1;
        }
        Self {
            scale: Scale::Logarithmic,
            low: 1.0,
            high,
            from,
            to,
            ticks,
        }
    }

    /// Draws this as the axis of height: lines across to `right`, labels left of `left`.
    pub(crate) fn draw_rows(&self, canvas: &Canvas<'_>, left: i32, right: i32) -> Drawn {
        for (value, label) in &self.ticks {
            let y = self.at(*value);
            canvas.grid((left, y), (right, y))?;
            canvas.text((left - 14, y), Side::Left, Ink::Black, label)?;
        }
        Ok(())
    }

    /// Draws this as the axis of width: lines up to `top`, labels under `bottom` when wanted.
    pub(crate) fn draw_columns(
        &self,
        canvas: &Canvas<'_>,
        top: i32,
        bottom: i32,
        labels: bool,
    ) -> Drawn {
        canvas.line(&[(self.from, bottom), (self.to, bottom)], Ink::Black, 2)?;
        for (value, label) in &self.ticks {
            let x = self.at(*value);
            canvas.grid((x, top), (x, bottom))?;
            if labels {
                let below: Point = (x, bottom + 30);
                canvas.text(below, Side::Middle, Ink::Black, label)?;
            }
        }
        Ok(())
    }
}

/// Every tenfold up to 10 s, then what clocks have.
const COARSE_NS: [f64; 14] = [
    1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 60e9, 600e9, 3_600e9, 36_000e9, 360_000e9,
];
/// The same with steps between, for values that lie close together.
const FINE_NS: [f64; 38] = [
    1e2, 2e2, 5e2, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 2e7, 5e7, 1e8,
    2e8, 5e8, 1e9, 2e9, 5e9, 10e9, 20e9, 30e9, 60e9, 120e9, 300e9, 600e9, 1_200e9, 1_800e9,
    3_600e9, 7_200e9, 18_000e9, 36_000e9, 360_000e9,
];
/// Steps of a linear time axis, seconds.
const STEPS_S: [f64; 17] = [
    0.001, 0.01, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0,
    3_600.0, 14_400.0,
];

/// The rungs from the last at or below `low` to the first at or above `high`; at least two.
fn ladder(rungs: &[f64], low: f64, high: f64) -> Vec<f64> {
    let last = rungs.len() - 1;
    let first = rungs
        .iter()
        .rposition(|rung| *rung <= low)
        .unwrap_or(0)
        .min(last - 1);
    let end = rungs
        .iter()
        .position(|rung| *rung >= high)
        .unwrap_or(last)
        .max(first + 1);
    rungs[first..=end].to_vec()
}

fn extent(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |extent, value| match extent {
        None => Some((value, value)),
        Some((low, high)) => Some((low.min(value), high.max(value))),
    })
}

/// A whole number of the largest unit that divides it.
fn time_label(ns: f64) -> String {
    let ns = libm::round(ns) as u64;
    let units = [
        (3_600_000_000_000, "h"),
        (60_000_000_000, "min"),
        (1_000_000_000, "s"),
        (1_000_000, "ms"),
        (1_000, "µs"),
        (1, "ns"),
    ];
    if ns == 0 {
        return "0".to_owned();
    }
    let (size, unit) = *units
        .iter()
        .find(|(size, _)| ns.is_multiple_of(*size))
        .unwrap_or(&units[5]);
    format!("{} {unit}", ns / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn a_wide_range_has_a_tick_for_each_power_of_ten_people_name() {
        let axis = Axis::log_time([2e6, 700e9].into_iter(), 100, 0);
        assert_eq!(
            labels(&axis),
            [
                "1 ms", "10 ms", "100 ms", "1 s", "10 s", "1 min", "10 min", "1 h"
            ]
        );
        assert_eq!((axis.at(1e6), axis.at(3_600e9)), (100, 0));
    }

    #[test]
    fn a_narrow_range_has_ticks_between() {
        assert_eq!(
            labels(&Axis::log_time([3e6, 40e6].into_iter(), 0, 9)),
            ["2 ms", "5 ms", "10 ms", "20 ms", "50 ms"]
        );
        assert_eq!(
            labels(&Axis::log_time([5e6].into_iter(), 0, 9)),
            ["5 ms", "10 ms"]
        );
        assert!(Axis::log_time(std::iter::empty(), 0, 9).ticks.len() > 1);
    }

    #[test]
    fn linear_time_starts_at_zero_with_few_ticks() {
        assert_eq!(
            labels(&Axis::linear_time(820e9, 0, 9)),
            ["0", "2 min", "4 min", "6 min", "8 min", "10 min", "12 min"]
        );
        assert_eq!(
            labels(&Axis::linear_time(2.5e9, 0, 9)),
            ["0", "500 ms", "1 s", "1500 ms", "2 s", "2500 ms"]
        );
    }

    #[test]
    fn nines_are_labelled_by_what_people_call_them() {
        let axis = Axis::nines(20_000, 0, 1_000);
        assert_eq!(
            labels(&axis),
            ["0 %", "50 %", "90 %", "95 %", "99 %", "99.9 %", "99.99 %"]
        );
    }

    #[test]
    fn counts_end_on_a_round_number() {
        assert_eq!(labels(&Axis::counts(73, 0, 9)), ["0", "50", "100"]);
        assert_eq!(labels(&Axis::counts(0, 0, 9)), ["0", "1"]);
    }

    #[test]
    fn percentages_have_a_sign_where_some_are_below_zero() {
        assert_eq!(labels(&Axis::share(0, 9)), ["0 %", "50 %", "100 %"]);
        let signed = Axis::percents((-100, 200), 100, 300, 0);
        assert_eq!(labels(&signed), ["−100 %", "0 %", "+100 %", "+200 %"]);
        assert_eq!(
            (signed.at(-1.0), signed.at(0.0), signed.at(2.0)),
            (300, 200, 0)
        );
    }

    #[test]
    fn nothing_leaves_the_axis() {
        let axis = Axis::log_time([1e6, 1e9].into_iter(), 100, 0);
        assert_eq!(
            (axis.at(0.0), axis.at(f64::NAN), axis.at(1e15)),
            (100, 100, 0)
        );
        assert!(!axis.shows(0.0));
    }
}
