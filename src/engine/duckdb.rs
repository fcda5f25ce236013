//! The embedded DuckDB: the only door to blocking reads.
//!
//! Every question gets a permit, a connection of its own and a deadline. One that is late, or whose asker went
//! away, is interrupted until it reacts.

use super::explain::{Counting, Explained};
use super::remote::{Computed, Remote};
use super::scope::source::Source;
use super::scope::{By, Rendered, Scope};
use super::{Error, Question, Value, literal};
use crate::store::Store;
use arrow::array::RecordBatch;
use duckdb::{Connection, InterruptHandle, Params, Statement};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tracing::Instrument;

/// Answers questions from the embedded DuckDB.
#[derive(Debug)]
pub struct Engine {
    store: Arc<Store>,
    permits: Arc<Semaphore>,
    parallel: usize,
    idle: Arc<Mutex<Vec<Connection>>>,
    deadline: Duration,
    rows: usize,
    statements: AtomicU64,
    remote: Option<Arc<Remote>>,
}

impl Engine {
    /// An engine that runs `parallel` questions at once, each for `deadline` and to `rows` rows at most.
    #[must_use]
    pub fn new(store: Arc<Store>, parallel: usize, deadline: Duration, rows: usize) -> Self {
        let permits = Arc::new(Semaphore::new(parallel));
        let (idle, statements) = (Arc::default(), AtomicU64::new(0));
        Self { store, permits, parallel, idle, deadline, rows, statements, remote: None }
    }

    /// The same engine, which has another one compute what is large.
    #[must_use]
    pub fn with_remote(mut self, remote: Remote) -> Self {
        self.remote = Some(Arc::new(remote));
        self
    }

    /// The other engine, if there is one.
    #[must_use]
    pub fn remote(&self) -> Option<&Remote> {
        self.remote.as_deref()
    }

    /// The store it reads.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// How many statements were run since the start.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// How many statements run now.
    #[must_use]
    pub fn running(&self) -> usize {
        self.parallel.saturating_sub(self.permits.available_permits())
    }

    /// Runs a question within a scope. Fails when the answer has more rows than the limit.
    pub async fn run(&self, scope: &Scope, question: Question) -> Result<Vec<RecordBatch>, Error> {
        self.run_up_to(scope, question, self.rows).await
    }

    /// Runs a question whose rows are worked on here and not handed on as they are, to `rows` rows at most.
    pub async fn run_up_to(
        &self,
        scope: &Scope,
        question: Question,
        rows: usize,
    ) -> Result<Vec<RecordBatch>, Error> {
        let keep = |batches: &mut Vec<RecordBatch>, batch| batches.push(batch);
        self.take(scope, question, Take::UpTo(rows), Vec::new(), keep).await
    }

    /// Runs a question whose rows are looked at as they come and not kept, however many there are.
    pub async fn fold<T: Send + 'static>(
        &self,
        scope: &Scope,
        question: Question,
        state: T,
        look: impl FnMut(&mut T, RecordBatch) + Send + 'static,
    ) -> Result<T, Error> {
        self.take(scope, question, Take::AsTheyCome, state, look).await
    }

    async fn take<T: Send + 'static>(
        &self,
        scope: &Scope,
        question: Question,
        take: Take,
        mut state: T,
        mut look: impl FnMut(&mut T, RecordBatch) + Send + 'static,
    ) -> Result<T, Error> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        let stem = question.stem;
        let place = scope.explanation.as_ref().map(|explanation| explanation.begin());
        let span = tracing::info_span!("statement", query.stem = stem, project.id = scope.project.0);
        let seconds = self.deadline.as_secs();
        // It has a deadline of its own: what it does not answer may still be answered here.
        let computed = match &self.remote {
            Some(remote) => {
                let computing = remote.compute(&self.store, scope, &question).instrument(span.clone());
                // Behind a pointer, so that whoever waits for it stays small.
                Box::pin(computing).await?
            }
            None => None,
        };
        let until = Instant::now() + self.deadline;
        let work = async {
            let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| Error::Lost)?;
            // What was computed lives in temporary tables, which go with their connection.
            let is_kept = computed.is_none();
            let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match is_kept.then(idle).flatten() {
                Some(connection) => connection,
                None => self.store.connection()?,
            };
            let stop = Stop::new(connection.interrupt_handle());
            let is_done = Arc::clone(&stop.is_done);
            let pool = Arc::clone(&self.idle);
            // The scope and its snapshot are held by the worker: files stay until it is done, even when the asker
            // has gone.
            let (scope, store) = (scope.clone(), Arc::clone(&self.store));
            let here = tracing::Span::current();
            let worker = tokio::task::spawn_blocking(move || {
                let _span = here.entered();
                let done = Done(is_done);
                let mut each = |batch| look(&mut state, batch);
                let take = (take, until);
                let result = execute(&connection, &scope, &store, question, computed, take, place, &mut each);
                let result = result.map(|()| state);
                // From here on nobody interrupts this connection, which the next question may use.
                drop(done);
                if is_kept {
                    pool.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
                }
                drop((permit, scope));
                result
            });
            let result = worker.await.map_err(|_| Error::Lost)?;
            drop(stop);
            result
        };
        tokio::time::timeout(self.deadline, work.instrument(span))
            .await
            .unwrap_or(Err(Error::TimedOut { seconds }))
    }
}

/// How many rows of an answer are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Take {
    /// So many at most, which are kept.
    UpTo(usize),
    /// All, none of which is kept.
    AsTheyCome,
}

#[expect(clippy::too_many_arguments, reason = "it is what a worker is given")]
fn execute(
    connection: &Connection,
    scope: &Scope,
    store: &Store,
    question: Question,
    computed: Option<Computed>,
    (take, until): (Take, Instant),
    place: Option<usize>,
    each: &mut dyn FnMut(RecordBatch),
) -> Result<(), Error> {
    let (stem, began) = (question.stem, Instant::now());
    let (rendered, landed, fetched, before) = match computed {
        None => {
            (scope.render(question.sql, question.reads, store, By::Itself)?, Vec::new(), None, Duration::ZERO)
        }
        Some(computed) => {
            (computed.rendered, computed.landed, Some((computed.rows, computed.bytes)), computed.took)
        }
    };
    let Rendered { sql: template, params: scope_params, source, files, .. } = rendered;
    // They stay until the last row is read.
    let _held = store.hold_until(&files, until)?;
    let mut params: HashMap<String, Value> =
        question.params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    params.extend(scope_params);
    let filled = literal::filled(&template, &params);
    // The log never holds the values: they are what people sent.
    let failed = |error| {
        tracing::debug!(sql = template, "the statement that failed");
        Error::Sql { stem, source: error }
    };
    tracing::trace!(sql = template, "asks");
    for rows in landed {
        rows.settle(connection).map_err(failed)?;
    }
    let counting = place.map(|_| Counting::begin(connection)).transpose().map_err(failed)?;
    let (mut statement, bound) = filled.prepare(connection).map_err(failed)?;
    let mut rows = 0;
    // All rows are taken at once where all are wanted: whoever waits for the next ones asks for them all the time, which
    // costs up to a quarter of the rest.
    let answer: Box<dyn Iterator<Item = duckdb::Result<RecordBatch>>> = if take == Take::UpTo(usize::MAX) {
        Box::new(whole(&mut statement, &bound).map_err(failed)?)
    } else {
        Box::new(statement.stream_arrow(&bound).map_err(failed)?)
    };
    for batch in answer {
        let batch = batch.map_err(failed)?;
        rows += batch.num_rows();
        if let Take::UpTo(limit) = take
            && rows > limit
        {
            return Err(Error::TooLarge { limit });
        }
        each(batch);
    }
    tracing::debug!(rows, source = source.map(Source::name), "answered");
    if let (Some(explanation), Some(place), Some(counting)) = (&scope.explanation, place, counting) {
        let (rows, bytes) = counting.read();
        let milliseconds = (before + began.elapsed()).as_secs_f64() * 1000.0;
        explanation.end(place, Explained { statement: stem, source, fetched, rows, bytes, milliseconds });
    }
    Ok(())
}

/// All rows of a statement, taken when this returns.
#[expect(
    clippy::disallowed_methods,
    reason = "a failed fetch would panic, and all is fetched: what fails or is interrupted fails before"
)]
fn whole(
    statement: &mut Statement<'_>,
    params: impl Params,
) -> duckdb::Result<impl Iterator<Item = duckdb::Result<RecordBatch>>> {
    Ok(statement.query_arrow(params)?.map(Ok))
}

/// Says that a statement is done when it is dropped, after a panic too.
struct Done(Arc<Mutex<bool>>);

impl Drop for Done {
    fn drop(&mut self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }
}

/// Stops a running statement when it is dropped before the statement is done.
struct Stop {
    handle: Arc<InterruptHandle>,
    /// Set by the worker. An interrupt is only sent while this is held and not set.
    is_done: Arc<Mutex<bool>>,
}

impl Stop {
    fn new(handle: Arc<InterruptHandle>) -> Self {
        Self { handle, is_done: Arc::default() }
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        let (handle, is_done) = (Arc::clone(&self.handle), Arc::clone(&self.is_done));
        let interrupt = move || {
            let is_done = is_done.lock().unwrap_or_else(PoisonError::into_inner);
            if !*is_done {
                handle.interrupt();
            }
            *is_done
        };
        if interrupt() {
            return;
        }
        // An interrupt during planning is lost, so it is repeated until the statement reacts.
        std::thread::spawn(move || {
            while !interrupt() {
                std::thread::sleep(Duration::from_millis(5));
            }
        });
    }
}
