//! `/track`: what is taken, what is stored, what is answered.

use crate::support::app::{Answer, TestApp, TestProject};
use axum::body::Body;
use axum::http::Request;
use chrono::Duration;
use serde_json::{Value, json};

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

fn operation(kind: &str, payload: Value) -> Value {
    let mut body = json!({"type": kind});
    body["payload"] = payload;
    body
}

fn track(payload: Value) -> Value {
    operation("track", payload)
}

/// Posts as a person in a browser with a public address does.
async fn browse(t: &TestApp, project: &TestProject, body: &Value) -> Answer {
    let mut headers = project.write.headers();
    headers.extend([("user-agent", BROWSER.to_owned()), ("x-forwarded-for", "203.0.113.9".to_owned())]);
    t.post("/track", &headers, body).await
}

#[tokio::test]
async fn every_type_is_taken_over_real_http_and_answered_alike() {
    let t = TestApp::start().await;
    let served = t.serve().await;
    let http = reqwest::Client::new();
    for path in ["/track", "/api/track"] {
        for (kind, payload) in [
            (
                "identify",
                json!({"profileId": "jane", "firstName": "Jane", "email": "jane@acme.test", "properties": {"seats": 1}}),
            ),
            (
                "group",
                json!({"id": "acme", "type": "company", "name": "Acme", "properties": {"plan": "pro", "seats": 5}}),
            ),
            ("assign_group", json!({"groupIds": ["acme"], "profileId": "jane"})),
            ("assign_group", json!({"groupIds": []})),
            (
                "track",
                json!({"name": "login", "profileId": "jane", "groups": ["acme", "acme"], "properties": {"tags": ["[Acme]"], "n": 1.5, "deep": {"x": null}}}),
            ),
            ("track", json!({"name": "revenue", "properties": {"__revenue": 1250}})),
            ("increment", json!({"profileId": "jane", "property": "seats", "value": 2})),
            ("decrement", json!({"profileId": "jane", "property": "seats"})),
            (
                "replay",
                json!({"chunk_index": 0, "events_count": 1, "is_full_snapshot": true, "payload": "[]",
                "started_at": "2026-03-10T12:00:00Z", "ended_at": "2026-03-10T12:00:00Z"}),
            ),
        ] {
            let sent = http.post(format!("{}{path}", served.url)).json(&operation(kind, payload));
            let sent = sent.header("openpanel-client-id", &t.alpha.write.id);
            let sent = sent.header("openpanel-client-secret", &t.alpha.write.secret);
            let answer = sent.send().await.expect("an answer");
            assert_eq!(answer.status(), 200, "{kind}");
            assert_eq!(answer.headers()["content-type"], "application/json");
            let answer: Value = answer.json().await.expect("JSON");
            let keys: Vec<&String> = answer.as_object().expect("an object").keys().collect();
            assert_eq!(keys, ["deviceId", "sessionId"], "{kind}");
            assert_eq!(answer["deviceId"].as_str().map(str::len), Some(32), "{kind}");
            assert_eq!(answer["sessionId"], "", "a server has no session");
        }
    }
    let events = t.events(&t.alpha).await;
    assert_eq!(events.len(), 4);
    assert_eq!(events[0]["groups"], json!(["acme"]));
    assert_eq!(events[0]["properties"], json!({"tags": ["[Acme]"], "n": 1.5, "deep": {"x": null}}));
    assert_eq!((&events[1]["revenue"], &events[1]["profileId"]), (&json!(1250), &Value::Null));
    let acme =
        json!({"id": "acme", "type": "company", "name": "Acme", "properties": {"plan": "pro", "seats": 5}});
    assert_eq!(t.groups(&t.alpha).await, [acme]);
    let jane = &t.profiles(&t.alpha).await[0];
    assert_eq!((&jane["email"], &jane["properties"]), (&json!("jane@acme.test"), &json!({"seats": 2})));
    assert_eq!(t.memberships(&t.alpha).await, [json!(["jane", "acme", true])]);
    for nothing in [t.events(&t.beta).await, t.groups(&t.beta).await, t.profiles(&t.beta).await] {
        assert!(nothing.is_empty(), "{nothing:?}");
    }
}

#[tokio::test]
async fn two_projects_with_the_same_ids_never_meet() {
    let t = TestApp::start().await;
    for (project, plan) in [(&t.alpha, "pro"), (&t.beta, "free")] {
        let items = json!([
            operation(
                "group",
                json!({"id": "acme", "type": "company", "name": "Acme", "properties": {"plan": plan}})
            ),
            operation("identify", json!({"profileId": "jane", "lastName": plan})),
            operation("assign_group", json!({"groupIds": ["acme"], "profileId": "jane"})),
            track(json!({"id": "e1", "name": plan, "profileId": "jane", "groups": ["acme"]})),
        ]);
        let results = browse(&t, project, &items).await.json();
        assert!(
            results.as_array().expect("results").iter().all(|result| result["outcome"] == "ACCEPTED"),
            "{results}"
        );
    }
    for (project, plan) in [(&t.alpha, "pro"), (&t.beta, "free")] {
        let events = t.events(project).await;
        assert_eq!((events.len(), &events[0]["name"]), (1, &json!(plan)), "{}", project.name);
        assert_eq!(t.groups(project).await[0]["properties"], json!({"plan": plan}));
        assert_eq!(t.profiles(project).await[0]["lastName"], plan);
    }
    let devices =
        [t.events(&t.alpha).await, t.events(&t.beta).await].map(|events| events[0]["deviceId"].clone());
    assert_ne!(devices[0], devices[1]);
}

#[tokio::test]
async fn the_same_id_twice_is_one_event_and_answered_like_any() {
    let t = TestApp::start().await;
    let event = track(json!({"id": "e1", "name": "login"}));
    let first = browse(&t, &t.alpha, &event).await;
    let again = browse(&t, &t.alpha, &event).await;
    assert_eq!((first.status, again.status), (200, 200));
    assert_eq!(first.json(), again.json(), "the SDK cannot tell them apart");
    assert_ne!(first.json()["sessionId"], "");
    let array =
        json!([event, track(json!({"id": "e2", "name": "x"})), track(json!({"id": "e2", "name": "y"}))]);
    let results = browse(&t, &t.alpha, &array).await.json();
    let outcomes: Vec<&Value> =
        results.as_array().expect("results").iter().map(|result| &result["outcome"]).collect();
    assert_eq!(outcomes, ["DUPLICATE", "ACCEPTED", "DUPLICATE"]);
    assert!(
        results
            .as_array()
            .expect("results")
            .iter()
            .all(|result| result["sessionId"] == first.json()["sessionId"])
    );
    let t = t.restart().await;
    assert_eq!(browse(&t, &t.alpha, &json!([event])).await.json()[0]["outcome"], "DUPLICATE");
    assert_eq!(browse(&t, &t.beta, &json!([event])).await.json()[0]["outcome"], "ACCEPTED");
    let names: Vec<Value> = t.events(&t.alpha).await.iter().map(|event| event["name"].clone()).collect();
    assert_eq!(names, ["login", "x"]);
}

#[tokio::test]
async fn each_item_of_an_array_has_its_own_result() {
    let t = TestApp::start().await;
    let items = json!([
        track(json!({"name": "a"})),
        track(json!({"name": ""})),
        5,
        operation("increment", json!({"profileId": "nobody", "property": "n"})),
        operation("identify", json!({"profileId": "jane", "properties": {"name": "text"}})),
        operation("increment", json!({"profileId": "jane", "property": "n"})),
        operation("increment", json!({"profileId": "jane", "property": "name"})),
        operation("alias", json!({"profileId": "jane", "alias": "j"})),
        track(json!({"name": "b", "properties": {"__revenue": 5}})),
    ]);
    let answer = browse(&t, &t.alpha, &items).await;
    assert_eq!(answer.status, 200);
    let results = answer.json();
    let short: Vec<String> = results
        .as_array()
        .expect("results")
        .iter()
        .map(|result| result["outcome"].as_str().map_or_else(|| result["status"].to_string(), str::to_owned))
        .collect();
    let expected = ["ACCEPTED", "400", "400", "404", "ACCEPTED", "ACCEPTED", "400", "400", "ACCEPTED"];
    assert_eq!(short, expected, "{results:#}");
    assert_eq!(results[1]["error"], "Bad Request");
    assert!(
        results[1]["message"].as_str().expect("text").starts_with("body/payload/name "),
        "{}",
        results[1]
    );
    assert!(
        results[3]["message"].as_str().expect("text").starts_with("body/payload/profileId "),
        "{}",
        results[3]
    );
    assert_eq!(t.events(&t.alpha).await.len(), 2);
    assert_eq!(t.profiles(&t.alpha).await[0]["properties"], json!({"name": "text", "n": 1}));
    assert_eq!(t.track(&json!([])).await.json(), json!([]));
}

#[tokio::test]
async fn a_wrong_body_is_400_and_names_the_field_even_without_credentials() {
    let t = TestApp::start().await;
    for (body, message) in [
        (json!(null), "body "),
        (json!("track"), "body "),
        (json!(5), "body "),
        (json!({}), "body/type "),
        (json!({"type": 5}), "body/type "),
        (operation("explode", json!({})), "body/type "),
        (operation("alias", json!({"profileId": "a", "alias": "b"})), "body/type Alias is not supported"),
        (json!({"type": "track"}), "body/payload "),
        (json!({"type": "track", "payload": []}), "body/payload "),
        (track(json!({})), "body/payload/name "),
        (track(json!({"name": 5})), "body/payload/name "),
        (track(json!({"name": ""})), "body/payload/name "),
        (track(json!({"name": "x".repeat(10_000)})), "body/payload/name "),
        (track(json!({"name": "a\nb"})), "body/payload/name "),
        (track(json!({"name": "session_start"})), "body/payload/name "),
        (track(json!({"name": "a", "profileId": {}})), "body/payload/profileId "),
        (track(json!({"name": "a", "profileId": ""})), "body/payload/profileId "),
        (track(json!({"name": "a", "groups": "acme"})), "body/payload/groups "),
        (track(json!({"name": "a", "groups": ["a", ""]})), "body/payload/groups/1 "),
        (track(json!({"name": "a", "groups": ["a", 5]})), "body/payload/groups/1 "),
        (
            track(json!({"name": "a", "groups": (0..101).map(|i| i.to_string()).collect::<Vec<_>>()})),
            "body/payload/groups ",
        ),
        (track(json!({"name": "a", "properties": "p"})), "body/payload/properties "),
        (
            track(json!({"name": "a", "properties": {"wide": "x".repeat(5 << 20)}})),
            "body/payload/properties ",
        ),
        (
            track(json!({"name": "revenue", "properties": {"__revenue": -1}})),
            "body/payload/properties/__revenue ",
        ),
        (operation("identify", json!({"profileId": "a", "email": "nobody"})), "body/payload/email "),
        (operation("identify", json!({"profileId": "a", "avatar": "x"})), "body/payload/avatar "),
        (operation("group", json!({"id": 5, "type": "company", "name": "Acme"})), "body/payload/id "),
        (operation("group", json!({"id": "a", "name": "Acme"})), "body/payload/type "),
        (operation("assign_group", json!({"profileId": "a"})), "body/payload/groupIds "),
        (
            operation("increment", json!({"profileId": "a", "property": "n", "value": 0})),
            "body/payload/value ",
        ),
    ] {
        for headers in [vec![], t.alpha.write.headers()] {
            let answer = t.post("/track", &headers, &body).await;
            assert_eq!(answer.status, 400, "{message} {}", answer.text);
            let (answer, what) = (answer.json(), message);
            assert_eq!((&answer["status"], &answer["error"]), (&json!(400), &json!("Bad Request")));
            assert!(answer["message"].as_str().expect("text").starts_with(what), "{what}: {answer}");
        }
    }
    let unknown = operation("increment", json!({"profileId": "nobody", "property": "n"}));
    assert_eq!(t.track(&unknown).await.status, 404);
    assert!(t.events(&t.alpha).await.is_empty() && t.profiles(&t.alpha).await.is_empty());
}

#[tokio::test]
async fn hostile_bytes_are_refused_and_change_nothing() {
    let t = TestApp::start().await;
    let nested = |levels: usize| {
        format!(
            r#"{{"type":"track","payload":{{"name":"a","properties":{{"x":{}1{}}}}}}}"#,
            "[".repeat(levels),
            "]".repeat(levels)
        )
    };
    let json = "application/json";
    let whole = track(json!({"name": "a"})).to_string();
    for (content_type, body, status) in [
        (json, String::new().into_bytes(), 400),
        (json, b"{".to_vec(), 400),
        (json, b"\xff\xfe".to_vec(), 400),
        (json, b"{\"type\":\"track\",\"payload\":{\"name\":\"\xff\"}}".to_vec(), 400),
        (json, nested(31).into_bytes(), 200),
        (json, nested(33).into_bytes(), 400),
        (json, nested(5 << 20).into_bytes(), 400),
        (json, "[".repeat(8 << 20).into_bytes(), 400),
        (json, vec![b' '; 17 << 20], 413),
        ("text/plain", whole.clone().into_bytes(), 400),
        ("application/x-www-form-urlencoded", whole.clone().into_bytes(), 415),
        ("", whole.clone().into_bytes(), 415),
    ] {
        let start = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        let mut request = Request::post("/track")
            .header("openpanel-client-id", &t.alpha.write.id)
            .header("openpanel-client-secret", &t.alpha.write.secret);
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        let answer = t.send(request.body(Body::from(body)).expect("a request")).await;
        assert_eq!(answer.status, status, "{content_type} {start} {}", answer.text);
        assert!(status == 200 || answer.json()["status"] == status, "{}", answer.text);
    }
    assert_eq!(t.events(&t.alpha).await.len(), 1);
}

#[tokio::test]
async fn odd_texts_are_stored_as_they_are() {
    let t = TestApp::start().await;
    let odd = "\u{0}'; drop table events; --\u{202e}😀";
    let body = operation(
        "group",
        json!({"id": "odd", "type": "company", "name": odd, "properties": {"a.b": odd, "": odd}}),
    );
    assert_eq!(t.track(&body).await.status, 200);
    let cut = r#"{"type":"track","payload":{"name":"cut","properties":{"text":"half \ud83d"}}}"#;
    let request = Request::post("/track")
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {}:{}", t.alpha.write.id, t.alpha.write.secret));
    assert_eq!(t.send(request.body(Body::from(cut)).expect("a request")).await.status, 200);
    let t = t.restart().await;
    let group = &t.groups(&t.alpha).await[0];
    assert_eq!((&group["name"], &group["properties"]), (&json!(odd), &json!({"a.b": odd, "": odd})));
    assert_eq!(t.events(&t.alpha).await[0]["properties"], json!({"text": "half \u{fffd}"}));
}

#[tokio::test]
async fn a_session_lasts_while_its_device_is_active_also_over_a_restart_and_midnight() {
    let t = TestApp::start().await;
    let session = async |t: &TestApp| {
        let answer = browse(t, &t.alpha, &track(json!({"name": "click", "profileId": "jane"}))).await.json();
        (answer["deviceId"].clone(), answer["sessionId"].clone())
    };
    let first = session(&t).await;
    assert_eq!(first.1.as_str().map(str::len), Some(22));
    t.advance(Duration::minutes(29));
    assert_eq!(session(&t).await, first);
    let t = t.restart().await;
    t.advance(Duration::minutes(29));
    assert_eq!(session(&t).await, first, "the session is known after a restart");
    let group = operation("group", json!({"id": "acme", "type": "company", "name": "Acme"}));
    assert_eq!(browse(&t, &t.alpha, &group).await.json()["sessionId"], first.1);
    t.advance(Duration::minutes(31));
    let second = session(&t).await;
    assert_eq!(second.0, first.0);
    assert_ne!(second.1, first.1);

    t.advance(Duration::hours(10) + Duration::minutes(25));
    let late = session(&t).await;
    t.advance(Duration::minutes(20));
    assert_eq!(session(&t).await, late, "a live session keeps its device over midnight UTC");
    t.advance(Duration::hours(1));
    assert_ne!(session(&t).await.0, late.0);

    let server = track(json!({"name": "invoice", "profileId": "jane"}));
    let borrowed = t.track(&server).await.json();
    assert_eq!(borrowed["sessionId"], session(&t).await.1, "a server's event borrows the profile's session");
}

#[tokio::test]
async fn the_device_and_its_session_can_be_asked_for() {
    let t = TestApp::start().await;
    let mut headers = t.alpha.write.headers();
    assert_eq!(t.get("/track/device-id", &[]).await.status, 401);
    let missing = t.get("/track/device-id", &headers).await;
    assert_eq!((missing.status, missing.text.as_str()), (400, "Missing ip address"));
    headers.push(("x-forwarded-for", "203.0.113.9".to_owned()));
    assert_eq!(t.get("/track/device-id", &headers).await.status, 400);
    headers.push(("user-agent", BROWSER.to_owned()));
    let before = t.get("/track/device-id", &headers).await.json();
    assert_eq!(before["sessionId"], "");
    let sent = browse(&t, &t.alpha, &track(json!({"name": "click"}))).await.json();
    for path in ["/track/device-id", "/api/track/device-id"] {
        let after = t.get(path, &headers).await.json();
        assert_eq!((&after["deviceId"], &after["sessionId"]), (&sent["deviceId"], &sent["sessionId"]));
        assert!(after["message"].is_string());
    }
    assert_eq!(before["deviceId"], sent["deviceId"]);
}

#[tokio::test]
async fn an_array_has_a_limit() {
    let t = TestApp::start_with(|config| config.max_batch_events = 3).await;
    let items = |count: usize| Value::from(vec![track(json!({"name": "a"})); count]);
    let refused = t.track(&items(4)).await;
    assert_eq!(refused.status, 400);
    assert!(refused.json()["message"].as_str().expect("text").contains("3 at most"), "{}", refused.text);
    assert_eq!(t.track(&items(3)).await.status, 200);
    assert_eq!(t.events(&t.alpha).await.len(), 3);
}

#[tokio::test]
async fn when_too_much_is_waiting_the_answer_is_503_and_a_later_try_succeeds() {
    let t = TestApp::start_with(|config| config.max_batch_events = 300_000).await;
    let event = track(json!({"name": "a"}));
    assert_eq!(t.track(&event).await.status, 200);
    // As many writes as may wait: while they do, there is room for none.
    let full = Value::from(vec![event.clone(); 200_000]);
    let (large, small) = tokio::join!(t.track(&full), t.track(&event));
    assert_eq!((large.status, small.status), (200, 503), "{}", small.text);
    assert_eq!(small.headers["retry-after"], "1");
    assert_eq!(
        (&small.json()["status"], &small.json()["error"]),
        (&json!(503), &json!("Service Unavailable"))
    );
    assert_eq!(t.track(&event).await.status, 200);
    let count =
        "with e as (select count(*) as events from scoped_events) select events::varchar as line from e";
    assert_eq!(t.lines(&t.alpha, count).await, [json!(200_002)]);
}
