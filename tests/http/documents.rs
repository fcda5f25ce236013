//! Documents by name and by hash, trusted documents alone, and what errors tell to whom.

use crate::support::app::{Answer, Credentials, GRAPHQL_RESPONSE, TestApp};
use muster::saved::sha256_hex;
use serde_json::{Value, json};

const QUERY: &str = "query Persisted { __typename }";

async fn post(t: &TestApp, client: &Credentials, body: &Value) -> Answer {
    let mut headers = client.headers();
    headers.push(("accept", GRAPHQL_RESPONSE.to_owned()));
    t.post("/graphql", &headers, body).await
}

fn persisted(query: Option<&str>, sha256: &str) -> Value {
    let mut body = json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": sha256 } } });
    if let Some(query) = query {
        body["query"] = query.into();
    }
    body
}

fn error(answer: &Answer) -> (u16, String, String) {
    let body = answer.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let error = &body["errors"][0];
    (answer.status, text(&error["extensions"]["code"]), text(&error["message"]))
}

#[tokio::test]
async fn a_document_is_sent_once_and_asked_for_by_its_hash_then() {
    let t = TestApp::start().await;
    let (read, hash) = (&t.alpha.read, sha256_hex(QUERY));
    let unknown = (404, "PERSISTED_QUERY_NOT_FOUND".to_owned(), "PersistedQueryNotFound".to_owned());
    assert_eq!(error(&post(&t, read, &persisted(None, &hash)).await), unknown);
    let as_json = t.post("/graphql", &read.headers(), &persisted(None, &hash)).await;
    assert_eq!(error(&as_json), (200, unknown.1.clone(), unknown.2.clone()));

    let data = json!({"data": {"__typename": "Query"}});
    assert_eq!(post(&t, read, &persisted(Some(QUERY), &hash)).await.json(), data);
    assert_eq!(post(&t, read, &persisted(None, &hash.to_uppercase())).await.json(), data);
    let by_id = json!({ "documentId": format!("sha256:{hash}") });
    assert_eq!(post(&t, read, &by_id).await.json(), data);
    let extensions = persisted(None, &hash)["extensions"].to_string();
    let extensions: String = url::form_urlencoded::byte_serialize(extensions.as_bytes()).collect();
    let by_get = t.get(&format!("/graphql?extensions={extensions}"), &read.headers()).await;
    assert_eq!(by_get.json(), data);

    // Another project has not sent it.
    assert_eq!(error(&post(&t, &t.beta.read, &persisted(None, &hash)).await), unknown);
    // A document that cannot run is not kept.
    let wrong = "{ nothing }";
    assert_eq!(post(&t, read, &persisted(Some(wrong), &sha256_hex(wrong))).await.status, 400);
    assert_eq!(error(&post(&t, read, &persisted(None, &sha256_hex(wrong))).await), unknown);
    // A mutation stays one.
    let mutation = "mutation { track(input: {name: \"a\"}) { outcome } }";
    let hash = sha256_hex(mutation);
    assert_eq!(post(&t, &t.alpha.admin, &persisted(Some(mutation), &hash)).await.status, 200);
    let id = format!("/graphql?documentId=sha256:{hash}");
    assert_eq!(t.get(&id, &t.alpha.admin.headers()).await.status, 405);
}

#[tokio::test]
async fn a_document_that_is_not_named_well_is_refused() {
    let t = TestApp::start().await;
    let hash = sha256_hex(QUERY);
    for (body, status, part) in [
        (persisted(Some(QUERY), &sha256_hex("{ other }")), 400, "is not the SHA-256 of query"),
        (persisted(None, "banana"), 400, "64 hexadecimal digits"),
        (
            json!({"extensions": {"persistedQuery": {"version": 2, "sha256Hash": hash}}}),
            400,
            "\"version\": 1",
        ),
        (json!({"extensions": {"persistedQuery": 5}}), 400, "extensions.persistedQuery"),
        (json!({"documentId": "GroupTypes", "query": QUERY}), 400, "beside query"),
        (json!({"documentId": 5}), 400, "documentId: is no string"),
        (json!({"documentId": "grouptypes"}), 404, "did you mean GroupTypes?"),
        (json!({"documentId": "../GroupTypes"}), 404, "there is no saved query"),
        (json!({"documentId": format!("sha256:{hash}")}), 400, "names no document that is known here"),
        (json!({"documentId": "sha256:../x"}), 400, "names no document that is known here"),
    ] {
        let answer = post(&t, &t.alpha.read, &body).await;
        assert_eq!(answer.status, status, "{body} {}", answer.text);
        assert!(error(&answer).2.contains(part), "{body} {}", answer.text);
    }
}

#[tokio::test]
async fn a_saved_query_runs_by_its_name_with_typed_variables() {
    let t = TestApp::start().await;
    let group = "mutation { upsertGroup(input: {id: \"a\", type: \"company\", name: \"A\"}) { outcome } }";
    assert_eq!(t.gql(group, json!({})).await["errors"], Value::Null);
    let body = json!({"documentId": "GroupDirectory", "variables": {"groupType": "company"}});
    let answer = post(&t, &t.alpha.read, &body).await.json();
    assert!(answer.to_string().contains("\"A\""), "{answer}");
    let by_get = t.get("/graphql?documentId=GroupTypes", &t.alpha.read.headers()).await;
    assert!(by_get.json()["data"].is_object() && by_get.status == 200, "{}", by_get.text);
}

#[tokio::test]
async fn a_server_of_trusted_documents_runs_nothing_else() {
    let t = TestApp::start_with(|config| config.trusted_only = true).await;
    let (admin, saved) = (&t.alpha.admin, include_str!("../../queries/GroupTypes.graphql"));
    for body in [
        json!({"documentId": "GroupTypes"}),
        json!({"query": saved}),
        json!({"documentId": format!("sha256:{}", sha256_hex(saved))}),
        persisted(None, &sha256_hex(saved)),
        persisted(Some(saved), &sha256_hex(saved)),
    ] {
        let answer = post(&t, admin, &body).await;
        assert!(answer.status == 200 && answer.json()["data"].is_object(), "{body} {}", answer.text);
    }
    assert_eq!(t.get("/queries/GroupTypes.csv", &t.alpha.read.headers()).await.status, 200);
    for body in [
        json!({"query": QUERY}),
        json!({"query": "{ __schema { types { name } } }"}),
        json!({"query": "mutation { track(input: {name: \"a\"}) { outcome } }"}),
        persisted(Some(QUERY), &sha256_hex(QUERY)),
        persisted(None, &sha256_hex(QUERY)),
    ] {
        let (status, code, message) = error(&post(&t, admin, &body).await);
        assert_eq!((status, code.as_str()), (403, "FORBIDDEN"), "{body}");
        assert!(message.contains("saved queries only"), "{message}");
    }
    let event = json!({"type": "track", "payload": {"name": "a"}});
    assert_eq!(t.track(&event).await.status, 200, "SDKs still send");
}

#[tokio::test]
async fn names_of_the_schema_are_told_to_those_who_may_read_it() {
    let open = TestApp::start().await;
    let hidden = TestApp::start_with(|config| config.hide_schema = true).await;
    for (t, client, is_told) in [
        (&open, &open.alpha.admin, true),
        (&open, &open.alpha.read, true),
        (&open, &open.alpha.write, false),
        (&hidden, &hidden.alpha.admin, true),
        (&hidden, &hidden.alpha.read, false),
    ] {
        for (query, name) in [
            ("{ grups { totalCount } }", "\"groups\""),
            ("{ groups(frst: 1) { totalCount } }", "first"),
            ("{ groups(orderBy: BANANA) { totalCount } }", ""),
            (
                "{ activeUsers(groupType: \"c\", last: \"P1D\", attribution: NONE) { hint } }",
                "MEMBERSHIP_NOW",
            ),
            ("{ events(filter: {evnt: 1}) { totalCount } }", "event, "),
        ] {
            let (status, _, message) = error(&post(t, client, &json!({ "query": query })).await);
            assert_eq!(status, 400, "{query} {message}");
            assert_eq!(message.contains(name) && !name.is_empty(), is_told && !name.is_empty(), "{message}");
            assert!(is_told || !message.contains("Did you mean"), "{message}");
        }
        for query in [
            "{ __schema { types { name } } }",
            "{ ...F } fragment F on Query { __type(name: \"Query\") { name } }",
        ] {
            let answer = post(t, client, &json!({ "query": query })).await;
            let expected = if is_told { 200 } else { 403 };
            assert_eq!(answer.status, expected, "{query} {}", answer.text);
        }
    }
}
