//! From outcomes to figures and words. A map of the code:
//!
//! * [`Run`]: what is measured, everything one command simulated.
//! * [`percentile`](Quantile): exact order statistics over latencies; no samples is no data.
//! * [`phase`](Phase): which part of a cell a request belongs to, by its intended time.
//! * [`forecast`](forecast()): the reader p95 that the backfill's holds alone explain.
//! * [`floor`](floor_ns()): the least time the job can take beside the others.
//! * [`stall`](Stall): what else delayed readers, where that forecast is off.
//! * [`tail`](Tail): what the slowest requests waited for, and who had it.
//! * [`timeline`](Timeline): what happened in each modelled second.
//! * [`subject`](Subject): whose requests a strategy is judged by.
//! * `mean`: ratios, and their means over seeds.
//! * [`comparison`](Comparison): one line of figures per strategy and seed. Start here.
//! * [`standing`](Standing): what a strategy's figures mean, with every threshold.
//! * [`controls`](Controls): whether every control was caught, and by which oracle.
//! * [`operator`](Operator): what the operator was told, and whether it was so.
//! * [`verdict`](Verdict): the answer of a run, and what to do now.
//! * [`finding`](Judgement): the reasons in plain sentences.
//! * [`chunking`](Chunking): whether chunking helps in the regime of the scenario.
//! * `remark`: what makes figures doubtful.
//! * [`mod@unit`]: how figures are written for people.
//!
//! Nothing here runs anything or writes anywhere: same [`Run`], same answer.

mod chunking;
mod comparison;
mod controls;
mod finding;
mod floor;
mod forecast;
pub(crate) mod mean;
mod operator;
mod percentile;
mod phase;
mod remark;
mod run;
mod stall;
mod standing;
mod subject;
#[cfg(test)]
pub(crate) mod synthetic;
mod tail;
mod timeline;
pub mod unit;
mod verdict;

pub use chunking::Chunking;
pub use comparison::{Cell, Comparison, Paired, Pooled, StrategyResult};
pub use controls::Controls;
pub use finding::{Finding, Judgement, Tone};
pub use floor::floor_ns;
pub use forecast::{Excursion, Forecast, excursions, forecast};
pub use operator::Operator;
pub use percentile::{Latencies, Quantile, Stats};
pub use phase::{Phase, reads_in, requests_in};
pub use run::Run;
pub use stall::{Cause, Spent, Stall};
pub use standing::{Effect, Standing, Suffices};
pub use subject::Subject;
pub use tail::{Part, Tail};
pub use timeline::{Bin, Spread, Timeline};
pub use verdict::Verdict;
