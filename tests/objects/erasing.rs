//! Who is erased is in no object either.

use super::names;
use crate::store::erasure::killed::killed_in_the_middle;
use crate::store::erasure::{JANE, With, erase, filled_on, traces::find_in_bytes};
use crate::support::app::TestApp;
use muster::config::ObjectsConfig;
use muster::store::objects::Location;
use std::path::Path;

async fn on(bucket: &Path) -> TestApp {
    let objects = ObjectsConfig {
        object_store: Some(Location::Folder(bucket.to_path_buf())),
        segment_cache_bytes: 1 << 20,
        object_keep_seconds: 0,
        ..ObjectsConfig::default()
    };
    filled_on(With::Everybody, |config| config.objects = objects).await
}

async fn until_sent(t: &TestApp) {
    let store = t.app.engine().store();
    while store.objects_state().is_some_and(|state| state.waiting > 0) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_profile_is_in_no_object() {
    let bucket = tempfile::tempdir().expect("a folder");
    let t = on(bucket.path()).await;
    until_sent(&t).await;
    let before = names(&bucket.path().join("segments"));
    // Segments are packed, so what tells of her is the objects that held her.
    assert!(!before.is_empty());
    erase(&t, "eraseProfile", JANE[0]).await;
    let after = names(&bucket.path().join("segments"));
    assert!(before.iter().all(|name| !after.contains(name)), "{before:?} {after:?}");
    assert_eq!(find_in_bytes(bucket.path(), &JANE), Vec::<String>::new());
    assert_eq!(find_in_bytes(&t.app.config().data_dir, &JANE), Vec::<String>::new());
    until_sent(&t).await;
    let events = t.events(&t.alpha).await;
    assert!(!events.is_empty() && events.iter().all(|event| event["profileId"] != JANE[0]));
    assert_eq!(find_in_bytes(bucket.path(), &JANE), Vec::<String>::new());
    let metrics = t.app.metrics_text().expect("metrics");
    for told in ["muster_objects_failing 0", "muster_segments_waiting 0", "muster_objects_deleted_total"] {
        assert!(metrics.contains(told), "{metrics}");
    }
}

#[test]
fn an_erasure_is_done_though_the_server_is_killed_while_objects_come_and_go() {
    let bucket = tempfile::tempdir().expect("a folder");
    let url = format!("file://{}", bucket.path().display());
    killed_in_the_middle(
        4,
        &[
            ("MUSTER_OBJECT_STORE", url),
            ("MUSTER_OBJECT_KEEP_SECONDS", "0".to_owned()),
            ("MUSTER_SEGMENT_CACHE_BYTES", "100000".to_owned()),
        ],
    );
    assert!(!names(&bucket.path().join("segments")).is_empty(), "something was sent");
}
