//! What subscriptions tell: an answer whenever it is another one, and every new event once, in order.

use crate::support::app::TestApp;
use crate::support::socket::Socket;
use serde_json::{Value, json};

const THAT_DAY: &str = "subscription { activeUsers(groupType: \"company\", range: {from: \"2026-03-10T00:00:00Z\", to: \"2026-03-11T00:00:00Z\"}) { totals { events activeUsers } } }";

fn track(id: &str, groups: &[&str]) -> Value {
    json!({"type": "track", "payload": {"id": id, "name": "login", "profileId": "ann", "groups": groups}})
}

async fn start() -> TestApp {
    let t = TestApp::start_with(|config| config.live_pause_ms = 0).await;
    for project in [&t.alpha, &t.beta] {
        let acme =
            "mutation { upsertGroup(input: {id: \"acme\", type: \"company\", name: \"A\"}) { outcome } }";
        assert_eq!(t.gql_as(&project.admin, acme, json!({})).await.json()["errors"], Value::Null);
    }
    t
}

#[tokio::test(flavor = "multi_thread")]
async fn an_analysis_is_told_again_when_its_answer_is_another_one() {
    let t = start().await;
    let served = t.serve().await;
    let mut socket = Socket::open_as(&served.url, &t.alpha.read).await;
    socket.subscribe("a", THAT_DAY).await;
    let totals = |events: u32, users: u32| json!({"activeUsers": {"totals": {"events": events, "activeUsers": users}}});
    assert_eq!(socket.answer("a").await, totals(0, 0));
    t.track(&track("1", &["acme"])).await;
    assert_eq!(socket.answer("a").await, totals(1, 1));
    // Neither another project nor what changes nothing of the answer is told.
    t.track_as(&t.beta.write, &track("2", &["acme"])).await;
    t.track(&track("3", &[])).await;
    t.track(&json!({"type": "identify", "payload": {"profileId": "ann", "firstName": "Ann"}})).await;
    t.track(&track("4", &["acme"])).await;
    assert_eq!(socket.answer("a").await, totals(2, 1));
    // Several operations share a connection; one that is completed is not told any more.
    socket.subscribe("b", THAT_DAY).await;
    assert_eq!(socket.answer("b").await, totals(2, 1));
    socket.say(&json!({"type": "complete", "id": "a"})).await;
    socket.say(&json!({"type": "ping"})).await;
    assert_eq!(socket.hear().await, crate::support::socket::Heard::Message(json!({"type": "pong"})));
    t.track(&track("5", &["acme"])).await;
    assert_eq!(socket.answer("b").await, totals(3, 1));
    assert_eq!(t.app.live().count(), 1);
}

/// The ids of events that messages tell, until so many are there; and the last cursor.
async fn told(socket: &mut Socket, id: &str, count: usize) -> (Vec<String>, String) {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    while ids.len() < count || cursor.is_empty() {
        let page = socket.answer(id).await["newEvents"].clone();
        let events = page["events"].as_array().expect("a list").iter();
        ids.extend(events.map(|event| event["id"].as_str().expect("an id").to_owned()));
        page["cursor"].as_str().expect("a cursor").clone_into(&mut cursor);
    }
    (ids, cursor)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_new_event_is_told_once_and_in_order() {
    let t = start().await;
    let served = t.serve().await;
    t.track(&track("before", &["acme"])).await;
    let mut socket = Socket::open_as(&served.url, &t.alpha.read).await;
    let subscription = "subscription { newEvents(groupId: \"acme\", first: 2) { events { id } cursor } }";
    socket.subscribe("e", subscription).await;
    assert_eq!(told(&mut socket, "e", 0).await.0, Vec::<String>::new(), "from the moment of subscribing on");
    // Ann joins, so that what she does belongs to the group though it is not sent with its id.
    t.track(&json!({"type": "identify", "payload": {"profileId": "ann"}})).await;
    t.track(&json!({"type": "assign_group", "payload": {"profileId": "ann", "groupIds": ["acme"]}})).await;
    let many: Vec<Value> =
        (0..7).map(|n| track(&format!("n{n}"), if n == 3 { &["other"] } else { &["acme"] })).collect();
    t.track(&Value::from(many)).await;
    t.track_as(&t.beta.write, &track("of-beta", &["acme"])).await;
    // One that happened long ago is new as well, and one that is sent again is not.
    let mut late = track("late", &["acme"]);
    late["payload"]["properties"] = json!({"__timestamp": "2026-03-09T00:00:00Z"});
    t.track(&late).await;
    t.track(&track("n0", &["acme"])).await;
    t.track(&track("last", &["acme"])).await;
    let listed = t.gql("{ events(groupId: \"acme\") { nodes { id } } }", json!({})).await;
    let listed = listed["data"]["events"]["nodes"].as_array().expect("a list").len();
    let (ids, cursor) = told(&mut socket, "e", listed - 1).await;
    let mut sorted = ids.clone();
    sorted.sort();
    let all = t.gql("{ events(groupId: \"acme\") { nodes { id } } }", json!({})).await;
    let mut expected: Vec<&str> = all["data"]["events"]["nodes"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|event| event["id"].as_str())
        .filter(|id| *id != "before")
        .collect();
    expected.sort_unstable();
    assert_eq!(sorted, expected, "exactly what the list of events has");
    assert_eq!(ids.last().map(String::as_str), Some("last"), "{ids:?}");
    drop(socket);

    // Who comes back with the cursor misses nothing and is told nothing twice.
    for id in ["away-1", "away-2", "away-3"] {
        t.track(&track(id, &["acme"])).await;
    }
    let mut socket = Socket::open_as(&served.url, &t.alpha.admin).await;
    let again = format!(
        "subscription {{ newEvents(groupId: \"acme\", after: \"{cursor}\", first: 2) {{ events {{ id }} cursor }} }}"
    );
    socket.subscribe("e", &again).await;
    assert_eq!(told(&mut socket, "e", 3).await.0, ["away-1", "away-2", "away-3"]);
    t.track(&track("back", &["acme"])).await;
    assert_eq!(told(&mut socket, "e", 1).await.0, ["back"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_client_that_reads_nothing_nothing_is_asked_and_nothing_is_lost() {
    let t = start().await;
    let served = t.serve().await;
    let mut socket = Socket::open_as(&served.url, &t.alpha.read).await;
    socket
        .subscribe("e", "subscription { newEvents(first: 1000) { events { id properties } cursor } }")
        .await;
    assert_eq!(told(&mut socket, "e", 0).await.0, Vec::<String>::new());
    let text = "x".repeat(200_000);
    let send = async |n: usize| {
        let mut event = track(&format!("big{n:04}"), &["acme"]);
        event["payload"]["properties"] = json!({ "text": text });
        assert_eq!(t.track(&event).await.status, 200);
    };
    // Once the buffers of both sides are full, events are stored and the subscription asks for none of them.
    let (mut events, mut asked, mut quiet) = (0, t.app.engine().statements(), 0);
    while quiet < 40 {
        send(events).await;
        events += 1;
        let now = t.app.engine().statements();
        quiet = if now == asked { quiet + 1 } else { 0 };
        asked = now;
        assert!(events < 2_000, "it goes on asking");
    }
    let (ids, _) = told(&mut socket, "e", events).await;
    let expected: Vec<String> = (0..events).map(|n| format!("big{n:04}")).collect();
    assert_eq!(ids, expected);
}
