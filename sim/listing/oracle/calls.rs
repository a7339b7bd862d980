//! Whether requests kept to the limit, and whether pages were fetched again.

use std::collections::{BTreeSet, VecDeque};

use super::{Evidence, RATE, REFETCHED, verdict};
use crate::listing::outcome::{Call, CallKind};
use crate::outcome::Oracle;

/// A second, ns.
const SECOND_NS: u64 = 1_000_000_000;

/// No second, wherever it begins, has more requests than the rate and the burst.
pub(super) fn rate(evidence: &Evidence<'_>) -> Oracle {
    let terms = &evidence.terms;
    let allowed = terms.requests_per_ks.div_ceil(1_000) + terms.burst;
    let sent: Vec<u64> = evidence.calls.iter().map(|call| call.sent_ns).collect();
    let (most, at_ns) = fullest_second(sent);
    let detail = format!(
        "at most {most} requests in a second, from {} ms on; {allowed} are allowed",
        at_ns / 1_000_000
    );
    verdict(RATE, most <= allowed, detail)
}

/// The most requests in any second that ends before the next begins, and when that one begins.
pub(super) fn fullest_second(mut sent_ns: Vec<u64>) -> (u64, u64) {
    sent_ns.sort_unstable();
    let mut window = VecDeque::new();
    let (mut most, mut at_ns) = (0, 0);
    for sent in sent_ns {
        while window
            .front()
            .is_some_and(|&first| first + SECOND_NS <= sent)
        {
            window.pop_front();
        }
        window.push_back(sent);
        if window.len() as u64 > most {
            most = window.len() as u64;
            at_ns = window.front().copied().unwrap_or(0);
        }
    }
    (most, at_ns)
}

/// No object is fetched twice, but for cause: a crash forgets the pages that were under way or not
/// stored, and an empty page behind an object is asked for again.
pub(super) fn refetched(evidence: &Evidence<'_>) -> Oracle {
    let terms = &evidence.terms;
    let again: Vec<&Call> = evidence
        .calls
        .iter()
        .filter(|call| call.items > call.new_items)
        .collect();
    let objects: u64 = again
        .iter()
        .map(|call| u64::from(call.items - call.new_items))
        .sum();
    if terms.faults {
        let detail = format!("{objects} objects came again; faults may be the cause");
        return verdict(REFETCHED, true, detail);
    }
    if terms.crashes > 0 {
        let pages = terms.crashes * terms.pages_held;
        let allowed = pages * u64::from(terms.page);
        let detail = format!(
            "{objects} objects came again after {} crashes; {pages} pages, {allowed} objects, may \
             be forgotten",
            terms.crashes
        );
        return verdict(REFETCHED, objects <= allowed, detail);
    }
    let doubted: BTreeSet<_> = evidence
        .calls
        .iter()
        .filter(|call| call.kind == CallKind::Empty && call.continued)
        .map(|call| (call.stream, call.range))
        .collect();
    let without_cause = again
        .iter()
        .filter(|call| !doubted.contains(&(call.stream, call.range)));
    let without_cause = without_cause.count();
    let detail = format!(
        "{objects} objects came again; {without_cause} pages with such objects follow no empty page"
    );
    verdict(REFETCHED, without_cause == 0, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_second_does_not_have_its_end() {
        assert_eq!(fullest_second(vec![0, SECOND_NS]), (1, 0));
        assert_eq!(fullest_second(vec![5, 4, SECOND_NS + 3]), (3, 4));
        assert_eq!(fullest_second(vec![]), (0, 0));
    }

    proptest! {
        #[test]
        fn the_fullest_second_is_that_of_a_count_from_each_request(
            sent in prop::collection::vec(0_u64..4_000_000_000, 0..60),
        ) {
            let count = |from: u64| {
                sent.iter().filter(|&&at| from <= at && at < from + SECOND_NS).count() as u64
            };
            let most = sent.iter().map(|&from| count(from)).max().unwrap_or(0);
            prop_assert_eq!(fullest_second(sent).0, most);
        }
    }
}
