//! Start and stop of what listens.
//!
//! A connection that sends nothing whole is closed: it has [`crate::config::Config::send_timeout`] for the head of each
//! request, and for the handshake where it is encrypted. How long a body may take is told in `body.rs`.

use super::tls::Tls;
use super::{ops, router};
use crate::app::{App, Error};
use axum::Router;
use axum::routing::get;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::RustlsAcceptor;
use axum_server::{Handle, Server};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Serves what only operators should see until `shutdown` is done: `/metrics`, `/health` and `/ready`.
pub async fn serve_operations(
    listener: TcpListener,
    app: Arc<App>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let router = Router::new()
        .route("/metrics", get(ops::metrics))
        .route("/health", get(ops::health))
        .route("/ready", get(ops::ready))
        .with_state(app);
    Ok(axum::serve(listener, router).with_graceful_shutdown(shutdown).await?)
}

/// Serves until `shutdown` is done, lets running requests finish, and closes the app.
///
/// Requests that take longer than [`crate::config::Config::stop_timeout`] are dropped; what they were told is
/// stored stays stored.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let tls = Tls::read(app.config()).await?;
    let (stop_timeout, send_timeout) = (app.config().stop_timeout(), app.config().send_timeout());
    let handle = Handle::new();
    let (stopping, connections) = (Arc::clone(&app), handle.clone());
    let stop = tokio::spawn(async move {
        shutdown.await;
        // Connections that never end by themselves.
        stopping.live().stop();
        drop(stopping);
        connections.graceful_shutdown(Some(stop_timeout));
    });
    let routes = router(Arc::clone(&app)).into_make_service_with_connect_info::<SocketAddr>();
    let server = patient(Server::from_listener(listener), send_timeout).handle(handle.clone());
    // Small answers leave at once.
    let outcome = match tls {
        None => server.acceptor(NoDelayAcceptor::new()).serve(routes).await,
        Some(tls) => {
            let acceptor = RustlsAcceptor::new(tls.config()).handshake_timeout(send_timeout);
            let fresh = tokio::spawn(tls.keep_fresh());
            let outcome = server.acceptor(acceptor.acceptor(NoDelayAcceptor::new())).serve(routes).await;
            fresh.abort();
            outcome
        }
    };
    stop.abort();
    if handle.connection_count() > 0 {
        tracing::warn!("requests that still ran were dropped");
    }
    outcome?;
    app.stop().await
}

/// The same server, which closes connections that do not send the head of a request in time.
fn patient(mut server: Server<SocketAddr>, send_timeout: Duration) -> Server<SocketAddr> {
    server.http_builder().http1().header_read_timeout(send_timeout);
    server.http_builder().http2().enable_connect_protocol();
    server.first_request_timeout(send_timeout)
}
