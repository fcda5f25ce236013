//! What is sent to `/track`.

use super::{corpus, for_a_while};
use crate::support::app::TestApp;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z_]{1,10}",
        1 => ".{0,30}",
        1 => prop::sample::select(vec!["", " ", "\0", "\u{202e}", "😀", "__proto__", "$group", "2026-13-45T99:00:00Z",
            "-271821-04-20T00:00:00.000Z", "9007199254740993", "NaN", "%00", "../../x", "=1+1"]).prop_map(str::to_owned),
        1 => (500_usize..600).prop_map(|length| "x".repeat(length)),
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..6)
                .prop_map(|fields| Value::from(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// An operation: mostly of the known kinds and fields, with values that may be anything.
fn operation() -> impl Strategy<Value = Value> {
    let kinds = [
        "track",
        "identify",
        "group",
        "assign_group",
        "increment",
        "decrement",
        "alias",
        "replay",
        "revenue",
    ];
    let fields = [
        "name",
        "profileId",
        "properties",
        "groups",
        "id",
        "type",
        "firstName",
        "lastName",
        "email",
        "avatar",
        "property",
        "value",
        "groupIds",
        "timestamp",
        "deviceId",
        "__ip",
        "__timestamp",
        "__path",
        "revenue",
        "__groups",
    ];
    let field = prop::sample::select(fields.to_vec()).prop_map(str::to_owned);
    let payload = prop::collection::vec(
        (prop_oneof![9 => field, 1 => text()], prop_oneof![3 => text().prop_map(Value::from), 2 => value()]),
        0..8,
    );
    let kind = prop_oneof![9 => prop::sample::select(kinds.to_vec()).prop_map(Value::from), 1 => value()];
    (kind, payload).prop_map(
        |(kind, payload)| json!({"type": kind, "payload": payload.into_iter().collect::<Map<_, _>>()}),
    )
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let whole = prop_oneof![
        6 => operation(),
        2 => prop::collection::vec(operation(), 0..5).prop_map(Value::from),
        1 => value(),
    ]
    .boxed();
    prop_oneof![
        8 => whole.clone().prop_map(|value| value.to_string().into_bytes()),
        // Cut short, or with a wrong byte.
        1 => (whole.clone(), any::<prop::sample::Index>()).prop_map(|(value, at)| {
            let mut bytes = value.to_string().into_bytes();
            bytes.truncate(at.index(bytes.len() + 1));
            bytes
        }),
        1 => (whole, any::<prop::sample::Index>(), any::<u8>()).prop_map(|(value, at, byte)| {
            let mut bytes = value.to_string().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes
        }),
    ]
}

#[test]
fn whatever_is_sent_to_track_is_stored_or_refused_with_a_reason() {
    let runtime = Runtime::new().expect("a runtime");
    let t = runtime.block_on(TestApp::start_with(|config| config.max_requests_per_minute = 0));
    let is_well = |body: &Vec<u8>| {
        let answer = runtime.block_on(t.post_bytes("/track", &t.alpha.write.headers(), body.clone()));
        let told = serde_json::from_str::<Value>(&answer.text);
        match answer.status {
            200 | 202 => Ok(()),
            400..=499 if told.is_ok_and(|told| told.is_object()) => Ok(()),
            status => Err(format!("{status} {} for {}", answer.text, String::from_utf8_lossy(body))),
        }
    };
    for line in corpus("track.ndjson") {
        is_well(&line.into_bytes()).expect("an input of the corpus");
    }
    for_a_while(&body(), is_well);
    // The store is as good as before, and what was stored can be read.
    assert_eq!(runtime.block_on(t.get("/health", &[])).status, 200);
    let read = runtime.block_on(t.gql("{ events(first: 1000) { nodes { id name properties groups { id } } } eventNamesTable { name events } profiles { totalCount } }", json!({})));
    assert!(read["errors"].is_null(), "{read}");
    let checked = t.app.engine().store().check().expect("a check");
    assert!(checked.damaged.is_empty() && checked.differing.is_empty(), "{checked:?}");
}
