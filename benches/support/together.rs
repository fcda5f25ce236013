//! Many clients at once while events arrive.

use super::Result;
use super::client::Client;
use super::dataset::population::Population;
use super::figures::{Times, per_second, print_table, short};
use super::live::Live;
use futures_util::future::join_all;
use std::cell::Cell;
use std::time::{Duration, Instant};

/// The questions that are mixed.
pub(crate) const MIXED: [&str; 4] = ["Q1", "Q2", "Q6", "Q7"];
/// Clients that ask, first one, then all.
const CLIENTS: [usize; 2] = [1, 32];
/// How long they ask.
const WHILE: Duration = Duration::from_secs(20);
/// Events that arrive each second, in batches.
const EVENTS_A_SECOND: usize = 5_000;
const BEAT_MS: u64 = 50;
const BATCH: usize = EVENTS_A_SECOND * BEAT_MS as usize / 1_000;

/// What happened while some clients asked.
#[derive(Debug, Default)]
struct Asked {
    times: Times,
    errors: usize,
    first_error: Option<String>,
}

/// Asks the bodies in turn from one client, then from many; prints a table.
pub(crate) async fn measure(client: &Client, people: &Population, bodies: &[String]) -> Result<()> {
    let (mut lines, mut rates) = (Vec::new(), Vec::new());
    for clients in CLIENTS {
        let (arrived, begin) = (Cell::new(0), Instant::now());
        let end = begin + WHILE;
        let asking = async {
            let asked = join_all((0..clients).map(|number| ask(client, bodies, number, end))).await;
            (asked, begin.elapsed())
        };
        let ((asked, took), sent) = tokio::join!(asking, arrive(client, people, end, &arrived));
        let arriving = sent?;
        let mut all = Asked::default();
        for one in asked {
            all.times.extend(one.times);
            all.errors += one.errors;
            all.first_error = all.first_error.or(one.first_error);
        }
        if let Some(error) = &all.first_error {
            println!("the first error with {clients} clients: {error}\n");
        }
        let rate = per_second(all.times.count(), took);
        rates.push(rate);
        lines.push(vec![
            clients.to_string(),
            short(rate),
            short(all.times.percentile(50)),
            short(all.times.percentile(99)),
            all.errors.to_string(),
            short(per_second(arrived.get(), arriving)),
        ]);
    }
    println!("{} from clients at once, while {EVENTS_A_SECOND} events/s are sent:\n", MIXED.join(", "));
    let header = ["clients", "answers/s", "p50 ms", "p99 ms", "errors", "events/s"];
    print_table(&header, &lines);
    println!("{} times the answers of one client.\n", short(rates[1] / rates[0]));
    Ok(())
}

/// Asks one question after the other. Each client begins with another one.
async fn ask(client: &Client, bodies: &[String], number: usize, end: Instant) -> Asked {
    let mut asked = Asked::default();
    for body in bodies.iter().cycle().skip(number % bodies.len()) {
        let begin = Instant::now();
        if begin >= end {
            break;
        }
        match client.fetch(body.clone()).await {
            Ok(_) => asked.times.push(begin.elapsed()),
            Err(error) => {
                asked.errors += 1;
                asked.first_error.get_or_insert_with(|| error.to_string());
            }
        }
    }
    asked
}

/// Sends events at a steady rate, or as fast as the server takes them; gives how long it did.
async fn arrive(
    client: &Client,
    people: &Population,
    end: Instant,
    arrived: &Cell<usize>,
) -> Result<Duration> {
    let (mut live, begin) = (Live::of(people, 7), Instant::now());
    let mut beat = tokio::time::interval(Duration::from_millis(BEAT_MS));
    while Instant::now() < end {
        beat.tick().await;
        client.track(live.batch(BATCH)).await?;
        arrived.set(arrived.get() + BATCH);
    }
    Ok(begin.elapsed())
}
