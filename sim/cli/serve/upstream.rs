//! `sim serve upstream`: the simulated list API on a real port and the real clock, for whoever
//! wants to page through it with a client of their own.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use backfill::TokioRuntime;
use miette::miette;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::live;
use crate::cli::{aligned, exit, print, show};
use crate::scenario::Finding;
use crate::upstream::{self, Objects, Settings, Shape, Upstream, Window};

/// The name of its only stream.
const STREAM: &str = "charges";
/// What options are called in findings.
const TABLE: &str = "upstream";

/// The simulated API.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "It serves objects of `charges` newest first, on 127.0.0.1, until Ctrl-C:
  GET /v1/charges?limit=100&created[gte]=…&created[lt]=…&starting_after=ID"
)]
pub(super) struct UpstreamArgs {
    /// How objects lie in time
    #[arg(long, value_name = "SHAPE", default_value = "uniform")]
    shape: Shape,
    /// Objects; some shapes have their own number
    #[arg(long, value_name = "N", default_value_t = Settings::default().objects)]
    objects: u64,
    /// Years before 2026-01-01 in which they were created
    #[arg(long, value_name = "N", default_value_t = Settings::default().years)]
    years: u32,
    /// A CSV file with a creation time in each line, or `date,count`, instead of a shape
    #[arg(long, value_name = "CSV", conflicts_with_all = ["shape", "objects", "years"])]
    file: Option<PathBuf>,
    /// The seed: the same one gives the same objects
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Requests per second; others are answered with 429
    #[arg(long, value_name = "PER_S", default_value_t = Settings::default().rate_per_s)]
    rate: f64,
    /// Requests at once after a quiet time, with `--window bucket`
    #[arg(long, value_name = "N", default_value_t = Settings::default().burst)]
    burst: u32,
    /// How requests are counted
    #[arg(long, value_name = "WINDOW", default_value = "bucket")]
    window: Window,
    /// How long a page takes, ms
    #[arg(long, value_name = "MS", default_value_t = Settings::default().latency_ms)]
    latency_ms: u64,
    /// The port on 127.0.0.1; 0 for any that is free
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
}

/// Serves, and returns the exit code.
#[must_use]
pub(super) fn serve(args: &UpstreamArgs) -> ExitCode {
    let made = args.settings().and_then(|settings| {
        let objects = Objects::generate(&settings, STREAM, args.seed)?;
        Ok((settings, Arc::new(objects)))
    });
    let (settings, objects) = match made {
        Ok(made) => made,
        Err(error) => {
            show(error);
            return ExitCode::from(exit::INVALID);
        }
    };
    let api = Api {
        upstream: Upstream::new(
            &settings,
            [(STREAM.to_owned(), Arc::clone(&objects))],
            args.seed,
            0,
        ),
        objects,
    };
    eprint!("{}", aligned(&args.options(&settings, &api.objects)));
    let served = live::runtime().and_then(|runtime| runtime.block_on(api.serve(args.port)));
    served.unwrap_or_else(|error| {
        show(error);
        ExitCode::from(exit::INTERNAL)
    })
}

impl UpstreamArgs {
    fn settings(&self) -> Result<Settings, miette::Report> {
        let file = match &self.file {
            None => None,
            Some(path) => Some(path.to_str().map(ToOwned::to_owned).ok_or_else(|| {
                miette!("{} is a name that is not UTF-8: rename it", path.display())
            })?),
        };
        let settings = Settings {
            shape: self.shape,
            file,
            objects: self.objects,
            years: self.years,
            latency_ms: self.latency_ms,
            window: self.window,
            rate_per_s: self.rate,
            burst: self.burst,
            ..Settings::default()
        };
        match settings.findings(TABLE).into_iter().next() {
            None => Ok(settings),
            Some(Finding {
                path,
                message,
                help,
            }) => {
                let path = path.keys().last().map_or("", String::as_str);
                // The only key that is not called as its option is.
                let option = path.replace("rate_per_s", "rate").replace('_', "-");
                Err(miette!(help = help, "--{option}: {message}"))
            }
        }
    }

    /// All options, as they are in force.
    fn options(&self, settings: &Settings, objects: &Objects) -> Vec<(String, String)> {
        let shape = match &settings.file {
            None => ("shape", settings.shape.name()),
            Some(file) => ("file", file.clone()),
        };
        let range = objects.range();
        let limit = match settings.window {
            Window::None => vec![("window", "none".to_owned())],
            Window::Sliding => vec![
                ("window", "sliding".to_owned()),
                ("rate_per_s", settings.rate_per_s.to_string()),
            ],
            Window::Bucket => vec![
                ("window", "bucket".to_owned()),
                ("rate_per_s", settings.rate_per_s.to_string()),
                ("burst", settings.burst.to_string()),
            ],
        };
        let all = [
            vec![
                shape,
                ("objects", objects.len().to_string()),
                ("range", format!("{} to {}", range.gte, range.lt)),
                ("seed", self.seed.to_string()),
            ],
            limit,
            vec![("latency_ms", settings.latency_ms.to_string())],
        ];
        let named = |(name, value): (&str, String)| (name.to_owned(), value);
        all.into_iter().flatten().map(named).collect()
    }
}

/// The API that is served.
struct Api {
    upstream: Upstream,
    objects: Arc<Objects>,
}

impl Api {
    async fn serve(self, port: u16) -> Result<ExitCode, miette::Report> {
        let stop = CancellationToken::new();
        let told = stop.clone();
        ctrlc::set_handler(move || told.cancel()).map_err(miette::Report::from_err)?;
        let listener = TcpListener::bind(("127.0.0.1", port))
            .await
            .map_err(|error| {
                miette!("cannot listen on 127.0.0.1:{port}: {error}; choose another --port")
            })?;
        let address = listener.local_addr().map_err(miette::Report::from_err)?;
        let url = format!("http://{address}/v1/{STREAM}");
        let range = self.objects.range();
        let printed = print(&format!(
            "address  {url}\n\
             curl -g '{url}?limit=3&created[gte]={}&created[lt]={}'\n",
            range.gte, range.lt
        ));
        if printed != ExitCode::from(exit::PASS) {
            return Ok(printed);
        }
        let router = self.upstream.router(TokioRuntime::new());
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            never = upstream::serve(listener, router) => match never {},
        }
        let counters = self.upstream.log().counters();
        eprintln!(
            "answered {} requests with {} objects",
            counters.requests, counters.items
        );
        Ok(printed)
    }
}
