//! `muster import`, `import-groups` and `import-profiles`: files into a project.

use super::reach::{Reach, existing, unexpected};
use super::{Place, Usage, print_line};
use crate::domain::limits::Limits;
use crate::domain::time::{Clock, SystemClock};
use crate::domain::write::{Write, Written};
use crate::ingest::import::{
    EventMapping, GroupMapping, ImportError, ProfileMapping, Progress, Report, Sink, Source, import_events,
    import_groups, import_profiles,
};
use crate::operator::{Request, Response, wire};
use anyhow::{Result, anyhow};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Handle;

/// What every import is given.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// The project to import into
    #[arg(long, value_name = "NAME")]
    project: String,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    place: Place,
}

/// An import of events.
#[derive(Debug, Args)]
pub(super) struct EventArguments {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    mapping: EventMapping,
}

/// An import of groups.
#[derive(Debug, Args)]
pub(super) struct GroupArguments {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    mapping: GroupMapping,
}

/// An import of profiles.
#[derive(Debug, Args)]
pub(super) struct ProfileArguments {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    mapping: ProfileMapping,
}

pub(super) type Failed = ImportError<anyhow::Error>;

/// Imports events.
pub(super) async fn events(arguments: EventArguments) -> Result<()> {
    let EventArguments { common, mapping } = arguments;
    let report = run(common, move |source, limits, progress, send| {
        import_events(source, &mapping, SystemClock.now(), limits, progress, send)
    });
    let report = report.await?;
    let mut text = format!(
        "{} rows: {} events stored, {} stored before, {} bad\n{} groups",
        report.rows, report.accepted, report.duplicates, report.bad, report.groups
    );
    if report.refused_groups > 0 {
        write!(text, ", {} changes of groups refused", report.refused_groups)?;
    }
    finish(&text, &report)
}

/// Imports groups.
pub(super) async fn groups(arguments: GroupArguments) -> Result<()> {
    let GroupArguments { common, mapping } = arguments;
    let import =
        move |source: &Source, limits: &Limits, progress: &mut Progress<'_>, send: &mut Sink<'_, _>| {
            import_groups(source, &mapping, limits, progress, send)
        };
    let report = run(common, import).await?;
    finish(&format!("{} rows: {} groups stored, {} bad", report.rows, report.accepted, report.bad), &report)
}

/// Imports profiles.
pub(super) async fn profiles(arguments: ProfileArguments) -> Result<()> {
    let ProfileArguments { common, mapping } = arguments;
    let import =
        move |source: &Source, limits: &Limits, progress: &mut Progress<'_>, send: &mut Sink<'_, _>| {
            import_profiles(source, &mapping, limits, progress, send)
        };
    let report = run(common, import).await?;
    finish(&format!("{} rows: {} profiles stored, {} bad", report.rows, report.accepted, report.bad), &report)
}

fn finish(text: &str, report: &Report) -> Result<()> {
    let mut text = text.to_owned();
    for bad in &report.reasons {
        match bad.line {
            0 => write!(text, "\n  a group: {}", bad.reason)?,
            line => write!(text, "\n  line {line}: {}", bad.reason)?,
        }
    }
    print_line(&text)?;
    let is_lost = report.bad > 0 && report.accepted + report.duplicates == 0;
    if is_lost { Err(anyhow!("every row is bad, nothing was imported")) } else { Ok(()) }
}

/// Imports a file, its writes going to the folder or to the server that holds it.
async fn run(
    common: Common,
    import: impl FnOnce(
        &Source,
        &Limits,
        &mut Progress<'_>,
        &mut Sink<'_, anyhow::Error>,
    ) -> Result<Report, Failed>
    + Send
    + 'static,
) -> Result<Report> {
    let Common { project, source, place } = common;
    // A file that is not there fails before anything is opened.
    check_file(&source.file)?;
    carry(project, &place, move |limits, progress, send| import(&source, limits, progress, send)).await
}

/// Runs an import with a progress bar, its writes going to the folder or to the server that holds it.
pub(super) async fn carry<R: Send + 'static>(
    project: String,
    place: &Place,
    import: impl FnOnce(&Limits, &mut Progress<'_>, &mut Sink<'_, anyhow::Error>) -> Result<R, Failed>
    + Send
    + 'static,
) -> Result<R> {
    let config = place.config();
    let limits = config.limits();
    let reach = Arc::new(Reach::find(existing(config)?).await?);
    let (handle, way) = (Handle::current(), Arc::clone(&reach));
    let bar = progress_bar();
    let work = tokio::task::spawn_blocking(move || {
        let mut progress = |done: u64, total: u64| {
            bar.set_length(total);
            bar.set_position(done);
        };
        let mut send = |writes: Vec<Write>| handle.block_on(send_to(&way, &project, writes));
        let result = import(&limits, &mut progress, &mut send);
        bar.finish_and_clear();
        result
    });
    let result = work.await?;
    if let Some(reach) = Arc::into_inner(reach) {
        reach.leave().await?;
    }
    result.map_err(|error| match error {
        ImportError::Invalid(invalid) => Usage(invalid.to_string()).into(),
        ImportError::File { path, source } => anyhow!("{}: {source}", path.display()),
        ImportError::Send(error) => error,
    })
}

async fn send_to(reach: &Reach, project: &str, writes: Vec<Write>) -> Result<Vec<Written>> {
    let writes = writes.into_iter().map(wire::Write::from).collect();
    match reach.ask(Request::Write { project: project.to_owned(), writes }).await? {
        Response::Written(written) => Ok(written.into_iter().map(Into::into).collect()),
        other => Err(unexpected(&other)),
    }
}

pub(super) fn check_file(file: &Path) -> Result<()> {
    std::fs::File::open(file).map(drop).map_err(|error| anyhow!("{}: {error}", file.display()))
}

/// A bar on standard error; hidden where that is no terminal.
pub(super) fn progress_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {elapsed} gone, {eta} left");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
