//! The single writer: requests queue, one thread resolves and commits them together, then all are answered.
//!
//! While one commit syncs, the next batch gathers: the busier it is, the more share a sync. When the queue is
//! full, by writes or by bytes, a request is refused at once with [`WriteError::Busy`] and nothing of it is stored.
//!
//! A request is one commit: stored whole or not at all. Only where the rows of one would take more than memory is
//! cheap for (every change of an entity writes all it has then) is it cut into several. It has one answer all the
//! same, and where a later piece fails, [`WriteError::Partly`] tells how much is stored.

use super::resolve::Batch;
use super::sealer::Sealer;
use super::sessions::Sessions;
use crate::domain::erasure::{Erasure, Subject};
use crate::domain::identity::ProjectKey;
use crate::domain::time::Clock;
use crate::domain::write::{Write, Written};
use crate::store::{Appender, Error};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

/// Why a request was not written. Nothing of it is stored, unless the kind says otherwise.
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
    /// The request was so large that it was cut into several commits, and the store refused a later one.
    #[error("{stored} writes of a large request are stored, then: {cause}")]
    Partly {
        /// So many of its writes, from the first on, are stored.
        stored: usize,
        /// Why the others are not.
        cause: Arc<Error>,
    },
}

/// One request's writes, all of one project, and where the answer goes.
struct Request {
    project: ProjectKey,
    writes: Vec<Write>,
    /// Bytes of the writes, about.
    bytes: usize,
    answer: oneshot::Sender<Result<Vec<Written>, WriteError>>,
    room: [OwnedSemaphorePermit; 2],
}

/// What waits for the writer.
enum Item {
    Write(Request),
    Erase(EraseRequest),
    Seal,
}

/// A request to erase somebody, and where the answer goes.
struct EraseRequest {
    project: ProjectKey,
    subject: Subject,
    id: String,
    answer: oneshot::Sender<Result<Erasure, WriteError>>,
}

/// The way to the writer. Cheap to clone; the writer stops when the last one is gone.
#[derive(Debug, Clone)]
pub struct Writer {
    queue: mpsc::UnboundedSender<Item>,
    /// Whether everything is refused, as there is nothing to append to.
    is_refusing: bool,
    /// Room in the queue: for writes and for bytes.
    room: [Room; 2],
    sessions: Arc<Mutex<Sessions>>,
    is_broken: Arc<AtomicBool>,
    /// Whether the last try to seal failed.
    is_seal_failing: Arc<AtomicBool>,
    done: Arc<Done>,
}

/// What was done since the start.
#[derive(Debug, Default)]
struct Done {
    writes: AtomicU64,
    commits: AtomicU64,
}

/// Room in the queue, by one measure.
#[derive(Debug, Clone)]
struct Room {
    left: Arc<Semaphore>,
    size: u32,
}

impl Room {
    fn of(size: usize) -> Self {
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        Self { left: Arc::new(Semaphore::new(size as usize)), size }
    }

    /// Takes room. What is larger than all of it gets in when nothing else is there.
    fn take(&self, amount: usize) -> Result<OwnedSemaphorePermit, WriteError> {
        let amount = u32::try_from(amount).unwrap_or(u32::MAX).min(self.size);
        Arc::clone(&self.left).try_acquire_many_owned(amount).map_err(|_| WriteError::Busy)
    }
}

/// Writes that may wait at once, over all requests.
const QUEUED_WRITES: usize = 200_000;

/// Bytes of writes that may wait at once, over all requests, unless the operator says otherwise.
pub const QUEUED_BYTES: usize = 128 << 20;

/// Writes that share a commit, about.
const BATCH_WRITES: usize = 20_000;

/// Bytes of writes that share a commit, about.
const BATCH_BYTES: usize = 32 << 20;

/// Bytes of rows in one commit, about. A request is cut only when its own take more than half of it.
const COMMIT_BYTES: usize = 64 << 20;

/// How far a batch is durable: so many requests, and so many writes of the one behind them.
#[derive(Debug, Clone, Copy, Default)]
struct Reached {
    requests: usize,
    writes: usize,
}

impl Writer {
    /// Starts the writer and the sealer. Both threads end when every [`Writer`] is dropped.
    pub fn start(appender: Appender, clock: Arc<dyn Clock>, sessions: Sessions) -> (Self, JoinHandle<()>) {
        Self::start_within(QUEUED_BYTES, appender, clock, sessions)
    }

    /// The same with a queue that holds so many bytes of writes.
    pub fn start_within(
        queued_bytes: usize,
        appender: Appender,
        clock: Arc<dyn Clock>,
        sessions: Sessions,
    ) -> (Self, JoinHandle<()>) {
        let (queue, requests) = mpsc::unbounded_channel();
        let sessions = Arc::new(Mutex::new(sessions));
        let (sealer, sealing) = Sealer::start(appender.store(), Arc::clone(&clock), &appender.unsealed());
        let (is_broken, is_seal_failing) = (Arc::new(AtomicBool::new(false)), sealer.failing());
        let done = Arc::<Done>::default();
        let worker = Worker {
            appender,
            clock,
            sessions: Arc::clone(&sessions),
            sealer,
            is_broken: Arc::clone(&is_broken),
            done: Arc::clone(&done),
        };
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
        let room = [Room::of(QUEUED_WRITES), Room::of(queued_bytes)];
        (Self { queue, is_refusing: false, room, sessions, is_broken, is_seal_failing, done }, thread)
    }

    /// A writer that refuses everything with [`Error::ReadOnly`]: that of a replica.
    #[must_use]
    pub fn refusing() -> Self {
        Self {
            queue: mpsc::unbounded_channel().0,
            is_refusing: true,
            room: [Room::of(0), Room::of(0)],
            sessions: Arc::default(),
            is_broken: Arc::default(),
            is_seal_failing: Arc::default(),
            done: Arc::default(),
        }
    }

    fn check(&self) -> Result<(), WriteError> {
        if self.is_refusing {
            return Err(WriteError::Store(Arc::new(Error::ReadOnly)));
        }
        Ok(())
    }

    /// Writes, durably. The answers are in the order of the writes.
    pub async fn write(&self, project: ProjectKey, writes: Vec<Write>) -> Result<Vec<Written>, WriteError> {
        self.check()?;
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        let bytes = writes.iter().map(Write::bytes).sum();
        let room = [self.room[0].take(writes.len())?, self.room[1].take(bytes)?];
        let (answer, answered) = oneshot::channel();
        let request = Request { project, writes, bytes, answer, room };
        self.queue.send(Item::Write(request)).map_err(|_| WriteError::Stopping)?;
        answered.await.map_err(|_| WriteError::Stopping)?
    }

    /// Has all that is stored until now sealed in a while, however little it is: to read it then costs less.
    pub fn seal(&self) {
        // Once the writer has stopped there is nothing more to seal.
        let _ = self.queue.send(Item::Seal);
    }

    /// Accepts to erase a profile or a group, durably. It is carried out in a while, whatever happens.
    pub async fn erase(
        &self,
        project: ProjectKey,
        subject: Subject,
        id: String,
    ) -> Result<Erasure, WriteError> {
        self.check()?;
        let (answer, answered) = oneshot::channel();
        let request = EraseRequest { project, subject, id, answer };
        self.queue.send(Item::Erase(request)).map_err(|_| WriteError::Stopping)?;
        answered.await.map_err(|_| WriteError::Stopping)?
    }

    /// Whether the last try to seal what was written failed. Once much waits, writes are refused.
    #[must_use]
    pub fn is_seal_failing(&self) -> bool {
        self.is_seal_failing.load(Ordering::Relaxed)
    }

    /// Whether the log failed, so that nothing is written until a restart.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Relaxed)
    }

    /// Writes, and bytes of them, that wait to be stored or are being stored.
    #[must_use]
    pub fn queued(&self) -> [usize; 2] {
        self.room.each_ref().map(|room| (room.size as usize).saturating_sub(room.left.available_permits()))
    }

    /// How many writes were answered since the start, after they were stored.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.done.writes.load(Ordering::Relaxed)
    }

    /// How many batches of writes were stored since the start.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.done.commits.load(Ordering::Relaxed)
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
    sealer: Sealer,
    is_broken: Arc<AtomicBool>,
    done: Arc<Done>,
}

impl Worker {
    fn run(mut self, mut requests: mpsc::UnboundedReceiver<Item>) {
        while let Some(first) = requests.blocking_recv() {
            let (mut size, mut bytes, mut batch) = (0, 0, Vec::new());
            let mut next = Some(first);
            let (mut erase, mut is_wanted) = (None, false);
            while let Some(item) = next.take() {
                match item {
                    Item::Write(request) => {
                        size += request.writes.len();
                        bytes += request.bytes;
                        batch.push(request);
                        if size < BATCH_WRITES && bytes < BATCH_BYTES {
                            next = requests.try_recv().ok();
                        }
                    }
                    // What came before it is stored first.
                    Item::Erase(request) => erase = Some(request),
                    Item::Seal => is_wanted = true,
                }
            }
            if !batch.is_empty() {
                self.commit(batch);
            }
            // While sealing fails, what is little waits for more: full generations are what writes are refused for.
            if self.appender.is_due() || is_wanted && !self.sealer.is_failing() {
                self.seal();
            }
            if let Some(request) = erase {
                self.erase(request);
            }
        }
    }

    /// Accepts an erasure of all that is stored until now, and has it sealed and carried out.
    fn erase(&mut self, request: EraseRequest) {
        let EraseRequest { project, subject, id, answer } = request;
        let accepted = self.accept(project, subject, &id).map_err(|error| {
            tracing::error!(%error, "an erasure was not accepted");
            WriteError::Store(Arc::new(error))
        });
        if accepted.is_ok() && subject == Subject::Profile {
            self.sessions.lock().unwrap_or_else(PoisonError::into_inner).erase(project, &id);
        }
        // It is carried out though whoever asked went away.
        drop(answer.send(accepted));
    }

    fn accept(&mut self, project: ProjectKey, subject: Subject, id: &str) -> Result<Erasure, Error> {
        if let Some(full) = self.appender.rotate()? {
            self.sealer.seal(full);
        }
        let erasure = self.appender.accept_erasure(project, subject, id, self.clock.now())?;
        self.sealer.erase();
        Ok(erasure)
    }

    /// Stores a batch and answers each of its requests, once.
    fn commit(&mut self, requests: Vec<Request>) {
        let (mut written, mut reached) = (Vec::with_capacity(requests.len()), Reached::default());
        let (mut pieces, mut waiting) =
            (Vec::with_capacity(requests.len()), Vec::with_capacity(requests.len()));
        for Request { project, writes, answer, room, .. } in requests {
            pieces.push((project, writes));
            waiting.push((answer, room));
        }
        let failed = self.together(&mut pieces, &mut written, &mut reached).err().map(Arc::new);
        if let Some(error) = &failed {
            tracing::error!(%error, "a batch was not stored");
            self.is_broken.store(matches!(**error, Error::Broken), Ordering::Relaxed);
        }
        if failed.is_none() {
            self.done.commits.fetch_add(1, Ordering::Relaxed);
            let writes: usize = written.iter().map(Vec::len).sum();
            self.done.writes.fetch_add(u64::try_from(writes).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
        let mut written = written.into_iter();
        for (place, (waiting, room)) in waiting.into_iter().enumerate() {
            let written = written.next().unwrap_or_default();
            let answer = match &failed {
                Some(cause) if place == reached.requests && reached.writes > 0 => {
                    Err(WriteError::Partly { stored: reached.writes, cause: Arc::clone(cause) })
                }
                Some(cause) if place >= reached.requests => Err(WriteError::Store(Arc::clone(cause))),
                _ => Ok(written),
            };
            // Whoever is answered finds the room free again.
            drop(room);
            // Whoever went away does not hear that it is stored; it is stored all the same.
            drop(waiting.send(answer));
        }
    }

    /// Resolves the writes of all requests, in one commit where they fit. Gives what became of them, and how far
    /// they are durable when a commit fails.
    fn together(
        &mut self,
        requests: &mut [(ProjectKey, Vec<Write>)],
        written: &mut Vec<Vec<Written>>,
        reached: &mut Reached,
    ) -> Result<(), Error> {
        let _span = tracing::debug_span!("commit", requests = requests.len()).entered();
        if self.sealer.is_stuck() {
            let full = "full generations wait to be sealed, and sealing fails";
            return Err(Error::Full(std::io::Error::other(full)));
        }
        let now = self.clock.now();
        let store = Arc::clone(self.appender.store());
        // Until the rows are visible nobody decides that a key is on none.
        let _giving = store.give_keys();
        while written.len() < requests.len() {
            let first = written.len();
            let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
            let mut batch = Batch::load(&mut self.appender, &mut sessions, now, &requests[first..])?;
            for (place, (project, writes)) in requests.iter_mut().enumerate().skip(first) {
                if batch.is_heavy() {
                    break;
                }
                batch.begin_request();
                let mut answers = Vec::with_capacity(writes.len());
                for (done, write) in std::mem::take(writes).into_iter().enumerate() {
                    // Rather between two requests than within one.
                    if batch.bytes() >= if done == 0 { COMMIT_BYTES / 2 } else { COMMIT_BYTES } {
                        batch.commit()?;
                        *reached = Reached { requests: place, writes: done };
                    }
                    answers.push(batch.resolve(*project, write)?);
                }
                written.push(answers);
            }
            let facts = batch.facts;
            drop(sessions);
            self.appender.append(&facts)?;
            *reached = Reached { requests: written.len(), writes: 0 };
        }
        Ok(())
    }

    fn seal(&mut self) {
        match self.appender.rotate() {
            Ok(Some(generation)) => self.sealer.seal(generation),
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "a new generation could not be begun; the old one goes on"),
        }
    }
}
