//! Every analysis against the reference, where each file is in object storage alone before it is read.

use super::storage;
use crate::analytics::against_reference::{COMPARED, differing};
use crate::support::house::House;
use crate::support::oracle::random;
use muster::store::Options;

/// Projects for each analysis in the ordinary run.
const SEEDS: u64 = 2;

#[tokio::test(flavor = "multi_thread")]
async fn every_analysis_is_what_the_definition_says_when_nothing_of_it_is_on_the_disk() {
    let seeds = std::env::var("MUSTER_SEEDS").ok().and_then(|many| many.parse().ok()).unwrap_or(SEEDS);
    let (mut failures, mut downloads) = (Vec::new(), 0);
    for (place, (sentence, draw, with_cohorts)) in (0..).zip(COMPARED) {
        let (folder, bucket) =
            (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let now = random::project(&mut random::rng(0)).data.now;
        let options = Options { seal_rows: 30, objects: Some(storage(bucket.path())), ..Options::default() };
        let house = House::open_as(folder, now, options);
        let found = differing(&house, 0, *draw, *with_cohorts, place..place + seeds).await;
        failures.extend(found.into_iter().map(|failure| format!("{sentence}: {failure}")));
        let state = house.engine.store().objects_state().expect("there is one");
        assert_eq!(state.failure, None, "{sentence}");
        downloads += state.downloaded.0;
        drop(house.close());
    }
    let shown: Vec<&str> = failures.iter().take(3).map(String::as_str).collect();
    assert!(failures.is_empty(), "{} answers differ\n{}", failures.len(), shown.join("\n\n"));
    assert!(downloads > 20 * seeds, "only {downloads} files were brought back");
}
