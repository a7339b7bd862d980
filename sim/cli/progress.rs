//! How far a run is, on standard error: bars on a terminal, plain lines elsewhere.
//!
//! This is the one place that looks at the host's clock, to say how much faster than it modelled
//! time passes. Nothing of it reaches a result.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::dataset;
use crate::execution::Progress;
use crate::world::Watch;

/// How often bars are drawn again.
const REFRESH: Duration = Duration::from_millis(200);

/// Shows progress until dropped.
pub(super) struct Display {
    shown: Arc<Shown>,
    /// Draws the bars again and again; `None` without a terminal.
    drawing: Option<std::thread::JoinHandle<()>>,
}

#[derive(Default)]
struct Shown {
    /// `None` without a terminal.
    bars: Option<MultiProgress>,
    cells: Mutex<Vec<Running>>,
    images: Mutex<Option<ImageLine>>,
    over: AtomicBool,
}

/// A cell under way.
struct Running {
    watch: Arc<Watch>,
    since: Instant,
    bar: Option<ProgressBar>,
}

/// What was shown last of an image.
struct ImageLine {
    phase: &'static str,
    bar: Option<ProgressBar>,
}

impl Display {
    /// A display on standard error.
    #[must_use]
    pub(super) fn start() -> Self {
        let quiet = std::env::var_os("NO_COLOR").is_some() || !std::io::stderr().is_terminal();
        let shown = Arc::new(Shown {
            bars: (!quiet).then(MultiProgress::new),
            ..Shown::default()
        });
        let drawing = shown.bars.is_some().then(|| {
            let shown = Arc::clone(&shown);
            std::thread::spawn(move || shown.draw_until_over())
        });
        Self { shown, drawing }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.shown.over.store(true, Ordering::Relaxed);
        if let Some(drawing) = self.drawing.take() {
            // A drawing thread that panicked took nothing with it.
            drop(drawing.join());
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "progress is shown on the host's clock"
)]
fn now() -> Instant {
    Instant::now()
}

impl Shown {
    #[expect(
        clippy::disallowed_methods,
        reason = "progress is shown on the host's clock"
    )]
    fn draw_until_over(&self) {
        while !self.over.load(Ordering::Relaxed) {
            for cell in self.cells().iter() {
                if let Some(bar) = &cell.bar {
                    bar.set_message(cell.line());
                    bar.tick();
                }
            }
            std::thread::sleep(REFRESH);
        }
    }

    fn cells(&self) -> std::sync::MutexGuard<'_, Vec<Running>> {
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bar(&self, prefix: &str) -> Option<ProgressBar> {
        let bars = self.bars.as_ref()?;
        let style = ProgressStyle::with_template("{prefix:<32} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = bars.add(ProgressBar::new_spinner().with_style(style));
        bar.set_prefix(prefix.to_owned());
        Some(bar)
    }
}

impl Running {
    /// Modelled time, how much faster than the host's, and rows.
    fn line(&self) -> String {
        let modelled_s = self.watch.now_ns.load(Ordering::Relaxed) as f64 / 1e9;
        let wall_s = now().duration_since(self.since).as_secs_f64().max(1e-3);
        let processed = self.watch.processed.load(Ordering::Relaxed);
        let total = self.watch.total.load(Ordering::Relaxed);
        let rows = if total > 0 {
            format!(", {processed} of {total} rows")
        } else {
            String::new()
        };
        format!(
            "{modelled_s:.0} s modelled, {:.0} × real time{rows}",
            modelled_s / wall_s
        )
    }
}

impl Progress for Display {
    fn dataset(&self, seed: u64, at: dataset::Progress) {
        let mut line = self
            .shown
            .images
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let phase = at.phase.name();
        let percent = (at.done * 100).checked_div(at.total).unwrap_or(0);
        if line.as_ref().is_none_or(|line| line.phase != phase) {
            if self.shown.bars.is_none() {
                eprintln!("dataset seed {seed}: {phase}");
            }
            let bar = match line.take() {
                Some(before) => before.bar,
                None => self.shown.bar(&format!("dataset seed {seed}")),
            };
            *line = Some(ImageLine { phase, bar });
        }
        if let Some(bar) = line.as_ref().and_then(|line| line.bar.as_ref()) {
            bar.set_message(format!("{phase} {percent} %"));
        }
        let verified = at.phase == dataset::Phase::Verify && at.done == at.total;
        if verified && let Some(bar) = line.take().and_then(|line| line.bar) {
            bar.finish_and_clear();
        }
    }

    fn started(&self, cell: &str, watch: &Arc<Watch>) {
        let bar = self.shown.bar(cell);
        self.shown.cells().push(Running {
            watch: Arc::clone(watch),
            since: now(),
            bar,
        });
    }

    fn ended(&self, cell: &str, watch: &Arc<Watch>) {
        let mut cells = self.shown.cells();
        let Some(at) = cells.iter().position(|one| Arc::ptr_eq(&one.watch, watch)) else {
            return;
        };
        let ended = cells.remove(at);
        let line = ended.line();
        match ended.bar {
            Some(bar) => bar.finish_with_message(line),
            None => eprintln!("{cell}: {line}"),
        }
    }
}
