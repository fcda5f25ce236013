//! Who asks, for which project, with what right; and the one way from a request to the store and back.
//!
//! Everything above reads and writes through a [`Caller`], so a right is checked and a tenant set in one place.
//! One caller belongs to one request. Its reads see one instant; a write of its own moves that instant on.

mod cohorts;
mod documents;
mod erasures;
mod export;
mod present;

use crate::domain::Invalid;
use crate::domain::identity::{ProjectKey, Right};
use crate::domain::limits::Limits;
use crate::domain::time::{Clock, Range, first_instant};
use crate::domain::write::{Write, Written};
use crate::engine::explain::Explanation;
use crate::engine::scope::source::Source;
use crate::engine::scope::{Scope, Split};
use crate::engine::{Engine, Question};
use crate::error::{Failure, Kind};
use crate::ingest::writer::Writer;
use crate::store::{self, Snapshot, Store, Within};
use arrow::array::RecordBatch;
use chrono::{DateTime, Duration};
use cohorts::Cohorts;
use present::Present;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A request's identity and its way to the data.
#[derive(Debug)]
pub struct Caller {
    project: ProjectKey,
    right: Right,
    engine: Arc<Engine>,
    writer: Writer,
    clock: Arc<dyn Clock>,
    limits: Arc<Limits>,
    instant: Mutex<Option<Arc<Snapshot>>>,
    cohorts: Cohorts,
    present: Present,
    cheapest: Option<Source>,
    explanation: OnceLock<Arc<Explanation>>,
}

impl Caller {
    /// A caller with a right in a project. Its "now" is the present second and stays so.
    #[must_use]
    pub fn new(
        project: ProjectKey,
        right: Right,
        engine: Arc<Engine>,
        writer: Writer,
        clock: Arc<dyn Clock>,
        limits: Arc<Limits>,
    ) -> Self {
        let present = Present::at(clock.now());
        let (instant, explanation) = (Mutex::new(None), OnceLock::new());
        let cohorts = Cohorts::default();
        Self {
            project,
            right,
            engine,
            writer,
            clock,
            limits,
            instant,
            cohorts,
            present,
            cheapest: None,
            explanation,
        }
    }

    /// Does what may block with the store, off the threads that answer.
    async fn in_store<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Store, ProjectKey) -> Result<T, store::Error> + Send + 'static,
    ) -> Result<T, Failure> {
        let (store, project) = (Arc::clone(self.engine.store()), self.project);
        let done = tokio::task::spawn_blocking(move || act(&store, project));
        Ok(done.await.map_err(Failure::internal)??)
    }

    /// The same caller, answered from no source cheaper than this one. All sources give the same answers.
    #[must_use]
    pub fn answered_from(mut self, cheapest: Source) -> Self {
        self.cheapest = Some(cheapest);
        self
    }

    /// Has the cost of every later statement of this request told.
    pub fn explain(&self) -> Arc<Explanation> {
        Arc::clone(self.explanation.get_or_init(Arc::default))
    }

    /// The tenant.
    #[must_use]
    pub fn project(&self) -> ProjectKey {
        self.project
    }

    /// What the caller may do.
    #[must_use]
    pub fn right(&self) -> Right {
        self.right
    }

    /// The version of what is stored of the project: see [`crate::store::Store::version`].
    #[must_use]
    pub fn version(&self) -> u64 {
        self.engine.store().version(self.project)
    }

    /// The limits that hold.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// A scope on everything the project did in a range, at this request's instant.
    #[must_use]
    pub fn scope(&self, range: Range) -> Scope {
        let mut instant = self.instant.lock().unwrap_or_else(PoisonError::into_inner);
        let snapshot = instant.get_or_insert_with(|| self.engine.store().snapshot());
        let mut scope = Scope::new(self.project, Arc::clone(snapshot), range);
        scope.cheapest = self.cheapest;
        scope.explanation = self.explanation.get().map(Arc::clone);
        scope
    }

    /// A scope on everything the project ever did.
    pub fn scope_ever(&self) -> Result<Scope, Failure> {
        let first = first_instant();
        let last = DateTime::from_timestamp_micros(253_370_764_799_999_999).unwrap_or_default();
        Ok(self.scope(Range::new(first, last)?))
    }

    /// A scope on everything that was ever done in some groups, split by them.
    pub fn scope_of_groups(&self, ids: &[String]) -> Result<Scope, Failure> {
        let mut scope = self.scope_ever()?;
        scope.splits = vec![Split::Ids(ids.to_vec())];
        Ok(scope)
    }

    /// A scope that reads no event: before there were any. For what is known of groups, profiles and memberships.
    pub fn scope_without_events(&self) -> Result<Scope, Failure> {
        let first = first_instant();
        Ok(self.scope(Range::new(first, first + Duration::microseconds(1))?))
    }

    /// The range of a scope in parts, the latest first, of which each reads no more whole events than the disk has room for.
    /// What is asked of all parts is what is asked of the whole, where it is a list by time or a sum.
    #[must_use]
    pub fn parts(&self, scope: &Scope) -> Vec<Range> {
        let (from, to) = (scope.range.from(), scope.range.to());
        let within = Within {
            project: Some(self.project),
            from: from.timestamp_micros(),
            to: to.timestamp_micros(),
            after_seq: scope.stored_after,
        };
        let Some(parts) = self.engine.store().parts(&scope.snapshot, within) else {
            return vec![scope.range];
        };
        let edge = |micros| DateTime::from_timestamp_micros(micros).unwrap_or_default();
        let parts: Result<Vec<Range>, Invalid> =
            parts.into_iter().map(|(from, to)| Range::new(edge(from), edge(to))).collect();
        parts.unwrap_or_else(|_| vec![scope.range])
    }

    /// Runs a question. Needs the right to read.
    pub async fn run(&self, scope: &Scope, question: Question) -> Result<Vec<RecordBatch>, Failure> {
        self.may_read()?;
        Ok(self.engine.run(&*self.with_cohorts(scope).await?, question).await?)
    }

    /// Runs a question whose rows are worked on and not handed on as they are.
    pub async fn run_unlimited(
        &self,
        scope: &Scope,
        question: Question,
    ) -> Result<Vec<RecordBatch>, Failure> {
        self.may_read()?;
        Ok(self.engine.run_up_to(&*self.with_cohorts(scope).await?, question, usize::MAX).await?)
    }

    /// Runs a question whose rows are looked at as they come, however many there are. Needs the right to read.
    pub async fn fold<T: Send + 'static>(
        &self,
        scope: &Scope,
        question: Question,
        state: T,
        step: impl FnMut(&mut T, RecordBatch) + Send + 'static,
    ) -> Result<T, Failure> {
        self.may_read()?;
        Ok(self.engine.fold(&*self.with_cohorts(scope).await?, question, state, step).await?)
    }

    /// Writes, durably. Needs the right to write. Reads of this request see it from then on.
    pub async fn write(&self, writes: Vec<Write>) -> Result<Vec<Written>, Failure> {
        self.may_write()?;
        let written = self.writer.write(self.project, writes).await?;
        *self.instant.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(written)
    }

    /// Fails unless the caller may read.
    pub fn may_read(&self) -> Result<(), Failure> {
        if self.right.may_read() {
            return Ok(());
        }
        Err(Failure::new(Kind::Forbidden, "this client may not read; use one with the right READ or ADMIN"))
    }

    /// Fails unless the caller may write.
    pub fn may_write(&self) -> Result<(), Failure> {
        if self.right.may_write() {
            return Ok(());
        }
        Err(Failure::new(Kind::Forbidden, "this client may not write; use one with the right WRITE or ADMIN"))
    }

    /// Fails unless the caller may manage the project.
    pub fn may_manage(&self) -> Result<(), Failure> {
        if self.right == Right::Admin {
            return Ok(());
        }
        Err(Failure::new(
            Kind::Forbidden,
            "this client may not manage the project; use one with the right ADMIN",
        ))
    }

    /// Whether files of the store are put aside or missing, so that events in them are not served.
    #[must_use]
    pub fn is_degraded(&self) -> bool {
        !self.engine.store().damaged().is_empty()
    }

    /// The clock, for instants that must move within the request.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}
