//! A folder with a database to make a first scenario for, and what holds for every such scenario.
#![allow(dead_code, reason = "every test file uses its own part of the desk")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use backfill::chunked::Job;
use backfill_sim::init::{InitError, Wishes, init};
use backfill_sim::{sample, scenario};
use rusqlite::Connection;
use tempfile::TempDir;
use toml::{Table, Value};

/// A folder with a database in it.
pub(crate) struct Desk {
    pub(crate) folder: TempDir,
}

impl Desk {
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    /// With `db.sqlite`, made by `sql`.
    pub(crate) fn of(sql: &str) -> Self {
        let desk = Self::empty();
        desk.db().execute_batch(sql).unwrap();
        desk
    }

    /// With a sample shop of 1 MiB.
    pub(crate) fn shop() -> Self {
        let desk = Self::empty();
        sample::shop(&desk.path("db.sqlite"), 1, 1, &|_| {}).unwrap();
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn db(&self) -> Connection {
        Connection::open(self.path("db.sqlite")).unwrap()
    }

    /// What there is in the folder, byte for byte.
    pub(crate) fn bytes(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect()
    }

    /// The scenario for `wishes`, parsed. Nothing else in the folder has changed.
    pub(crate) fn init(&self, wishes: &Wishes) -> Scenario {
        let (before, out) = (self.bytes(), self.path("out.toml"));
        let (path, draft) = init(&self.path("db.sqlite"), Some(&out), wishes).unwrap();
        assert_eq!(path, out);
        let text = fs::read_to_string(&out).unwrap();
        assert_eq!(text, draft.text);
        fs::remove_file(&out).unwrap();
        assert_eq!(self.bytes(), before);
        Scenario {
            toml: text
                .parse()
                .unwrap_or_else(|error| panic!("{error}\n{text}")),
            text,
        }
    }

    pub(crate) fn refusal(&self, wishes: &Wishes) -> String {
        let (before, out) = (self.bytes(), self.path("out.toml"));
        let error = init(&self.path("db.sqlite"), Some(&out), wishes).unwrap_err();
        assert_eq!(self.bytes(), before);
        shown(error)
    }
}

/// An error with its help, on one line.
pub(crate) fn shown(error: InitError) -> String {
    use miette::Diagnostic as _;
    let help = error
        .help()
        .map_or_else(String::new, |help| help.to_string());
    format!("{error} ({help})")
}

/// A scenario as it was written, and parsed.
pub(crate) struct Scenario {
    pub(crate) text: String,
    pub(crate) toml: Table,
}

impl Scenario {
    pub(crate) fn job(&self, key: &str) -> Option<&str> {
        self.toml["job"]
            .get(key)
            .map(|value| value.as_str().unwrap())
    }

    pub(crate) fn queries(&self) -> &[Value] {
        self.toml["readers"]["query"].as_array().unwrap()
    }

    pub(crate) fn sql(&self) -> Vec<&str> {
        self.queries()
            .iter()
            .map(|query| query["sql"].as_str().unwrap())
            .collect()
    }

    /// What holds for every scenario: SQLite and the backfill accept what is in it, no read scans
    /// a table, and the rates add up.
    pub(crate) fn fits(&self, desk: &Desk) {
        let db = desk.db();
        let rate = |query: &Value| query["rate_per_s"].as_float().unwrap();
        assert_eq!(self.queries().iter().map(rate).sum::<f64>(), 50.0);
        for query in self.queries() {
            read(&db, query);
        }
        let all = format!("SELECT * FROM {}", quoted(self.job("table").unwrap()));
        let first = db
            .prepare(&all)
            .unwrap()
            .column_name(0)
            .map(quoted)
            .unwrap();
        let nothing = format!("{first} = {first}");
        let set = self
            .job("set")
            .filter(|set| !set.is_empty())
            .unwrap_or(&nothing);
        let [name, table, key] = ["name", "table", "key"].map(|part| self.job(part).unwrap());
        let job = Job::new(
            name,
            table,
            key,
            self.job("eligible").unwrap_or("true"),
            set,
        );
        job.unwrap().check(&db).unwrap();
        self.loads(desk, &nothing);
    }

    /// It is a valid scenario, and its first line is a question, once `set` is put where only the
    /// user could say it; without that it is refused for just this.
    fn loads(&self, desk: &Desk, set: &str) {
        let file = desk.path("db.sqlite");
        let file = overriding("database.file", file.to_str().unwrap());
        let mut overrides = vec![file];
        if self.job("set") == Some("") {
            let refused = self.load(&overrides).unwrap_err();
            assert!(refused.contains("`set` is empty"), "{refused}");
            overrides.push(overriding("job.set", set));
        }
        let loaded = self
            .load(&overrides)
            .unwrap_or_else(|error| panic!("{error}"));
        let written = self.with_writer().load(&overrides);
        let written = written.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(written.model.writers.statement.len(), self.writers());
        assert!(loaded.file.is_some());
        assert!(loaded.question.ends_with('?'), "{}", loaded.question);
        assert_eq!(loaded.model.readers.query.len(), self.queries().len());
        let names: Vec<&str> = loaded.model.strategies.keys().map(String::as_str).collect();
        let expected = [
            "single-transaction",
            "fixed-5000-100ms",
            "fixed-500-100ms",
            "time-target-50ms",
            "slo-20ms",
        ];
        assert_eq!(names, expected);
    }

    /// How many writers there are in comments: one, where a column is free to be written to.
    fn writers(&self) -> usize {
        self.text.matches("\n# [[writers.statement]]\n").count()
    }

    /// The same with its writer no longer in a comment.
    fn with_writer(&self) -> Self {
        let begin = self.text.find("# [[writers.statement]]");
        let (before, after) = self.text.split_at(begin.unwrap_or(self.text.len()));
        let (mut text, mut commented) = (before.to_owned(), true);
        for line in after.lines() {
            commented &= line.starts_with("# ");
            text.push_str(if commented { &line[2..] } else { line });
            text.push('\n');
        }
        let toml = text
            .parse()
            .unwrap_or_else(|error| panic!("{error}\n{text}"));
        Self { text, toml }
    }

    /// What the command line makes of it, from another folder.
    fn load(&self, overrides: &[String]) -> Result<scenario::Scenario, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("question.toml");
        fs::write(&path, &self.text).unwrap();
        scenario::load(path.to_str().unwrap(), overrides)
            .map_err(|error| format!("{:?}\n{}", miette::Report::new(error), self.text))
    }
}

fn overriding(path: &str, text: &str) -> String {
    format!("{path}={}", Value::String(text.to_owned()))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Makes one read with real values, and asks SQLite how it does so.
fn read(db: &Connection, query: &Value) {
    let sql = query["sql"].as_str().unwrap();
    let values: Vec<rusqlite::types::Value> = match query.get("params") {
        None => Vec::new(),
        Some(params) => params
            .as_array()
            .unwrap()
            .iter()
            .map(|param| value(db, param))
            .collect(),
    };
    let mut statement = db.prepare(sql).unwrap();
    assert!(statement.readonly());
    assert_eq!(statement.parameter_count(), values.len());
    let mut rows = statement.query(rusqlite::params_from_iter(values)).unwrap();
    assert!(rows.next().unwrap().is_some(), "{sql} finds nothing");
    let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let steps: Vec<String> = plan
        .query_map(
            rusqlite::params_from_iter(vec![0; plan.parameter_count()]),
            |row| row.get(3),
        )
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let listed = sql.contains("ORDER BY") && sql.contains("LIMIT");
    for step in steps {
        let scans = step.starts_with("SCAN") && !listed;
        assert!(!scans && !step.contains("TEMP B-TREE"), "{sql}: {step}");
    }
}

/// A value that is there, of the column that a parameter names as `table.column`.
pub(crate) fn value(db: &Connection, param: &Value) -> rusqlite::types::Value {
    let column = param["column"].as_str().unwrap();
    // The dot between the two names is the one outside of quotes.
    let mut quotes = false;
    let dot = column.find(|character| {
        quotes ^= character == '"';
        character == '.' && !quotes
    });
    let (table, _) = column.split_at(dot.unwrap());
    let sql = format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL LIMIT 1");
    db.query_row(&sql, [], |row| row.get(0)).unwrap()
}

/// Nothing is known but the table.
pub(crate) fn of(table: &str) -> Wishes {
    Wishes {
        table: Some(table.to_owned()),
        ..Wishes::default()
    }
}
