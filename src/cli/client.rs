//! `muster client`: the credentials of projects.

use super::reach::{ask_once, existing, unexpected};
use super::{Place, print, print_line};
use crate::operator::clients::{Listed, Request as ClientRequest, Response as ClientResponse};
use crate::operator::{Request, Response};
use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;
use std::fmt::Write;

/// Clients.
#[derive(Debug, Subcommand)]
pub(super) enum ClientCommand {
    /// List a project's clients
    List(List),
    /// Make a client; its secret is shown once
    Create(Create),
    /// Give a client another secret; the old one is refused at once
    Rotate(One),
    /// Revoke a client; it is refused at once
    Revoke(One),
    /// Set the web origins that may send for a client without its secret, and whose pages may read answers
    Origins(SetOrigins),
    /// Set whether a client may read the schema, and is told in errors what may be meant
    Introspection(SetIntrospection),
}

/// A project's clients.
#[derive(Debug, Args)]
pub(super) struct List {
    /// The project they belong to
    #[arg(long, value_name = "NAME")]
    project: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// A new client.
#[derive(Debug, Args)]
pub(super) struct Create {
    /// The project it belongs to
    #[arg(long, value_name = "NAME")]
    project: String,
    /// What it may do: send data, query data, or both and manage the project
    #[arg(long, value_parser = ["WRITE", "READ", "ADMIN"], ignore_case = true)]
    right: String,
    /// Its display name, such as what it is used for
    #[arg(long, value_name = "NAME", default_value = "Made on the command line")]
    name: String,
    /// Web origin that may send without the secret, such as `https://app.example.com`; may be repeated
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    /// Whether it may read the schema, and is told in errors what may be meant; by default READ and ADMIN may
    #[arg(long, value_enum, default_value_t = Introspection::Default)]
    introspection: Introspection,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Whether a client may read the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Introspection {
    /// It may
    On,
    /// It may not
    Off,
    /// READ and ADMIN may, WRITE may not, nor READ under --hide-schema
    Default,
}

impl From<Introspection> for Option<bool> {
    fn from(introspection: Introspection) -> Self {
        match introspection {
            Introspection::On => Some(true),
            Introspection::Off => Some(false),
            Introspection::Default => None,
        }
    }
}

/// Whether a client sees the schema.
#[derive(Debug, Args)]
pub(super) struct SetIntrospection {
    /// The client's id
    id: String,
    /// Whether it may
    #[arg(value_enum)]
    introspection: Introspection,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// One client.
#[derive(Debug, Args)]
pub(super) struct One {
    /// Its id
    id: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// The origins of a client.
#[derive(Debug, Args)]
pub(super) struct SetOrigins {
    /// The client's id
    id: String,
    /// Web origin that may send without the secret; may be repeated, and all that are not named go
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Lists, makes or changes clients.
pub(super) async fn client(command: ClientCommand) -> Result<()> {
    let (request, json, place) = match command {
        ClientCommand::List(List { project, json, place }) => (ClientRequest::List { project }, json, place),
        ClientCommand::Create(Create { project, right, name, origins, introspection, json, place }) => {
            let (right, introspection) = (right.to_uppercase(), introspection.into());
            (ClientRequest::Create { project, right, name, origins, introspection }, json, place)
        }
        ClientCommand::Rotate(One { id, json, place }) => (ClientRequest::Rotate { id }, json, place),
        ClientCommand::Revoke(One { id, json, place }) => (ClientRequest::Revoke { id }, json, place),
        ClientCommand::Origins(SetOrigins { id, origins, json, place }) => {
            (ClientRequest::SetOrigins { id, origins }, json, place)
        }
        ClientCommand::Introspection(SetIntrospection { id, introspection, json, place }) => {
            (ClientRequest::SetIntrospection { id, introspection: introspection.into() }, json, place)
        }
    };
    match ask_once(existing(place.config())?, Request::Client(request)).await? {
        Response::Client(ClientResponse::Listed(clients)) if json => print_line(&json!(clients).to_string()),
        Response::Client(ClientResponse::Listed(clients)) => print(drawn(&clients)?.as_bytes()),
        Response::Client(ClientResponse::One(client)) if json => print_line(&json!(client).to_string()),
        Response::Client(ClientResponse::One(client)) => print(drawn(&[client])?.as_bytes()),
        Response::Client(ClientResponse::Secret { project, client, secret }) if json => {
            let (id, right) = (client.id, client.right);
            print_line(&json!({ "project": project, "id": id, "secret": secret, "right": right }).to_string())
        }
        Response::Client(ClientResponse::Secret { client, secret, .. }) => {
            let id = client.id;
            print_line(&format!("id      {id}\nsecret  {secret}\n\nKeep the secret: it is not shown again."))
        }
        other => Err(unexpected(&other)),
    }
}

/// Clients, one on each line, with their origins below.
fn drawn(clients: &[Listed]) -> Result<String> {
    let mut text = String::new();
    for client in clients {
        let Listed { id, name, right, origins, introspection, last_used_at, revoked_at, .. } = client;
        let state = match (revoked_at, last_used_at) {
            (Some(at), _) => format!("revoked {at}"),
            (None, Some(at)) => format!("last used {at}"),
            (None, None) => "never used".to_owned(),
        };
        writeln!(text, "{id}  {right:5}  {name}  ({state})")?;
        for origin in origins {
            writeln!(text, "  from {origin}")?;
        }
        if let Some(introspection) = introspection {
            writeln!(text, "  introspection {}", if *introspection { "on" } else { "off" })?;
        }
    }
    Ok(text)
}
