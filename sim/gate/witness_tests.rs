//! Requests that add up, and those that do not.

use super::*;
use crate::outcome::{RequestKind, Service};

/// Two reads, of which the second is still unanswered at the end.
fn requests() -> Vec<Request> {
    let request = |intended_ns: u64, finished_ns: u64, failed| Request {
        kind: RequestKind::Stats,
        intended_ns,
        acquired_ns: intended_ns,
        finished_ns,
        failed,
        service: Service::default(),
    };
    vec![request(0, 1_000, false), request(500, 2_500, true)]
}

fn log(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|&line| line.to_owned()).collect()
}

#[test]
fn requests_are_conserved() {
    let sound = log(&[
        "0 chunk 1 of 2",
        "1000 request 0 stats intended 0 acquired 0 answered",
    ]);
    assert_eq!(conserved(&requests(), &sound), Ok(()));
    assert_eq!(little(&requests(), &sound), Ok(()));
    let lost = conserved(&requests(), &[]).unwrap_err();
    assert!(
        lost.contains("1 are said to be answered; the log has 0 answers"),
        "{lost}"
    );
    let failed = log(&["1000 request 0 stats intended 0 acquired 0 failed: busy"]);
    assert!(conserved(&requests(), &failed).is_err());
    let twice = [sound.as_slice(), sound.as_slice()].concat();
    assert_eq!(
        conserved(&requests(), &twice),
        Err("request 0 stats ended twice".to_owned())
    );
    assert_eq!(conserved(&[], &[]), Ok(()));
}

/// Latencies that are not those of the log: one in a hundred is more than may be off.
#[test]
fn littles_law_sees_latencies_that_are_not_those_of_the_log() {
    let of_log = log(&["1000 request 0 stats intended 0 acquired 0 answered"]);
    let mut other = requests();
    other[0].finished_ns = 1_020;
    assert_eq!(little(&other, &of_log), Ok(()));
    other[0].finished_ns = 1_100;
    assert!(little(&other, &of_log).is_err());
    assert_eq!(little(&[], &[]), Ok(()));
}

#[test]
fn the_first_cell_is_run_twice() {
    let witness = Witness::default();
    assert!(witness.wants_twice("ours seed 1"));
    assert!(!witness.wants_twice("ours seed 2"));
    let checks = witness.self_checks();
    assert_eq!(
        checks.len(),
        1,
        "cells without requests have none to add up"
    );
    assert!(checks[0].passed && checks[0].detail.starts_with("ours seed 1"));
}
