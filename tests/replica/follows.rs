//! What a primary changes is what a replica answers, within one look.

use super::world::{Bucket, bring, everything, follow, publish};
use crate::support::app::TestApp;
use muster::domain::identity::Right;
use serde_json::{Value, json};

/// Ids and names that mean something to SQL, JSON, paths or terminals.
const HOSTILE: [&str; 6] = ["a'b\"c", "../../x", "né\u{202e}\u{1f600}", "%_\\", "select 1; --", "{\"a\":1}"];

async fn track(app: &TestApp, events: Value) {
    let told = app
        .gql(
            "mutation($events: [TrackInput!]!) { trackBatch(input: {events: $events}) { accepted } }",
            json!({ "events": events }),
        )
        .await;
    assert!(told["errors"].is_null(), "{told}");
}

async fn change(app: &TestApp, document: &str) -> Value {
    let told = app.gql(document, json!({})).await;
    assert!(told["errors"].is_null(), "{document}: {told}");
    told
}

async fn same(primary: &TestApp, replica: &TestApp) {
    assert_eq!(everything(replica).await, everything(primary).await);
    let document = r#"{ groups(first: 50) { totalCount nodes { id type name properties memberCount
            propertyHistory { nodes { name properties } } } }
        profiles(first: 50) { nodes { id firstName email } }
        activeUsers(groupType: "company", last: "P30D") { totals { events groups } rows { group { id } events } } }"#;
    for client in [&primary.alpha.read, &primary.beta.read] {
        let (there, here) = (
            primary.gql_as(client, document, json!({})).await,
            replica.gql_as(client, document, json!({})).await,
        );
        assert_eq!((there.status, there.json()), (200, here.json()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_between_two_instants_is_the_same_on_a_replica() {
    let bucket = Bucket::new();
    let primary = bucket.primary().await;
    let (replica, second) = (primary.replica().await, primary.replica().await);
    for (place, id) in HOSTILE.iter().enumerate() {
        let upsert = "mutation($input: UpsertGroupInput!) { upsertGroup(input: $input) { group { id } } }";
        let input = json!({ "id": id, "type": "company", "name": id, "properties": { *id: place } });
        let told = primary.gql(upsert, json!({ "input": input })).await;
        assert!(told["errors"].is_null(), "{told}");
        let event = json!({ "name": id, "profileId": format!("p-{id}"), "groups": [id, "acme"], "path": id,
            "properties": { *id: id }, "occurredAt": "2026-03-09T10:00:00Z" });
        track(&primary, json!([event])).await;
    }
    bring(&primary, &replica).await;
    same(&primary, &replica).await;

    let rounds: [&[&str]; 4] = [
        &[
            r#"mutation { upsertGroup(input: {id: "acme", type: "company", name: "Acme", properties: {plan: "pro"}}) { group { id } } }"#,
            r#"mutation { identify(input: {profileId: "ann", firstName: "Ann", email: "ann@example.com"}) { profile { id } } }"#,
            r#"mutation { setGroups(input: {profileId: "ann", groupIds: ["acme", "other"]}) { profile { id } } }"#,
        ],
        &[
            r#"mutation { upsertGroup(input: {id: "acme", type: "workspace", name: "Acme Two", properties: {plan: null}}) { group { id } } }"#,
            r#"mutation { leaveGroups(input: {profileId: "ann", groupIds: ["acme"]}) { profile { id } } }"#,
        ],
        &[
            r#"mutation { deleteGroup(input: {id: "acme"}) { deletedId } }"#,
            r#"mutation { identify(input: {profileId: "ann", firstName: "Anna"}) { profile { id } } }"#,
        ],
        &[
            r#"mutation { upsertGroup(input: {id: "acme", type: "company", name: "Acme Again"}) { group { id } } }"#,
            r#"mutation { setGroups(input: {profileId: "ann", groupIds: ["acme"]}) { profile { id } } }"#,
        ],
    ];
    for (round, documents) in rounds.iter().enumerate() {
        for document in *documents {
            change(&primary, document).await;
        }
        track(&primary, json!([{ "name": "did", "profileId": "ann", "groups": ["acme"] }])).await;
        bring(&primary, &replica).await;
        same(&primary, &replica).await;
        if round % 2 == 1 {
            follow(&second).await;
            same(&primary, &second).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_sealed_is_not_there_yet_and_a_kept_answer_is_not_given_again() {
    let bucket = Bucket::new();
    let primary = bucket.primary().await;
    let replica = primary.replica().await;
    bring(&primary, &replica).await;
    let document = "{ storage { events } }";
    let count = async |app: &TestApp| app.gql(document, json!({})).await["data"]["storage"]["events"].clone();
    assert_eq!(count(&replica).await, json!(0));
    track(&primary, json!([{ "name": "did", "profileId": "ann" }])).await;
    assert_eq!(count(&primary).await, json!(1));
    follow(&replica).await;
    assert_eq!(count(&replica).await, json!(0));
    bring(&primary, &replica).await;
    assert_eq!(count(&replica).await, json!(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn cohorts_clients_and_projects_are_those_of_the_primary() {
    let bucket = Bucket::new();
    let primary = bucket.primary().await;
    track(&primary, json!([{ "name": "did", "profileId": "ann" }])).await;
    let replica = primary.replica().await;
    bring(&primary, &replica).await;
    let cohorts = "{ cohorts { id name } }";
    assert_eq!(replica.gql(cohorts, json!({})).await["data"]["cohorts"], json!([]));
    let saved = change(
        &primary,
        r#"mutation { saveCohort(input: {id: "them", name: "Them", unit: {kind: PROFILE}, rule: {ids: ["ann"]}}) { cohort { id } } }"#,
    );
    saved.await;
    bring(&primary, &replica).await;
    assert_eq!(replica.gql(cohorts, json!({})).await, primary.gql(cohorts, json!({})).await);

    let directory = primary.app.directory();
    let ask = async |client: &crate::support::app::Credentials| {
        replica.gql_as(client, "{ __typename }", json!({})).await.status
    };
    let read = &primary.alpha.read;
    assert_eq!(ask(read).await, 200);
    directory.revoke_client(primary.alpha.key, &read.id).await.expect("it is revoked");
    let other = directory.rotate_secret(primary.alpha.key, &primary.alpha.admin.id).await.expect("rotated");
    let made = directory.create_client(primary.beta.key, "new", Right::Read, &[]).await.expect("made");
    publish(&primary).await;
    follow(&replica).await;
    assert_eq!(ask(read).await, 401, "the client was revoked");
    assert_eq!(ask(&primary.alpha.admin).await, 401, "the old secret");
    let credentials = |id: String, secret: String| crate::support::app::Credentials { id, secret };
    assert_eq!(ask(&credentials(other.client.id, other.secret)).await, 200);
    assert_eq!(ask(&credentials(made.client.id, made.secret)).await, 200);

    directory.create_project("gamma").await.expect("a new name");
    bring(&primary, &replica).await;
    assert!(replica.app.project("gamma").is_some());
}
