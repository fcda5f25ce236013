//! The single writer: requests queue, one thread resolves and commits them together, then all are answered.
//!
//! While one commit syncs, the next batch gathers: the busier it is, the more share a sync. When the queue is
//! full, a request is refused at once with [`WriteError::Busy`] and nothing of it is stored.

use super::resolve::Batch;
use super::sessions::Sessions;
use crate::domain::identity::ProjectKey;
use crate::domain::time::Clock;
use crate::domain::write::{Write, Written};
use crate::store::{Appender, Error, Store};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

/// Why a request was not written. Nothing of it is stored.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WriteError {
    /// Too much is queued; the same request may succeed in a moment.
    #[error("too many writes are waiting")]
    Busy,
    /// The server is stopping.
    #[error("the server is stopping")]
    Stopping,
    /// The store refused.
    #[error(transparent)]
    Store(Arc<Error>),
}

/// One request's writes, all of one project, and where the answer goes.
struct Request {
    project: ProjectKey,
    writes: Vec<Write>,
    answer: oneshot::Sender<Result<Vec<Written>, WriteError>>,
    _room: OwnedSemaphorePermit,
}

/// The way to the writer. Cheap to clone; the writer stops when the last one is gone.
#[derive(Debug, Clone)]
pub struct Writer {
    queue: mpsc::UnboundedSender<Request>,
    room: Arc<Semaphore>,
    room_size: u32,
    sessions: Arc<Mutex<Sessions>>,
}

/// Writes that may wait at once, over all requests.
const QUEUED_WRITES: u32 = 200_000;

/// Writes that share a commit, about.
const BATCH_WRITES: usize = 20_000;

impl Writer {
    /// Starts the writer and the sealer. Both threads end when every [`Writer`] is dropped.
    pub fn start(appender: Appender, clock: Arc<dyn Clock>, sessions: Sessions) -> (Self, JoinHandle<()>) {
        let (queue, requests) = mpsc::unbounded_channel();
        let sessions = Arc::new(Mutex::new(sessions));
        let (sealer, full) = std::sync::mpsc::channel();
        let store = Arc::clone(appender.store());
        let sealing = std::thread::spawn(move || seal_all(&store, &full));
        for generation in appender.unsealed() {
            let _ = sealer.send(generation);
        }
        let worker = Worker { appender, clock, sessions: Arc::clone(&sessions), sealer };
        let thread = std::thread::spawn(move || {
            let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| worker.run(requests)));
            if run.is_err() {
                // A server that looks healthy and takes no writes is worse than a restart, which reads the log.
                tracing::error!("the writer died; the process ends");
                std::process::abort();
            }
            // The worker is gone and with it the sealer's queue: the thread ends after what it has.
            drop(sealing.join());
        });
        let room = Arc::new(Semaphore::new(QUEUED_WRITES as usize));
        (Self { queue, room, room_size: QUEUED_WRITES, sessions }, thread)
    }

    /// Writes, durably. The answers are in the order of the writes.
    pub async fn write(&self, project: ProjectKey, writes: Vec<Write>) -> Result<Vec<Written>, WriteError> {
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        let size = u32::try_from(writes.len()).unwrap_or(u32::MAX).min(self.room_size);
        let room = Arc::clone(&self.room).try_acquire_many_owned(size).map_err(|_| WriteError::Busy)?;
        let (answer, answered) = oneshot::channel();
        let request = Request { project, writes, answer, _room: room };
        self.queue.send(request).map_err(|_| WriteError::Stopping)?;
        answered.await.map_err(|_| WriteError::Stopping)?
    }

    /// The live session of a device at an instant.
    #[must_use]
    pub fn live_session(
        &self,
        project: ProjectKey,
        device: &str,
        at: chrono::DateTime<chrono::Utc>,
    ) -> Option<String> {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.find(project, device, at).map(str::to_owned)
    }
}

struct Worker {
    appender: Appender,
    clock: Arc<dyn Clock>,
    sessions: Arc<Mutex<Sessions>>,
    sealer: std::sync::mpsc::Sender<u64>,
}

impl Worker {
    fn run(mut self, mut requests: mpsc::UnboundedReceiver<Request>) {
        let mut held = None;
        while let Some(first) = held.take().or_else(|| requests.blocking_recv()) {
            let mut batch = vec![first];
            let mut size = batch[0].writes.len();
            // A deletion looks at what is stored, so it is alone in its commit.
            while size < BATCH_WRITES && !stands_alone(&batch[0]) {
                let Ok(next) = requests.try_recv() else { break };
                if stands_alone(&next) {
                    held = Some(next);
                    break;
                }
                size += next.writes.len();
                batch.push(next);
            }
            self.commit(batch);
            self.seal_when_due();
        }
    }

    fn commit(&mut self, requests: Vec<Request>) {
        let pieces: Vec<(ProjectKey, &[Write])> =
            requests.iter().map(|request| (request.project, request.writes.as_slice())).collect();
        let result = if requests.len() == 1 && stands_alone(&requests[0]) {
            self.piecewise(requests[0].project, &requests[0].writes).map(|written| vec![written])
        } else {
            self.together(&pieces)
        };
        match result {
            Ok(written) => {
                for (request, written) in requests.into_iter().zip(written) {
                    // Whoever went away does not hear that it is stored; it is stored all the same.
                    drop(request.answer.send(Ok(written)));
                }
            }
            Err(error) => {
                tracing::error!(%error, "a batch was not stored");
                let error = Arc::new(error);
                for request in requests {
                    drop(request.answer.send(Err(WriteError::Store(Arc::clone(&error)))));
                }
            }
        }
    }

    /// Resolves the writes of all requests in one commit.
    fn together(&mut self, pieces: &[(ProjectKey, &[Write])]) -> Result<Vec<Vec<Written>>, Error> {
        let _span = tracing::debug_span!("commit", requests = pieces.len()).entered();
        let now = self.clock.now();
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let mut batch = Batch::load(&mut self.appender, &mut sessions, now, pieces)?;
        let mut written = Vec::with_capacity(pieces.len());
        for (project, writes) in pieces {
            let answers: Result<Vec<Written>, Error> =
                writes.iter().map(|write| batch.resolve(*project, write)).collect();
            written.push(answers?);
        }
        let facts = batch.facts;
        drop(sessions);
        self.appender.append(&facts)?;
        Ok(written)
    }

    /// Resolves a request that holds deletions: each deletion, and each run of writes between, is a commit.
    fn piecewise(&mut self, project: ProjectKey, writes: &[Write]) -> Result<Vec<Written>, Error> {
        let mut written = Vec::with_capacity(writes.len());
        for piece in writes.chunk_by(|a, b| !is_deletion(a) && !is_deletion(b)) {
            written.extend(self.together(&[(project, piece)])?.into_iter().flatten());
        }
        Ok(written)
    }

    fn seal_when_due(&mut self) {
        if !self.appender.is_due() {
            return;
        }
        match self.appender.rotate() {
            Ok(Some(generation)) => {
                let _ = self.sealer.send(generation);
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "a new generation could not be begun; the old one goes on"),
        }
    }
}

fn stands_alone(request: &Request) -> bool {
    request.writes.iter().any(is_deletion)
}

fn is_deletion(write: &Write) -> bool {
    matches!(write, Write::DeleteGroup { .. })
}

/// How long a failed sealing waits before it is tried again.
const SEAL_AGAIN: std::time::Duration = std::time::Duration::from_secs(5);

/// Seals full generations, in order. One that fails is tried again before the next.
fn seal_all(store: &Store, full: &std::sync::mpsc::Receiver<u64>) {
    let mut waiting = std::collections::VecDeque::new();
    loop {
        let next = if waiting.is_empty() {
            full.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            full.recv_timeout(SEAL_AGAIN)
        };
        match next {
            Ok(generation) => waiting.push_back(generation),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        while let Some(generation) = waiting.front().copied() {
            match store.seal(generation) {
                Ok(()) => {
                    tracing::info!(segment.generation = generation, "sealed a generation");
                    waiting.pop_front();
                }
                Err(error) => {
                    tracing::error!(segment.generation = generation, %error, "sealing failed; it is tried again");
                    break;
                }
            }
        }
    }
}
