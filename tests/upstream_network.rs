//! The simulated list API over the simulated network: how long its pages take there, and what its
//! clients see of lost connections.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use backfill_sim::clock::{Clock, dilated};
use backfill_sim::upstream::{Log, Objects, Settings, Upstream, serve_over_turmoil};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use turmoil::net::TcpStream;

const PORT: u16 = 80;

/// What a client saw of a request: when it was sent and answered, ns, and the answer with all its
/// headers; `None` if the connection was lost.
type Seen = (u64, u64, Option<(String, Value)>);

async fn connect() -> SendRequest<Empty<Bytes>> {
    let stream = TcpStream::connect(("upstream", PORT)).await.unwrap();
    let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// Pages through `charges` as far as it goes, on a new connection after one that is lost.
async fn page_through(seen: Rc<RefCell<Vec<Seen>>>) {
    let clock = Clock::start();
    let (mut sender, mut after) = (connect().await, String::new());
    loop {
        let address = format!("/v1/charges?limit=100{after}");
        let request = hyper::Request::get(address)
            .header("host", "upstream")
            .body(Empty::new())
            .unwrap();
        let sent = clock.now().as_nanos();
        let Ok(response) = sender.send_request(request).await else {
            seen.borrow_mut().push((sent, clock.now().as_nanos(), None));
            sender = connect().await;
            continue;
        };
        let headers = format!("{:?}", response.headers());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let page: Value = serde_json::from_slice(&body).unwrap();
        let last = page["data"].as_array().unwrap().last();
        after = last.map_or_else(String::new, |last| {
            format!("&starting_after={}", last["id"].as_str().unwrap())
        });
        let done = page["has_more"] == false;
        let answered = clock.now().as_nanos();
        seen.borrow_mut()
            .push((sent, answered, Some((headers, page))));
        if done {
            return;
        }
    }
}

/// A client pages through an API as `settings` say, one way to which takes 10 ms.
fn simulate(settings: &str) -> (Vec<Seen>, Log, Vec<String>) {
    let settings: Settings = toml::from_str(settings).unwrap();
    let objects = Arc::new(Objects::generate(&settings, "charges", 1).unwrap());
    let newest_first = (0..objects.len()).rev();
    let expected = newest_first.map(|position| objects.id(position)).collect();
    let there_and_back_ns = 20_000_000;
    let streams = [("charges".to_owned(), objects)];
    let upstream = Upstream::new(&settings, streams, 1, there_and_back_ns);
    let latency = dilated(Duration::from_millis(10));
    let mut world = turmoil::Builder::new()
        .epoch(SystemTime::UNIX_EPOCH)
        .rng_seed(1)
        .simulation_duration(dilated(Duration::from_secs(3_600)))
        .tick_duration(dilated(Duration::from_millis(1)))
        .min_message_latency(latency)
        .max_message_latency(latency)
        .build();
    let served = upstream.clone();
    world.host("upstream", move || {
        let served = served.clone();
        async move { match serve_over_turmoil(served, PORT).await? {} }
    });
    let seen = Rc::new(RefCell::new(Vec::new()));
    let told = Rc::clone(&seen);
    world.client("client", async move {
        page_through(told).await;
        Ok(())
    });
    world.run().unwrap();
    (seen.take(), upstream.log(), expected)
}

fn ids(seen: &[Seen]) -> Vec<String> {
    let pages = seen.iter().filter_map(|(_, _, page)| page.as_ref());
    let objects = pages.flat_map(|(_, page)| page["data"].as_array().unwrap());
    objects
        .map(|object| object["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_page_takes_its_time_for_the_client_and_the_way_is_part_of_it() {
    let (seen, log, expected) = simulate("latency_ms = 400\nobjects = 1_000\n");
    assert_eq!(ids(&seen), expected);
    assert_eq!((seen.len(), log.records.len()), (10, 10));
    for ((sent, answered, page), record) in seen.iter().zip(&log.records) {
        // Hosts take turns every millisecond: what arrives within one is seen at its end.
        let took_ms = (answered - sent) / 1_000_000;
        assert!((400..=403).contains(&took_ms), "{took_ms} ms");
        assert!(record.arrived_ns >= sent + 10_000_000);
        assert!(record.answered_ns.unwrap() <= answered - 10_000_000);
        let page = &page.as_ref().unwrap().1;
        assert_eq!(record.last.as_deref(), page["data"][99]["id"].as_str());
    }
}

/// No byte of an answer comes from the host: neither a date of its own nor anything else.
#[test]
fn the_same_world_gives_the_same_bytes_at_the_same_moments() {
    let all = "latency_sigma = 0.6\nobjects = 2_000\nshape = \"growth\"\n[faults]\n\
               drop_share = 0.3\nslow_share = 0.2\n";
    let (first, second) = (simulate(all), simulate(all));
    assert_eq!(first.0, second.0);
    assert_eq!(format!("{:?}", first.1), format!("{:?}", second.1));
    let headers = &first
        .0
        .iter()
        .find_map(|(_, _, page)| page.as_ref())
        .unwrap()
        .0;
    assert!(headers.contains("Thu, 01 Jan 2026"), "{headers}");
}

#[test]
fn a_lost_answer_is_counted_and_a_lost_request_is_not() {
    let text = "objects = 3_000\nrate_per_s = 1_000\n[faults]\ndrop_share = 0.3\n";
    let (seen, log, expected) = simulate(text);
    assert_eq!(ids(&seen), expected);
    let lost = |seen: &[Seen]| seen.iter().filter(|(_, _, page)| page.is_none()).count();
    let counters = log.counters();
    assert!((3..25).contains(&lost(&seen)), "{}", lost(&seen));
    assert_eq!(counters.dropped, lost(&seen) as u64);
    let pages = seen.len() - lost(&seen);
    assert_eq!((pages, counters.by_status[&200]), (30, 30));
    let delivered = |log: &Log, there: bool| {
        let lost = log.records.iter().filter(|one| one.status.is_none());
        lost.filter(|one| (one.items == 100) == there).count()
    };
    assert_eq!(delivered(&log, true), lost(&seen), "the pages were made");
    let mut waits = seen.iter().filter(|(_, _, page)| page.is_none());
    assert!(waits.all(|(sent, ended, _)| ended - sent > 390_000_000));

    let (seen, log, expected) = simulate(&format!("{text}drop = \"request\"\n"));
    assert_eq!(ids(&seen), expected);
    assert_eq!(delivered(&log, false), lost(&seen), "nothing was made");
    let mut waits = seen.iter().filter(|(_, _, page)| page.is_none());
    assert!(waits.all(|(sent, ended, _)| ended - sent < 30_000_000));
}
