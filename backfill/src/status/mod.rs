//! The status surface: what the ledger says, over HTTP, and a page that shows it.
//!
//! * [`Status`]: the routes, for the router of an application or for [`serve`].
//! * [`page()`]: the page alone, for an application that answers `/api/healthz` itself.
//!
//! Whoever asks decides by the answer whether to wait, so what is not known is never called well:
//!
//! * A ledger that cannot be read is an answer in which something runs, with the reason.
//! * An answer is shown again for less than 4 s, counted from the moment its query looked at the
//!   ledger; an error never, and neither is one in which nothing is under way. Such an "all clear"
//!   would hide a backfill that has just started for as long as the answer is kept, which is when
//!   somebody looks. It costs little: nothing runs that the query could be in the way of.
//! * Requests that come together share one query, but no request is told what was true before it
//!   came, except as above. No lock is held while the query runs.
//!
//! Only the runtime's clock is asked, and nothing here needs a socket: a simulator can serve the
//! same routes on modelled time over a modelled network.

mod body;
mod cache;
pub(crate) mod header;
mod hosts;
mod page;
mod routes;
mod server;
mod snapshot;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::middleware::map_response;
use serde_json::{Map, Value};

pub use page::page;
pub use server::serve;

use crate::database::Database;
use crate::runtime::Runtime;
use cache::Cache;
use hosts::Hosts;

/// What an application adds to `GET /api/perf`.
type Perf = Arc<dyn Fn() -> Map<String, Value> + Send + Sync>;

/// The routes of the status surface on one database.
///
/// A query takes a read connection of the database. Where all share one, it waits in line behind a
/// backfill as every reader does: give it a [`Database`] with a connection of its own where an
/// answer has to come at once.
pub struct Status<R> {
    cache: Cache<R>,
    perf: Perf,
    hosts: Hosts,
}

impl<R: Runtime> Status<R> {
    /// Answers from the ledger in `database`, to anybody who asks.
    #[must_use]
    pub fn new(database: Database<R>) -> Self {
        Self {
            cache: Cache::new(database),
            perf: Arc::new(Map::new),
            hosts: Hosts::Any,
        }
    }

    /// Adds what `perf` returns to each answer of `GET /api/perf`. Its `asyncMigrations`, if any,
    /// gives way to the ledger's.
    #[must_use]
    pub fn with_perf(
        mut self,
        perf: impl Fn() -> Map<String, Value> + Send + Sync + 'static,
    ) -> Self {
        self.perf = Arc::new(perf);
        self
    }

    /// Answers only requests for `localhost` or a loopback address, by the name they use for this
    /// server: a page of somebody else, whose own name was made to point here (DNS rebinding), is
    /// refused with 403.
    #[must_use]
    pub fn loopback_only(mut self) -> Self {
        self.hosts = self.hosts.loopback();
        self
    }

    /// The same, and requests for `address` itself, which is not loopback.
    #[must_use]
    pub fn bound_to(mut self, address: SocketAddr) -> Self {
        self.hosts = self.hosts.or_at(address);
        self
    }

    /// The routes: `/`, its script and style, `/api/healthz`, `/api/perf` and
    /// `/api/perf/async-migrations`. To be merged into an application's router, at its root.
    pub fn router(self) -> Router {
        let all = page::routes().merge(routes::api(self.cache, self.perf));
        self.hosts.guard(all).layer(map_response(header::secure))
    }
}
