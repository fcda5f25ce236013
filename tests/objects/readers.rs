//! Whoever reads the files of segments gets what was written, wherever they are: questions, check, backup, export, and
//! what is made anew at a start.

use super::{fill, options, settled, storage};
use crate::distributed::{PROJECT, QUESTIONS, ask, now};
use crate::support::house::House;
use muster::store::cloud::ObjectStorage;
use muster::store::{Options, Store};
use serde_json::Value;

async fn answers(house: &House) -> Vec<Value> {
    let mut answers = Vec::new();
    for question in QUESTIONS {
        answers.push(ask(house, question).await.expect("an answer"));
    }
    answers
}

fn parquet_files(house: &House) -> usize {
    super::names(&house.engine.store().folder().join("segments")).len()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reader_brings_back_what_was_put_out() {
    let plain = House::open(now(), 100);
    fill(&plain, 1_500).await;
    let expected = answers(&plain).await;
    let bucket = tempfile::tempdir().expect("a folder");
    let house =
        House::open_as(tempfile::tempdir().expect("a folder"), now(), options(storage(bucket.path())));
    fill(&house, 1_500).await;
    settled(&house, bucket.path()).await;
    assert!(house.engine.store().compactions() > 0, "some were made one");
    assert_eq!(parquet_files(&house), 0);
    assert_eq!(answers(&house).await, expected);
    settled(&house, bucket.path()).await;
    assert_eq!(parquet_files(&house), 0, "nobody holds them any more");

    let store = std::sync::Arc::clone(house.engine.store());
    let elsewhere = tempfile::tempdir().expect("a folder");
    let (copy, exported) = (elsewhere.path().join("backup"), elsewhere.path().join("export"));
    tokio::task::block_in_place(|| {
        let checked = store.check().expect("a check");
        assert!(checked.damaged.is_empty() && checked.differing.is_empty(), "{checked:?}");
        assert_eq!(checked.projects.len(), 0);
        assert_eq!(checked.sealed_events + checked.logged_events, 1_500);
        let made = store.backup(&copy).expect("a backup");
        assert_eq!(made.sealed_events, checked.sealed_events);
        let written = store.export(PROJECT, &exported).expect("an export");
        assert_eq!(written[0].rows, 1_500);
        let recent = store.recent_sessions(chrono::DateTime::UNIX_EPOCH).expect("an answer");
        assert_eq!(recent.len(), 0, "these events have no devices");
    });
    drop(store);

    // What is derived is made anew from files that are not here.
    let folder = house.close();
    Store::forget_derived(folder.path()).expect("nobody has it");
    let house = House::open_as(folder, now(), options(storage(bucket.path())));
    assert_eq!(parquet_files(&house), 0);
    let brought = house.engine.store().objects_state().expect("there is one").downloaded.0;
    assert!(brought >= house.engine.store().snapshot().segments.len() as u64);
    assert_eq!(answers(&house).await, expected);
    // Events that were stored are known.
    fill(&house, 1_500).await;
    assert_eq!(answers(&house).await, expected);

    // The backup is whole and stands for itself, with object storage of its own or without.
    let restored = tempfile::tempdir().expect("a folder");
    for part in ["log", "segments", "catalog.duckdb"] {
        std::fs::rename(copy.join(part), restored.path().join(part)).expect("moved");
    }
    let other = tempfile::tempdir().expect("a folder");
    let house = House::open_as(restored, now(), Options::default());
    assert_eq!(answers(&house).await, expected);
    let house = House::open_as(house.close(), now(), options(storage(other.path())));
    settled(&house, other.path()).await;
    assert_eq!(answers(&house).await, expected);
    assert_eq!(parquet_files(&house), 0, "what was there is sent too");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_needs_more_than_the_cache_holds_is_told_what_to_ask_instead() {
    let bucket = tempfile::tempdir().expect("a folder");
    let segment = {
        let house =
            House::open_as(tempfile::tempdir().expect("a folder"), now(), options(storage(bucket.path())));
        fill(&house, 300).await;
        house.engine.store().snapshot().segments[0].bytes
    };
    let bucket = tempfile::tempdir().expect("a folder");
    let small = ObjectStorage { question_bytes: segment * 3 / 2, ..storage(bucket.path()) };
    let house = House::open_as(
        tempfile::tempdir().expect("a folder"),
        now(),
        Options { segment_events: 1, ..options(small) },
    );
    fill(&house, 1_000).await;
    settled(&house, bucket.path()).await;
    let whole = "query($from: DateTime!, $to: DateTime!) { trend(series: [{}], filter: {event: {property: \"x\", isNotSet: true}}, range: {from: $from, to: $to}) { series { value } } }";
    let refused = house
        .ask(
            PROJECT,
            whole,
            serde_json::json!({"from": "2026-01-01T00:00:00Z", "to": "2026-01-20T00:00:00Z"}),
        )
        .await
        .expect_err("too much");
    assert!(refused.contains("--segment-cache-bytes") && refused.contains("shorter range"), "{refused}");
    let answered = house
        .ask(
            PROJECT,
            whole,
            serde_json::json!({"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T01:00:00Z"}),
        )
        .await
        .expect("one segment");
    assert_eq!(answered["trend"]["series"][0]["value"], 60.0);
    // What reads no whole events needs no room.
    ask(&house, QUESTIONS[1]).await.expect("an answer");
    // Many at once wait for each other.
    let one = || {
        house.ask(
            PROJECT,
            whole,
            serde_json::json!({"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T01:00:00Z"}),
        )
    };
    let other = || {
        house.ask(
            PROJECT,
            whole,
            serde_json::json!({"from": "2026-01-01T10:00:00Z", "to": "2026-01-01T11:00:00Z"}),
        )
    };
    let (a, b, c, d) = tokio::join!(one(), other(), one(), other());
    for answer in [a, b, c, d] {
        assert_eq!(answer.expect("an answer")["trend"]["series"][0]["value"], 60.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_events_are_read_part_by_part() {
    let plain = House::open(now(), 100);
    fill(&plain, 1_000).await;
    let bucket = tempfile::tempdir().expect("a folder");
    let folder = tempfile::tempdir().expect("a folder");
    let apart = |storage| Options { segment_events: 1, ..options(storage) };
    let house = House::open_as(folder, now(), apart(storage(bucket.path())));
    fill(&house, 1_000).await;
    settled(&house, bucket.path()).await;
    let most = house.engine.store().snapshot().segments.iter().map(|segment| segment.bytes).max();
    let small = ObjectStorage { question_bytes: most.expect("some") * 2, ..storage(bucket.path()) };
    let house = House::open_as(house.close(), now(), apart(small));
    settled(&house, bucket.path()).await;
    for question in [
        "{ events(first: 1000) { totalCount nodes { id name properties occurredAt } pageInfo { endCursor } } }",
        "{ events(first: 7) { totalCount nodes { id } pageInfo { endCursor hasNextPage } } }",
        "{ events(first: 150, name: \"invite\", groupId: \"acme\") { totalCount nodes { id } pageInfo { hasNextPage } } }",
        "{ event(id: \"3\") { id } first: event(id: \"999\") { id } none: event(id: \"x\") { id } }",
        "{ profiles(first: 50) { nodes { id events(first: 9) { nodes { id } pageInfo { hasNextPage endCursor } } } } }",
        "{ profile(id: \"p3\") { events(first: 20) { nodes { id } } } }",
    ] {
        let expected = ask(&plain, question).await.expect("an answer");
        assert_eq!(ask(&house, question).await.as_ref(), Ok(&expected), "{question}");
    }
    let page = "query($after: String) { events(first: 230, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } }";
    let mut after = serde_json::json!({});
    loop {
        let expected = plain.ask(PROJECT, page, after.clone()).await.expect("an answer");
        assert_eq!(house.ask(PROJECT, page, after).await.as_ref(), Ok(&expected));
        let info = &expected["events"]["pageInfo"];
        after = serde_json::json!({ "after": info["endCursor"] });
        if info["hasNextPage"] == false {
            break;
        }
    }
}
