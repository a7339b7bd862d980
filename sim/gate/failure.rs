//! What somebody reads whose pull request is red: a screenful for each gate that did not pass. What
//! was asked and where, what came of it, why, how to see it again, and what to do next.

use super::baseline::accept_command;
use super::judged::{Change, Judged, Verdict};
use crate::shell::quoted;

/// What leads from a gate back to its run.
#[derive(Clone, Copy, Debug)]
pub struct Trace<'a> {
    /// The scenario, as commands take it.
    pub scenario: &'a str,
    /// Where its report lies.
    pub report: &'a str,
}

/// The text of one gate, and what to do about it where it did not pass.
#[must_use]
pub fn text(judged: &Judged, trace: Trace<'_>) -> String {
    let Trace { scenario, .. } = trace;
    let verdict = judged.verdict.word();
    let change = judged
        .change
        .map_or(String::new(), |change| format!(" ({})", change.word()));
    let mut text = format!(
        "{verdict}  {scenario} / {}   {}     {}\n",
        judged.title(),
        judged.expect,
        judged.place
    );
    let mut line = |name: &str, what: &str| {
        text.push_str(&format!("      {name:<6}{what}\n"));
    };
    line("", &format!("{}{change}", judged.detail));
    if judged.verdict == Verdict::Pass {
        return text;
    }
    let whys = [&judged.divergence, &judged.why];
    for (nth, why) in whys.into_iter().flatten().enumerate() {
        line(if nth == 0 { "why" } else { "" }, why);
    }
    if let Some(seed) = judged.seed {
        let name = quoted(&judged.strategy);
        line(
            "repro",
            &format!("cargo sim run {scenario} --seed {seed} --strategy {name}"),
        );
    }
    for (nth, next) in next(judged, trace).iter().enumerate() {
        line(if nth == 0 { "next" } else { "" }, next);
    }
    text
}

fn next(judged: &Judged, trace: Trace<'_>) -> Vec<String> {
    let Trace { scenario, report } = trace;
    let look = format!("open {report}/index.html");
    match (judged.verdict, judged.change) {
        (Verdict::Insufficient, Some(Change::Unstable)) => vec![
            format!(
                "too few seeds to tell: `cargo sim baseline accept {scenario} --seeds 1..12 \
                 --reason \"…\"` on the code before the change, then `cargo sim gate {scenario}`"
            ),
            format!("or {look}"),
        ],
        (Verdict::Insufficient, _) => vec!["see what it takes above".to_owned()],
        (Verdict::NoData, _) => vec![format!("no data never passes: {look}, or ask for less")],
        (_, Some(_)) => vec![
            format!(
                "expected? `{}` and commit reports/baselines/{scenario}.json",
                accept_command(scenario)
            ),
            format!("not expected? {look}"),
        ],
        _ => vec![look],
    }
}
