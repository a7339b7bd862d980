//! `sim gate`: scenarios held to their gates and to what they were when they were accepted.

use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::json;

use super::gated::{Case, Done, folder, with_baseline};
use super::run::interrupts;
use super::seeds::SeedList;
use super::{exit, print, show};
use crate::gate::{self, Baseline, Expected, Judged, Trace};
use crate::outcome::Oracle;
use crate::scenario::Seeds;

/// Which scenarios to judge, and how to show it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Scenarios [default: all that have a baseline]
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// Runs these seeds instead of the baseline's
    #[arg(long, value_name = "LIST")]
    seeds: Option<SeedList>,
    /// Cells to run at the same time [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    jobs: Option<u32>,
    /// Runs every cell twice and compares them event by event
    #[arg(long)]
    check: bool,
    /// Fails where there is too little to judge
    #[arg(long)]
    strict: bool,
    /// Compares with a baseline that other versions of what shapes a result have made
    #[arg(long)]
    allow_provenance_drift: bool,
    /// What is printed to standard output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// What is printed to standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A screenful for each gate that did not pass, for people
    Human,
    /// One JSON document for programs
    Json,
    /// The same as for people, with lines that GitHub shows beside the scenario file
    Github,
    /// One JUnit document
    Junit,
}

/// A scenario that was run, and what came of it.
struct Judgement {
    case: Case,
    done: Done,
    code: u8,
}

/// Judges them all, shows what came of them and says the worst.
pub(super) fn gate(args: &Args) -> ExitCode {
    let cases = match args.cases() {
        Ok(cases) => cases,
        Err(code) => return ExitCode::from(code),
    };
    if cases.is_empty() {
        eprintln!(
            "there is nothing to judge: no scenario has a baseline in {}; make one with `{}`",
            folder().display(),
            gate::accept_command("SCENARIO")
        );
        return ExitCode::from(exit::NOTHING_TO_JUDGE);
    }
    let stop = match interrupts() {
        Ok(stop) => stop,
        Err(error) => {
            show(error);
            return ExitCode::from(exit::INTERNAL);
        }
    };
    let (mut judged, mut worst) = (Vec::new(), exit::PASS);
    for case in cases {
        eprintln!("== {}", case.name);
        match case.run(stop) {
            Ok(done) => {
                let code = code(&done, args.strict);
                worst = exit::worse(worst, code);
                judged.push(Judgement { case, done, code });
            }
            Err((code, error)) => {
                show(error);
                worst = exit::worse(worst, code);
            }
        }
        if worst == exit::INTERRUPTED {
            break;
        }
    }
    let text = match args.format {
        Format::Human => human(&judged),
        Format::Json => json(&judged, worst),
        Format::Github => github(&judged) + &human(&judged),
        Format::Junit => junit(&judged),
    };
    if print(&text) != ExitCode::from(exit::PASS) {
        return ExitCode::from(exit::INTERNAL);
    }
    ExitCode::from(worst)
}

/// What a scenario comes to: first of all it has to be right.
fn code(done: &Done, strict: bool) -> u8 {
    match done.shown.code() {
        exit::PASS if done.self_checks.iter().all(|check| check.passed) => {
            exit::of_gates(&done.shown.gates, strict)
        }
        exit::PASS => exit::FAILED,
        code => code,
    }
}

impl Args {
    /// What is to be run, each with its baseline. Everything is looked at before anything runs.
    fn cases(&self) -> Result<Vec<Case>, u8> {
        let folder = folder();
        let mut names = self.scenarios.clone();
        if names.is_empty() {
            names = with_baseline(&folder);
        }
        let mut cases = Vec::new();
        let mut worst = exit::PASS;
        for name in names {
            let case = self.case(&name);
            match case {
                Ok(case) => cases.push(case),
                Err((code, error)) => {
                    show(error);
                    worst = exit::worse(worst, code);
                }
            }
        }
        if worst == exit::PASS {
            Ok(cases)
        } else {
            Err(worst)
        }
    }

    fn case(&self, name: &str) -> Result<Case, (u8, miette::Report)> {
        let invalid = |error| (exit::INVALID, error);
        // The stem of a file, or the name that was given: as it stands in the baseline.
        let stem = Case::of(name, None, self.jobs).map_err(invalid)?.name;
        let folder = folder();
        let baseline = Baseline::load(&folder, &stem);
        let baseline = baseline.map_err(|error| (exit::NO_BASELINE, error.into()))?;
        let own = Seeds(baseline.seeds.clone());
        let seeds = self.seeds.as_ref().map_or(&own, |list| &list.0);
        let mut case = Case::of(name, Some(seeds), self.jobs).map_err(invalid)?;
        let expected = Expected {
            scenario_hash: &case.loaded.hash(),
            seeds: &case.seeds(),
            any_provenance: self.allow_provenance_drift,
        };
        let same = baseline.check(&expected);
        same.map_err(|error| (exit::NO_BASELINE, error.into()))?;
        case.check(self.check);
        case.hold(baseline, &Baseline::path(&folder, &stem));
        Ok(case)
    }
}

fn human(judged: &[Judgement]) -> String {
    let all = judged.iter().map(|one| {
        let mut text = head(one);
        let open = one.done.shown.gates.iter().filter(|gate| !gate.passed());
        let report = one.case.report();
        for gate in open {
            text.push('\n');
            text.push_str(&gate::text(gate, trace(&one.case.name, &report)));
        }
        text
    });
    all.collect::<Vec<String>>().join("\n")
}

const fn trace<'a>(scenario: &'a str, report: &'a str) -> Trace<'a> {
    Trace { scenario, report }
}

/// What came of a scenario in a few lines.
fn head(one: &Judgement) -> String {
    let Judgement { case, done, code } = one;
    let name = &case.name;
    let word = if *code == exit::PASS { "ok" } else { "not ok" };
    let seeds = match done.summary.seeds().len() {
        1 => "1 seed".to_owned(),
        more => format!("{more} seeds"),
    };
    let gates = gate::line(&done.shown.gates).unwrap_or_else(|| "gates: none".to_owned());
    let mut text = format!("{name}  {word}, {seeds}\n  {gates}\n");
    text.push_str(&format!("  {}\n", cells(one)));
    let compared = comparisons(&done.shown.gates);
    text.push_str(&format!(
        "  comparisons: {compared}, with one chance of 5 % among them (Holm)\n"
    ));
    for Oracle {
        name,
        passed,
        detail,
    } in &done.self_checks
    {
        let sign = if *passed { "✓" } else { "✗" };
        text.push_str(&format!("  {sign} {name}: {detail}\n"));
    }
    if done.shown.code() != exit::PASS {
        text.push_str(&format!(
            "  the run itself failed: see {}/index.html\n",
            case.report()
        ));
    }
    text
}

/// Tests that were made in a run.
fn comparisons(gates: &[Judged]) -> usize {
    let mut made = gates.iter().filter_map(|gate| Some(gate.test?.comparisons));
    made.next().unwrap_or(0)
}

/// How many cells are what they were, and which are not.
fn cells(one: &Judgement) -> String {
    let Some(baseline) = one.case.baseline() else {
        return "cells: nothing to compare with".to_owned();
    };
    let (mut identical, mut changed) = (0, Vec::new());
    for subject in &one.done.summary.subjects {
        let kept = |seed| baseline.cell(&subject.strategy, &subject.workload, seed);
        let same = |cell: &&gate::Cell| kept(cell.seed).is_some_and(|it| it.digest == cell.digest);
        let of_it = subject.cells.iter().filter(same).count();
        identical += of_it;
        if of_it < subject.cells.len() {
            changed.push(format!(
                "{} {}",
                subject.title(),
                subject.cells.len() - of_it
            ));
        }
    }
    if changed.is_empty() {
        return format!("cells: {identical} identical");
    }
    let accept = gate::accept_command(&one.case.name);
    format!(
        "cells: {identical} identical, changed: {}; to keep what they are now: {accept}",
        changed.join(", ")
    )
}

fn json(judged: &[Judgement], worst: u8) -> String {
    let scenarios: Vec<serde_json::Value> = judged
        .iter()
        .map(|one| {
            json!({
                "scenario": one.case.name,
                "exit_code": one.code,
                "gates": one.done.shown.gates,
                "self_checks": one.done.self_checks,
                "comparisons": comparisons(&one.done.shown.gates),
            })
        })
        .collect();
    let document = json!({ "schema_version": 1, "exit_code": worst, "scenarios": scenarios });
    format!("{document:#}\n")
}

fn github(judged: &[Judgement]) -> String {
    let lines = judged.iter().flat_map(|one| {
        let gates = one.done.shown.gates.iter();
        gates.filter_map(|gate| gate::annotation(&one.case.name, gate))
    });
    lines.collect()
}

fn junit(judged: &[Judgement]) -> String {
    let reports: Vec<String> = judged.iter().map(|one| one.case.report()).collect();
    let all: Vec<(Trace<'_>, &[Judged])> = judged
        .iter()
        .zip(&reports)
        .map(|(one, report)| (trace(&one.case.name, report), &*one.done.shown.gates))
        .collect();
    gate::junit(&all)
}
