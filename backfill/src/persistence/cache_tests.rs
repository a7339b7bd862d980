//! What may be forgotten, and what goes first.

use super::super::meter::{Content, Meter};
use super::*;

fn key(id: i64) -> Key {
    Key::Row(TableId(0), Id::Integer(id))
}

fn held(meter: &Arc<Meter>) -> Arc<Charged> {
    Charged::new(meter, 0, Content::Absent)
}

/// A row loaded, one committed at 5 and one not yet committed at 6.
fn three(meter: &Arc<Meter>) -> Cache {
    let mut cache = Cache::default();
    cache.load(key(1), held(meter));
    cache.put(key(2), held(meter), Checkpoint::new(5));
    cache.put(key(3), held(meter), Checkpoint::new(6));
    for id in 1..=3 {
        cache.saved(&key(id), Checkpoint::new(5));
    }
    cache
}

fn known(cache: &Cache) -> Vec<i64> {
    (1..=9).filter(|id| cache.knows(&key(*id))).collect()
}

#[test]
fn what_is_written_goes_first_then_what_was_read_and_what_is_unsaved_never() {
    let meter = Arc::default();
    let mut cache = three(&meter);
    assert_eq!(cache.evict(Tier::Written, || true), 1);
    assert_eq!(known(&cache), [1, 3]);
    assert_eq!(cache.evict(Tier::Read, || true), 1);
    assert_eq!(known(&cache), [3]);
    assert_eq!(meter.now().objects, 1);
}

#[test]
fn only_as_much_goes_as_has_to_and_the_least_recently_used_first() {
    let meter = Arc::default();
    let mut cache = Cache::default();
    for id in 1..=5 {
        cache.load(key(id), held(&meter));
    }
    cache.get(&key(1));
    let counted = Arc::clone(&meter);
    assert_eq!(cache.evict(Tier::Read, || counted.now().objects > 3), 2);
    assert_eq!(known(&cache), [1, 4, 5]);
}

#[test]
fn what_is_asked_for_after_it_was_written_counts_as_read() {
    let meter = Arc::default();
    let mut cache = three(&meter);
    cache.get(&key(2));
    cache.get(&key(3));
    assert_eq!(cache.evict(Tier::Written, || true), 0);
    cache.saved(&key(3), Checkpoint::new(6));
    assert_eq!(cache.evict(Tier::Written, || true), 0);
    assert_eq!(cache.evict(Tier::Read, || true), 3);
}

#[test]
fn an_entry_written_again_meanwhile_is_not_saved() {
    let meter = Arc::default();
    let mut cache = Cache::default();
    cache.put(key(1), held(&meter), Checkpoint::new(5));
    cache.put(key(1), held(&meter), Checkpoint::new(7));
    cache.saved(&key(1), Checkpoint::new(6));
    cache.refused(&key(1), Checkpoint::new(6));
    assert_eq!(cache.evict(Tier::Written, || true), 0);
    assert_eq!(known(&cache), [1]);
    cache.refused(&key(1), Checkpoint::new(7));
    assert!(known(&cache).is_empty());
}

#[test]
fn what_was_looked_up_does_not_replace_what_processing_wrote() {
    let meter = Arc::default();
    let mut cache = Cache::default();
    let newer = held(&meter);
    cache.put(key(1), Arc::clone(&newer), Checkpoint::new(1));
    cache.load(key(1), held(&meter));
    assert!(Arc::ptr_eq(&cache.get(&key(1)).unwrap(), &newer));
}

#[test]
fn a_row_written_over_leaves_no_trace_in_its_old_tier() {
    let meter = Arc::default();
    let mut cache = three(&meter);
    cache.put(key(1), held(&meter), Checkpoint::new(7));
    cache.put(key(2), held(&meter), Checkpoint::new(7));
    assert_eq!(cache.evict(Tier::Written, || true), 0);
    assert_eq!(cache.evict(Tier::Read, || true), 0);
    assert_eq!(known(&cache), [1, 2, 3]);
}
