//! `muster project` and `muster check`: what the operator does on the machine.

use super::Place;
use super::reach::{ask_once, existing, explained, unexpected};
use super::{print, print_line};
use crate::operator::{Request, Response};
use crate::store::Store;
use crate::store::check::{Checked, Differing};
use anyhow::{Result, anyhow};
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

/// A check of the data folder.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// First make anew everything that is derived from segments, catalog and log
    #[arg(long)]
    rebuild: bool,
    /// First give up segments that are put aside or missing: their events are lost and may be sent again
    #[arg(long)]
    accept_loss: bool,
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
            match ask_once(existing(place.config())?, Request::ListProjects).await? {
                Response::Projects(names) if json => print_line(&json!(names).to_string()),
                Response::Projects(names) => names.iter().try_for_each(|name| print_line(name)),
                other => Err(unexpected(&other)),
            }
        }
    }
}

/// Counts what is stored and verifies every segment and what is derived from it. Fails when anything is wrong.
pub(super) async fn check(Check { rebuild, accept_loss, place }: Check) -> Result<()> {
    let config = existing(place.config())?;
    let (folder, options) = (config.data_dir.clone(), config.store_options());
    let prepared = tokio::task::spawn_blocking(move || {
        if accept_loss {
            Store::accept_loss(&folder, &options)?;
        }
        if rebuild { Store::forget_derived(&folder) } else { Ok(()) }
    });
    prepared.await?.map_err(|error| explained(error.into(), &config.data_dir))?;
    match ask_once(config, Request::Check).await? {
        Response::Checked(checked) => {
            print(drawn(&checked)?.as_bytes())?;
            verdict(&checked)
        }
        other => Err(unexpected(&other)),
    }
}

fn drawn(checked: &Checked) -> Result<String> {
    let mut text = String::new();
    let Checked { segments, bytes, sealed_events, logged_events, damaged, differing, projects } = checked;
    writeln!(text, "segments   {segments} with {sealed_events} events, {bytes} bytes, checksums right")?;
    for damaged in damaged {
        writeln!(text, "  damaged: {damaged}")?;
    }
    let tables = if differing.is_empty() { "derived tables give the same" } else { "derived tables differ" };
    writeln!(text, "derived    {tables}")?;
    for Differing { table, what } in differing {
        writeln!(text, "  {table} {what}")?;
    }
    writeln!(text, "log        {logged_events} events that are not in a segment yet")?;
    writeln!(text, "projects   {}", projects.len())?;
    for project in projects {
        writeln!(
            text,
            "  {}: {} events, {} groups, {} identified profiles, {} memberships, {} clients",
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

/// A failure that says what to do when the check found something wrong.
fn verdict(checked: &Checked) -> Result<()> {
    let mut wrong = Vec::new();
    if !checked.damaged.is_empty() {
        let files: Vec<&str> = checked.damaged.iter().map(|damaged| damaged.file.as_str()).collect();
        wrong.push(format!(
            "damaged or missing: {}; put back the files of a backup and restart, or give them up with muster check --accept-loss while no server runs",
            files.join(", ")
        ));
    }
    if !checked.differing.is_empty() {
        let tables = checked.differing.len();
        wrong.push(format!(
            "{tables} derived tables differ from their events; run muster check --rebuild while no server runs"
        ));
    }
    if wrong.is_empty() { Ok(()) } else { Err(anyhow!(wrong.join("; "))) }
}
