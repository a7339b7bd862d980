//! A stash: what its producers, its consumers and its owner call.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::entry::Payload;
use super::error::PutError;
use super::event::Watcher;
use super::id::Id;
use super::owner::Owner;
use super::place::Place;
use super::settings::{Settings, SettingsError};
use super::state::{Entered, State};
use super::stats::Stats;
use crate::runtime::Runtime;
use crate::time::Instant;

/// Payloads that wait to be fetched, once each. Clones are the same stash.
///
/// A [`Bytes`] that is part of something larger keeps all of that in memory, and only its own
/// length is counted.
///
/// ```
/// use backfill::TokioRuntime;
/// use backfill::stash::{Owner, Settings, Stash};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // In production from the operating system, or ids can be guessed.
/// let seed = [7; 32];
/// let stash = Stash::new(TokioRuntime::new(), Settings::default(), seed, ())?;
///
/// let ann = Owner::new("ann");
/// let id = stash.put(&ann, "a result".into())?;
/// assert_eq!(stash.take(id, &Owner::new("bob")), None);
/// assert_eq!(stash.take(id, &ann), Some("a result".into()));
/// assert_eq!(stash.take(id, &ann), None);
/// # Ok(())
/// # }
/// ```
pub struct Stash<R> {
    shared: Arc<Shared<R>>,
}

/// What clones of a stash and those in line share.
pub(super) struct Shared<R> {
    pub(super) runtime: R,
    state: Mutex<State>,
    watcher: Box<dyn Watcher>,
    /// Told when something is stored and nothing was before.
    stored: watch::Sender<()>,
}

impl<R> Clone for Stash<R> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<R> fmt::Debug for Stash<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stash")
            .field("stats", &self.shared.state().stats())
            .finish_non_exhaustive()
    }
}

impl<R> Shared<R> {
    /// The state is valid whenever somebody outside of it is called, so a panic elsewhere while it
    /// was locked spoils nothing.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R: Runtime> Shared<R> {
    /// Does something to the state, and looks at the line before and after it. The moment is looked
    /// up while the state is locked, so that it never goes back from one call to the next.
    pub(super) fn act<T>(&self, act: impl FnOnce(&mut State, Instant) -> T) -> T {
        let mut state = self.state();
        let now = self.runtime.now();
        let was_empty = state.next_expiry().is_none();
        state.settle(now);
        let result = act(&mut state, now);
        state.settle(now);
        if was_empty && state.next_expiry().is_some() {
            self.stored.send_replace(());
        }
        for event in std::mem::take(&mut state.events) {
            self.watcher.see(now, &event);
        }
        let freed = std::mem::take(&mut state.freed);
        drop(state);
        // Megabytes take their time, and nobody is to wait for that.
        drop(freed);
        result
    }
}

impl<R: Runtime> Stash<R> {
    /// An empty stash on the clock of `runtime`.
    ///
    /// `seed` decides the ids, and whoever knows it knows them all: in production it is 32 random
    /// bytes from the operating system, and no two processes have the same.
    ///
    /// # Errors
    /// If nothing could ever be stored, or fetched.
    pub fn new(
        runtime: R,
        settings: Settings,
        seed: [u8; 32],
        watcher: impl Watcher,
    ) -> Result<Self, SettingsError> {
        settings.check()?;
        Ok(Self {
            shared: Arc::new(Shared {
                runtime,
                state: Mutex::new(State::new(settings, seed)),
                watcher: Box::new(watcher),
                stored: watch::Sender::new(()),
            }),
        })
    }

    /// Stores `bytes` for `owner` if there is room and nobody waits for it, and returns their id.
    ///
    /// # Errors
    /// If they are too large, or there is no room: [`PutError::TooLarge`], [`PutError::Full`].
    pub fn put(&self, owner: &Owner, bytes: Bytes) -> Result<Id, PutError> {
        let payload = Payload {
            owner: owner.clone(),
            bytes,
        };
        self.shared.act(|state, now| state.put(payload, now))
    }

    /// The same, but waits in line for as long as [`Settings::wait`] says if there is no room. The
    /// place in line is that of the future's first poll; dropping the future leaves the line, and
    /// stores nothing.
    ///
    /// # Errors
    /// If they are too large, the line is full, there was no room in time, or `cancel` is cancelled
    /// before the id is returned; before the start, too, and then nothing is stored although there
    /// may be room.
    pub async fn put_wait(
        &self,
        owner: &Owner,
        bytes: Bytes,
        cancel: CancellationToken,
    ) -> Result<Id, PutError> {
        let payload = Payload {
            owner: owner.clone(),
            bytes,
        };
        let entered = self.shared.act(|state, now| {
            if cancel.is_cancelled() {
                return Err(state.refuse(payload, PutError::Cancelled));
            }
            state.enter(payload, now)
        });
        match entered? {
            Entered::Stored(id) => Ok(id),
            Entered::Waits(waits) => {
                let place = Place::new(Arc::clone(&self.shared), waits);
                place.wait(cancel).await
            }
        }
    }

    /// Gives out the payload `id`, once. `None` if there is none, or it is not `owner`'s, or it has
    /// expired: nobody is told which.
    #[must_use = "they are not in the stash any more"]
    pub fn take(&self, id: Id, owner: &Owner) -> Option<Bytes> {
        self.shared.act(|state, now| state.take(id, owner, now))
    }

    /// Removes everything that is stored, for whoever waits in line.
    pub fn clear(&self) {
        self.shared.act(State::clear);
    }

    /// How much there is.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.shared.act(|state, _| state.stats())
    }

    /// Frees what expires at the moment it does, until `cancel` is cancelled; to be run beside
    /// everything else. Without it, what has expired takes memory until the stash is next used, and
    /// nothing else is different: it is never given out, and is in nobody's way.
    pub async fn expire(self, cancel: CancellationToken) {
        let mut stored = self.shared.stored.subscribe();
        loop {
            let next = self.shared.act(|state, _| state.next_expiry());
            let due = async {
                match next {
                    Some(at) => self.shared.runtime.sleep_until(at).await,
                    // The sender lives as long as we do.
                    None => drop(stored.changed().await),
                }
            };
            tokio::select! {
                biased;
                () = cancel.cancelled() => return,
                () = due => {}
            }
        }
    }
}
