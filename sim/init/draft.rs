//! The scenario as text, with a comment to each part for whoever reads his first one.

use std::fmt::Write as _;
use std::path::Path;

use toml::Value;

use super::job::Choice;
use super::name::{self, on_one_line};
use super::traffic::Query;

/// A scenario that nobody has looked at yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What stands in the file.
    pub text: String,
    /// The table that is to be backfilled.
    pub table: String,
    /// The column that seems to wait for values, if one does.
    pub column: Option<String>,
    /// Whether `job.set` is left for the user to say.
    pub set_missing: bool,
}

/// What a scenario is made of.
pub(super) struct Parts<'a> {
    /// The database, as seen from the scenario's folder.
    pub(super) file: &'a str,
    pub(super) scenario: &'a Path,
    pub(super) write_ahead: bool,
    pub(super) job: &'a Choice,
    pub(super) readers: &'a [Query],
}

/// What is compared, whatever the database is.
const STRATEGIES: &str = "\
# What is compared. First what anybody would do: one UPDATE.
[strategies.single-transaction]
kind = \"single-transaction\"
role = \"baseline\"

# Chunks of so many rows, with a pause between them.
[strategies.fixed-5000-100ms]
kind = \"chunked\"
rows = 5_000
pause_ms = 100

[strategies.fixed-500-100ms]
kind = \"chunked\"
rows = 500
pause_ms = 100

# Chunks of as many rows as take so long.
[strategies.time-target-50ms]
kind = \"chunked\"
pacer = \"time-target\"
target_ms = 50

# Chunks of as many rows as keep the readers' p95 below what is said here. With
# times_no_backfill = 3.0 instead it is a multiple of what it was before.
[strategies.slo-20ms]
kind = \"chunked\"
pacer = \"reader-slo\"
p95_ms = 20

# Which of them `sim apply` takes when it is done for real.
[apply]
strategy = \"slo-20ms\"
";

/// Writes the scenario.
pub(super) fn write(parts: &Parts<'_>) -> Draft {
    let job = parts.job;
    let column = job.waiting.as_ref().map(|waiting| waiting.column.clone());
    let mut text = head(parts);
    text.push_str(&job_table(job));
    text.push_str(
        "\n# Who reads meanwhile. A parameter is a value of a column, each row about as likely.\n\
         # Put your own queries here: what is promised is promised to them.\n",
    );
    for query in parts.readers {
        text.push_str(&reader(query));
    }
    text.push_str(&writer(job));
    text.push_str(
        "\n# What readers are promised while the backfill runs.\n\
         [objective]\nreader_p95_ms = 1_000\n\n",
    );
    text.push_str(STRATEGIES);
    text.push_str(&next(parts));
    Draft {
        text,
        table: job.table.clone(),
        column,
        set_missing: job.set.is_none(),
    }
}

fn head(parts: &Parts<'_>) -> String {
    let table = on_one_line(&parts.job.table);
    let question = match &parts.job.waiting {
        Some(waiting) if parts.job.eligible.is_some() => {
            format!(
                "while {} of {table} is filled in",
                on_one_line(&waiting.column)
            )
        }
        _ => format!("while {table} is backfilled"),
    };
    let journal = if parts.write_ahead { "wal" } else { "delete" };
    format!(
        "# Do readers stay served {question}?\n\
         \n\
         # The database, seen from the folder of this file. It is read and never changed.\n\
         # The journal is the one it has now. \"shared\" is one connection for everybody;\n\
         # \"split\" gives readers their own.\n\
         [database]\n\
         file = {}\n\
         journal = \"{journal}\"\n\
         connections = \"shared\"\n\
         \n\
         # The disk it is to be on, and what the operating system keeps of it in memory.\n\
         # Others: nvme, cloud-volume, sd-card, in-memory, or a file of your own.\n\
         [disk]\n\
         profile = \"ssd\"\n\
         page_cache_mib = 256\n\
         \n",
        string(parts.file),
    )
}

fn job_table(job: &Choice) -> String {
    let mut text = why(job);
    text.push_str("[job]\n");
    let mut pair = |key: &str, value: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{key} = {}", string(value));
    };
    pair("name", &job.name);
    pair("table", &job.table);
    pair("key", &job.key_text);
    if let Some(eligible) = &job.eligible {
        pair("eligible", eligible);
    }
    if let Some(set) = &job.set {
        pair("set", set);
        return text;
    }
    let column = job
        .waiting
        .as_ref()
        .map(|waiting| name::sql(&waiting.column));
    let example = column.unwrap_or_else(|| "column".to_owned());
    let _ = write!(
        text,
        "# To be filled in: what goes there, as it would stand after SET in an UPDATE, such as\n\
         # set = {}\n\
         set = \"\"\n",
        line(&format!(
            "{example} = (SELECT sum(value) FROM other_table WHERE …)"
        )),
    );
    text
}

/// Why this job, for the comment above it.
fn why(job: &Choice) -> String {
    let table = on_one_line(&job.table);
    let guess = match (&job.waiting, job.asked) {
        (Some(waiting), false) => format!(
            "# What is backfilled. A guess: `{}` is NULL in {} of {} rows looked at, at both ends\n\
             # of `{table}`.\n",
            on_one_line(&waiting.column),
            waiting.nulls,
            waiting.sampled
        ),
        (Some(waiting), true) => format!(
            "# What is backfilled. `{}` is NULL in {} of {} rows looked at, at both ends of\n\
             # `{table}`.\n",
            on_one_line(&waiting.column),
            waiting.nulls,
            waiting.sampled
        ),
        (None, false) => format!(
            "# What is backfilled. A guess: no column is mostly NULL, and `{table}` is the\n\
             # largest table with a key.\n"
        ),
        (None, true) => "# What is backfilled.\n".to_owned(),
    };
    format!(
        "{guess}\
         # The name is its place in the ledger. The key says in which order rows are gone\n\
         # through, eligible which of them are changed (all unless said), set what is put there.\n"
    )
}

fn reader(query: &Query) -> String {
    let param = query.param.as_ref().map_or_else(String::new, |column| {
        format!("params = [{{ column = {} }}]\n", string(column))
    });
    format!(
        "\n# {}\n[[readers.query]]\nname = {}\nsql = {}\n{param}rate_per_s = {:?}\n",
        query.comment,
        string(&query.name),
        string(&query.sql),
        query.rate_per_s
    )
}

/// A writer to be uncommented, each line of it a comment.
fn writer(job: &Choice) -> String {
    let table = name::sql(&job.table);
    let (Some(other), Some(key)) = (&job.other, job.key.first()) else {
        return String::new();
    };
    let other = name::sql(other);
    let sql = format!(
        "UPDATE {table} SET {other} = {other} WHERE {} = ?1",
        name::sql(key)
    );
    let param = name::column(&job.table, key);
    let example = format!(
        "[[writers.statement]]\n\
         name = \"touch\"\n\
         sql = {}\n\
         params = [{{ column = {} }}]\n\
         rate_per_s = 1.0",
        line(&sql),
        line(&param)
    );
    let commented: Vec<String> = example.lines().map(|line| format!("# {line}")).collect();
    format!(
        "\n# Who writes meanwhile, each statement in a transaction of its own: nobody, as long as\n\
         # this is a comment. {{ from = 1, to = 9 }} is a parameter between two whole numbers.\n\
         {}\n",
        commented.join("\n")
    )
}

fn next(parts: &Parts<'_>) -> String {
    let scenario = on_one_line(&parts.scenario.display().to_string());
    format!(
        "\n# Next:\n\
         #   cargo sim check {scenario}    says what is wrong, and prints every default\n\
         #   cargo sim run {scenario}      answers the question\n"
    )
}

/// `text` as a TOML string on one line, for a comment.
fn line(text: &str) -> String {
    let written = string(text);
    if !written.contains('\n') {
        return written;
    }
    // What JSON escapes, it escapes as TOML does; but for DEL, which it leaves as it is.
    let escaped = serde_json::Value::from(text).to_string();
    escaped.replace('\u{7f}', "\\u007f")
}

/// `text` as a TOML string.
fn string(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}
