//! Names, keys and values worked by hand.

use super::{Owner, Wanted, event_names, property_keys, property_values};
use crate::support::oracle::data::Dataset;
use crate::support::oracle::filter::Path;
use crate::support::oracle::shorthand::{events, identify, minute, minutes, project, upsert};
use muster::domain::write::Write;
use serde_json::json;

const ALL: Wanted = Wanted { range: None, prefix: None, first: 100 };

fn keys(data: &Dataset, owner: &Owner, wanted: &Wanted) -> Vec<(String, usize, usize)> {
    let rows = property_keys(data, owner, wanted).into_iter();
    rows.map(|(key, (owners, numbers))| (key, owners, numbers)).collect()
}

fn found(rows: &[(&str, usize, usize)]) -> Vec<(String, usize, usize)> {
    rows.iter().map(|(key, owners, numbers)| ((*key).to_owned(), *owners, *numbers)).collect()
}

#[test]
fn names_are_counted_in_the_range_or_ever() {
    let data = project(events("0 b u1 -\n5 a u1 -\n9 Ab - -\n10 b u2 -\n20 b u2 -"));
    assert_eq!(
        event_names(&data, &ALL),
        [
            ("b".to_owned(), (3, minute(20))),
            ("Ab".to_owned(), (1, minute(9))),
            ("a".to_owned(), (1, minute(5)))
        ]
    );
    let range = Some(minutes(0, 10).range(minute(0)));
    assert_eq!(event_names(&data, &Wanted { range, ..ALL })[2].0, "b");
    let wanted = Wanted { prefix: Some("A".to_owned()), first: 1, ..ALL };
    assert_eq!(event_names(&data, &wanted), [("Ab".to_owned(), (1, minute(9)))]);
}

#[test]
fn keys_are_paths_of_values_that_are_no_objects() {
    let data = project(events(
        r#"0 a u1 - plan="pro" size={"seats":3,"used":null} e={} l=[{"k":1}] p.q=1
           1 a u1 - plan=7
           2 b u1 - plan=null size=2"#,
    ));
    let all = [("plan", 2, 1), ("\"p.q\"", 1, 1), ("l", 1, 0), ("size", 1, 1), ("size.seats", 1, 1)];
    assert_eq!(keys(&data, &Owner::Event(None), &ALL), found(&all));
    assert_eq!(keys(&data, &Owner::Event(Some("b".to_owned())), &ALL), found(&[("size", 1, 1)]));
    let wanted = Wanted { prefix: Some("SIZE.".to_owned()), ..ALL };
    assert_eq!(keys(&data, &Owner::Event(None), &wanted), found(&[("size.seats", 1, 1)]));
}

#[test]
fn values_are_texts_of_who_is_known_now() {
    let data = project([
        identify("u1", json!({"plan": "pro", "n": 1})),
        identify("u2", json!({"plan": ["a", 1]})),
        upsert("c1", "company", 0, json!({"plan": "free"})),
        upsert("c1", "company", 5, json!({"plan": "pro"})),
        upsert("c2", "company", 0, json!({"plan": {"k": true}})),
        upsert("c3", "company", 0, json!({"plan": "gone"})),
        Write::DeleteGroup { id: "c3".to_owned() },
        upsert("w1", "workspace", 0, json!({"plan": "other"})),
    ]);
    let values = |owner: &Owner| property_values(&data, owner, &Path::new(&["plan"]), &ALL);
    let pair = |value: &str| (value.to_owned(), 1);
    assert_eq!(values(&Owner::Profile), [pair("[\"a\",1]"), pair("pro")]);
    assert_eq!(values(&Owner::Group("company".to_owned())), [pair("pro"), pair("{\"k\":true}")]);
    assert_eq!(values(&Owner::Event(None)), []);
}
