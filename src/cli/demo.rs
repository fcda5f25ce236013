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
use crate::store::private::write_private;
use anyhow::{Context, Result, anyhow};
use chrono::NaiveDate;
use clap::Args;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Handle;

/// The demo.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The data ends with the day before this one, UTC; today unless given or made before
    #[arg(long, value_name = "DATE", value_parser = date)]
    until: Option<NaiveDate>,
    /// Another seed makes other data; 1 unless given or made before
    #[arg(long)]
    seed: Option<u64>,
    #[command(flatten)]
    config: Config,
}

impl Arguments {
    /// How the server runs.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }
}

fn date(text: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| "write a day such as 2026-01-31".to_owned())
}

/// The name of the project.
const PROJECT: &str = "demo";

/// The file that says that the data is complete, and how to get at it.
const FILE: &str = "demo-client.json";

/// The file that says which data it is. It comes first, so that an interrupted start goes on with the same.
const DATA_FILE: &str = "demo-data.json";

/// Which data a folder holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct DemoData {
    seed: u64,
    /// The day behind the last.
    until: String,
}

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
    config.check_queries_dir().map_err(Usage)?;
    let today = || SystemClock.now().date_naive();
    let data = match read::<DemoData>(&config.data_dir.join(DATA_FILE))? {
        Some(data) => data,
        None => DemoData { seed: seed.unwrap_or(1), until: until.unwrap_or_else(today).to_string() },
    };
    let is_other = |until: NaiveDate| until.to_string() != data.until;
    if seed.is_some_and(|seed| seed != data.seed) || until.is_some_and(is_other) {
        return Err(Usage(other_data(&config.data_dir, &data)).into());
    }
    let end = date(&data.until).map_err(Usage)?;
    let demo = Demo::new(data.seed, end).map_err(|invalid| Usage(format!("--{invalid}")))?;
    let listener = listen(config.listen).await?;
    let address = listener.local_addr()?;
    let app = open(config).await?;
    let client = match read(&app.config().data_dir.join(FILE))? {
        Some(client) => client,
        None => make(&app, &data, demo).await?,
    };
    let link = app.sign_ins().link(&client.id, app.clock().now()).map_err(told)?;
    let scheme = if app.config().tls_cert.is_some() { "https" } else { "http" };
    let address = format!("{scheme}://{address}");
    welcome(&address, &client, &data, &app.config().data_dir, &link)?;
    serve_on(listener, app).await
}

/// Reads a file of ours, if it is there.
fn read<T: DeserializeOwned>(file: &Path) -> Result<Option<T>> {
    match std::fs::read(file) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| anyhow!("{} is damaged ({error}); choose another --data-dir", file.display())),
        // Opening the folder tells what is wrong with it.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error).with_context(|| file.display().to_string()),
    }
}

/// What to say when other data is asked for than the folder holds.
fn other_data(data_dir: &Path, DemoData { seed, until }: &DemoData) -> String {
    format!(
        "{} holds the demo made with --seed {seed} --until {until}; give another --data-dir to make other data, or leave --seed and --until out to serve what is there",
        data_dir.display()
    )
}

/// Makes project, data and client. The client's file comes last: an interrupted start is done again, and events
/// that are there already are not stored twice.
async fn make(app: &Arc<App>, data: &DemoData, demo: Demo) -> Result<DemoClient> {
    let project = match app.project(PROJECT) {
        Some(project) => project,
        None if app.projects().is_empty() => app.directory().create_project(PROJECT).await.map_err(told)?,
        None => {
            let folder = app.config().data_dir.display();
            let reason =
                format!("{folder} holds other projects; give the demo a folder of its own with --data-dir");
            return Err(Usage(reason).into());
        }
    };
    let folder = &app.config().data_dir;
    let file = folder.join(DATA_FILE);
    write_private(&file, &serde_json::to_vec_pretty(data)?).with_context(|| file.display().to_string())?;
    let (writer, handle, bar) = (Arc::clone(app), Handle::current(), progress_bar());
    let made = tokio::task::spawn_blocking(move || {
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
    // All of it is there: nobody waits for more before it is laid out for questions.
    app.seal();
    let client = app.directory().create_client(project.key, "Demo", Right::Admin, &[]).await.map_err(told)?;
    let client = DemoClient { project: PROJECT.to_owned(), id: client.client.id, secret: client.secret };
    let file = folder.join(FILE);
    write_private(&file, &serde_json::to_vec_pretty(&client)?).with_context(|| file.display().to_string())?;
    Ok(client)
}

fn welcome(address: &str, client: &DemoClient, data: &DemoData, data_dir: &Path, link: &str) -> Result<()> {
    let DemoData { seed, until } = data;
    let (id, secret, folder) = (&client.id, &client.secret, data_dir.display());
    let program = std::env::args().next().unwrap_or_else(|| "muster".to_owned());
    print_line(&format!(
        "Muster serves half a year of a made-up product's data: the 180 days before {until} (UTC), seed {seed}.
It is kept in {folder}; other days or another seed need another --data-dir.

  Dashboard      {address}/dashboard/enter?link={link}
                 (opens once, within an hour; later sign in with the id and the secret)
  GraphQL        {address}/graphql
  SDK events     {address}/track
  Saved queries  {address}/queries/ActiveCompanies.csv
  Health         {address}/health

  Client id      {id}
  Client secret  {secret}
  (also in {folder}/{FILE})

Try:

  curl -u {id}:{secret} {address}/queries/ActiveCompanies.csv

  curl -u {id}:{secret} {address}/graphql -H 'content-type: application/json' \\
    -d '{{\"query\":\"{{ groups(type: \\\"company\\\", first: 5) {{ nodes {{ id name memberCount }} }} }}\"}}'

  {program} query ActivationFunnel --project {PROJECT} --data-dir {folder}
"
    ))
}
