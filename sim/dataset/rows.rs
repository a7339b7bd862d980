//! What each row says, in the order it is written.
//!
//! Births and receptions are merged by time, so a transmission is written just before the first
//! observation that could refer to it, and ids, pages and time all run the same way, as in a log
//! that grew. Rows come in batches that own their text, to be made on one thread and inserted on
//! another.

use std::fmt::Write as _;
use std::ops::Range;

use rand_chacha::ChaCha8Rng;

use super::calendar::push_iso;
use super::draw::below;
use super::fanout::Fanout;
use super::hash::PacketHashes;
use super::ids::Ids;
use super::text::{Reception, Texts, hops, push_path, resolved_bytes};
use super::timeline::{START_UNIX_S, Timeline};
use crate::scenario::Dataset;
use crate::seed::{Purpose, stream};

/// Observers, `observer_idx` 0 up to this: as many as the field's network has.
pub const OBSERVERS: u32 = 68;

/// Steps from one observer to the next that hears a packet; shares no factor with
/// [`OBSERVERS`], so each hears it once before any hears it again.
const OBSERVER_STRIDE: u32 = 29;

/// The text of one observation is between 0.8 and 1.2 times the mean, at an even chance.
const TEXT_SPREAD: f64 = 0.2;

/// Rows of one batch: about 1 MB of text, so that handing over costs nothing beside filling.
const BATCH_ROWS: usize = 1_024;

/// One row of either table. Spans point into the batch's text.
#[derive(Debug)]
pub(super) enum Row<'t> {
    /// A row of `transmissions`.
    Transmission(Transmission<'t>),
    /// A row of `observations`.
    Observation(Observation<'t>),
}

/// A row of `transmissions`.
#[derive(Debug)]
pub(super) struct Transmission<'t> {
    pub(super) id: i64,
    pub(super) raw_hex: &'t str,
    pub(super) hash: Range<usize>,
    /// Also `created_at`.
    pub(super) first_seen: Range<usize>,
    pub(super) route_type: i64,
    pub(super) payload_type: i64,
    pub(super) decoded_json: Range<usize>,
    pub(super) from_pubkey: &'t str,
    pub(super) channel_hash: Option<Range<usize>>,
}

/// A row of `observations`.
#[derive(Debug)]
pub(super) struct Observation<'t> {
    pub(super) id: i64,
    pub(super) transmission_id: i64,
    pub(super) observer_idx: i64,
    pub(super) snr: f64,
    pub(super) rssi: f64,
    pub(super) score: i64,
    pub(super) path_json: Range<usize>,
    pub(super) timestamp: i64,
    pub(super) raw_hex: &'t str,
    pub(super) resolved_path: Option<Range<usize>>,
}

/// `direction` of every observation: the log keeps what was received.
pub(super) const DIRECTION: &str = "rx";

/// Rows to write, in order, and their text.
#[derive(Debug, Default)]
pub(super) struct Batch<'t> {
    pub(super) rows: Vec<Row<'t>>,
    pub(super) text: String,
}

impl Batch<'_> {
    fn span(&mut self, write: impl FnOnce(&mut String)) -> Range<usize> {
        let start = self.text.len();
        write(&mut self.text);
        start..self.text.len()
    }
}

/// Makes all rows, batch by batch.
#[derive(Debug)]
pub(super) struct Rows<'t> {
    fanout: &'t Fanout,
    timeline: &'t Timeline,
    texts: &'t Texts,
    hashes: PacketHashes,
    ids: Ids,
    /// The least text of an observation, bytes, and how many lengths there are from it on.
    text_bytes: (u64, u64),
    transmissions: ChaCha8Rng,
    observations: ChaCha8Rng,
    born: usize,
    heard: usize,
    hops: Vec<u8>,
}

impl<'t> Rows<'t> {
    /// The rows of `spec` in the order of `timeline`.
    pub(super) fn new(
        spec: &Dataset,
        seed: u64,
        fanout: &'t Fanout,
        timeline: &'t Timeline,
        texts: &'t Texts,
    ) -> Self {
        let least = (f64::from(spec.payload_bytes) * (1.0 - TEXT_SPREAD)) as u64;
        let most = u64::from(spec.payload_bytes) * 2 - least;
        Self {
            fanout,
            timeline,
            texts,
            hashes: PacketHashes::new(seed),
            ids: Ids::new(spec.id_stride, seed),
            text_bytes: (least, most - least + 1),
            transmissions: stream(seed, Purpose::Data, "transmissions"),
            observations: stream(seed, Purpose::Data, "observations"),
            born: 0,
            heard: 0,
            hops: Vec::new(),
        }
    }

    /// The next rows, or `None` when all have been made. `batch` is one that has been used up.
    pub(super) fn next_batch(&mut self, mut batch: Batch<'t>) -> Option<Batch<'t>> {
        batch.rows.clear();
        batch.text.clear();
        while batch.rows.len() < BATCH_ROWS {
            let birth_us =
                (self.born < self.fanout.counts.len()).then(|| self.timeline.birth_us(self.born));
            let heard_us = self.timeline.heard.get(self.heard).map(|h| h.moment_us);
            let row = match (birth_us, heard_us) {
                (Some(birth), Some(heard)) if birth > heard => self.observation(&mut batch),
                (Some(birth), _) => self.transmission(&mut batch, birth),
                (None, Some(_)) => self.observation(&mut batch),
                (None, None) => break,
            };
            batch.rows.push(row);
        }
        (!batch.rows.is_empty()).then_some(batch)
    }

    fn transmission(&mut self, batch: &mut Batch<'t>, birth_us: u64) -> Row<'t> {
        let id = self.ids.of(self.born as u64);
        self.born += 1;
        let rng = &mut self.transmissions;
        let frame_bytes = 60 + below(rng, 300) as usize;
        let raw_hex = self.texts.frame(rng, frame_bytes);
        let from_pubkey = self.texts.any_key(rng);
        let signature = self.texts.frame(rng, 128);
        let payload_type = below(rng, 10);
        let route_type = below(rng, 4);
        let (lat, lon) = (below(rng, 9_000), below(rng, 18_000));
        let channel = below(rng, 256);
        let decoded_json = batch.span(|text| {
            let written = write!(
                text,
                "{{\"type\":{payload_type},\"pubKey\":\"{from_pubkey}\",\
                 \"signature\":\"{signature}\",\"lat\":{}.{:02},\"lon\":{}.{:02},\
                 \"flags\":{{\"chat\":true,\"repeater\":false,\"hasLocation\":true}},\
                 \"name\":\"node {}\"}}",
                lat / 100,
                lat % 100,
                lon / 100,
                lon % 100,
                &from_pubkey[..6]
            );
            debug_assert!(written.is_ok(), "writing to a String cannot fail");
        });
        let channel_hash =
            (payload_type == 5).then(|| batch.span(|text| push_path(text, &[channel as u8])));
        Row::Transmission(Transmission {
            id,
            raw_hex,
            hash: batch.span(|text| text.push_str(&self.hashes.of(id.cast_unsigned()))),
            first_seen: batch.span(|text| push_iso(text, START_UNIX_S, birth_us)),
            route_type: route_type as i64,
            payload_type: payload_type as i64,
            decoded_json,
            from_pubkey,
            channel_hash,
        })
    }

    fn observation(&mut self, batch: &mut Batch<'t>) -> Row<'t> {
        let heard = self.timeline.heard[self.heard];
        self.heard += 1;
        let at = heard.transmission as usize;
        let rng = &mut self.observations;
        let seen = Reception {
            transmission: heard.transmission,
            round: heard.nth / OBSERVERS,
            rounds: (self.fanout.counts[at] - 1) / OBSERVERS,
        };
        hops(rng, &mut self.hops, seen);
        let path_json = batch.span(|text| push_path(text, &self.hops));
        let (least, lengths) = self.text_bytes;
        let bytes = (least + below(rng, lengths)) as usize;
        let mut rest = bytes.saturating_sub(path_json.len() + DIRECTION.len());
        let resolved = resolved_bytes(self.hops.len());
        let resolved_path = (resolved <= rest).then(|| {
            rest -= resolved;
            batch.span(|text| self.texts.push_resolved(text, rng, &self.hops))
        });
        let raw_hex = self.texts.frame(rng, rest);
        // One draw for three readings; dBs in quarters, as the radios report them.
        let reading = below(rng, 1 << 30);
        let observer = u64::from(heard.transmission) * 7
            + u64::from(heard.nth % OBSERVERS) * u64::from(OBSERVER_STRIDE);
        Row::Observation(Observation {
            id: self.heard as i64,
            transmission_id: self.ids.of(u64::from(heard.transmission)),
            observer_idx: (observer % u64::from(OBSERVERS)) as i64,
            snr: (reading % 129) as f64 / 4.0 - 20.0,
            rssi: -120.0 + (reading / 129 % 81) as f64,
            score: (reading / 129 / 81 % 101) as i64,
            path_json,
            timestamp: self.timeline.timestamp(heard),
            raw_hex,
            resolved_path,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn text_has_the_mean_asked_for_and_keys_never_repeat() {
        let spec = Dataset {
            transmissions: 50,
            observations: 20_000,
            fanout_exponent: 1.5,
            ..Dataset::default()
        };
        let fanout = Fanout::new(&spec, 1).unwrap();
        let timeline = Timeline::new(&spec, 1, &fanout);
        let texts = Texts::new(1, u64::from(spec.payload_bytes) * 2);
        let mut rows = Rows::new(&spec, 1, &fanout, &timeline, &texts);
        let mut keys = BTreeSet::new();
        let (mut text_bytes, mut transmissions, mut observations) = (0, 0, 0);
        let mut batch = Batch::default();
        while let Some(next) = rows.next_batch(std::mem::take(&mut batch)) {
            for row in &next.rows {
                let Row::Observation(row) = row else {
                    transmissions += 1;
                    continue;
                };
                observations += 1;
                assert_eq!(row.id, observations);
                assert!(
                    row.transmission_id <= transmissions,
                    "referred to too early"
                );
                let path = &next.text[row.path_json.clone()];
                let resolved = row.resolved_path.clone().map_or(0, |span| span.len());
                let bytes = DIRECTION.len() + path.len() + row.raw_hex.len() + resolved;
                assert!((919..=1_380).contains(&bytes), "{bytes}");
                text_bytes += bytes;
                keys.insert((row.transmission_id, row.observer_idx, path.to_owned()));
            }
            batch = next;
        }
        assert_eq!((transmissions, observations), (50, 20_000));
        assert_eq!(keys.len(), 20_000);
        let mean = text_bytes as f64 / 20_000.0;
        assert!((mean - 1_150.0).abs() < 5.0, "{mean}");
    }
}
