//! Who uses a database of one's own: what arrives when, and with which values.

use std::sync::Arc;

use rusqlite::types::Value;
use rusqlite::{Connection, Statement};

use super::sample::sample;
use crate::load::{Planned, arrivals};
use crate::outcome::{Asked, RequestKind};
use crate::scenario::{Model, Param, Query};
use crate::seed::{Purpose, below, mix, stream};

/// 2^64 divided by the golden ratio: parameters of one request draw far from each other.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The statements of a scenario, with the values of a seed.
#[derive(Debug)]
pub(super) struct Requests {
    all: Vec<Request>,
}

/// One statement.
#[derive(Debug)]
struct Request {
    kind: RequestKind,
    /// Its random stream.
    entity: String,
    rate_per_s: f64,
    sql: String,
    params: Vec<Source>,
}

/// Where the value of a parameter comes from.
#[derive(Debug)]
enum Source {
    Values(Arc<[Value]>),
    Range(i64, i64),
}

impl Requests {
    /// The statements of `model`, with values from `connection` under `seed`.
    ///
    /// # Errors
    /// What SQLite says.
    pub(super) fn new(connection: &Connection, model: &Model, seed: u64) -> rusqlite::Result<Self> {
        let mut all = Vec::new();
        for (read, queries) in [
            (true, &model.readers.query),
            (false, &model.writers.statement),
        ] {
            for query in queries {
                let nth = u32::try_from(all.len()).unwrap_or(u32::MAX);
                all.push(request(connection, query, (nth, read), seed)?);
            }
        }
        Ok(Self { all })
    }

    /// Every arrival before `end_ns`.
    pub(super) fn arrivals(&self, seed: u64, end_ns: u64) -> Vec<Planned> {
        let mut planned = Vec::new();
        for one in &self.all {
            let Request {
                kind,
                entity,
                rate_per_s,
                ..
            } = one;
            arrivals(&mut planned, entity, *rate_per_s, seed, end_ns, |_| *kind);
        }
        planned
    }

    /// Runs the statement of `asked` with the values that `draw` picks, and reads all it answers;
    /// how many rows it changed.
    ///
    /// # Errors
    /// What SQLite says.
    pub(super) fn perform(
        &self,
        connection: &Connection,
        asked: Asked,
        draw: u64,
    ) -> rusqlite::Result<u64> {
        let Some(request) = self.all.get(asked.nth as usize) else {
            return Ok(0);
        };
        let before = connection.total_changes();
        let mut statement = connection.prepare_cached(&request.sql)?;
        for (nth, source) in (1..).zip(&request.params) {
            let draw = mix(draw ^ GOLDEN.wrapping_mul(nth as u64));
            bind(&mut statement, nth, source, draw)?;
        }
        read_all(&mut statement)?;
        Ok(connection.total_changes() - before)
    }
}

fn request(
    connection: &Connection,
    query: &Query,
    (nth, read): (u32, bool),
    seed: u64,
) -> rusqlite::Result<Request> {
    let params = query.params.iter().enumerate().map(|(number, param)| {
        let entity = format!("{}/{number}", query.name);
        source(connection, param, seed, &entity)
    });
    Ok(Request {
        kind: RequestKind::Own(Asked::new(&query.name, nth, read)),
        entity: format!("{} {}", if read { "read" } else { "write" }, query.name),
        rate_per_s: query.rate_per_s,
        sql: query.sql.clone(),
        params: params.collect::<Result<_, _>>()?,
    })
}

fn source(
    connection: &Connection,
    param: &Param,
    seed: u64,
    entity: &str,
) -> rusqlite::Result<Source> {
    if let Some((table, column)) = param.place() {
        let mut random = stream(seed, Purpose::Parameters, entity);
        let values = sample(connection, &table, &column, &mut random)?;
        return Ok(Source::Values(values.into()));
    }
    let (from, to) = param.range().unwrap_or_default();
    Ok(Source::Range(from, to))
}

fn bind(
    statement: &mut Statement<'_>,
    nth: usize,
    source: &Source,
    draw: u64,
) -> rusqlite::Result<()> {
    match source {
        Source::Values(values) => {
            let at = usize::try_from(below(draw, values.len() as u64)).unwrap_or(0);
            statement.raw_bind_parameter(nth, values.get(at).unwrap_or(&Value::Null))
        }
        Source::Range(from, to) => {
            let numbers = to.wrapping_sub(*from).cast_unsigned().saturating_add(1);
            let value = from.wrapping_add_unsigned(below(draw, numbers));
            statement.raw_bind_parameter(nth, value)
        }
    }
}

/// Every row and every column of it: what lies on overflow pages is only read when it is asked for.
fn read_all(statement: &mut Statement<'_>) -> rusqlite::Result<()> {
    let columns = statement.column_count();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            row.get_ref(column)?;
        }
    }
    Ok(())
}
