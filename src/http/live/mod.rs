//! Subscriptions: what is asked once and answered again and again, over a WebSocket (`socket.rs`) or as server-sent
//! events (`events.rs`). Both carry queries and mutations as well, each with its one answer.
//!
//! A subscription is asked anew when something of its project was stored, and when the clock alone changes its answer,
//! at most once a minute. It tells the answer when it is another one than before: `subscription.rs`.
//!
//! What it costs is bounded. After each answer it rests, four times as long as the answer took and half a second at
//! least (`--live-pause-ms`), so that it is busy a fifth of the time at most. All subscriptions together run half as
//! many questions at once as the server does, and the same question of several clients is asked once. A client has no
//! more than `limits.subscriptions`. The next answer is asked for when the one before has left for the client: behind
//! a reader that is slow, nothing is asked and nothing piles up, and one that takes nothing for half a minute is cut off.
//!
//! It ends when the client completes it or goes away, when the client is removed or another secret or right is given to
//! it, and when the server stops.

pub(super) mod events;
pub(super) mod socket;
mod subscription;

use super::asked::Asked;
use super::document::{self, Missing};
use super::graphql::{errors, operation};
use super::trace::note_operation;
use crate::app::App;
use crate::domain::Invalid;
use crate::error::{Failure, Kind};
use crate::graphql::live::subject;
use crate::graphql::unparsed;
use crate::store::clients::Client;
use async_graphql::parser::parse_query;
use async_graphql::{Request, Response, Variables};
use serde_json::{Value, json};
use std::sync::Arc;
use subscription::Subscription;

/// What comes next for whoever listens.
#[derive(Debug)]
pub(super) enum Next {
    /// An answer.
    Answer(Arc<Response>),
    /// Nothing: the operation is refused, for these errors.
    Refused(Value),
    /// Nothing more: all is told.
    Complete,
    /// Nothing more: the client may not come in any longer.
    Revoked,
    /// Nothing more: the server stops.
    Stopping,
}

/// An operation that was asked for.
pub(super) enum Operation {
    /// One with a single answer, which is still to be given.
    Once(Box<Once>),
    /// One that was answered.
    Done,
    /// One that is refused, for these errors.
    Refused(Value),
    /// One that is answered again and again.
    Subscribed(Box<Subscription>),
}

/// A query or a mutation.
pub(super) struct Once {
    app: Arc<App>,
    client: Client,
    request: Request,
    is_query: bool,
}

impl Operation {
    /// What a client asks for. `may_change`: whether that may be a mutation.
    pub(super) async fn begin(app: &Arc<App>, client: &Client, asked: Asked, may_change: bool) -> Self {
        Self::find(app, client, asked, may_change)
            .await
            .unwrap_or_else(|failure| Self::Refused(told(&failure)))
    }

    async fn find(app: &Arc<App>, client: &Client, asked: Asked, may_change: bool) -> Result<Self, Failure> {
        let found = document::find(app, &app.caller(client.project, client.right), asked.document).await;
        let text = found.map_err(|missing| match missing {
            Missing::Refused(failure) => failure,
            Missing::Unknown => Failure::new(Kind::NotFound, "this document is not known; send it as query"),
        })?;
        let text = text.text;
        unparsed::check(&text, app.limits())?;
        let chosen = asked.operation_name;
        let document = parse_query(&text).map_err(|error| Invalid::new("query", error.to_string()))?;
        let (name, kind) = operation(&document.operations, chosen.as_deref());
        note_operation(name.as_deref(), kind);
        let variables = Variables::from_json(Value::Object(asked.variables));
        let mut request = Request::new(text.as_str()).variables(variables.clone());
        if let Some(name) = &chosen {
            request = request.operation_name(name.as_str());
        }
        if !app.may_introspect(client) {
            request = request.disable_introspection();
        }
        match kind {
            "subscription" => {
                let subject = subject(&document, chosen.as_deref())?;
                let place = app.live().take_place(&client.id).ok_or_else(|| {
                    let most = app.limits().subscriptions;
                    let message =
                        format!("this client has {most} subscriptions, as many as it may; end one first");
                    Failure::new(Kind::Limited, message)
                })?;
                let asked = subscription::Asked { text, variables, operation_name: chosen, subject };
                Ok(Self::Subscribed(Box::new(Subscription::new(app, client, asked, place))))
            }
            "mutation" if !may_change => {
                Err(Failure::new(Kind::BadInput, "a mutation is sent by POST, never by GET"))
            }
            kind => {
                let (app, client) = (Arc::clone(app), client.clone());
                Ok(Self::Once(Box::new(Once { app, client, request, is_query: kind == "query" })))
            }
        }
    }

    /// Waits for what comes next.
    pub(super) async fn next(&mut self) -> Next {
        match self {
            Self::Subscribed(subscription) => {
                let next = subscription.next().await;
                if !matches!(next, Next::Answer(_)) {
                    *self = Self::Done;
                }
                next
            }
            Self::Done => Next::Complete,
            Self::Once(_) | Self::Refused(_) => match std::mem::replace(self, Self::Done) {
                Self::Once(once) => once.answer().await,
                Self::Refused(errors) => Next::Refused(errors),
                Self::Done | Self::Subscribed(_) => Next::Complete,
            },
        }
    }
}

impl Once {
    async fn answer(self) -> Next {
        let Self { app, client, request, is_query } = self;
        let caller = app.caller(client.project, client.right);
        let response = if is_query {
            app.answer(request, caller, None).await.response
        } else {
            Arc::new(app.run(request, caller).await)
        };
        answer_or_refusal(response)
    }
}

/// An answer, or the refusal that one without data is.
fn answer_or_refusal(response: Arc<Response>) -> Next {
    if response.data == async_graphql::Value::Null && !response.errors.is_empty() {
        return Next::Refused(json!(response.errors));
    }
    Next::Answer(response)
}

/// A failure as the errors of an answer.
fn told(failure: &Failure) -> Value {
    let mut extensions = json!({ "code": failure.kind.table().1 });
    if let Some(argument) = &failure.argument {
        extensions["argument"] = argument.as_str().into();
    }
    errors(&failure.message, &extensions)["errors"].take()
}
