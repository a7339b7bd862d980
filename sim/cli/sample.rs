//! `sim sample`: a database to try things on, for whoever has none at hand.

use std::cell::Cell;
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};

use super::run::quoted;
use super::{aligned, exit, print, show};
use crate::sample::{self, MIB_MOST, Progress, Rows, SampleError};

/// Which sample.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    which: Sample,
}

#[derive(Debug, clap::Subcommand)]
enum Sample {
    /// A shop: customers, products, orders with text keys, items and events; a column to fill
    Shop(ShopArgs),
}

#[derive(Debug, clap::Args)]
struct ShopArgs {
    /// The file to write; it must not exist
    file: PathBuf,
    /// About how large it is to become, MiB
    #[arg(long, value_name = "N", default_value_t = 1_024,
          value_parser = clap::value_parser!(u64).range(1..=MIB_MOST))]
    mib: u64,
    /// The seed: the same one gives the same bytes
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Writes the sample, and says what is in it and what can be done with it.
pub(super) fn sample(args: &Args) -> ExitCode {
    let Sample::Shop(shop) = &args.which;
    let shown = Shown::start();
    let written = sample::shop(&shop.file, shop.mib, shop.seed, &|at| shown.tell(at));
    shown.end();
    match written {
        Ok(rows) => print(&report(&shop.file, rows)),
        Err(error) => {
            let code = match error {
                SampleError::Exists { .. } | SampleError::NoName { .. } => exit::INVALID,
                _ => exit::INTERNAL,
            };
            show(error);
            ExitCode::from(code)
        }
    }
}

fn report(file: &Path, rows: Rows) -> String {
    let tables = [
        ("customers", rows.customers),
        ("products", rows.products),
        ("orders", rows.orders),
        ("order_items", rows.order_items),
        ("order_events", rows.order_events),
    ];
    let tables = tables.map(|(table, rows)| (table.to_owned(), format!("{rows} rows")));
    let mut text = aligned(&tables);
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "\n`orders.total_cents` is NULL in every row, for a backfill to fill."
    );
    let file = quoted(&file.display().to_string());
    let _ = writeln!(text, "next  cargo sim init {file}");
    text
}

/// How far it is, on standard error: a bar on a terminal, plain lines elsewhere.
struct Shown {
    bar: Option<ProgressBar>,
    step: Cell<&'static str>,
}

impl Shown {
    fn start() -> Self {
        let quiet = std::env::var_os("NO_COLOR").is_some() || !std::io::stderr().is_terminal();
        let bar = (!quiet).then(|| {
            let style = ProgressStyle::with_template("{msg:<14} {wide_bar} {percent:>3} %")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(0).with_style(style)
        });
        Self {
            bar,
            step: Cell::new(""),
        }
    }

    fn tell(&self, at: Progress) {
        let begun = self.step.replace(at.step) != at.step;
        match &self.bar {
            Some(bar) => {
                bar.set_length(at.total);
                bar.set_position(at.done);
                bar.set_message(at.step);
            }
            None if begun => eprintln!("sample: {}", at.step),
            None => {}
        }
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
