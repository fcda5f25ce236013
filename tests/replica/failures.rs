//! Object storage that is gone, damaged, or of another lineage; and a primary that starts again.

use super::world::{Bucket, bring, copy_folder, everything, follow, go_on, grace, publish};
use crate::support::app::TestApp;
use axum::body::Body;
use axum::http::Request;
use chrono::Duration;
use serde_json::{Value, json};

async fn track(app: &TestApp, id: &str) {
    let track = "mutation($id: ID!) { track(input: {id: $id, name: \"did\", profileId: $id, groups: [\"acme\"]}) { outcome } }";
    let told = app.gql(track, json!({ "id": id })).await;
    assert!(told["errors"].is_null(), "{told}");
}

async fn health(app: &TestApp) -> Value {
    app.send(Request::get("/health").body(Body::empty()).expect("a request")).await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_goes_on_serving_while_object_storage_is_gone() {
    let bucket = Bucket::new();
    let primary = bucket.primary().await;
    track(&primary, "one").await;
    let replica = primary.replica_with(|config| config.replica.replica_seconds = 10).await;
    bring(&primary, &replica).await;
    let before = everything(&replica).await;
    let away = bucket.0.path().join("away");
    std::fs::rename(bucket.folder(), &away).expect("moved");
    let now = || primary.app.clock().now();
    assert!(go_on(replica.app.engine().store(), now()).await.is_err());
    assert_eq!(health(&replica).await["status"], "ok", "not at once");
    primary.advance(Duration::minutes(2));
    assert!(go_on(replica.app.engine().store(), now()).await.is_err());
    let told = health(&replica).await;
    assert_eq!(told["status"], "degraded", "{told}");
    assert_eq!(everything(&replica).await, before);
    // After a restart as well.
    let replica = replica.restart().await;
    assert_eq!(everything(&replica).await, before);
    assert_eq!(
        replica.send(Request::get("/ready").body(Body::empty()).expect("a request")).await.status,
        200
    );
    let _ = std::fs::remove_dir_all(bucket.folder());
    std::fs::rename(&away, bucket.folder()).expect("moved back");
    track(&primary, "two").await;
    bring(&primary, &replica).await;
    assert_eq!(everything(&replica).await, everything(&primary).await);
    assert_eq!(health(&replica).await["status"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_is_not_what_was_put_changes_nothing() {
    let bucket = Bucket::new();
    let primary = bucket.primary().await;
    track(&primary, "one").await;
    let replica = primary.replica().await;
    bring(&primary, &replica).await;
    let before = everything(&replica).await;
    let known = bucket.names("");
    track(&primary, "two").await;
    publish(&primary).await;
    let fresh: Vec<String> = bucket.names("").into_iter().filter(|name| !known.contains(name)).collect();
    // Segments are fetched when somebody reads them.
    let parquet = |name: &&String| name.ends_with(".parquet") && !name.starts_with("segments");
    assert!(fresh.iter().filter(parquet).count() >= 6, "{fresh:?}");
    for name in fresh.iter().filter(parquet) {
        let path = bucket.folder().join(name);
        let good = std::fs::read(&path).expect("an object");
        let mut bad = good.clone();
        let middle = bad.len() / 2;
        bad[middle] ^= 1;
        for bytes in [bad, good[..good.len() - 1].to_vec()] {
            std::fs::write(&path, bytes).expect("written");
            let error = go_on(replica.app.engine().store(), primary.app.clock().now()).await;
            let error = error.expect_err("it is damaged");
            assert!(error.contains(name.as_str()), "{error}");
            assert_eq!(everything(&replica).await, before);
        }
        std::fs::write(&path, good).expect("written");
    }
    follow(&replica).await;
    assert_eq!(everything(&replica).await, everything(&primary).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_starts_again_puts_nothing_twice_and_goes_on() {
    let bucket = Bucket::new();
    let primary = bucket.primary().await;
    track(&primary, "one").await;
    let replica = primary.replica().await;
    bring(&primary, &replica).await;
    let before = bucket.objects();
    let primary = primary.restart().await;
    publish(&primary).await;
    assert_eq!(bucket.objects(), before, "nothing is new");
    track(&primary, "two").await;
    bring(&primary, &replica).await;
    assert_eq!(everything(&replica).await, everything(&primary).await);
    assert_eq!(bucket.names("facts").iter().filter(|name| name.ends_with("keys.parquet")).count(), 2);
    // What somebody removed is put again with the next start.
    for name in bucket.names("facts").into_iter().chain(bucket.names("derived")) {
        std::fs::remove_file(bucket.folder().join(name)).expect("removed");
    }
    let primary = primary.restart().await;
    track(&primary, "three").await;
    let late = primary.replica().await;
    bring(&primary, &late).await;
    follow(&replica).await;
    for replica in [&late, &replica] {
        assert_eq!(everything(replica).await, everything(&primary).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_of_old_instants_stay_for_the_grace_and_go_then() {
    let bucket = Bucket::new();
    let primary = bucket.primary().await;
    for id in ["one", "two", "three"] {
        track(&primary, id).await;
        publish(&primary).await;
    }
    let many = bucket.names("snapshots").len();
    assert!(many >= 3, "each of them was published");
    primary.advance(grace() - Duration::seconds(1));
    publish(&primary).await;
    assert_eq!(bucket.names("snapshots").len(), many);
    primary.advance(Duration::seconds(1));
    publish(&primary).await;
    assert_eq!(bucket.names("snapshots").len(), 1);
    let replica = primary.replica().await;
    follow(&replica).await;
    assert_eq!(everything(&replica).await, everything(&primary).await);
}

/// The disk of the primary is put back to what it was: what a replica holds is not of that history any more.
#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_was_put_back_begins_another_lineage() {
    let bucket = Bucket::new();
    let primary = bucket.primary().await;
    track(&primary, "one").await;
    let replica = primary.replica().await;
    bring(&primary, &replica).await;
    let kept = bucket.0.path().join("kept");
    let primary = primary.restart_after(|folder| copy_folder(folder, &kept)).await;
    track(&primary, "lost").await;
    bring(&primary, &replica).await;
    let primary = primary.restart_with(|config| config.data_dir.clone_from(&kept)).await;
    track(&primary, "another").await;
    publish(&primary).await;
    let before = everything(&replica).await;
    let refused = go_on(replica.app.engine().store(), primary.app.clock().now()).await;
    assert!(refused.expect_err("another history").contains("restart"), "it says what to do");
    assert_eq!(everything(&replica).await, before);
    let replica = replica.restart().await;
    follow(&replica).await;
    assert_eq!(everything(&replica).await, everything(&primary).await);
}
