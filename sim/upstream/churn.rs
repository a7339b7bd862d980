//! What comes to a stream and goes from it by itself, at random moments.

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use super::faults::Faults;
use super::log::What;
use super::stream::Stream;
use crate::load::gap_ns;
use crate::seed::{self, Purpose};

const SECOND_NS: u64 = 1_000_000_000;

/// What comes and goes. When it does so does not depend on who asks for what.
#[derive(Clone, Debug)]
pub(super) struct Churn {
    arrivals: Moments,
    deletes: Moments,
}

impl Churn {
    /// That of the stream `name`.
    pub(super) fn of(faults: &Faults, name: &str, seed: u64) -> Self {
        let moments = |what: &str, per_s| {
            let random = seed::stream(seed, Purpose::Upstream, &format!("{what} {name}"));
            Moments::new(random, per_s)
        };
        Self {
            arrivals: moments("arrivals", faults.arrivals_per_s),
            deletes: moments("deletes", faults.deletes_per_s),
        }
    }

    /// Lets happen to `stream` what is due up to `now_ns`, in its order, and notes when it happened
    /// to the object at which position. `present_s` is the unix second at which time begins.
    pub(super) fn catch_up(
        &mut self,
        stream: &mut Stream,
        (present_s, now_ns): (i64, u64),
        mut note: impl FnMut(&Stream, u64, u32, What),
    ) {
        while self.arrivals.next_ns.min(self.deletes.next_ns) <= now_ns {
            let (at_ns, position, what) = if self.arrivals.next_ns <= self.deletes.next_ns {
                let (at_ns, _) = self.arrivals.pass();
                let second = present_s.saturating_add_unsigned(at_ns / SECOND_NS);
                (at_ns, stream.arrive(second), What::Arrived)
            } else {
                let (at_ns, draw) = self.deletes.pass();
                let any = seed::below(draw, u64::from(stream.len())) as u32;
                // In an empty stream there is nothing to be deleted.
                let Some(position) = stream.there(any) else {
                    continue;
                };
                stream.delete(position);
                (at_ns, position, What::Deleted)
            };
            note(stream, at_ns, position, what);
        }
    }
}

/// Random moments, so many a second.
#[derive(Clone, Debug)]
struct Moments {
    random: ChaCha8Rng,
    per_s: f64,
    /// The next one; `u64::MAX` where there is none.
    next_ns: u64,
}

impl Moments {
    fn new(random: ChaCha8Rng, per_s: f64) -> Self {
        let mut moments = Self {
            random,
            per_s,
            next_ns: 0,
        };
        moments.advance();
        moments
    }

    fn advance(&mut self) {
        self.next_ns = if self.per_s > 0.0 {
            self.next_ns
                .saturating_add(gap_ns(&mut self.random, self.per_s))
        } else {
            u64::MAX
        };
    }

    /// The next one, which has come, and a draw of its own.
    fn pass(&mut self) -> (u64, u64) {
        let passed = (self.next_ns, self.random.next_u64());
        self.advance();
        passed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::upstream::{Objects, PRESENT_S, Settings};

    type Noted = (u64, u32, What);

    /// What happens in 100 s to a stream that somebody looks at every `step_ns`.
    fn noted(faults: &Faults, objects: u64, step_ns: u64) -> (Stream, Vec<Noted>) {
        let settings = Settings {
            objects,
            ..Settings::default()
        };
        let objects = Objects::generate(&settings, "charges", 1).unwrap();
        let mut stream = Stream::new(Arc::new(objects));
        let mut churn = Churn::of(faults, "charges", 1);
        let mut noted = Vec::new();
        for now_ns in (0..=100 * SECOND_NS).step_by(step_ns as usize) {
            churn.catch_up(
                &mut stream,
                (PRESENT_S, now_ns),
                |_, at_ns, position, what| {
                    assert!(at_ns <= now_ns);
                    noted.push((at_ns, position, what));
                },
            );
        }
        (stream, noted)
    }

    #[test]
    fn what_happens_does_not_depend_on_who_looks() {
        let faults = Faults {
            arrivals_per_s: 5.0,
            deletes_per_s: 3.0,
            ..Faults::default()
        };
        let (stream, often) = noted(&faults, 1_000, 1_000_000);
        let (_, seldom) = noted(&faults, 1_000, 100 * SECOND_NS);
        assert_eq!(often, seldom);
        assert!(often.is_sorted_by_key(|&(at_ns, ..)| at_ns));
        let arrived = often.iter().filter(|(.., what)| *what == What::Arrived);
        let arrived: Vec<&Noted> = arrived.collect();
        assert!((430..570).contains(&arrived.len()), "{}", arrived.len());
        let deleted = often.len() - arrived.len();
        assert!((240..360).contains(&deleted), "{deleted}");
        for &&(at_ns, position, _) in &arrived {
            let second = PRESENT_S + (at_ns / SECOND_NS) as i64;
            assert_eq!(stream.created(position), second);
        }
        // Nothing is deleted twice.
        let mut gone: Vec<u32> = Vec::new();
        for (_, position, what) in often {
            if what == What::Deleted {
                assert!(!gone.contains(&position));
                gone.push(position);
            }
        }
    }

    #[test]
    fn of_nothing_nothing_is_deleted_and_without_rates_nothing_happens() {
        let faults = Faults {
            deletes_per_s: 3.0,
            ..Faults::default()
        };
        assert_eq!(noted(&faults, 0, SECOND_NS).1, []);
        assert_eq!(noted(&faults, 7, SECOND_NS).1.len(), 7);
        assert_eq!(noted(&Faults::default(), 1_000, SECOND_NS).1, []);
    }
}
