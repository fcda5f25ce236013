//! Segments come and go while a cluster computes.

use super::cluster::Cluster;
use super::{PROJECT, QUESTIONS, ask, company, event, now};
use crate::support::house::House;
use serde_json::json;
use std::sync::Arc;

/// Events in a write, a little fewer than fill a generation.
const BATCH: i64 = 80;

#[tokio::test(flavor = "multi_thread")]
async fn each_event_counts_once_while_segments_are_sealed_and_compacted() {
    let Some(cluster) = Cluster::start("sealing and compaction").await else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let house = Arc::new(House::open_on(cluster.settings(), folder, now(), 100));
    house.write(PROJECT, ["acme", "globex", "initech"].map(company).to_vec()).await;
    let asking = Arc::clone(&house);
    // Somebody else asks all the while, and holds instants that are over.
    let asker = tokio::spawn(async move {
        let (mut last, mut answers) = (0, 0);
        while last < 20 * BATCH {
            let answer = ask(&asking, QUESTIONS[1]).await;
            let answer = answer.unwrap_or_else(|error| panic!("{error}: {:?}", asking.engine.remote()));
            let count = answer["activeUsers"]["totals"]["events"].as_i64().expect("a count");
            assert!(count >= last && count % BATCH == 0, "{count} after {last}");
            (last, answers) = (count, answers + 1);
        }
        answers
    });
    for number in 0..20 {
        let batch = (number * BATCH..(number + 1) * BATCH).map(event).collect();
        house.write(PROJECT, batch).await;
        let count = "{ events(first: 1) { totalCount } activeUsers(groupType: \"company\", last: \"P30D\") { totals { events } rows { events } } }";
        let answer = house.ask(PROJECT, count, json!({})).await.expect("an answer");
        let all = (number + 1) * BATCH;
        assert_eq!(answer["events"]["totalCount"], all);
        assert_eq!(answer["activeUsers"]["totals"]["events"], all);
        let rows = answer["activeUsers"]["rows"].as_array().expect("rows");
        let sum: i64 = rows.iter().filter_map(|row| row["events"].as_i64()).sum();
        assert_eq!(sum, all, "each event is in one company");
    }
    assert!(asker.await.expect("no answer was wrong") > 3);
    house.until_sealed().await;
    let store = house.engine.store();
    assert!(store.seals() >= 10 && store.compactions() >= 2, "{} {}", store.seals(), store.compactions());
    let state = house.engine.remote().expect("there is one").state();
    assert!(state.failures == 0 && state.replaced == 0 && state.answered > 40, "{state:?}");
    let kept = std::fs::read_dir(store.folder().join("lake")).expect("a lake");
    let segments: Vec<u64> = store.snapshot().segments.iter().map(|segment| segment.number).collect();
    for entry in kept {
        let name = entry.expect("an entry").file_name().into_string().expect("UTF-8");
        let number =
            name.trim_end_matches(".parquet").rsplit_once('_').and_then(|(_, number)| number.parse().ok());
        assert!(
            number.is_none_or(|number| segments.contains(&number)),
            "{name} is of a segment that is gone"
        );
    }
}
