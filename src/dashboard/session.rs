//! Who is signed in: a signed cookie that names a client.
//!
//! The cookie holds the client's id, a mark of its secret, when the session ends, and the token of its forms. It is
//! signed with the server's key (`session.key`), not readable by scripts, and sent to this site's own pages alone. The
//! client is looked up for every request, so a session ends with its client and with the client's secret.

use super::security::is_encrypted;
use crate::app::App;
use crate::app::sign_ins::SignIns;
use crate::directory::{Client, mark_of};
use crate::error::Failure;
use axum::http::HeaderMap;
use axum_extra::extract::cookie::{Cookie, Key, SameSite, SignedCookieJar};
use chrono::TimeDelta;
use subtle::ConstantTimeEq;

/// The cookie's name.
const COOKIE: &str = "muster_session";

/// How long a session lasts.
const LIFE: TimeDelta = TimeDelta::hours(12);

/// What the cookie says.
#[derive(Clone)]
pub struct Session {
    /// Who is signed in; nobody while the sign-in form is open.
    pub client: Option<Client>,
    token: String,
}

impl std::fmt::Debug for Session {
    /// Leaves out the token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("client", &self.client.as_ref().map(|client| &client.id))
            .finish_non_exhaustive()
    }
}

impl Session {
    /// A new session, of a client or of nobody yet.
    pub fn new(client: Option<Client>) -> Result<Self, Failure> {
        Ok(Self { client, token: SignIns::word()? })
    }

    /// The session of a request, if its cookie is ours, not over, and its client is still the same.
    #[must_use]
    pub fn of(app: &App, headers: &HeaderMap) -> Option<Self> {
        let cookie = jar(app, headers).get(COOKIE)?;
        let mut parts = cookie.value().split('.');
        let (id, mark, ends_at, token) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if ends_at.parse::<i64>().ok()? <= app.clock().now().timestamp() {
            return None;
        }
        let token = token.to_owned();
        if id.is_empty() {
            return Some(Self { client: None, token });
        }
        let client = app.client(id).filter(|client| mark_of(client) == mark)?;
        Some(Self { client: Some(client), token })
    }

    /// The token that every form of the session holds.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Whether this is the token, in a time that does not depend on where they differ.
    #[must_use]
    pub fn has_token(&self, given: &str) -> bool {
        self.token.as_bytes().ct_eq(given.as_bytes()).into()
    }

    /// The cookie, for an answer to a request with these headers.
    pub fn cookie(&self, app: &App, headers: &HeaderMap) -> SignedCookieJar {
        let (id, mark) = match &self.client {
            Some(client) => (client.id.as_str(), mark_of(client)),
            None => ("", String::new()),
        };
        let ends_at = (app.clock().now() + LIFE).timestamp();
        let value = format!("{id}.{mark}.{ends_at}.{}", self.token);
        SignedCookieJar::new(key(app)).add(made(value, headers))
    }

    /// What makes the browser forget the cookie.
    pub fn end(app: &App, headers: &HeaderMap) -> SignedCookieJar {
        jar(app, headers).remove(made(String::new(), headers))
    }
}

fn key(app: &App) -> Key {
    Key::from(app.sign_ins().key())
}

fn jar(app: &App, headers: &HeaderMap) -> SignedCookieJar {
    SignedCookieJar::from_headers(headers, key(app))
}

fn made(value: String, headers: &HeaderMap) -> Cookie<'static> {
    // Lax and not strict: whoever opens a link to a page, such as the demo's, comes in signed in.
    Cookie::build((COOKIE, value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(is_encrypted(headers))
        .build()
}
