//! Sealing that is asked for, and sealing that fails: writes are refused once much waits for it, health says so, and all
//! goes on once it succeeds.

use crate::support::app::TestApp;
use serde_json::{Value, json};
use std::time::Duration;

/// Events in a request, and rows that fill a generation.
const BATCH: usize = 20;

fn batch(first: usize) -> Value {
    let event =
        |number: usize| json!({"type": "track", "payload": {"id": format!("e{number}"), "name": "tick"}});
    (first..first + BATCH).map(event).collect()
}

async fn count(t: &TestApp) -> u64 {
    let answer = t.gql("{ events(first: 1) { totalCount } }", json!({})).await;
    answer["data"]["events"]["totalCount"].as_u64().unwrap_or_else(|| panic!("{answer}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn while_sealing_fails_writes_are_refused_before_memory_is_full_and_taken_again_afterwards() {
    let t = TestApp::start_with(|config| config.seal_rows = BATCH).await;
    let segments = t.app.config().data_dir.join("segments");
    std::fs::remove_dir(&segments).expect("nothing is sealed yet");
    std::fs::write(&segments, "in the way").expect("a file in its place");

    let (mut stored, mut refused) = (0, 0);
    while refused < 3 {
        let answer = t.track(&batch(stored)).await;
        match answer.status {
            200 => stored += BATCH,
            503 => refused += 1,
            other => panic!("{other}: {:?}", answer.json()),
        }
        assert!(stored <= 20 * BATCH, "writes are taken without end while nothing is sealed");
    }
    assert!(stored >= BATCH);
    assert_eq!(count(&t).await, stored as u64, "questions are answered, refused writes are not stored");
    let health = t.get("/health", &[]).await;
    assert_eq!((health.status, health.json()["status"].clone()), (200, json!("degraded")));
    assert!(health.json()["sealing"].as_str().is_some_and(|sealing| sealing.contains("tried again")));

    std::fs::remove_file(&segments).expect("it goes");
    std::fs::create_dir(&segments).expect("the folder is back");
    let mut tries = 0;
    while t.track(&batch(stored)).await.status != 200 {
        tries += 1;
        assert!(tries < 300, "writes are taken once sealing succeeds");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stored += BATCH;
    let t = t.restart().await;
    assert_eq!(count(&t).await, stored as u64);
    assert_eq!(t.get("/health", &[]).await.json()["status"], "ok");
    assert!(std::fs::read_dir(&segments).expect("a folder").count() > 0, "it was sealed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_sealed_when_it_is_asked_for_however_little_it_is() {
    let t = TestApp::start().await;
    let kept = async || {
        let answer = t.gql("{ storage { events unsealedEvents segments } }", json!({})).await;
        let kept = &answer["data"]["storage"];
        ["events", "unsealedEvents", "segments"]
            .map(|name| kept[name].as_u64().unwrap_or_else(|| panic!("{answer}")))
    };
    assert_eq!(t.track(&batch(0)).await.status, 200);
    let all = BATCH as u64;
    assert_eq!(kept().await, [all, all, 0]);
    t.app.seal();
    while kept().await[1] > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(kept().await, [all, 0, 1]);
    // Where nothing came meanwhile there is nothing to seal.
    t.app.seal();
    assert_eq!(t.track(&batch(BATCH)).await.status, 200);
    assert_eq!(kept().await, [2 * all, all, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_sealing_logs_is_written_back_behind_it() {
    let t = TestApp::start().await;
    // Each change of a group writes all the group has then: 25 MB.
    let text = "x".repeat(250 * 1024);
    let changes: Vec<Value> = (0..100)
        .map(|change| json!({"type": "group", "payload": {"id": "acme", "type": "company", "name": "Acme", "properties": {"text": text, "change": change}}}))
        .collect();
    for some in changes.chunks(20) {
        assert_eq!(t.track(&json!(some)).await.status, 200);
    }
    let folder = &t.app.config().data_dir;
    let (sealed, log) = (folder.join("log/0000000001.log"), folder.join("catalog.duckdb.wal"));
    let logged = || std::fs::metadata(&log).map_or(0, |log| log.len());
    assert!(logged() < 1 << 20, "nothing is sealed yet");
    t.app.seal();
    let mut tries = 0;
    while sealed.exists() || logged() > 16 << 20 {
        tries += 1;
        assert!(tries < 300, "{} bytes stay in the log", logged());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let versions = "with v as (select count(*) as versions from all_group_versions) select versions::varchar as line from v";
    assert_eq!(t.lines(&t.alpha, versions).await, [json!(100)]);
}
