//! What a replica refuses: everything that writes. And which folders it opens.

use super::world::{Bucket, bring, copy_folder, go_on, publish};
use crate::server::{muster, stderr};
use crate::support::app::{Credentials, TestApp};
use crate::support::schema::Schema;
use axum::body::Body;
use axum::http::Request;
use muster::app::App;
use muster::config::Config;
use muster::domain::identity::Right;
use muster::domain::time::SystemClock;
use serde_json::{Value, json};
use std::sync::Arc;

/// A mutation of each kind that a primary would carry out.
fn mutations(read: &Credentials) -> Vec<String> {
    let id = &read.id;
    [
        r#"track(input: {name: "did", profileId: "ann"}) { outcome }"#.to_owned(),
        r#"trackBatch(input: {events: [{name: "did", profileId: "ann"}]}) { accepted }"#.to_owned(),
        r#"identify(input: {profileId: "ann", firstName: "Ann"}) { profile { id } }"#.to_owned(),
        r#"upsertGroup(input: {id: "acme", type: "company", name: "Acme"}) { group { id } }"#.to_owned(),
        r#"deleteGroup(input: {id: "acme"}) { deletedId }"#.to_owned(),
        r#"setGroup(input: {profileId: "ann", groupId: "acme"}) { profile { id } }"#.to_owned(),
        r#"setGroups(input: {profileId: "ann", groupIds: ["acme"]}) { profile { id } }"#.to_owned(),
        r#"leaveGroups(input: {profileId: "ann", groupIds: ["acme"]}) { profile { id } }"#.to_owned(),
        r#"eraseProfile(input: {id: "ann"}) { erasure { id } }"#.to_owned(),
        r#"eraseGroup(input: {id: "acme"}) { erasure { id } }"#.to_owned(),
        r#"saveCohort(input: {id: "c", name: "C", unit: {kind: PROFILE}, rule: {ids: ["x"]}}) { cohort { id } }"#
            .to_owned(),
        r#"deleteCohort(input: {id: "them"}) { deletedId }"#.to_owned(),
        r#"saveQuery(input: {document: "query Own { groups { totalCount } }"}) { savedQuery { name } }"#.to_owned(),
        r#"deleteSavedQuery(input: {name: "Mine"}) { deletedName }"#.to_owned(),
        r#"createClient(input: {name: "x", right: READ}) { secret }"#.to_owned(),
        format!(r#"rotateClientSecret(input: {{id: "{id}"}}) {{ secret }}"#),
        format!(r#"revokeClient(input: {{id: "{id}"}}) {{ client {{ id }} }}"#),
        format!(r#"setClientOrigins(input: {{id: "{id}", origins: []}}) {{ client {{ id }} }}"#),
        format!(r#"setClientIntrospection(input: {{id: "{id}", introspection: true}}) {{ client {{ id }} }}"#),
    ]
    .to_vec()
}

async fn filled(bucket: &Bucket) -> TestApp {
    let primary = bucket.primary().await;
    for document in [
        r#"mutation { upsertGroup(input: {id: "acme", type: "company", name: "Acme"}) { group { id } }
            setGroups(input: {profileId: "ann", groupIds: ["acme"]}) { profile { id } } }"#,
        r#"mutation { saveCohort(input: {id: "them", name: "T", unit: {kind: PROFILE}, rule: {ids: ["x"]}}) { cohort { id } }
            saveQuery(input: {document: "query Mine { groups { totalCount } }"}) { savedQuery { name } } }"#,
    ] {
        let told = primary.gql(document, json!({})).await;
        assert!(told["errors"].is_null(), "{told}");
    }
    primary
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_and_track_are_refused_and_nothing_is_written() {
    let bucket = Bucket::new();
    let primary = filled(&bucket).await;
    let replica = primary.replica().await;
    bring(&primary, &replica).await;
    let before = (bucket.objects(), super::world::everything(&replica).await);

    let mutations = mutations(&primary.alpha.read);
    let fields =
        Schema::read().fields("Mutation").iter().map(|field| field.name.node.to_string()).collect::<Vec<_>>();
    for field in &fields {
        assert!(mutations.iter().any(|one| one.starts_with(&format!("{field}("))), "{field} has no example");
    }
    for mutation in mutations {
        let answer =
            replica.gql_as(&primary.alpha.admin, &format!("mutation {{ {mutation} }}"), json!({})).await;
        let body = answer.json();
        assert_eq!(body["errors"][0]["extensions"]["code"], "READ_ONLY", "{mutation}: {body}");
        assert!(body["errors"][0]["message"].as_str().expect("a text").contains("primary"), "{body}");
    }
    // Rights are asked first, as ever.
    let denied = r#"mutation { createClient(input: {name: "x", right: READ}) { secret } }"#;
    let denied = replica.gql_as(&primary.alpha.write, denied, json!({})).await.json();
    assert_eq!(denied["errors"][0]["extensions"]["code"], "FORBIDDEN", "{denied}");

    let event = json!({ "type": "track", "payload": { "name": "did", "profileId": "ann" } });
    for body in [event.clone(), json!([event])] {
        let told = replica.track(&body).await;
        assert_eq!(told.status, 403, "{}", told.text);
        assert!(told.text.contains("primary"), "{}", told.text);
    }
    let device = replica.get("/track/device-id", &primary.alpha.write.headers()).await;
    assert_eq!(device.status, 403, "{}", device.text);
    assert!(replica.app.directory().create_project("gamma").await.is_err());
    assert!(replica.app.directory().create_client(primary.alpha.key, "x", Right::Read, &[]).await.is_err());
    let out = bucket.0.path().join("backup");
    assert!(replica.app.engine().store().backup(&out).is_err() && !out.exists());

    assert_eq!((bucket.objects(), super::world::everything(&replica).await), before);
    assert!(!replica.app.config().data_dir.join("log").exists(), "there is no log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_waits_for_the_first_instant_and_says_so() {
    let bucket = Bucket::new();
    let primary = TestApp::start().await;
    let replica = primary.replica_with(|config| config.objects.object_store = Some(bucket.location())).await;
    let get = |path: &'static str| Request::get(path).body(Body::empty()).expect("a request");
    assert_eq!(replica.send(get("/ready")).await.status, 503);
    let health = replica.send(get("/health")).await;
    assert_eq!((health.status, &health.json()["replica"]["instant"]), (200, &Value::Null));
    let asked = replica.gql_as(&primary.alpha.read, "{ __typename }", json!({})).await;
    assert_eq!(asked.status, 503, "no client is called unknown: {}", asked.text);
    assert_eq!(asked.json()["error"]["code"], "UNAVAILABLE");
    assert_eq!(replica.send(get("/dashboard")).await.status, 503);

    let primary = primary.restart_with(|config| config.objects.object_store = Some(bucket.location())).await;
    bring(&primary, &replica).await;
    assert_eq!(replica.send(get("/ready")).await.status, 200);
    let health = replica.send(get("/health")).await.json();
    assert_eq!(health["status"], "ok", "{health}");
    assert!(health["replica"]["instant"].as_u64().is_some_and(|number| number > 0), "{health}");
    assert!(health["replica"]["ageSeconds"].is_number(), "{health}");
    assert_eq!(replica.gql_as(&primary.alpha.read, "{ __typename }", json!({})).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_a_primarys_or_a_replicas() {
    let bucket = Bucket::new();
    let primary = filled(&bucket).await;
    publish(&primary).await;
    let replica = primary.replica().await;
    bring(&primary, &replica).await;
    let open = async |config: Config| match App::open(config, Arc::new(SystemClock)).await {
        Ok(_) => panic!("it opens"),
        Err(error) => error.to_string(),
    };
    // Each folder as the other kind.
    let of_replica = replica.app.config().data_dir.clone();
    let kept = tempfile::tempdir().expect("a temporary folder");
    let copy = kept.path().join("copy");
    copy_folder(&of_replica, &copy);
    let error = open(Config::for_testing(&copy)).await;
    assert!(error.contains("--replica") && error.contains("--data-dir"), "{error}");
    let told = stderr(&muster(&copy, &["check"]));
    assert!(told.contains("--replica"), "{told}");
    let data = primary.app.config().data_dir.clone();
    let copy = kept.path().join("primary");
    copy_folder(&data, &copy);
    let mut config = Config::for_testing(&copy);
    config.objects.object_store = Some(bucket.location());
    config.replica.replica = true;
    let error = open(config).await;
    assert!(error.contains("without --replica"), "{error}");

    // A replica of another lake.
    let elsewhere = Bucket::new();
    let other = elsewhere.primary().await;
    publish(&other).await;
    let replica =
        replica.restart_with(|config| config.objects.object_store = Some(elsewhere.location())).await;
    let error =
        go_on(replica.app.engine().store(), replica.app.clock().now()).await.expect_err("another lake");
    assert!(error.contains("another lake") && error.contains("--data-dir"), "{error}");

    let alone = stderr(&muster(kept.path(), &["serve", "--replica"]));
    assert!(alone.contains("--object-store"), "{alone}");
}
