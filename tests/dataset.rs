//! The seeded data, at a fiftieth of the full scale: the same bytes every time, the shape that was
//! asked for, and a cache that trusts nothing it has not checked.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use backfill_sim::dataset::{
    DatasetError, Facts, Ids, ImageFile, PacketHashes, Phase, Progress, START_UNIX_S, build, ddl,
    ensure,
};
use backfill_sim::scenario::{Dataset, LastSeenIndex};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

fn small() -> Dataset {
    Dataset {
        transmissions: 1_420,
        observations: 30_000,
        ..Dataset::default()
    }
}

fn tiny() -> Dataset {
    Dataset {
        transmissions: 60,
        observations: 600,
        payload_bytes: 300,
        ..Dataset::default()
    }
}

fn hostile() -> Dataset {
    Dataset {
        orphan_share: 0.05,
        zero_timestamp_share: 0.01,
        ..small()
    }
}

/// An image of its own for one test.
struct Image {
    _dir: TempDir,
    facts: Facts,
    db: Connection,
    bytes: Vec<u8>,
}

fn image(spec: &Dataset, seed: u64) -> Image {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("image.sqlite");
    let facts = build(spec, seed, &path, &|_| {}).unwrap();
    Image {
        facts,
        bytes: fs::read(&path).unwrap(),
        db: Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap(),
        _dir: dir,
    }
}

impl Image {
    fn number(&self, sql: &str) -> i64 {
        self.db.query_row(sql, (), |row| row.get(0)).unwrap()
    }

    fn text(&self, sql: &str) -> String {
        self.db.query_row(sql, (), |row| row.get(0)).unwrap()
    }

    fn plan(&self, sql: &str) -> String {
        let sql = format!("EXPLAIN QUERY PLAN {sql}");
        self.db.query_row(&sql, (), |row| row.get(3)).unwrap()
    }
}

#[test]
fn the_same_settings_give_the_same_bytes_and_another_seed_others() {
    let one = image(&small(), 1);
    assert!(one.bytes == image(&small(), 1).bytes);
    assert!(one.bytes != image(&small(), 2).bytes);
}

/// Whoever changes this hash raises `GENERATOR` in `cache.rs` with it, unless it was SQLite that
/// changed, whose version is part of the key and of the file.
#[test]
fn the_bytes_of_a_tiny_image_are_pinned() {
    let hash = blake3::hash(&image(&tiny(), 1).bytes).to_hex();
    assert_eq!(
        (rusqlite::version(), hash.as_str()),
        (
            "3.54.1",
            "63e7ae87aa33de2bc1f9d57022db5faf6da2a72873d9265706de19909c8b237e"
        )
    );
}

#[test]
fn the_file_is_sound_and_open_to_either_journal_mode() {
    for last_seen_index in [LastSeenIndex::Full, LastSeenIndex::Partial] {
        let image = image(
            &Dataset {
                covering_index: true,
                last_seen_index,
                ..hostile()
            },
            1,
        );
        assert_eq!(image.text("PRAGMA integrity_check"), "ok");
        assert_eq!(image.text("PRAGMA journal_mode"), "delete");
        assert_eq!(image.number("PRAGMA page_size"), 4_096);
        let broken = "SELECT count(*) FROM pragma_foreign_key_check";
        assert_eq!(image.number(broken), 0);
    }
}

#[test]
fn counts_facts_and_first_values_are_what_they_should_be() {
    let image = image(&hostile(), 1);
    let facts = image.facts;
    assert_eq!((facts.transmissions, facts.observations), (1_420, 30_000));
    for (table, rows) in [("transmissions", 1_420), ("observations", 30_000)] {
        for what in ["count(*)", "max(id)"] {
            assert_eq!(image.number(&format!("SELECT {what} FROM {table}")), rows);
        }
        let counter = format!("SELECT seq FROM sqlite_sequence WHERE name = '{table}'");
        assert_eq!(image.number(&counter), rows);
    }
    assert_eq!(image.number("SELECT sum(last_seen) FROM transmissions"), 0);
    assert_eq!(facts.first_unix_s, START_UNIX_S);
    assert_eq!(
        facts.last_unix_s,
        image.number("SELECT max(timestamp) FROM observations")
    );
    assert_eq!(
        facts.largest_fanout as i64,
        image.number(
            "SELECT max(n) FROM \
             (SELECT count(*) n FROM observations GROUP BY transmission_id)"
        )
    );
    let hash = image.text("SELECT hash FROM transmissions WHERE id = 7");
    assert_eq!(hash, PacketHashes::new(1).of(7));
    let bad = "SELECT count(*) FROM transmissions WHERE NOT json_valid(decoded_json)";
    assert_eq!(image.number(bad), 0);
}

#[test]
fn orphans_have_the_lowest_ids_and_zero_timestamps_their_share() {
    let image = image(&hostile(), 1);
    let orphans = "FROM transmissions t WHERE NOT EXISTS \
                   (SELECT 1 FROM observations WHERE transmission_id = t.id)";
    assert_eq!(image.number(&format!("SELECT count(*) {orphans}")), 71);
    assert_eq!(image.number(&format!("SELECT max(id) {orphans}")), 71);
    assert_eq!(image.facts.orphans, 71);
    let all_zero = image.number(
        "SELECT count(*) FROM (SELECT max(timestamp) newest, min(timestamp) oldest \
         FROM observations GROUP BY transmission_id) WHERE newest = 0 AND oldest = 0",
    );
    assert_eq!((all_zero, image.facts.zero_timestamps), (14, 14));
    let some_zero = "SELECT count(DISTINCT transmission_id) FROM observations WHERE timestamp = 0";
    assert_eq!(image.number(some_zero), 14);
}

#[test]
fn orphans_lie_anywhere_where_they_need_not_come_first() {
    let spec = Dataset {
        orphans_first: false,
        ..hostile()
    };
    let image = image(&spec, 1);
    let orphans = "FROM transmissions t WHERE NOT EXISTS \
                   (SELECT 1 FROM observations WHERE transmission_id = t.id)";
    assert_eq!(image.number(&format!("SELECT count(*) {orphans}")), 71);
    let middle = image.number(&format!("SELECT CAST(avg(id) AS INT) {orphans}"));
    assert!((500..920).contains(&middle), "{middle}");
}

#[test]
fn negative_timestamps_have_their_share_and_no_row_has_both_kinds() {
    let spec = Dataset {
        negative_timestamp_share: 0.02,
        ..hostile()
    };
    let image = image(&spec, 1);
    let of = |newest: &str| {
        image.number(&format!(
            "SELECT count(*) FROM (SELECT max(timestamp) newest, min(timestamp) oldest \
             FROM observations GROUP BY transmission_id) WHERE {newest}"
        ))
    };
    assert_eq!(
        (of("newest < 0"), image.facts.negative_timestamps),
        (28, 28)
    );
    assert_eq!(
        (of("newest = 0"), of("oldest <= 0 AND newest > 0")),
        (14, 0)
    );
}

#[test]
fn sparse_ids_leave_gaps_and_are_those_the_traffic_asks_for() {
    let spec = Dataset {
        id_stride: 7,
        ..hostile()
    };
    let image = image(&spec, 1);
    let ids = Ids::new(image.facts.id_stride, 1);
    let mut stored = image
        .db
        .prepare("SELECT id, hash FROM transmissions")
        .unwrap();
    let stored = stored.query_map((), |row| Ok((row.get(0)?, row.get(1)?)));
    let stored: BTreeMap<i64, String> = stored.unwrap().map(Result::unwrap).collect();
    let hashes = PacketHashes::new(1);
    let named = |id: i64| (id, hashes.of(id.cast_unsigned()));
    assert_eq!(stored, (0..1_420).map(|nth| named(ids.of(nth))).collect());
    let broken = "SELECT count(*) FROM pragma_foreign_key_check";
    assert_eq!(image.number(broken), 0);
}

/// Images that were there before a setting was keep their place, or gigabytes are built again.
#[test]
fn a_setting_that_changes_nothing_leaves_the_key_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let file = cached(&tiny(), dir.path());
    assert_eq!(&file.key[..16], "35322618d742a600");
    let side = fs::read_to_string(file.path.with_extension("json")).unwrap();
    assert!(
        !side.contains("id_stride") && !side.contains("negative"),
        "{side}"
    );
    let sparse = Dataset {
        id_stride: 2,
        ..tiny()
    };
    assert_ne!(file.key, cached(&sparse, dir.path()).key);
}

#[test]
fn old_transmissions_carry_more_than_young_ones() {
    let share_of_oldest_tenth = |fanout_exponent| {
        let spec = Dataset {
            fanout_exponent,
            ..small()
        };
        let sql = "SELECT count(*) FROM observations WHERE transmission_id <= 142";
        image(&spec, 1).number(sql) as f64 / 30_000.0
    };
    // Equal remainders go to lower ids, so the oldest have one more here and there.
    assert!((share_of_oldest_tenth(0.0) - 0.1).abs() < 0.005);
    let skewed = share_of_oldest_tenth(0.6);
    assert!((0.3..0.45).contains(&skewed), "{skewed}");
    assert!(share_of_oldest_tenth(1.2) > skewed + 0.2);
}

#[test]
fn clustering_decides_whether_neighbours_belong_together() {
    let neighbours = |clustering| {
        let spec = Dataset {
            clustering,
            ..small()
        };
        let sql = "SELECT count(*) FROM observations a JOIN observations b ON b.id = a.id + 1 \
                   WHERE a.transmission_id = b.transmission_id";
        image(&spec, 1).number(sql) as f64 / 30_000.0
    };
    let (scattered, field, whole) = (neighbours(0.0), neighbours(0.022), neighbours(1.0));
    assert!(scattered < 0.02, "{scattered}");
    assert!(field < 0.05, "{field}");
    assert!(whole > 0.9, "{whole}");
}

#[test]
fn ids_and_timestamps_run_the_same_way_and_stay_within_the_facts() {
    let image = image(&small(), 1);
    let backwards = "SELECT count(*) FROM observations a JOIN observations b ON b.id = a.id + 1 \
                     WHERE a.timestamp > b.timestamp";
    assert_eq!(image.number(backwards), 0);
    let too_early = "SELECT count(*) FROM observations o JOIN transmissions t \
                     ON t.id = o.transmission_id WHERE o.timestamp < unixepoch(t.first_seen)";
    assert_eq!(image.number(too_early), 0);
    let span = image.facts.last_unix_s - image.facts.first_unix_s;
    assert!(
        (4_500..=4_545).contains(&span),
        "30 000 / 6.6 s, not {span}"
    );
}

#[test]
fn the_lookup_of_observations_uses_the_index_that_is_the_question() {
    let newest = "SELECT max(timestamp) FROM observations WHERE transmission_id = 7";
    let plain = image(&tiny(), 1).plan(newest);
    assert!(
        plain.contains("INDEX observations_transmission ("),
        "{plain}"
    );
    let spec = Dataset {
        covering_index: true,
        ..tiny()
    };
    let covered = image(&spec, 1).plan(newest);
    let expected = "COVERING INDEX observations_transmission_timestamp";
    assert!(covered.contains(expected), "{covered}");
}

#[test]
fn the_index_on_last_seen_is_the_one_asked_for() {
    let sql_of = |last_seen_index| {
        let spec = Dataset {
            last_seen_index,
            ..tiny()
        };
        let image = image(&spec, 1);
        let sql = "SELECT group_concat(sql, ';') FROM sqlite_schema WHERE name = 'transmissions_last_seen'";
        let found: Option<String> = image.db.query_row(sql, (), |row| row.get(0)).unwrap();
        if let Some(found) = &found {
            assert!(ddl(&spec).contains(found.as_str()));
        }
        found.unwrap_or_default()
    };
    assert_eq!(sql_of(LastSeenIndex::None), "");
    assert!(sql_of(LastSeenIndex::Full).ends_with("(last_seen)"));
    assert!(sql_of(LastSeenIndex::Partial).ends_with("(id) WHERE last_seen = 0"));
}

fn cached(spec: &Dataset, dir: &Path) -> ImageFile {
    ensure(spec, 1, dir, &|_| {}).unwrap()
}

/// Builds an image, spoils the cache, and checks that the next call builds it again, the same.
fn rebuilt_after(spoil: impl FnOnce(&ImageFile)) {
    let dir = tempfile::tempdir().unwrap();
    let first = cached(&tiny(), dir.path());
    let bytes = fs::read(&first.path).unwrap();
    assert!(first.built);
    assert!(!cached(&tiny(), dir.path()).built);
    spoil(&first);
    let again = cached(&tiny(), dir.path());
    assert!(again.built);
    assert!(fs::read(&again.path).unwrap() == bytes);
    assert_eq!(
        ImageFile {
            built: true,
            ..first
        },
        again
    );
    assert!(!cached(&tiny(), dir.path()).built);
}

#[test]
fn a_corrupt_byte_is_noticed() {
    rebuilt_after(|image| {
        let mut bytes = fs::read(&image.path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&image.path, bytes).unwrap();
    });
}

#[test]
fn a_truncated_image_is_noticed() {
    rebuilt_after(|image| {
        let file = fs::File::options().write(true).open(&image.path).unwrap();
        file.set_len(image.len_bytes - 4_096).unwrap();
    });
}

#[test]
fn a_foreign_side_file_is_noticed() {
    rebuilt_after(|image| {
        let side = image.path.with_extension("json");
        let foreign = fs::read_to_string(&side).unwrap();
        let key = image.key.replace(|digit| digit != '0', "0");
        fs::write(&side, foreign.replace(&image.key, &key)).unwrap();
    });
}

#[test]
fn a_lost_or_garbled_side_file_is_noticed() {
    rebuilt_after(|image| fs::remove_file(image.path.with_extension("json")).unwrap());
    rebuilt_after(|image| fs::write(image.path.with_extension("json"), "{}").unwrap());
    rebuilt_after(|image| fs::remove_file(&image.path).unwrap());
}

#[test]
fn builders_at_the_same_time_build_once_and_agree() {
    let dir = tempfile::tempdir().unwrap();
    let dead = dir.path().join("0123456789abcdef.1-0.building");
    fs::write(&dead, "left by a builder that died").unwrap();
    let images: Vec<ImageFile> = std::thread::scope(|scope| {
        let build = || scope.spawn(|| cached(&tiny(), dir.path()));
        let threads: Vec<_> = (0..4).map(|_| build()).collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert_eq!(images.iter().filter(|image| image.built).count(), 1);
    assert!(
        images
            .iter()
            .all(|image| image.content == images[0].content)
    );
    let left = fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(left, 3, "image, side file and lock");
    assert!(!dead.exists());
}

#[test]
fn every_setting_and_the_seed_have_an_image_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let first = cached(&tiny(), dir.path());
    let other_seed = ensure(&tiny(), 2, dir.path(), &|_| {}).unwrap();
    let other_spec = Dataset {
        clustering: 0.5,
        ..tiny()
    };
    let other_spec = cached(&other_spec, dir.path());
    assert_ne!(first.key, other_seed.key);
    assert_ne!(first.key, other_spec.key);
    assert!(!cached(&tiny(), dir.path()).built);
}

#[test]
fn progress_goes_forward_and_ends_at_the_total() {
    let dir = tempfile::tempdir().unwrap();
    let seen = Mutex::new(Vec::<Progress>::new());
    let note = |progress| seen.lock().unwrap().push(progress);
    ensure(&small(), 1, dir.path(), &note).unwrap();
    let seen = seen.into_inner().unwrap();
    for (phase, total) in [
        (Phase::Rows, Some(31_420)),
        (Phase::Indexes, Some(1)),
        (Phase::Verify, None),
    ] {
        let steps: Vec<&Progress> = seen.iter().filter(|it| it.phase == phase).collect();
        assert!(steps.is_sorted_by_key(|it| it.done), "{}", phase.name());
        let last = steps.last().unwrap();
        assert_eq!(last.done, last.total);
        assert!(total.is_none_or(|total| total == last.total));
    }
}

#[test]
fn a_folder_that_cannot_be_written_to_is_an_error_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "not a folder").unwrap();
    for cache in [file.clone(), file.join("below")] {
        let error = ensure(&tiny(), 1, &cache, &|_| {}).unwrap_err();
        assert!(matches!(error, DatasetError::Unwritable { .. }), "{error}");
        assert!(error.to_string().contains(&*cache.to_string_lossy()));
    }
}

#[test]
fn settings_that_contradict_each_other_are_refused_and_leave_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let spec = Dataset {
        observations: 59,
        ..tiny()
    };
    let error = ensure(&spec, 1, dir.path(), &|_| {}).unwrap_err();
    assert!(matches!(error, DatasetError::Impossible(_)), "{error}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "the lock");
}
