//! The small analyses of one group: edges of ranges, days of 23 hours, members over time.

use super::world::World;
use serde_json::json;

#[tokio::test]
async fn an_event_at_from_counts_and_one_at_to_does_not() {
    let world = World::new();
    world.upsert(0, "g", "team", "G").await;
    world
        .events(
            0,
            "ann login 2026-06-01T00:00:00Z g
             -   login 2026-06-01T12:00:00Z g,h
             bob login 2026-06-02T00:00:00Z g",
        )
        .await;
    let range = r#"range: {from: "2026-06-01T00:00:00Z", to: "2026-06-02T00:00:00Z"}"#;
    let document = format!(
        r#"{{ group(id: "g") {{ metrics({range}) {{ events activeUsers firstSeenAt lastSeenAt }}
             all: metrics({range}, users: ALL) {{ activeUsers }}
             bobs: metrics({range}, filter: {{event: {{field: PROFILE_ID, neq: "ann"}}}}) {{ events }} }} }}"#
    );
    assert_eq!(
        world.ask(&document).await["group"],
        json!({
            "metrics": {"events": 2, "activeUsers": 1,
                        "firstSeenAt": "2026-06-01T00:00:00Z", "lastSeenAt": "2026-06-01T12:00:00Z"},
            "all": {"activeUsers": 2},
            "bobs": {"events": 1}
        })
    );
}

#[tokio::test]
async fn a_day_of_23_hours_is_one_bucket() {
    let world = World::new();
    world
        .events(
            0,
            "ann login 2026-03-28T22:59:59Z g
             ann login 2026-03-28T23:00:00Z g
             bob login 2026-03-29T21:59:59Z g
             ann login 2026-03-29T22:00:00Z g",
        )
        .await;
    let document = r#"{ group(id: "g") { activity(timeZone: "Europe/Berlin",
        range: {from: "2026-03-28T12:00:00Z", to: "2026-03-30T22:00:00Z"}) { bucket localDate events activeUsers isPartial } } }"#;
    let row = |bucket: &str, date: &str, events: i32, users: i32, partial: bool| json!({"bucket": bucket, "localDate": date, "events": events, "activeUsers": users, "isPartial": partial});
    assert_eq!(
        world.ask(document).await["group"]["activity"],
        json!([
            row("2026-03-27T23:00:00Z", "2026-03-28", 1, 1, true),
            row("2026-03-28T23:00:00Z", "2026-03-29", 2, 2, false),
            row("2026-03-29T22:00:00Z", "2026-03-30", 1, 1, false)
        ])
    );
}

#[tokio::test]
async fn weeks_may_begin_on_sunday_and_empty_ones_are_there() {
    let world = World::new();
    world.events(0, "ann login 2026-06-07T10:00:00Z g").await;
    let ask = |start: &str| {
        format!(
            r#"{{ group(id: "g") {{ activity(interval: WEEK, weekStart: {start},
            range: {{from: "2026-06-01T00:00:00Z", to: "2026-06-15T00:00:00Z"}}) {{ localDate events }} }} }}"#
        )
    };
    assert_eq!(
        world.ask(&ask("MONDAY")).await["group"]["activity"],
        json!([{"localDate": "2026-06-01", "events": 1}, {"localDate": "2026-06-08", "events": 0}])
    );
    assert_eq!(
        world.ask(&ask("SUNDAY")).await["group"]["activity"],
        json!([
            {"localDate": "2026-05-31", "events": 0},
            {"localDate": "2026-06-07", "events": 1},
            {"localDate": "2026-06-14", "events": 0}
        ])
    );
}

#[tokio::test]
async fn members_grow_by_who_joined_less_who_left() {
    let world = World::new();
    world.upsert(0, "g", "team", "G").await;
    world.join(0, "old", &["g"], Some("2026-05-01T00:00:00Z")).await;
    // Joining exactly at midnight belongs to the day that begins.
    world.join(0, "ann", &["g"], Some("2026-06-12T00:00:00Z")).await;
    world.join(0, "bob", &["g"], Some("2026-06-12T08:00:00Z")).await;
    world.leave(0, "bob", &["g"], Some("2026-06-13T08:00:00Z")).await;
    world.join(0, "bob", &["g"], Some("2026-06-13T09:00:00Z")).await;
    world.leave(0, "old", &["g"], Some("2026-06-14T00:00:00Z")).await;
    // A second membership that overlaps the first is the same stay.
    world.join(0, "old", &["other"], Some("2026-06-12T00:00:00Z")).await;
    let document = r#"{ group(id: "g") { memberCount
        metrics(range: {from: "2026-06-01T00:00:00Z", to: "2026-06-14T00:00:00Z"}) { members }
        memberGrowth(range: {from: "2026-06-11T00:00:00Z", to: "2026-06-17T00:00:00Z"}) { localDate joined left members } } }"#;
    let row = |date: &str, joined: i32, left: i32, members: Option<i32>| json!({"localDate": date, "joined": joined, "left": left, "members": members});
    assert_eq!(
        world.ask(document).await["group"],
        json!({
            "memberCount": 2,
            "metrics": {"members": 3},
            "memberGrowth": [
                row("2026-06-11", 0, 0, Some(1)),
                row("2026-06-12", 2, 0, Some(3)),
                row("2026-06-13", 1, 1, Some(3)),
                row("2026-06-14", 0, 1, Some(2)),
                row("2026-06-15", 0, 0, Some(2)),
                row("2026-06-16", 0, 0, None)
            ]
        })
    );
}

#[tokio::test]
async fn memberships_that_overlap_are_one_stay() {
    let world = World::new();
    world.join(0, "ann", &["g"], Some("2026-06-10T00:00:00Z")).await;
    world.leave(0, "ann", &["g"], Some("2026-06-12T12:00:00Z")).await;
    world.join(0, "ann", &["g"], Some("2026-06-11T12:00:00Z")).await;
    let document = r#"{ group(id: "g") { memberCount
        memberGrowth(range: {from: "2026-06-10T00:00:00Z", to: "2026-06-13T00:00:00Z"}) { joined left members } } }"#;
    assert_eq!(
        world.ask(document).await["group"],
        json!({"memberCount": 1, "memberGrowth": [
            {"joined": 1, "left": 0, "members": 1},
            {"joined": 0, "left": 0, "members": 1},
            {"joined": 0, "left": 0, "members": 1}
        ]})
    );
}

#[tokio::test]
async fn top_lists_leave_out_sessions_and_count_views_by_path() {
    let world = World::new();
    world
        .events(
            0,
            "ann export 2026-06-10T10:00:00Z g
             bob export 2026-06-10T10:00:00Z g
             ann login 2026-06-10T10:00:00Z g /ignored
             ann invite 2026-06-10T10:00:00Z g
             ann session_start 2026-06-10T10:00:00Z g
             ann session_end 2026-06-10T10:00:00Z g
             ann screen_view 2026-06-10T10:00:00Z g /b
             ann screen_view 2026-06-10T10:00:00Z g /a
             bob screen_view 2026-06-10T10:00:00Z g /b
             bob screen_view 2026-06-10T10:00:00Z g",
        )
        .await;
    let document = r#"{ group(id: "g") { topEvents(last: "P30D", first: 2) { name events activeUsers }
        topPaths(last: "P30D") { path events } } }"#;
    assert_eq!(
        world.ask(document).await["group"],
        json!({
            "topEvents": [{"name": "export", "events": 2, "activeUsers": 2}, {"name": "invite", "events": 1, "activeUsers": 1}],
            "topPaths": [{"path": "/b", "events": 2}, {"path": "/a", "events": 1}]
        })
    );
}

#[tokio::test]
async fn attribution_decides_which_events_are_the_groups() {
    let world = World::new();
    world.upsert(0, "g", "team", "G").await;
    world.join(0, "ann", &["g"], Some("2026-06-10T00:00:00Z")).await;
    world
        .events(
            0,
            "ann early 2026-06-09T10:00:00Z -
             ann late 2026-06-11T10:00:00Z -
             bob sent 2026-06-11T10:00:00Z g",
        )
        .await;
    for (attribution, names) in [
        ("EVENT", json!([{"name": "sent"}])),
        ("MEMBERSHIP_AT_EVENT", json!([{"name": "late"}])),
        ("MEMBERSHIP_NOW", json!([{"name": "early"}, {"name": "late"}])),
    ] {
        let document = format!(
            r#"{{ group(id: "g") {{ topEvents(last: "P30D", attribution: {attribution}) {{ name }} }} }}"#
        );
        assert_eq!(world.ask(&document).await["group"]["topEvents"], names, "{attribution}");
    }
}

#[tokio::test]
async fn members_are_paged_and_searched() {
    let world = World::new();
    for (id, first, last) in [("p1", "Ann", "Lee"), ("p2", "Bob", "Ray"), ("p3", "Cy", "Lee")] {
        world.identify(0, id, first, last).await;
    }
    world.join(0, "p3", &["g"], Some("2026-06-01T00:00:00Z")).await;
    world.join(0, "p2", &["g"], Some("2026-06-02T00:00:00Z")).await;
    world.join(0, "p1", &["g"], Some("2026-06-02T00:00:00Z")).await;
    world.join(0, "p0", &["g"], None).await;
    let page = r#"{ group(id: "g") { members(first: 2) { totalCount pageInfo { hasNextPage endCursor } nodes { id lastName } } } }"#;
    let data = world.ask(page).await;
    let members = &data["group"]["members"];
    assert_eq!(members["nodes"], json!([{"id": "p3", "lastName": "Lee"}, {"id": "p1", "lastName": "Lee"}]));
    let cursor = &members["pageInfo"]["endCursor"];
    let rest = format!(
        r#"{{ group(id: "g") {{ members(first: 2, after: {cursor}) {{ totalCount pageInfo {{ hasNextPage }} nodes {{ id email }} }}
             lees: members(search: "N lee") {{ totalCount nodes {{ id }} }} nobody: members(search: "zz") {{ totalCount nodes {{ id }} }} }} }}"#
    );
    assert_eq!(
        world.ask(&rest).await["group"],
        json!({
            "members": {"totalCount": 4, "pageInfo": {"hasNextPage": false},
                        "nodes": [{"id": "p2", "email": "p2@example.com"}, {"id": "p0", "email": null}]},
            "lees": {"totalCount": 1, "nodes": [{"id": "p1"}]},
            "nobody": {"totalCount": 0, "nodes": []}
        })
    );
}
