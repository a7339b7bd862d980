//! Runs one strategy of a listing scenario on one stream.

use std::num::NonZeroU32;
use std::sync::Arc;

use backfill::database::Database;
use backfill::listing::plan::{Adaptive, Capacity, EqualSegments, Order, Plan, Sequential};
use backfill::listing::{
    Ending as ListingEnding, Event, Job, ListApi, Listing, MakePlan, Pages, Setting, Sink,
};
use tokio_util::sync::CancellationToken;

use super::baselines::{
    EqualCount, HandRolled, Mistake, ProbeDiscarded, Recursive, RefetchingSplit, tiers,
};
use super::scenario::{Strategy, StrategyKind as Kind};
use super::stream::Stream;
use crate::machine::SimRuntime;
use crate::outcome::Ending;
use crate::strategy::chain;

/// What a strategy runs on.
pub(super) struct Stage<A> {
    pub(super) database: Database<SimRuntime>,
    pub(super) api: A,
    pub(super) stream: Stream,
    pub(super) capacity: Capacity,
    pub(super) order: Order,
    pub(super) limit: Option<u64>,
    pub(super) pages: Pages,
    pub(super) pacer: Option<Box<dyn backfill::chunked::Pacer>>,
    pub(super) cancel: CancellationToken,
}

/// Runs `strategy` to its end; `observer` hears of it.
pub(super) async fn run<A: ListApi>(
    strategy: Strategy,
    stage: Stage<A>,
    observer: impl FnMut(Event<'_>) + Send + 'static,
) -> Ending {
    if let Some(mistake) = mistake(strategy.kind) {
        let hand_rolled = HandRolled {
            database: stage.database,
            api: stage.api,
            name: Arc::clone(&stage.stream.name),
            migration: stage.stream.migration(),
            range: stage.stream.objects.range(),
            page: stage.capacity.page,
            limit: stage.limit,
            mistake,
        };
        return match hand_rolled.run().await {
            Ok(()) => Ending::Done,
            Err(error) => Ending::Failed(chain(&error)),
        };
    }
    let job = Job {
        name: stage.stream.migration(),
        resource: Arc::clone(&stage.stream.name),
        range: stage.stream.objects.range(),
        sink: Sink::table(&stage.stream.name),
        capacity: stage.capacity,
        plan: plan(&strategy, &stage.stream, stage.order),
        limit: stage.limit,
    };
    let mut listing = Listing::new(stage.database, stage.api, job)
        .sharing(stage.pages)
        .patient()
        .observed(observer)
        .cancelled_by(stage.cancel);
    if let Some(pacer) = stage.pacer {
        listing = listing.paced(pacer);
    }
    match listing.run().await {
        Ok(report) => match report.ending {
            ListingEnding::Cancelled => Ending::Cancelled,
            _ => Ending::Done,
        },
        Err(error) => Ending::Failed(chain(&error)),
    }
}

const fn mistake(kind: Kind) -> Option<Mistake> {
    match kind {
        Kind::StateFirst => Some(Mistake::StateFirst),
        Kind::BoundaryDropped => Some(Mistake::BoundaryDropped),
        Kind::CursorTrusted => Some(Mistake::CursorTrusted),
        Kind::LimitCompletes => Some(Mistake::LimitCompletes),
        _ => None,
    }
}

/// How `strategy` decides which page of `stream` is next.
fn plan(strategy: &Strategy, stream: &Stream, order: Order) -> MakePlan {
    let (strategy, objects) = (strategy.clone(), Arc::clone(&stream.objects));
    Arc::new(move |setting: Setting| -> Box<dyn Plan> {
        let Setting {
            range,
            segments,
            capacity,
        } = setting;
        let page = capacity.page;
        match strategy.kind {
            Kind::Sequential => Box::new(Sequential::new(order, page)),
            Kind::Tiers => Box::new(EqualSegments::probed_by(
                tiers, order, page, range, segments,
            )),
            Kind::Probe => Box::new(EqualSegments::probed(order, page, range, segments)),
            Kind::Fixed => {
                let segments = strategy.segments.and_then(NonZeroU32::new);
                let segments = segments.unwrap_or(NonZeroU32::MIN);
                Box::new(EqualSegments::fixed(
                    segments,
                    capacity.slots,
                    order,
                    page,
                    range,
                ))
            }
            Kind::Recursive => {
                let ways = strategy.ways.unwrap_or(2);
                Box::new(Recursive::new(ways, capacity.slots, page))
            }
            Kind::EqualCount => {
                // As many segments as slots, with as many objects in each.
                let slots = capacity.slots as u64;
                let at = |nth: u64| (u64::from(objects.len()) * nth / slots) as u32;
                let cuts = (1..slots).map(at).filter(|&at| at < objects.len());
                let cuts = cuts.map(|at| objects.created(at)).collect();
                Box::new(EqualCount::new(cuts, capacity.slots, page))
            }
            Kind::ProbeDiscarded => Box::new(ProbeDiscarded::new(range, page)),
            Kind::RefetchingSplit => Box::new(RefetchingSplit::new(page)),
            // The rest are the right plan, made to do something wrong by others.
            _ => Box::new(Adaptive::new(order, capacity)),
        }
    })
}
