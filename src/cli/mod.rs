//! The command line. One file per family of commands; each ends in exit code 0 (done), 1 (failed: a line on
//! standard error says what to change) or 2 (wrong usage).
//!
//! Results go to standard output, everything else to standard error.

mod admin;
mod backup;
mod client;
mod demo;
mod export;
mod import;
mod logging;
mod query;
mod reach;
mod serve;

use crate::config::{Config, ObjectsConfig};
use crate::error::{Failure, Kind};
use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Group analytics for B2B products: events in, typed GraphQL out
#[derive(Debug, Parser)]
#[command(name = "muster", version, arg_required_else_help = true)]
struct Cli {
    /// How the log is written: one readable line for each entry, or one JSON object
    #[arg(long, global = true, env = "MUSTER_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve a data folder
    Serve(Box<Config>),
    /// Make demo data once, then serve it
    Demo(Box<demo::Arguments>),
    /// Import events from a CSV, TSV, NDJSON or Parquet file
    Import(import::EventArguments),
    /// Import groups from a file
    ImportGroups(import::GroupArguments),
    /// Import profiles from a file
    ImportProfiles(import::ProfileArguments),
    /// Write everything of a project to Parquet files
    Export(export::Export),
    /// Import what `export` wrote
    ImportExport(export::ImportExport),
    /// Run a saved query; without a name, list them
    Query(query::Arguments),
    /// Print the GraphQL schema
    Schema(Place),
    /// Make and list projects
    #[command(subcommand)]
    Project(admin::ProjectCommand),
    /// Manage clients: the credentials of a project
    #[command(subcommand)]
    Client(client::ClientCommand),
    /// Count what is stored, verify every segment and what is derived from it
    Check(admin::Check),
    /// Copy everything that is stored, as it is at one instant, while a server may be using it
    Backup(backup::Arguments),
}

/// Where the data is.
#[derive(Debug, Clone, Args)]
struct Place {
    /// Folder that holds all data
    #[arg(long, env = "MUSTER_DATA_DIR", value_name = "DIR", default_value = "muster-data")]
    data_dir: PathBuf,
    #[command(flatten)]
    objects: ObjectsConfig,
}

impl Place {
    /// The configuration of a command: limits and the rest as the environment says.
    fn config(&self) -> Config {
        let from_environment = FromEnvironment::try_parse_from(["muster"]).map(|parsed| parsed.config);
        let config = from_environment.unwrap_or_else(|_| Config::on(&self.data_dir));
        Config { data_dir: self.data_dir.clone(), objects: self.objects.clone(), ..config }
    }
}

/// The configuration when no flag is given.
#[derive(Debug, Parser)]
struct FromEnvironment {
    #[command(flatten)]
    config: Config,
}

/// The program: reads the command line, runs the command, and tells what went wrong by a line and an exit code.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // Held to the end: what waits for a collector is sent then.
    let _logging = match cli.begin_logging() {
        Ok(logging) => logging,
        Err(error) => return report(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(&error.into()),
    };
    let result = runtime.block_on(run(cli));
    // A query that still runs does not keep the process.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error),
    }
}

/// Runs the command.
async fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Serve(config) => serve::serve(*config).await,
        Command::Demo(arguments) => demo::demo(*arguments).await,
        Command::Import(arguments) => import::events(arguments).await,
        Command::ImportGroups(arguments) => import::groups(arguments).await,
        Command::ImportProfiles(arguments) => import::profiles(arguments).await,
        Command::Export(arguments) => export::export(arguments).await,
        Command::ImportExport(arguments) => export::import(arguments).await,
        Command::Query(arguments) => query::query(arguments).await,
        // The schema is the same for every folder; the flag is there so that every command takes it.
        Command::Schema(_) => query::schema(),
        Command::Project(command) => admin::project(command).await,
        Command::Client(command) => client::client(command).await,
        Command::Check(command) => admin::check(command).await,
        Command::Backup(arguments) => backup::backup(arguments).await,
    }
}

/// Writes one line on standard error and gives the exit code.
fn report(error: &anyhow::Error) -> ExitCode {
    let line = format!("{error:#}").replace(['\n', '\r'], " ");
    // Where standard error is closed, the exit code must do.
    let _ = writeln!(std::io::stderr(), "error: {line}");
    let is_usage = error.downcast_ref::<Usage>().is_some();
    ExitCode::from(if is_usage { 2 } else { 1 })
}

/// What was asked makes no sense: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// A failure as the command line tells it.
fn told(failure: Failure) -> anyhow::Error {
    match failure.kind {
        Kind::BadInput => Usage(failure.message).into(),
        _ => anyhow::Error::msg(failure.message),
    }
}

/// Writes a result to standard output. A reader that went away is no failure.
fn print(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("standard output"),
    }
}

/// Writes a text and a line end to standard output.
fn print_line(text: &str) -> Result<()> {
    print(format!("{text}\n").as_bytes())
}
