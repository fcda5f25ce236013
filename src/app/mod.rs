//! The server without its transport: what is opened at start, in which order, and what is closed at the end.
//!
//! Start: data folder, projects and clients, live sessions, engine, writer, schema. Stop: no more requests, then
//! the writer finishes its queue, then the data folder is let go. What was acknowledged needs no stop to be safe.

mod documents;
mod engine;
pub mod live;
pub mod metrics;
mod objects;
mod replica;
pub mod sign_ins;

use crate::caller::Caller;
use crate::config::Config;
use crate::directory::{Directory, random_hex};
use crate::domain::identity::{ProjectKey, Right};
use crate::domain::limits::Limits;
use crate::domain::time::Clock;
use crate::engine::Engine;
use crate::error::Failure;
use crate::graphql::answers::{Answer, Answers};
use crate::graphql::context::with_caller;
use crate::graphql::run::{Way, run_as};
use crate::graphql::{self, Schema};
use crate::ingest::sessions::Sessions;
use crate::ingest::writer::Writer;
use crate::saved::library::Library;
use crate::saved::watched::Watched;
use crate::saved::{Saved, SavedQuery};
use crate::store::catalog::Project;
use crate::store::clients::Client;
use crate::store::damage::Damaged;
use crate::store::{self, Store};
use async_graphql::{Request, Response};
use chrono::{Duration, NaiveDate};
use documents::Documents;
use live::Live;
use metrics::Metrics;
use replica::Following;
use sign_ins::SignIns;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// How far back the start looks for live sessions: more than the inactivity that ends one.
const RECALLED_MINUTES: i64 = 45;

/// Why a server could not start or stop.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data folder could not be opened.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The address does not serve.
    #[error("the address does not serve")]
    Listen(#[from] std::io::Error),
    /// The distributed engine cannot be reached like this.
    #[error("the address or the certificates of the distributed engine are wrong: {0}")]
    Engine(#[source] tonic::transport::Error),
    /// A file that a flag names cannot be read.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A worker of the runtime died.
    #[error("a worker died")]
    Lost(#[from] tokio::task::JoinError),
}

/// The salts of device ids: today's and, where there is one, yesterday's.
#[derive(Clone)]
pub struct Salts {
    day: NaiveDate,
    /// Today's.
    pub today: String,
    /// Yesterday's.
    pub yesterday: Option<String>,
}

impl std::fmt::Debug for Salts {
    /// Leaves out the salts: with one and an address a device id can be found.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Salts").field("day", &self.day).finish_non_exhaustive()
    }
}

/// Everything a request needs.
pub struct App {
    config: Config,
    limits: Arc<Limits>,
    clock: Arc<dyn Clock>,
    store: Arc<Store>,
    engine: Arc<Engine>,
    writer: Writer,
    /// The thread that writes; on a replica, the one that follows.
    writing: Mutex<Option<JoinHandle<()>>>,
    _following: Option<Following>,
    schema: Schema,
    library: Arc<Library>,
    answers: Answers,
    live: Live,
    metrics: Metrics,
    documents: Documents,
    directory: Arc<Directory>,
    salts: Mutex<Option<Salts>>,
    sign_ins: SignIns,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("config", &self.config).finish_non_exhaustive()
    }
}

impl App {
    /// Opens the data folder and starts everything. Needs a tokio runtime.
    pub async fn open(config: Config, clock: Arc<dyn Clock>) -> Result<Arc<Self>, Error> {
        let (folder, options) = (config.data_dir.clone(), config.store_options());
        let recalled_from = clock.now() - Duration::minutes(RECALLED_MINUTES);
        let limits = Arc::new(config.limits());
        let (held, known) = (Arc::clone(&clock), Arc::clone(&limits));
        let is_replica = config.replica.replica;
        let opened = move || {
            let (store, appender) = if is_replica {
                (Store::open_replica(&folder, &options)?, None)
            } else {
                let (store, appender) = Store::open(&folder, options)?;
                (store, Some(appender))
            };
            let sessions = match &appender {
                Some(_) => Sessions::recalled(store.recent_sessions(recalled_from)?),
                None => Sessions::default(),
            };
            let directory = Directory::load(Arc::clone(&store), held, known)?;
            Ok::<_, store::Error>((store, appender, Arc::new(directory), sessions, SignIns::open(&folder)?))
        };
        let (store, appender, directory, sessions, sign_ins) = tokio::task::spawn_blocking(opened).await??;
        let engine = Arc::new(engine::engine(&config, &store, limits.rows)?);
        let queued_bytes = config.queued_bytes.max(1);
        let (writer, writing, following) = if let Some(appender) = appender {
            let (writer, writing) =
                Writer::start_within(queued_bytes, appender, Arc::clone(&clock), sessions);
            (writer, writing, None)
        } else {
            let interval = config.replica.interval();
            let (following, thread) = Following::start(&store, &directory, &clock, interval);
            (Writer::refusing(), thread, Some(following))
        };
        let schema = graphql::schema_within(&limits);
        // Half of what runs at once, so that subscriptions never keep a question waiting for long.
        let (turns, most) = (config.parallel_queries.max(1).div_ceil(2), limits.subscriptions);
        let answers = Answers::within(config.answer_cache_bytes);
        let folder = config.queries_dir.clone();
        let saved = Watched::open(folder, schema.clone(), Arc::clone(&clock)).await;
        let library = Arc::new(Library::new(saved));
        Ok(Arc::new(Self {
            config,
            limits,
            clock,
            store,
            engine,
            writer,
            writing: Mutex::new(Some(writing)),
            _following: following,
            schema,
            library,
            answers,
            live: Live::new(turns, most),
            metrics: Metrics::default(),
            documents: Documents::new(),
            directory,
            salts: Mutex::new(None),
            sign_ins,
        }))
    }

    /// Lets the writer finish and lets go of the data folder.
    ///
    /// Nothing else may hold the app any more; where something does, this gives up after
    /// [`Config::stop_timeout`] and the folder is let go with the process.
    pub async fn stop(self: Arc<Self>) -> Result<(), Error> {
        let writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner).take();
        let timeout = self.config.stop_timeout();
        let directory = Arc::clone(&self.directory);
        drop(self);
        tokio::task::spawn_blocking(move || directory.write_uses()).await?;
        let Some(writing) = writing else { return Ok(()) };
        let joined = tokio::task::spawn_blocking(move || writing.join().is_ok());
        if let Ok(is_well) = tokio::time::timeout(timeout, joined).await {
            if !is_well? {
                tracing::error!("the writer died");
            }
        } else {
            tracing::warn!("requests still run; the data folder is let go with the process");
        }
        Ok(())
    }

    /// A caller with a right in a project, for one request.
    #[must_use]
    pub fn caller(&self, project: ProjectKey, right: Right) -> Arc<Caller> {
        Arc::new(Caller::new(
            project,
            right,
            Arc::clone(&self.engine),
            self.writer.clone(),
            Arc::clone(&self.clock),
            Arc::clone(&self.limits),
        ))
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The limits that hold.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// The GraphQL schema.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Runs a GraphQL request for a caller, with all that its resolvers need.
    pub async fn run(&self, request: Request, caller: Arc<Caller>) -> Response {
        let request = self.equipped(with_caller(request, caller));
        // Behind a pointer, so that whoever waits for it stays small.
        Box::pin(graphql::run::run(&self.schema, request)).await
    }

    /// A request with what resolvers need beside the caller.
    fn equipped(&self, request: Request) -> Request {
        request.data(Arc::clone(&self.library)).data(Arc::clone(&self.directory))
    }

    /// Answers a request for a query, from what is kept where it will do: see [`crate::graphql::answers`].
    pub async fn answer(&self, request: Request, caller: Arc<Caller>, max_stale: Option<Duration>) -> Answer {
        let request = self.equipped(request);
        self.answers.answer((Way::Once, &self.schema), request, caller, max_stale).await
    }

    /// Answers a subscription's request for now, in its turn, from what is kept where it will do.
    pub async fn answer_subscribed(&self, request: Request, caller: Arc<Caller>) -> Answer {
        let _turn = self.live.turn().await;
        let request = self.equipped(request);
        self.answers.answer((Way::Subscribed, &self.schema), request, caller, None).await
    }

    /// The same for a request that no other one is like: never from what is kept.
    pub async fn run_subscribed(&self, request: Request) -> Response {
        let _turn = self.live.turn().await;
        run_as(Way::Subscribed, &self.schema, self.equipped(request)).await
    }

    /// What subscriptions share.
    #[must_use]
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// The answers that are kept.
    #[must_use]
    pub fn answers(&self) -> &Answers {
        &self.answers
    }

    /// The saved queries that come with the server, as they are now.
    pub async fn saved(&self) -> Arc<Saved> {
        self.library.shared().await
    }

    /// The saved queries that a caller may run, the project's own among them, as they are now.
    pub async fn saved_for(&self, caller: &Caller) -> Arc<Saved> {
        self.library.of(caller).await
    }

    /// Checks a query that nobody has saved.
    pub async fn draft_query(&self, text: &str) -> Result<SavedQuery, Failure> {
        self.library.draft(text).await
    }

    /// The document with this SHA-256 that a client of the project has sent before, if it is still known.
    #[must_use]
    pub fn known_document(&self, project: ProjectKey, sha256: &str) -> Option<Arc<str>> {
        self.documents.find(project, sha256)
    }

    /// Keeps a document in mind for the clients of a project.
    pub fn remember_document(&self, project: ProjectKey, sha256: &str, text: &str) {
        self.documents.remember(project, sha256, text);
    }

    /// Whether a client may read the schema, so that errors may name parts of it.
    #[must_use]
    pub fn may_introspect(&self, client: &Client) -> bool {
        let right = client.right;
        let by_right = right == Right::Admin || right.may_read() && !self.config.hide_schema;
        client.introspection.unwrap_or(by_right)
    }

    /// Has all that is stored until now sealed in a while: see [`Writer::seal`].
    pub fn seal(&self) {
        self.writer.seal();
    }

    /// Whether writes are taken. Once a sync of the log has failed they are not, until a restart.
    #[must_use]
    pub fn takes_writes(&self) -> bool {
        !self.writer.is_broken()
    }

    /// Whether the last try to seal what was written failed. It is tried again; once much waits, writes are refused.
    #[must_use]
    pub fn is_seal_failing(&self) -> bool {
        self.writer.is_seal_failing()
    }

    /// Files of the data folder that are put aside or missing, so that their events are not served.
    #[must_use]
    pub fn damaged(&self) -> Vec<Damaged> {
        self.store.damaged()
    }

    /// What signing in to the dashboard needs.
    #[must_use]
    pub fn sign_ins(&self) -> &SignIns {
        &self.sign_ins
    }

    /// The projects and their clients: who may come in.
    #[must_use]
    pub fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// Every project, by name.
    #[must_use]
    pub fn projects(&self) -> Vec<Project> {
        self.directory.projects()
    }

    /// The project of this name.
    #[must_use]
    pub fn project(&self, name: &str) -> Option<Project> {
        self.directory.project(name)
    }

    /// Every client of a project. Secrets are not among what is known of them.
    #[must_use]
    pub fn clients(&self, project: ProjectKey) -> Vec<Client> {
        self.directory.clients(project)
    }

    /// The client of this id, unless it was revoked.
    #[must_use]
    pub fn client(&self, id: &str) -> Option<Client> {
        self.directory.client(id)
    }

    /// The salts of device ids that hold now. They change at midnight UTC.
    pub async fn salts(self: &Arc<Self>) -> Result<Salts, Failure> {
        let day = self.clock.now().date_naive();
        let known = self.salts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(salts) = known.filter(|salts| salts.day == day) {
            return Ok(salts);
        }
        let fresh = random_hex::<16>()?;
        let app = Arc::clone(self);
        let made = tokio::task::spawn_blocking(move || app.store.salts(day, &fresh)).await;
        let (today, yesterday) = made.map_err(Failure::internal)??;
        let salts = Salts { day, today, yesterday };
        *self.salts.lock().unwrap_or_else(PoisonError::into_inner) = Some(salts.clone());
        Ok(salts)
    }

    /// The first of these devices that has a live session now, and the session.
    pub async fn live_session(
        self: &Arc<Self>,
        project: ProjectKey,
        devices: Vec<String>,
    ) -> Result<Option<(String, String)>, Failure> {
        let now = self.clock.now();
        let writer = self.writer.clone();
        // The writer holds the sessions while it resolves a batch, so this may wait.
        let found = tokio::task::spawn_blocking(move || {
            devices.into_iter().find_map(|device| {
                let session = writer.live_session(project, &device, now)?;
                Some((device, session))
            })
        });
        found.await.map_err(Failure::internal)
    }
}
