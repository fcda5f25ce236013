//! `muster export` and `muster import-export`: a project as Parquet files, and back.

use super::import::{check_file, progress_bar, send_to};
use super::reach::{Reach, ask_once, existing, unexpected};
use super::{Place, Usage, print_line};
use crate::domain::time::{Clock, SystemClock};
use crate::domain::write::Write;
use crate::ingest::import::{ImportError, import_project};
use crate::operator::{Request, Response};
use crate::store::export::EVENTS;
use anyhow::{Context, Result, anyhow};
use clap::Args;
use std::path::{PathBuf, absolute};
use std::sync::Arc;
use tokio::runtime::Handle;

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
    let config = place.config();
    let limits = config.limits();
    check_file(&folder.join(EVENTS))?;
    let reach = Arc::new(Reach::find(existing(config)?).await?);
    let (handle, way, bar) = (Handle::current(), Arc::clone(&reach), progress_bar());
    let work = tokio::task::spawn_blocking(move || {
        let mut progress = |done: u64, total: u64| {
            bar.set_length(total);
            bar.set_position(done);
        };
        let mut send = |writes: Vec<Write>| handle.block_on(send_to(&way, &project, writes));
        let result = import_project(&folder, SystemClock.now(), &limits, &mut progress, &mut send);
        bar.finish_and_clear();
        result
    });
    let result = work.await?;
    if let Some(reach) = Arc::into_inner(reach) {
        reach.leave().await?;
    }
    let report = result.map_err(|error| match error {
        ImportError::Invalid(invalid) => Usage(invalid.to_string()).into(),
        ImportError::File { path, source } => anyhow!("{}: {source}", path.display()),
        ImportError::Send(error) => error,
    })?;
    print_line(&format!(
        "{} events stored, {} stored before; {} changes of groups, {} profiles, {} memberships",
        report.events, report.duplicates, report.changes, report.profiles, report.memberships
    ))
}
