//! The data set in a data folder: files through the command line, memberships over `/track` as an SDK sends them.

use super::Result;
use super::client::{Client, Credentials, PROJECT};
use super::dataset::population::Population;
use super::dataset::{Dataset, memberships};
use super::figures::{per_second, print_table, short};
use super::folder;
use super::plan::{Plan, Size};
use super::sealing::until_quiet;
use super::server::Program;
use serde_json::json;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A data folder that holds a data set and is held by nobody.
#[derive(Debug)]
pub(crate) struct Imported {
    /// The files.
    pub(crate) dataset: Dataset,
    /// The data folder.
    pub(crate) data: PathBuf,
    /// A client that may ask and send.
    pub(crate) credentials: Credentials,
}

/// Operations in one request.
const BATCH: usize = 1_000;

/// Which column of an event file means what; the other columns are properties.
const COLUMNS: [(&str, &str); 9] = [
    ("--id", "id"),
    ("--name", "name"),
    ("--profile", "profile_id"),
    ("--device", "device_id"),
    ("--session", "session_id"),
    ("--groups", "groups"),
    ("--path", "path"),
    ("--time", "occurred_at"),
    ("--revenue", "revenue"),
];

impl Imported {
    /// The data folder of a size: made anew, or the one of the last run.
    pub(crate) async fn of(plan: &Plan, size: &Size, program: &Program, people: &Population) -> Result<Self> {
        let home = plan.folder.join(&size.name);
        let begin = Instant::now();
        let dataset = Dataset::of(people, &home.join("files"), size.events)?;
        println!("{} events in files after {:.1?}\n", short(dataset.manifest.events as f64), begin.elapsed());
        let (data, kept) = (home.join("store"), home.join("client.json"));
        if plan.reuse && data.exists() {
            let credentials = serde_json::from_slice(&std::fs::read(kept)?)?;
            return Ok(Self { dataset, data, credentials });
        }
        folder::remove(&data)?;
        program.run(&data, &["project", "create", PROJECT])?;
        let credentials = Credentials::make(program, &data)?;
        std::fs::write(kept, serde_json::to_vec(&credentials)?)?;
        let imported = Self { dataset, data, credentials };
        imported.import(program, people).await?;
        Ok(imported)
    }

    async fn import(&self, program: &Program, people: &Population) -> Result<()> {
        let events = self.dataset.manifest.events;
        let mut lines = Vec::new();
        let mut line = |what: &str, count: usize, time: Duration| {
            let (count, rate) = (short(count as f64), short(per_second(count, time)));
            lines.push(vec![what.to_owned(), count, short(time.as_secs_f64()), rate]);
        };
        let begin = Instant::now();
        let mut stored = 0;
        for file in self.dataset.event_files() {
            let file = file.display().to_string();
            let columns = COLUMNS.iter().flat_map(|(flag, column)| [*flag, *column]);
            let arguments: Vec<&str> =
                ["import", file.as_str(), "--project", PROJECT].into_iter().chain(columns).collect();
            stored += stored_events(&program.run(&self.data, &arguments)?)?;
        }
        line("events, muster import", stored, begin.elapsed());
        if stored != events {
            return Err(format!("the files hold {events} events, {stored} were stored").into());
        }
        for (command, file, columns) in [
            ("import-groups", "groups", ["--id", "id", "--type", "type", "--name", "name"].as_slice()),
            ("import-profiles", "profiles", &["--id", "id", "--email", "email"]),
        ] {
            let begin = Instant::now();
            let file_path = self.dataset.file(file).display().to_string();
            let arguments = [&[command, file_path.as_str(), "--project", PROJECT], columns].concat();
            let rows = leading_number(&program.run(&self.data, &arguments)?)?;
            line(&format!("{file}, muster {command}"), rows, begin.elapsed());
        }
        let server = program.serve(&self.data)?;
        let client = Client::of(&server, &self.credentials)?;
        let begin = Instant::now();
        send_memberships(&client, people).await?;
        line("profiles' memberships, /track", people.people.len(), begin.elapsed());
        let begin = Instant::now();
        let quiet = until_quiet(server.process(), &self.data).await?;
        let behind = quiet.saturating_duration_since(begin);
        server.stop()?;
        let (size, behind) = (folder::megabytes(&self.data)?, short(behind.as_secs_f64()));
        println!("Import; {size} MB in the data folder, sealed {behind} s after the last acknowledgement:\n");
        print_table(&["what", "count", "seconds", "a second"], &lines);
        Ok(())
    }
}

/// Makes every person a member of their groups.
async fn send_memberships(client: &Client, people: &Population) -> Result<()> {
    let operations: Vec<_> = memberships(people)
        .map(|(id, groups)| {
            json!({ "type": "assign_group", "payload": { "profileId": id, "groupIds": groups } })
        })
        .collect();
    for batch in operations.chunks(BATCH) {
        client.track(json!(batch).to_string()).await?;
    }
    Ok(())
}

/// `N rows: M events stored, …` says that M were stored.
fn stored_events(said: &str) -> Result<usize> {
    let (_, rest) = said.split_once(": ").ok_or("an import says something else")?;
    leading_number(rest)
}

fn leading_number(said: &str) -> Result<usize> {
    let digits: String = said.chars().take_while(char::is_ascii_digit).collect();
    Ok(digits.parse()?)
}
