//! Who is let in, and how.

use crate::support::app::{Answer, Credentials, TestApp};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Duration;
use muster::domain::identity::Right;
use serde_json::{Value, json};

fn event() -> Value {
    json!({"type": "track", "payload": {"name": "login", "profileId": "jane"}})
}

fn assert_refused(answer: &Answer, message: &str) {
    assert_eq!(answer.status, 401, "{}", answer.text);
    let expected =
        json!({"status": 401, "error": "Unauthorized", "message": message, "code": "UNAUTHORIZED"});
    assert_eq!(answer.json(), expected);
}

#[tokio::test]
async fn nobody_sends_without_credentials_that_may() {
    let t = TestApp::start().await;
    let client = |id: &str, secret: &str| {
        vec![("openpanel-client-id", id.to_owned()), ("openpanel-client-secret", secret.to_owned())]
    };
    let unknown = "00000000-0000-4000-8000-000000000000";
    let (alpha, beta) = (&t.alpha, &t.beta);
    for (headers, message) in [
        (vec![], "Ingestion: Missing client id"),
        (vec![("openpanel-client-secret", alpha.write.secret.clone())], "Ingestion: Missing client id"),
        (client("Bobby'); drop table", "x"), "Ingestion: Client ID must be a valid UUID in lower case"),
        (
            client(&alpha.write.id.to_uppercase(), &alpha.write.secret),
            "Ingestion: Client ID must be a valid UUID in lower case",
        ),
        (client(unknown, &alpha.write.secret), "Ingestion: Invalid client id"),
        (client(&alpha.write.id, "wrong"), "Ingestion: Invalid cors or secret"),
        (client(&alpha.write.id, ""), "Ingestion: Invalid cors or secret"),
        (client(&alpha.write.id, &beta.write.secret), "Ingestion: Invalid cors or secret"),
        (client(&alpha.write.id, &alpha.admin.secret), "Ingestion: Invalid cors or secret"),
        (
            client(&alpha.read.id, &alpha.read.secret),
            "Ingestion: This client may not write; use one with the right WRITE or ADMIN",
        ),
    ] {
        assert_refused(&t.post("/track", &headers, &event()).await, message);
        assert_refused(&t.post("/track", &headers, &json!([event()])).await, message);
        // Wrong secrets are slowed; after a while they are forgotten.
        t.advance(Duration::minutes(20));
    }
    assert_eq!(t.events(alpha).await.len() + t.events(beta).await.len(), 0);
}

/// Every header form in which an id and a secret may come.
fn header_forms(client: &Credentials) -> Vec<Vec<(&'static str, String)>> {
    let pair = format!("{}:{}", client.id, client.secret);
    vec![
        client.headers(),
        vec![("mixan-client-id", client.id.clone()), ("mixan-client-secret", client.secret.clone())],
        vec![("authorization", format!("Bearer {pair}"))],
        vec![("authorization", format!("bearer  {pair}"))],
        vec![("authorization", format!("Basic {}", STANDARD.encode(pair)))],
    ]
}

#[tokio::test]
async fn every_header_form_lets_in_to_track_and_to_graphql() {
    let t = TestApp::start().await;
    for headers in header_forms(&t.alpha.admin) {
        let sent = t.post("/track", &headers, &event()).await;
        assert_eq!(sent.status, 200, "{headers:?} {}", sent.text);
        let asked = t.post("/graphql", &headers, &json!({"query": "{ __typename }"})).await;
        assert_eq!(
            (asked.status, asked.json()),
            (200, json!({"data": {"__typename": "Query"}})),
            "{headers:?}"
        );
    }
    for broken in ["Bearer", "Bearer :", "Basic ???", "Digest a:b", "Basic Og=="] {
        let headers = [("authorization", broken.to_owned())];
        assert_refused(&t.post("/track", &headers, &event()).await, "Ingestion: Missing client id");
        assert_eq!(
            t.post("/graphql", &headers, &json!({"query": "{ __typename }"})).await.status,
            401,
            "{broken}"
        );
    }
}

#[tokio::test]
async fn track_takes_credentials_from_the_body_and_graphql_does_not() {
    let t = TestApp::start().await;
    let mut body = event();
    body["clientId"] = t.alpha.write.id.clone().into();
    assert_refused(&t.post("/track", &[], &body).await, "Ingestion: Invalid cors or secret");
    body["clientSecret"] = t.alpha.write.secret.clone().into();
    assert_eq!(t.post("/track", &[], &body).await.status, 200);
    body["query"] = "{ __typename }".into();
    assert_eq!(t.post("/graphql", &[], &body).await.status, 401);
    let only_id = [("openpanel-client-id", t.alpha.write.id.clone())];
    assert_eq!(t.post("/track", &only_id, &body).await.status, 200, "id in a header, secret in the body");
    assert_eq!(t.events(&t.alpha).await.len(), 2);
}

#[tokio::test]
async fn a_browser_on_an_allowed_origin_sends_without_a_secret_and_does_nothing_else() {
    let t = TestApp::start().await;
    let origins = ["https://app.example.com".to_owned()];
    let make = async |right| {
        t.app.directory().create_client(t.alpha.key, "Web", right, &origins).await.expect("a client").client
    };
    let (admin, reader) = (make(Right::Admin).await, make(Right::Read).await);
    let from =
        |id: &str, origin: &str| vec![("openpanel-client-id", id.to_owned()), ("origin", origin.to_owned())];
    let home = from(&admin.id, "https://app.example.com");
    assert_eq!(t.post("/track", &home, &event()).await.status, 200);
    assert_eq!(t.post("/graphql", &home, &json!({"query": "{ __typename }"})).await.status, 401);
    let cors = "Ingestion: Invalid cors or secret";
    assert_refused(&t.post("/track", &from(&admin.id, "https://evil.example"), &event()).await, cors);
    assert_refused(
        &t.post("/track", &from(&t.alpha.admin.id, "https://app.example.com"), &event()).await,
        cors,
    );
    assert_refused(
        &t.post("/track", &from(&reader.id, "https://app.example.com"), &event()).await,
        "Ingestion: This client may not write; use one with the right WRITE or ADMIN",
    );

    let revenue = json!({"type": "track", "payload": {"name": "revenue", "properties": {"__revenue": 5}}});
    let message = "Ingestion: Revenue tracking is not allowed without a client secret";
    assert_refused(&t.post("/track", &home, &revenue).await, message);
    let results = t.post("/track", &home, &json!([revenue, event()])).await.json();
    assert_eq!(results[0]["message"], message);
    assert_eq!(results[1]["outcome"], "ACCEPTED");
    let mut guessing = home.clone();
    guessing.push(("openpanel-client-secret", "sec_guess".to_owned()));
    assert_refused(&t.post("/track", &guessing, &revenue).await, message);
    let names: Vec<Value> = t.events(&t.alpha).await.iter().map(|event| event["name"].clone()).collect();
    assert_eq!(names, ["login", "login"]);
}

#[tokio::test]
async fn graphql_says_who_is_not_let_in_and_what_a_right_does_not_allow() {
    let t = TestApp::start().await;
    let question = json!({"query": "{ __typename }"});
    for (headers, reason) in [
        (vec![], "Missing client id"),
        (vec![("openpanel-client-id", t.alpha.read.id.clone())], "Missing client secret"),
        (vec![("authorization", format!("Bearer {}", t.alpha.read.id))], "Missing client secret"),
        (
            vec![("authorization", format!("Basic {}", STANDARD.encode(&t.alpha.read.id)))],
            "Missing client secret",
        ),
        (vec![("authorization", "Bearer :sec_x".to_owned())], "Missing client id"),
        (vec![("authorization", "Bearer sec_x".to_owned())], "must be a valid UUID"),
        (
            Credentials { secret: "sec_x".to_owned(), ..t.alpha.read.clone() }.headers(),
            "Invalid client secret",
        ),
    ] {
        let answer = t.post("/graphql", &headers, &question).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "UNAUTHORIZED");
        let message = answer.json()["errors"][0]["message"].to_string();
        assert!(message.contains(reason), "{message}");
        assert!(answer.headers.contains_key("www-authenticate"));
    }
    let writer = t.app.caller(t.alpha.key, Right::Write);
    assert_eq!(writer.may_read().expect_err("no right to read").kind.table(), (403, "FORBIDDEN"));
}

#[tokio::test]
async fn browsers_may_ask_from_any_origin_whether_they_may_call() {
    let t = TestApp::start().await;
    for path in ["/track", "/graphql", "/api/track"] {
        let request = axum::http::Request::options(path)
            .header("origin", "https://app.example.com")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,openpanel-client-id,openpanel-sdk-name");
        let answer = t.send(request.body(axum::body::Body::empty()).expect("a request")).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.headers["access-control-allow-origin"], "https://app.example.com");
        let allowed = answer.headers["access-control-allow-headers"].to_str().expect("text").to_owned();
        for header in [
            "openpanel-client-id",
            "openpanel-client-secret",
            "openpanel-sdk-name",
            "openpanel-sdk-version",
            "content-type",
            "authorization",
        ] {
            assert!(allowed.contains(header), "{allowed}");
        }
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    }
    // Whoever names no client is told what is wrong.
    let origin = [("origin", "https://app.example.com".to_owned())];
    let answer = t.post("/track", &origin, &event()).await;
    assert_eq!(
        (answer.status, &answer.headers["access-control-allow-origin"]),
        (401, &origin[0].1.parse().expect("a header"))
    );
}

#[tokio::test]
async fn a_new_client_is_let_in_at_once_and_still_after_a_restart() {
    let t = TestApp::start().await;
    let made = t.app.directory().create_client(t.beta.key, "x", Right::Write, &[]).await.expect("a client");
    assert!(!format!("{made:?}").contains(&made.secret), "a secret is not printed by accident");
    let client = Credentials { id: made.client.id, secret: made.secret };
    assert_eq!(t.track_as(&client, &event()).await.status, 200);
    let t = t.restart().await;
    assert_eq!(t.track_as(&client, &event()).await.status, 200);
    assert_eq!(t.events(&t.beta).await.len(), 2);
    assert_eq!(t.app.clients(t.beta.key).len(), 4);
    assert_eq!(t.app.directory().create_project("beta").await.expect_err("taken").kind.table().0, 409);
    for name in ["", " x", "a\nb", &"x".repeat(101)] {
        assert_eq!(
            t.app.directory().create_project(name).await.expect_err("no name").kind.table().0,
            400,
            "{name:?}"
        );
    }
}
