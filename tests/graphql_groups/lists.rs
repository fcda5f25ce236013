//! Lists of groups: orders, pages, searches, and the number of statements a page costs.

use super::world::World;
use muster::domain::identity::GroupPatch;
use muster::domain::identity::Right;
use muster::domain::write::Write;
use serde_json::{Value, json};

/// 110 known groups and 10 that were only seen, with members and events that often tie.
async fn hundred_and_twenty(world: &World) {
    let mut writes = Vec::new();
    for index in 0..110 {
        writes.push(Write::UpsertGroup(GroupPatch {
            id: format!("g{index:03}"),
            group_type: if index % 3 == 0 { "company" } else { "team" }.to_owned(),
            name: format!("{}ame {}", if index % 2 == 0 { "N" } else { "n" }, index * 7 % 40),
            properties: serde_json::Map::new(),
            effective_at: Some(
                super::world::utc("2026-06-01T00:00:00Z") + chrono::Duration::hours(index % 17),
            ),
        }));
    }
    for profile in 0..4 {
        let group_ids =
            (0..110).filter(|group| group % 5 >= profile).map(|group| format!("g{group:03}")).collect();
        writes.push(Write::JoinGroups { profile_id: format!("p{profile}"), group_ids, joined_at: None });
    }
    world.write(0, writes).await;
    let mut lines = String::new();
    for index in 0..120 {
        let id = if index < 110 { format!("g{index:03}") } else { format!("s{index}") };
        for time in 0..(if index < 110 { index % 4 } else { 1 }) {
            lines += &[
                "p",
                &(index % 3).to_string(),
                " login 2026-06-1",
                &time.to_string(),
                "T08:00:00Z ",
                &id,
                "\n",
            ]
            .concat();
        }
    }
    world.events(0, &lines).await;
}

async fn pages(world: &World, arguments: &str, first: usize) -> (Vec<Value>, Value) {
    let (mut nodes, mut after, mut total) = (Vec::new(), "null".to_owned(), Value::Null);
    loop {
        let document = format!(
            "{{ groups(first: {first}, after: {after}{arguments}) {{ totalCount pageInfo {{ hasNextPage endCursor }}
               nodes {{ id name type createdAt lastActiveAt memberCount }} }} }}"
        );
        let page = world.ask(&document).await["groups"].take();
        nodes.extend(page["nodes"].as_array().expect("nodes").iter().cloned());
        total.clone_from(&page["totalCount"]);
        if page["pageInfo"]["hasNextPage"] == false {
            return (nodes, total);
        }
        after = page["pageInfo"]["endCursor"].to_string();
    }
}

#[tokio::test]
async fn every_order_pages_through_all_groups_without_a_gap_or_a_repeat() {
    let world = World::new();
    hundred_and_twenty(&world).await;
    for field in ["NAME", "ID", "TYPE", "CREATED_AT", "LAST_ACTIVE_AT", "MEMBER_COUNT", "EVENTS"] {
        for direction in ["ASC", "DESC"] {
            let arguments = format!(", orderBy: {{field: {field}, direction: {direction}}}");
            let (whole, total) = pages(&world, &arguments, 1000).await;
            let (paged, _) = pages(&world, &arguments, 50).await;
            assert_eq!((whole.len(), total), (120, json!(120)), "{field} {direction}");
            assert_eq!(whole, paged, "{field} {direction}");
            let mut sorted = whole.clone();
            sorted.sort_by(|a, b| in_order(a, b, field, direction));
            if field != "EVENTS" {
                assert_eq!(whole, sorted, "{field} {direction}");
            }
        }
    }
}

/// The order by definition: the key, missing ones last, then the id.
fn in_order(a: &Value, b: &Value, field: &str, direction: &str) -> std::cmp::Ordering {
    let key = |node: &Value| match field {
        "NAME" => node["name"].as_str().map(str::to_lowercase),
        "TYPE" => node["type"].as_str().map(str::to_owned),
        "ID" => node["id"].as_str().map(str::to_owned),
        "CREATED_AT" => node["createdAt"].as_str().map(str::to_owned),
        "LAST_ACTIVE_AT" => node["lastActiveAt"].as_str().map(str::to_owned),
        _ => Some(format!("{:09}", node["memberCount"].as_i64().unwrap_or(0))),
    };
    let (left, right) = (key(a), key(b));
    let by_key = match (&left, &right) {
        (Some(left), Some(right)) if direction == "DESC" => right.cmp(left),
        (Some(left), Some(right)) => left.cmp(right),
        _ => left.is_none().cmp(&right.is_none()),
    };
    by_key.then_with(|| a["id"].as_str().cmp(&b["id"].as_str()))
}

#[tokio::test]
async fn an_order_by_events_may_count_the_last_days_alone() {
    let world = World::new();
    for id in ["busy-once", "busy-now", "idle"] {
        world.upsert(0, id, "team", id).await;
    }
    world
        .events(
            0,
            "a seen 2026-02-01T00:00:00Z busy-once,stranger
             a seen 2026-02-02T00:00:00Z busy-once
             a seen 2026-05-16T11:59:59Z busy-once
             a seen 2026-05-16T12:00:00Z busy-now
             b seen 2026-06-14T00:00:00Z busy-now",
        )
        .await;
    for (order, expected) in [
        ("", json!(["busy-once", "busy-now", "stranger", "idle"])),
        (", last: \"P30D\"", json!(["busy-now", "busy-once", "idle", "stranger"])),
    ] {
        let document =
            format!("{{ groups(orderBy: {{field: EVENTS, direction: DESC{order}}}) {{ nodes {{ id }} }} }}");
        let data = world.ask(&document).await;
        let ids: Vec<&Value> =
            data["groups"]["nodes"].as_array().expect("nodes").iter().map(|node| &node["id"]).collect();
        assert_eq!(json!(ids), expected, "{order}");
    }
    let wrong = "{ groups(orderBy: {field: EVENTS, last: \"a month\"}) { totalCount } }";
    assert_eq!(world.error(wrong).await, ("BAD_INPUT".to_owned(), "orderBy.last".to_owned()));
}

#[tokio::test]
async fn a_search_is_plain_text_in_any_case() {
    let world = World::new();
    for (id, name) in [("a_1", "50% Off"), ("ab1", "Über Fleet"), ("c", "fleet two")] {
        world.upsert(0, id, "team", name).await;
    }
    for (search, expected) in [
        ("FLEET", json!(["c", "ab1"])),
        ("%", json!(["a_1"])),
        ("_", json!(["a_1"])),
        ("über", json!(["ab1"])),
        ("AB", json!(["ab1"])),
    ] {
        let data =
            world.ask(&format!(r#"{{ groups(search: "{search}") {{ totalCount nodes {{ id }} }} }}"#)).await;
        let ids: Vec<&Value> =
            data["groups"]["nodes"].as_array().expect("nodes").iter().map(|node| &node["id"]).collect();
        assert_eq!(json!(ids), expected, "{search}");
        assert_eq!(data["groups"]["totalCount"], expected.as_array().expect("a list").len(), "{search}");
    }
}

#[tokio::test]
async fn a_cursor_of_another_order_is_refused() {
    let world = World::new();
    world.upsert(0, "a", "team", "A").await;
    world.upsert(0, "b", "team", "B").await;
    let data = world.ask("{ groups(first: 1, orderBy: {field: NAME}) { pageInfo { endCursor } } }").await;
    let cursor = &data["groups"]["pageInfo"]["endCursor"];
    let other = format!("{{ groups(after: {cursor}, orderBy: {{field: EVENTS}}) {{ totalCount }} }}");
    assert_eq!(world.error(&other).await, ("BAD_INPUT".to_owned(), "after".to_owned()));
}

#[tokio::test]
async fn a_page_of_fifty_groups_costs_as_many_statements_as_a_page_of_two() {
    let world = World::new();
    hundred_and_twenty(&world).await;
    let mut costs = Vec::new();
    for first in [2, 50] {
        let before = world.engine.statements();
        let document = format!(
            r#"{{ groups(first: {first}) {{ totalCount nodes {{ id type name memberCount lastActiveAt
                 metrics(last: "P30D") {{ events activeUsers members }}
                 week: metrics(last: "P7D") {{ events }}
                 activity(last: "P7D") {{ events }} memberGrowth(last: "P7D") {{ joined }}
                 topEvents(last: "P30D") {{ name events }} topPaths(last: "P30D") {{ path }}
                 members(first: 2) {{ totalCount nodes {{ id }} }} propertyHistory(first: 1) {{ nodes {{ name }} }} }} }} }}"#
        );
        let data = world.ask(&document).await;
        assert_eq!(data["groups"]["nodes"].as_array().expect("nodes").len(), first);
        costs.push(world.engine.statements() - before);
    }
    // The list, eleven questions, and nothing for each group.
    assert_eq!(costs, [12, 12]);
}

#[tokio::test]
async fn a_document_has_one_budget_of_rows() {
    let world = World::new();
    hundred_and_twenty(&world).await;
    let nested = r#"{ groups(first: 1000) { nodes { activity(last: "P1000D") { events } } } }"#;
    assert_eq!(world.error(nested).await, ("LIMITED".to_owned(), "interval".to_owned()));
    let within = r#"{ groups(first: 1000) { nodes { activity(last: "P100D") { events } } } }"#;
    assert_eq!(world.ask(within).await["groups"]["nodes"].as_array().expect("nodes").len(), 120);
}

#[tokio::test]
async fn variables_may_be_left_out_where_an_argument_has_a_default() {
    let world = World::new();
    world.upsert(0, "g", "team", "G").await;
    let document = r#"query List($first: Int, $after: String, $type: String, $last: Duration, $zone: String) {
        groups(first: $first, after: $after, type: $type) { nodes { id
            activity(last: "P1D", timeZone: $zone) { events } metrics(last: $last) { events } } } }"#;
    let answer = world.answer(0, Right::Read, document, json!({"last": "P1D"})).await;
    assert_eq!(answer["data"]["groups"]["nodes"][0]["metrics"]["events"], 0, "{answer:#}");
}

#[tokio::test]
async fn introspection_fits_the_limits() {
    let world = World::new();
    let of_type = format!("{}{}", "ofType { name ".repeat(8), "}".repeat(8));
    let document = format!(
        "{{ __schema {{ types {{ name fields(includeDeprecated: true) {{ name args {{ name type {{ name {of_type} }} }} }} }} }} }}"
    );
    assert!(world.ask(&document).await["__schema"]["types"].as_array().expect("types").len() > 20);
}
