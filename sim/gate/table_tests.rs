//! What a `[[gate]]` may say, and where the rest is refused.

use super::*;

const STRATEGIES: [&str; 2] = ["single-transaction", "ours"];

fn table(expect: &str) -> Table {
    Table {
        expect: expect.to_owned(),
        strategy: None,
        abs_floor: None,
        severity: Severity::Fail,
        min_samples: None,
        why: None,
    }
}

fn gate(table: &Table, family: Family) -> Result<Gate, Vec<Slip>> {
    table.gate(family, Some(&STRATEGIES), String::new())
}

/// The key, the letters and the message of the first slip.
fn slip(table: &Table, family: Family) -> (&'static str, String, String) {
    let (key, fault) = gate(table, family).unwrap_err().remove(0);
    let text = match key {
        "expect" => &table.expect,
        "strategy" => table.strategy.as_ref().unwrap(),
        "abs_floor" => table.abs_floor.as_ref().unwrap(),
        _ => "",
    };
    (key, text[fault.span].to_owned(), fault.message)
}

#[test]
fn what_is_left_out_has_a_default() {
    let p95 = gate(&table("reader.p95 / baseline <= 1.05"), Family::Columns).unwrap();
    assert_eq!((p95.least_samples, p95.floor), (1_000, 0));
    assert!(p95.needs_baseline());
    let p99 = gate(&table("reader.p99 < 3s"), Family::Columns).unwrap();
    assert_eq!(p99.least_samples, 10_000);
    let told = Table {
        strategy: Some("ours".to_owned()),
        abs_floor: Some("200us".to_owned()),
        min_samples: Some(59),
        ..table("reader.p95 / no_backfill <= 3")
    };
    let told = gate(&told, Family::Listing).unwrap();
    assert_eq!((told.least_samples, told.floor), (59, 200_000));
    assert_eq!(told.expression.of.as_deref(), Some("ours"));
    let share = Table {
        abs_floor: Some("0.1%".to_owned()),
        ..table("requests.wasted / baseline <= 1.05")
    };
    assert_eq!(gate(&share, Family::Listing).unwrap().floor, 1_000_000);
}

/// What is expected, in which family, the letters that are wrong, and the message.
const WRONG: [(&str, Family, &str, &str); 16] = [
    (
        "reader.p59 < 1s",
        Family::Columns,
        "reader.p59",
        "no metric",
    ),
    (
        "requests.wasted <= 1%",
        Family::Columns,
        "requests.wasted",
        "no metric",
    ),
    (
        "writer.p95 < 1s",
        Family::Listing,
        "writer.p95",
        "no metric",
    ),
    (
        "duration / singel-transaction <= 1",
        Family::Columns,
        "singel-transaction",
        "no strategy",
    ),
    (
        "duration of our <= 1s",
        Family::Columns,
        "our",
        "no strategy",
    ),
    ("reader.p95 < 50", Family::Columns, "50", "is a time"),
    ("requests < 50ms", Family::Listing, "50ms", "plain number"),
    (
        "requests.wasted < 1ms",
        Family::Listing,
        "1ms",
        "is a share",
    ),
    (
        "reader.p95 / no_backfill <= 3ms",
        Family::Columns,
        "3ms",
        "no unit of time",
    ),
    (
        "duration / no_backfill <= 3",
        Family::Columns,
        "no_backfill",
        "without a backfill",
    ),
    (
        "duration / baseline == 1",
        Family::Columns,
        "==",
        "not held with",
    ),
    (
        "duration / baseline <= 0.9",
        Family::Columns,
        "0.9",
        "would not pass",
    ),
    (
        "items_per_s / baseline >= 1.1",
        Family::Processing,
        "1.1",
        "would not pass",
    ),
    (
        "items_per_s / baseline >= 0",
        Family::Processing,
        "0",
        "would not pass",
    ),
    (
        "duration / baseline <= 1.1 for any seed",
        Family::Columns,
        "any seed",
        "taken together",
    ),
    (
        "duration < 1s tomorrow",
        Family::Columns,
        "tomorrow",
        "one word too many",
    ),
];

#[test]
fn what_is_wrong_is_refused_where_it_stands() {
    for (expect, family, place, message) in WRONG {
        let (key, found, said) = slip(&table(expect), family);
        assert_eq!((key, found.as_str()), ("expect", place), "{expect}: {said}");
        assert!(said.contains(message), "{expect}: {said}");
    }
}

#[test]
fn keys_that_do_not_fit_are_refused() {
    let with = |change: fn(&mut Table), expect: &str| {
        let mut table = table(expect);
        change(&mut table);
        slip(&table, Family::Columns)
    };
    let floor: fn(&mut Table) = |table| table.abs_floor = Some("3ms".to_owned());
    assert_eq!(with(floor, "duration < 1s").0, "abs_floor");
    assert_eq!(with(floor, "counter.syncs / baseline <= 2").0, "abs_floor");
    let odd: fn(&mut Table) = |table| table.abs_floor = Some("a bit".to_owned());
    assert_eq!(with(odd, "duration / baseline <= 2").1, "a");
    let samples: fn(&mut Table) = |table| table.min_samples = Some(3);
    assert_eq!(with(samples, "duration < 1s").0, "min_samples");
    let twice: fn(&mut Table) = |table| table.strategy = Some("ours".to_owned());
    assert_eq!(with(twice, "duration of ours < 1s").0, "strategy");
    let strange: fn(&mut Table) = |table| table.strategy = Some("theirs".to_owned());
    let (key, place, _) = with(strange, "duration < 1s");
    assert_eq!((key, place.as_str()), ("strategy", "theirs"));
}
