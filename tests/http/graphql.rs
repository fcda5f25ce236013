//! GraphQL over HTTP: media types, methods and statuses.

use crate::support::app::{Answer, GRAPHQL_RESPONSE, TestApp};
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

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
        assert_eq!(asked.headers["content-type"], "application/json; charset=utf-8");
        assert_eq!(asked.headers["cache-control"], "private, no-cache");
    }
    let chosen = "query A { __typename } query B { b: __typename }";
    let headers = t.alpha.read.headers();
    let body = json!({"query": chosen, "operationName": "B", "variables": null});
    assert_eq!(t.post("/graphql", &headers, &body).await.json(), json!({"data": {"b": "Query"}}));
}

#[tokio::test]
async fn a_switch_is_read_from_its_default_and_a_selection_without_fields_is_an_object() {
    let t = TestApp::start().await;
    let skip = "query($v: Boolean! = true) { a: __typename @skip(if: $v) limits { rows @skip(if: $v) depth: queryDepth } }";
    let include = "query($v: Boolean = true) { limits @include(if: $v) { queryDepth } }";
    let acme =
        "mutation { upsertGroup(input: {id: \"acme\", type: \"company\", name: \"Acme\"}) { outcome } }";
    assert_eq!(t.gql(acme, json!({})).await["errors"], Value::Null);
    let depth = t.gql("{ limits { queryDepth } }", json!({})).await["data"]["limits"]["queryDepth"].clone();
    for (document, variables, data) in [
        (skip, json!({}), json!({"limits": {"depth": depth}})),
        (include, json!({}), json!({"limits": {"queryDepth": depth}})),
        (include, json!({"v": false}), json!({})),
        ("{ __typename @skip(if: true) }", json!({}), json!({})),
        ("{ limits { rows @skip(if: true) } }", json!({}), json!({"limits": {}})),
        (
            "{ limits { ...F ... on Limits { page @include(if: false) } } } fragment F on Limits { rows @skip(if: true) }",
            json!({}),
            json!({"limits": {}}),
        ),
        (
            "query($v: Boolean!) { groups { nodes { id @include(if: $v) activity(last: \"P1D\", interval: DAY) { events @include(if: $v) } } } }",
            json!({"v": false}),
            json!({"groups": {"nodes": [{"activity": [{}, {}]}]}}),
        ),
        ("{ group(id: \"nobody\") { id @skip(if: true) } }", json!({}), json!({"group": null})),
    ] {
        assert_eq!(t.gql(document, variables.clone()).await, json!({"data": data}), "{document} {variables}");
    }
}

#[tokio::test]
async fn nothing_is_left_out_that_is_written_on_typename() {
    let t = TestApp::start().await;
    for (document, reason) in [
        ("{ __typename { x } }", "must not have a selection"),
        ("{ __typename(first: 1) }", "Unknown argument \"first\""),
        ("{ __typename @skip(if: $v) }", "Variable \"$v\" is not defined"),
        (
            "{ limits { ...F } } fragment F on Limits { ... on Limits { __typename @include(if: $v) } }",
            "\"$v\"",
        ),
    ] {
        let answer = t.gql(document, json!({"v": true})).await;
        let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.contains(reason), "{document} {answer}");
    }
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
        (Some("application/json; charset=\"UTF-8\""), 200),
        (Some("application/json; charset=utf-16"), 415),
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

/// The message of the first error of an answer that has no data.
fn message(answer: &Answer) -> String {
    let body = answer.json();
    assert!(body.get("data").is_none(), "{body}");
    body["errors"][0]["message"].as_str().expect("a message").to_owned()
}

#[tokio::test]
async fn what_is_no_graphql_request_is_400_and_says_what_to_change() {
    let t = TestApp::start().await;
    for accept in [GRAPHQL_RESPONSE, "application/json"] {
        let mut headers = t.alpha.admin.headers();
        headers.push(("accept", accept.to_owned()));
        for (body, names) in [
            (json!([]), "send each operation as a request of its own"),
            (json!([{"query": "{ __typename }"}]), "send each operation as a request of its own"),
            (json!("{ __typename }"), "body"),
            (json!({}), "query"),
            (json!({"query": 5}), "query"),
            (json!({"query": "{ __typename }", "variables": "x"}), "variables"),
            (json!({"query": "{ __typename }", "variables": [1]}), "variables"),
            (json!({"query": "{ __typename }", "operationName": {}}), "operationName"),
            (json!({"query": "{ __typename }", "extensions": "x"}), "extensions"),
            (json!({"query": "{ __typename }", "extensions": [1]}), "extensions"),
        ] {
            let answer = t.post("/graphql", &headers, &body).await;
            assert_eq!(answer.status, 400, "{body} {}", answer.text);
            assert!(answer.headers["content-type"].to_str().expect("text").starts_with(accept));
            assert!(message(&answer).contains(names), "{body}: {}", answer.text);
        }
        for query in [
            "",
            "?query=%7B__typename%7D&variables=%7B",
            "?query=%7B__typename%7D&variables=5",
            "?query=%7B__typename%7D&extensions=5",
            "?query=%7B__typename%7D&query=%7B__typename%7D",
        ] {
            let answer = t.get(&format!("/graphql{query}"), &headers).await;
            assert_eq!(answer.status, 400, "{query} {}", answer.text);
            message(&answer);
        }
    }
}

#[tokio::test]
async fn an_operation_that_leaves_no_data_has_a_status_only_for_those_who_read_it() {
    let t = TestApp::start().await;
    let days = "{ activeUsers(groupType: \"c\", last: \"P0D\") { hint } }";
    for (client, body, status, as_json, names) in [
        (&t.alpha.admin, json!({"query": "{ __typename }", "operationName": "Nope"}), 400, 200, "Nope"),
        (&t.alpha.admin, json!({"query": ""}), 400, 200, ""),
        (&t.alpha.admin, json!({"query": "{ nope }"}), 400, 200, "nope"),
        (&t.alpha.admin, json!({"query": "{"}), 400, 200, ""),
        (&t.alpha.admin, json!({"query": "query ($x: Int!) { __typename }"}), 400, 200, "x"),
        (&t.alpha.admin, json!({"query": days}), 400, 200, "last"),
        (&t.alpha.write, json!({"query": "{ groups { totalCount } }"}), 403, 403, "READ or ADMIN"),
    ] {
        for (accept, expected) in [(GRAPHQL_RESPONSE, status), ("application/json", as_json)] {
            let mut headers = client.headers();
            headers.push(("accept", accept.to_owned()));
            let answer = t.post("/graphql", &headers, &body).await;
            assert_eq!(answer.status, expected, "{accept} {body} {}", answer.text);
            assert_eq!(answer.headers["content-type"], format!("{accept}; charset=utf-8"));
            let varies = answer.headers.get_all("vary").iter().any(|by| by == "accept");
            assert!(varies, "{:?}", answer.headers);
            assert!(message(&answer).contains(names), "{body}: {}", answer.text);
        }
    }
    let deep = format!("{}{}", "{a".repeat(100_000), "}".repeat(100_000));
    let answer = t.gql_as(&t.alpha.admin, &deep, json!({})).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn data_is_200_with_errors_beside_it_too() {
    let t = TestApp::start().await;
    let acme = "mutation { upsertGroup(input: {id: \"acme\", type: \"c\", name: \"A\"}) { outcome } }";
    assert_eq!(t.gql(acme, json!({})).await["errors"], Value::Null);
    let document = "{ __typename group(id: \"acme\") { members(first: 0) { totalCount } } }";
    let answer = t.gql_as(&t.alpha.admin, document, json!({})).await;
    let body = answer.json();
    assert_eq!((answer.status, &body["data"]["__typename"]), (200, &json!("Query")));
    assert_eq!(body["errors"][0]["extensions"]["argument"], "first", "{body}");
    assert_eq!(answer.headers["content-type"], format!("{GRAPHQL_RESPONSE}; charset=utf-8"));
}

#[tokio::test]
async fn an_answer_that_nobody_accepts_is_406() {
    let t = TestApp::start().await;
    let mut headers = t.alpha.read.headers();
    headers.push(("accept", "text/csv".to_owned()));
    for answer in [
        t.post("/graphql", &headers, &json!({"query": "{ __typename }"})).await,
        t.get("/graphql?query=%7B__typename%7D", &headers).await,
    ] {
        assert_eq!(answer.status, 406, "{}", answer.text);
        assert!(message(&answer).contains("application/json"));
    }
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

#[tokio::test]
async fn an_answer_tells_what_it_cost_to_those_who_ask() {
    let t = TestApp::start().await;
    let group = json!({"type": "group", "payload": {"id": "acme", "type": "company", "name": "Acme"}});
    let event = |id: u32| json!({"type": "track", "payload": {"id": id.to_string(), "name": "tick", "groups": ["acme"], "profileId": "jane"}});
    let sent = [group].into_iter().chain((0..30).map(event)).collect();
    assert_eq!(t.track(&sent).await.status, 200);
    t.advance(chrono::Duration::minutes(1));
    let query = r#"{ activeUsers(groupType: "company", last: "P1D") { rows { group { name } events } }
        events(first: 1) { totalCount nodes { name } } group(id: "acme") { name } }"#;
    let headers = |explain: &str| {
        let asking = ("muster-explain", explain.to_owned());
        t.alpha.read.headers().into_iter().chain([asking]).collect::<Vec<_>>()
    };
    let plain = t.post("/graphql", &t.alpha.read.headers(), &json!({ "query": query })).await.json();
    assert!(
        plain.get("extensions").is_none() && plain["data"]["activeUsers"]["rows"][0]["events"] == 30,
        "{plain}"
    );
    let encoded =
        query.replace(['\n', ' '], "%20").replace('"', "%22").replace('{', "%7B").replace('}', "%7D");
    let by_get = format!("/graphql?query={encoded}");
    let extended = format!("{by_get}&extensions=%7B%22explain%22:true%7D");
    let extension = json!({"query": query, "extensions": {"explain": true, "other": 1}});
    for answer in [
        t.post("/graphql", &headers("true"), &json!({ "query": query })).await,
        t.post("/graphql", &t.alpha.read.headers(), &extension).await,
        t.get(&by_get, &headers("True")).await,
        t.get(&extended, &t.alpha.read.headers()).await,
    ] {
        let answer = answer.json();
        assert_eq!(answer["data"], plain["data"]);
        let statements = answer["extensions"]["statements"].as_array().expect("statements");
        let of = |name: &str| {
            let found = statements.iter().find(|statement| statement["statement"] == name);
            found.unwrap_or_else(|| panic!("{name}: {answer}"))
        };
        let sums = of("active");
        assert_eq!(sums["source"], "days", "{answer}");
        assert!(sums["rows"].as_u64() >= Some(30) && sums["bytes"].is_u64(), "{answer}");
        assert!(sums["milliseconds"].as_f64() > Some(0.0), "{answer}");
        assert!(statements.iter().all(|statement| statement["engine"] == "duckdb"), "{answer}");
        assert!(statements.iter().any(|statement| statement["source"] == "events"), "{answer}");
        assert!(statements.iter().any(|statement| statement["source"].is_null()), "{answer}");
    }
    for explain in ["false", "1", ""] {
        let answer = t.post("/graphql", &headers(explain), &json!({ "query": query })).await.json();
        assert_eq!(answer, plain);
    }
    let wrong = json!({"query": query, "extensions": {"explain": "yes"}});
    let answer = t.post("/graphql", &t.alpha.read.headers(), &wrong).await;
    assert_eq!(
        (answer.status, &answer.json()["errors"][0]["extensions"]["argument"]),
        (400, &json!("extensions.explain"))
    );
}
