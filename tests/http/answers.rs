//! Answers that are given again: never late, never another project's, never an error.

use crate::support::app::{Answer, Credentials, TestApp};
use chrono::Duration;
use futures_util::FutureExt;
use serde_json::{Value, json};

const GROUPS: &str = "{ groups(first: 10) { totalCount nodes { id name memberCount } } }";
const LATELY: &str =
    "{ activeUsers(groupType: \"company\", last: \"P30D\") { totals { events activeUsers } } }";
const THAT_DAY: &str = "{ activeUsers(groupType: \"company\", range: {from: \"2026-03-10T00:00:00Z\", to: \"2026-03-11T00:00:00Z\"}) { totals { events } } }";

/// Asks with a header `Cache-Control`, if one is given.
async fn ask(t: &TestApp, client: &Credentials, document: &str, cache_control: &str) -> Answer {
    let mut headers = client.headers();
    if !cache_control.is_empty() {
        headers.push(("cache-control", cache_control.to_owned()));
    }
    let answer = t.post("/graphql", &headers, &json!({ "query": document })).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

/// How an answer came about.
fn how(answer: &Answer) -> &str {
    answer.headers["muster-cache"].to_str().expect("text")
}

fn track(name: &str) -> Value {
    json!({"type": "track", "payload": {"name": name, "profileId": "ann", "groups": ["acme"]}})
}

async fn upsert(t: &TestApp, client: &Credentials, name: &str) {
    let document = "mutation ($name: String!) { upsertGroup(input: {id: \"acme\", type: \"company\", name: $name}) { outcome } }";
    let answer = t.gql_as(client, document, json!({ "name": name })).await;
    assert_eq!(answer.json()["errors"], Value::Null, "{}", answer.text);
    assert!(answer.headers.get("muster-cache").is_none(), "a mutation is never given again");
}

#[tokio::test]
async fn the_next_question_sees_every_write() {
    let t = TestApp::start().await;
    let admin = &t.alpha.admin;
    upsert(&t, admin, "Acme").await;
    assert_eq!(how(&ask(&t, admin, GROUPS, "").await), "miss");
    let again = ask(&t, admin, GROUPS, "").await;
    assert_eq!((how(&again), again.headers["age"].to_str().ok()), ("hit", Some("0")));
    assert_eq!(again.json()["data"]["groups"]["nodes"][0]["name"], "Acme");

    // A group, events, a membership, a cohort: whatever is stored is seen at once.
    upsert(&t, admin, "Acme Robotics").await;
    let renamed = ask(&t, admin, GROUPS, "").await;
    assert_eq!(renamed.json()["data"]["groups"]["nodes"][0]["name"], "Acme Robotics");
    for events in 1..=3 {
        assert_eq!(t.track(&track("login")).await.status, 200);
        let answer = ask(&t, admin, THAT_DAY, "").await;
        assert_eq!(
            (how(&answer), &answer.json()["data"]["activeUsers"]["totals"]["events"]),
            ("miss", &json!(events))
        );
        assert_eq!(how(&ask(&t, admin, THAT_DAY, "").await), "hit");
    }
    let join = "mutation { setGroups(input: {profileId: \"ann\", groupIds: [\"acme\"]}) { profile { id } } }";
    assert_eq!(t.gql(join, json!({})).await["errors"], Value::Null);
    let joined = ask(&t, admin, GROUPS, "").await;
    assert_eq!(joined.json()["data"]["groups"]["nodes"][0]["memberCount"], 1);
    let cohorts = "{ cohorts { id name } }";
    assert_eq!(ask(&t, admin, cohorts, "").await.json()["data"]["cohorts"], json!([]));
    for name in ["One", "Two"] {
        let save = format!(
            "mutation {{ saveCohort(input: {{id: \"c\", name: \"{name}\", unit: {{kind: PROFILE}}, rule: {{ids: [\"ann\"]}}}}) {{ cohort {{ id }} }} }}"
        );
        assert_eq!(t.gql(&save, json!({})).await["errors"], Value::Null);
        let answer = ask(&t, admin, cohorts, "").await;
        assert_eq!(answer.json()["data"]["cohorts"][0]["name"], name);
    }
    let delete = "mutation { deleteCohort(input: {id: \"c\"}) { deletedId } }";
    assert_eq!(t.gql(delete, json!({})).await["errors"], Value::Null);
    assert_eq!(ask(&t, admin, cohorts, "").await.json()["data"]["cohorts"], json!([]));
}

#[tokio::test]
async fn no_project_and_no_right_is_given_the_answer_of_another() {
    let t = TestApp::start().await;
    let (alpha, beta) = (&t.alpha, &t.beta);
    upsert(&t, &alpha.admin, "Acme of alpha").await;
    upsert(&t, &beta.admin, "Acme of beta").await;
    for round in ["miss", "hit"] {
        for (project, name) in [(alpha, "Acme of alpha"), (beta, "Acme of beta")] {
            let answer = ask(&t, &project.admin, GROUPS, "").await;
            assert_eq!(answer.json()["data"]["groups"]["nodes"][0]["name"], name);
            assert_eq!(how(&answer), round, "{name}");
        }
    }
    // What beta stores leaves alpha's answers where they are.
    upsert(&t, &beta.admin, "Acme of beta, renamed").await;
    assert_eq!(how(&ask(&t, &alpha.admin, GROUPS, "").await), "hit");
    assert_eq!(how(&ask(&t, &beta.admin, GROUPS, "").await), "miss");
    // Who may not read is not given what another client of the project has just read.
    let refused = t.gql_as(&alpha.write, GROUPS, json!({})).await;
    assert_eq!(refused.status, 403, "{}", refused.text);
    let takes_any = [alpha.write.headers(), vec![("cache-control", "max-stale".to_owned())]].concat();
    let refused = t.post("/graphql", &takes_any, &json!({ "query": GROUPS })).await;
    assert_eq!(refused.status, 403, "{}", refused.text);
}

#[tokio::test]
async fn other_variables_another_operation_and_another_document_are_other_questions() {
    let t = TestApp::start().await;
    upsert(&t, &t.alpha.admin, "Acme").await;
    let document = "query A($n: Int) { groups(first: $n) { totalCount } } query B($n: Int) { groups(first: $n) { nodes { id } } }";
    let mut seen = Vec::new();
    for (operation, n) in [("A", 1), ("A", 2), ("B", 1), ("A", 1)] {
        let body = json!({"query": document, "operationName": operation, "variables": {"n": n}});
        let answer = t.post("/graphql", &t.alpha.read.headers(), &body).await;
        seen.push((how(&answer).to_owned(), answer.json()["data"]["groups"].clone()));
    }
    let told: Vec<&str> = seen.iter().map(|(how, _)| how.as_str()).collect();
    assert_eq!(told, ["miss", "miss", "miss", "hit"]);
    assert_eq!((&seen[2].1, &seen[3].1), (&json!({"nodes": [{"id": "acme"}]}), &seen[0].1));
}

#[tokio::test]
async fn an_answer_about_now_is_one_of_its_second() {
    let t = TestApp::start().await;
    let read = &t.alpha.read;
    upsert(&t, &t.alpha.admin, "Acme").await;
    // Half a second past noon: the second ends at one past.
    t.advance(Duration::milliseconds(500));
    assert_eq!(t.track(&track("login")).await.status, 200);
    let answer = ask(&t, read, LATELY, "").await;
    assert_eq!(answer.json()["data"]["activeUsers"]["totals"]["events"], 1, "what was just stored is lately");
    t.advance(Duration::milliseconds(500));
    assert_eq!(how(&ask(&t, read, LATELY, "").await), "hit");
    t.advance(Duration::milliseconds(1));
    assert_eq!(how(&ask(&t, read, LATELY, "").await), "miss");
    // A given range is the same at any time.
    assert_eq!(how(&ask(&t, read, THAT_DAY, "").await), "miss");
    t.advance(Duration::days(40));
    let later = ask(&t, read, THAT_DAY, "").await;
    assert_eq!((how(&later), later.headers["age"].to_str().ok()), ("hit", Some("3456000")));
    assert_eq!(ask(&t, read, LATELY, "").await.json()["data"]["activeUsers"]["totals"]["events"], 0);
}

#[tokio::test]
async fn an_answer_that_tells_what_has_begun_holds_until_more_begins() {
    let t = TestApp::start().await;
    let read = &t.alpha.read;
    upsert(&t, &t.alpha.admin, "Acme").await;
    assert_eq!(t.track(&track("login")).await.status, 200);
    let lifecycle = "{ lifecycle(unit: {kind: GROUP, groupType: \"company\"}, interval: DAY, range: {from: \"2026-03-10T00:00:00Z\", to: \"2026-03-12T00:00:00Z\"}) { buckets { dormant } } }";
    let dormant = |answer: &Answer| {
        let buckets = answer.json()["data"]["lifecycle"]["buckets"].clone();
        buckets.as_array().expect("a list").iter().map(|one| one["dormant"].as_i64()).collect::<Vec<_>>()
    };
    assert_eq!(dormant(&ask(&t, read, lifecycle, "").await), [Some(0), None]);
    // Midnight is when the second day begins, and not before.
    t.advance(Duration::hours(12));
    let midnight = ask(&t, read, lifecycle, "").await;
    assert_eq!((how(&midnight), dormant(&midnight)), ("hit", vec![Some(0), None]));
    t.advance(Duration::milliseconds(1));
    let second = ask(&t, read, lifecycle, "").await;
    assert_eq!((how(&second), dormant(&second)), ("miss", vec![Some(0), Some(1)]));
    t.advance(Duration::days(400));
    assert_eq!(how(&ask(&t, read, lifecycle, "").await), "hit");
}

#[tokio::test]
async fn an_older_answer_is_given_to_whoever_takes_it() {
    let t = TestApp::start().await;
    let (admin, read) = (&t.alpha.admin, &t.alpha.read);
    upsert(&t, admin, "Old").await;
    assert_eq!(how(&ask(&t, read, GROUPS, "").await), "miss");
    upsert(&t, admin, "New").await;
    t.advance(Duration::seconds(10));
    let old = ask(&t, read, GROUPS, "max-stale=10").await;
    assert_eq!((how(&old), old.headers["age"].to_str().ok()), ("hit", Some("10")));
    assert_eq!(old.json()["data"]["groups"]["nodes"][0]["name"], "Old");
    let fresh = ask(&t, read, GROUPS, "max-stale=9").await;
    assert_eq!((how(&fresh), &fresh.json()["data"]["groups"]["nodes"][0]["name"]), ("miss", &json!("New")));
    for wanted in ["no-store", "no-cache"] {
        assert_eq!(how(&ask(&t, read, GROUPS, wanted).await), "bypass");
    }
    let explained = [read.headers(), vec![("muster-explain", "true".to_owned())]].concat();
    let explained = t.post("/graphql", &explained, &json!({ "query": GROUPS })).await;
    assert_eq!(how(&explained), "bypass");
    assert!(explained.json()["extensions"]["statements"].is_array());
    assert!(ask(&t, read, GROUPS, "").await.json().get("extensions").is_none(), "and nobody else is told");
}

#[tokio::test]
async fn an_error_is_not_kept() {
    let t = TestApp::start().await;
    upsert(&t, &t.alpha.admin, "Acme").await;
    for document in [
        "{ group(id: \"acme\") { name members(first: 0) { totalCount } } }",
        "{ activeUsers(groupType: \"company\", last: \"P0D\") { totals { events } } }",
        "{ nothing }",
    ] {
        for _ in 0..2 {
            let answer = ask(&t, &t.alpha.read, document, "").await;
            assert!(answer.json()["errors"].is_array(), "{}", answer.text);
            assert_eq!(how(&answer), "miss", "{document}");
        }
    }
}

#[tokio::test]
async fn saved_queries_are_given_again_in_every_format() {
    let t = TestApp::start().await;
    upsert(&t, &t.alpha.admin, "Acme").await;
    let read = t.alpha.read.headers();
    let (csv, arrow) =
        ("/queries/GroupDirectory.csv?groupType=company", "/queries/GroupDirectory.json?groupType=company");
    let first = t.get(csv, &read).await;
    assert_eq!((first.status, how(&first)), (200, "miss"), "{}", first.text);
    let (again, other) = (t.get(csv, &read).await, t.get(arrow, &read).await);
    assert_eq!((how(&again), how(&other), &again.text), ("hit", "hit", &first.text));
    upsert(&t, &t.alpha.admin, "Acme Robotics").await;
    let renamed = t.get(csv, &read).await;
    assert!(how(&renamed) == "miss" && renamed.text.contains("Acme Robotics"), "{}", renamed.text);
}

#[tokio::test]
async fn the_same_question_is_asked_once_and_who_asked_first_may_go() {
    let t = TestApp::start().await;
    upsert(&t, &t.alpha.admin, "Acme").await;
    let statements = || t.app.engine().statements();
    let before = statements();
    assert_eq!(how(&ask(&t, &t.alpha.read, GROUPS, "no-store").await), "bypass");
    let cost = statements() - before;
    assert!(cost > 0);
    let before = statements();
    let mut first = Box::pin(ask(&t, &t.alpha.read, GROUPS, ""));
    while statements() == before {
        assert!((&mut first).now_or_never().is_none());
    }
    let others: Vec<_> = (0..5)
        .map(|_| {
            let mut other = Box::pin(ask(&t, &t.alpha.read, GROUPS, ""));
            assert!((&mut other).now_or_never().is_none());
            other
        })
        .collect();
    drop(first);
    for other in others {
        let answer = other.await;
        assert_eq!(answer.json()["data"]["groups"]["nodes"][0]["name"], "Acme");
        assert_eq!(how(&answer), "shared");
    }
    assert_eq!(statements() - before, cost);
}

#[tokio::test]
async fn answers_take_no_more_memory_than_they_may() {
    let (t, most) = (TestApp::start_with(|config| config.answer_cache_bytes = 100_000).await, 100_000);
    upsert(&t, &t.alpha.admin, "Acme").await;
    for n in 1..=300 {
        let document = format!("{{ groups(first: {n}) {{ totalCount }} }}");
        assert_eq!(how(&ask(&t, &t.alpha.read, &document, "").await), "miss");
        assert!(t.app.answers().bytes() <= most);
    }
    assert!(t.app.answers().bytes() > most / 4, "{}", t.app.answers().bytes());
    let t = TestApp::start_with(|config| config.answer_cache_bytes = 0).await;
    for _ in 0..2 {
        assert_eq!(how(&ask(&t, &t.alpha.read, GROUPS, "").await), "miss");
    }
}
