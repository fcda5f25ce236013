//! Files and objects that are not what was written.

use super::{fill, names, options, settled, storage};
use crate::distributed::{QUESTIONS, ask, now};
use crate::support::house::House;
use muster::store::Options;
use muster::store::check::Checked;
use muster::store::cloud::ObjectStorage;
use std::path::Path;
use std::sync::Arc;

fn flip(file: &Path) {
    let mut bytes = std::fs::read(file).expect("a file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(file, bytes).expect("written");
}

/// No two segments are ever made one.
fn apart(storage: ObjectStorage) -> Options {
    Options { segment_events: 1, ..options(storage) }
}

fn check(house: &House) -> Checked {
    let store = Arc::clone(house.engine.store());
    tokio::task::block_in_place(|| store.check()).expect("it ends")
}

async fn counted(house: &House) -> i64 {
    let answer = ask(house, QUESTIONS[3]).await.expect("an answer");
    answer["events"]["totalCount"].as_i64().expect("a count")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_damaged_or_missing_is_brought_again() {
    let bucket = tempfile::tempdir().expect("a folder");
    let roomy = ObjectStorage { cache_bytes: u64::MAX, ..storage(bucket.path()) };
    let house = House::open_as(tempfile::tempdir().expect("a folder"), now(), apart(roomy.clone()));
    fill(&house, 500).await;
    house.until_put_out(u64::MAX).await;
    let segments = house.engine.store().folder().join("segments");
    let files = names(&segments);
    assert!(files.len() >= 4, "{files:?}");
    // A question finds what is missing; a check finds every wrong byte.
    std::fs::remove_file(segments.join(&files[1])).expect("it goes");
    assert_eq!(counted(&house).await, 500);
    flip(&segments.join(&files[0]));
    let checked = check(&house);
    assert!(checked.damaged.is_empty() && checked.differing.is_empty(), "{checked:?}");
    let brought = house.engine.store().objects_state().expect("there is one").downloaded.0;
    assert_eq!((brought, counted(&house).await), (2, 500));
    let folder = house.close();
    // A start finds one that is cut short.
    let cut = segments.join(&files[2]);
    let bytes = std::fs::read(&cut).expect("a file");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).expect("written");
    let house = House::open_as(folder, now(), apart(roomy));
    assert_eq!((house.engine.store().damaged(), counted(&house).await), (Vec::new(), 500));
    assert_eq!(std::fs::read(&cut).expect("a file"), bytes);
    assert!(!house.engine.store().folder().join("damaged").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_is_not_what_was_written_is_never_answered_from() {
    let bucket = tempfile::tempdir().expect("a folder");
    let objects = bucket.path().join("segments");
    let house = House::open_as(tempfile::tempdir().expect("a folder"), now(), apart(storage(bucket.path())));
    fill(&house, 500).await;
    settled(&house, bucket.path()).await;
    let first = objects.join(&names(&objects)[0]);
    let whole = std::fs::read(&first).expect("an object");
    flip(&first);
    ask(&house, QUESTIONS[3]).await.expect_err("no answer");
    let checked = check(&house);
    let told: Vec<String> = checked.damaged.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("another checksum") && told[0].contains("segments/"), "{told:?}");
    assert_eq!(counted(&house).await, 400, "the others are served");
    let folder = house.close();
    // Each start tells of it, until the file is back.
    let house = House::open_as(folder, now(), apart(storage(bucket.path())));
    assert_eq!((house.engine.store().damaged().len(), counted(&house).await), (1, 400));
    let folder = house.close();
    let name = names(&objects)[0][..10].to_owned();
    std::fs::write(folder.path().join("segments").join(format!("{name}.parquet")), &whole).expect("written");
    let house = House::open_as(folder, now(), apart(storage(bucket.path())));
    assert_eq!((house.engine.store().damaged().len(), counted(&house).await), (0, 500));
    settled(&house, bucket.path()).await;
    assert_eq!(std::fs::read(&first).expect("an object"), whole, "it was sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_is_gone_is_sent_again_where_the_file_is_here() {
    let bucket = tempfile::tempdir().expect("a folder");
    let objects = bucket.path().join("segments");
    let roomy = ObjectStorage { cache_bytes: u64::MAX, ..storage(bucket.path()) };
    let house = House::open_as(tempfile::tempdir().expect("a folder"), now(), apart(roomy.clone()));
    fill(&house, 500).await;
    house.until_put_out(u64::MAX).await;
    let all = names(&objects);
    std::fs::remove_file(objects.join(&all[0])).expect("it goes");
    assert!(check(&house).damaged.is_empty());
    house.until_put_out(u64::MAX).await;
    assert_eq!(names(&objects), all);
    // A start compares as well.
    let folder = house.close();
    std::fs::write(objects.join(&all[1]), "short").expect("written");
    let house = House::open_as(folder, now(), apart(roomy));
    house.until_put_out(u64::MAX).await;
    assert!(std::fs::metadata(objects.join(&all[1])).expect("an object").len() > 5);
    assert_eq!(counted(&house).await, 500);
}
