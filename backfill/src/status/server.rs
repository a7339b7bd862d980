//! Serving on a real socket.

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves `router` on `listener` until `shutdown`, and then until every request that has come is
/// answered. One that waits for the ledger behind a backfill is answered when the backfill lets
/// go; drop the future to wait no longer.
///
/// # Errors
/// If the listener fails for good.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    axum::serve(listener, router)
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .await
}
