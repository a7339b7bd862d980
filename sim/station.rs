//! A resource that serves several jobs at once: processors, a device with a queue.
//!
//! Processor sharing: `servers` servers, and every job progresses at the same rate,
//! min(1, servers ÷ jobs). So a long statement slows a short one down, and neither blocks the other
//! nor ignores it.
//!
//! Goals: exact integer arithmetic, the same on every machine. Non-goals: priorities, and switching
//! costs.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use backfill::Instant;
use tokio::sync::Notify;

use crate::clock::Clock;

/// Fractional bits of virtual work: what a division by the number of jobs leaves over is less than
/// 2^-20 ns.
const FRACTION: u32 = 20;

/// A processor-sharing resource; clones share it.
#[derive(Clone, Debug)]
pub struct Station {
    queue: Arc<Mutex<Queue>>,
    /// Told when the rate of those being served has changed.
    rate_changed: Arc<Notify>,
}

/// When a job is done, in virtual work; the number keeps jobs apart that end together.
type Finish = (u128, u64);

#[derive(Debug)]
struct Queue {
    servers: u64,
    /// When `virtual_work` was true.
    at: Instant,
    /// Work that a job present since the beginning would have got, ns with [`FRACTION`] bits.
    virtual_work: u128,
    /// Jobs not yet done.
    jobs: BTreeSet<Finish>,
    next_job: u64,
}

impl Station {
    /// A resource with `servers` servers, at least one.
    #[must_use]
    pub fn new(servers: u32) -> Self {
        Self {
            queue: Arc::new(Mutex::new(Queue {
                servers: u64::from(servers.max(1)),
                at: Instant::default(),
                virtual_work: 0,
                jobs: BTreeSet::new(),
                next_job: 0,
            })),
            rate_changed: Arc::new(Notify::new()),
        }
    }

    /// Waits until `work_ns` of service have been given. Dropping the future leaves the queue.
    pub async fn serve(&self, clock: Clock, work_ns: u64) {
        if work_ns == 0 {
            return;
        }
        let job = {
            let mut queue = self.lock();
            self.advance(&mut queue, clock.now());
            let job = queue.enter(work_ns);
            self.tell(&queue);
            Job {
                station: self,
                finish: job,
                clock,
            }
        };
        loop {
            let rate_changed = self.rate_changed.notified();
            let end = {
                let mut queue = self.lock();
                self.advance(&mut queue, clock.now());
                if !queue.jobs.contains(&job.finish) {
                    return;
                }
                queue.expected_end(job.finish)
            };
            tokio::select! {
                biased;
                () = clock.sleep_until(end) => {}
                () = rate_changed => {}
            }
        }
    }

    /// Serves up to `now`, and wakes those who go on faster because others are done.
    fn advance(&self, queue: &mut Queue, now: Instant) {
        let before = queue.jobs.len();
        queue.advance(now);
        if queue.jobs.len() < before {
            self.tell(queue);
        }
    }

    /// Wakes those being served if their rate depends on how many they are.
    fn tell(&self, queue: &Queue) {
        if queue.jobs.len() as u64 + 1 > queue.servers {
            self.rate_changed.notify_waiters();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn enter(&mut self, work_ns: u64) -> Finish {
        let finish = (
            self.virtual_work + (u128::from(work_ns) << FRACTION),
            self.next_job,
        );
        self.next_job += 1;
        self.jobs.insert(finish);
        finish
    }

    /// Serves up to `now`: jobs that are done on the way leave at that moment, and the others go
    /// on faster.
    fn advance(&mut self, now: Instant) {
        while let Some(&first) = self.jobs.first() {
            let end = self.expected_end(first);
            if end > now {
                self.virtual_work += self.served_in(now.since(self.at).as_nanos());
                break;
            }
            self.virtual_work = first.0;
            self.jobs.remove(&first);
            self.at = end;
        }
        self.at = self.at.max(now);
    }

    /// Virtual work done in `ns` with the jobs there are.
    fn served_in(&self, ns: u128) -> u128 {
        let (servers, jobs) = self.share();
        (ns << FRACTION) * servers / jobs
    }

    /// When a job will be done if nobody comes or goes; rounded up to whole nanoseconds.
    fn expected_end(&self, (finish, _): Finish) -> Instant {
        let (servers, jobs) = self.share();
        let left = finish.saturating_sub(self.virtual_work) * jobs;
        let ns = left.div_ceil(servers << FRACTION);
        let ns = u64::try_from(ns).unwrap_or(u64::MAX);
        Instant::from_nanos(self.at.as_nanos().saturating_add(ns))
    }

    /// The rate as a fraction: servers over jobs, 1 over 1 while there are servers for all.
    fn share(&self) -> (u128, u128) {
        let jobs = self.jobs.len() as u64;
        if jobs > self.servers {
            (u128::from(self.servers), u128::from(jobs))
        } else {
            (1, 1)
        }
    }
}

/// A job's place; left when dropped.
struct Job<'a> {
    station: &'a Station,
    finish: Finish,
    clock: Clock,
}

impl Drop for Job<'_> {
    fn drop(&mut self) {
        let mut queue = self.station.lock();
        self.station.advance(&mut queue, self.clock.now());
        if queue.jobs.remove(&self.finish) {
            self.station.tell(&queue);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Starts jobs at the given microseconds and says when each was done, µs.
    async fn ends(servers: u32, jobs: &[(u64, u64)]) -> Vec<u64> {
        let (station, clock) = (Station::new(servers), Clock::start());
        let running: Vec<_> = jobs
            .iter()
            .map(|&(at_us, work_us)| {
                let station = station.clone();
                tokio::spawn(async move {
                    clock.sleep_until(Instant::from_nanos(at_us * 1_000)).await;
                    station.serve(clock, work_us * 1_000).await;
                    clock.now().as_nanos() / 1_000
                })
            })
            .collect();
        let mut all = Vec::new();
        for job in running {
            all.push(job.await.unwrap());
        }
        all
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_alone_takes_its_work() {
        assert_eq!(ends(1, &[(5, 100)]).await, [105]);
    }

    #[tokio::test(start_paused = true)]
    async fn jobs_within_the_servers_do_not_notice_each_other() {
        assert_eq!(ends(2, &[(0, 100), (10, 20)]).await, [100, 30]);
    }

    /// By hand: alone until 10 (90 left), then half speed; the short one needs 40 for its 20, and
    /// the long one has 70 left at 50.
    #[tokio::test(start_paused = true)]
    async fn a_long_job_slows_a_short_one_and_is_slowed() {
        assert_eq!(ends(1, &[(0, 100), (10, 20)]).await, [120, 50]);
    }

    #[tokio::test(start_paused = true)]
    async fn equal_jobs_end_together_and_no_work_is_lost() {
        assert_eq!(ends(1, &[(0, 30), (0, 30), (0, 30)]).await, [90, 90, 90]);
        assert_eq!(ends(2, &[(0, 30), (0, 30), (0, 30)]).await, [45, 45, 45]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_that_is_given_up_makes_room() {
        let (station, clock) = (Station::new(1), Clock::start());
        let other = station.clone();
        let long = tokio::spawn(async move {
            other.serve(clock, 100_000).await;
            clock.now().as_nanos()
        });
        tokio::task::yield_now().await;
        {
            let given_up = station.serve(clock, 100_000);
            tokio::select! {
                biased;
                () = given_up => unreachable!("it has more work than time"),
                () = clock.sleep_until(Instant::default() + Duration::from_micros(20)) => {}
            }
        }
        // 10 µs of its work were done by then.
        assert_eq!(long.await.unwrap(), 110_000);
    }
}
