//! Lists of groups beyond their definition: pages, cursors, flat forms, hints, and arguments that are refused.

use crate::support::house::House;
use crate::support::oracle::random;
use muster::domain::identity::ProjectKey;
use serde_json::{Value, json};

/// Each list: its field, arguments with which it has many rows, and what its flat form has of a row.
const LISTS: [(&str, &str, &[&str]); 3] = [
    (
        "slippingAway",
        "fellBy: 0.01, silentFor: \"PT1S\"",
        &["current", "previous", "change", "hasFallen", "isSilent", "lastActiveAt", "silentDays", "members"],
    ),
    ("newGroups", "", &["firstActiveAt", "lastActiveAt", "activeUsers", "events", "members"]),
    (
        "adoption",
        "event: \"a\", seats: \"amount\"",
        &[
            "members",
            "activeMembers",
            "adoptionRate",
            "activeUsers",
            "events",
            "eventsPerUser",
            "firstUsedAt",
            "daysToFirstUse",
            "seats",
            "seatUtilisation",
        ],
    ),
];

const KEY: ProjectKey = ProjectKey(1);

/// A store with one random project, and days that its events lie in: of every second project the last two thirds.
async fn house(seed: u64) -> (House, [String; 2]) {
    let project = random::project(&mut random::rng(seed));
    let house = House::open(project.data.now, 150);
    house.write(KEY, project.data.writes.clone()).await;
    let days = project.data.events.iter().map(|event| event.occurred_at.date_naive());
    let now = project.data.now.date_naive();
    let (first, last) = (days.clone().min().unwrap_or(now), days.max().unwrap_or(now));
    let from = if seed.is_multiple_of(2) { first } else { first + (last - first) / 3 };
    (house, [from.to_string(), (last + chrono::Days::new(1)).to_string()])
}

fn nested(list: &(&str, &str, &[&str]), days: &[String; 2], more: &str) -> String {
    let (field, arguments, columns) = list;
    let ([from, to], columns) = (days, columns.join(" "));
    format!(
        "{{ {field}(groupType: \"company\", {arguments}, {more}, range: {{from: \"{from}T00:00:00Z\", to: \"{to}T00:00:00Z\"}})
           {{ totals {{ groups }} rows {{ group {{ id name type }} {columns} cursor }} }} }}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_every_list_join_to_the_whole() {
    let mut longest = [0; LISTS.len()];
    for seed in 0..12 {
        let (house, days) = house(seed).await;
        for (list, longest) in LISTS.iter().zip(&mut longest) {
            let field = list.0;
            let ask = async |more: String| {
                let document = nested(list, &days, &more);
                house.ask(KEY, &document, json!({})).await.expect(field)[field].clone()
            };
            let whole = ask("first: 1000".to_owned()).await;
            let rows = whole["rows"].as_array().expect("rows");
            *longest = rows.len().max(*longest);
            let (mut joined, mut more) = (Vec::new(), "first: 2".to_owned());
            loop {
                let page = ask(more).await;
                // The numbers of the whole do not depend on the page, an empty one included.
                assert_eq!(page["totals"], whole["totals"], "{field}, seed {seed}");
                let page = page["rows"].as_array().expect("rows").clone();
                let Some(last) = page.last() else { break };
                more = format!("first: 2, after: {}", last["cursor"]);
                joined.extend(page);
            }
            assert_eq!(&joined, rows, "{field}, seed {seed}");
        }
    }
    assert!(longest.iter().all(|rows| *rows > 2), "{longest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn flat_forms_have_the_same_rows() {
    for seed in 0..12 {
        let (house, days) = house(seed).await;
        for list in &LISTS {
            let (field, arguments, columns) = list;
            let rows = house.ask(KEY, &nested(list, &days, "first: 1000"), json!({})).await.expect(field);
            let rows = rows[field]["rows"].as_array().expect("rows");
            let flat = |row: &Value| {
                let mut flat = json!({
                    "groupId": row["group"]["id"], "groupName": row["group"]["name"], "groupType": row["group"]["type"],
                });
                columns.iter().for_each(|column| flat[column] = row[column].clone());
                flat
            };
            let expected: Vec<Value> = rows.iter().map(flat).collect();
            let ([from, to], columns) = (&days, columns.join(" "));
            let document = format!(
                "{{ {field}Table(groupType: \"company\", {arguments}, first: 1000, from: \"{from}\", to: \"{to}\", where: \"\")
                   {{ groupId groupName groupType {columns} }} }}"
            );
            let found = house.ask(KEY, &document, json!({})).await.expect(field);
            assert_eq!(found[format!("{field}Table")], json!(expected), "{field}, seed {seed}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_type_is_an_empty_list_with_a_hint() {
    let (house, _) = house(0).await;
    let one = "mutation { track(input: {name: \"a\", profileId: \"u1\", occurredAt: \"2025-01-01T00:00:00Z\"}) { outcome } }";
    house.ask(KEY, one, json!({})).await.expect("written");
    for (field, arguments, _) in LISTS {
        let ask = async |group_type: &str| {
            let document = format!(
                "{{ {field}(groupType: \"{group_type}\", {arguments}, last: \"P3000D\") {{ hint totals {{ groups }} rows {{ cursor }} }} }}"
            );
            house.ask(KEY, &document, json!({})).await.expect(field)[field].clone()
        };
        let empty = ask("planet").await;
        assert_eq!((&empty["totals"]["groups"], &empty["rows"]), (&json!(0), &json!([])));
        let hint = empty["hint"].as_str().expect("a hint");
        assert!(hint.contains("no group has the type \"planet\"; known types: company"), "{hint}");
        assert_eq!(ask("company").await["hint"], Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_arguments_are_named_with_what_to_do() {
    let (house, days) = house(1).await;
    let mut cursors = Vec::new();
    for list in &LISTS {
        let rows = house.ask(KEY, &nested(list, &days, "first: 1"), json!({})).await.expect(list.0);
        cursors.push(rows[list.0]["rows"][0]["cursor"].to_string());
    }
    for (place, (field, arguments, _)) in LISTS.iter().enumerate() {
        let others = cursors.iter().enumerate().filter(|(other, _)| *other != place);
        let foreign = others.map(|(_, cursor)| format!("groupType: \"company\", after: {cursor}"));
        let of_another_type = format!("groupType: \"team\", after: {}", cursors[place]);
        let foreign = foreign.chain([of_another_type, "groupType: \"company\", after: \"5\"".to_owned()]);
        for given in foreign {
            let document =
                format!("{{ {field}({given}, {arguments}, last: \"P30D\") {{ rows {{ cursor }} }} }}");
            let told = house.ask(KEY, &document, json!({})).await.expect_err(&given);
            assert_eq!(told, "after: is no cursor of this question; give the cursor of a row of it");
        }
    }
    for (arguments, message) in [
        ("fellBy: 0", "fellBy: is 0; give a share above 0, at most 1, such as 0.5 for a fall by half"),
        ("fellBy: 1.5", "fellBy: is 1.5; give a share above 0, at most 1, such as 0.5 for a fall by half"),
        ("fellBy: null", "silentFor: is missing; with fellBy null give silentFor, such as \"P14D\""),
        ("event: \"\"", "event: is empty; name the event"),
    ] {
        let nested = format!("{{ slippingAway(groupType: \"t\", last: \"P1D\", {arguments}) {{ hint }} }}");
        let flat = format!(
            "{{ slippingAwayTable(groupType: \"t\", from: \"2026-01-01\", to: \"2026-01-02\", {arguments}) {{ groupId }} }}"
        );
        for document in [nested, flat] {
            assert_eq!(house.ask(KEY, &document, json!({})).await.expect_err(arguments), message);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_must_be_a_path() {
    let (house, _) = house(1).await;
    let told = "seats: has an empty key; write a dotted path such as plan.name";
    for document in [
        "{ adoption(groupType: \"t\", event: \"a\", seats: \"a.\", last: \"P1D\") { hint } }",
        "{ adoptionTable(groupType: \"t\", event: \"a\", seats: \"a.\", from: \"2026-01-01\", to: \"2026-01-02\") { groupId } }",
    ] {
        assert_eq!(house.ask(KEY, document, json!({})).await.expect_err(document), told);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_one_project_knows_nothing_of_another() {
    let (house, days) = house(2).await;
    for list in &LISTS {
        let other = house.ask(ProjectKey(2), &nested(list, &days, "first: 1000"), json!({})).await;
        assert_eq!(other.expect(list.0)[list.0], json!({"totals": {"groups": 0}, "rows": []}));
    }
}
