//! What a scenario on a database of one's own must say, and what it must not.
//!
//! Nothing here opens the file: whether the job and the statements fit it is asked when all of this
//! is right.

use std::collections::BTreeSet;

use super::Findings;
use super::ranges::MOST_PER_S;
use crate::scenario::job::Job;
use crate::scenario::model::{Model, Role, ShapeKind, StrategyKind};
use crate::scenario::place::KeyPath;
use crate::scenario::traffic::{Param, Query};
use crate::spelling;

/// Key for key, what only makes sense with `database.file`.
pub(super) fn own(model: &Model, findings: &mut Findings) {
    if model.database.file.is_none() {
        for (table, given) in [
            ("job", model.job.is_some()),
            ("readers", !model.readers.is_empty()),
            ("writers", !model.writers.is_empty()),
            ("apply", model.apply.is_some()),
        ] {
            if given {
                let message = "it is about a database of one's own, and none is named".to_owned();
                findings.add(
                    table,
                    message,
                    "add `file = \"shop.sqlite\"` to `[database]`",
                );
            }
        }
        return;
    }
    match &model.job {
        None => {
            let message = "`database.file` is given, but not what is to be done in it".to_owned();
            let help = "add `[job]` with `name`, `table`, `key` and `set`";
            findings.add("job", message, help);
        }
        Some(job) => check_job(job, findings),
    }
    if model.readers.is_empty() {
        let message = "nobody reads, so nobody can be kept waiting".to_owned();
        let help = "add `[[readers.query]]` with `name`, `sql` and `rate_per_s`";
        findings.add("readers", message, help);
    }
    traffic(model, findings);
    strategies(model, findings);
    apply(model, findings);
}

fn check_job(job: &Job, findings: &mut Findings) {
    for (key, said) in [
        ("name", &job.name),
        ("table", &job.table),
        ("key", &job.key),
    ] {
        if said.trim().is_empty() {
            let path = KeyPath::new(["job", key]);
            findings.add(path, "it is empty".to_owned(), "give it a name");
        }
    }
    if !job.is_rollup() {
        if job.set.is_none() {
            let message = "it does not say what to put into the rows".to_owned();
            let help = "add `set = \"column = …\"`, or `column`, `source`, `source_key`, `refers` \
                        and `value` for a largest value over another table";
            findings.add("job", message, help);
        }
        return;
    }
    for (key, given) in [
        ("eligible", job.eligible.is_some()),
        ("set", job.set.is_some()),
    ] {
        if given {
            let message = "a largest value over another table says by itself which rows and what";
            let help = "remove it, or `column`, `source`, `source_key`, `refers` and `value`";
            findings.add(KeyPath::new(["job", key]), message.to_owned(), help);
        }
    }
    for (key, said) in job.rollup() {
        if said.is_none() {
            let message = format!("a largest value over another table needs `{key}`");
            findings.add("job", message, format!("add `{key} = \"…\"`"));
        }
    }
}

fn traffic(model: &Model, findings: &mut Findings) {
    let readers = model.readers.query.iter().enumerate();
    let readers = readers.map(|(nth, one)| (["readers", "query"], nth, one));
    let writers = model.writers.statement.iter().enumerate();
    let writers = writers.map(|(nth, one)| (["writers", "statement"], nth, one));
    let mut names = BTreeSet::new();
    for (list, nth, query) in readers.chain(writers) {
        let at = |key: &str| {
            let nth = nth.to_string();
            KeyPath::new(list.into_iter().chain([nth.as_str(), key]))
        };
        if query.name.trim().is_empty() || query.name.contains(char::is_control) {
            let message = "it cannot be shown in a report".to_owned();
            findings.add(at("name"), message, "write a word or two");
        } else if !names.insert(query.name.as_str()) {
            let message = format!("`{}` is the name of another statement", query.name);
            findings.add(
                at("name"),
                message,
                "figures are told apart by it: choose another",
            );
        }
        check_rate(query, at("rate_per_s"), findings);
        for (number, param) in query.params.iter().enumerate() {
            let path = at("params").keys().to_vec();
            let path = KeyPath::new(path.into_iter().chain([number.to_string()]));
            check_param(param, path, findings);
        }
    }
}

fn check_rate(query: &Query, path: KeyPath, findings: &mut Findings) {
    let rate = query.rate_per_s;
    if !(0.0..=MOST_PER_S).contains(&rate) {
        let message = format!("{rate} is no number of arrivals per second");
        findings.add(path, message, format!("choose from 0 to {MOST_PER_S}"));
    }
}

fn check_param(param: &Param, path: KeyPath, findings: &mut Findings) {
    let help = "write `{ column = \"table.column\" }` or `{ from = 1, to = 100 }`";
    match (&param.column, param.from, param.to) {
        (Some(column), None, None) => {
            if param
                .place()
                .is_none_or(|(table, name)| table.is_empty() || name.is_empty())
            {
                let message = format!("`{column}` is no table with a column");
                findings.add(path, message, help);
            }
        }
        (None, Some(from), Some(to)) if from > to => {
            let message = format!("there is no number from {from} to {to}");
            findings.add(path, message, "let `from` be no more than `to`");
        }
        (None, Some(_), Some(_)) => {}
        _ => findings.add(path, "it says no value".to_owned(), help),
    }
}

fn strategies(model: &Model, findings: &mut Findings) {
    let rollup = model.job.as_ref().is_some_and(Job::is_rollup);
    for (name, strategy) in &model.strategies {
        let at = |key| KeyPath::new(["strategies", name, key]);
        let fits = matches!(
            strategy.kind,
            StrategyKind::SingleTransaction
                | StrategyKind::Chunked
                | StrategyKind::DressedSingleTransaction
        );
        if !fits {
            let message = format!("a {} is of the seeded data only", strategy.kind.name());
            let help = "on a database of one's own there are `single-transaction`, `chunked` and \
                        the control `dressed-single-transaction`";
            findings.add(at("kind"), message, help);
        }
        let in_place = strategy.shape.unwrap_or_default() == ShapeKind::InPlace;
        if !in_place && !rollup {
            let message = "only a largest value over another table can be read and written apart";
            let help = "remove it, or write `column`, `source`, `source_key`, `refers` and `value` \
                        in `[job]` instead of `set`";
            findings.add(at("shape"), message.to_owned(), help);
        }
    }
}

fn apply(model: &Model, findings: &mut Findings) {
    let Some(apply) = &model.apply else { return };
    let (path, name) = ("apply.strategy", apply.strategy.as_str());
    match model.strategies.get(name) {
        None => {
            let known: Vec<&String> = model.strategies.keys().collect();
            let help = spelling::did_you_mean(name, &known, "strategies");
            findings.add(path, format!("there is no strategy `{name}`"), help);
        }
        Some(strategy) if strategy.kind != StrategyKind::Chunked => {
            let message = format!("`{name}` does not work in chunks");
            findings.add(path, message, "name a strategy with `kind = \"chunked\"`");
        }
        Some(strategy) if strategy.role == Role::Control => {
            let message = format!("`{name}` is a control, which is there to be caught");
            findings.add(path, message, "name a candidate");
        }
        Some(_) => {}
    }
}
