//! A process that dies at any step of SQL leaves what was processed up to some batch, and the next
//! one gets to where one that never died would have.

use backfill::persistence::{Id, Keep, Row};
use rusqlite::types::Value;

use crate::store_driven::effects::World;
use crate::store_driven::runtime::Driven;
use crate::store_driven::{Memory, Run, cp, settle};

const LAST: u64 = 7;

/// Processes what has not been, up to `LAST`: rows that are added up, one that comes and goes, an
/// effect, positions, metadata, a history from the third batch on. Every second batch is flushed.
async fn process(run: &Run, world: &World) {
    let effect = world.effect("price");
    for at in run.store.checkpoints().processed.get() + 1..=LAST {
        let keep = if at < 3 { Keep::Latest } else { Keep::History };
        run.store.stage_metadata("head", &at.to_string());
        let mut batch = run.begin(keep).await;
        batch.item(cp(at)).unwrap();
        let sum = batch.get(run.items, &Id::Integer(1)).await.unwrap();
        let sum = match sum.as_ref().map(Row::values) {
            Some([Value::Integer(sum), _]) => *sum,
            _ => 0,
        };
        let input = (at % 3).to_string();
        let output = batch.output(&effect, &input).await.unwrap();
        let row = Row::new([
            Value::Integer(sum * 3 + i64::try_from(at).unwrap()),
            Value::Text(output.to_string()),
        ]);
        batch.set(run.items, Id::Integer(1), row.clone()).unwrap();
        if at % 2 == 0 {
            batch.delete(run.items, Id::Integer(2)).unwrap();
        } else {
            batch.set(run.items, Id::Integer(2), row).unwrap();
        }
        batch.reached("chain", at * 10);
        batch.commit(cp(at)).unwrap();
        if at % 2 == 0 {
            run.store.flush().await.unwrap();
        }
    }
}

/// All that is in the database.
fn everything(memory: &Memory) -> Vec<Vec<String>> {
    let mut all = vec![memory.items(), memory.history()];
    for table in [
        "_store_outputs",
        "_store_positions",
        "_store_metadata",
        "_dead_letters",
    ] {
        all.push(memory.lines(&format!("SELECT * FROM {table}")));
    }
    all.push(vec![memory.entry().cursor.unwrap().to_string()]);
    all
}

/// Processes everything, goes back if it is to, and processes the rest again; dies at the step that
/// never comes back. Whether it got to the end.
async fn lived(memory: &Memory, runtime: &Driven, goes_back: bool) -> bool {
    let whole = async {
        let run = memory.open_on(runtime.clone(), |_| {}).await;
        let world = World::new(runtime);
        process(&run, &world).await;
        if goes_back {
            run.store.roll_back(cp(4)).await.unwrap();
            process(&run, &world).await;
        }
        run.close().await;
    };
    let lived = tokio::select! {
        biased;
        () = whole => true,
        () = runtime.hung() => false,
    };
    // The writer is on its own, and has to hear that it is no more.
    settle().await;
    lived
}

#[tokio::test(start_paused = true)]
async fn a_run_that_dies_at_any_step_is_completed_by_the_next() {
    let whole = Memory::new();
    assert!(lived(&whole, &Driven::new(), false).await);
    let mut step = 0;
    loop {
        let memory = Memory::new();
        if lived(&memory, &Driven::hanging_at(step), true).await {
            assert_eq!(everything(&memory), everything(&whole));
            break;
        }
        assert!(lived(&memory, &Driven::new(), false).await);
        assert_eq!(
            everything(&memory),
            everything(&whole),
            "crash at step {step}"
        );
        step += 1;
    }
    assert!(step > 30, "{step}");
}
