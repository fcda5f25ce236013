//! What is erased or compacted on the primary, while a replica is asked.

use super::world::{Bucket, bring, follow, grace, publish};
use crate::store::erasure::traces::find_in_bytes;
use crate::store::erasure::{JANE, With, answers, done, fill};
use crate::support::app::TestApp;
use chrono::Duration;
use serde_json::json;
use std::path::Path;

/// The texts that are erased and in the bytes of a folder.
fn left(folder: &Path) -> Vec<String> {
    find_in_bytes(folder, &JANE)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_profile_is_in_no_object_and_in_no_file_of_a_replica() {
    let bucket = Bucket::new();
    let primary = TestApp::start_with(|config| {
        config.objects.object_store = Some(bucket.location());
        config.seal_rows = 70;
    })
    .await;
    fill(&primary, With::Everybody).await;
    let replica = primary.replica().await;
    let never = TestApp::start_with(|config| config.seal_rows = 70).await;
    fill(&never, With::NoJane).await;
    bring(&primary, &replica).await;
    let own = replica.app.config().data_dir.clone();
    assert!(!left(&own).is_empty(), "the search finds what is there");
    assert!(replica.gql("{ profiles { nodes { id } } }", json!({})).await.to_string().contains(JANE[0]));

    let erase = "mutation($id: ID!) { eraseProfile(input: {id: $id}) { erasure { id state } } }";
    let accepted = done(&primary, erase, json!({ "id": JANE[0] })).await;
    let id = accepted["eraseProfile"]["erasure"]["id"].clone();
    // Once she is out of sight there, she is here with the next look, whether or not it is done.
    loop {
        bring(&primary, &replica).await;
        if !primary.gql("{ profiles { nodes { id } } }", json!({})).await.to_string().contains(JANE[0]) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    bring(&primary, &replica).await;
    let mut headers = replica.alpha.admin.headers();
    headers.push(("cache-control", "max-stale=3600".to_owned()));
    let again =
        replica.post("/graphql", &headers, &json!({ "query": "{ profiles { nodes { id } } }" })).await;
    assert!(again.text.contains("joe") && !again.text.contains(JANE[0]), "{}", again.text);

    // Objects of earlier instants stay for the grace, and so long it is not finished.
    let asked = "query($id: ID!) { erasure(id: $id) { state } }";
    let state = async || done(&primary, asked, json!({ "id": id })).await["erasure"]["state"].clone();
    let snapshot = || primary.app.engine().store().snapshot();
    let mut rounds = 0;
    while state().await != "DONE" {
        rounds += 1;
        assert!(rounds < 2_000, "{:?}", snapshot());
        publish(&primary).await;
        primary.advance(if rounds < 50 { Duration::zero() } else { grace() });
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(rounds >= 50, "it waited for the grace: {rounds}");
    for part in ["facts", "derived", "snapshots"] {
        assert_eq!(left(&bucket.folder().join(part)), Vec::<String>::new());
    }
    publish(&primary).await;
    // Once to hold the new base, and once to leave nothing of the old rows.
    follow(&replica).await;
    follow(&replica).await;
    assert_eq!(left(&own), Vec::<String>::new());
    let (there, here) = (answers(&never, &never.alpha).await, answers(&replica, &replica.alpha).await);
    assert_eq!(here, there);
    assert_eq!(answers(&primary, &primary.alpha).await, there);
    // A replica that begins now knows nothing of her either.
    let late = primary.replica().await;
    follow(&late).await;
    assert_eq!(answers(&late, &late.alpha).await, there);
}

/// Questions go on while events come in, are sealed, compacted and published, and the replica follows: each answer is one
/// of an instant.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_is_asked_while_it_follows_compactions() {
    let bucket = Bucket::new();
    let primary = TestApp::start_with(|config| {
        config.objects.object_store = Some(bucket.location());
        config.seal_rows = 40;
    })
    .await;
    // The clock stands, and it is asked as often as it answers.
    let replica = primary.replica_with(|config| config.max_requests_per_minute = 0).await;
    let replica = std::sync::Arc::new(replica);
    let events = |batch: usize| {
        let event = |number: usize| {
            json!({ "id": format!("{batch}-{number}"), "name": "did", "profileId": format!("p{}", number % 7),
                "groups": ["acme"], "properties": { "n": number }, "occurredAt": "2026-03-09T10:00:00Z" })
        };
        json!({ "events": (0..20).map(event).collect::<Vec<_>>() })
    };
    let upsert =
        r#"mutation { upsertGroup(input: {id: "acme", type: "company", name: "Acme"}) { group { id } } }"#;
    done(&primary, upsert, json!({})).await;
    bring(&primary, &replica).await;
    let document = r#"{ activeUsers(groupType: "company", last: "P30D") { totals { events } }
        whole: activeUsers(groupType: "company", last: "P30D", filter: {event: {property: "n", gte: 0}}) { totals { events } } }"#;
    let other = std::sync::Arc::clone(&replica);
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    let asker = tokio::spawn(async move {
        let (mut last, mut answers) = (0, 0);
        while !*stopped.borrow_and_update() {
            let answer = other.gql(document, json!({})).await;
            let count = |field: &str| answer["data"][field]["totals"]["events"].as_i64();
            let (Some(placed), Some(whole)) = (count("activeUsers"), count("whole")) else {
                panic!("no counts: {answer}");
            };
            assert!(placed == whole && placed % 20 == 0 && placed >= last, "{answer} after {last}");
            (last, answers) = (placed, answers + 1);
        }
        answers
    });
    let track = "mutation($events: [TrackInput!]!) { trackBatch(input: {events: $events}) { accepted } }";
    for batch in 0..60 {
        done(&primary, track, events(batch)).await;
        bring(&primary, &replica).await;
    }
    stop.send(true).expect("it listens");
    assert!(asker.await.expect("every answer is one of an instant") > 20);
    assert!(primary.app.engine().store().compactions() > 0);
    let total = replica.gql(document, json!({})).await["data"]["activeUsers"]["totals"]["events"].clone();
    assert_eq!(total, json!(1200));
    let (here, there) = (replica.app.engine().store().snapshot(), primary.app.engine().store().snapshot());
    assert_eq!(here.segments.len(), there.segments.len());
    replica.app.engine().store().remove_released();
    let files = std::fs::read_dir(replica.app.config().data_dir.join("segments")).expect("a folder").count();
    assert_eq!(files, here.segments.len(), "replaced segments are gone");
}
