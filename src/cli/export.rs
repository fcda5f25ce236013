//! `muster export` and `muster import-export`: a project as Parquet files, and back.

use super::import::{carry, check_file};
use super::reach::{ask_once, existing, unexpected};
use super::{Place, print_line};
use crate::domain::time::{Clock, SystemClock};
use crate::ingest::import::import_project;
use crate::operator::{Request, Response};
use crate::store::export::EVENTS;
use anyhow::{Context, Result};
use clap::Args;
use std::path::{PathBuf, absolute};

/// An export.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The project
    #[arg(long, value_name = "NAME")]
    project: String,
    /// The folder to make, on the machine that holds the data; it must not be there yet
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// An import of an export.
#[derive(Debug, Args)]
pub(super) struct ImportExport {
    /// The folder that `muster export` made, or what `GET /export` sent, unpacked
    folder: PathBuf,
    /// The project, which should be empty
    #[arg(long, value_name = "NAME")]
    project: String,
    #[command(flatten)]
    place: Place,
}

/// Writes a project to a folder, through the server where one holds the data.
pub(super) async fn export(Export { project, out, place }: Export) -> Result<()> {
    let config = existing(place.config())?;
    // A server has a working folder of its own.
    let out = absolute(&out).with_context(|| format!("--out {}", out.display()))?;
    match ask_once(config, Request::Export { project, out: out.clone() }).await? {
        Response::Exported(files) => files.iter().try_for_each(|file| {
            print_line(&format!("{}: {} rows", out.join(&file.file).display(), file.rows))
        }),
        other => Err(unexpected(&other)),
    }
}

/// Reads an export into a project.
pub(super) async fn import(ImportExport { folder, project, place }: ImportExport) -> Result<()> {
    check_file(&folder.join(EVENTS))?;
    let report = carry(project, &place, move |limits, progress, send| {
        import_project(&folder, SystemClock.now(), limits, progress, send)
    });
    let report = report.await?;
    print_line(&format!(
        "{} events stored, {} stored before; {} changes of groups, {} profiles, {} memberships",
        report.events, report.duplicates, report.changes, report.profiles, report.memberships
    ))
}
