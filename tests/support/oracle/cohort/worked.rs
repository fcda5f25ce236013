//! Cohorts worked by hand.

use super::{Cohort, Done, Own, Rule, When};
use crate::support::oracle::data::Dataset;
use crate::support::oracle::filter::{Operator, Path};
use crate::support::oracle::scope::{Attribution, GroupProperties, Reading};
use crate::support::oracle::shorthand::{
    READING, company_property, deed, event_property, events, identify, join, minute, project, upsert,
};
use chrono::Duration;
use muster::domain::write::Write;
use serde_json::json;

fn data() -> Dataset {
    let lines = "0 invite u1 acme n=1
                 10 invite u1 acme,globex n=2
                 20 invite u2 globex
                 30 invite - globex device=d1
                 40 other u2 -
                 50 invite u1 gone";
    project(events(lines).into_iter().chain([
        upsert("acme", "company", 0, json!({"plan": "free"})),
        upsert("acme", "company", 25, json!({"plan": "pro"})),
        upsert("globex", "company", 0, json!({"plan": "free"})),
        upsert("quiet", "company", 5, json!({})),
        upsert("gone", "company", 0, json!({"plan": "pro"})),
        Write::DeleteGroup { id: "gone".to_owned() },
        upsert("desk", "workspace", 0, json!({"plan": "pro"})),
        identify("u1", json!({"plan": "pro"})),
        identify("silent", json!({})),
        join("u3", "acme", 0),
    ]))
}

fn companies(rule: Rule) -> Cohort {
    Cohort { group_type: Some("company".to_owned()), ..profiles(rule) }
}

fn profiles(rule: Rule) -> Cohort {
    Cohort { id: "k".to_owned(), name: "K".to_owned(), group_type: None, rule }
}

fn who(cohort: &Cohort, until: i64) -> Vec<String> {
    read(cohort, Reading { until: minute(until), ..READING })
}

fn read(cohort: &Cohort, reading: Reading) -> Vec<String> {
    cohort.members(&data(), reading).into_iter().map(str::to_owned).collect()
}

fn plan(operator: Operator) -> Rule {
    Rule::Own(Own::Property(Path::new(&["plan"])), operator)
}

fn invited(at_least: Option<usize>, at_most: Option<usize>) -> Done {
    Done { deed: deed("invite"), at_least, at_most, when: When::Ever }
}

#[test]
fn tests_read_groups_as_of_the_end_and_profiles_now() {
    let pro = companies(plan(Operator::Eq(json!("pro"))));
    assert_eq!(who(&pro, 25), Vec::<String>::new());
    assert_eq!(who(&pro, 26), ["acme"]);
    let now = Reading { until: minute(1), group_properties: GroupProperties::Now, ..READING };
    assert_eq!(read(&pro, now), ["acme"]);
    assert_eq!(who(&companies(plan(Operator::Neq(json!("free")))), 10), ["quiet"]);
    assert_eq!(who(&profiles(plan(Operator::Eq(json!("pro")))), 0), ["u1"]);
    assert_eq!(who(&profiles(plan(Operator::IsNotSet)), 0), ["silent", "u2", "u3"]);
    let not = Rule::Not(Box::new(plan(Operator::Eq(json!("pro")))));
    assert_eq!(who(&companies(not), 26), ["globex", "quiet"]);
}

#[test]
fn deeds_are_counted_up_to_the_end() {
    assert_eq!(who(&companies(Rule::Done(invited(Some(2), None))), 100), ["acme", "globex"]);
    assert_eq!(who(&companies(Rule::Done(invited(Some(2), None))), 20), ["acme"]);
    assert_eq!(who(&companies(Rule::Done(invited(None, Some(2)))), 100), ["acme", "quiet"]);
    assert_eq!(who(&companies(Rule::Done(invited(Some(1), Some(2)))), 100), ["acme"]);
    assert_eq!(who(&profiles(Rule::Done(invited(None, Some(0)))), 100), ["silent", "u3"]);
    let last = Done { when: When::Last(Duration::minutes(10)), ..invited(Some(1), None) };
    assert_eq!(who(&profiles(Rule::Done(last.clone())), 30), ["u2"]);
    assert_eq!(who(&profiles(Rule::Done(last)), 20), ["u1"]);
    let range = muster::domain::time::Range::new(minute(0), minute(20)).expect("a range");
    let early = Done { when: When::Range(range), ..invited(Some(2), None) };
    assert_eq!(who(&profiles(Rule::Done(early)), 1), ["u1"]);
}

#[test]
fn a_deed_has_a_filter_and_an_attribution() {
    let mut done = invited(Some(1), None);
    done.deed.filter = Some(event_property("n", Operator::Gte(json!(2))));
    assert_eq!(who(&profiles(Rule::Done(done.clone())), 100), ["u1"]);
    assert_eq!(who(&companies(Rule::Done(done.clone())), 100), ["acme", "globex"]);
    // A filter on the cohort's own type looks at that group alone; of a profile, at all groups of the event.
    done.deed.filter = Some(company_property("plan", Operator::Eq(json!("pro"))));
    assert_eq!(who(&companies(Rule::Done(done)), 100), Vec::<String>::new());
    let now = Reading { until: minute(100), attribution: Attribution::MembershipNow, ..READING };
    assert_eq!(read(&companies(Rule::Done(invited(Some(1), None))), now), Vec::<String>::new());
}

#[test]
fn lists_and_joined_rules() {
    let ids = |ids: &[&str]| Rule::Ids(ids.iter().map(|id| (*id).to_owned()).collect());
    assert_eq!(who(&companies(ids(&["acme", "gone", "desk", "nobody"])), 0), ["acme"]);
    assert_eq!(who(&companies(Rule::And(vec![])), 0), ["acme", "globex", "quiet"]);
    assert_eq!(who(&companies(Rule::Or(vec![])), 0), Vec::<String>::new());
    let both = Rule::And(vec![ids(&["acme", "quiet"]), Rule::Done(invited(None, Some(2)))]);
    assert_eq!(who(&companies(both), 100), ["acme", "quiet"]);
    let either = Rule::Or(vec![ids(&["u3"]), plan(Operator::IsSet)]);
    assert_eq!(who(&profiles(either), 0), ["u1", "u3"]);
}
