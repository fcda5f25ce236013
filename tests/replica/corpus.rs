//! Every analysis about random projects, answered by a replica, against the reference.

use super::world::{Bucket, go_on, put};
use crate::analytics::against_reference::{COMPARED, differing_elsewhere};
use crate::support::house::House;
use crate::support::oracle::random;
use futures_util::{StreamExt, stream};
use muster::domain::time::Clock;

/// Projects for each analysis: few, as the ordinary run goes through many more on a primary.
const SEEDS: u64 = 2;

#[tokio::test(flavor = "multi_thread")]
async fn every_analysis_is_what_the_definition_says_when_a_replica_answers() {
    let many = std::env::var("MUSTER_SEEDS").ok().and_then(|many| many.parse().ok()).unwrap_or(SEEDS);
    let asked = COMPARED.iter().enumerate().map(|(place, (sentence, draw, with_cohorts))| async move {
        let bucket = Bucket::new();
        let now = random::project(&mut random::rng(0)).data.now;
        let primary = House::publishing(&bucket.storage(), now, 60);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let replica = House::replica_of(&bucket.storage(), folder, now);
        let bring = async || {
            primary.seal().await;
            let now = primary.clock.now();
            put(primary.engine.store(), now).await;
            go_on(replica.engine.store(), now).await.expect("it follows");
        };
        // Each analysis has its own projects, so that together they see many.
        let place = place as u64;
        let about = (*draw, *with_cohorts, place..place + many);
        let failures = differing_elsewhere(&primary, &replica, bring, 0, about).await;
        let rows = replica.engine.store().snapshot().count_sealed_events(None);
        drop((primary.close(), replica.close()));
        (*sentence, failures, rows)
    });
    let done: Vec<_> = stream::iter(asked).buffer_unordered(2).collect().await;
    let mut failures = Vec::new();
    for (sentence, found, rows) in done {
        failures.extend(found.into_iter().map(|failure| format!("{sentence}: {failure}")));
        assert!(rows > 0, "{sentence}: the replica has events");
    }
    let shown: Vec<&str> = failures.iter().take(3).map(String::as_str).collect();
    assert!(failures.is_empty(), "{} answers differ\n{}", failures.len(), shown.join("\n\n"));
}
