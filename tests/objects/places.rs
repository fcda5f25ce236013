//! Whose objects are whose.

use super::{fill, names, options, settled, storage};
use crate::distributed::{QUESTIONS, ask, now};
use crate::support::house::House;
use muster::store::cloud::ObjectStorage;
use muster::store::{Error, Options, Store};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_opens_with_its_own_objects_alone() {
    let bucket = tempfile::tempdir().expect("a folder");
    let house =
        House::open_as(tempfile::tempdir().expect("a folder"), now(), options(storage(bucket.path())));
    fill(&house, 500).await;
    settled(&house, bucket.path()).await;
    let folder = house.close();
    let before = names(&bucket.path().join("segments"));
    let open = |folder: &std::path::Path, options: Options| {
        tokio::task::block_in_place(|| Store::open(folder, options).map(drop).expect_err("refused"))
    };
    // Without what holds its segments.
    let told = open(folder.path(), Options::default());
    assert!(matches!(told, Error::Elsewhere { segments } if segments > 0), "{told}");
    assert!(told.to_string().contains("--object-store"), "{told}");
    let lost = Store::accept_loss(folder.path(), &Options::default()).expect_err("they are not lost");
    assert!(lost.to_string().contains("--object-store"), "{lost}");
    tokio::task::block_in_place(|| Store::accept_loss(folder.path(), &options(storage(bucket.path()))))
        .expect("nothing is lost");
    // Another folder in the same place.
    let other = tempfile::tempdir().expect("a folder");
    let told = open(other.path(), options(storage(bucket.path())));
    assert!(
        matches!(told, Error::OtherLake(_)) && told.to_string().contains("another data folder"),
        "{told}"
    );
    // In a place that has not what it put there, or that somebody filled.
    let empty = tempfile::tempdir().expect("a folder");
    let told = open(folder.path(), options(storage(empty.path())));
    assert!(told.to_string().contains("lack segments"), "{told}");
    std::fs::create_dir(empty.path().join("segments")).expect("a folder");
    std::fs::write(empty.path().join("segments/x.parquet"), "x").expect("written");
    let told = open(other.path(), options(storage(empty.path())));
    assert!(told.to_string().contains("lake.json"), "{told}");
    assert_eq!(names(&bucket.path().join("segments")), before, "nothing was touched");
    let house = House::open_as(folder, now(), options(storage(bucket.path())));
    assert_eq!(ask(&house, QUESTIONS[3]).await.expect("an answer")["events"]["totalCount"], 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_of_replaced_segments_stay_for_a_while_and_strangers_go() {
    let bucket = tempfile::tempdir().expect("a folder");
    let keep = Duration::from_mins(15);
    let kept = ObjectStorage { keep, ..storage(bucket.path()) };
    let house = House::open_as(tempfile::tempdir().expect("a folder"), now(), options(kept.clone()));
    // Some are sent before they are replaced.
    fill(&house, 300).await;
    house.until_put_out(0).await;
    fill(&house, 1_000).await;
    house.until_put_out(0).await;
    let store = house.engine.store();
    assert!(store.compactions() > 0, "some were replaced");
    let there = || names(&bucket.path().join("segments")).len();
    let segments = store.snapshot().segments.len();
    assert!(there() > segments, "{} {segments}", there());
    let folder = house.close();
    std::fs::write(bucket.path().join("segments/0000000001-00000000.parquet"), "x").expect("written");
    // A restart knows what is to be deleted, and since when.
    let house = House::open_as(folder, now(), options(kept));
    let before = there();
    assert!(before > segments + 1);
    let at = muster::domain::time::Clock::now(&*house.clock);
    // The store's own thread may be at it.
    while tokio::task::block_in_place(|| house.engine.store().upload(at)).is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(there(), before);
    house.clock.advance(chrono::Duration::seconds(901));
    settled(&house, bucket.path()).await;
    assert_eq!(there(), house.engine.store().snapshot().segments.len());
    assert_eq!(ask(&house, QUESTIONS[3]).await.expect("an answer")["events"]["totalCount"], 1_000);
}
