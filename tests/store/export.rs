//! An export holds one project at one instant, and gives the same answers where it is imported.

use super::erasure::{With, answers, done, filled};
use crate::server::{Server, muster, out};
use crate::support::app::{TestApp, add_project};
use muster::app::App;
use muster::config::Config;
use muster::domain::identity::Right;
use muster::domain::limits::Limits;
use muster::domain::time::SystemClock;
use muster::ingest::import::import_project;
use muster::store::export::{EVENTS, GROUP_HISTORY, GROUPS, MEMBERSHIPS, PROFILES};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// Gets the archive and unpacks it.
async fn exported(t: &TestApp, folder: &Path) {
    let served = t.serve().await;
    let get = reqwest::Client::new().get(format!("{}/export", served.url));
    let answer =
        get.basic_auth(&t.alpha.admin.id, Some(&t.alpha.admin.secret)).send().await.expect("an answer");
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"application/x-tar".parse().expect("a header"))
    );
    let bytes = answer.bytes().await.expect("the whole archive");
    tar::Archive::new(&bytes[..]).unpack(folder).expect("an archive");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    assert_eq!(names, [EVENTS, GROUP_HISTORY, GROUPS, MEMBERSHIPS, PROFILES]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_imported_export_gives_the_same_answers_and_nothing_of_another_project() {
    let t = filled(With::Everybody).await;
    // A group that is gone, and one whose past was corrected.
    for document in [
        "mutation { upsertGroup(input: {id: \"gone\", type: \"company\", name: \"Gone\"}) { outcome } deleteGroup(input: {id: \"gone\"}) { deletedId } }",
        "mutation { upsertGroup(input: {id: \"acme\", type: \"company\", name: \"Acme\", properties: {plan: \"free\", seats: 3}, effectiveAt: \"2026-02-10T00:00:00Z\"}) { outcome } }",
        "mutation { leaveGroups(input: {profileId: \"ann\", groupIds: [\"acme\"]}) { profile { id } } }",
    ] {
        done(&t, document, json!({})).await;
    }
    let other = json!([{"type": "identify", "payload": {"profileId": "of-the-other-project", "email": "other@example.com"}},
        {"type": "track", "payload": {"name": "of-the-other-project", "profileId": "joe"}}]);
    assert_eq!(t.track_as(&t.beta.write, &other).await.status, 200);
    for client in [&t.alpha.read, &t.alpha.write] {
        assert_eq!(t.get("/export", &client.headers()).await.status, 403);
    }
    assert_eq!(t.get("/export", &[]).await.status, 401);

    let folder = tempfile::tempdir().expect("a folder");
    exported(&t, folder.path()).await;
    // Nothing is left of it, once the last byte is sent.
    while std::fs::read_dir(t.app.config().data_dir.join("tmp")).expect("a folder").next().is_some() {
        tokio::task::yield_now().await;
    }

    let (copy, path) = (TestApp::start().await, folder.path().to_path_buf());
    let caller = copy.app.caller(copy.alpha.key, Right::Write);
    let (runtime, now) = (tokio::runtime::Handle::current(), caller.began());
    let imported = tokio::task::spawn_blocking(move || {
        let mut send = |writes| runtime.block_on(caller.write(writes)).map_err(|failure| failure.message);
        import_project(&path, now, &Limits::default(), &mut |_, _| (), &mut send)
    });
    let report = imported.await.expect("it ends").expect("it is imported");
    assert_eq!(report.events, t.events(&t.alpha).await.len() as u64);
    let (mut there, mut here) = (answers(&copy, &copy.alpha).await, answers(&t, &t.alpha).await);
    // Events are numbered anew in the order of their time.
    for answer in [&mut there, &mut here] {
        let events = answer["stored"][0].as_array_mut().expect("events");
        events.sort_by_key(|event| event["id"].as_str().map(str::to_owned));
        let nodes = answer["events"]["nodes"].as_array_mut().expect("nodes");
        nodes.sort_by_key(|event| event["id"].as_str().map(str::to_owned));
    }
    assert_eq!(there, here);
    let history = "{ group(id: \"acme\") { propertyHistory { nodes { name properties } } } }";
    assert_eq!(copy.gql(history, json!({})).await, t.gql(history, json!({})).await);
    assert!(!there.to_string().contains("of-the-other-project"));
}

#[test]
fn an_export_is_written_and_read_by_commands_beside_a_running_server() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (data, saved) = (folder.path().join("data"), folder.path().join("saved"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (from, to) = runtime.block_on(async {
        let app = App::open(Config::for_testing(&data), Arc::new(SystemClock)).await.expect("a new folder");
        let projects = (add_project(&app, "from").await, add_project(&app, "to").await);
        app.stop().await.expect("a clean stop");
        projects
    });
    let server = Server::start(&data, &[]);
    let events: Vec<Value> =
        (0..30).map(|n| json!({"name": "did", "profileId": format!("p{}", n % 4), "groups": ["g"], "id": format!("e{n}")})).collect();
    let track = "mutation($e: [TrackInput!]!) { trackBatch(input: {events: $e}) { accepted } }";
    server.graphql((&from.admin.id, &from.admin.secret), track, &json!({ "e": events }));
    let target = saved.display().to_string();
    let printed = out(&muster(&data, &["export", "--project", "from", "--out", &target]));
    assert!(printed.contains("events.parquet: 30 rows"), "{printed}");
    assert!(
        !muster(&data, &["export", "--project", "from", "--out", &target]).status.success(),
        "never over another"
    );
    let printed = out(&muster(&data, &["import-export", &target, "--project", "to"]));
    assert!(printed.starts_with("30 events stored, 0 stored before"), "{printed}");
    let again = out(&muster(&data, &["import-export", &target, "--project", "to"]));
    assert!(again.starts_with("0 events stored, 30 stored before"), "{again}");
    let count = "{ eventNamesTable { name events } profiles { totalCount } }";
    let ask = |client: &crate::support::app::Credentials| {
        server.graphql((&client.id, &client.secret), count, &Value::Null)
    };
    assert_eq!(ask(&to.admin), ask(&from.admin));
}
