//! Filters of the reference against examples worked by hand.

use super::data::Dataset;
use super::filter::{EventField, Filter, GroupField, Look, Operator, Path, ProfileField, Subject};
use super::scope::{GroupProperties, Reading};
use super::shorthand::{READING, company_property, event_property, events, identify, project, upsert};
use Operator::{
    Contains, EndsWith, Eq, Gt, Gte, In, IsNotSet, IsSet, Lt, Lte, Neq, NotContains, NotIn, StartsWith,
};
use serde_json::{Value, json};

fn holds(data: &Dataset, filter: &Filter) -> bool {
    filter.holds(Look { data, event: &data.events[0], reading: READING, alone: &[] })
}

/// Whether an event with `p` set to the value passes.
fn passes(value: &Value, operator: Operator) -> bool {
    let data = project(events(&format!("0 a u1 - p={value}")));
    holds(&data, &event_property("p", operator))
}

#[test]
fn numbers_compare_as_numbers_and_all_else_as_text() {
    assert!(passes(&json!(10), Gt(json!(9))));
    assert!(!passes(&json!("10"), Gt(json!(9))));
    assert!(passes(&json!(1), Eq(json!(1.0))));
    assert!(passes(&json!("1"), Eq(json!(1))));
    assert!(passes(&json!(true), Eq(json!("true"))));
    assert!(!passes(&json!("Pro"), Eq(json!("pro"))));
    assert!(passes(&json!("Z"), Lt(json!("a"))));
    assert!(passes(&json!({"k": [1]}), Eq(json!("{\"k\":[1]}"))));
    assert!(passes(&json!(2), Gte(json!(2))) && passes(&json!(2), Lte(json!(2))));
    assert!(passes(&json!(2), In(vec![json!("x"), json!(2)])));
    assert!(!passes(&json!(2), NotIn(vec![json!("x"), json!(2)])));
}

#[test]
fn parts_of_texts() {
    assert!(passes(&json!("ACME_Ltd"), Contains("acme_l".into())));
    assert!(!passes(&json!("ACMExLtd"), Contains("e_l".into())));
    assert!(!passes(&json!("ÜBER"), NotContains("über".into())));
    assert!(passes(&json!("Acme"), StartsWith("Ac".into())));
    assert!(!passes(&json!("Acme"), StartsWith("ac".into())));
    assert!(passes(&json!("100%"), EndsWith("%".into())));
    assert!(passes(&json!(12), StartsWith("1".into())));
}

#[test]
fn only_negative_operators_hold_for_a_missing_value() {
    for missing in [event_property as fn(&str, Operator) -> Filter, company_property] {
        let data = project(events("0 a u1 - p=null"));
        let holds = |operator| holds(&data, &missing("p", operator));
        let value = || json!("x");
        assert!(holds(Neq(value())) && holds(NotIn(vec![value()])) && holds(NotContains("x".into())));
        assert!(holds(IsNotSet) && !holds(IsSet));
        assert!(!holds(Eq(value())) && !holds(In(vec![value()])) && !holds(Contains(String::new())));
        assert!(!holds(StartsWith(String::new())) && !holds(EndsWith(String::new())));
        assert!(!holds(Gt(value())) && !holds(Gte(value())) && !holds(Lt(value())) && !holds(Lte(value())));
    }
    assert!(passes(&json!(""), IsSet));
}

#[test]
fn trees_are_ordinary_logic() {
    let data = project(events("0 a u1 - p=1"));
    let yes = || event_property("p", IsSet);
    let no = || event_property("q", IsSet);
    assert!(holds(&data, &Filter::And(vec![yes(), yes()])) && !holds(&data, &Filter::And(vec![yes(), no()])));
    assert!(holds(&data, &Filter::Or(vec![no(), yes()])) && !holds(&data, &Filter::Or(vec![no(), no()])));
    assert!(holds(&data, &Filter::Not(Box::new(no()))));
}

#[test]
fn a_dotted_path_goes_down_and_quotes_keys_with_dots() {
    let data = project(events("0 a u1 - deep={\"x\":{\"y\":1},\"y.z\":2} p.q=3 list=[{\"k\":1}]"));
    let set = |keys: &[&str]| holds(&data, &Filter::Leaf(Subject::EventProperty(Path::new(keys)), IsSet));
    assert!(set(&["deep", "x", "y"]) && set(&["deep", "y.z"]) && set(&["p.q"]) && set(&["list"]));
    assert!(!set(&["deep", "y", "z"]) && !set(&["p", "q"]) && !set(&["deep", "x", "y", "z"]));
    assert!(!set(&["list", "k"]) && !set(&["list", "0"]));
    assert_eq!(Path::new(&["deep", "y.z", "x"]).dotted(), "deep.\"y.z\".x");
}

#[test]
fn a_group_filter_holds_for_some_group_and_its_negative_for_none() {
    let data = project(events("0 a u1 c1,c2,w1,ghost").into_iter().chain([
        upsert("c1", "company", 0, json!({"plan": "free"})),
        upsert("c2", "company", 0, json!({"plan": "pro"})),
        upsert("w1", "workspace", 0, json!({"plan": "basic"})),
    ]));
    let plan = |operator| company_property("plan", operator);
    assert!(holds(&data, &plan(Eq(json!("free")))) && holds(&data, &plan(Eq(json!("pro")))));
    assert!(!holds(&data, &plan(Neq(json!("free")))) && holds(&data, &plan(Neq(json!("basic")))));
    // Counted alone, each group answers for itself.
    let alone = |group: Option<&str>, operator| {
        let alone = [("company".to_owned(), group.map(str::to_owned))];
        plan(operator).holds(Look { data: &data, event: &data.events[0], reading: READING, alone: &alone })
    };
    assert!(alone(Some("c2"), Neq(json!("free"))) && !alone(Some("c1"), Neq(json!("free"))));
    assert!(alone(None, Neq(json!("free"))) && !alone(None, IsSet));
    let name =
        |text: &str| Filter::Leaf(Subject::GroupField("company".into(), GroupField::Name), Eq(json!(text)));
    assert!(holds(&data, &name("C2")) && !holds(&data, &name("W1")));
}

#[test]
fn group_properties_are_read_as_of_the_event_or_now_and_types_now() {
    let data = project(events("10 a u1 c1").into_iter().chain([
        upsert("c1", "company", 5, json!({"plan": "free", "seats": 1})),
        upsert("c1", "company", 11, json!({"plan": "pro", "seats": null})),
    ]));
    let free = company_property("plan", Eq(json!("free")));
    assert!(holds(&data, &free));
    let now = Reading { group_properties: GroupProperties::Now, ..READING };
    let look = Look { data: &data, event: &data.events[0], reading: now, alone: &[] };
    assert!(!free.holds(look) && company_property("seats", IsNotSet).holds(look));
    // A version holds from its very instant.
    let at =
        |minute: i64| data.groups["c1"].as_of(super::shorthand::minute(minute)).properties["plan"].clone();
    assert_eq!([at(4), at(10), at(11)], ["free", "free", "pro"]);
    let regrouped = project(data.writes.into_iter().chain([upsert("c1", "team", 12, json!({}))]));
    assert!(!holds(&regrouped, &free));
}

#[test]
fn fields_of_events_and_profiles() {
    let data =
        project([identify("u2", json!({"plan": "x"}))].into_iter().chain(events("0 a u1 - device=d1")));
    let field = |field, operator| holds(&data, &Filter::Leaf(Subject::EventField(field), operator));
    assert!(field(EventField::Name, Eq(json!("a"))) && field(EventField::DeviceId, Eq(json!("d1"))));
    assert!(field(EventField::SessionId, IsNotSet) && field(EventField::Revenue, IsNotSet));
    assert!(field(EventField::Id, Eq(json!("e0"))) && field(EventField::Path, IsNotSet));
    let profile = |field, operator| holds(&data, &Filter::Leaf(Subject::ProfileField(field), operator));
    // u1 was never identified: nothing is known but its id.
    assert!(profile(ProfileField::Id, Eq(json!("u1"))) && profile(ProfileField::Email, IsNotSet));
    assert!(holds(&data, &Filter::Leaf(Subject::ProfileProperty(Path::new(&["plan"])), IsNotSet)));
}
