//! Signing in with a client's id and secret or by a link that works once, and signing out.

use super::form::{self, Fields, Posted, token};
use super::session::Session;
use super::visitor::Visitor;
use super::{HOME, layout, show};
use crate::app::App;
use crate::directory::{Client, Noted, Refused};
use crate::error::{Failure, Kind};
use axum::Router;
use axum::extract::{ConnectInfo, RawQuery, Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::html;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/dashboard/sign-in", get(show_form).post(sign_in))
        .route("/dashboard/sign-out", post(sign_out))
        .route("/dashboard/enter", get(enter))
}

async fn show_form(State(app): State<Arc<App>>, RawQuery(given): RawQuery, headers: HeaderMap) -> Response {
    let fields = Fields::parse(given.unwrap_or_default().as_bytes());
    let session = Session::of(&app, &headers);
    if session.clone().and_then(|session| Visitor::of(&app, session)).is_some() {
        return Redirect::to(destination(&fields)).into_response();
    }
    let nobody = session.filter(|session| session.client.is_none());
    let session = match nobody.map_or_else(|| Session::new(None), Ok) {
        Ok(session) => session,
        Err(failure) => return failure.into_response(),
    };
    (session.cookie(&app, &headers), form_page(&session, &fields, None)).into_response()
}

async fn sign_in(State(app): State<Arc<App>>, request: Request) -> Response {
    let headers = request.headers().clone();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let noted = request.extensions().get::<Arc<Noted>>().cloned().unwrap_or_default();
    let Some(session) = Session::of(&app, &headers) else {
        return Redirect::to("/dashboard/sign-in?said=over").into_response();
    };
    let fields = match form::read(request, &session).await {
        Ok(fields) => fields,
        Err(failure) => return refused(&session, &Fields::default(), &failure),
    };
    let client = match known(&app, &fields, peer, &noted) {
        Ok(client) => client,
        Err(failure) => return refused(&session, &fields, &failure),
    };
    // A session of its own: whoever knew the form's token knows nothing of what follows.
    match Session::new(Some(client)) {
        Ok(session) => (session.cookie(&app, &headers), Redirect::to(destination(&fields))).into_response(),
        Err(failure) => refused(&session, &fields, &failure),
    }
}

/// The client that the form names, if the secret is its own and it may look at anything.
fn known(app: &App, fields: &Fields, peer: Option<IpAddr>, noted: &Noted) -> Result<Client, Failure> {
    let id = fields.needed("client-id")?;
    let secret = fields.needed("client-secret")?;
    let unknown = || {
        let message = "no client has this id and secret; `muster client create` makes one";
        Failure::new(Kind::Unauthorized, message)
    };
    let entered = app.directory().enter(id, Some(secret), peer);
    noted.note(entered);
    entered.map_err(|refused| match refused {
        Refused::Unknown(_) => unknown(),
        too_often => Failure::new(Kind::RateLimited, too_often.to_string()),
    })?;
    let client = app.client(id).ok_or_else(unknown)?;
    if client.right.may_read() {
        return Ok(client);
    }
    let message = "this client has the right WRITE: it sends data and may not look; \
        sign in with one that has the right READ or ADMIN";
    Err(Failure::new(Kind::Forbidden, message))
}

fn refused(session: &Session, fields: &Fields, failure: &Failure) -> Response {
    let status = StatusCode::from_u16(failure.kind.table().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, form_page(session, fields, Some(failure))).into_response()
}

fn form_page(session: &Session, fields: &Fields, failure: Option<&Failure>) -> Response {
    let body = html! {
        div.sign-in {
            h1 { "Sign in to Muster" }
            (layout::said(fields))
            @if let Some(failure) = failure { p.problem role="alert" { (show::sentence(&failure.message)) } }
            form method="post" action="/dashboard/sign-in" {
                (token(session))
                input type="hidden" name="next" value=(destination(fields));
                label.field {
                    span { "Client id" }
                    input type="text" name="client-id" value=(fields.get("client-id").unwrap_or_default()) autocomplete="username" required autofocus spellcheck="false";
                }
                label.field {
                    span { "Client secret" }
                    input type="password" name="client-secret" autocomplete="current-password" required;
                }
                button.strong type="submit" { "Sign in" }
            }
            p.hint { "The same id and secret as for the API: right READ to look, ADMIN to change." }
        }
    };
    layout::bare("Sign in", "", &html! {}, &body)
}

/// Where to go once signed in: a page of the dashboard, whatever the address says.
fn destination(fields: &Fields) -> &str {
    let next = fields.get("next").unwrap_or(HOME);
    let is_well =
        next.starts_with("/dashboard/") && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_well { next } else { HOME }
}

async fn sign_out(posted: Posted) -> Response {
    let ended = Session::end(&posted.visitor.app, &posted.headers);
    (ended, Redirect::to("/dashboard/sign-in?said=out")).into_response()
}

/// Signs in by a link that `muster demo` prints.
async fn enter(
    State(app): State<Arc<App>>,
    method: Method,
    RawQuery(given): RawQuery,
    headers: HeaderMap,
) -> Response {
    let fields = Fields::parse(given.unwrap_or_default().as_bytes());
    let word = fields.get("link").unwrap_or_default();
    // Programs that only look at the headers do not use the link up.
    let id = if method == Method::GET { app.sign_ins().redeem(word, app.clock().now()) } else { None };
    let session = id.and_then(|id| app.client(&id)).map(|client| Session::new(Some(client)));
    match session {
        Some(Ok(session)) => (session.cookie(&app, &headers), Redirect::to(HOME)).into_response(),
        Some(Err(failure)) => failure.into_response(),
        None => Redirect::to("/dashboard/sign-in?said=used").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_signs_in_stays_on_this_server() {
        for (next, to) in [
            ("next=/dashboard/groups/acme%3Ftab%3Devents", "/dashboard/groups/acme?tab=events"),
            ("next=//evil.example/dashboard/", HOME),
            ("next=https://evil.example/dashboard/", HOME),
            ("next=/dashboard/%0D%0AX:y", HOME),
            ("next=/dashboard/%5C%5Cevil", HOME),
            ("", HOME),
        ] {
            assert_eq!(destination(&Fields::parse(next.as_bytes())), to, "{next}");
        }
    }
}
