//! Who comes in: credentials as OpenPanel SDKs, API clients and BI tools send them.
//!
//! An id and a secret come in `openpanel-client-id` and `openpanel-client-secret` (old SDKs: `mixan-…`), in
//! `Authorization: Bearer ID:SECRET`, or in `Authorization: Basic`. Ingestion also takes them from the body, and
//! lets a browser in without a secret when the request's origin is among the client's. What they are worth, is told in
//! [`crate::directory`].
//!
//! Where none of these is shown, whoever is signed in to the dashboard is let in by its cookie: to read a saved query
//! by its address, and to ask GraphQL with the session's token in the header `muster-form-token`.

use super::visit;
use crate::app::App;
use crate::dashboard::session::Session;
use crate::directory::{Entry, Refused};
use crate::store::clients::Client;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::net::IpAddr;

/// The header that shows a session's token. No page of another origin may send it.
pub(super) const FORM_TOKEN: HeaderName = HeaderName::from_static("muster-form-token");

/// What a request shows of itself.
#[derive(Default)]
pub(super) struct Shown {
    id: Option<String>,
    secret: Option<String>,
    origin: Option<String>,
    session: Option<Session>,
}

impl Shown {
    /// What the headers show. The first place that names a client counts.
    pub(super) fn in_headers(headers: &HeaderMap) -> Self {
        let get = |name: &str| {
            let value = headers.get(name)?.to_str().ok()?.trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        let origin = get("origin");
        for sdk in ["openpanel", "mixan"] {
            if let Some(id) = get(&format!("{sdk}-client-id")) {
                let secret = get(&format!("{sdk}-client-secret"));
                return Self { id: Some(id), secret, origin, session: None };
            }
        }
        let pair = headers.get(header::AUTHORIZATION).and_then(|value| authorization(value.to_str().ok()?));
        let (id, secret) = pair.map_or((None, None), |(id, secret)| (Some(id), secret));
        Self { id, secret, origin, session: None }
    }

    /// The same, with the session of the dashboard where the headers name no client.
    pub(super) fn or_session(mut self, app: &App, headers: &HeaderMap) -> Self {
        if self.id.is_none() && !headers.contains_key(header::AUTHORIZATION) {
            self.session = Session::of(app, headers);
        }
        self
    }

    /// The same, with the session of the dashboard if the headers show its token too.
    pub(super) fn or_session_with_token(self, app: &App, headers: &HeaderMap) -> Self {
        let token = headers.get(FORM_TOKEN).and_then(|token| token.to_str().ok()).unwrap_or_default();
        let mut shown = self.or_session(app, headers);
        shown.session = shown.session.filter(|session| session.has_token(token));
        shown
    }

    /// What the payload of a WebSocket's `connection_init` shows: the headers' names, or `clientId` and `clientSecret`.
    pub(super) fn in_payload(payload: &Value) -> Self {
        let mut headers = HeaderMap::new();
        for (name, value) in payload.as_object().into_iter().flatten() {
            let name = HeaderName::try_from(name.as_str());
            let value = value.as_str().and_then(|value| HeaderValue::try_from(value).ok());
            if let (Ok(name), Some(value)) = (name, value) {
                headers.insert(name, value);
            }
        }
        Self::in_headers(&headers).or_in_body(payload)
    }

    /// The client that is meant.
    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Whether anything is shown.
    pub(super) fn is_something(&self) -> bool {
        self.id.is_some()
    }

    /// The same, with `clientId` and `clientSecret` of a body where the headers name no client.
    pub(super) fn or_in_body(mut self, body: &Value) -> Self {
        let get = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if self.id.is_none() {
            self.id = get("clientId").map(str::to_owned);
        }
        if self.secret.is_none() {
            self.secret = get("clientSecret").map(str::to_owned);
        }
        self
    }

    /// Lets in whoever knows a client's secret. The error says why not.
    pub(super) fn enter(&self, app: &App) -> Result<Entry, Refused> {
        visit::note(self.enter_from(app, visit::peer()).map(|(entry, _)| entry))
    }

    /// The same, with the client that is meant.
    pub(super) fn enter_as(&self, app: &App) -> Result<Client, Refused> {
        let entered = self.enter_from(app, visit::peer());
        visit::note(entered.as_ref().map(|(entry, _)| *entry).map_err(|reason| *reason))?;
        entered.map(|(_, client)| client)
    }

    /// The same for a request from `peer` that is not the present one.
    pub(super) fn enter_from(&self, app: &App, peer: Option<IpAddr>) -> Result<(Entry, Client), Refused> {
        if let Some(client) = self.session.as_ref().and_then(|session| session.client.as_ref()) {
            return Ok((app.directory().enter_again(client)?, client.clone()));
        }
        let id = self.id.as_deref().ok_or(Refused::Unknown("Missing client id"))?;
        let entry = app.directory().enter(id, self.secret.as_deref(), peer)?;
        let client = app.directory().client(id).ok_or(Refused::Unknown("Invalid client id"))?;
        Ok((entry, client))
    }

    /// Lets in whoever may send data: by secret, or by origin. The error says why not.
    pub(super) fn enter_to_send(&self, app: &App) -> Result<Entry, Refused> {
        let id = self.id.as_deref().ok_or(Refused::Unknown("Missing client id"))?;
        let (secret, origin) = (self.secret.as_deref(), self.origin.as_deref());
        visit::note(app.directory().enter_to_send(id, secret, origin, visit::peer()))
    }
}

/// The id of an `Authorization` header, and the secret where one follows.
fn authorization(value: &str) -> Option<(String, Option<String>)> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    let rest = rest.trim();
    let pair = if scheme.eq_ignore_ascii_case("bearer") {
        rest.to_owned()
    } else if scheme.eq_ignore_ascii_case("basic") {
        String::from_utf8(STANDARD.decode(rest).ok()?).ok()?
    } else {
        return None;
    };
    let (id, secret) = pair.split_once(':').map_or((pair.as_str(), None), |(id, secret)| (id, Some(secret)));
    (!id.is_empty()).then(|| (id.to_owned(), secret.map(str::to_owned)))
}
