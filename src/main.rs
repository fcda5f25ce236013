//! The program: reads the command line, runs the command, and tells what went wrong by a line and an exit code.

// Merged objects of the schema nest their types as deep as there are fields.
#![recursion_limit = "512"]

use clap::Parser;
use muster::cli::{Cli, report, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.begin_logging();
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
