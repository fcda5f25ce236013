//! Who looks at a page, and the one way from a page to the schema.

use super::panel::Answer;
use super::session::Session;
use super::{layout, show};
use crate::app::App;
use crate::caller::Caller;
use crate::directory::{Client, Noted, Refused};
use crate::domain::identity::Right;
use crate::error::{Failure, Kind};
use crate::saved::{Saved, SavedQuery, data};
use async_graphql::{Request, Variables};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, TimeDelta, Utc};
use maud::html;
use serde_json::{Map, Value};
use std::sync::Arc;
use tracing::{Instrument, Span};

/// Somebody who is signed in, for one request.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The server.
    pub app: Arc<App>,
    /// The client they signed in with.
    pub client: Client,
    /// Their session.
    pub session: Session,
    /// The name of their project.
    pub project: String,
    caller: Arc<Caller>,
}

impl Visitor {
    /// The visitor of a session; nobody where its client is gone or may not read.
    #[must_use]
    pub fn of(app: &Arc<App>, session: Session) -> Option<Self> {
        let client = session.client.clone().filter(|client| client.right.may_read())?;
        let project = app.projects().into_iter().find(|project| project.key == client.project)?.name;
        Span::current().record("project.id", client.project.0);
        let caller = app.caller(client.project, client.right);
        Some(Self { app: Arc::clone(app), client, session, project, caller })
    }

    /// Whether they may change anything here.
    #[must_use]
    pub fn may_edit(&self) -> bool {
        self.client.right == Right::Admin && !self.is_on_replica()
    }

    /// Whether this server writes nothing.
    #[must_use]
    pub fn is_on_replica(&self) -> bool {
        self.app.replica().is_some()
    }

    /// Why they may not change anything here.
    #[must_use]
    pub fn why_not(&self) -> Failure {
        if self.is_on_replica() {
            let message = "this server is a read replica and writes nothing; change it at the primary";
            return Failure::new(Kind::ReadOnly, message);
        }
        let message = "this client may look and not change; sign in with one that has the right ADMIN";
        Failure::new(Kind::Forbidden, message)
    }

    /// The present, the same throughout the request.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.caller.now()
    }

    /// Asks a saved query, with variables as text; those that are `None` keep their defaults.
    ///
    /// This is how every number gets on a page: the same query at the same address gives it to anybody.
    pub async fn ask(&self, name: &'static str, given: &[(&str, Option<String>)]) -> Answer {
        let given: Vec<(String, String)> =
            given.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?))).collect();
        // A page asks many at once: they are kept beside it and not within.
        let data = Box::pin(self.run_saved(name, &given)).await;
        Answer { name, given, data }
    }

    async fn run_saved(&self, name: &str, given: &[(String, String)]) -> Result<Value, Failure> {
        let saved = self.saved().await;
        self.run_query(saved.find(name)?, given).await.map(|(_, data)| data)
    }

    /// The saved queries that they may run: those of the server and the project's own.
    pub async fn saved(&self) -> Arc<Saved> {
        self.app.saved_for(&self.caller).await
    }

    /// Runs a saved query, or one that may become one; gives its variables as they were understood, and its data.
    pub async fn run_query(
        &self,
        query: &SavedQuery,
        given: &[(String, String)],
    ) -> Result<(Map<String, Value>, Value), Failure> {
        let request = self.saved().await.request(query, given)?;
        let variables = serde_json::to_value(&request.variables).map_err(Failure::internal)?;
        let variables = variables.as_object().cloned().unwrap_or_default();
        let data = self.run(request, &query.name, None).await?;
        Ok((variables, data))
    }

    /// Runs a query of the schema with variables.
    pub async fn run_document(&self, document: &str, variables: Value) -> Result<Value, Failure> {
        Box::pin(self.run(self.request(document, variables), "document", None)).await
    }

    /// The same where an answer that is `age` old will do, whatever was stored since.
    pub async fn run_of_late(
        &self,
        document: &str,
        variables: Value,
        age: TimeDelta,
    ) -> Result<Value, Failure> {
        Box::pin(self.run(self.request(document, variables), "document", Some(age))).await
    }

    fn request(&self, document: &str, variables: Value) -> Request {
        let request = Request::new(document).variables(Variables::from_json(variables));
        if self.app.may_introspect(&self.client) { request } else { request.disable_introspection() }
    }

    /// Runs a mutation. Needs the right ADMIN.
    pub async fn change(&self, mutation: &str, variables: Value) -> Result<Value, Failure> {
        if !self.may_edit() {
            return Err(self.why_not());
        }
        let request = self.request(mutation, variables);
        data(&Box::pin(self.app.run(request, Arc::clone(&self.caller))).await)
    }

    /// Asks, with a caller of its own for each question: how long an answer holds is nothing that the other questions
    /// of the page may say. Answers that are kept will do, as they do for the API.
    async fn run(
        &self,
        request: Request,
        name: &str,
        max_stale: Option<TimeDelta>,
    ) -> Result<Value, Failure> {
        let span = tracing::info_span!("panel", query.name = name, project.id = self.client.project.0);
        let caller = self.app.caller(self.client.project, self.client.right);
        let answer = Box::pin(self.app.answer(request, caller, max_stale)).instrument(span).await;
        data(&answer.response)
    }
}

impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let visitor = Session::of(app, &parts.headers).and_then(|session| Self::of(app, session));
        let visitor = visitor.ok_or_else(|| {
            let page = parts.uri.path_and_query().map_or("", |page| page.as_str());
            let address = match parts.method {
                Method::GET | Method::HEAD => format!("/dashboard/sign-in?next={}", show::encoded(page)),
                _ => "/dashboard/sign-in?said=over".to_owned(),
            };
            Redirect::to(&address).into_response()
        })?;
        // A page is a request of the client as any other.
        let entered = app.directory().enter_again(&visitor.client);
        if let Some(noted) = parts.extensions.get::<Arc<Noted>>() {
            noted.note(entered);
        }
        match entered {
            Ok(_) => Ok(visitor),
            Err(refused) => Err(turned_away(&visitor, refused)),
        }
    }
}

/// A page for a visitor whose client may not ask now.
fn turned_away(visitor: &Visitor, refused: Refused) -> Response {
    match refused {
        Refused::TooOften(_) => failed(visitor, &Failure::new(Kind::RateLimited, refused.to_string())),
        _ => Redirect::to("/dashboard/sign-in?said=over").into_response(),
    }
}

/// A page that says what went wrong, with its status.
#[must_use]
pub fn failed(visitor: &Visitor, failure: &Failure) -> Response {
    let status = StatusCode::from_u16(failure.kind.table().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = html! {
        h1 { "This did not work" }
        p.problem role="alert" { (show::sentence(&failure.message)) }
        p { a href=(super::HOME) { "To the groups" } }
    };
    (status, layout::page(visitor, "This did not work", &body)).into_response()
}
