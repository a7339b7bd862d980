//! The tokens there are.
//!
//! A token bucket in whole numbers: what it holds is counted in parts so small that neither a
//! nanosecond nor a thousandth of a request per second is ever rounded. Moments are absolute, and
//! what flows in between two looks depends on them alone.
//!
//! The rate is lowered when the API answers 429 and grows back with time. While it grows, what
//! flows in is the mean of the rates at both ends times the time, which is exact on a straight
//! line, and a little less than the truth where the line ends in the full rate.

use std::time::Duration;

use super::rate::{Limit, Rate};
use crate::time::Instant;

/// Parts in a token. One request per 1000 s is 1 token in 10^12 ns; twice that, because the sum of
/// the rates at both ends of a span is twice its mean.
const TOKEN: u128 = 2_000_000_000_000;

/// What a 429 leaves of the rate, in tenths: TCP leaves as much of its window when a packet is lost
/// (CUBIC, RFC 9438, section 4.6).
const LEFT_TENTHS: u64 = 7;

/// How long the rate takes to grow from nothing to the full one; what a 429 took is back in 18 s.
const REGROWN: Duration = Duration::from_secs(60);

/// Leave to send one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// How often the rate had been lowered when it was given out.
    generation: u64,
}

/// The tokens of a [`super::Limiter`].
#[derive(Debug)]
pub(super) struct Bucket {
    limit: Limit,
    /// What it held at `filled_at`, in parts.
    level: u128,
    filled_at: Instant,
    /// The rate was this at `lowered_at`, and grows from there.
    lowered_to: Rate,
    lowered_at: Instant,
    /// No token is given out before.
    frozen_until: Instant,
    /// How often the rate was lowered.
    generation: u64,
    taken: u64,
}

impl Bucket {
    /// A full one.
    pub(super) fn new(limit: Limit, now: Instant) -> Self {
        Self {
            limit,
            level: u128::from(limit.burst()) * TOKEN,
            filled_at: now,
            lowered_to: limit.rate(),
            lowered_at: now,
            frozen_until: now,
            generation: 0,
            taken: 0,
        }
    }

    /// Takes a token, or says when there may be one. `due` is the moment the caller was told
    /// before, if it has waited.
    ///
    /// What has flowed in since `due` comes on top of the burst: it is nothing that was saved up in
    /// a quiet time, but what a clock that wakes people late has left behind, and without it every
    /// late wake-up would move all that follow. So does the nanosecond that ends with `due`, of
    /// which only a part may have been waited for.
    pub(super) fn take(&mut self, now: Instant, due: Option<Instant>) -> Result<Token, Instant> {
        let quiet_ns = due.map_or(now.as_nanos(), |due| due.as_nanos().saturating_sub(1));
        self.fill(Instant::from_nanos(quiet_ns).min(now), self.burst());
        self.fill(now, self.most());
        if now < self.frozen_until {
            return Err(self.frozen_until);
        }
        let Some(left) = self.level.checked_sub(TOKEN) else {
            return Err(now + self.wait(now));
        };
        self.level = left;
        self.taken += 1;
        Ok(Token {
            generation: self.generation,
        })
    }

    /// The request that `token` was for came back with 429. Lowers the rate, unless it has been
    /// lowered since that request was sent: those that were under way together say one thing.
    pub(super) fn lower(&mut self, token: Token, now: Instant) {
        if token.generation != self.generation {
            return;
        }
        self.fill(now, self.burst());
        let left = self.rate(now).requests_per_ks() * LEFT_TENTHS / 10;
        self.lowered_to = Rate::at_least_one(left).max(self.limit.floor());
        self.lowered_at = now;
        self.generation += 1;
    }

    /// Gives out nothing before `until`.
    pub(super) fn freeze(&mut self, until: Instant) {
        self.frozen_until = self.frozen_until.max(until);
    }

    /// The rate at `at`.
    pub(super) fn rate(&self, at: Instant) -> Rate {
        let full = self.limit.rate().requests_per_ks();
        let grown = u128::from(full) * at.since(self.lowered_at).as_nanos() / REGROWN.as_nanos();
        let left = full - self.lowered_to.requests_per_ks();
        let grown = u64::try_from(grown).unwrap_or(u64::MAX).min(left);
        Rate::at_least_one(self.lowered_to.requests_per_ks() + grown)
    }

    /// No token is given out before.
    pub(super) const fn frozen_until(&self) -> Instant {
        self.frozen_until
    }

    /// How often the rate was lowered.
    pub(super) const fn lowered(&self) -> u64 {
        self.generation
    }

    /// Tokens given out so far.
    pub(super) const fn taken(&self) -> u64 {
        self.taken
    }

    /// What it holds after a quiet time.
    fn burst(&self) -> u128 {
        u128::from(self.limit.burst()) * TOKEN
    }

    /// What it holds at the most: less than makes one more request than rate + burst possible in
    /// any second, both ends included. That is what is in it when the second begins, and what the
    /// second brings; a rate that is not whole leaves the less room the closer it is to the next.
    fn most(&self) -> u128 {
        let thousandths = u128::from(self.limit.rate().requests_per_ks() % 1_000);
        self.burst() + TOKEN - thousandths * (TOKEN / 1_000) - 1
    }

    /// Lets flow in what has come by `now`; what does not fit is lost.
    fn fill(&mut self, now: Instant, most: u128) {
        if now > self.filled_at {
            let flow = self.doubled_mean(self.filled_at, now) * (now - self.filled_at).as_nanos();
            self.level = (self.level + flow).min(most);
            self.filled_at = now;
        }
    }

    /// Twice the mean rate between two moments: parts per nanosecond.
    fn doubled_mean(&self, from: Instant, to: Instant) -> u128 {
        let (first, last) = (self.rate(from), self.rate(to));
        u128::from(first.requests_per_ks()) + u128::from(last.requests_per_ks())
    }

    /// How long it takes from `now` until there is a token: never longer, and less only while the
    /// rate grows. At today's rate it would take too long, and so the rate at the end of that time
    /// is too high: with that one it is too short.
    fn wait(&self, now: Instant) -> Duration {
        let missing = TOKEN.saturating_sub(self.level);
        let after = |flow: u128| {
            let ns = missing.div_ceil(flow);
            Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
        };
        let at_most = after(self.doubled_mean(now, now));
        after(self.doubled_mean(now, now + at_most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND_NS: u64 = 1_000_000_000;

    fn bucket(per_ks: u32) -> Bucket {
        let limit = Limit::new(Rate::per_ks(per_ks).unwrap());
        Bucket::new(limit, Instant::default())
    }

    /// When the next token is there, on a clock that is never late, and after how many looks.
    fn next(bucket: &mut Bucket, mut now: Instant) -> (Instant, Token, u32) {
        let (mut due, mut looks) = (None, 1);
        loop {
            match bucket.take(now, due) {
                Ok(token) => return (now, token, looks),
                Err(at) => now = at,
            }
            due = Some(now);
            looks += 1;
        }
    }

    #[test]
    fn at_the_full_rate_tokens_come_to_the_nanosecond() {
        for per_ks in [1, 7, 999, 7_000, 25_000, 60_001, 3_000_000_000] {
            let mut bucket = bucket(per_ks);
            let mut now = Instant::default();
            for number in 0..1_000 {
                let (at, _, looks) = next(&mut bucket, now);
                let exact_ns = (number * 1_000_000_000_000_u64).div_ceil(u64::from(per_ks));
                assert_eq!((at.as_nanos(), looks <= 2), (exact_ns, true), "{per_ks}");
                now = at;
            }
        }
    }

    /// What came before the rate was lowered came at the old one.
    #[test]
    fn a_rate_is_not_lowered_for_the_past() {
        let mut bucket = bucket(10_000);
        let (now, token, _) = next(&mut bucket, Instant::default());
        let later = now + Duration::from_millis(100);
        bucket.lower(token, later);
        assert!(bucket.take(later, Some(later)).is_ok());
    }

    /// From 70 to 100 requests a second in 18 s: as many as the area under that line.
    #[test]
    fn while_the_rate_grows_no_token_is_lost_and_none_is_late() {
        let mut bucket = bucket(100_000);
        let (mut now, token, _) = next(&mut bucket, Instant::default());
        bucket.lower(token, now);
        let mut taken = 0_u64;
        while now.as_nanos() < 20 * SECOND_NS {
            let (at, _, looks) = next(&mut bucket, now);
            assert!(looks <= 4, "{looks}");
            now = at;
            taken += 1;
            if now.as_nanos() <= 18 * SECOND_NS {
                // 70 t + (100 / 60) t² / 2, in thousandths of a token and of a second.
                let ms = now.as_nanos() / 1_000_000;
                let area = 70 * ms + ms * ms / 1_200;
                assert!(area.abs_diff(taken * 1_000) < 150, "{taken}: {area}");
            }
        }
        assert_eq!(bucket.rate(now).requests_per_ks(), 100_000);
        assert!((1_729..=1_731).contains(&taken), "{taken}");
    }

    /// Almost nothing is left of the rate: a wait reckoned at that would take a quarter of an hour.
    #[test]
    fn a_wait_is_reckoned_with_the_growth_of_the_rate() {
        let limit = Limit::new(Rate::per_second(25).unwrap());
        let mut bucket = Bucket::new(
            limit.with_floor(Rate::per_ks(1).unwrap()).unwrap(),
            Instant::default(),
        );
        for _ in 0..100 {
            let token = Token {
                generation: bucket.generation,
            };
            bucket.lower(token, Instant::default());
        }
        bucket.level = 0;
        assert_eq!(bucket.rate(Instant::default()).requests_per_ks(), 1);
        let (at, _, looks) = next(&mut bucket, Instant::default());
        // A token is the area under a line that rises by 25/60 a second: sqrt(2 × 60 / 25) s.
        assert!(
            (2_180..2_195).contains(&(at.as_nanos() / 1_000_000)),
            "{at:?}"
        );
        assert!(looks < 20, "{looks}");
    }
}
