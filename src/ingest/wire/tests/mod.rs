//! The wire from outside: a body in, writes or a complaint out.

mod refusals;

use super::*;
use crate::domain::event::{Event, Properties, SessionRule};
use crate::domain::identity::{GroupPatch, ProfilePatch};
use serde_json::json;

const BROWSER: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15";

fn sender() -> Sender {
    Sender {
        project: ProjectKey(7),
        now: "2026-11-24T10:00:00Z".parse().expect("an instant"),
        ip: Some("203.0.113.9".to_owned()),
        user_agent: Some(BROWSER.to_owned()),
        origin: None,
        sdk_name: None,
        sdk_version: None,
        salt: "today".to_owned(),
        previous_salt: Some("yesterday".to_owned()),
    }
}

/// The body of an operation.
fn body(kind: &str, payload: Value) -> Value {
    let mut body = json!({"type": kind});
    body["payload"] = payload;
    body
}

fn decoded(kind: &str, payload: Value) -> Result<Decoded, Invalid> {
    Decoder::new(&sender(), &Limits::default()).decode(body(kind, payload))
}

/// What is wrong with a body that must be refused.
fn refused(kind: &str, payload: Value) -> Invalid {
    match decoded(kind, payload) {
        Ok(decoded) => panic!("{kind} became {decoded:?}"),
        Err(invalid) => invalid,
    }
}

fn only(kind: &str, payload: Value) -> Write {
    let mut writes = decoded(kind, payload).expect("a good body").writes;
    assert_eq!(writes.len(), 1);
    writes.remove(0)
}

fn tracked_by(sender: &Sender, payload: Value) -> (Event, SessionRule, Decoded) {
    let limits = Limits::default();
    let decoded = Decoder::new(sender, &limits).decode(body("track", payload)).expect("a good body");
    let Some(Write::Track(new)) = decoded.writes.first().cloned() else { panic!("{decoded:?}") };
    assert!(!new.attach_memberships);
    (new.event, new.session, decoded)
}

/// The event that a browser's `track` becomes.
fn event(payload: Value) -> Event {
    tracked_by(&sender(), payload).0
}

fn map(value: Value) -> Properties {
    let Value::Object(map) = value else { panic!("{value} is no object") };
    map
}

fn field_of(invalid: &Invalid) -> &str {
    &invalid.field
}

#[test]
fn a_track_becomes_an_event_with_json_types_kept() {
    let properties = json!({"n": 1, "f": 1.5, "t": true, "list": ["[Acme]", null], "deep": {"a": {"b": ""}}, "none": null});
    let payload = json!({
        "name": "signed_up", "profileId": "jane", "groups": ["b", "a", "b"], "properties": properties, "unknown": 1
    });
    let (event, session, decoded) = tracked_by(&sender(), payload);
    assert_eq!(event.name, "signed_up");
    assert_eq!(event.profile_id.as_deref(), Some("jane"));
    assert_eq!(event.groups, ["b", "a"]);
    assert_eq!(event.properties, map(properties));
    assert_eq!((event.path, event.revenue, event.session_id), (None, None, None));
    assert_eq!((event.occurred_at, event.received_at), (sender().now, sender().now));
    let device = |salt| device::device_id(Some(BROWSER), Some("203.0.113.9"), ProjectKey(7), salt);
    assert_eq!(event.device_id, Some(device("today")));
    assert_eq!(decoded.device_id, device("today"));
    assert_eq!(decoded.previous_device_id, Some(device("yesterday")));
    assert_eq!(session, SessionRule::Live { previous_device_id: Some(device("yesterday")) });
}

#[test]
fn an_event_keeps_the_id_it_came_with_and_otherwise_gets_one_of_its_own() {
    assert_eq!(event(json!({"name": "e", "id": "order-1"})).id, "order-1");
    assert_eq!(event(json!({"name": "e", "id": 12})).id, "12");
    let (a, b) = (event(json!({"name": "e"})).id, event(json!({"name": "e", "id": null})).id);
    assert_ne!(a, b);
    assert_eq!(a.len(), 36);
}

#[test]
fn profile_ids_may_be_numbers_and_zero_is_nobody_on_events() {
    let profile = |id: Value| event(json!({"name": "e", "profileId": id})).profile_id;
    assert_eq!(profile(json!("0")).as_deref(), Some("0"));
    assert_eq!(profile(json!(42)).as_deref(), Some("42"));
    assert_eq!(profile(json!(42.0)).as_deref(), Some("42"));
    assert_eq!(profile(json!(1.5)).as_deref(), Some("1.5"));
    assert_eq!(profile(json!(u64::MAX)).as_deref(), Some("18446744073709551615"));
    for nobody in [json!(0), json!(-0.0), json!(null)] {
        assert_eq!(profile(nobody), None);
    }
    assert_eq!(event(json!({"name": "e", "groups": null})).groups, Vec::<String>::new());
}

#[test]
fn past_events_and_servers_events_have_no_device_unless_it_is_given() {
    let server = Sender { user_agent: Some("node-fetch/1.0".to_owned()), ..sender() };
    let nameless = Sender { user_agent: None, ip: None, ..sender() };
    let browser = sender();
    let old = "2026-11-24T09:00:00Z";
    for (sender, properties, device, rule) in [
        (&browser, json!({"__timestamp": old}), None, SessionRule::AsGiven),
        (&browser, json!({"__timestamp": old, "__deviceId": " d1 "}), Some("d1"), SessionRule::AsGiven),
        (&server, json!({"__timestamp": old}), None, SessionRule::AsGiven),
        (&server, json!({}), None, SessionRule::Borrow),
        (&server, json!({"__deviceId": "d1"}), Some("d1"), SessionRule::Borrow),
        (&nameless, json!({}), None, SessionRule::Borrow),
        (&browser, json!({"__deviceId": "d1"}), Some("d1"), SessionRule::Live { previous_device_id: None }),
    ] {
        let (event, session, decoded) =
            tracked_by(sender, json!({"name": "e", "properties": properties.clone()}));
        assert_eq!((event.device_id.as_deref(), session), (device, rule), "{properties}");
        assert_eq!(decoded.device_id.len(), device.map_or(32, str::len), "{properties}");
        let left =
            map(properties).into_iter().filter(|(key, _)| key != "__timestamp").collect::<Properties>();
        assert_eq!(event.properties, left);
    }
}

#[test]
fn a_device_id_that_is_no_id_is_a_mere_property() {
    let derived = event(json!({"name": "e"})).device_id;
    for odd in [json!(""), json!("  "), json!("x".repeat(65)), json!(5), json!(null), json!("a\nb")] {
        let event = event(json!({"name": "e", "properties": {"__deviceId": odd.clone()}}));
        assert_eq!(event.device_id, derived, "{odd}");
        assert_eq!(event.properties, map(json!({"__deviceId": odd})));
    }
    let longest = event(json!({"name": "e", "properties": {"__deviceId": "é".repeat(64)}}));
    assert_eq!(longest.device_id, Some("é".repeat(64)));
}

#[test]
fn an_ip_property_stands_for_the_address_in_the_device_id() {
    let sent = event(json!({"name": "e", "properties": {"__ip": "203.0.113.77"}}));
    let expected = device::device_id(Some(BROWSER), Some("203.0.113.77"), ProjectKey(7), "today");
    assert_eq!(sent.device_id, Some(expected));
    assert_eq!(sent.properties, map(json!({"__ip": "203.0.113.77"})));
}

#[test]
fn revenue_is_an_integer_of_events_named_revenue_only() {
    let revenue =
        |value: Value| event(json!({"name": "revenue", "properties": {"__revenue": value, "plan": "pro"}}));
    for (sent, expected) in [
        (json!(4900), Some(4900)),
        (json!(0), Some(0)),
        (json!(12.0), Some(12)),
        (json!(9_007_199_254_740_991_i64), Some(9_007_199_254_740_991)),
        (json!(null), None),
    ] {
        let event = revenue(sent);
        assert_eq!(event.revenue, expected);
        assert_eq!(event.properties, map(json!({"plan": "pro"})));
    }
    for bad in [
        json!(-1),
        json!(1.5),
        json!("12"),
        json!(true),
        json!([1]),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e300),
    ] {
        let invalid = refused("track", json!({"name": "revenue", "properties": {"__revenue": bad.clone()}}));
        assert_eq!(field_of(&invalid), "payload.properties.__revenue", "{bad}");
    }
    let other = event(json!({"name": "upgrade", "properties": {"__revenue": "lots"}}));
    assert_eq!((other.revenue, other.properties), (None, map(json!({"__revenue": "lots"}))));
}

#[test]
fn an_identity_inside_an_event_is_the_events_and_describes_the_profile() {
    let identity = json!({
        "profileId": 5, "firstName": "Jane", "lastName": 7, "email": "nobody", "avatar": "https://a.example/j.png",
        "company": "Acme", "properties": {"plan": "pro", "company": null}
    });
    let payload = json!({"name": "e", "profileId": "other", "properties": {"__identify": identity}});
    let (event, _, decoded) = tracked_by(&sender(), payload);
    assert_eq!(event.profile_id.as_deref(), Some("5"));
    assert_eq!(event.properties, map(json!({"__identify": identity})));
    let patch = ProfilePatch {
        id: "5".to_owned(),
        first_name: Some("Jane".to_owned()),
        avatar: Some("https://a.example/j.png".to_owned()),
        properties: map(json!({"lastName": 7, "email": "nobody", "company": null, "plan": "pro"})),
        ..ProfilePatch::default()
    };
    assert_eq!(decoded.writes[1..], [Write::Identify(patch)]);
}

#[test]
fn an_identity_that_says_nothing_identifies_nobody() {
    for (identity, profile, writes) in [
        (json!({"profileId": "a"}), Some("a"), 1),
        (json!({"firstName": "Jane"}), Some("known"), 2),
        (json!({"profileId": true}), Some("known"), 1),
        (json!({"profileId": ""}), Some("known"), 1),
        (json!({}), Some("known"), 1),
        (json!("a"), Some("known"), 1),
    ] {
        let payload =
            json!({"name": "e", "profileId": "known", "properties": {"__identify": identity.clone()}});
        let (event, _, decoded) = tracked_by(&sender(), payload);
        assert_eq!((event.profile_id.as_deref(), decoded.writes.len()), (profile, writes), "{identity}");
    }
    let (event, _, decoded) =
        tracked_by(&sender(), json!({"name": "e", "properties": {"__identify": {"firstName": "J"}}}));
    assert_eq!((event.profile_id, decoded.writes.len()), (None, 1));
    let long = json!({"name": "e", "properties": {"__identify": {"profileId": "x".repeat(513)}}});
    assert_eq!(field_of(&refused("track", long)), "payload.properties.__identify.profileId");
}

#[test]
fn the_sdk_is_noted_unless_the_event_names_one() {
    let web = Sender { sdk_name: Some("web".to_owned()), sdk_version: Some("1.3.0".to_owned()), ..sender() };
    let (event, ..) = tracked_by(&web, json!({"name": "e", "properties": {"__sdkName": "mine"}}));
    assert_eq!(event.properties, map(json!({"__sdkName": "mine", "__sdkVersion": "1.3.0"})));
}

#[test]
fn page_and_origin_of_the_request_reach_the_event() {
    let web = Sender { origin: Some("https://shop.example".to_owned()), ..sender() };
    let (event, ..) =
        tracked_by(&web, json!({"name": "screen_view", "properties": {"__path": "/a?b=c", "__title": "A"}}));
    assert_eq!(event.path.as_deref(), Some("/a"));
    let left = json!({"__title": "A", "__origin": "https://shop.example", "__query": {"b": "c"}});
    assert_eq!(event.properties, map(left));
}

#[test]
fn an_identify_keeps_every_trait() {
    let write = only(
        "identify",
        json!({
            "profileId": 0, "firstName": "", "lastName": "Doe", "email": "jane@acme.example", "avatar": "data:,x",
            "company": "Acme", "seats": 5, "gone": null, "properties": {"seats": 6, "tags": ["a"], "old": null, "e": ""}
        }),
    );
    let patch = ProfilePatch {
        id: "0".to_owned(),
        first_name: Some(String::new()),
        last_name: Some("Doe".to_owned()),
        email: Some("jane@acme.example".to_owned()),
        avatar: Some("data:,x".to_owned()),
        properties: map(
            json!({"company": "Acme", "seats": 6, "gone": null, "tags": ["a"], "old": null, "e": ""}),
        ),
    };
    assert_eq!(write, Write::Identify(patch));
    let bare = ProfilePatch { id: "jane".to_owned(), ..ProfilePatch::default() };
    assert_eq!(only("identify", json!({"profileId": "jane", "properties": null})), Write::Identify(bare));
}

#[test]
fn increments_add_and_decrements_take_away() {
    let change =
        |by| Write::Increment { profile_id: "7".to_owned(), property: "stats.logins".to_owned(), by };
    let payload = |value: Value| json!({"profileId": 7, "property": "stats.logins", "value": value});
    assert_eq!(only("increment", payload(json!(2))), change(2.0));
    assert_eq!(only("decrement", payload(json!(2.5))), change(-2.5));
    assert_eq!(only("increment", payload(json!(null))), change(1.0));
    assert_eq!(only("decrement", json!({"profileId": 7, "property": "stats.logins"})), change(-1.0));
}

#[test]
fn a_group_is_a_merge_patch_in_which_empty_texts_are_texts() {
    let properties =
        json!({"plan": null, "note": "", "seats": 5, "a": {"b": null}, "__timestamp": "2020-01-01"});
    let write = only(
        "group",
        json!({"id": "acme", "type": "company", "name": "Acme\nInc.", "properties": properties, "x": 1}),
    );
    let patch = GroupPatch {
        id: "acme".to_owned(),
        group_type: "company".to_owned(),
        name: "Acme\nInc.".to_owned(),
        properties: map(properties),
        effective_at: None,
    };
    assert_eq!(write, Write::UpsertGroup(patch));
}

#[test]
fn memberships_go_to_the_profile_or_to_the_device() {
    let join = |profile: &str| Write::JoinGroups {
        profile_id: profile.to_owned(),
        group_ids: vec!["acme".to_owned(), "eu".to_owned()],
        joined_at: None,
    };
    let groups = json!(["acme", "eu", "acme"]);
    assert_eq!(only("assign_group", json!({"groupIds": groups, "profileId": "jane"})), join("jane"));
    assert_eq!(only("assign_group", json!({"groupIds": groups, "profileId": 0})), join("0"));
    let anonymous = decoded("assign_group", json!({"groupIds": groups})).expect("a good body");
    assert_eq!(anonymous.writes, [join(&anonymous.device_id)]);
}

#[test]
fn replays_and_empty_assignments_are_accepted_and_store_nothing() {
    let chunk = json!({"chunk_index": 0, "events_count": 1, "is_full_snapshot": true, "payload": "[]"});
    for (kind, payload) in [("replay", chunk), ("assign_group", json!({"groupIds": []}))] {
        let decoded = decoded(kind, payload).expect("a good body");
        assert_eq!((decoded.writes, decoded.device_id.len()), (vec![], 32));
    }
}

#[test]
fn what_would_undo_the_anonymity_of_devices_is_not_printed() {
    let printed = format!("{:?}", sender());
    assert!(!printed.contains("today") && !printed.contains("203.0.113.9"), "{printed}");
}
