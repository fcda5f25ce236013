//! `muster project`, `muster client` and `muster check`: what the operator does on the machine.

use super::Place;
use super::reach::{ask_once, existing, unexpected};
use super::{print, print_line};
use crate::operator::{Request, Response};
use crate::store::check::Checked;
use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;
use std::fmt::Write;

/// Projects.
#[derive(Debug, Subcommand)]
pub(super) enum ProjectCommand {
    /// Make a project
    Create(CreateProject),
    /// List the projects
    List(ListProjects),
}

/// A new project.
#[derive(Debug, Args)]
pub(super) struct CreateProject {
    /// Its name
    name: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// All projects.
#[derive(Debug, Args)]
pub(super) struct ListProjects {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Clients.
#[derive(Debug, Subcommand)]
pub(super) enum ClientCommand {
    /// Make a client; its secret is shown once
    Create(CreateClient),
}

/// A new client.
#[derive(Debug, Args)]
pub(super) struct CreateClient {
    /// The project it belongs to
    #[arg(long, value_name = "NAME")]
    project: String,
    /// What it may do: send data, query data, or both and manage the project
    #[arg(long, value_parser = ["WRITE", "READ", "ADMIN"], ignore_case = true)]
    right: String,
    /// Web origin that may send without the secret, such as `https://app.example.com`; may be repeated
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Makes or lists projects.
pub(super) async fn project(command: ProjectCommand) -> Result<()> {
    match command {
        ProjectCommand::Create(CreateProject { name, json, place }) => {
            match ask_once(place.config(), Request::CreateProject { name }).await? {
                Response::Project { name } if json => print_line(&json!({ "project": name }).to_string()),
                Response::Project { name } => print_line(&format!("made project {name}")),
                other => Err(unexpected(&other)),
            }
        }
        ProjectCommand::List(ListProjects { json, place }) => {
            match ask_once(place.config(), Request::ListProjects).await? {
                Response::Projects(names) if json => print_line(&json!(names).to_string()),
                Response::Projects(names) => names.iter().try_for_each(|name| print_line(name)),
                other => Err(unexpected(&other)),
            }
        }
    }
}

/// Makes clients.
pub(super) async fn client(command: ClientCommand) -> Result<()> {
    let ClientCommand::Create(CreateClient { project, right, origins, json, place }) = command;
    let request = Request::CreateClient { project: project.clone(), right: right.to_uppercase(), origins };
    match ask_once(existing(place.config())?, request).await? {
        Response::Client { id, secret } if json => {
            let right = right.to_uppercase();
            print_line(&json!({ "project": project, "id": id, "secret": secret, "right": right }).to_string())
        }
        Response::Client { id, secret } => {
            print_line(&format!("id      {id}\nsecret  {secret}\n\nKeep the secret: it is not shown again."))
        }
        other => Err(unexpected(&other)),
    }
}

/// Counts what is stored and verifies every segment.
pub(super) async fn check(place: &Place) -> Result<()> {
    match ask_once(existing(place.config())?, Request::Check).await? {
        Response::Checked(checked) => print(drawn(&checked)?.as_bytes()),
        other => Err(unexpected(&other)),
    }
}

fn drawn(checked: &Checked) -> Result<String> {
    let mut text = String::new();
    let Checked { segments, bytes, sealed_events, logged_events, projects } = checked;
    writeln!(text, "segments   {segments} with {sealed_events} events, {bytes} bytes, checksums right")?;
    writeln!(text, "log        {logged_events} events that are not in a segment yet")?;
    writeln!(text, "projects   {}", projects.len())?;
    for project in projects {
        writeln!(
            text,
            "  {}: {} events, {} groups, {} profiles, {} memberships, {} clients",
            project.name,
            project.events,
            project.groups,
            project.profiles,
            project.memberships,
            project.clients
        )?;
    }
    Ok(text)
}
