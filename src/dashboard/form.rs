//! Forms: what a browser sent, once it is sure that one of our pages made it.

use super::security::is_from_here;
use super::session::Session;
use super::visitor::{Visitor, failed};
use crate::app::App;
use crate::domain::Invalid;
use crate::error::{Failure, Kind};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use std::sync::Arc;

/// The field that holds the session's token.
pub const TOKEN: &str = "form-token";

/// The fields of a form, in order.
#[derive(Debug, Clone, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads fields as an address or a form has them.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(text).into_owned().collect())
    }

    /// These fields.
    #[must_use]
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// The first field of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The first field of this name, without blanks around it; `None` where that leaves nothing.
    #[must_use]
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The first field of this name, without blanks around it. The complaint names it.
    pub fn needed(&self, name: &str) -> Result<&str, Invalid> {
        self.filled(name).ok_or_else(|| Invalid::new(name, "is empty; fill it in"))
    }

    /// Every field of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Every field, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// A form that somebody who is signed in has sent from one of our pages.
#[derive(Debug)]
pub struct Posted {
    /// Who sent it.
    pub visitor: Visitor,
    /// What it holds.
    pub fields: Fields,
    /// The request's headers.
    pub headers: HeaderMap,
}

impl FromRequest<Arc<App>> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, app).await?;
        let headers = parts.headers.clone();
        let fields = read(Request::from_parts(parts, body), &visitor.session).await;
        match fields {
            Ok(fields) => Ok(Self { visitor, fields, headers }),
            Err(failure) => Err(failed(&visitor, &failure)),
        }
    }
}

/// Reads a form whose token must be the session's.
pub(super) async fn read(request: Request, session: &Session) -> Result<Fields, Failure> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_form = kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let is_ours = is_from_here(request.headers());
    if !is_form {
        return Err(Failure::new(Kind::BadInput, "send the form as application/x-www-form-urlencoded"));
    }
    let body = Bytes::from_request(request, &()).await.map_err(|error| too_much(&error.into_response()))?;
    let fields = Fields::parse(&body);
    if !is_ours || !fields.get(TOKEN).is_some_and(|token| session.has_token(token)) {
        let message =
            "this form is not of your present session; go back, load the page again and send it anew";
        return Err(Failure::new(Kind::Forbidden, message));
    }
    Ok(fields)
}

fn too_much(response: &Response) -> Failure {
    let is_large = response.status() == StatusCode::PAYLOAD_TOO_LARGE;
    let message = if is_large { "the form is too large; send less" } else { "the form did not arrive whole" };
    Failure::new(Kind::BadInput, message)
}

/// The hidden field that every form needs.
#[must_use]
pub fn token(session: &Session) -> Markup {
    html! { input type="hidden" name=(TOKEN) value=(session.token()); }
}

/// A labelled line of text.
#[must_use]
pub fn line(name: &str, label: &str, value: &str, hint: &str) -> Markup {
    labelled(name, label, value, hint, false)
}

/// The same that may not be left empty.
#[must_use]
pub fn needed_line(name: &str, label: &str, value: &str, hint: &str) -> Markup {
    labelled(name, label, value, hint, true)
}

fn labelled(name: &str, label: &str, value: &str, hint: &str, is_needed: bool) -> Markup {
    html! {
        label.field {
            span { (label) @if is_needed { " " abbr title="needed" { "*" } } }
            input type="text" name=(name) value=(value) required[is_needed] autocomplete="off" spellcheck="false";
            @if !hint.is_empty() { small { (hint) } }
        }
    }
}
