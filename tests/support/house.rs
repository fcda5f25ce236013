//! A real store in a temporary folder with everything above it but HTTP.

use async_graphql::{Request, Variables};
use chrono::{DateTime, Utc};
use muster::caller::Caller;
use muster::domain::identity::{ProjectKey, Right};
use muster::domain::limits::Limits;
use muster::domain::time::{Clock, ManualClock};
use muster::domain::write::{Write, Written};
use muster::engine::Engine;
use muster::engine::explain::Explained;
use muster::engine::remote::{Remote, Settings};
use muster::engine::scope::source::Source;
use muster::ingest::sessions::Sessions;
use muster::ingest::writer::Writer;
use muster::store::cloud::ObjectStorage;
use muster::store::{Options, Store};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tempfile::TempDir;

/// Whether no row is in the log alone.
pub(crate) fn is_sealed(store: &Store) -> bool {
    let connection = store.connection().expect("a connection");
    let tables = ["events", "group_versions", "profile_versions", "memberships", "keys"];
    store.snapshot().generations.iter().all(|generation| {
        tables.iter().all(|table| {
            let rows = format!("select count(*) from hot.{table}_{}", generation.number);
            // One that was sealed meanwhile is not there.
            connection.query_row(&rows, [], |row| row.get(0)).is_ok_and(|rows: u64| rows == 0)
        })
    })
}

/// An open store, its writer and its engine.
pub(crate) struct House {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) engine: Arc<Engine>,
    writer: Writer,
    writing: JoinHandle<()>,
    schema: muster::graphql::Schema,
    folder: TempDir,
}

impl House {
    /// A fresh store whose generations are sealed after `seal_rows` rows.
    pub(crate) fn open(now: DateTime<Utc>, seal_rows: usize) -> Self {
        Self::open_in(tempfile::tempdir().expect("a temporary folder"), now, seal_rows)
    }

    /// The same on a folder that may hold something.
    pub(crate) fn open_in(folder: TempDir, now: DateTime<Utc>, seal_rows: usize) -> Self {
        let options = Options { seal_rows, ..Options::default() };
        Self::open_with(folder, now, options, |engine| engine)
    }

    /// The same, where a distributed engine computes all sealed rows.
    pub(crate) fn open_on(remote: Settings, folder: TempDir, now: DateTime<Utc>, seal_rows: usize) -> Self {
        let options = Options { seal_rows, ..Options::default() };
        let remote = Remote::new(remote).expect("an address");
        Self::open_with(folder, now, options, |engine| engine.with_remote(remote))
    }

    /// A fresh store that publishes what it seals.
    pub(crate) fn publishing(to: &ObjectStorage, now: DateTime<Utc>, seal_rows: usize) -> Self {
        let options = Options { seal_rows, objects: Some(to.clone()), ..Options::default() };
        Self::open_as(tempfile::tempdir().expect("a temporary folder"), now, options)
    }

    /// A replica that follows what is published.
    pub(crate) fn replica_of(from: &ObjectStorage, folder: TempDir, now: DateTime<Utc>) -> Self {
        let options = Options { objects: Some(from.clone()), ..Options::default() };
        let opened = tokio::task::block_in_place(|| Store::open_replica(folder.path(), &options));
        let clock = Arc::new(ManualClock::starting_at(now));
        let (writer, writing) = (Writer::refusing(), std::thread::spawn(|| ()));
        let store = opened.expect("the folder opens");
        let engine = Arc::new(Engine::new(store, 2, Duration::from_mins(1), 100_000));
        Self { clock, engine, writer, writing, schema: muster::graphql::schema(), folder }
    }

    /// Has everything sealed, and waits until it is.
    pub(crate) async fn seal(&self) {
        while !is_sealed(self.engine.store()) {
            self.writer.seal();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The same, opened as these options say.
    pub(crate) fn open_as(folder: TempDir, now: DateTime<Utc>, options: Options) -> Self {
        // Object storage is asked, and waited for.
        tokio::task::block_in_place(|| Self::open_with(folder, now, options, |engine| engine))
    }

    fn open_with(
        folder: TempDir,
        now: DateTime<Utc>,
        options: Options,
        change: impl FnOnce(Engine) -> Engine,
    ) -> Self {
        let (store, appender) = Store::open(folder.path(), options).expect("the folder opens");
        let clock = Arc::new(ManualClock::starting_at(now));
        let (writer, writing) =
            Writer::start(appender, Arc::clone(&clock) as Arc<dyn Clock>, Sessions::default());
        let engine = Arc::new(change(Engine::new(store, 2, Duration::from_mins(1), 100_000)));
        let schema = muster::graphql::schema();
        Self { clock, engine, writer, writing, schema, folder }
    }

    /// Closes the store and gives its folder.
    pub(crate) fn close(self) -> TempDir {
        let Self { engine, writer, writing, schema, folder, .. } = self;
        drop((engine, writer, schema));
        writing.join().expect("the writer ends well");
        folder
    }

    /// A caller with every right in a project.
    pub(crate) fn caller(&self, project: ProjectKey) -> Arc<Caller> {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let (engine, limits) = (Arc::clone(&self.engine), Arc::new(Limits::default()));
        Arc::new(Caller::new(project, Right::Admin, engine, self.writer.clone(), clock, limits))
    }

    /// Writes in order, as one request.
    pub(crate) async fn write(&self, project: ProjectKey, writes: Vec<Write>) -> Vec<Written> {
        self.caller(project).write(writes).await.expect("the store takes it")
    }

    /// Waits until every generation that takes no more rows is sealed.
    pub(crate) async fn until_sealed(&self) {
        while self.engine.store().snapshot().generations.len() > 1 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until all that is sealed is in object storage and no more of it on the disk than the cache may have; where
    /// there is no object storage, for nothing.
    pub(crate) async fn until_put_out(&self, cache_bytes: u64) {
        let store = self.engine.store();
        while store.objects_state().is_some_and(|now| now.waiting > 0 || now.cached_bytes > cache_bytes) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// An answer: its data, or its errors' messages.
    pub(crate) async fn ask(
        &self,
        project: ProjectKey,
        document: &str,
        variables: serde_json::Value,
    ) -> Result<serde_json::Value, String> {
        self.send(project, Request::new(document).variables(Variables::from_json(variables))).await
    }

    /// An answer: its data, or its errors' messages; from no source cheaper than this one.
    pub(crate) async fn ask_from(
        &self,
        cheapest: Source,
        project: ProjectKey,
        document: &str,
        variables: serde_json::Value,
    ) -> Result<serde_json::Value, String> {
        let request = Request::new(document).variables(Variables::from_json(variables));
        let caller = Arc::try_unwrap(self.caller(project)).expect("nobody else has it yet");
        self.run(Arc::new(caller.answered_from(cheapest)), request).await
    }

    /// An answer, and what its statements cost.
    pub(crate) async fn explain(
        &self,
        project: ProjectKey,
        document: &str,
        variables: serde_json::Value,
    ) -> (serde_json::Value, Vec<Explained>) {
        let request = Request::new(document).variables(Variables::from_json(variables));
        let caller = self.caller(project);
        let explanation = caller.explain();
        let answer = self.run(caller, request).await.expect("an answer");
        (answer, explanation.statements())
    }

    /// An answer to one operation of a document.
    pub(crate) async fn send(
        &self,
        project: ProjectKey,
        request: Request,
    ) -> Result<serde_json::Value, String> {
        self.run(self.caller(project), request).await
    }

    async fn run(&self, caller: Arc<Caller>, request: Request) -> Result<serde_json::Value, String> {
        let request = muster::graphql::context::with_caller(request, caller);
        let response = muster::graphql::run::run(&self.schema, request).await;
        if !response.errors.is_empty() {
            return Err(response
                .errors
                .iter()
                .map(|error| error.message.as_str())
                .collect::<Vec<_>>()
                .join("; "));
        }
        Ok(response.data.into_json().expect("answers are JSON"))
    }
}
