//! Expressions that are read, those that are not, and that writing one out reads as the same.

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Expression {
    parse(text)
        .map_err(|fault| fault.message)
        .unwrap()
        .expression
}

#[test]
fn the_examples_are_read() {
    let slo = read("reader.p95 < 50ms for all seeds");
    assert_eq!(
        (slo.metric.as_str(), slo.seeds),
        ("reader.p95", Some(Seeds::All))
    );
    assert!((slo.limit.value() - 50e6).abs() < 1e-9);
    let ratio = read("reader.p95 / no_backfill <= 3");
    assert_eq!(ratio.reference, Some(Reference::NoBackfill));
    let other = read("duration of fixed-500-100ms / single-transaction <= 1.25");
    assert_eq!(other.of.as_deref(), Some("fixed-500-100ms"));
    let named = Reference::Strategy("single-transaction".to_owned());
    assert_eq!(other.reference, Some(named));
    let share = read("requests.wasted <= 1%");
    assert_eq!(share.limit.unit, Some(Scale::Percent));
    assert!((share.limit.value() - 0.01).abs() < 1e-15);
    let bare = read("reader.p95/baseline<=1.05");
    assert_eq!(bare.reference, Some(Reference::Baseline));
    assert_eq!(
        read("counter.syncs <= 1_000 for 90% of seeds").seeds,
        Some(Seeds::Percent(90.0))
    );
    assert_eq!(
        read("reader.max < 2 min for any seed").limit.unit,
        Some(Scale::Min)
    );
    // A strategy may be called as a reference is.
    let quoted = read("duration / 'baseline' <= 1");
    assert_eq!(
        quoted.reference,
        Some(Reference::Strategy("baseline".to_owned()))
    );
}

#[test]
fn what_is_wrong_is_found_where_it_stands() {
    for (text, place, message) in [
        ("", "", "a metric is missing"),
        ("reader.p95 <", "<", "a number is missing"),
        ("reader.p95 50ms", "50ms", "stands where one of"),
        ("reader.p95 << 3", "<", "stands where a number should"),
        ("reader.p95 = 3", "=", "stands where one of"),
        ("reader.p95 < fifty", "fifty", "is not a number"),
        ("reader.p95 < 50mm", "50mm", "none of the units"),
        ("reader.p95 < 1.2.3", "1.2.3", "is not a number"),
        ("reader.p95 / < 3", "<", "stands where `no_backfill`"),
        ("duration / 'x < 3", "'x < 3", "the quote is not closed"),
        ("duration < 3s for most seeds", "most", "is not a number"),
        (
            "duration < 3s for 190% of seeds",
            "190%",
            "no share of the seeds",
        ),
        ("duration < 3s for 9 seeds", "9", "no share of the seeds"),
        (
            "duration < 3s for all cells",
            "cells",
            "stands where `seeds`",
        ),
        ("duration < 3s at night", "at", "one word too many"),
    ] {
        let fault = parse(text).unwrap_err();
        assert!(fault.message.contains(message), "{text}: {}", fault.message);
        assert_eq!(
            &text[fault.span.clone()],
            place,
            "{text}: {}",
            fault.message
        );
    }
    assert!(quantity("200us").is_ok() && quantity("200us more").is_err());
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9_.-]{0,12}",
        "[a-z /<>=ä]{1,8}",
        Just("baseline".to_owned()),
        Just("no_backfill".to_owned()),
    ]
}

fn limit() -> impl Strategy<Value = Quantity> {
    let unit = prop::option::of(prop::sample::select(Scale::ALL.to_vec()));
    let amount = prop_oneof![(0_u32..2_000_000).prop_map(f64::from), 0.0..1e6];
    (amount, unit).prop_map(|(amount, unit)| Quantity { amount, unit })
}

fn reference() -> impl Strategy<Value = Reference> {
    prop_oneof![
        Just(Reference::NoBackfill),
        Just(Reference::Baseline),
        name().prop_map(Reference::Strategy),
    ]
}

fn seeds() -> impl Strategy<Value = Seeds> {
    let share = (1_u32..=1_000).prop_map(|tenths| Seeds::Percent(f64::from(tenths) / 10.0));
    prop_oneof![Just(Seeds::All), Just(Seeds::Any), share]
}

proptest! {
    #[test]
    fn what_is_written_out_is_read_as_the_same(
        metric in "[a-z][a-z0-9_]{0,8}(\\.[a-z0-9_]{1,8})?",
        of in prop::option::of(name()),
        reference in prop::option::of(reference()),
        operator in prop::sample::select(Operator::ALL.to_vec()),
        limit in limit(),
        seeds in prop::option::of(seeds()),
    ) {
        let expression = Expression { metric, of, reference, operator, limit, seeds };
        let text = expression.to_string();
        prop_assert_eq!(read(&text), expression, "{}", text);
    }

    #[test]
    fn no_text_is_too_odd(text in "\\PC{0,40}") {
        if let Err(fault) = parse(&text) {
            prop_assert!(text.get(fault.span).is_some());
        }
    }
}
