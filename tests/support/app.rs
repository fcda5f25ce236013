//! A server with two projects in a temporary folder, and ways to ask it.
//!
//! Both projects are used with the same ids in every fixture, so that a leak between tenants shows.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use chrono::{DateTime, Duration, Utc};
use muster::app::{App, Error};
use muster::config::Config;
use muster::domain::identity::{ProjectKey, Right};
use muster::domain::time::{Clock, ManualClock, SystemClock};
use muster::engine::scope::Reads;
use muster::engine::{Question, arrow};
use muster::{http, store};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tower::ServiceExt;

/// The media type of answers whose status tells what became of the operation.
pub(crate) const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";

/// A client's id and secret.
#[derive(Debug, Clone)]
pub(crate) struct Credentials {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Credentials {
    /// The headers of an OpenPanel SDK.
    pub(crate) fn headers(&self) -> Vec<(&'static str, String)> {
        vec![("openpanel-client-id", self.id.clone()), ("openpanel-client-secret", self.secret.clone())]
    }
}

/// A project with one client for each right.
#[derive(Debug, Clone)]
pub(crate) struct TestProject {
    pub(crate) name: &'static str,
    pub(crate) key: ProjectKey,
    pub(crate) admin: Credentials,
    pub(crate) write: Credentials,
    pub(crate) read: Credentials,
}

/// What a request was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

/// A server in a temporary folder.
pub(crate) struct TestApp {
    pub(crate) app: Arc<App>,
    pub(crate) alpha: TestProject,
    pub(crate) beta: TestProject,
    /// The clock of the server, where it is moved by hand.
    clock: Option<Arc<ManualClock>>,
    router: Router,
    folder: TempDir,
}

/// A server on a socket; it goes when this is dropped.
pub(crate) struct Served {
    /// `http://127.0.0.1:PORT`
    pub(crate) url: String,
    task: JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What the clock shows at the start: a Tuesday at noon.
pub(crate) fn start_instant() -> DateTime<Utc> {
    "2026-03-10T12:00:00Z".parse().expect("an instant")
}

impl TestApp {
    /// A server whose clock stands at [`start_instant`] until it is moved.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    /// The same, with another configuration.
    pub(crate) async fn start_with(configure: impl FnOnce(&mut Config)) -> Self {
        Self::build(Some(Arc::new(ManualClock::starting_at(start_instant()))), configure).await
    }

    /// A server with the machine's clock.
    pub(crate) async fn start_with_system_clock() -> Self {
        Self::build(None, |_| ()).await
    }

    async fn build(clock: Option<Arc<ManualClock>>, configure: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut config = Config::for_testing(folder.path());
        configure(&mut config);
        let app = open(config, clock.as_ref()).await;
        let (alpha, beta) = (add_project(&app, "alpha").await, add_project(&app, "beta").await);
        let router = http::router(Arc::clone(&app));
        Self { app, alpha, beta, clock, router, folder }
    }

    /// Moves the clock.
    pub(crate) fn advance(&self, by: Duration) {
        self.clock.as_ref().expect("a clock that is moved by hand").advance(by);
    }

    /// Stops the server and starts one on the same folder, with the same clock.
    pub(crate) async fn restart(self) -> Self {
        self.restart_after(|_| ()).await
    }

    /// The same; meanwhile something happens to the folder.
    pub(crate) async fn restart_after(self, change: impl FnOnce(&Path)) -> Self {
        self.restart_with(|config| change(&config.data_dir)).await
    }

    /// The same, with another configuration.
    pub(crate) async fn restart_with(self, configure: impl FnOnce(&mut Config)) -> Self {
        let Self { app, alpha, beta, clock, router, folder } = self;
        let mut config = app.config().clone();
        drop(router);
        app.stop().await.expect("a clean stop");
        configure(&mut config);
        let app = open(config, clock.as_ref()).await;
        let router = http::router(Arc::clone(&app));
        Self { app, alpha, beta, clock, router, folder }
    }

    /// A read replica that follows what this server publishes, with the same clock.
    pub(crate) async fn replica(&self) -> Self {
        self.replica_with(|_| ()).await
    }

    /// The same, with another configuration. It looks by itself when it starts, and then when it is told to.
    pub(crate) async fn replica_with(&self, configure: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut config = Config::for_testing(folder.path());
        config.objects.clone_from(&self.app.config().objects);
        (config.replica.replica, config.replica.replica_seconds) = (true, 1_000_000);
        configure(&mut config);
        let app = open(config, self.clock.as_ref()).await;
        let router = http::router(Arc::clone(&app));
        let (alpha, beta, clock) = (self.alpha.clone(), self.beta.clone(), self.clock.clone());
        Self { app, alpha, beta, clock, router, folder }
    }

    /// Sends a request through the router, without a socket.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("the router always answers");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a whole answer");
        let text = String::from_utf8(bytes.to_vec()).expect("an answer in UTF-8");
        Answer { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    /// Gets an address.
    pub(crate) async fn get(&self, path: &str, headers: &[(&str, String)]) -> Answer {
        self.send(with_headers(Request::get(path), headers).body(Body::empty()).expect("a request")).await
    }

    /// Posts JSON to an address.
    pub(crate) async fn post(&self, path: &str, headers: &[(&str, String)], body: &Value) -> Answer {
        let request = with_headers(Request::post(path), headers).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    /// Posts bytes that say they are JSON to an address.
    pub(crate) async fn post_bytes(&self, path: &str, headers: &[(&str, String)], body: Vec<u8>) -> Answer {
        let request = with_headers(Request::post(path), headers).header("content-type", "application/json");
        self.send(request.body(Body::from(body)).expect("a request")).await
    }

    /// Sends an operation, or an array of them, to `/track` of project alpha.
    pub(crate) async fn track(&self, body: &Value) -> Answer {
        self.track_as(&self.alpha.write, body).await
    }

    /// Sends an operation, or an array of them, to `/track`.
    pub(crate) async fn track_as(&self, client: &Credentials, body: &Value) -> Answer {
        self.post("/track", &client.headers(), body).await
    }

    /// Executes a GraphQL document in project alpha; gives the whole response.
    pub(crate) async fn gql(&self, document: &str, variables: Value) -> Value {
        self.gql_as(&self.alpha.admin, document, variables).await.json()
    }

    /// Executes a GraphQL document; the status tells what became of it.
    pub(crate) async fn gql_as(&self, client: &Credentials, document: &str, variables: Value) -> Answer {
        let body = json!({ "query": document, "variables": variables });
        let mut headers = client.headers();
        headers.push(("accept", GRAPHQL_RESPONSE.to_owned()));
        self.post("/graphql", &headers, &body).await
    }

    /// Answers a question about everything a project ever did: `sql` has one column `line` of JSON texts.
    pub(crate) async fn lines(&self, project: &TestProject, sql: &'static str) -> Vec<Value> {
        let caller = self.app.caller(project.key, Right::Read);
        let scope = caller.scope_ever().expect("a scope");
        let batches = caller
            .run_unlimited(&scope, Question::new("test", sql).reading(Reads::Events))
            .await
            .expect("an answer");
        let mut lines = Vec::new();
        for batch in &batches {
            let texts = arrow::texts(batch, "line").expect("a column of texts");
            lines.extend(
                (0..batch.num_rows())
                    .map(|row| serde_json::from_str::<Value>(texts.value(row)).expect("JSON")),
            );
        }
        lines
    }

    /// Every event of a project, in order of arrival.
    pub(crate) async fn events(&self, project: &TestProject) -> Vec<Value> {
        let sql = "with e as (select * from scoped_events)
            select json_object('id', id, 'name', name, 'profileId', profile_id, 'deviceId', device_id,
                'sessionId', session_id, 'groups', groups, 'path', path, 'properties', properties::json,
                'revenue', revenue, 'occurredAt', strftime(occurred_at, '%Y-%m-%dT%H:%M:%S.%gZ'))::varchar as line
            from e order by seq";
        self.lines(project, sql).await
    }

    /// Every group of a project, by id.
    pub(crate) async fn groups(&self, project: &TestProject) -> Vec<Value> {
        let sql = "with g as (select * from known_groups)
            select json_object('id', group_id, 'type', group_type, 'name', name, 'properties', properties::json)::varchar as line
            from g order by group_id";
        self.lines(project, sql).await
    }

    /// Every profile of a project, by id.
    pub(crate) async fn profiles(&self, project: &TestProject) -> Vec<Value> {
        let sql = "with p as (select * from known_profiles)
            select json_object('id', profile_id, 'firstName', first_name, 'lastName', last_name, 'email', email,
                'avatar', avatar, 'properties', properties::json)::varchar as line
            from p order by profile_id";
        self.lines(project, sql).await
    }

    /// Every membership of a project as `[profile, group, is it open]`, in the order in which they began.
    pub(crate) async fn memberships(&self, project: &TestProject) -> Vec<Value> {
        let sql = "with m as (select * from known_memberships)
            select json_array(profile_id, group_id, left_at is null)::varchar as line
            from m order by membership_seq";
        self.lines(project, sql).await
    }

    /// Serves on a free port of this machine.
    pub(crate) async fn serve(&self) -> Served {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = self.router.clone();
        let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
        let task = tokio::spawn(async move { axum::serve(listener, service).await.expect("serving") });
        Served { url, task }
    }
}

async fn open(config: Config, clock: Option<&Arc<ManualClock>>) -> Arc<App> {
    let clock: Arc<dyn Clock> = match clock {
        Some(clock) => Arc::<ManualClock>::clone(clock),
        None => Arc::new(SystemClock),
    };
    let began = Instant::now();
    loop {
        match App::open(config.clone(), Arc::clone(&clock)).await {
            // A process that another test is about to start holds all locks of this one until it runs its program.
            Err(Error::Store(store::Error::Held(_))) if began.elapsed().as_secs() < 10 => {
                tokio::task::yield_now().await;
            }
            opened => return opened.expect("the folder opens"),
        }
    }
}

/// Adds a project with one client for each right.
pub(crate) async fn add_project(app: &Arc<App>, name: &'static str) -> TestProject {
    let project = app.directory().create_project(name).await.expect("a new name");
    let client = async |right: Right| {
        let made =
            app.directory().create_client(project.key, right.as_str(), right, &[]).await.expect("a client");
        Credentials { id: made.client.id, secret: made.secret }
    };
    let (admin, write, read) =
        (client(Right::Admin).await, client(Right::Write).await, client(Right::Read).await);
    TestProject { name, key: project.key, admin, write, read }
}

fn with_headers(
    request: axum::http::request::Builder,
    headers: &[(&str, String)],
) -> axum::http::request::Builder {
    headers.iter().fold(request, |request, (name, value)| request.header(*name, value))
}
