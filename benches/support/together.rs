//! Many clients at once while events arrive.

use super::Result;
use super::client::Client;
use super::dataset::population::Population;
use super::figures::{per_second, print_table, short};
use super::live::Live;
use super::met::{Met, ask};
use futures_util::future::join_all;
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

/// Asks the bodies in turn from one client, then from many; prints a table.
pub(crate) async fn measure(client: &Client, people: &Population, bodies: &[String]) -> Result<()> {
    let (mut lines, mut rates) = (Vec::new(), Vec::new());
    for clients in CLIENTS {
        let begin = Instant::now();
        let end = begin + WHILE;
        let asking = async {
            let each = join_all((0..clients).map(|number| ask(client, bodies, number, end))).await;
            let mut all = Met::default();
            for one in each {
                all.join(one);
            }
            (all, begin.elapsed())
        };
        let sending = async { (send(client, people, end).await, begin.elapsed()) };
        let ((asked, asking), (sent, sending)) = tokio::join!(asking, sending);
        for error in [&asked.first_error, &sent.first_error].into_iter().flatten() {
            println!("the first error with {clients} clients: {error}\n");
        }
        let rate = per_second(asked.times.count(), asking);
        rates.push(rate);
        lines.push(vec![
            clients.to_string(),
            short(rate),
            short(asked.times.percentile(50)),
            short(asked.times.percentile(99)),
            asked.errors.to_string(),
            short(per_second(sent.times.count() * BATCH, sending)),
            short(sent.times.percentile(99)),
            sent.errors.to_string(),
        ]);
    }
    println!("{} from clients at once, while {EVENTS_A_SECOND} events/s are sent:\n", MIXED.join(", "));
    let header =
        ["clients", "answers/s", "p50 ms", "p99 ms", "errors", "events/s", "p99 ms of a batch", "errors"];
    print_table(&header, &lines);
    println!("{} times the answers of one client.\n", short(rates[1] / rates[0]));
    Ok(())
}

/// Sends events at a steady rate, or as fast as the server takes them.
async fn send(client: &Client, people: &Population, end: Instant) -> Met {
    let (mut live, mut met) = (Live::of(people, 7), Met::default());
    let mut beat = tokio::time::interval(Duration::from_millis(BEAT_MS));
    while Instant::now() < end {
        beat.tick().await;
        let body = live.batch(BATCH);
        met.add(Instant::now(), client.track(body).await);
    }
    met
}
