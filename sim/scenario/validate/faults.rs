//! When things go wrong: after the backfill's start, and before its horizon.

use super::Findings;
use super::ranges::LONGEST_RUN_S;
use crate::scenario::model::Model;

pub(super) fn cancel(model: &Model, findings: &mut Findings) {
    let Some(cancel) = &model.cancel else {
        return;
    };
    let span = (cancel.after_s, cancel.resume_after_s);
    stopped(findings, "cancel", span, model.phases.horizon_s);
}

/// What is stopped at `after_s`, and started again so long after that, as the table at `path` says,
/// is so within the run.
pub(crate) fn stopped(
    findings: &mut Findings,
    path: &str,
    (after_s, resume_after_s): (f64, Option<f64>),
    horizon_s: f64,
) {
    let after = begins(findings, &format!("{path}.after_s"), after_s, horizon_s);
    let Some(resume_after_s) = resume_after_s else {
        return;
    };
    let path = format!("{path}.resume_after_s");
    if findings.number(&path, resume_after_s, 0.0, LONGEST_RUN_S) && after {
        let at_s = after_s + resume_after_s;
        ends(findings, &path, "started again", at_s, horizon_s);
    }
}

pub(super) fn ledger_outage(model: &Model, findings: &mut Findings) {
    let Some(outage) = &model.ledger_outage else {
        return;
    };
    let horizon_s = model.phases.horizon_s;
    window(
        findings,
        "ledger_outage",
        (outage.after_s, outage.for_s),
        horizon_s,
    );
    if model.cancel.is_some() {
        let message = "a backfill that is stopped, too".to_owned();
        let help = "ask one question at a time: drop `[cancel]` or `[ledger_outage]`";
        findings.add("ledger_outage", message, help);
    }
}

/// What goes on for (`after_s`, `for_s`), as the table at `path` says, begins and ends within the
/// run.
pub(crate) fn window(
    findings: &mut Findings,
    path: &str,
    (after_s, for_s): (f64, f64),
    horizon_s: f64,
) {
    let begun = begins(findings, &format!("{path}.after_s"), after_s, horizon_s);
    let path = format!("{path}.for_s");
    if findings.number(&path, for_s, 0.001, LONGEST_RUN_S) && begun {
        ends(findings, &path, "over", after_s + for_s, horizon_s);
    }
}

/// Whether `after_s` lies within the run.
fn begins(findings: &mut Findings, path: &str, after_s: f64, horizon_s: f64) -> bool {
    let number = findings.number(path, after_s, 0.0, LONGEST_RUN_S);
    if after_s == 0.0 {
        let message = "0 disturbs a backfill that has not begun".to_owned();
        findings.add(path, message, "choose more than 0 seconds after its start");
    } else if number && after_s >= horizon_s {
        findings.add(
            path,
            format!("{after_s} s is not before the horizon of {horizon_s} s"),
            "choose less, or raise `phases.horizon_s`: nothing happens after it",
        );
    }
    number && after_s < horizon_s
}

/// Nothing that is `what` at `at_s` may be so after the run.
pub(crate) fn ends(findings: &mut Findings, path: &str, what: &str, at_s: f64, horizon_s: f64) {
    if at_s >= horizon_s {
        findings.add(
            path,
            format!(
                "{what} {at_s} s after the backfill's start, which is not before the horizon of \
                 {horizon_s} s"
            ),
            "choose less, or raise `phases.horizon_s`: nothing happens after it",
        );
    }
}
