//! `muster serve`: a data folder behind its addresses, until the process is told to stop.

use super::Usage;
use super::reach::explained;
use crate::app::App;
use crate::config::Config;
use crate::domain::time::SystemClock;
use crate::http;
use crate::http::tls::Tls;
use crate::operator::door::Door;
use anyhow::{Context, Result, anyhow};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Serves the folder.
pub(super) async fn serve(config: Config) -> Result<()> {
    config.check_queries_dir().map_err(Usage)?;
    // First the address and the certificate: a wrong one fails before anything is opened.
    let listener = listen(config.listen).await?;
    Tls::read(&config).await?;
    let app = open(config).await?;
    serve_on(listener, app).await
}

/// Takes the address.
pub(super) async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => {
            anyhow!("{address} is in use; choose another address with --listen ADDR:PORT")
        }
        ErrorKind::PermissionDenied => {
            anyhow!(
                "{address} may not be used by this user; choose a port above 1023 with --listen ADDR:PORT"
            )
        }
        ErrorKind::AddrNotAvailable => {
            anyhow!("{address} is no address of this machine; choose another with --listen ADDR:PORT")
        }
        _ => anyhow!("cannot listen on {address}: {error}"),
    })
}

/// Opens the folder.
pub(super) async fn open(config: Config) -> Result<Arc<App>> {
    let data_dir = config.data_dir.clone();
    App::open(config, Arc::new(SystemClock)).await.map_err(|error| explained(error, &data_dir))
}

/// Answers on the listener and at the operator's door until the process is told to stop, then closes everything.
pub(super) async fn serve_on(listener: TcpListener, app: Arc<App>) -> Result<()> {
    let (tell, told) = watch::channel(false);
    tokio::spawn(async move {
        stop_signal().await;
        // Nobody hears it when the server has failed already.
        let _ = tell.send(true);
    });
    for broken in app.saved().await.broken() {
        tracing::warn!(query.file = %broken.file, reason = %broken.reason, "a saved query cannot be used");
    }
    let folder = app.config().data_dir.clone();
    let door = Door::open(&folder).await.with_context(|| format!("operator.json in {}", folder.display()))?;
    let operations = match app.config().metrics_listen {
        Some(address) => {
            let listener = listen(address).await?;
            tracing::info!(address = %listener.local_addr()?, "metrics");
            let serving = http::serve_operations(listener, Arc::clone(&app), is_told(told.clone()));
            Some(tokio::spawn(serving))
        }
        None => None,
    };
    tokio::spawn(seal_now_and_then(Arc::downgrade(&app), Duration::from_secs(app.config().seal_seconds)));
    let door = tokio::spawn(door.serve(Arc::clone(&app), is_told(told.clone())));
    tracing::info!(address = %listener.local_addr()?, data.folder = %folder.display(), "serving");
    let served = http::serve(listener, app, is_told(told)).await;
    let closed = door.await;
    served?;
    closed?.context("the operator's door")?;
    if let Some(operations) = operations {
        operations.await?.context("the address of metrics")?;
    }
    tracing::info!("stopped");
    Ok(())
}

/// Has what was written sealed every so often, as long as the server runs.
async fn seal_now_and_then(app: Weak<App>, pause: Duration) {
    if pause.is_zero() {
        return;
    }
    loop {
        tokio::time::sleep(pause).await;
        match app.upgrade() {
            Some(app) => app.seal(),
            None => return,
        }
    }
}

async fn is_told(mut told: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a reason to stop too.
    let _ = told.wait_for(|is_told| *is_told).await;
}

/// Waits for an interrupt or a request to end.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Where signals cannot be had, the process runs until it is ended.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
