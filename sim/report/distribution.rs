//! `latency-<strategy>.hgrm`: percentile distributions in the text form of HdrHistogram, which its
//! plotters read. Values are milliseconds of exact samples: nearest rank, no buckets.

use std::io::{self, Write};

use super::Report;
use super::error::ReportError;
use super::evidence::{Evidence, file_part};
use super::stage::Stage;
use crate::measure::{Latencies, Subject};
use crate::outcome::NO_BACKFILL;

/// Writes one file per strategy with latencies, and one for the run without a backfill.
pub(super) struct Distributions;

/// Steps in each half of what is left to 100 %, HdrHistogram's own default.
const TICKS_PER_HALF: u32 = 5;

impl Report for Distributions {
    fn write(&self, evidence: &Evidence<'_>, stage: &mut Stage) -> Result<(), ReportError> {
        let quiet = (NO_BACKFILL, &evidence.quiet);
        let strategies = evidence
            .strategies()
            .map(|shown| (shown.result.name.as_str(), shown.judged));
        let seeds = evidence.seeds();
        for (name, latencies) in std::iter::once(quiet).chain(strategies) {
            if latencies.as_slice().is_empty() {
                continue;
            }
            let file = format!("latency-{}.hgrm", file_part(name));
            let title = format!(
                "{} latency in ms during the backfill: {name}, seeds {seeds}, pooled",
                if evidence.comparison.subject == Subject::Readers {
                    "Reader"
                } else {
                    "Writer"
                }
            );
            stage.file(&file, |file| write_distribution(file, &title, latencies))?;
        }
        Ok(())
    }
}

fn write_distribution(file: &mut dyn Write, title: &str, latencies: &Latencies) -> io::Result<()> {
    let sorted = latencies.as_slice();
    let count = sorted.len();
    writeln!(file, "#[{title}]")?;
    writeln!(
        file,
        "{:>12} {:>14} {:>10} {:>14}\n",
        "Value", "Percentile", "TotalCount", "1/(1-Percentile)"
    )?;
    let (mut below, mut half) = (0.0, 1.0);
    'halves: loop {
        half /= 2.0;
        for tick in 0..TICKS_PER_HALF {
            let percentile = below + half * f64::from(tick) / f64::from(TICKS_PER_HALF);
            let rank = (percentile * count as f64).ceil().max(1.0) as usize;
            if rank >= count {
                break 'halves;
            }
            let row = (millis(sorted[rank - 1]), rank);
            writeln!(
                file,
                "{:>12} {percentile:>14.12} {:>10} {:>14.2}",
                row.0,
                row.1,
                1.0 / (1.0 - percentile)
            )?;
        }
        below += half;
    }
    let max = sorted[count - 1];
    writeln!(file, "{:>12} {:>14.12} {count:>10}", millis(max), 1.0)?;
    let (mean, deviation) = moments(sorted);
    writeln!(
        file,
        "#[Mean    = {mean:>12.3}, StdDeviation   = {deviation:>12.3}]"
    )?;
    writeln!(
        file,
        "#[Max     = {:>12}, Total count    = {count:>12}]",
        millis(max)
    )
}

fn millis(ns: u64) -> String {
    format!("{:.3}", ns as f64 / 1e6)
}

/// Mean and population standard deviation, milliseconds. Summed in ascending order, so the same
/// samples give the same bits.
fn moments(sorted: &[u64]) -> (f64, f64) {
    let count = sorted.len() as f64;
    let mean = sorted.iter().map(|&ns| u128::from(ns)).sum::<u128>() as f64 / count;
    let squares: f64 = sorted
        .iter()
        .map(|&ns| (ns as f64 - mean) * (ns as f64 - mean))
        .sum();
    (mean / 1e6, libm::sqrt(squares / count) / 1e6)
}
