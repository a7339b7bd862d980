//! What is written, read back and refused.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::scenario::Family;

fn made() -> Baseline {
    let document = json!({
        "scenario": "made-up", "scenario_hash": "0123456789abcdef",
        "strategies": [{ "name": "ours", "role": "candidate", "cells": [{
            "seed": 2, "digest": "d", "plan_hash": "p", "correct": true,
            "duration_ns": 7, "counters": { "syncs": 3 },
        }] }],
    });
    let summary = Summary::read(&document).unwrap();
    Baseline::of(
        &summary,
        &Metric::primary(Family::Columns),
        &Witness::default(),
    )
}

const EXPECTED: Expected<'_> = Expected {
    scenario_hash: "0123456789abcdef",
    seeds: &[2],
    any_provenance: false,
};

/// Keys are sorted and a figure has a line of its own, or no diff can be read.
#[test]
fn the_text_is_canonical() {
    let text = made().text();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let sorted = serde_json::to_string_pretty(&value).unwrap() + "\n";
    let is_sorted = |value: &serde_json::Value| {
        let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
        let set: BTreeSet<&String> = keys.iter().copied().collect();
        keys.into_iter().eq(set)
    };
    assert!(is_sorted(&value) && is_sorted(&value["strategies"][0]["cells"][0]));
    assert_eq!(text, sorted);
    assert!(text.contains("\n            \"duration\": 7\n"), "{text}");
    // A figure it does not have is not there, and counters nobody asked for are not kept.
    assert!(
        !text.contains("reader") && !text.contains("syncs"),
        "{text}"
    );
}

#[test]
fn what_is_saved_is_what_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    made().save(folder.path()).unwrap();
    assert_eq!(Baseline::load(folder.path(), "made-up").unwrap(), made());
    assert!(made().check(&EXPECTED).is_ok());
    let missing = Baseline::load(folder.path(), "another").unwrap_err();
    assert!(
        matches!(missing, BaselineError::Missing { .. }),
        "{missing}"
    );
}

#[test]
fn what_is_not_of_this_form_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = made().save(folder.path()).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    for (from, to, said) in [
        (
            "\"schema_version\": 1",
            "\"schema_version\": 2",
            "schema_version is 2, and not 1",
        ),
        ("\"schema_version\": 1,", "", "no schema_version"),
        ("\"seeds\"", "\"seed\"", "unknown field"),
        ("{", "[", "expected"),
    ] {
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let error = Baseline::load(folder.path(), "made-up").unwrap_err();
        assert!(error.to_string().contains(said), "{from}: {error}");
    }
}

/// Field by field, and with the command.
#[test]
fn what_is_of_another_run_is_refused() {
    let refused = |baseline: &Baseline, expected: &Expected<'_>| {
        let error = baseline.check(expected).unwrap_err();
        let help = miette::Diagnostic::help(&error).unwrap().to_string();
        assert!(help.contains("cargo sim baseline accept made-up"), "{help}");
        (error.to_string(), help)
    };
    let other = Expected {
        scenario_hash: "f00",
        seeds: &[2, 3],
        any_provenance: true,
    };
    let (said, help) = refused(&made(), &other);
    assert!(
        said.contains("scenario_hash: 0123456789ab there, f00 here"),
        "{said}"
    );
    assert!(said.contains("seeds: [2] there, [2, 3] here"), "{said}");
    assert!(!help.contains("drift"), "{help}");
    let mut older = made();
    older
        .provenance
        .insert("sqlite".to_owned(), "3.1".to_owned());
    older.provenance.remove("turmoil");
    let (said, help) = refused(&older, &EXPECTED);
    assert!(said.contains("provenance.sqlite: 3.1 there"), "{said}");
    assert!(
        said.contains("provenance.turmoil: not named there"),
        "{said}"
    );
    assert!(help.contains("--allow-provenance-drift"), "{help}");
    let any = Expected {
        any_provenance: true,
        ..EXPECTED
    };
    assert!(older.check(&any).is_ok());
    let mut ruled = made();
    ruled.percentile_rule = "interpolated".to_owned();
    assert!(refused(&ruled, &any).0.contains("percentile_rule"));
}
