//! The questions about random projects that are otherwise answered by DuckDB alone, each against the reference.

use super::cluster::Cluster;
use crate::analytics::against_reference::{COMPARED, differing};
use crate::support::house::House;
use crate::support::oracle::random;
use futures_util::{StreamExt, stream};
use muster::engine::remote::Settings;

/// Projects for each analysis: few, as every answer takes a machine-wide computation. The ordinary run goes through many
/// more without it.
const SEEDS: u64 = 2;

/// Houses that ask at once.
const AT_ONCE: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn every_analysis_is_what_the_definition_says_when_a_cluster_computes_it() {
    let Some(cluster) = Cluster::start("distributed corpus").await else { return };
    check(&cluster.settings(), SEEDS).await;
    let finished = cluster.finished();
    assert!(finished.iter().all(|tasks| *tasks > 0), "both executors work: {finished:?}");
}

/// Holds every analysis to the reference, where an engine computes all sealed rows.
pub(super) async fn check(settings: &Settings, seeds: u64) {
    let many = std::env::var("MUSTER_DISTRIBUTED_SEEDS").ok().and_then(|many| many.parse().ok());
    let seeds = many.unwrap_or(seeds);
    let asked = COMPARED.iter().enumerate().map(|(place, (sentence, draw, with_cohorts))| {
        let (settings, place) = (settings.clone(), place as u64);
        async move {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let now = random::project(&mut random::rng(0)).data.now;
            // So few rows in a generation that nearly all are sealed.
            let house = House::open_on(settings, folder, now, 30);
            // Each analysis has its own projects, so that together they see many.
            let failures = differing(&house, 0, *draw, *with_cohorts, place..place + seeds).await;
            let state = house.engine.remote().expect("there is one").state();
            drop(house.close());
            (*sentence, failures, state)
        }
    });
    let done: Vec<_> = stream::iter(asked).buffer_unordered(AT_ONCE).collect().await;
    let (mut failures, mut computed) = (Vec::new(), 0);
    for (sentence, found, state) in done {
        failures.extend(found.into_iter().map(|failure| format!("{sentence}: {failure}")));
        assert_eq!((state.failures, state.replaced), (0, 0), "{sentence}: {state:?}");
        computed += state.answered;
    }
    let shown: Vec<&str> = failures.iter().take(3).map(String::as_str).collect();
    assert!(failures.is_empty(), "{} answers differ\n{}", failures.len(), shown.join("\n\n"));
    assert!(computed >= 30 * seeds, "only {computed} statements were computed elsewhere");
}
