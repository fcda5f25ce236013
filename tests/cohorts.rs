//! Cohorts as they are saved: durable, apart from those of other projects, within their limits, by those who may.

use crate::server::{Server, muster, out};
use crate::support::app::{TestApp, TestProject};
use chrono::Duration;
use serde_json::{Value, json};

const SAVE: &str =
    "mutation($input: SaveCohortInput!) { saveCohort(input: $input) { cohort { id name rule } } }";
const DELETE: &str = "mutation($id: ID!) { deleteCohort(input: { id: $id }) { deletedId } }";
const LIST: &str = "{ cohorts { id name kind groupType rule isStatic createdAt updatedAt } }";

fn of_profiles(id: &str, rule: &Value) -> Value {
    json!({ "input": { "id": id, "name": id.to_uppercase(), "unit": { "kind": "PROFILE" }, "rule": rule } })
}

async fn save(t: &TestApp, project: &TestProject, input: Value) -> Value {
    t.gql_as(&project.admin, SAVE, input).await.json()
}

async fn ids(t: &TestApp, project: &TestProject) -> Vec<String> {
    let answer = t.gql_as(&project.read, "{ cohorts { id } }", json!({})).await.json();
    let nodes = answer["data"]["cohorts"].as_array().expect("a list");
    nodes.iter().map(|node| node["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cohort_is_kept_through_a_restart_as_it_was_saved() {
    let t = TestApp::start().await;
    let rule =
        json!({"or": [{"ids": ["u1", "u2"]}, {"deed": {"event": "invite", "atLeast": 2, "last": "P7D"}}]});
    let saved = save(&t, &t.alpha, of_profiles("b", &rule)).await;
    assert_eq!(saved["data"]["saveCohort"]["cohort"], json!({"id": "b", "name": "B", "rule": rule}));
    let list = json!({"ids": ["u1"]});
    save(&t, &t.alpha, of_profiles("a", &list)).await;
    save(&t, &t.alpha, of_profiles("gone", &list)).await;
    t.advance(Duration::hours(1));
    // The same again changes nothing; another name does.
    save(&t, &t.alpha, of_profiles("b", &rule)).await;
    let mut renamed = of_profiles("a", &list);
    renamed["input"]["name"] = "Another".into();
    save(&t, &t.alpha, renamed).await;
    let deleted = t.gql(DELETE, json!({"id": "gone"})).await;
    assert_eq!(deleted["data"]["deleteCohort"]["deletedId"], "gone");
    let t = t.restart().await;
    let answer = t.gql(LIST, json!({})).await;
    let (first, later) = ("2026-03-10T12:00:00Z", "2026-03-10T13:00:00Z");
    let expected = json!([
        {"id": "a", "name": "Another", "kind": "PROFILE", "groupType": null, "rule": list, "isStatic": true, "createdAt": first, "updatedAt": later},
        {"id": "b", "name": "B", "kind": "PROFILE", "groupType": null, "rule": rule, "isStatic": false, "createdAt": first, "updatedAt": first},
    ]);
    assert_eq!(answer["data"]["cohorts"], expected);
    let deleted = t.gql(DELETE, json!({"id": "gone"})).await;
    assert_eq!(deleted["data"]["deleteCohort"]["deletedId"], Value::Null);
    assert_eq!(t.gql("{ cohort(id: \"gone\") { id } }", json!({})).await["data"]["cohort"], Value::Null);
}

#[test]
fn an_acknowledged_cohort_survives_a_kill() {
    let data = tempfile::tempdir().expect("a folder");
    out(&muster(data.path(), &["project", "create", "p"]));
    let made =
        out(&muster(data.path(), &["client", "create", "--project", "p", "--right", "ADMIN", "--json"]));
    let made: Value = serde_json::from_str(&made).expect("JSON");
    let client = (made["id"].as_str().expect("an id"), made["secret"].as_str().expect("a secret"));
    for round in 0..3 {
        let mut server = Server::start(data.path(), &[]);
        for n in 0..5 {
            let input = of_profiles(&format!("k{round}{n}"), &json!({"ids": ["u1"]}));
            let answer = server.graphql(client, SAVE, &input);
            assert_eq!(answer["errors"], Value::Null, "{answer:#}");
        }
        server.kill();
        let mut server = Server::start(data.path(), &[]);
        let answer = server.graphql(client, "{ cohorts { id } }", &json!({}));
        assert_eq!(answer["data"]["cohorts"].as_array().map(Vec::len), Some(5 * (round + 1)), "{answer:#}");
        server.kill();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn projects_do_not_see_each_others_cohorts() {
    let t = TestApp::start().await;
    for project in [&t.alpha, &t.beta] {
        let ids = ["u1", "u2"].map(|id| json!({"type": "track", "payload": {"name": "a", "profileId": id}}));
        assert_eq!(t.track_as(&project.write, &Value::from(ids.to_vec())).await.status, 200);
    }
    t.advance(Duration::minutes(1));
    save(&t, &t.alpha, of_profiles("k", &json!({"ids": ["u1"]}))).await;
    assert_eq!(ids(&t, &t.beta).await, Vec::<String>::new());
    let size = "{ cohort(id: \"k\") { size profiles { nodes { id } } } }";
    let of = async |project: &TestProject| {
        t.gql_as(&project.read, size, json!({})).await.json()["data"]["cohort"].clone()
    };
    assert_eq!(of(&t.beta).await, Value::Null);
    let trend =
        "{ trend(series: [{ filter: { cohort: { id: \"k\" } } }], last: \"P1D\") { series { value } } }";
    let refused = t.gql_as(&t.beta.read, trend, json!({})).await.json();
    assert_eq!(refused["errors"][0]["extensions"]["argument"], "series[0].filter.cohort.id", "{refused:#}");
    save(&t, &t.beta, of_profiles("k", &json!({"not": {"ids": ["u1"]}}))).await;
    assert_eq!(of(&t.alpha).await, json!({"size": 1, "profiles": {"nodes": [{"id": "u1"}]}}));
    assert_eq!(of(&t.beta).await, json!({"size": 1, "profiles": {"nodes": [{"id": "u2"}]}}));
    assert_eq!(t.gql_as(&t.alpha.admin, DELETE, json!({"id": "k"})).await.json()["errors"], Value::Null);
    assert_eq!(ids(&t, &t.beta).await, ["k"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_write_saves_and_who_may_read_reads() {
    let t = TestApp::start().await;
    let input = of_profiles("k", &json!({"ids": []}));
    for (client, document, variables, code) in [
        (&t.alpha.read, SAVE, input.clone(), "FORBIDDEN"),
        (&t.alpha.read, DELETE, json!({"id": "k"}), "FORBIDDEN"),
        (
            &t.alpha.write,
            "mutation($input: SaveCohortInput!) { saveCohort(input: $input) { cohort { size } } }",
            input.clone(),
            "FORBIDDEN",
        ),
        (&t.alpha.write, LIST, json!({}), "FORBIDDEN"),
        (&t.alpha.write, "{ cohort(id: \"k\") { id } }", json!({}), "FORBIDDEN"),
        (&t.alpha.write, "{ cohortTable(id: \"k\") { unitId } }", json!({}), "FORBIDDEN"),
    ] {
        let answer = t.gql_as(client, document, variables).await.json();
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{document}: {answer:#}");
    }
    assert_eq!(ids(&t, &t.alpha).await, Vec::<String>::new(), "a refused save changes nothing");
    let answer = t.gql_as(&t.alpha.write, SAVE, input).await.json();
    assert_eq!(answer["data"]["saveCohort"]["cohort"]["id"], "k", "{answer:#}");
    assert_eq!(ids(&t, &t.alpha).await, ["k"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_limit_is_told() {
    let t = TestApp::start_with(|config| {
        config.max_cohorts = 2;
        config.max_cohort_rules = 3;
        config.max_cohort_ids = 4;
    })
    .await;
    let list = |many: usize| json!({"ids": (0..many).map(|n| format!("u{n}")).collect::<Vec<_>>()});
    let many = |rules: usize| json!({"and": vec![list(1); rules]});
    assert_eq!(save(&t, &t.alpha, of_profiles("a", &list(4))).await["errors"], Value::Null);
    assert_eq!(save(&t, &t.alpha, of_profiles("b", &many(3))).await["errors"], Value::Null);
    for (id, rule, argument, code, part) in [
        ("a", list(5), "input.rule.ids", "BAD_INPUT", "lists 5 ids; 4 at most"),
        ("a", many(4), "input.rule", "BAD_INPUT", "has 4 tests, deeds and lists; 3 at most"),
        ("a", json!({"or": vec![json!({"and": []}); 4]}), "input.rule", "BAD_INPUT", "3 at most"),
        ("c", list(1), "input.id", "LIMITED", "2 cohorts are saved"),
    ] {
        let answer = save(&t, &t.alpha, of_profiles(id, &rule)).await;
        let error = &answer["errors"][0];
        assert_eq!(
            (&error["extensions"]["argument"], &error["extensions"]["code"]),
            (&json!(argument), &json!(code)),
            "{answer:#}"
        );
        assert!(error["message"].as_str().is_some_and(|message| message.contains(part)), "{answer:#}");
    }
    // Another project has room of its own, and what is there may be changed.
    assert_eq!(save(&t, &t.beta, of_profiles("c", &list(1))).await["errors"], Value::Null);
    assert_eq!(save(&t, &t.alpha, of_profiles("a", &list(2))).await["errors"], Value::Null);
    let limits = t.gql("{ limits { cohorts cohortRules cohortIds } }", json!({})).await;
    assert_eq!(limits["data"]["limits"], json!({"cohorts": 2, "cohortRules": 3, "cohortIds": 4}));
}

/// A cohort that a mutation of the same request saves and a later one changes is never read from before.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_sees_its_own_changes() {
    let t = TestApp::start().await;
    let document = "mutation {
        identify(input: { profileId: \"u1\" }) { profile { id } }
        one: saveCohort(input: { id: \"k\", name: \"K\", unit: { kind: PROFILE }, rule: { and: [] } }) { cohort { size } }
        again: identify(input: { profileId: \"u2\" }) { profile { id } }
        two: saveCohort(input: { id: \"k\", name: \"K\", unit: { kind: PROFILE }, rule: { not: { ids: [\"nobody\"] } } }) { cohort { size } }
        three: saveCohort(input: { id: \"k\", name: \"K\", unit: { kind: PROFILE }, rule: { ids: [\"u2\"] } }) { cohort { size } }
    }";
    let answer = t.gql(document, json!({})).await;
    let size = |field: &str| answer["data"][field]["cohort"]["size"].clone();
    assert_eq!([size("one"), size("two"), size("three")], [json!(1), json!(2), json!(1)], "{answer:#}");
}
