//! GraphQL over HTTP: media types, methods and statuses.

use crate::support::app::TestApp;
use axum::body::Body;
use axum::http::Request;
use serde_json::json;

#[tokio::test]
async fn a_question_comes_by_post_and_by_get() {
    let t = TestApp::start().await;
    let answer = t.gql("{ __typename }", json!({})).await;
    assert_eq!(answer, json!({"data": {"__typename": "Query"}}));
    let read = t.alpha.read.headers();
    for path in ["/graphql", "/api/graphql"] {
        let asked =
            t.get(&format!("{path}?query=%7B__typename%7D&variables=%7B%7D&operationName="), &read).await;
        assert_eq!((asked.status, asked.json()), (200, json!({"data": {"__typename": "Query"}})));
        assert_eq!(asked.headers["content-type"], "application/json");
    }
    let chosen = "query A { __typename } query B { b: __typename }";
    let headers = t.alpha.read.headers();
    let body = json!({"query": chosen, "operationName": "B", "variables": null});
    assert_eq!(t.post("/graphql", &headers, &body).await.json(), json!({"data": {"b": "Query"}}));
}

#[tokio::test]
async fn a_mutation_is_never_executed_over_get() {
    let t = TestApp::start().await;
    let admin = t.alpha.admin.headers();
    for query in [
        "mutation%7B__typename%7D",
        "query%20A%7B__typename%7D%20mutation%20B%7B__typename%7D&operationName=B",
    ] {
        let answer = t.get(&format!("/graphql?query={query}"), &admin).await;
        assert_eq!(
            (answer.status, answer.headers["allow"].to_str().expect("text")),
            (405, "POST"),
            "{query}"
        );
    }
    let first = "/graphql?query=query%20A%7B__typename%7D%20mutation%20B%7B__typename%7D&operationName=A";
    assert_ne!(t.get(first, &admin).await.status, 405, "the query of a document with both is only a query");
}

#[tokio::test]
async fn only_json_is_read_from_a_post() {
    let t = TestApp::start().await;
    let (body, client) = (json!({"query": "{ __typename }"}).to_string(), &t.alpha.admin);
    for (content_type, status) in [
        (Some("application/json"), 200),
        (Some("application/json; charset=utf-8"), 200),
        (Some("Application/JSON"), 200),
        (Some("text/plain"), 415),
        (Some("application/x-www-form-urlencoded"), 415),
        (Some("multipart/form-data; boundary=x"), 415),
        (Some("application/graphql"), 415),
        (None, 415),
    ] {
        let mut request = Request::post("/graphql")
            .header("openpanel-client-id", &client.id)
            .header("openpanel-client-secret", &client.secret);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let answer = t.send(request.body(Body::from(body.clone())).expect("a request")).await;
        assert_eq!(answer.status, status, "{content_type:?} {}", answer.text);
    }
}

#[tokio::test]
async fn what_cannot_be_executed_is_400_and_says_what_to_change() {
    let t = TestApp::start().await;
    for (body, names) in [
        (json!([]), "body"),
        (json!("{ __typename }"), "body"),
        (json!({}), "query"),
        (json!({"query": 5}), "query"),
        (json!({"query": "{ __typename }", "variables": "x"}), "variables"),
        (json!({"query": "{ __typename }", "variables": [1]}), "variables"),
        (json!({"query": "{ __typename }", "operationName": {}}), "operationName"),
        (json!({"query": "{ __typename }", "operationName": "Nope"}), "Nope"),
        (json!({"query": ""}), ""),
        (json!({"query": "{ nope }"}), "nope"),
        (json!({"query": "{"}), ""),
        (json!({"query": "query ($x: Int!) { __typename }"}), "x"),
    ] {
        let answer = t.post("/graphql", &t.alpha.admin.headers(), &body).await;
        assert_eq!(answer.status, 400, "{body} {}", answer.text);
        let message = answer.json()["errors"][0]["message"].as_str().expect("a message").to_owned();
        assert!(message.contains(names), "{body}: {message}");
    }
    for query in ["", "?query=%7B__typename%7D&variables=%7B", "?query=%7B__typename%7D&variables=5"] {
        let answer = t.get(&format!("/graphql{query}"), &t.alpha.admin.headers()).await;
        assert_eq!(answer.status, 400, "{query} {}", answer.text);
    }
    let deep = format!("{}{}", "{a".repeat(100_000), "}".repeat(100_000));
    let answer = t.gql_as(&t.alpha.admin, &deep, json!({})).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn a_browser_gets_a_page_and_operators_get_a_pulse() {
    let t = TestApp::start().await;
    let html = [("accept", "text/html,application/xhtml+xml".to_owned())];
    for path in ["/graphql", "/graphiql", "/api/graphiql"] {
        let page = t.get(path, &html).await;
        assert!(page.status == 200 && page.text.contains("<title>Muster"), "{path} {}", page.status);
    }
    for path in ["/health", "/api/health"] {
        assert_eq!(t.get(path, &[]).await.json()["status"], "ok");
    }
    assert_eq!(t.get("/nothing", &[]).await.status, 404);
    assert_eq!(t.get("/track", &[]).await.status, 405);
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let t = TestApp::start().await;
    let given = [("request-id", "abc-1".to_owned())];
    assert_eq!(t.get("/health", &given).await.headers["request-id"], "abc-1");
    let made = t.get("/health", &[("request-id", "x".repeat(101))]).await;
    assert_eq!(made.headers["request-id"].len(), 36);
}
