//! Many small projects in one store.

use super::Result;
use super::client::{Client, Credentials};
use super::figures::{Times, ms, per_second, print_table, short};
use super::folder;
use super::sealing::{Watch, until_quiet};
use super::server::Program;
use futures_util::future::try_join_all;
use muster::operator::door::Visitor;
use muster::operator::{Request, Response, clients};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use std::cell::Cell;
use std::path::Path;
use std::time::{Duration, Instant};

/// Projects.
const TENANTS: usize = 10_000;
/// Every project gets so many events, so often: 250,000 events in a round, 1 million in all.
const EVENTS: usize = 25;
const ROUNDS: usize = 4;
/// Connections that send.
const SENDERS: usize = 16;
/// Questions asked of projects at random: so many, or fewer if it takes long.
const MOST_ASKS: usize = 2_000;
const WHILE: Duration = Duration::from_secs(30);

const DOCUMENT: &str = r#"{
  activeUsers(groupType: "company", last: "P30D", first: 10) { rows { group { id name } activeUsers } }
  group(id: "c1") { lastActiveAt activity(last: "P7D", interval: DAY) { bucket events activeUsers } }
}"#;

/// Fills a store with projects and asks some of them; prints a table.
pub(crate) async fn measure(program: &Program, home: &Path) -> Result<()> {
    let data = home.join("tenants");
    folder::remove(&data)?;
    let mut lines: Vec<Vec<String>> = Vec::new();
    let mut line = |what: &str, figure: String| lines.push(vec![what.to_owned(), figure]);

    let server = program.serve(&data)?;
    let begin = Instant::now();
    let tenants = create(&data).await?;
    line("projects with a client made, each second", short(per_second(TENANTS, begin.elapsed())));

    let client = Client::of(&server, &tenants[0])?;
    let (watch, begin) = (Watch::begin(&data), Instant::now());
    fill(&client, &tenants).await?;
    let events = TENANTS * EVENTS * ROUNDS;
    line("events/s, requests of 25", short(per_second(events, begin.elapsed())));
    until_quiet(server.process(), &data).await?;
    let sealed = watch.end()?;
    line("sealings of 250,000 events of all projects", sealed.count.to_string());
    line("the longest of them, s", short(sealed.longest.as_secs_f64()));
    server.stop()?;

    let server = program.serve(&data)?;
    line("start, s", short(server.started_in.as_secs_f64()));
    until_quiet(server.process(), &data).await?;
    line("memory after the start, MB", server.process().memory()?.resident.to_string());
    let client = Client::of(&server, &tenants[0])?;
    let (cpu, times) = (server.process().cpu()?, ask(&client, &tenants).await?);
    let cpu = server.process().cpu_since(cpu)?;
    line("questions of one project at random, p50 ms", short(times.percentile(50)));
    line("the same, p99 ms", short(times.percentile(99)));
    line("the same, CPU ms", short(ms(cpu) / times.count() as f64));
    line("the same, how many", times.count().to_string());
    line("memory after them, MB", server.process().memory()?.resident.to_string());
    server.stop()?;
    line("data folder, MB", folder::megabytes(&data)?.to_string());
    folder::remove(&data)?;
    println!("{TENANTS} projects in one store, {} events of each:\n", EVENTS * ROUNDS);
    print_table(&["what", "figure"], &lines);
    Ok(())
}

/// Makes the projects and a client of each, through the operator's door.
async fn create(data: &Path) -> Result<Vec<Credentials>> {
    let door = Visitor::find(data)?;
    let mut tenants = Vec::with_capacity(TENANTS);
    for number in 0..TENANTS {
        let project = format!("tenant-{number}");
        door.ask(&Request::CreateProject { name: project.clone() }).await?;
        let create = Request::Client(clients::Request::Create {
            project,
            right: "ADMIN".to_owned(),
            name: "Bench".to_owned(),
            origins: Vec::new(),
            introspection: None,
        });
        match door.ask(&create).await? {
            Response::Client(clients::Response::Secret { client, secret, .. }) => {
                tenants.push(Credentials { id: client.id, secret });
            }
            other => return Err(format!("no client was made: {other:?}").into()),
        }
    }
    Ok(tenants)
}

/// Sends every project's groups, and its events in rounds, so that each segment holds events of all projects.
async fn fill(client: &Client, tenants: &[Credentials]) -> Result<()> {
    let next = Cell::new(0);
    let sender = async |_| {
        while next.get() < TENANTS * ROUNDS {
            let number = next.replace(next.get() + 1);
            let (round, tenant) = (number / TENANTS, number % TENANTS);
            client.with(&tenants[tenant]).track(operations(round, tenant)).await?;
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    };
    try_join_all((0..SENDERS).map(sender)).await.map(drop)
}

fn operations(round: usize, tenant: usize) -> String {
    let mut dice = ChaCha8Rng::seed_from_u64((round * TENANTS + tenant) as u64);
    let mut operations = Vec::new();
    if round == 0 {
        for company in 0..3 {
            let payload =
                json!({ "id": format!("c{company}"), "type": "company", "name": format!("C {company}") });
            operations.push(json!({ "type": "group", "payload": payload }));
        }
    }
    for _ in 0..EVENTS {
        let company = dice.random_range(0..3);
        let profile = format!("p{company}-{}", dice.random_range(0..10));
        let name = ["login", "task_created", "report_viewed"][dice.random_range(0..3)];
        let payload = json!({ "name": name, "profileId": profile, "groups": [format!("c{company}")] });
        operations.push(json!({ "type": "track", "payload": payload }));
    }
    json!(operations).to_string()
}

/// Asks projects at random, one after the other. Each must answer with its three companies.
async fn ask(client: &Client, tenants: &[Credentials]) -> Result<Times> {
    let mut dice = ChaCha8Rng::seed_from_u64(1);
    let mut times = Times::default();
    let end = Instant::now() + WHILE;
    while times.count() < MOST_ASKS && Instant::now() < end {
        let client = client.with(&tenants[dice.random_range(0..TENANTS)]);
        let begin = Instant::now();
        let data = client.ask(DOCUMENT, &json!({})).await?;
        times.push(begin.elapsed());
        if data["activeUsers"]["rows"].as_array().is_none_or(|rows| rows.len() != 3) {
            return Err(format!("a project answers {data}").into());
        }
    }
    Ok(times)
}
