//! The page to try questions on: `GraphiQL` out of the program itself, without any other host.
//!
//! `assets/README.md` tells what the files are and how they are made. Addresses within the page are relative, so it
//! works below `/api` and behind a proxy's prefix. It is served to everybody. Whoever is signed in to the dashboard finds
//! the session's token in it, with which it asks in their name; from others it asks for credentials itself.

use super::validator;
use crate::app::App;
use crate::dashboard::session::Session;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use maud::html;
use std::sync::Arc;

/// What the page may load and where it may send: nothing but its own server.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; \
    frame-ancestors 'none'";

/// Name, media type and compressed bytes of each file.
const FILES: [(&str, &str, &[u8]); 3] = [
    ("graphiql.js", "text/javascript; charset=utf-8", include_bytes!("assets/graphiql.js.gz")),
    ("graphiql.css", "text/css; charset=utf-8", include_bytes!("assets/graphiql.css.gz")),
    ("licences.txt", "text/plain; charset=utf-8", include_bytes!("assets/licences.txt.gz")),
];

/// The page as it is for nobody in particular.
const PAGE: &str = include_str!("assets/page.html");

/// The page, for whoever a request comes from.
pub(super) async fn page(State(app): State<Arc<App>>, asked: HeaderMap) -> Response {
    let session = Session::of(&app, &asked).filter(|session| session.client.is_some());
    let (text, kept) = match session {
        Some(session) => {
            let token = html! { meta name="form-token" content=(session.token()); }.into_string();
            (PAGE.replacen("</head>", &format!("{token}</head>"), 1), "private, no-store")
        }
        None => (PAGE.to_owned(), "no-cache"),
    };
    let mut response = Html(text).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    headers.insert(header::VARY, HeaderValue::from_static("accept, cookie"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// A file of the page. It is kept compressed, and every browser takes it so.
pub(super) async fn file(Path(name): Path<String>, asked: HeaderMap) -> Response {
    let Some((_, media_type, bytes)) = FILES.into_iter().find(|(known, ..)| *known == name) else {
        return super::nothing_here().await.into_response();
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    validator::answer(&asked, headers, bytes.into())
}
