//! Pages of other origins, in the browser of somebody who is signed in.

use crate::dashboard::Browser;
use crate::support::app::{Answer, Credentials, TestApp};
use axum::body::Body;
use axum::http::Request;
use muster::domain::identity::Right;
use serde_json::{Value, json};

const CHANGE: &str = "mutation { upsertGroup(input: {id: \"evil\", type: \"t\", name: \"E\"}) { outcome } }";

/// The cookie of an ADMIN client who is signed in, which a browser would send along.
async fn signed_in(t: &TestApp) -> String {
    let served = t.serve().await;
    Browser::signed_in(&served, &t.alpha.admin).await.cookie().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_page_changes_nothing() {
    let t = TestApp::start().await;
    let cookie = signed_in(&t).await;
    let json = json!({ "query": CHANGE }).to_string();
    let form = url::form_urlencoded::Serializer::new(String::new()).append_pair("query", CHANGE).finish();
    let part = format!("--x\r\ncontent-disposition: form-data; name=\"query\"\r\n\r\n{CHANGE}\r\n--x--\r\n");
    // The three content types that a form may have, one that a script may send without asking, and JSON, which it may
    // send where it was allowed to.
    for (kind, body) in [
        ("application/x-www-form-urlencoded", &form),
        ("multipart/form-data; boundary=x", &part),
        ("text/plain", &json),
        ("", &json),
        ("application/json", &json),
    ] {
        for origin in ["https://evil.example", "null"] {
            let mut request = Request::post("/graphql").header("cookie", &cookie).header("origin", origin);
            if !kind.is_empty() {
                request = request.header("content-type", kind);
            }
            let answer = t.send(request.body(Body::from(body.clone())).expect("a request")).await;
            assert!(matches!(answer.status, 400 | 401 | 415), "{kind} {} {}", answer.status, answer.text);
        }
    }
    for path in ["/dashboard/groups/new", "/dashboard/settings/clients", "/dashboard/sign-out"] {
        let request = Request::post(path)
            .header("cookie", &cookie)
            .header("origin", "https://evil.example")
            .header("sec-fetch-site", "cross-site")
            .header("content-type", "application/x-www-form-urlencoded");
        let answer =
            t.send(request.body(Body::from("id=evil&type=t&name=E&right=ADMIN")).expect("a request")).await;
        assert!((400..500).contains(&answer.status), "{path} {} {}", answer.status, answer.text);
    }
    assert!(t.groups(&t.alpha).await.is_empty());
    assert_eq!(t.app.directory().clients(t.alpha.key).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_of_another_page_changes_nothing() {
    let t = TestApp::start().await;
    let cookie = signed_in(&t).await;
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("query", CHANGE).finish();
    for path in [
        format!("/graphql?{query}"),
        format!("/api/graphql?{query}"),
        format!("/queries/ActiveGroups.json?{query}"),
    ] {
        let headers = [("cookie", cookie.clone()), ("accept", "image/avif,image/webp,*/*;q=0.8".to_owned())];
        let answer = t.get(&path, &headers).await;
        assert!((400..500).contains(&answer.status), "{path} {} {}", answer.status, answer.text);
    }
    // The same by somebody with credentials of their own is refused as a mutation.
    let answer = t.get(&format!("/graphql?{query}"), &t.alpha.admin.headers()).await;
    assert_eq!(answer.status, 405, "{}", answer.text);
    assert!(t.groups(&t.alpha).await.is_empty());
}

fn allowed(answer: &Answer) -> Option<&str> {
    assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    let varies = answer.headers.get_all("vary").iter().filter_map(|value| value.to_str().ok());
    let varies: Vec<String> = varies.map(str::to_ascii_lowercase).collect();
    assert!(varies.join(",").contains("origin"), "{varies:?}");
    answer.headers.get("access-control-allow-origin").map(|value| value.to_str().expect("text"))
}

#[tokio::test]
async fn a_page_reads_answers_on_an_origin_that_the_client_lists() {
    let t = TestApp::start().await;
    let (home, other) = ("https://app.example.com", "https://evil.example");
    let listed = ["https://*.example.com".to_owned()];
    let made = async |right: Right| {
        let made =
            t.app.directory().create_client(t.alpha.key, "Website", right, &listed).await.expect("a client");
        Credentials { id: made.client.id, secret: made.secret }
    };
    let (read, write) = (made(Right::Read).await, made(Right::Write).await);
    let question = json!({ "query": "{ __typename }" });
    let event = json!({ "type": "track", "payload": { "name": "a" } });
    for (origin, own, of_all) in
        [(home, Some(home), Some(home)), (other, None, Some(other)), ("null", None, Some("null"))]
    {
        let from = |client: &Credentials| {
            let mut headers = client.headers();
            headers.push(("origin", origin.to_owned()));
            headers
        };
        let post =
            async |path: &str, client: &Credentials, body: &Value| t.post(path, &from(client), body).await;
        let ask = post("/graphql", &read, &question).await;
        assert_eq!((ask.status, allowed(&ask)), (200, own), "{origin}");
        let table = t.get("/queries/GroupTypes.csv", &from(&read)).await;
        assert_eq!((table.status, allowed(&table)), (200, own), "{origin}");
        let sent = post("/track", &write, &event).await;
        assert_eq!((sent.status, allowed(&sent)), (200, own), "{origin}");
        // One that lists nothing is used by whoever knows its secret.
        let ask = post("/graphql", &t.alpha.read, &question).await;
        assert_eq!((ask.status, allowed(&ask)), (200, of_all), "{origin}");
    }
    // Without the secret a page sends from an origin of the list, and from no other.
    for (origin, status, told) in [(home, 200, Some(home)), (other, 401, None)] {
        let from = [("openpanel-client-id", write.id.clone()), ("origin", origin.to_owned())];
        let sent = t.post("/track", &from, &event).await;
        assert_eq!((sent.status, allowed(&sent)), (status, told), "{origin}");
    }
}
