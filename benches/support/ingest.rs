//! How fast events are taken over `/track`, durably: in batches, and one by one.
//!
//! The bodies of batches are made beforehand: the server and who sends share the machine, and it is the server that is
//! measured.

use super::Result;
use super::client::Client;
use super::dataset::population::Population;
use super::figures::{Times, ms, per_second, print_table, short};
use super::live::Live;
use super::process::Process;
use super::sealing::{Watch, until_quiet};
use super::server::Server;
use futures_util::future::try_join_all;
use std::cell::RefCell;
use std::time::{Duration, Instant};

/// Events of a batch.
const BATCH: usize = 1_000;
/// Batches in all, of all senders together.
const BATCHES: usize = 1_000;
/// Connections that send batches.
const BATCH_SENDERS: usize = 4;
/// Connections that send single events, and for how long.
const SENDERS: usize = 64;
const WHILE: Duration = Duration::from_secs(15);

/// What was sent, and how long each request took.
struct Sent {
    times: Times,
    events: usize,
    took: Duration,
    kept_up: Duration,
    cpu: Duration,
}

/// Sends batches, then single events; prints a table.
pub(crate) async fn measure(server: &Server, client: &Client, people: &Population) -> Result<()> {
    let mut lines = Vec::new();
    let before = client.count_events().await?;
    let mut live = Live::of(people, BATCH as u64);
    let bodies: Vec<String> = (0..BATCHES).map(|_| live.batch(BATCH)).collect();
    let bodies = RefCell::new(bodies);
    let watch = Watch::begin(&server.data);
    let batches = send(server, client, (BATCH_SENDERS, BATCH), |_| bodies.borrow_mut().pop()).await?;
    let sealed = watch.end()?;
    lines.push(line(&format!("batches of {BATCH} from {BATCH_SENDERS} connections"), &batches));
    let end = Instant::now() + WHILE;
    let single = |live: &mut Live<'_>| (Instant::now() < end).then(|| live.event());
    let sources: Vec<RefCell<Live<'_>>> =
        (0..SENDERS).map(|seed| RefCell::new(Live::of(people, seed as u64))).collect();
    let singles =
        send(server, client, (SENDERS, 1), |sender| single(&mut sources[sender].borrow_mut())).await?;
    lines.push(line(&format!("single events from {SENDERS} connections"), &singles));
    let (sent, stored) = (batches.events + singles.events, client.count_events().await? - before);
    if sent as u64 != stored {
        return Err(format!("{sent} events were acknowledged, {stored} are stored").into());
    }
    println!(
        "Ingest over /track, every request durable; all {} events are stored once:\n",
        short(sent as f64)
    );
    let header =
        ["what", "events/s", "kept up, events/s", "requests/s", "p50 ms", "p99 ms", "CPU µs an event"];
    print_table(&header, &lines);
    println!(
        "Something waited to be sealed {} times, {} s at most, {} s in all.\n",
        sealed.count,
        short(sealed.longest.as_secs_f64()),
        short(sealed.total.as_secs_f64())
    );
    Ok(())
}

/// Sends events from so many connections in requests of so many while a connection has more to send.
async fn send(
    server: &Server,
    client: &Client,
    (senders, batch): (usize, usize),
    next: impl Fn(usize) -> Option<String>,
) -> Result<Sent> {
    let process: Process = server.process();
    let (cpu, begin) = (process.cpu()?, Instant::now());
    let sender = async |sender: usize| {
        let mut times = Times::default();
        while let Some(body) = next(sender) {
            let sent = Instant::now();
            client.track(body).await?;
            times.push(sent.elapsed());
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(times)
    };
    let mut times = Times::default();
    for of_one in try_join_all((0..senders).map(sender)).await? {
        times.extend(of_one);
    }
    let took = begin.elapsed();
    let kept_up = until_quiet(process, &server.data).await?.saturating_duration_since(begin).max(took);
    let events = times.count() * batch;
    Ok(Sent { times, events, took, kept_up, cpu: process.cpu_since(cpu)? })
}

fn line(what: &str, sent: &Sent) -> Vec<String> {
    vec![
        what.to_owned(),
        short(per_second(sent.events, sent.took)),
        short(per_second(sent.events, sent.kept_up)),
        short(per_second(sent.times.count(), sent.took)),
        short(sent.times.percentile(50)),
        short(sent.times.percentile(99)),
        short(1e3 * ms(sent.cpu) / sent.events as f64),
    ]
}
