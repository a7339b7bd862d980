//! Who is let in, by how many requests there have been lately. All in integers: a client that asks
//! exactly as often as it may is never refused.

use std::collections::VecDeque;

use super::settings::{Settings, Window};

const SECOND_NS: u64 = 1_000_000_000;
/// What a request takes from a bucket. It gains (requests in 1000 s) of them in a nanosecond.
const TOKEN: u64 = 1_000_000_000_000;

/// Counts requests.
#[derive(Clone, Debug)]
pub(crate) struct Limiter {
    rule: Rule,
    /// Whether refused requests count, too.
    refused_count: bool,
}

#[derive(Clone, Debug)]
enum Rule {
    Bucket {
        /// Requests in 1000 s that it gains.
        per_ks: u64,
        most: u64,
        level: u64,
        /// When it was as full as that.
        at_ns: u64,
    },
    Sliding {
        /// Requests in a second.
        most: usize,
        /// When the last so many came, oldest first.
        last: VecDeque<u64>,
    },
    None,
}

impl Limiter {
    pub(crate) fn of(settings: &Settings) -> Self {
        let most = u64::from(settings.burst) * TOKEN;
        let rule = match settings.window {
            Window::Bucket => Rule::Bucket {
                per_ks: settings.requests_per_ks(),
                most,
                level: most,
                at_ns: 0,
            },
            Window::Sliding => Rule::Sliding {
                most: settings.rate_per_s as usize,
                last: VecDeque::new(),
            },
            Window::None => Rule::None,
        };
        Self {
            rule,
            refused_count: settings.refused_count,
        }
    }

    /// Lets in a request that comes at `now_ns`, not before the last one; or says after how many
    /// nanoseconds one would be let in if there were no others.
    pub(crate) fn admit(&mut self, now_ns: u64) -> Result<(), u64> {
        match &mut self.rule {
            Rule::None => Ok(()),
            Rule::Bucket {
                per_ks,
                most,
                level,
                at_ns,
            } => {
                let gained = u128::from(now_ns - *at_ns) * u128::from(*per_ks);
                let full = u128::from(*level) + gained;
                *level = u64::try_from(full).unwrap_or(*most).min(*most);
                *at_ns = now_ns;
                if let Some(rest) = level.checked_sub(TOKEN) {
                    *level = rest;
                    return Ok(());
                }
                if self.refused_count {
                    *level = 0;
                }
                Err((TOKEN - *level).div_ceil(*per_ks))
            }
            Rule::Sliding { most, last } => {
                let oldest = (last.len() == *most).then(|| last.front()).flatten();
                let free = oldest.is_none_or(|at_ns| at_ns + SECOND_NS <= now_ns);
                if free || self.refused_count {
                    if last.len() == *most {
                        last.pop_front();
                    }
                    last.push_back(now_ns);
                }
                let again_ns = last.front().map_or(0, |at_ns| at_ns + SECOND_NS);
                if free { Ok(()) } else { Err(again_ns - now_ns) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limiter(window: Window, rate_per_s: f64, burst: u32, refused_count: bool) -> Limiter {
        Limiter::of(&Settings {
            window,
            rate_per_s,
            burst,
            refused_count,
            ..Settings::default()
        })
    }

    /// Moments of arrival: bursts and pauses, some of them exactly a token or a second long.
    fn arrivals() -> impl Strategy<Value = Vec<u64>> {
        let gap = prop_oneof![
            Just(0_u64),
            Just(1),
            Just(40_000_000),
            Just(SECOND_NS - 1),
            Just(SECOND_NS),
            0_u64..2 * SECOND_NS,
            0_u64..60_000_000,
        ];
        let sums = |gaps: Vec<u64>| {
            let sums = gaps.into_iter().scan(0, |now, gap| {
                *now += gap;
                Some(*now)
            });
            sums.collect()
        };
        prop::collection::vec(gap, 1..200).prop_map(sums)
    }

    proptest! {
        #[test]
        fn no_second_however_laid_has_more_than_a_sliding_window_takes(
            most in 1_usize..30,
            arrivals in arrivals(),
        ) {
            let mut limiter = limiter(Window::Sliding, most as f64, 1, false);
            let mut accepted: Vec<u64> = Vec::new();
            for now in arrivals {
                let busy = |then: u64| {
                    let lately = accepted.iter().filter(|&&at| at + SECOND_NS > then);
                    lately.count() >= most
                };
                match limiter.admit(now) {
                    Ok(()) => {
                        prop_assert!(!busy(now), "at {}", now);
                        accepted.push(now);
                    }
                    Err(wait) => prop_assert!(busy(now + wait - 1) && !busy(now + wait)),
                }
            }
            for begin in &accepted {
                let second = begin..&(begin + SECOND_NS);
                prop_assert!(accepted.iter().filter(|at| second.contains(at)).count() <= most);
            }
        }

        /// From no accepted request on are there more than the bucket holds and what it gained
        /// since; and nobody is refused for less.
        #[test]
        fn a_bucket_lets_in_what_it_holds_and_gains(
            per_ks in 300_u64..100_000,
            burst in 1_u32..30,
            arrivals in arrivals(),
        ) {
            let mut limiter = limiter(Window::Bucket, per_ks as f64 / 1e3, burst, false);
            let mut accepted: Vec<u64> = Vec::new();
            for now in arrivals {
                let room = |then: u64| {
                    let holds = |(nth, &begin): (usize, &u64)| {
                        let taken = (accepted.len() - nth + 1) as u128 * u128::from(TOKEN);
                        let gained = u128::from(then - begin) * u128::from(per_ks);
                        taken <= u128::from(burst) * u128::from(TOKEN) + gained
                    };
                    accepted.iter().enumerate().all(holds)
                };
                match limiter.admit(now) {
                    Ok(()) => {
                        prop_assert!(room(now), "at {}", now);
                        accepted.push(now);
                    }
                    Err(wait) => prop_assert!(!room(now + wait - 1) && room(now + wait)),
                }
            }
        }
    }

    #[test]
    fn who_asks_exactly_as_often_as_allowed_is_never_refused() {
        for (rate, gap_ns) in [(25.0, 40_000_000), (0.3, 3_333_333_334), (3.0, 333_333_334)] {
            let mut limiter = limiter(Window::Bucket, rate, 1, false);
            assert!((0..100_000).all(|nth| limiter.admit(nth * gap_ns).is_ok()));
            assert!(limiter.admit(99_999 * gap_ns + gap_ns - 1).is_err());
        }
        let mut sliding = limiter(Window::Sliding, 25.0, 1, false);
        assert!((0..100_000).all(|nth| sliding.admit(nth * 40_000_000).is_ok()));
    }

    #[test]
    fn who_does_not_wait_is_not_let_in_again_where_refusals_count() {
        for window in [Window::Bucket, Window::Sliding] {
            for counts in [false, true] {
                let mut limiter = limiter(window, 5.0, 5, counts);
                let every_ms = |limiter: &mut Limiter, from: u64| {
                    let from = from..from + 10_000;
                    let admitted = from.filter(|ms| limiter.admit(ms * 1_000_000).is_ok());
                    admitted.count()
                };
                let admitted = every_ms(&mut limiter, 0);
                assert_eq!(admitted == 5, counts, "{window:?}: {admitted}");
                let now = 10_000_000_000;
                let wait = std::iter::repeat_with(|| limiter.admit(now)).find_map(Result::err);
                assert!(limiter.admit(now + wait.unwrap()).is_ok());
            }
        }
    }

    #[test]
    fn without_a_limit_everybody_is_let_in() {
        let mut limiter = limiter(Window::None, 1.0, 1, true);
        assert!((0..10_000).all(|_| limiter.admit(0).is_ok()));
    }
}
