//! `GET /export`: everything of a project at one instant, as a tar archive of Parquet files ([`crate::store::export`]).
//! For clients with the right ADMIN.
//!
//! The files are written first, so that whatever goes wrong has a status of its own, then sent as they are read. They
//! lie in the data folder's `tmp/` until then, which each start clears.

use super::saved::{enter, private};
use crate::app::App;
use crate::domain::time::new_id;
use crate::error::Failure;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc};

/// Exports that are written at once: each takes room on the disk.
static WRITING: Semaphore = Semaphore::const_new(1);

/// Bytes that are sent at once, about.
const CHUNK_BYTES: usize = 256 << 10;

/// Sends the archive.
pub(super) async fn export(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    answer(&app, &headers).await.unwrap_or_else(|response| *response)
}

async fn answer(app: &Arc<App>, headers: &HeaderMap) -> Result<Response, Box<Response>> {
    let caller = enter(app, headers)?;
    let failed = |failure: Failure| Box::new(failure.into_response());
    caller.may_manage().map_err(failed)?;
    let room = WRITING.acquire().await.map_err(|closed| failed(Failure::internal(closed)))?;
    let folder = Folder(app.config().data_dir.join("tmp").join(format!("export-{}", new_id())));
    let files = caller.export(folder.0.clone()).await.map_err(failed)?;
    let (sender, receiver) = mpsc::channel(4);
    tokio::task::spawn_blocking(move || {
        let _room = room;
        let names: Vec<&str> = files.iter().map(|file| file.file.as_str()).collect();
        if let Err(error) = pack(&folder.0, &names, Sending(sender)) {
            // Whoever reads it sees that the archive has no end.
            tracing::warn!(%error, "an export was not sent to its end");
        }
    });
    let chunks = stream::unfold(receiver, |mut receiver: mpsc::Receiver<Bytes>| async move {
        let chunk = receiver.recv().await?;
        Some((Ok::<_, io::Error>(chunk), receiver))
    });
    let mut headers = private("application/x-tar");
    let disposition = HeaderValue::from_static("attachment; filename=\"export.tar\"");
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    Ok((headers, Body::from_stream(chunks)).into_response())
}

fn pack(folder: &Path, names: &[&str], out: Sending) -> io::Result<()> {
    let mut archive = tar::Builder::new(BufWriter::with_capacity(CHUNK_BYTES, out));
    archive.mode(tar::HeaderMode::Deterministic);
    for name in names {
        archive.append_path_with_name(folder.join(name), name)?;
    }
    archive.into_inner()?.flush()
}

/// The way of bytes to whoever reads the answer. It waits for a slow one, and ends with one who goes away.
struct Sending(mpsc::Sender<Bytes>);

impl Write for Sending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Bytes::copy_from_slice(bytes));
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A folder that goes when nobody needs it any more.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // Where it cannot be removed, the next start does.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
