//! `trace.json`: the first seed as a trace that <https://ui.perfetto.dev> opens, in modelled time.
//!
//! Each strategy is a process, each connection one of its threads; a use of a connection is a slice
//! on it. Requests overlap as they like, so they are asynchronous slices: from the intended arrival
//! to the answer, with the wait for a connection inside. Chunks are counted as rows done, and who
//! stands in line as they come and go. Moments are microseconds, as the format wants them; modelled
//! time has no finer ones, but for arrivals, which are nanoseconds and keep three decimals.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::Report;
use super::error::ReportError;
use super::evidence::Evidence;
use super::stage::Stage;
use crate::outcome::{Hold, Line, Outcome};

/// Writes `trace.json`.
pub(super) struct Trace;

impl Report for Trace {
    fn write(&self, evidence: &Evidence<'_>, stage: &mut Stage) -> Result<(), ReportError> {
        stage.file("trace.json", |file| {
            let run = evidence.run;
            let seed = run.outcomes.first().map(|outcome| outcome.seed);
            let all = run.outcomes.iter().chain(&run.counterfactuals);
            let first = all.filter(|outcome| Some(outcome.seed) == seed);
            write(file, first)
        })
    }
}

/// The events of `outcomes`, one a line, each outcome a process.
fn write<'a>(file: &mut dyn Write, outcomes: impl Iterator<Item = &'a Outcome>) -> io::Result<()> {
    file.write_all(b"{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n")?;
    let mut pen = Pen {
        file,
        process: 0,
        begun: false,
    };
    for outcome in outcomes {
        pen.process += 1;
        pen.outcome(outcome)?;
    }
    pen.file.write_all(b"\n]}\n")
}

/// Writes events of one process.
struct Pen<'a> {
    file: &'a mut dyn Write,
    process: u64,
    begun: bool,
}

impl Pen<'_> {
    fn outcome(&mut self, outcome: &Outcome) -> io::Result<()> {
        let name = format!("{}, seed {}", outcome.strategy, outcome.seed);
        self.name("process_name", 0, &name)?;
        self.holds(&outcome.holds)?;
        self.requests(outcome)?;
        for chunk in &outcome.chunks {
            self.count("rows done", chunk.at_ns, json!({ "rows": chunk.processed }))?;
        }
        self.line(outcome)
    }

    /// Uses of connections, each on the thread of its connection.
    fn holds(&mut self, holds: &[Hold]) -> io::Result<()> {
        let mut threads = Threads::default();
        for hold in holds {
            let (thread, new) = threads.place(hold);
            if let Some(name) = new {
                self.name("thread_name", thread, &name)?;
            }
            let mut event = self.event("X", hold.user, hold.acquired_ns);
            event.insert("tid".to_owned(), thread.into());
            event.insert("dur".to_owned(), us(hold.released_ns - hold.acquired_ns));
            let args = json!({
                "write": hold.write,
                "rows_changed": hold.rows_changed,
                "busy_retries": hold.busy_retries,
                "waited_us": us(hold.acquired_ns - hold.queued_ns),
            });
            event.insert("args".to_owned(), args);
            self.put(&event)?;
        }
        Ok(())
    }

    /// Requests, and in each what it waited for a connection.
    fn requests(&mut self, outcome: &Outcome) -> io::Result<()> {
        for (id, request) in outcome.requests.iter().enumerate() {
            let (kind, read) = (request.kind.name(), request.kind.is_read());
            let category = if read { "readers" } else { "writers" };
            let spans = [
                (kind, request.intended_ns, request.finished_ns),
                ("in line", request.intended_ns, request.acquired_ns),
            ];
            for (name, from_ns, to_ns) in spans.into_iter().filter(|(_, from, to)| to > from) {
                for (phase, at_ns) in [("b", from_ns), ("e", to_ns)] {
                    let mut event = self.event(phase, name, at_ns);
                    event.insert("cat".to_owned(), category.into());
                    event.insert("id".to_owned(), id.into());
                    if request.failed && phase == "b" {
                        event.insert("args".to_owned(), json!({ "failed": true }));
                    }
                    self.put(&event)?;
                }
            }
        }
        Ok(())
    }

    /// How many stand in line for a connection, whenever that changes.
    fn line(&mut self, outcome: &Outcome) -> io::Result<()> {
        let mut changes: BTreeMap<u64, [i64; 2]> = BTreeMap::new();
        for request in &outcome.requests {
            let who = usize::from(!request.kind.is_read());
            changes.entry(request.intended_ns).or_default()[who] += 1;
            changes.entry(request.acquired_ns).or_default()[who] -= 1;
        }
        let mut now = [0, 0];
        for (at_ns, change) in changes.into_iter().filter(|(_, change)| *change != [0, 0]) {
            for (now, change) in now.iter_mut().zip(change) {
                *now += change;
            }
            self.count(
                "in line",
                at_ns,
                json!({ "readers": now[0], "writers": now[1] }),
            )?;
        }
        Ok(())
    }

    fn name(&mut self, what: &str, thread: u64, name: &str) -> io::Result<()> {
        let mut event = self.event("M", what, 0);
        event.insert("tid".to_owned(), thread.into());
        event.insert("args".to_owned(), json!({ "name": name }));
        self.put(&event)
    }

    fn count(&mut self, name: &str, at_ns: u64, args: Value) -> io::Result<()> {
        let mut event = self.event("C", name, at_ns);
        event.insert("args".to_owned(), args);
        self.put(&event)
    }

    fn event(&self, phase: &str, name: &str, at_ns: u64) -> Map<String, Value> {
        let mut event = Map::new();
        event.insert("ph".to_owned(), phase.into());
        event.insert("pid".to_owned(), self.process.into());
        event.insert("ts".to_owned(), us(at_ns));
        event.insert("name".to_owned(), name.into());
        event
    }

    fn put(&mut self, event: &Map<String, Value>) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            self.file.write_all(b",\n")?;
        }
        serde_json::to_writer(&mut *self.file, event)?;
        Ok(())
    }
}

/// Microseconds; whole ones without decimals.
fn us(ns: u64) -> Value {
    if ns.is_multiple_of(1_000) {
        (ns / 1_000).into()
    } else {
        // Exact up to 2^53 ns, which is 104 days.
        (ns as f64 / 1e3).into()
    }
}

/// Threads for the connections of each line: the first that is free.
#[derive(Default)]
struct Threads {
    /// Of each connection of a line: its thread, and when it was last given back.
    lines: BTreeMap<Line, Vec<(u64, u64)>>,
    last: u64,
}

impl Threads {
    /// The thread of a use, and its name where that is the first on it. To be asked in the order in
    /// which uses begin.
    fn place(&mut self, hold: &Hold) -> (u64, Option<String>) {
        let line = self.lines.entry(hold.line).or_default();
        let free = line
            .iter_mut()
            .find(|(_, until_ns)| *until_ns <= hold.acquired_ns);
        if let Some((thread, until_ns)) = free {
            *until_ns = hold.released_ns;
            return (*thread, None);
        }
        self.last += 1;
        line.push((self.last, hold.released_ns));
        let what = match hold.line {
            Line::Main => "connection",
            Line::Readers => "readers' connection",
            Line::Backfill => "backfill's connection",
            Line::Apart => "backfill's connection for reads",
        };
        (self.last, Some(format!("{what} {}", line.len())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::synthetic;
    use crate::outcome::{Request, RequestKind, Service};

    fn hold(line: Line, acquired_ns: u64, released_ns: u64) -> Hold {
        Hold {
            user: "reader",
            line,
            write: false,
            queued_ns: acquired_ns,
            acquired_ns,
            released_ns,
            busy_retries: 0,
            rows_changed: 0,
        }
    }

    fn events(outcome: &Outcome) -> Vec<Value> {
        let mut text = Vec::new();
        write(&mut text, [outcome].into_iter()).unwrap();
        let document: Value = serde_json::from_slice(&text).unwrap();
        document["traceEvents"].as_array().unwrap().clone()
    }

    #[test]
    fn uses_that_overlap_are_on_different_threads_and_slices_never_cross() {
        let mut outcome = synthetic::idle("one", 1);
        outcome.holds = vec![
            hold(Line::Readers, 0, 5_000),
            hold(Line::Readers, 1_000, 2_000),
            hold(Line::Main, 1_500, 9_000),
            hold(Line::Readers, 2_000, 7_000),
        ];
        let all = events(&outcome);
        let slices = all.iter().filter(|event| event["ph"] == "X");
        let threads: Vec<u64> = slices.map(|one| one["tid"].as_u64().unwrap()).collect();
        assert_eq!(threads, [1, 2, 3, 2]);
        let names = all.iter().filter(|event| event["name"] == "thread_name");
        let names: Vec<&str> = names
            .map(|one| one["args"]["name"].as_str().unwrap())
            .collect();
        let wanted = [
            "readers' connection 1",
            "readers' connection 2",
            "connection 1",
        ];
        assert_eq!(names, wanted);
    }

    #[test]
    fn a_request_begins_and_ends_and_its_wait_lies_in_it() {
        let mut outcome = synthetic::idle("one", 1);
        outcome.requests = vec![Request {
            kind: RequestKind::Stats,
            intended_ns: 1_500,
            acquired_ns: 4_000,
            finished_ns: 9_000,
            failed: false,
            service: Service::default(),
        }];
        let all = events(&outcome);
        let of = |name: &str, phase: &str| {
            let found = all
                .iter()
                .find(|one| one["name"] == name && one["ph"] == phase);
            found.map(|one| one["ts"].clone()).unwrap()
        };
        assert_eq!((of("stats", "b"), of("stats", "e")), (json!(1.5), json!(9)));
        assert_eq!(
            (of("in line", "b"), of("in line", "e")),
            (json!(1.5), json!(4))
        );
        let line: Vec<i64> = all
            .iter()
            .filter(|one| one["ph"] == "C")
            .map(|one| one["args"]["readers"].as_i64().unwrap())
            .collect();
        assert_eq!(line, [1, 0]);
    }
}
