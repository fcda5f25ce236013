//! Whether a question sees an event as soon as it is acknowledged.

use super::Result;
use super::client::Client;
use super::figures::{Times, print_table, short};
use serde_json::json;
use std::time::{Duration, Instant};

/// Events that are sent, and asked for, one after the other: so many, or fewer if it takes long.
const MOST_ROUNDS: u64 = 300;
const WHILE: Duration = Duration::from_secs(15);

const DOCUMENT: &str = r#"query Fresh($id: ID!) {
  group(id: $id) {
    lastActiveAt
    metrics(range: { from: "2025-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" }) { events activeUsers }
  }
}"#;

/// Sends an event to a group of its own, asks for the group's figures at once, and again.
pub(crate) async fn measure(client: &Client) -> Result<()> {
    let (mut sent, mut asked, mut seen) = (Times::default(), Times::default(), 0);
    // Another run on the same folder has other groups.
    let first = client.count_events().await?;
    let (end, mut round) = (Instant::now() + WHILE, 0);
    while round < MOST_ROUNDS && Instant::now() < end {
        let group = format!("fresh_{}", first + round / 2);
        let payload = json!({ "name": "task_created", "profileId": "usr_fresh", "groups": [group] });
        let begin = Instant::now();
        client.track(json!({ "type": "track", "payload": payload }).to_string()).await?;
        sent.push(begin.elapsed());
        let begin = Instant::now();
        let answer = client.ask(DOCUMENT, &json!({ "id": group })).await?;
        asked.push(begin.elapsed());
        let figures = &answer["group"]["metrics"];
        let expected = json!({ "events": 1 + round % 2, "activeUsers": 1 });
        seen += u64::from(*figures == expected && !answer["group"]["lastActiveAt"].is_null());
        round += 1;
    }
    println!("Freshness: {seen} of {round} events were in the answer to the next question.\n");
    print_table(
        &["one after the other", "p50 ms", "p99 ms"],
        &[
            vec!["one event, durable".into(), short(sent.percentile(50)), short(sent.percentile(99))],
            vec!["its group's figures".into(), short(asked.percentile(50)), short(asked.percentile(99))],
        ],
    );
    if seen == round { Ok(()) } else { Err("some answers were stale".into()) }
}
