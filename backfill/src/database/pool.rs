//! Connections handed from one user straight to the next.
//!
//! A connection that is given back goes to a waiter, never past all of them: nobody who comes
//! later can slip in. Which waiter, [`HandOff`] says. What is handed over is a [`Lease`], which
//! gives its connection back when dropped, wherever that happens: after use, in a waiter that was
//! cancelled between hand-over and wake-up, or at the end of work whose caller has gone away.

use std::borrow::{Borrow, BorrowMut};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tokio::sync::{Notify, oneshot};

/// Who gets a connection that is given back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HandOff {
    /// Whoever has waited longest.
    #[default]
    Fifo,
    /// Any waiter, each as likely, as in Go's `database/sql`. The number seeds the choice.
    Random(u64),
}

#[derive(Debug)]
pub(super) struct Pool {
    queue: Mutex<Queue>,
    /// Told when the last waiter has a connection or has given up.
    nobody_waits: Notify,
}

#[derive(Debug)]
struct Queue {
    /// Connections nobody uses; empty while anybody waits.
    idle: Vec<Connection>,
    /// Who waits; longest first, unless the hand-over is random. A waiter that gave up stays until
    /// its turn comes.
    waiters: VecDeque<oneshot::Sender<Lease>>,
    hand_off: HandOff,
    /// Waiters that have not given up.
    waiting: usize,
}

impl Pool {
    pub(super) fn new(connections: Vec<Connection>) -> Arc<Self> {
        Arc::new(Self {
            queue: Mutex::new(Queue {
                idle: connections,
                waiters: VecDeque::new(),
                hand_off: HandOff::Fifo,
                waiting: 0,
            }),
            nobody_waits: Notify::new(),
        })
    }

    /// Hands connections over in another order from now on.
    pub(super) fn set_hand_off(&self, hand_off: HandOff) {
        self.lock().hand_off = hand_off;
    }

    /// How many wait for a connection.
    pub(super) fn waiting(&self) -> usize {
        self.lock().waiting
    }

    /// Whether those who wait are served in the order they came.
    pub(super) fn in_order(&self) -> bool {
        self.lock().hand_off == HandOff::Fifo
    }

    /// Returns when nobody waits for a connection.
    pub(super) async fn until_nobody_waits(&self) {
        loop {
            let told = self.nobody_waits.notified();
            if self.waiting() == 0 {
                return;
            }
            told.await;
        }
    }

    /// A connection, when it is this caller's turn.
    pub(super) async fn acquire(self: &Arc<Self>) -> Lease {
        let turn = {
            let mut queue = self.lock();
            if let Some(connection) = queue.idle.pop() {
                return Lease::new(connection, self);
            }
            let (hand_over, turn) = oneshot::channel();
            queue.waiters.push_back(hand_over);
            queue.waiting += 1;
            turn
        };
        let _counted = Waiting(self);
        turn.await
            .expect("the pool keeps the sender until it hands a connection over")
    }

    fn release(self: &Arc<Self>, connection: Connection) {
        let mut connection = connection;
        loop {
            let next = {
                let mut queue = self.lock();
                match queue.next_waiter() {
                    Some(next) => next,
                    None => {
                        queue.idle.push(connection);
                        return;
                    }
                }
            };
            match next.send(Lease::new(connection, self)) {
                Ok(()) => return,
                Err(refused) => connection = refused.into_connection(),
            }
        }
    }

    /// The queue's state is valid after every statement that changes it, so a panic elsewhere
    /// while it was locked spoils nothing.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// Takes out the waiter whose turn it is.
    fn next_waiter(&mut self) -> Option<oneshot::Sender<Lease>> {
        match &mut self.hand_off {
            HandOff::Fifo => self.waiters.pop_front(),
            HandOff::Random(state) => {
                let waiters = self.waiters.len() as u128;
                let any = (u128::from(draw(state)) * waiters) >> 64;
                self.waiters.swap_remove_back(usize::try_from(any).ok()?)
            }
        }
    }
}

/// The next number of SplitMix64 (Steele, Lea and Flood 2014): enough for a fair choice, and the
/// same everywhere.
const fn draw(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Counts a waiter until it has a connection or gives up.
struct Waiting<'a>(&'a Pool);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let left = {
            let mut queue = self.0.lock();
            queue.waiting -= 1;
            queue.waiting
        };
        if left == 0 {
            self.0.nobody_waits.notify_waiters();
        }
    }
}

/// A connection that goes back to its pool when dropped, with any open transaction rolled back.
#[derive(Debug)]
pub(super) struct Lease {
    /// `None` only while it is being taken apart.
    connection: Option<Connection>,
    pool: Arc<Pool>,
}

impl Lease {
    fn new(connection: Connection, pool: &Arc<Pool>) -> Self {
        Self {
            connection: Some(connection),
            pool: Arc::clone(pool),
        }
    }

    fn into_connection(mut self) -> Connection {
        self.connection
            .take()
            .expect("a lease holds its connection until it is taken apart")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        if !connection.is_autocommit()
            && let Err(error) = connection.execute_batch("ROLLBACK")
        {
            tracing::warn!(%error, "a transaction that was given up could not be rolled back");
        }
        self.pool.release(connection);
    }
}

impl Borrow<Connection> for Lease {
    fn borrow(&self) -> &Connection {
        self.connection
            .as_ref()
            .expect("a lease holds its connection until it is taken apart")
    }
}

impl BorrowMut<Connection> for Lease {
    fn borrow_mut(&mut self) -> &mut Connection {
        self.connection
            .as_mut()
            .expect("a lease holds its connection until it is taken apart")
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    fn pool() -> Arc<Pool> {
        Pool::new(vec![Connection::open_in_memory().unwrap()])
    }

    #[test]
    fn a_connection_goes_to_whoever_waited_longest() {
        let pool = pool();
        let mut first = pin!(pool.acquire());
        let Poll::Ready(lease) = poll(first.as_mut()) else {
            panic!("an idle connection is handed out at once");
        };
        let mut second = pin!(pool.acquire());
        let mut third = pin!(pool.acquire());
        assert!(poll(second.as_mut()).is_pending());
        assert!(poll(third.as_mut()).is_pending());
        assert_eq!(pool.waiting(), 2);
        drop(lease);
        let mut latecomer = pin!(pool.acquire());
        assert!(poll(latecomer.as_mut()).is_pending());
        assert!(poll(third.as_mut()).is_pending());
        assert!(poll(second.as_mut()).is_ready());
    }

    /// Four wait; who is served first, over many tries, is anybody.
    #[test]
    fn at_random_every_waiter_is_served_first_sometimes() {
        let pool = pool();
        pool.set_hand_off(HandOff::Random(1));
        let mut firsts = [0; 4];
        for _ in 0..400 {
            let Poll::Ready(lease) = poll(pin!(pool.acquire())) else {
                panic!("an idle connection is handed out at once");
            };
            let mut waiting: Vec<_> = (0..4).map(|_| Box::pin(pool.acquire())).collect();
            for waiter in &mut waiting {
                assert!(poll(waiter.as_mut()).is_pending());
            }
            drop(lease);
            let mut served = waiting
                .iter_mut()
                .map(|waiter| poll(waiter.as_mut()).is_ready());
            firsts[served.position(|ready| ready).unwrap()] += 1;
        }
        assert!(firsts.iter().all(|&times| times > 60), "{firsts:?}");
    }

    #[test]
    fn a_waiter_that_gave_up_loses_no_connection() {
        let pool = pool();
        let Poll::Ready(lease) = poll(pin!(pool.acquire())) else {
            panic!("an idle connection is handed out at once");
        };
        {
            let mut gone = Box::pin(pool.acquire());
            assert!(poll(gone.as_mut()).is_pending());
            let mut handed = Box::pin(pool.acquire());
            assert!(poll(handed.as_mut()).is_pending());
            drop(gone);
            assert_eq!(pool.waiting(), 1);
            drop(lease);
            // Handed over, but dropped before it looked.
        }
        assert_eq!(pool.waiting(), 0);
        assert!(poll(pin!(pool.acquire())).is_ready());
    }

    #[test]
    fn whoever_waits_for_the_queue_to_run_empty_is_told() {
        let pool = pool();
        assert!(poll(pin!(pool.until_nobody_waits())).is_ready());
        let Poll::Ready(lease) = poll(pin!(pool.acquire())) else {
            panic!("an idle connection is handed out at once");
        };
        let mut second = pin!(pool.acquire());
        assert!(poll(second.as_mut()).is_pending());
        let mut empty = pin!(pool.until_nobody_waits());
        assert!(poll(empty.as_mut()).is_pending());
        drop(lease);
        assert!(
            poll(empty.as_mut()).is_pending(),
            "handed over, not yet taken"
        );
        assert!(poll(second.as_mut()).is_ready());
        assert!(poll(empty.as_mut()).is_ready());
    }

    #[test]
    fn a_dropped_lease_rolls_back() {
        let pool = pool();
        let Poll::Ready(lease) = poll(pin!(pool.acquire())) else {
            panic!("an idle connection is handed out at once");
        };
        let connection: &Connection = lease.borrow();
        connection
            .execute_batch("BEGIN; CREATE TABLE t(x)")
            .unwrap();
        drop(lease);
        let Poll::Ready(lease) = poll(pin!(pool.acquire())) else {
            panic!("the connection came back");
        };
        let connection: &Connection = lease.borrow();
        assert!(connection.is_autocommit());
        assert!(connection.prepare("SELECT * FROM t").is_err());
    }
}
