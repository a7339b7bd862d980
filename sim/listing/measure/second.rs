//! The most requests sent in any second, wherever it begins: what a rate and a burst allow.
//!
//! Counting from full second to full second would miss a crowd around the turn of one.

const SECOND_NS: u64 = 1_000_000_000;

/// The most of `sent_ns` that lie in one span `[t, t + 1 s)`.
#[must_use]
pub fn fullest_second(mut sent_ns: Vec<u64>) -> u64 {
    sent_ns.sort_unstable();
    let (mut first, mut most) = (0, 0);
    for (last, &at_ns) in sent_ns.iter().enumerate() {
        // A fullest span begins with a request; its end is open.
        while at_ns - sent_ns[first] >= SECOND_NS {
            first += 1;
        }
        most = most.max(last - first + 1);
    }
    most as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_second_is_half_open_and_begins_anywhere() {
        assert_eq!(fullest_second(vec![]), 0);
        assert_eq!(fullest_second(vec![7, 7, 7]), 3);
        assert_eq!(fullest_second(vec![SECOND_NS, 0]), 1);
        assert_eq!(fullest_second(vec![1, SECOND_NS]), 2);
        // Two in each calendar second, three around the turn.
        let crowd = [100_000_000, 900_000_000, 1_100_000_000, 1_850_000_000];
        assert_eq!(fullest_second(crowd.to_vec()), 3);
    }

    proptest! {
        #[test]
        fn it_is_what_counting_from_every_request_gives(
            mut sent_ns in prop::collection::vec(0..5_000_u64, 0..80),
        ) {
            sent_ns.iter_mut().for_each(|at| *at *= 1_000_000);
            let from = |start: &u64| {
                let span = *start..*start + SECOND_NS;
                sent_ns.iter().filter(|at| span.contains(at)).count() as u64
            };
            let naive = sent_ns.iter().map(from).max().unwrap_or(0);
            prop_assert_eq!(fullest_second(sent_ns), naive);
        }
    }
}
