//! `sim serve upstream`: the simulated list API on a real port, for any client.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

use backfill_sim::upstream::{Objects, Settings};
use serde_json::Value;

fn sim(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sim"));
    command
        .args(["serve"])
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// `sim serve upstream`, which is ended with the test.
struct Served {
    child: Child,
    /// `127.0.0.1:PORT`.
    host: String,
    /// What was printed to be tried.
    line: String,
}

impl Served {
    fn start(args: &[&str]) -> Self {
        let mut child = sim(&[&["upstream"], args].concat()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let lines: Vec<String> = out.lines().take(2).map(Result::unwrap).collect();
        let url = lines[0].strip_prefix("address  http://").unwrap();
        Self {
            host: url.strip_suffix("/v1/charges").unwrap().to_owned(),
            line: lines[1].clone(),
            child,
        }
    }

    /// Status line, headers and body of an answer.
    fn get(&self, query: &str) -> (String, String) {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        let request = format!(
            "GET /v1/charges?{query} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            self.host
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    /// Ctrl-C: the exit code, and what was said on standard error.
    fn stop(mut self) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-INT", &id]).status();
        assert!(told.unwrap().success());
        let mut said = String::new();
        let mut err = self.child.stderr.take().unwrap();
        err.read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The ids of the objects that `settings` and a seed make, newest first.
fn expected(settings: &str, seed: u64) -> Vec<String> {
    let settings: Settings = toml::from_str(settings).unwrap();
    let objects = Objects::generate(&settings, "charges", seed).unwrap();
    let newest_first = (0..objects.len()).rev();
    newest_first.map(|position| objects.id(position)).collect()
}

const AT_ONCE: [&str; 4] = ["--window", "none", "--latency-ms", "0"];

#[test]
fn a_plain_client_gets_every_object() {
    let args = ["--shape", "old-burst", "--objects", "2345", "--seed", "7"];
    let served = Served::start(&[&args[..], &AT_ONCE].concat());
    let mut ids: Vec<String> = Vec::new();
    loop {
        let after = ids.last().map(|id| format!("&starting_after={id}"));
        let (head, body) = served.get(&format!("limit=100{}", after.unwrap_or_default()));
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        let page: Value = serde_json::from_str(&body).unwrap();
        let objects = page["data"].as_array().unwrap().iter();
        ids.extend(objects.map(|object| object["id"].as_str().unwrap().to_owned()));
        if page["has_more"] == false {
            break;
        }
    }
    let all = expected("shape = \"old-burst\"\nobjects = 2345", 7);
    assert_eq!(ids, all);
    let (code, said) = served.stop();
    assert_eq!(code, Some(0), "{said}");
    for part in [
        "shape      = old-burst\n",
        "objects    = 2345\n",
        "range      = 1609437600 to 1767225600\n",
        "window     = none\n",
        "answered 24 requests with 2345 objects\n",
    ] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
}

/// What a user does who has nothing but a shell.
const SCRIPT: &str = r#"
after=
while :; do
  page=$(curl -gsSf "$URL?limit=100&created[gte]=$GTE&created[lt]=$LT$after") || exit 1
  ids=$(printf %s "$page" | grep -o '"id":"[^"]*"' | cut -d '"' -f 4)
  printf '%s\n' "$ids"
  case $page in *'"has_more":false'*) exit 0 ;; esac
  after="&starting_after=$(printf '%s\n' "$ids" | tail -n 1)"
done
"#;

#[test]
fn curl_gets_every_object() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("there is no curl here: not tried");
        return;
    }
    let shape = ["--shape", "ties-at-page-edges", "--objects", "1234"];
    let served = Served::start(&[&shape[..], &AT_ONCE].concat());
    let shell = |script: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", script]).env("NO_PROXY", "127.0.0.1");
        let url = format!("http://{}/v1/charges", served.host);
        command.env("URL", url);
        command.env("GTE", "1609437600").env("LT", "1767225600");
        command.output().unwrap()
    };
    let stdout = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();
    let tried = shell(&served.line);
    let page: Value = serde_json::from_str(&stdout(&tried)).unwrap();
    assert_eq!(page["data"].as_array().unwrap().len(), 3, "{page}");
    let all = shell(SCRIPT);
    assert!(all.status.success(), "{all:?}");
    let expected = expected("shape = \"ties-at-page-edges\"\nobjects = 1234", 1);
    let text = stdout(&all);
    let ids: Vec<&str> = text.lines().collect();
    assert_eq!(ids, expected);
}

#[test]
fn who_asks_too_often_is_refused() {
    let served = Served::start(&["--rate", "0.001", "--burst", "1", "--latency-ms", "0"]);
    assert!(served.get("").0.starts_with("HTTP/1.1 200 "));
    let (head, body) = served.get("");
    assert!(head.starts_with("HTTP/1.1 429 "), "{head}");
    assert!(head.contains("\r\nretry-after: "), "{head}");
    assert!(body.contains("rate_limit"), "{body}");
}

#[test]
fn the_times_of_a_file_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("days.csv");
    fs::write(&file, "date,count\n2024-02-28,70\n2024-02-29,80\n").unwrap();
    let served = Served::start(&[&["--file", file.to_str().unwrap()], &AT_ONCE[..]].concat());
    let begin = 1_709_164_800;
    let query = format!(
        "limit=100&created[gte]={begin}&created[lt]={}",
        begin + 86_400
    );
    let page: Value = serde_json::from_str(&served.get(&query).1).unwrap();
    assert_eq!(page["data"].as_array().unwrap().len(), 80, "{page}");
    assert!(
        served
            .line
            .contains(&format!("created[lt]={}", begin + 86_400))
    );
}

#[test]
fn what_cannot_be_served_is_said_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bad.csv"), "created\n1\nnever\n").unwrap();
    fs::write(folder.path().join("upstream.toml"), "# Why?\n[laod]\n").unwrap();
    for (args, parts) in [
        (
            &["upstream", "--file", "bad.csv"][..],
            &["bad.csv:3: `never` is not a moment"][..],
        ),
        (
            &["upstream", "--file", "none.csv"],
            &["cannot read creation times", "readable CSV"],
        ),
        (
            &["upstream", "--rate", "0"],
            &["--rate: 0 is too little", "choose from 0.001"],
        ),
        (
            &["upstream", "--latency-ms", "600001"],
            &["--latency-ms: 600001 is too much"],
        ),
        (
            &["upstream", "--shape", "round"],
            &["invalid value 'round'", "one-second"],
        ),
        (
            &["upstream", "--file", "bad.csv", "--years", "2"],
            &["cannot be used with"],
        ),
        // A scenario of that name is still a scenario.
        (&["./upstream.toml"], &["there is no key `laod`"]),
        (&[], &["<SCENARIO>"]),
    ] {
        let output = sim(args).current_dir(folder.path()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        let words: Vec<&str> = said
            .split(['│', ' ', '\n'])
            .filter(|word| !word.is_empty())
            .collect();
        let said = words.join(" ");
        for part in parts {
            assert!(said.contains(part), "`{part}` is not in: {said}");
        }
    }
}
