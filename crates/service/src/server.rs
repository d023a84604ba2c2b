//! Routes, and an end in good order.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::{task, time};
use tracing::{info, warn};
use waterspout::Flags;

use crate::handlers::{self, Backend};
use crate::health;
use crate::request::TakeFlags;

/// Requests that are under way when the service is told to end get so long to finish.
const LAST_REQUESTS: Duration = Duration::from_secs(25);

/// The loader's thread gets so long to end. Only a look at the file that does not come back keeps it.
const LAST_LOOK: Duration = Duration::from_secs(2);

/// All routes. Those that ask flags stand under the layer that takes them.
pub fn routes(flags: Flags, backend: Backend) -> Router {
    let pages = Router::new()
        .route("/checkout", get(handlers::checkout))
        .route("/upload-limits", get(handlers::upload_limits))
        .route_layer(TakeFlags(flags.clone()))
        .with_state(backend);
    let operations = Router::new().route("/healthz", get(health::healthz)).with_state(flags);
    pages.merge(operations)
}

/// Serves until `told_to_end`, then finishes the requests that are under way, and ends the loader.
///
/// # Errors
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    flags: Flags,
    backend: Backend,
    told_to_end: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    info!("listening on {}", listener.local_addr()?);
    let service = routes(flags.clone(), backend).into_make_service_with_connect_info::<SocketAddr>();
    let (ending, ends) = oneshot::channel();
    let told_to_end = async move {
        told_to_end.await;
        info!("ending: no new connections, the last requests are finished");
        let _ = ending.send(());
    };
    let too_late = async {
        // Where the sender is gone without a word, the server has ended by itself.
        let _ = ends.await;
        time::sleep(LAST_REQUESTS).await;
    };
    tokio::select! {
        served = axum::serve(listener, service).with_graceful_shutdown(told_to_end) => served?,
        () = too_late => warn!("some requests took too long, and are cut off"),
    }
    let stopped = task::spawn_blocking(move || flags.stop(LAST_LOOK)).await.unwrap_or(false);
    info!(stopped, "ended");
    Ok(())
}

/// Ends when somebody presses Ctrl-C or sends SIGTERM. To be called inside the runtime.
///
/// # Errors
/// If signals cannot be heard.
#[cfg(unix)]
pub fn told_to_end() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ends when somebody presses Ctrl-C. To be called inside the runtime.
///
/// # Errors
/// None on this system.
#[cfg(not(unix))]
pub fn told_to_end() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
