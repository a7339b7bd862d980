//! Many threads at once: nobody passes anybody, and in the end nothing is left.

use std::time::Duration;

use backfill::stash::{Owner, PutError, Settings, Stash, What};
use backfill::{Runtime, TokioRuntime};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::auditor::Auditor;
use crate::bench::{bytes, hundred, sized};

const PRODUCERS: u64 = 12;
const ROUNDS: u64 = 250;

/// Puts, is cancelled or goes away now and then, and fetches what it has put.
async fn produce<R: Runtime>(stash: Stash<R>, runtime: R, producer: u64) -> u64 {
    let owner = Owner::new(&format!("owner {}", producer % 4));
    let mut served = 0;
    for round in 0..ROUNDS {
        let cancel = CancellationToken::new();
        let size = (producer * 7 + round * 13) % 45;
        let put = stash.put_wait(&owner, sized(size), cancel.clone());
        let put = async {
            if round % 5 != 4 {
                return put.await;
            }
            tokio::select! {
                biased;
                () = runtime.sleep(Duration::from_millis(1)) => Err(PutError::Cancelled),
                put = put => put,
            }
        };
        let cancelling = async {
            if round % 3 == 2 {
                tokio::task::yield_now().await;
                cancel.cancel();
            }
        };
        let (put, ()) = tokio::join!(put, cancelling);
        if let Ok(id) = put {
            tokio::task::yield_now().await;
            assert_eq!(stash.take(id, &owner).unwrap().len() as u64, size);
            served += 1;
        }
    }
    served
}

/// On any runtime: all that a stash does can move from thread to thread.
fn spawn<R: Runtime>(stash: Stash<R>, runtime: R, producer: u64) -> JoinHandle<u64> {
    tokio::spawn(stash.clone().expire(CancellationToken::new()));
    tokio::spawn(produce(stash, runtime, producer))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_many_threads_put_is_fetched_or_gone() {
    let settings = Settings {
        waiting: bytes(200),
        wait: Duration::from_millis(3),
        owner_percent: 60,
        ..hundred()
    };
    let (runtime, auditor) = (TokioRuntime::new(), Auditor::new(settings));
    let stash = Stash::new(runtime, settings, [7; 32], auditor.clone()).unwrap();
    let start = |producer| spawn(stash.clone(), runtime, producer);
    let producers: Vec<_> = (0..PRODUCERS).map(start).collect();
    let mut served = 0;
    for producer in producers {
        served += producer.await.unwrap();
    }
    assert!(served > 0);
    assert_eq!(stash.stats(), auditor.stats());
    assert_eq!(stash.stats(), backfill::stash::Stats::default());
    assert!(auditor.audit().most_bytes <= 300);
    let waited = auditor.picked(|event| match event.what {
        What::Stored { ticket, .. } => ticket,
        _ => None,
    });
    assert!(!waited.is_empty(), "nobody has waited");
}
