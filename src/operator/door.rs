//! The door itself: a listener on this machine only, open to whoever can read a file of the data folder.
//!
//! The server writes `operator.json` (address and token, readable by its user alone) into the data folder when it
//! begins to listen and removes it when it stops. A request without the token is refused.

use super::{Request, Response, handle};
use crate::app::App;
use crate::store::private::write_private;
use axum::extract::{DefaultBodyLimit, FromRequest, State};
use axum::http::{StatusCode, header};
use axum::routing::post;
use axum::{Json, Router};
use rand::TryRngCore;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;

/// The name of the file in the data folder.
const FILE: &str = "operator.json";

/// Bytes of one request, at most. An import's batch of 5,000 writes of 8 MiB of rows stays well below.
const MOST_BYTES: usize = 256 << 20;

/// Where the door is, and what opens it.
#[derive(Clone, Serialize, Deserialize)]
struct Key {
    address: SocketAddr,
    token: String,
}

/// Why the door cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No server has left a key, or it cannot be read.
    #[error(
        "the data folder is held by another process and has no readable {FILE} ({0}); \
         wait until that process ends, or run this as the server's user"
    )]
    NoKey(io::Error),
    /// Nobody answers behind the door.
    #[error(
        "the data folder is held by another process that does not answer at {0}; wait until it ends or stop it"
    )]
    Silent(SocketAddr),
    /// Somebody else answers there, or in words that this release does not know.
    #[error("the server that holds the data folder answered {0}; use the same release of muster for both")]
    Strange(String),
}

/// The open door of a server. Dropping it removes the key.
#[derive(Debug)]
pub struct Door {
    listener: TcpListener,
    file: PathBuf,
    token: String,
}

impl Door {
    /// Listens on a free port of this machine and leaves the key in the data folder.
    pub async fn open(data_dir: &Path) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let mut bytes = [0_u8; 32];
        OsRng.try_fill_bytes(&mut bytes).map_err(io::Error::other)?;
        let token = bytes.iter().fold(String::new(), |mut text, byte| {
            // Writing to a text cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
        let key = Key { address: listener.local_addr()?, token: token.clone() };
        let file = data_dir.join(FILE);
        write_private(&file, &serde_json::to_vec(&key)?)?;
        Ok(Self { listener, file, token })
    }

    /// Answers until `shutdown` is done.
    pub async fn serve(
        self,
        app: Arc<App>,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let router = Router::new()
            .route("/", post(answer))
            .layer(DefaultBodyLimit::max(MOST_BYTES))
            .with_state((app, Arc::from(self.token.as_str())));
        let served = axum::serve(self.listener, router).with_graceful_shutdown(shutdown).await;
        let removed = std::fs::remove_file(&self.file);
        served.and(removed)
    }
}

async fn answer(
    State((app, token)): State<(Arc<App>, Arc<str>)>,
    asked: axum::extract::Request,
) -> Result<Json<Response>, StatusCode> {
    let shown = asked
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let is_known = shown.is_some_and(|shown| shown.as_bytes().ct_eq(token.as_bytes()).into());
    if !is_known {
        return Err(StatusCode::UNAUTHORIZED);
    }
    // The body is read only now: without the token it costs nothing.
    let request = Json::<Request>::from_request(asked, &()).await;
    let Json(request) = request.map_err(|_| StatusCode::BAD_REQUEST)?;
    tracing::debug!(?request, "the operator asks");
    Ok(Json(handle(&app, request).await))
}

/// A command's way through the door.
#[derive(Debug, Clone)]
pub struct Visitor {
    http: reqwest::Client,
    address: SocketAddr,
    token: String,
}

impl Visitor {
    /// Finds the door of the server that holds the data folder.
    pub fn find(data_dir: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(data_dir.join(FILE)).map_err(Error::NoKey)?;
        let key: Key = serde_json::from_slice(&bytes).map_err(|error| Error::NoKey(error.into()))?;
        let http = reqwest::Client::builder().no_proxy().build();
        let http = http.map_err(|error| Error::NoKey(io::Error::other(error)))?;
        Ok(Self { http, address: key.address, token: key.token })
    }

    /// Asks the server.
    pub async fn ask(&self, request: &Request) -> Result<Response, Error> {
        let sent = self.http.post(format!("http://{}/", self.address)).bearer_auth(&self.token).json(request);
        let response = sent.send().await.map_err(|_| Error::Silent(self.address))?;
        if !response.status().is_success() {
            return Err(Error::Strange(response.status().to_string()));
        }
        response.json().await.map_err(|error| Error::Strange(error.to_string()))
    }
}
