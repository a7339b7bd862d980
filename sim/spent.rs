//! What one task's SQL took: modelled time, on processors and on the device, and bytes.
//!
//! Whoever charges for SQL notes it here, and whoever wants to know what became of a request asks:
//! the two are far apart, with the database's code between them that knows nothing of a simulation.

use std::cell::Cell;
use std::future::Future;

/// Modelled time, that in which others had a share of the same resource included; and work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    /// On processors, ns.
    pub(crate) cpu_ns: u64,
    /// On the device, ns.
    pub(crate) device_ns: u64,
    /// Read from files and written to them, but for logs copied back.
    pub(crate) bytes: u64,
}

tokio::task_local! {
    static SPENT: Cell<Spent>;
}

/// What `future` comes to, and what its SQL took. What it leaves to other tasks is not in it.
pub(crate) async fn metered<F: Future>(future: F) -> (F::Output, Spent) {
    let whole = async {
        let output = future.await;
        (output, SPENT.with(Cell::get))
    };
    SPENT.scope(Cell::default(), whole).await
}

/// The task that runs now has spent this, too. Nothing happens where nobody asks.
pub(crate) fn note(more: Spent) {
    let add = |spent: &Cell<Spent>| {
        let before = spent.get();
        spent.set(Spent {
            cpu_ns: before.cpu_ns + more.cpu_ns,
            device_ns: before.device_ns + more.device_ns,
            bytes: before.bytes + more.bytes,
        });
    };
    // An error says that nobody asks.
    let _ = SPENT.try_with(add);
}

/// The bytes of the task that runs now since it was asked for them last; 0 where nobody asks.
pub(crate) fn take_bytes() -> u64 {
    let take = |spent: &Cell<Spent>| {
        let before = spent.get();
        spent.set(Spent { bytes: 0, ..before });
        before.bytes
    };
    SPENT.try_with(take).unwrap_or(0)
}
