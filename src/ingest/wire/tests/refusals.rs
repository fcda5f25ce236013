//! What the wire refuses, and how the complaint names it.

use super::*;

#[test]
fn aliases_are_refused_whatever_they_say() {
    for body in
        [json!({"type": "alias", "payload": {"profileId": "a", "alias": "b"}}), json!({"type": "alias"})]
    {
        let invalid = Decoder::new(&sender(), &Limits::default()).decode(body).expect_err("no alias");
        assert!(invalid.reason.starts_with("Alias is not supported"), "{invalid}");
    }
}

#[test]
fn each_field_of_the_wrong_type_is_named_with_what_it_is_and_what_it_should_be() {
    let wrong = [json!(null), json!(true), json!(1), json!("text"), json!(["a"]), json!({"a": 1})];
    let names = ["null", "a boolean", "a number", "a string", "an array", "an object"];
    let track = json!({"name": "e"});
    let identify = json!({"profileId": "p"});
    let group = json!({"id": "g", "type": "t", "name": "n"});
    let assign = json!({"groupIds": ["g"]});
    let increment = json!({"profileId": "p", "property": "x"});
    // The last column says which of the six types are right: n(ull) b(oolean) 1 s(tring) a(rray) o(bject).
    for (kind, good, key, right) in [
        ("track", &track, "name", "s"),
        ("track", &track, "profileId", "n1s"),
        ("track", &track, "groups", "na"),
        ("track", &track, "properties", "no"),
        ("track", &track, "id", "n1s"),
        ("identify", &identify, "profileId", "1s"),
        ("identify", &identify, "firstName", "s"),
        ("identify", &identify, "lastName", "s"),
        ("identify", &identify, "email", ""),
        ("identify", &identify, "avatar", ""),
        ("identify", &identify, "properties", "no"),
        ("group", &group, "id", "s"),
        ("group", &group, "type", "s"),
        ("group", &group, "name", "s"),
        ("group", &group, "properties", "no"),
        ("assign_group", &assign, "groupIds", "a"),
        ("assign_group", &assign, "profileId", "n1s"),
        ("increment", &increment, "profileId", "1s"),
        ("increment", &increment, "property", "s"),
        ("increment", &increment, "value", "n1"),
        ("decrement", &increment, "value", "n1"),
    ] {
        for ((value, name), letter) in wrong.iter().zip(names).zip(["n", "b", "1", "s", "a", "o"]) {
            let mut payload = map(good.clone());
            payload.insert(key.to_owned(), value.clone());
            let result = decoded(kind, Value::Object(payload));
            if right.contains(letter) {
                assert!(result.is_ok(), "{kind}.{key} = {value}: {result:?}");
                continue;
            }
            let invalid = result.expect_err(key);
            assert_eq!(invalid.field, format!("payload.{key}"), "{kind}.{key} = {value}");
            let says_both = invalid.reason.starts_with(&format!("is {name}; give a"));
            let is_form = ["email", "avatar"].contains(&key) && letter == "s";
            assert!(says_both || is_form, "{invalid}");
        }
    }
}

#[test]
fn each_missing_field_is_named() {
    for (kind, payload, field) in [
        ("track", json!({}), "payload.name"),
        ("identify", json!({}), "payload.profileId"),
        ("group", json!({"type": "t", "name": "n"}), "payload.id"),
        ("group", json!({"id": "g", "name": "n"}), "payload.type"),
        ("group", json!({"id": "g", "type": "t"}), "payload.name"),
        ("assign_group", json!({}), "payload.groupIds"),
        ("increment", json!({"property": "x"}), "payload.profileId"),
        ("decrement", json!({"profileId": "p"}), "payload.property"),
    ] {
        let invalid = refused(kind, payload);
        assert_eq!(field_of(&invalid), field);
        assert!(invalid.reason.starts_with("is missing; give "), "{invalid}");
    }
}

#[test]
fn each_bad_value_is_named() {
    let long = "x".repeat(10_240);
    let many: Vec<String> = (0..101).map(|i| i.to_string()).collect();
    for (kind, payload, field) in [
        ("track", json!({"name": ""}), "payload.name"),
        ("track", json!({"name": "x".repeat(81)}), "payload.name"),
        ("track", json!({"name": long}), "payload.name"),
        ("track", json!({"name": "two\nlines"}), "payload.name"),
        ("track", json!({"name": "two\rlines"}), "payload.name"),
        ("track", json!({"name": "session_start"}), "payload.name"),
        ("track", json!({"name": "session_end"}), "payload.name"),
        ("track", json!({"name": "e", "profileId": ""}), "payload.profileId"),
        ("track", json!({"name": "e", "profileId": long}), "payload.profileId"),
        ("track", json!({"name": "e", "id": ""}), "payload.id"),
        ("track", json!({"name": "e", "id": long}), "payload.id"),
        ("track", json!({"name": "e", "groups": ["a", "b", 3]}), "payload.groups[2]"),
        ("track", json!({"name": "e", "groups": ["a", null]}), "payload.groups[1]"),
        ("track", json!({"name": "e", "groups": ["a", ""]}), "payload.groups[1]"),
        ("track", json!({"name": "e", "groups": [long]}), "payload.groups[0]"),
        ("track", json!({"name": "e", "groups": many}), "payload.groups"),
        ("identify", json!({"profileId": ""}), "payload.profileId"),
        ("identify", json!({"profileId": "p", "email": ""}), "payload.email"),
        ("identify", json!({"profileId": "p", "email": "nobody"}), "payload.email"),
        ("identify", json!({"profileId": "p", "avatar": "/me.png"}), "payload.avatar"),
        ("identify", json!({"profileId": "p", "firstName": "x".repeat(300_000)}), "payload.firstName"),
        ("identify", json!({"profileId": "p", "bio": "x".repeat(300_000)}), "payload"),
        ("group", json!({"id": "", "type": "t", "name": "n"}), "payload.id"),
        ("group", json!({"id": "g", "type": "", "name": "n"}), "payload.type"),
        ("group", json!({"id": "g", "type": "t", "name": ""}), "payload.name"),
        ("assign_group", json!({"groupIds": [1]}), "payload.groupIds[0]"),
        ("assign_group", json!({"groupIds": ["g"], "profileId": ""}), "payload.profileId"),
        ("increment", json!({"profileId": "p", "property": "", "value": 1}), "payload.property"),
        ("increment", json!({"profileId": "p", "property": "a.".repeat(40)}), "payload.property"),
        ("increment", json!({"profileId": "p", "property": "x", "value": 0}), "payload.value"),
        ("decrement", json!({"profileId": "p", "property": "x", "value": -1}), "payload.value"),
    ] {
        assert_eq!(field_of(&refused(kind, payload)), field);
    }
    // As many ids as are allowed, each twice, are not too many.
    let twice: Vec<String> = (0..200).map(|i| (i % 100).to_string()).collect();
    assert_eq!(event(json!({"name": "e", "groups": twice})).groups.len(), 100);
}

#[test]
fn bodies_that_are_no_operation_are_refused() {
    for (body, field) in [
        (json!(null), ""),
        (json!([]), ""),
        (json!("track"), ""),
        (json!({}), "type"),
        (json!({"type": 1, "payload": {}}), "type"),
        (json!({"type": "Track", "payload": {}}), "type"),
        (json!({"type": "", "payload": {}}), "type"),
        (json!({"type": "track"}), "payload"),
        (json!({"type": "track", "payload": [{"name": "e"}]}), "payload"),
        (json!({"type": "replay", "payload": null}), "payload"),
    ] {
        let invalid =
            Decoder::new(&sender(), &Limits::default()).decode(body.clone()).expect_err("no operation");
        assert_eq!(field_of(&invalid), field, "{body}");
    }
}

#[test]
fn properties_too_wide_or_too_deep_are_refused_wherever_they_stand() {
    let wide: Properties = (0..100_000).map(|i| (format!("key{i}"), json!("x".repeat(40)))).collect();
    let deep = (0..200).fold(json!(1), |below, _| json!({"a": below}));
    for properties in [Value::Object(wide), deep.clone()] {
        for (kind, mut payload) in [
            ("track", json!({"name": "e"})),
            ("identify", json!({"profileId": "p"})),
            ("group", json!({"id": "g", "type": "t", "name": "n"})),
        ] {
            payload["properties"] = properties.clone();
            assert_eq!(field_of(&refused(kind, payload)), "payload.properties");
        }
    }
    assert_eq!(field_of(&refused("identify", json!({"profileId": "p", "trait": deep}))), "payload");
}
