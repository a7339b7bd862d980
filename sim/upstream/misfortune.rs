//! What goes wrong with a request. Each kind has draws of its own, one a request, in the order in
//! which requests come: one more kind changes nothing about the others.

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use super::faults::{Faults, Outage, Storm};
use crate::seed::{Purpose, stream, unit};

/// Draws what goes wrong.
#[derive(Clone, Debug)]
pub(super) struct Misfortune {
    faults: Faults,
    error: ChaCha8Rng,
    slow: ChaCha8Rng,
    dropped: ChaCha8Rng,
    cursor: ChaCha8Rng,
    storm: ChaCha8Rng,
}

/// What goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fate {
    /// Nothing is answered but 503.
    pub(super) outage: bool,
    /// It is refused, and told to come back after so many nanoseconds.
    pub(super) refused_for_ns: Option<u64>,
    /// It fails.
    pub(super) error: bool,
    /// It takes so many times as long.
    pub(super) times: f64,
    /// Its connection is lost.
    pub(super) dropped: bool,
    /// The last object of its page is deleted.
    pub(super) cursor_deleted: bool,
}

impl Misfortune {
    pub(super) fn of(faults: Faults, seed: u64) -> Self {
        let random = |what: &str| stream(seed, Purpose::Faults, what);
        Self {
            faults,
            error: random("upstream error"),
            slow: random("upstream slow"),
            dropped: random("upstream dropped"),
            cursor: random("upstream cursor"),
            storm: random("upstream storm"),
        }
    }

    /// That of the request that comes at `now_ns`.
    pub(super) fn next(&mut self, now_ns: u64) -> Fate {
        let faults = &self.faults;
        let now_s = now_ns as f64 / 1e9;
        let unlucky = |random: &mut ChaCha8Rng, share| unit(random.next_u64()) < share;
        let stormy = unit(self.storm.next_u64());
        let storm = faults.storm.iter().find(|storm| storm.is_at(now_s));
        let slow = unlucky(&mut self.slow, faults.slow_share);
        Fate {
            outage: faults.outage.iter().any(|outage| outage.is_at(now_s)),
            refused_for_ns: storm
                .filter(|storm| stormy < storm.share)
                .map(|storm| libm::round(storm.retry_after_s * 1e9) as u64),
            error: unlucky(&mut self.error, faults.error_share),
            times: if slow { faults.slow_times } else { 1.0 },
            dropped: unlucky(&mut self.dropped, faults.drop_share),
            cursor_deleted: unlucky(&mut self.cursor, faults.delete_cursor_share),
        }
    }
}

impl Storm {
    fn is_at(&self, now_s: f64) -> bool {
        (self.after_s..self.after_s + self.for_s).contains(&now_s)
    }
}

impl Outage {
    fn is_at(&self, now_s: f64) -> bool {
        (self.after_s..self.after_s + self.for_s).contains(&now_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fates(text: &str) -> Vec<Fate> {
        let mut misfortune = Misfortune::of(toml::from_str(text).unwrap(), 1);
        (0..10_000)
            .map(|ms| misfortune.next(ms * 1_000_000))
            .collect()
    }

    #[test]
    fn nothing_goes_wrong_unless_said() {
        let fine = Fate {
            outage: false,
            refused_for_ns: None,
            error: false,
            times: 1.0,
            dropped: false,
            cursor_deleted: false,
        };
        assert_eq!(fates(""), vec![fine; 10_000]);
    }

    #[test]
    fn shares_are_kept_and_each_kind_has_its_own_draws() {
        let all = "error_share = 0.1\nslow_share = 0.2\nslow_times = 7.0\ndrop_share = 0.05\n\
                   delete_cursor_share = 0.5\n";
        let fates = fates(all);
        let count = |is: fn(&Fate) -> bool| fates.iter().filter(|&fate| is(fate)).count();
        assert!((900..1_100).contains(&count(|fate| fate.error)));
        assert!((1_850..2_150).contains(&count(|fate| fate.times > 6.9)));
        assert!((430..570).contains(&count(|fate| fate.dropped)));
        assert!((4_850..5_150).contains(&count(|fate| fate.cursor_deleted)));
        let alone = self::fates("error_share = 0.1\n");
        let errors = |fates: &[Fate]| fates.iter().map(|fate| fate.error).collect::<Vec<_>>();
        assert_eq!(errors(&alone), errors(&fates));
        let unlike = fates.iter().any(|fate| fate.error != fate.dropped);
        assert!(
            unlike
                && fates[0..50]
                    .iter()
                    .any(|fate| fate.error != fate.cursor_deleted)
        );
    }

    #[test]
    fn windows_begin_and_end_when_they_should() {
        let fates = fates(
            "outage = [{ after_s = 1.0, for_s = 0.5 }, { after_s = 3.0, for_s = 0.001 }]\n\
             storm = [{ after_s = 5.0, for_s = 2.0, share = 0.5, retry_after_s = 2.5 },\
                      { after_s = 8.0, for_s = 1.0 }]\n",
        );
        let out: Vec<usize> = (0..10_000).filter(|&ms| fates[ms].outage).collect();
        let expected: Vec<usize> = (1_000..1_500).chain([3_000]).collect();
        assert_eq!(out, expected);
        let refused = |from: usize, to: usize, wait_ns| {
            let fates = fates[from..to].iter();
            fates
                .filter(|fate| fate.refused_for_ns == Some(wait_ns))
                .count()
        };
        let half = refused(5_000, 7_000, 2_500_000_000);
        assert!((930..1_070).contains(&half), "{half}");
        assert_eq!(refused(8_000, 9_000, 1_000_000_000), 1_000);
        let all = fates.iter().filter(|fate| fate.refused_for_ns.is_some());
        assert_eq!(all.count(), half + 1_000);
    }
}
