//! Threads that run cells, as many at a time as asked; with `check`, each cell twice.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::execution::{ExecutionError, Progress, Settings};
use crate::outcome::Request;
use crate::world::{Watch, WorldError};

/// A cell to run.
pub(crate) trait Cell: Sync {
    /// What it produces.
    type Outcome: Replayable + Send;

    /// What it is called.
    fn label(&self) -> String;

    /// Runs it, unless `stop` says otherwise.
    fn run(&self, watch: &Arc<Watch>, stop: &AtomicBool) -> Result<Self::Outcome, WorldError>;
}

/// What comes out the same when a cell is run again.
pub(crate) trait Replayable {
    /// The hash of everything.
    fn digest(&self) -> &str;
    /// The events, in their order.
    fn log(&self) -> &[String];
    /// The planned requests and what became of them, where there are any.
    fn requests(&self) -> &[Request];
    /// What is in the hash beside them.
    fn rest(&self) -> String;
    /// Leaves the events out. Their hash is known, and those of a hundred cells would fill the
    /// memory.
    fn drop_log(&mut self);
}

/// Where a thread leaves what came of a cell.
type Slot<O> = Mutex<Option<Result<O, ExecutionError>>>;

/// Threads that run cells.
pub(crate) struct Workers<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) stop: &'a AtomicBool,
}

impl Workers<'_> {
    /// The outcomes of `cells`, in their order; those stopped before their end are missing.
    ///
    /// # Errors
    /// If the simulator fails, or a checked cell comes out differently.
    pub(crate) fn run<C: Cell>(&self, cells: &[C]) -> Result<Vec<C::Outcome>, ExecutionError> {
        let next = AtomicUsize::new(0);
        let failed = AtomicBool::new(false);
        let slots: Vec<Slot<C::Outcome>> = cells.iter().map(|_| Mutex::new(None)).collect();
        let work = || {
            while !self.stop.load(Ordering::Relaxed) && !failed.load(Ordering::Relaxed) {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(cell) = cells.get(index) else { return };
                let result = self.cell(index, cell);
                failed.fetch_or(result.is_err(), Ordering::Relaxed);
                *slots[index].lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
            }
        };
        std::thread::scope(|threads| {
            for _ in 1..self.settings.jobs.min(cells.len()) {
                threads.spawn(work);
            }
            work();
        });
        slots
            .into_iter()
            .filter_map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner))
            .filter(|result| !matches!(result, Err(error) if is_interrupt(error)))
            .collect()
    }

    /// One cell; with `check`, twice, and so the first that a gate's witness sees.
    fn cell<C: Cell>(&self, index: usize, cell: &C) -> Result<C::Outcome, ExecutionError> {
        let mut first = self.once(cell)?;
        let witness = self.settings.witness.as_ref();
        // Whichever thread is first: it is always the same cell.
        let sampled = index == 0 && witness.is_some_and(|one| one.wants_twice(&cell.label()));
        if self.settings.check || sampled {
            let second = self.once(cell)?;
            compare(&cell.label(), &first, &second)?;
        }
        if let Some(witness) = witness {
            witness.saw(&cell.label(), &first);
        }
        first.drop_log();
        Ok(first)
    }

    fn once<C: Cell>(&self, cell: &C) -> Result<C::Outcome, ExecutionError> {
        let (label, watch) = (cell.label(), Arc::new(Watch::default()));
        self.progress.started(&label, &watch);
        let outcome = cell.run(&watch, self.stop);
        self.progress.ended(&label, &watch);
        outcome.map_err(|source| ExecutionError::World {
            cell: label,
            source,
        })
    }
}

const fn is_interrupt(error: &ExecutionError) -> bool {
    matches!(
        error,
        ExecutionError::World {
            source: WorldError::Interrupted,
            ..
        }
    )
}

/// Two runs of a cell must have the same events, and the same digest.
fn compare<O: Replayable>(cell: &str, first: &O, second: &O) -> Result<(), ExecutionError> {
    if first.digest() == second.digest() {
        return Ok(());
    }
    let differs = |index: &usize| first.log().get(*index) != second.log().get(*index);
    let event = (0..first.log().len().max(second.log().len()))
        .find(differs)
        .unwrap_or(first.log().len());
    let line = |outcome: &O| {
        let event = outcome.log().get(event).cloned();
        event.unwrap_or_else(|| format!("no event; {}", outcome.rest()))
    };
    Err(ExecutionError::NotDeterministic {
        cell: cell.to_owned(),
        event,
        first: line(first),
        second: line(second),
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::dataset;
    use crate::gate::Witness;

    /// A cell that comes out otherwise whenever it is run.
    #[derive(Default)]
    struct Fickle(AtomicUsize);

    struct Log(Vec<String>, String);

    impl Replayable for Log {
        fn digest(&self) -> &str {
            &self.1
        }

        fn log(&self) -> &[String] {
            &self.0
        }

        fn requests(&self) -> &[Request] {
            &[]
        }

        fn rest(&self) -> String {
            String::new()
        }

        fn drop_log(&mut self) {
            self.0 = Vec::new();
        }
    }

    impl Cell for Fickle {
        type Outcome = Log;

        fn label(&self) -> String {
            "fickle".to_owned()
        }

        fn run(&self, _: &Arc<Watch>, _: &AtomicBool) -> Result<Log, WorldError> {
            let run = self.0.fetch_add(1, Ordering::Relaxed);
            let log = vec!["0 the same".to_owned(), format!("1 run {run}")];
            Ok(Log(log, run.to_string()))
        }
    }

    struct Nobody;

    impl Progress for Nobody {
        fn dataset(&self, _: u64, _: dataset::Progress) {}
        fn started(&self, _: &str, _: &Arc<Watch>) {}
        fn ended(&self, _: &str, _: &Arc<Watch>) {}
    }

    fn run(witness: Option<Arc<Witness>>) -> Result<Vec<Log>, ExecutionError> {
        let settings = Settings {
            jobs: 1,
            check: false,
            images: PathBuf::new(),
            command: String::new(),
            witness,
            held: false,
        };
        let workers = Workers {
            settings: &settings,
            progress: &Nobody,
            stop: &AtomicBool::new(false),
        };
        workers.run(&[Fickle::default(), Fickle::default()])
    }

    /// Who holds a run to something finds out whether there is anything to hold.
    #[test]
    fn a_witness_sees_a_cell_that_does_not_come_out_the_same() {
        assert!(run(None).is_ok_and(|cells| cells.len() == 2));
        let Err(ExecutionError::NotDeterministic {
            event,
            first,
            second,
            ..
        }) = run(Some(Arc::default()))
        else {
            panic!("nobody saw it");
        };
        assert_eq!((event, &*first, &*second), (1, "1 run 0", "1 run 1"));
    }
}
