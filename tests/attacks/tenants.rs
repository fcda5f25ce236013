//! Two projects with the same ids: nothing of one is seen, changed or hinted at by the other.

use crate::support::app::{TestApp, TestProject};
use crate::support::socket::Socket;
use muster::saved::sha256_hex;
use serde_json::{Value, json};

/// What only beta has; in no answer to alpha.
const MARK: &str = "beta-only";

/// Both have the group `acme` and its member `jane`; beta has more.
async fn start() -> TestApp {
    let t = TestApp::start().await;
    let document = r#"mutation($name: String!, $only: ID!, $event: String!) {
      a: upsertGroup(input: {id: "acme", type: "company", name: $name, properties: {plan: $name}}) { outcome }
      b: upsertGroup(input: {id: $only, type: "company", name: $name}) { outcome }
      c: identify(input: {profileId: "jane", firstName: $name}) { profile { id } }
      d: setGroup(input: {profileId: "jane", groupId: "acme"}) { profile { id } }
      e: saveCohort(input: {id: $only, name: $name, unit: {kind: PROFILE}, rule: {ids: ["jane"]}}) { cohort { id } }
      trackBatch(input: {events: [
        {id: "1", name: $event, profileId: "jane", groups: ["acme"], occurredAt: "2026-03-10T09:00:00Z"}
        {id: "2", name: $event, profileId: $only, groups: [$only], occurredAt: "2026-03-10T10:00:00Z"}
      ]}) { accepted }
    }"#;
    for (project, only) in [(&t.alpha, "alpha-only"), (&t.beta, MARK)] {
        let variables = json!({"name": only, "only": only, "event": only});
        let answer = t.gql_as(&project.admin, document, variables).await.json();
        assert_eq!(answer["data"]["trackBatch"]["accepted"], 2, "{answer}");
    }
    let document = format!("# Theirs.\nquery BetaOnly {{ groups(search: \"{MARK}\") {{ nodes {{ id }} }} }}");
    let save = "mutation($d: String!) { saveQuery(input: {document: $d}) { savedQuery { name } } }";
    let saved = t.gql_as(&t.beta.admin, save, json!({"d": document})).await.json();
    assert_eq!(saved["data"]["saveQuery"]["savedQuery"]["name"], "BetaOnly", "{saved}");
    t
}

async fn ask(t: &TestApp, project: &TestProject, document: &str, variables: Value) -> Value {
    t.gql_as(&project.admin, document, variables).await.json()
}

/// Everything of beta that a change of alpha's could have touched.
async fn of_beta(t: &TestApp) -> Value {
    let saved =
        ask(t, &t.beta, "{ savedQueries { name } cohorts { id } clients { id revokedAt } }", json!({})).await;
    json!([
        t.groups(&t.beta).await,
        t.profiles(&t.beta).await,
        t.memberships(&t.beta).await,
        t.events(&t.beta).await,
        saved
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_another_project_are_nobodys() {
    let t = start().await;
    let before = of_beta(&t).await;
    for (document, is_empty) in [
        ("query($x: ID!) { group(id: $x) { name } }", json!({"group": null})),
        ("query($x: ID!) { profile(id: $x) { firstName } }", json!({"profile": null})),
        ("query($x: ID!) { cohort(id: $x) { name } }", json!({"cohort": null})),
        ("query($x: ID!) { events(groupId: $x) { totalCount } }", json!({"events": {"totalCount": 0}})),
        ("query($x: ID!) { events(profileId: $x) { totalCount } }", json!({"events": {"totalCount": 0}})),
        ("query($x: ID!) { events(name: $x) { totalCount } }", json!({"events": {"totalCount": 0}})),
    ] {
        // `name` is a String; the type of the variable fits its place.
        let document = if document.contains("name: $x") {
            document.replace("ID!", "String!")
        } else {
            document.to_owned()
        };
        let answer = ask(&t, &t.alpha, &document, json!({"x": MARK})).await;
        if answer["errors"].is_null() {
            assert_eq!(answer["data"], is_empty, "{document}");
        } else {
            assert_eq!(answer["errors"][0]["extensions"]["code"], "NOT_FOUND", "{document} {answer}");
        }
    }
    for document in [
        "mutation($x: ID!) { deleteGroup(input: {id: $x}) { deletedId } }",
        "mutation($x: ID!) { deleteCohort(input: {id: $x}) { deletedId } }",
        "mutation($x: ID!) { revokeClient(input: {id: $x}) { client { id } } }",
        "mutation($x: ID!) { rotateClientSecret(input: {id: $x}) { secret } }",
        "mutation($x: ID!) { leaveGroups(input: {profileId: \"jane\", groupIds: [$x]}) { profile { id } } }",
        "mutation($x: String!) { deleteSavedQuery(input: {name: $x}) { deletedName } }",
        "mutation($x: ID!) { upsertGroup(input: {id: $x, type: \"t\", name: \"mine\", properties: {plan: null}}) { outcome } }",
        "mutation($x: ID!) { identify(input: {profileId: $x, firstName: \"mine\"}) { profile { firstName } } }",
    ] {
        for id in [MARK, "BetaOnly", &t.beta.read.id] {
            ask(&t, &t.alpha, document, json!({"x": id})).await;
        }
    }
    assert_eq!(of_beta(&t).await, before);
    let theirs = t.get("/queries/BetaOnly.json", &t.alpha.read.headers()).await;
    assert_eq!(theirs.status, 404, "{}", theirs.text);
    assert_eq!(t.get("/queries/BetaOnly.json", &t.beta.read.headers()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn cursors_of_another_project_lead_nowhere() {
    let t = start().await;
    for (page, next) in [
        (
            "{ list: groups(first: 1) { edges { cursor } } }",
            "query($c: String!) { list: groups(first: 9, after: $c) { nodes { id name } } }",
        ),
        (
            "{ list: profiles(first: 1) { edges { cursor } } }",
            "query($c: String!) { list: profiles(first: 9, after: $c) { nodes { id firstName } } }",
        ),
        (
            "{ list: events(first: 1) { edges { cursor } } }",
            "query($c: String!) { list: events(first: 9, after: $c) { nodes { id name profileId } } }",
        ),
    ] {
        let theirs = ask(&t, &t.beta, page, json!({})).await;
        let cursor = theirs["data"]["list"]["edges"][0]["cursor"].clone();
        assert!(cursor.is_string(), "{theirs}");
        // It is refused, or a place among alpha's own.
        let answer = ask(&t, &t.alpha, next, json!({"c": cursor})).await;
        assert!(!answer.to_string().contains(MARK), "{answer}");
        if answer["data"]["list"].is_null() {
            assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_INPUT", "{answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_of_another_project_are_unknown() {
    let t = start().await;
    let query = format!("{{ groups(search: \"{MARK}\") {{ totalCount }} }}");
    let by_hash = |query: Option<&str>, text: &str| {
        let mut body =
            json!({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": sha256_hex(text)}}});
        if let Some(query) = query {
            body["query"] = query.into();
        }
        body
    };
    let post = async |project: &TestProject, body: Value| {
        t.post("/graphql", &project.admin.headers(), &body).await.json()
    };
    let sent = post(&t.beta, by_hash(Some(&query), &query)).await;
    assert!(sent["data"]["groups"]["totalCount"].as_i64() > Some(0), "{sent}");
    assert_eq!(post(&t.beta, by_hash(None, &query)).await["data"], sent["data"]);
    let unknown = post(&t.alpha, by_hash(None, &query)).await;
    assert_eq!(unknown["errors"][0]["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND", "{unknown}");
    // Nor does a hash bring another document than its own.
    let lie = post(&t.alpha, by_hash(Some("{ __typename }"), &query)).await;
    assert_eq!(lie["errors"][0]["extensions"]["code"], "BAD_INPUT", "{lie}");
    let named = post(&t.alpha, json!({"documentId": "BetaOnly"})).await;
    assert_eq!(named["errors"][0]["extensions"]["code"], "NOT_FOUND", "{named}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_tells_nothing_of_another_project() {
    let t = start().await;
    let served = t.serve().await;
    let mut socket = Socket::open_as(&served.url, &t.alpha.read).await;
    socket.subscribe("1", "subscription { newEvents { events { name } } }").await;
    assert_eq!(socket.answer("1").await, json!({"newEvents": {"events": []}}));
    socket.subscribe("2", "subscription { newEvents(groupId: \"acme\") { events { name } } }").await;
    assert_eq!(socket.answer("2").await, json!({"newEvents": {"events": []}}));
    let event = |name: &str| json!({"type": "track", "payload": {"name": name, "profileId": "jane", "groups": ["acme"]}});
    assert_eq!(t.track_as(&t.beta.write, &event(MARK)).await.status, 200);
    assert_eq!(t.track_as(&t.alpha.write, &event("own")).await.status, 200);
    let mut heard = Vec::new();
    while heard.len() < 2 {
        let crate::support::socket::Heard::Message(message) = socket.hear().await else {
            panic!("it closed")
        };
        assert!(!message.to_string().contains(MARK), "{message}");
        heard.extend(message["payload"]["data"]["newEvents"]["events"].as_array().expect("events").clone());
    }
    assert_eq!(heard, [json!({"name": "own"}), json!({"name": "own"})]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_error_names_what_is_another_projects() {
    let t = start().await;
    for (document, variables) in [
        (
            "{ funnelTable(steps: \"beta\", window: \"P1D\", from: \"2026-03-01\", to: \"2026-04-01\") { step } }",
            json!({}),
        ),
        ("{ activeUsers(groupType: \"compan\", last: \"P1D\") { hint } }", json!({})),
        ("{ trend(last: \"P1D\", series: [{event: \"beta-onl\"}]) { hint } }", json!({})),
        (
            "{ activeUsers(groupType: \"company\", last: \"P1D\", users: {cohort: \"beta-onl\"}) { hint } }",
            json!({}),
        ),
        ("{ cohortTable(id: \"nobody\") { id } }", json!({})),
        ("{ savedQuery(name: \"BetaOnl\") { name } }", json!({})),
        ("mutation { deleteCohort(input: {id: \"nobody\"}) { deletedId } }", json!({})),
        ("mutation { deleteSavedQuery(input: {name: \"nobody\"}) { deletedName } }", json!({})),
        (
            "mutation($x: ID!) { revokeClient(input: {id: $x}) { client { id } } }",
            json!({"x": t.beta.read.id}),
        ),
        ("{ propertyValues(of: EVENT, property: \"plan\") { value } }", json!({})),
    ] {
        let answer = ask(&t, &t.alpha, document, variables).await;
        let text = answer.to_string();
        assert!(!text.contains(MARK) && !text.contains("BetaOnly\""), "{document} {text}");
    }
    // An id that is taken elsewhere is free here, so that not even a conflict tells.
    let save = "mutation($d: String!) { saveQuery(input: {document: $d}) { savedQuery { name } } }";
    let document = "# Ours.\nquery BetaOnly { groups { nodes { id } } }";
    assert_eq!(ask(&t, &t.alpha, save, json!({"d": document})).await["errors"], Value::Null);
    let answer = t.get("/queries/Nobody.csv", &t.alpha.read.headers()).await;
    assert!(answer.status == 404 && !answer.text.contains(MARK), "{}", answer.text);
    // A client of the other project is as unknown as one that never was.
    let wrong =
        |id: &str| [("openpanel-client-id", id.to_owned()), ("openpanel-client-secret", "sec_x".to_owned())];
    let answer = t.post("/graphql", &wrong(&t.beta.read.id), &json!({"query": "{ __typename }"})).await;
    assert!(answer.status == 401 && !answer.text.contains("beta"), "{}", answer.text);
}
