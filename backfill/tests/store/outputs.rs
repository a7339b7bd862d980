//! Effects: called when nobody knows their output, so many at a time, and never for nothing.

use std::sync::Arc;

use backfill::persistence::{Budget, Checkpoint, EffectError, Held, Keep, StoreError};

use crate::store_driven::effects::{World, output};
use crate::store_driven::runtime::Driven;
use crate::store_driven::{Memory, cp, id};

fn stored(memory: &Memory) -> Vec<String> {
    memory.lines("SELECT effect, input, output, checkpoint FROM _store_outputs ORDER BY input")
}

#[tokio::test(start_paused = true)]
async fn a_cached_output_is_asked_for_once_over_all_runs() {
    let memory = Memory::new();
    let run = memory.open().await;
    let world = World::new(&run.runtime);
    let mut batch = run.begin(Keep::Latest).await;
    batch.item(cp(3)).unwrap();
    for _ in 0..2 {
        let found = batch.output(&world.effect("price"), "x").await.unwrap();
        assert_eq!(found, output("x"));
    }
    batch.commit(cp(4)).unwrap();
    run.close().await;
    assert_eq!(stored(&memory), ["price|x|<x>|3"]);
    let run = memory.open().await;
    let world = world.on(&run.runtime);
    let mut batch = run.begin(Keep::Latest).await;
    for _ in 0..2 {
        let found = batch.output(&world.effect("price"), "x").await.unwrap();
        assert_eq!(found, output("x"));
    }
    assert_eq!(world.calls("x"), 1);
    let counts = run.store.counts();
    assert_eq!((counts.output_loads, counts.output_hits), (1, 1));
    assert_eq!(counts.calls, 0);
}

#[tokio::test(start_paused = true)]
async fn an_uncached_output_is_kept_while_there_is_room_and_never_stored() {
    let (memory, runtime) = (Memory::new(), Driven::new());
    let run = memory.open_on(runtime.clone(), |settings| {
        settings.budget(Budget {
            held: Held {
                objects: 2,
                ..Budget::DEFAULT.held
            },
            ..Budget::DEFAULT
        });
    });
    let run = run.await;
    let world = World::new(&runtime);
    let effect = world.effect("price").uncached();
    let mut batch = run.begin(Keep::Latest).await;
    batch.item(cp(1)).unwrap();
    batch.output(&effect, "x").await.unwrap();
    batch.commit(cp(1)).unwrap();
    let mut batch = run.begin(Keep::Latest).await;
    batch.output(&effect, "x").await.unwrap();
    assert_eq!(world.calls("x"), 1, "it is known before it is written");
    for number in 1..4 {
        batch.get(run.items, &id(number)).await.unwrap();
    }
    batch.commit(cp(2)).unwrap();
    run.store.flush().await.unwrap();
    let mut batch = run.begin(Keep::Latest).await;
    batch.output(&effect, "x").await.unwrap();
    assert_eq!(world.calls("x"), 2, "there was no room for it");
    drop(batch);
    run.close().await;
    assert!(stored(&memory).is_empty());
}

#[tokio::test(start_paused = true)]
async fn so_many_are_called_at_a_time_and_none_twice() {
    let memory = Memory::new();
    let run = memory.open().await;
    let world = World::new(&run.runtime);
    let mut batch = run.begin(Keep::Latest).await;
    let inputs: Vec<Arc<str>> = (0..40).map(|n| (n % 20).to_string().into()).collect();
    let wanted = inputs.iter().map(|input| (cp(1), Arc::clone(input)));
    let effect = world.effect("price").at_once(3);
    let found = batch.outputs(&effect, wanted).await.unwrap();
    let expected: Vec<Arc<str>> = inputs.iter().map(|input| output(input)).collect();
    assert_eq!(found, expected);
    assert_eq!(world.most_under_way(), 3);
    assert!((0..20).all(|n| world.calls(&n.to_string()) == 1));
}

#[tokio::test(start_paused = true)]
async fn an_error_that_may_pass_is_tried_again_and_another_gives_up_the_batch() {
    let memory = Memory::new();
    let run = memory.open().await;
    let world = World::new(&run.runtime);
    let effect = world.effect("price");
    let mut batch = run.begin(Keep::Latest).await;
    batch.item(cp(1)).unwrap();
    for _ in 0..3 {
        world.fail(EffectError::transient("not now"));
    }
    batch.output(&effect, "x").await.unwrap();
    assert_eq!(run.store.counts().calls, 1);
    world.fail(EffectError::permanent("never"));
    let wanted = ["a", "b", "c"].map(|input| (cp(1), input.into()));
    let error = batch.outputs(&effect.at_once(1), wanted).await.unwrap_err();
    assert!(matches!(error, StoreError::Effect { .. }));
    assert_eq!(
        error.to_string(),
        "effect `price` has no output for `a`: never"
    );
    drop(batch);
    assert_eq!(run.store.held(), Held::default());
    run.close().await;
    assert!(stored(&memory).is_empty());
}

/// An output belongs to the first item that asks for it, and to the batch in any case.
#[tokio::test(start_paused = true)]
async fn what_is_asked_for_ahead_belongs_to_its_item() {
    let memory = Memory::new();
    let run = memory.open().await;
    let world = World::new(&run.runtime);
    let effect = world.effect("price");
    run.set(Keep::History, 4, 5, 5).await;
    let mut batch = run.begin(Keep::History).await;
    let asked = [(7, "b"), (6, "b"), (1, "a"), (99, "c")];
    let wanted = asked.map(|(at, input)| (Checkpoint::new(at), input.into()));
    batch.outputs(&effect, wanted).await.unwrap();
    batch.commit(cp(8)).unwrap();
    run.store.flush().await.unwrap();
    let all = ["price|a|<a>|5", "price|b|<b>|6", "price|c|<c>|8"];
    assert_eq!(stored(&memory), all);
    run.store.roll_back(cp(6)).await.unwrap();
    assert_eq!(stored(&memory), all[..2]);
    let mut batch = run.begin(Keep::History).await;
    for input in ["a", "b", "c"] {
        batch.output(&effect, input).await.unwrap();
    }
    let calls = ["a", "b", "c"].map(|input| world.calls(input));
    assert_eq!(calls, [1, 1, 2]);
}
