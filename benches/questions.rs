//! What the main questions cost: `cargo bench`.
//!
//! Generates the demo's data (seeded) into a temporary folder through the real writer, then asks each question
//! through the schema and prints wall-clock medians as a table with the machine and the commit.

#![expect(clippy::print_stdout, reason = "a benchmark tells its figures on standard output")]

use async_graphql::{EmptyMutation, EmptySubscription, MergedObject, Request, Schema};
use chrono::{NaiveDate, TimeZone, Utc};
use muster::analytics::active::ActiveQuery;
use muster::analytics::funnel::FunnelQuery;
use muster::caller::Caller;
use muster::demo::Demo;
use muster::domain::identity::{ProjectKey, Right};
use muster::domain::limits::Limits;
use muster::domain::time::{Clock, ManualClock};
use muster::engine::Engine;
use muster::ingest::sessions::Sessions;
use muster::ingest::writer::Writer;
use muster::store::{Options, Store};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[derive(MergedObject, Default)]
struct Analyses(ActiveQuery, FunnelQuery);

/// The questions: name and document.
const QUESTIONS: [(&str, &str); 5] = [
    (
        "active users per company, 30 days",
        r#"{ activeUsers(groupType: "company", last: "P30D") { rows { group { id name } activeUsers events lastActiveAt change } } }"#,
    ),
    (
        "active users per company, totals and daily buckets",
        r#"{ activeUsers(groupType: "company", last: "P30D", interval: DAY) { totals { groups activeUsers events } buckets { bucket activeUsers } } }"#,
    ),
    (
        "four-step funnel per workspace, 30 days, profiles",
        r#"{ funnel(steps: [{event: "signup"}, {event: "project_created"}, {event: "invite_sent"}, {event: "report_exported"}], window: "P7D", last: "P30D", breakdown: [{groupType: "workspace"}]) { steps { units } rows { group { id } steps { units } } } }"#,
    ),
    (
        "the same over 180 days",
        r#"{ funnel(steps: [{event: "signup"}, {event: "project_created"}, {event: "invite_sent"}, {event: "report_exported"}], window: "P7D", last: "P180D", breakdown: [{groupType: "workspace"}]) { steps { units } rows { group { id } steps { units } } } }"#,
    ),
    (
        "four-step funnel, 180 days, companies as the unit",
        r#"{ funnel(steps: [{event: "signup"}, {event: "project_created"}, {event: "invite_sent"}, {event: "report_exported"}], window: "P7D", last: "P180D", unit: {kind: GROUP, groupType: "company"}) { steps { units medianSeconds } } }"#,
    ),
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // `cargo test --benches` runs this file as well; it has nothing to test.
    if !std::env::args().any(|arg| arg == "--bench") {
        return Ok(());
    }
    let folder = std::env::temp_dir().join(format!("muster-bench-{}", std::process::id()));
    let outcome = bench(&folder).await;
    std::fs::remove_dir_all(&folder)?;
    outcome
}

async fn bench(folder: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
    let until = NaiveDate::from_ymd_opt(2026, 7, 1).unwrap_or_default();
    let now = Utc.from_utc_datetime(&until.and_time(chrono::NaiveTime::MIN));
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::starting_at(now));
    let (store, appender) = Store::open(folder, Options::default())?;
    let (queue, _thread) = Writer::start(appender, Arc::clone(&clock), Sessions::default());
    let engine = Arc::new(Engine::new(store, 2, Duration::from_mins(1), 100_000));
    let project = ProjectKey(1);
    let limits = Arc::new(Limits::default());
    let caller = || {
        let (engine, clock, limits) = (Arc::clone(&engine), Arc::clone(&clock), Arc::clone(&limits));
        Arc::new(Caller::new(project, Right::Admin, engine, queue.clone(), clock, limits))
    };
    let begin = Instant::now();
    let mut batches = Vec::new();
    Demo::new(1, until)?.write_all(|writes| {
        batches.push(writes);
        Ok::<(), std::convert::Infallible>(())
    })?;
    let generated = begin.elapsed();
    let count: usize = batches.iter().map(Vec::len).sum();
    let begin = Instant::now();
    for batch in batches {
        caller().write(batch).await.map_err(|failure| failure.message)?;
    }
    let written = begin.elapsed();
    println!("machine: {} cores, {}", std::thread::available_parallelism()?, machine());
    println!("commit: {}", commit());
    println!(
        "{count} writes generated in {generated:.1?}, written durably in {written:.1?} (batches of 5,000)\n"
    );
    println!("| question | median ms | slowest ms |\n|---|---|---|");
    let schema = Schema::new(Analyses::default(), EmptyMutation, EmptySubscription);
    for (name, document) in QUESTIONS {
        let mut times = Vec::new();
        for _ in 0..15 {
            let request = muster::graphql::context::with_caller(Request::new(document), caller());
            let begin = Instant::now();
            let response = schema.execute(request).await;
            times.push(begin.elapsed());
            if let Some(error) = response.errors.first() {
                return Err(error.message.clone().into());
            }
        }
        times.sort();
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        println!("| {name} | {:.1} | {:.1} |", ms(times[times.len() / 2]), ms(times[times.len() - 1]));
    }
    Ok(())
}

/// The processor, as the system names it.
fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name"));
    model.map_or_else(
        || "unknown processor".to_owned(),
        |model| model.trim_start_matches([' ', '\t', ':']).to_owned(),
    )
}

/// The commit of the working tree.
fn commit() -> String {
    let output = std::process::Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
    output.map_or_else(
        |_| "unknown".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
