//! `muster demo`: half a year of made-up B2B data, generated once, then served.

use super::Usage;
use super::import::progress_bar;
use super::serve::{listen, open, serve_on};
use super::{print_line, told};
use crate::app::App;
use crate::config::Config;
use crate::demo::Demo;
use crate::domain::identity::Right;
use crate::domain::time::{Clock, SystemClock};
use crate::operator::door::write_private;
use anyhow::{Context, Result, anyhow};
use chrono::NaiveDate;
use clap::Args;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Handle;

/// The demo.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The data ends with the day before this one, UTC; today unless given
    #[arg(long, value_name = "DATE", value_parser = date)]
    until: Option<NaiveDate>,
    /// Another seed makes other data
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    config: Config,
}

fn date(text: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| "write a day such as 2026-01-31".to_owned())
}

/// The name of the project.
const PROJECT: &str = "demo";

/// The file that says that the data is complete, and how to get at it.
const FILE: &str = "demo-client.json";

/// Who may ask.
#[derive(Serialize, Deserialize)]
struct DemoClient {
    project: String,
    id: String,
    secret: String,
}

/// Makes the data where it is not there yet, and serves it.
pub(super) async fn demo(arguments: Arguments) -> Result<()> {
    let Arguments { until, seed, config } = arguments;
    let listener = listen(config.listen).await?;
    let address = listener.local_addr()?;
    let file = config.data_dir.join(FILE);
    let app = open(config).await?;
    let client = match std::fs::read(&file) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map_err(|error| anyhow!("{} is damaged ({error}); choose another --data-dir", file.display()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            make(&app, seed, until.unwrap_or_else(|| SystemClock.now().date_naive()), &file).await?
        }
        Err(error) => return Err(error).with_context(|| file.display().to_string()),
    };
    welcome(address, &client, &app.config().data_dir)?;
    serve_on(listener, app).await
}

/// Makes project, data and client. The file comes last: an interrupted start is done again, and events that are
/// there already are not stored twice.
async fn make(app: &Arc<App>, seed: u64, until: NaiveDate, file: &Path) -> Result<DemoClient> {
    let project = match app.project(PROJECT) {
        Some(project) => project,
        None if app.projects().is_empty() => app.create_project(PROJECT).await.map_err(told)?,
        None => {
            let folder = app.config().data_dir.display();
            let reason =
                format!("{folder} holds other projects; give the demo a folder of its own with --data-dir");
            return Err(Usage(reason).into());
        }
    };
    let (writer, handle, bar) = (Arc::clone(app), Handle::current(), progress_bar());
    let made = tokio::task::spawn_blocking(move || {
        let demo = Demo::new(seed, until);
        bar.set_length(demo.total_events());
        let result = demo.write_all(|batch| {
            let count = batch.len() as u64;
            // A caller each: one caller belongs to one request.
            handle.block_on(writer.caller(project.key, Right::Write).write(batch)).map_err(told)?;
            bar.inc(count);
            anyhow::Ok(())
        });
        bar.finish_and_clear();
        result
    });
    made.await??;
    let client = app.create_client(PROJECT, Right::Admin, &[]).await.map_err(told)?;
    let client = DemoClient { project: PROJECT.to_owned(), id: client.id, secret: client.secret };
    write_private(file, &serde_json::to_vec_pretty(&client)?).with_context(|| file.display().to_string())?;
    Ok(client)
}

fn welcome(address: SocketAddr, client: &DemoClient, data_dir: &Path) -> Result<()> {
    let (id, secret, folder) = (&client.id, &client.secret, data_dir.display());
    let program = std::env::args().next().unwrap_or_else(|| "muster".to_owned());
    print_line(&format!(
        "Muster serves half a year of a made-up product's data.

  GraphQL        http://{address}/graphql
  SDK events     http://{address}/track
  Saved queries  http://{address}/queries/ActiveCompanies.csv
  Health         http://{address}/health

  Client id      {id}
  Client secret  {secret}
  (also in {folder}/{FILE})

Try:

  curl -u {id}:{secret} http://{address}/queries/ActiveCompanies.csv

  curl -u {id}:{secret} http://{address}/graphql -H 'content-type: application/json' \\
    -d '{{\"query\":\"{{ groups(type: \\\"company\\\", first: 5) {{ nodes {{ id name memberCount }} }} }}\"}}'

  {program} query ActivationFunnel --project {PROJECT} --data-dir {folder}
"
    ))
}
