//! A store in a folder of its own, with two projects and a clock that is moved by hand.

use async_graphql::{Request, Variables};
use chrono::{DateTime, Utc};
use muster::caller::Caller;
use muster::domain::event::{Event, NewEvent, Properties, SessionRule};
use muster::domain::identity::{ProfilePatch, ProjectKey, Right};
use muster::domain::limits::Limits;
use muster::domain::time::{Clock, ManualClock, new_id};
use muster::domain::write::{Write, Written};
use muster::engine::Engine;
use muster::graphql::context::with_caller;
use muster::graphql::{Schema, schema};
use muster::ingest::sessions::Sessions;
use muster::ingest::writer::Writer;
use muster::store::{Options, Store};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// When every world begins.
pub(super) const START: &str = "2026-06-15T12:00:00Z";

pub(super) struct World {
    pub(super) clock: Arc<ManualClock>,
    pub(super) engine: Arc<Engine>,
    pub(super) projects: [ProjectKey; 2],
    writer: Writer,
    schema: Schema,
    _folder: tempfile::TempDir,
}

pub(super) fn utc(text: &str) -> DateTime<Utc> {
    text.parse().expect("a test instant")
}

impl World {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(ManualClock::starting_at(utc(START)));
        let (store, appender) = Store::open(folder.path(), Options::default()).expect("a store");
        let add =
            |name: &str| store.add_project(name, clock.now()).expect("a catalog").expect("a new name").key;
        let projects = [add("one"), add("two")];
        let engine = Arc::new(Engine::new(Arc::clone(&store), 4, Duration::from_secs(30), 100_000));
        let as_clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let (writer, _) = Writer::start(appender, as_clock, Sessions::default());
        Self { clock, engine, projects, writer, schema: schema(), _folder: folder }
    }

    pub(super) fn caller(&self, project: usize, right: Right) -> Arc<Caller> {
        let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&self.clock);
        let limits = Arc::new(Limits::default());
        Arc::new(Caller::new(
            self.projects[project],
            right,
            Arc::clone(&self.engine),
            self.writer.clone(),
            clock,
            limits,
        ))
    }

    /// The whole answer of a document.
    pub(super) async fn answer(
        &self,
        project: usize,
        right: Right,
        document: &str,
        variables: Value,
    ) -> Value {
        let request = Request::new(document).variables(Variables::from_json(variables));
        let response =
            muster::graphql::run::run(&self.schema, with_caller(request, self.caller(project, right))).await;
        serde_json::to_value(response).expect("JSON")
    }

    /// The data of a document that must succeed in the first project.
    pub(super) async fn ask(&self, document: &str) -> Value {
        self.ask_in(0, document).await
    }

    pub(super) async fn ask_in(&self, project: usize, document: &str) -> Value {
        let mut answer = self.answer(project, Right::Admin, document, json!({})).await;
        assert!(answer.get("errors").is_none(), "{document}\n{answer:#}");
        answer["data"].take()
    }

    /// The first error of a document that must fail: its code and its argument.
    pub(super) async fn error(&self, document: &str) -> (String, String) {
        let answer = self.answer(0, Right::Admin, document, json!({})).await;
        let extensions = &answer["errors"][0]["extensions"];
        let text = |key: &str| extensions[key].as_str().unwrap_or_default().to_owned();
        assert!(answer["errors"][0]["message"].is_string(), "{document}\n{answer:#}");
        (text("code"), text("argument"))
    }

    /// One of the documents of the contract, by its name.
    pub(super) async fn operation(&self, name: &str, variables: Value) -> Value {
        let document = include_str!("operations.graphql");
        let request = Request::new(document).variables(Variables::from_json(variables)).operation_name(name);
        let response =
            muster::graphql::run::run(&self.schema, with_caller(request, self.caller(0, Right::Admin))).await;
        assert!(response.errors.is_empty(), "{name}: {:?}", response.errors);
        response.data.into_json().expect("JSON")
    }

    pub(super) async fn write(&self, project: usize, writes: Vec<Write>) -> Vec<Written> {
        self.caller(project, Right::Write).write(writes).await.expect("a write")
    }

    /// Stores events, one a line: `profile name instant group,group [path]`; `-` for nobody or no group.
    pub(super) async fn events(&self, project: usize, lines: &str) {
        let writes = lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(event).collect();
        self.write(project, writes).await;
    }

    pub(super) async fn upsert(&self, project: usize, id: &str, group_type: &str, name: &str) {
        let document = format!(
            r#"mutation {{ upsertGroup(input: {{id: "{id}", type: "{group_type}", name: "{name}"}}) {{ outcome }} }}"#
        );
        self.ask_in(project, &document).await;
    }

    pub(super) async fn join(&self, project: usize, profile: &str, groups: &[&str], joined: Option<&str>) {
        let group_ids = groups.iter().map(|id| (*id).to_owned()).collect();
        let join =
            Write::JoinGroups { profile_id: profile.to_owned(), group_ids, joined_at: joined.map(utc) };
        self.write(project, vec![join]).await;
    }

    pub(super) async fn leave(&self, project: usize, profile: &str, groups: &[&str], left: Option<&str>) {
        let group_ids = groups.iter().map(|id| (*id).to_owned()).collect();
        let leave = Write::LeaveGroups { profile_id: profile.to_owned(), group_ids, left_at: left.map(utc) };
        self.write(project, vec![leave]).await;
    }

    pub(super) async fn identify(&self, project: usize, id: &str, first: &str, last: &str) {
        let patch = ProfilePatch {
            id: id.to_owned(),
            first_name: Some(first.to_owned()),
            last_name: Some(last.to_owned()),
            email: Some(format!("{id}@example.com")),
            ..ProfilePatch::default()
        };
        self.write(project, vec![Write::Identify(patch)]).await;
    }
}

fn event(line: &str) -> Write {
    let words: Vec<&str> = line.split_whitespace().collect();
    let given = |word: &str| (word != "-").then(|| word.to_owned());
    let groups = given(words[3]).map(|ids| ids.split(',').map(str::to_owned).collect());
    let event = Event {
        id: new_id(),
        name: words[1].to_owned(),
        profile_id: given(words[0]),
        device_id: Some("device".to_owned()),
        session_id: None,
        groups: groups.unwrap_or_default(),
        path: words.get(4).map(|path| (*path).to_owned()),
        properties: Properties::new(),
        revenue: None,
        occurred_at: utc(words[2]),
        received_at: utc(START),
    };
    Write::Track(Box::new(NewEvent { event, attach_memberships: false, session: SessionRule::AsGiven }))
}
