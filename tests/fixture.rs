//! The fixture whose answers are worked out by hand in `data-fixtures/README.md`, in two projects that share every
//! id: one has all of it, the other the first half.

use crate::server::{Server, muster, out};
use serde_json::{Value, json};
use std::path::Path;

const MAPPING: [&str; 14] = [
    "--id",
    "id",
    "--name",
    "name",
    "--profile",
    "profile",
    "--time",
    "time",
    "--group",
    "company=company",
    "--group",
    "workspace=workspace",
    "--group-property",
    "company.plan=plan",
];

const QUESTIONS: &str = r#"
query Questions($range: RangeInput = { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" }) {
  companies: activeUsers(groupType: "company", range: $range) {
    totals { groups activeUsers events }
    rows { group { name } activeUsers events lastActiveAt }
  }
  workspaces: activeUsers(groupType: "workspace", range: $range) { rows { group { name } activeUsers events } }
  business: activeUsers(
    groupType: "company", range: $range, filter: { group: { type: "company", property: "plan", eq: "business" } }
  ) { rows { group { name } events } }
  profiles: funnel(
    steps: [{ event: "signup" }, { event: "project_created" }, { event: "invite_sent" }], window: "P7D", range: $range
  ) { steps { units } }
  wholes: funnel(
    steps: [{ event: "signup" }, { event: "project_created" }, { event: "invite_sent" }], window: "P7D", range: $range
    unit: { kind: GROUP, groupType: "company" }
  ) { steps { units } }
}"#;

#[test]
fn the_fixture_is_answered_as_worked_out_by_hand() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join("data-fixtures/b2b-small.ndjson");
    let text = std::fs::read_to_string(&whole).expect("the fixture");
    let half = folder.path().join("half.ndjson");
    let lines: Vec<&str> = text.lines().take(14).collect();
    std::fs::write(&half, lines.join("\n")).expect("written");
    let server = Server::start(&data, &[]);
    let mut answers = Vec::new();
    for (project, file) in [("alpha", &whole), ("beta", &half)] {
        out(&muster(&data, &["project", "create", project]));
        let client =
            out(&muster(&data, &["client", "create", "--project", project, "--right", "READ", "--json"]));
        let client: Value = serde_json::from_str(&client).expect("JSON");
        let mut arguments = vec!["import", file.to_str().expect("UTF-8"), "--project", project];
        arguments.extend(MAPPING);
        out(&muster(&data, &arguments));
        answers.push((client["id"].clone(), client["secret"].clone()));
    }
    let ask = |place: usize| {
        let (id, secret) = &answers[place];
        server.graphql(
            (id.as_str().expect("an id"), secret.as_str().expect("a secret")),
            QUESTIONS,
            &json!({}),
        )
    };
    let alpha = &ask(0)["data"];
    assert_eq!(alpha["companies"]["totals"], json!({"groups": 2, "activeUsers": 5, "events": 24}));
    assert_eq!(
        alpha["companies"]["rows"],
        json!([
            {"group": {"name": "acme"}, "activeUsers": 3, "events": 16, "lastActiveAt": "2026-01-31T23:59:59.999Z"},
            {"group": {"name": "birch"}, "activeUsers": 3, "events": 8, "lastActiveAt": "2026-01-28T13:00:00Z"}
        ])
    );
    assert_eq!(
        alpha["workspaces"]["rows"],
        json!([
            {"group": {"name": "birch/main"}, "activeUsers": 3, "events": 8},
            {"group": {"name": "acme/design"}, "activeUsers": 2, "events": 9},
            {"group": {"name": "acme/ops"}, "activeUsers": 2, "events": 7}
        ])
    );
    assert_eq!(alpha["business"]["rows"], json!([{"group": {"name": "acme"}, "events": 5}]));
    assert_eq!(alpha["profiles"]["steps"], json!([{"units": 4}, {"units": 3}, {"units": 1}]));
    assert_eq!(alpha["wholes"]["steps"], json!([{"units": 2}, {"units": 2}, {"units": 1}]));
    // The first half has e02 to e14 of the range; e09 is in no company.
    let beta = &ask(1)["data"];
    assert_eq!(beta["companies"]["totals"], json!({"groups": 2, "activeUsers": 4, "events": 12}));
    assert_eq!(beta["profiles"]["steps"], json!([{"units": 3}, {"units": 3}, {"units": 1}]));
}

const ATTRIBUTED: &str = r#"
query Attributed($attribution: Attribution!, $range: RangeInput = { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" }) {
  activeUsers(groupType: "company", range: $range, attribution: $attribution) {
    totals { groups activeUsers events }
    rows { group { id } activeUsers events }
  }
  stickiness(unit: { kind: GROUP, groupType: "company" }, range: $range, attribution: $attribution) {
    shares { periods units }
  }
  lifecycle(unit: { kind: GROUP, groupType: "company" }, interval: WEEK, range: $range, attribution: $attribution) {
    buckets { new returning resurrecting dormant }
  }
  coverage(groupType: "company", range: $range, attribution: $attribution) { totals { events covered } }
}"#;

#[test]
fn the_three_attributions_answer_as_worked_out_by_hand() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let server = Server::start(&data, &[]);
    out(&muster(&data, &["project", "create", "alpha"]));
    let client =
        out(&muster(&data, &["client", "create", "--project", "alpha", "--right", "ADMIN", "--json"]));
    let client: Value = serde_json::from_str(&client).expect("JSON");
    let client = (client["id"].as_str().expect("an id"), client["secret"].as_str().expect("a secret"));
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("data-fixtures/attributions.graphql");
    let fixture = std::fs::read_to_string(fixture).expect("the fixture");
    let made = server.graphql(client, &fixture, &json!({}));
    assert_eq!(made["data"]["trackBatch"]["accepted"], 7, "{made}");

    let worked = [
        (
            "EVENT",
            (2, 3, 5),
            [("birch", 3, 3), ("acme", 2, 3)],
            vec![(3, 2)],
            5,
            [[0, 0, 0, 0], [2, 0, 0, 0], [0, 1, 0, 1], [0, 1, 1, 0], [0, 0, 0, 2]],
        ),
        (
            "MEMBERSHIP_AT_EVENT",
            (2, 3, 5),
            [("birch", 2, 3), ("acme", 2, 2)],
            vec![(2, 1), (3, 1)],
            5,
            [[0, 0, 0, 0], [2, 0, 0, 0], [0, 1, 0, 1], [0, 0, 1, 1], [0, 0, 0, 1]],
        ),
        (
            "MEMBERSHIP_NOW",
            (2, 3, 6),
            [("birch", 2, 4), ("acme", 1, 2)],
            vec![(2, 1), (4, 1)],
            6,
            [[0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 0, 1], [0, 0, 0, 1]],
        ),
    ];
    for (attribution, (groups, users, events), rows, days, covered, weeks) in worked {
        let answer = server.graphql(client, ATTRIBUTED, &json!({"attribution": attribution}));
        let data = &answer["data"];
        let totals = json!({"groups": groups, "activeUsers": users, "events": events});
        assert_eq!(data["activeUsers"]["totals"], totals, "{attribution}: {answer}");
        let rows: Vec<Value> = rows
            .iter()
            .map(|(id, users, events)| json!({"group": {"id": id}, "activeUsers": users, "events": events}))
            .collect();
        assert_eq!(data["activeUsers"]["rows"], json!(rows), "{attribution}");
        let shares = data["stickiness"]["shares"].as_array().expect("shares");
        let active: Vec<(i64, i64)> = shares
            .iter()
            .map(|share| {
                (share["periods"].as_i64().expect("a number"), share["units"].as_i64().expect("a number"))
            })
            .filter(|(_, units)| *units > 0)
            .collect();
        assert_eq!(active, days, "{attribution}");
        assert_eq!(data["coverage"]["totals"], json!([{"events": 7, "covered": covered}]), "{attribution}");
        let buckets: Vec<Value> = weeks
            .iter()
            .map(|[new, returning, resurrecting, dormant]| {
                json!({"new": new, "returning": returning, "resurrecting": resurrecting, "dormant": dormant})
            })
            .collect();
        assert_eq!(data["lifecycle"]["buckets"], json!(buckets), "{attribution}");
    }
}
