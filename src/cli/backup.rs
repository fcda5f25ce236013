//! `muster backup`: a copy of everything at one instant, from a folder that may be in use.

use super::Place;
use super::print_line;
use super::reach::{ask_once, existing, unexpected};
use crate::operator::{Request, Response};
use anyhow::{Context, Result};
use clap::Args;
use std::path::{PathBuf, absolute};

/// A backup.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The folder to make, on the machine that holds the data; it must not be there yet. It is a data folder itself:
    /// to restore it, copy it to where the server looks
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// Makes a backup, through the server where one holds the folder.
pub(super) async fn backup(Arguments { out, place }: Arguments) -> Result<()> {
    let config = existing(place.config())?;
    // A server has a working folder of its own.
    let out = absolute(&out).with_context(|| format!("--out {}", out.display()))?;
    match ask_once(config, Request::Backup { out: out.clone() }).await? {
        Response::BackedUp(made) => print_line(&format!(
            "{}: {} segments with {} events, and the log; {} bytes",
            out.display(),
            made.segments,
            made.sealed_events,
            made.bytes
        )),
        other => Err(unexpected(&other)),
    }
}
