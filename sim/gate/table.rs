//! `[[gate]]` tables of scenario files, and what is wrong with one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::expression::{Expression, Operator, Reference};
use super::grammar::{self, Fault, Parsed};
use super::metric::{Metric, Unit};
use crate::scenario::Family;
use crate::spelling;

/// What has to hold of a run, gate by gate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Gates(pub Vec<Table>);

/// Something that has to hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Gate")]
pub struct Table {
    /// What has to hold, as in `reader.p95 / baseline <= 1.05`.
    pub expect: String,
    /// The strategy it has to hold for; for all candidates unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// A difference up to this is none, whatever the ratio, as in `200us`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abs_floor: Option<String>,
    /// What a breach means.
    #[serde(default)]
    pub severity: Severity,
    /// How many requests a figure has to be made from, with every seed; 1000 for a 95th percentile
    /// and 10 000 for a 99th unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_samples: Option<u64>,
    /// Why it has to hold: shown when it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What a breach means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The run fails.
    #[default]
    Fail,
    /// It is shown.
    Warn,
}

/// A gate that can be judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// What has to hold; `of` says for which strategy, if not for all candidates.
    pub expression: Expression,
    /// The figure it is about.
    pub metric: Metric,
    /// A difference up to this is none, in the unit of the figure.
    pub floor: u64,
    /// What a breach means.
    pub severity: Severity,
    /// How many requests the figure has to be made from.
    pub least_samples: u64,
    /// Why it has to hold.
    pub why: Option<String>,
    /// Where it stands, as in `scenarios/smoke.toml:31`.
    pub place: String,
}

/// What is wrong with a key of a table, and in which bytes of its value.
pub(crate) type Slip = (&'static str, Fault);

impl Gates {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Gate {
    /// Whether it needs a baseline.
    #[must_use]
    pub fn needs_baseline(&self) -> bool {
        self.expression.reference == Some(Reference::Baseline)
    }

    /// That `metric` is not more than 5 % worse than in the baseline: what is asked of a scenario
    /// that has a baseline and asks nothing of this figure itself. 5 % is what a paired test tells
    /// from nothing with six seeds that differ by 4 %.
    pub(super) fn by_default(metric: Metric, place: &str) -> Self {
        let expression = format!("{} / baseline <= 1.05", metric.name);
        let parsed = grammar::parse(&expression).expect("a metric's name is a word");
        Self {
            expression: parsed.expression,
            floor: 0,
            severity: Severity::Fail,
            least_samples: metric.least_samples,
            metric,
            why: None,
            place: place.to_owned(),
        }
    }
}

impl Table {
    /// The gate it describes, at `place` in a scenario of `family`. It may name these strategies;
    /// any where they were looked at before, and some may since have been left out.
    ///
    /// # Errors
    /// With everything that is wrong with it.
    pub(crate) fn gate(
        &self,
        family: Family,
        strategies: Option<&[&str]>,
        place: String,
    ) -> Result<Gate, Vec<Slip>> {
        let mut slips = Vec::new();
        let parsed = grammar::parse(&self.expect).map_err(|slip| vec![("expect", slip)])?;
        let metric = Metric::of(&parsed.expression.metric, family);
        let metric = metric.map_err(|help| {
            let name = &parsed.expression.metric;
            let message = format!("there is no metric `{name}` here");
            vec![("expect", at(&parsed.metric, message, &help))]
        })?;
        let expect = limits(&parsed, &metric).into_iter();
        slips.extend(expect.map(|slip| ("expect", slip)));
        if let Some(strategies) = strategies {
            slips.extend(self.names(&parsed, strategies));
        }
        let floor = self.floor(&parsed, &metric).unwrap_or_else(|slip| {
            slips.push(("abs_floor", slip));
            0
        });
        if self.min_samples.is_some() && !metric.has_samples() {
            let message = format!("`{}` is not made from requests", metric.name);
            let help = "leave `min_samples` out";
            slips.push(("min_samples", at(&(0..0), message, help)));
        }
        if !slips.is_empty() {
            return Err(slips);
        }
        let mut expression = parsed.expression;
        expression.of = expression.of.or_else(|| self.strategy.clone());
        Ok(Gate {
            expression,
            floor,
            severity: self.severity,
            least_samples: self.min_samples.unwrap_or(metric.least_samples),
            metric,
            why: self.why.clone(),
            place,
        })
    }

    /// What is wrong with the strategies it names.
    fn names(&self, parsed: &Parsed, strategies: &[&str]) -> Vec<Slip> {
        let Expression { of, reference, .. } = &parsed.expression;
        let mut slips = Vec::new();
        let mut known = |key: &'static str, name: &str, span: &std::ops::Range<usize>| {
            if !strategies.contains(&name) {
                let message = format!("there is no strategy `{name}`");
                let help = spelling::did_you_mean(name, strategies, "strategies");
                slips.push((key, at(span, message, &help)));
            }
        };
        if let Some(name) = of {
            known("expect", name, &parsed.of);
        }
        if let Some(name) = &self.strategy {
            known("strategy", name, &(0..name.len()));
        }
        if let Some(Reference::Strategy(name)) = reference {
            known("expect", name, &parsed.reference);
        }
        if let (Some(_), Some(name)) = (of, &self.strategy) {
            let message = "`expect` says already whom it is about".to_owned();
            slips.push(("strategy", at(&(0..name.len()), message, "leave one out")));
        }
        slips
    }

    fn floor(&self, parsed: &Parsed, metric: &Metric) -> Result<u64, Fault> {
        let Some(text) = &self.abs_floor else {
            return Ok(0);
        };
        let whole = 0..text.len();
        if parsed.expression.reference.is_none() {
            let message = "there is nothing the figure is divided by".to_owned();
            return Err(at(&whole, message, "leave `abs_floor` out"));
        }
        let floor = grammar::quantity(text)?;
        unit(metric, floor.unit.map(|scale| scale.is_time()))
            .map_err(|(message, help)| at(&whole, message, help))?;
        let times = match metric.unit {
            Unit::Time | Unit::Count => 1.0,
            Unit::Share | Unit::Ratio => super::metric::BILLION,
        };
        Ok(libm::round(floor.value() * times) as u64)
    }
}

fn at(span: &std::ops::Range<usize>, message: String, help: &str) -> Fault {
    Fault {
        span: span.clone(),
        message,
        help: help.to_owned(),
    }
}

/// Whether the unit behind a number fits `metric`; `time` is whether it is one of time.
fn unit(metric: &Metric, time: Option<bool>) -> Result<(), (String, &'static str)> {
    let name = &metric.name;
    match (metric.unit, time) {
        (Unit::Time, Some(true))
        | (Unit::Share, Some(false))
        | (Unit::Count | Unit::Ratio | Unit::Share, None) => Ok(()),
        (Unit::Time, _) => Err((format!("`{name}` is a time"), "write for example 50ms")),
        (Unit::Share, _) => Err((format!("`{name}` is a share"), "write for example 1%")),
        _ => Err((
            format!("`{name}` is a plain number"),
            "write it without a unit",
        )),
    }
}

/// What is wrong with what a figure is compared with.
fn limits(parsed: &Parsed, metric: &Metric) -> Vec<Fault> {
    let Expression {
        reference,
        operator,
        limit,
        seeds,
        ..
    } = &parsed.expression;
    let time = limit.unit.map(|scale| scale.is_time());
    let mut faults = Vec::new();
    let Some(reference) = reference else {
        if let Err((message, help)) = unit(metric, time) {
            faults.push(at(&parsed.limit, message, help));
        }
        return faults;
    };
    if time == Some(true) {
        let message = "a ratio has no unit of time".to_owned();
        faults.push(at(&parsed.limit, message, "write for example 1.05"));
    }
    if *reference == Reference::NoBackfill && !metric.has_quiet() {
        let message = format!("there is no `{}` without a backfill", metric.name);
        let help = "divide by a strategy or by `baseline`";
        faults.push(at(&parsed.reference, message, help));
    }
    if *reference != Reference::Baseline {
        return faults;
    }
    if *operator == Operator::Equal {
        let message = "a baseline is not held with `==`".to_owned();
        let help = "write `<= 1.05`: a run that is the same in every event passes anyhow";
        faults.push(at(&parsed.operator, message, help));
    }
    let wrong_side = if operator.bounds_above() {
        limit.value() < 1.0
    } else {
        limit.value() > 1.0 || limit.value() <= 0.0
    };
    if wrong_side {
        let message = "what nothing has changed in would not pass".to_owned();
        let help = "write `<= 1.05` where more is worse, `>= 0.95` where less is";
        faults.push(at(&parsed.limit, message, help));
    }
    if seeds.is_some() {
        let message = "against a baseline all seeds are taken together".to_owned();
        let help = "leave it out: the mean of the ratios is judged, with its interval";
        faults.push(at(&parsed.seeds, message, help));
    }
    faults
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
