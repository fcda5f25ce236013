//! The project's clients: a table, and forms that make one, rotate its secret, set its origins, revoke it.

use super::super::form::{Fields, Posted, line, needed_line, token};
use super::super::moment::Instant;
use super::super::panel::problem;
use super::super::show;
use super::super::visitor::Visitor;
use super::shown;
use crate::error::Failure;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

const LIST: &str = "query Clients { clients { id name right origins lastUsedAt revokedAt } }";

const CREATE: &str = "mutation CreateClient($name: String!, $right: ClientRight!, $origins: [String!]) {
  made: createClient(input: { name: $name, right: $right, origins: $origins }) { client { id } secret }
}";

const ROTATE: &str = "mutation RotateSecret($id: ID!) { made: rotateClientSecret(input: { id: $id }) { client { id } secret } }";

const REVOKE: &str = "mutation RevokeClient($id: ID!) { revokeClient(input: { id: $id }) { client { id } } }";

const ORIGINS: &str = "mutation SetOrigins($id: ID!, $origins: [String!]!) {
  setClientOrigins(input: { id: $id, origins: $origins }) { client { id } }
}";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Client {
    id: String,
    name: String,
    right: String,
    origins: Vec<String>,
    last_used_at: Option<Instant>,
    revoked_at: Option<Instant>,
}

/// The clients, for those who may manage them.
pub(super) async fn section(visitor: &Visitor) -> Markup {
    if !visitor.may_edit() {
        let why = if visitor.is_on_replica() {
            "This server is a read replica: clients are managed at the primary."
        } else {
            "Only a client with the right ADMIN sees and manages the clients."
        };
        return html! { section.panel { header { h2 { "Clients" } } p.empty { (why) } } };
    }
    let answer = visitor.run_document(LIST, json!({})).await;
    let clients = answer.and_then(|mut answer| {
        serde_json::from_value::<Vec<Client>>(answer["clients"].take()).map_err(Failure::internal)
    });
    html! {
        section.panel {
            header { h2 { "Clients" } }
            @match clients {
                Err(failure) => { (problem(&failure)) }
                Ok(clients) => {
                    ul.clients { @for client in clients.iter().filter(|client| client.revoked_at.is_none()) { (live(client, visitor)) } }
                    (revoked(&clients, visitor))
                }
            }
            details {
                summary { "Make a client" }
                form.stack method="post" action="/dashboard/settings/clients/create" {
                    (token(&visitor.session))
                    (needed_line("name", "Name", "", "What it is used for."))
                    label.field { span { "Right" } select name="right" {
                        option value="READ" { "READ: asks" }
                        option value="WRITE" { "WRITE: sends" }
                        option value="ADMIN" { "ADMIN: both, and manages the project" }
                    } }
                    (line("origins", "Web origins", "", "With blanks between them: browsers there send without the secret."))
                    p.row { button.strong type="submit" { "Make it" } }
                }
            }
        }
    }
}

fn live(client: &Client, visitor: &Visitor) -> Markup {
    let Client { id, name, right, origins, last_used_at, .. } = client;
    let called = if name.is_empty() { "Without a name" } else { name };
    let is_present = *id == visitor.client.id;
    html! {
        li {
            div.title {
                span { strong { (called) } " " span.badge { (right) } @if is_present { " " span.badge { "you" } } }
                span.hint { @if last_used_at.is_some() { "last used " (show::ago(*last_used_at, visitor.now())) } @else { "never used" } }
            }
            code { (id) }
            @if !origins.is_empty() { p.hint { "Origins: " (origins.join(" ")) } }
            details {
                summary { "Change" span.unseen { " " (called) } }
                form.row method="post" action="/dashboard/settings/clients/origins" {
                    (token(&visitor.session))
                    input type="hidden" name="id" value=(id);
                    label.field.grow { span { "Web origins" } input type="text" name="origins" value=(origins.join(" ")) autocomplete="off" spellcheck="false"; }
                    button type="submit" { "Save origins" }
                }
                form.row method="post" action="/dashboard/settings/clients/rotate" {
                    (token(&visitor.session))
                    input type="hidden" name="id" value=(id);
                    label.check { input type="checkbox" name="sure" value="yes" required; span { "The old secret is refused at once" @if is_present { ", and you are signed out" } } }
                    button type="submit" { "Make another secret" }
                }
                form.row method="post" action="/dashboard/settings/clients/revoke" {
                    (token(&visitor.session))
                    input type="hidden" name="id" value=(id);
                    label.check { input type="checkbox" name="sure" value="yes" required; span { "It is refused at once and stays so" } }
                    button.danger type="submit" { "Revoke" }
                }
            }
        }
    }
}

fn revoked(clients: &[Client], visitor: &Visitor) -> Markup {
    let gone: Vec<&Client> = clients.iter().filter(|client| client.revoked_at.is_some()).collect();
    html! {
        @if !gone.is_empty() {
            details {
                summary { (gone.len()) " revoked" }
                ul.clients { @for client in gone { li { strong { (client.name) } " " span.badge { (client.right) } " " span.hint { "revoked " (show::ago(client.revoked_at, visitor.now())) } br; code { (client.id) } } } }
            }
        }
    }
}

/// Makes a client and shows its secret.
pub(super) async fn create(Posted { visitor, fields, .. }: Posted) -> Response {
    let variables = fields.needed("name").map(|name| {
        json!({ "name": name, "right": fields.get("right").unwrap_or("READ"), "origins": listed(&fields) })
    });
    match variables {
        Ok(variables) => secret(&visitor, visitor.change(CREATE, variables).await).await,
        Err(invalid) => refused(&visitor, &invalid.into()).await,
    }
}

/// Gives a client another secret and shows it.
pub(super) async fn rotate(Posted { visitor, fields, .. }: Posted) -> Response {
    match sure(&fields) {
        Ok(id) => secret(&visitor, visitor.change(ROTATE, json!({ "id": id })).await).await,
        Err(failure) => refused(&visitor, &failure).await,
    }
}

/// Revokes a client.
pub(super) async fn revoke(Posted { visitor, fields, .. }: Posted) -> Response {
    let done = match sure(&fields) {
        Ok(id) => visitor.change(REVOKE, json!({ "id": id })).await,
        Err(failure) => Err(failure),
    };
    sent_on(&visitor, done, "revoked").await
}

/// Sets the origins of a client.
pub(super) async fn origins(Posted { visitor, fields, .. }: Posted) -> Response {
    let done = match fields.needed("id") {
        Ok(id) => visitor.change(ORIGINS, json!({ "id": id, "origins": listed(&fields) })).await,
        Err(invalid) => Err(invalid.into()),
    };
    sent_on(&visitor, done, "saved").await
}

/// The client that a form is about, once somebody is sure.
fn sure(fields: &Fields) -> Result<&str, Failure> {
    fields.needed("sure")?;
    Ok(fields.needed("id")?)
}

/// The origins of a form, one for each word.
fn listed(fields: &Fields) -> Vec<&str> {
    fields
        .get("origins")
        .unwrap_or_default()
        .split([' ', ',', '\n', '\r', '\t'])
        .filter(|one| !one.is_empty())
        .collect()
}

/// The page with a new secret, which is nowhere else.
async fn secret(visitor: &Visitor, made: Result<Value, Failure>) -> Response {
    let made = match made {
        Ok(made) => made,
        Err(failure) => return refused(visitor, &failure).await,
    };
    let text = |pointer: &str| made.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let told = html! {
        section.said role="status" {
            p { "Keep the secret: it is not shown again." }
            dl.facts {
                div { dt { "Client id" } dd { code id="new-id" { (text("/made/client/id")) } } }
                div { dt { "Client secret" } dd { code id="new-secret" { (text("/made/secret")) } } }
            }
        }
    };
    shown(visitor, &Fields::default(), &told).await
}

async fn sent_on(visitor: &Visitor, done: Result<Value, Failure>, word: &str) -> Response {
    match done {
        Ok(_) => Redirect::to(&format!("/dashboard/settings?said={word}")).into_response(),
        Err(failure) => refused(visitor, &failure).await,
    }
}

async fn refused(visitor: &Visitor, failure: &Failure) -> Response {
    let status = StatusCode::from_u16(failure.kind.table().0).unwrap_or(StatusCode::BAD_REQUEST);
    (status, shown(visitor, &Fields::default(), &problem(failure)).await).into_response()
}
