//! The operations that must run as they stand: every one in `tests/contract/`, in one project, in order.

use crate::support::house::House;
use async_graphql::{Request, Variables};
use muster::domain::identity::ProjectKey;
use serde_json::{Value, json};

const FILES: [&str; 3] = [
    include_str!("contract/data-in.graphql"),
    include_str!("contract/groups.graphql"),
    include_str!("contract/analyses.graphql"),
];

const PROJECT: ProjectKey = ProjectKey(1);

/// Runs one operation of whichever file has it.
async fn run(house: &House, operation: &str, variables: Value) -> Value {
    let marks = [format!("query {operation}"), format!("mutation {operation}")];
    let has = |file: &&str| {
        marks.iter().any(|mark| {
            file.lines().any(|line| {
                line.strip_prefix(mark.as_str()).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
            })
        })
    };
    let file = FILES.iter().find(|file| has(file)).unwrap_or_else(|| panic!("no file has {operation}"));
    let request = Request::new(*file).operation_name(operation).variables(Variables::from_json(variables));
    let answer = house.send(PROJECT, request).await;
    answer.unwrap_or_else(|message| panic!("{operation}: {message}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_runs_unchanged_and_tells_what_was_sent() {
    let house = House::open("2026-06-15T12:00:00Z".parse().expect("an instant"), 250_000);
    let range = json!({"from": "2026-06-01T00:00:00Z", "to": "2026-06-15T00:00:00Z"});
    let with = |mut variables: Value| {
        variables["from"] = range["from"].clone();
        variables["to"] = range["to"].clone();
        variables
    };

    let group =
        json!({"id": "acme", "type": "company", "name": "Acme", "properties": {"plan": "pro", "seats": 3}});
    let answer = run(&house, "UpsertGroup", json!({"input": group})).await;
    assert_eq!(answer["upsertGroup"]["outcome"], "CREATED");
    assert_eq!(answer["upsertGroup"]["group"]["properties"], json!({"plan": "pro", "seats": 3}));
    let desk = json!({"id": "desk", "type": "workspace", "name": "Desk"});
    run(&house, "UpsertGroup", json!({"input": desk})).await;
    let jane = json!({"profileId": "jane", "email": "jane@acme.example", "firstName": "Jane", "properties": {"role": "owner"}});
    let answer = run(&house, "Identify", json!({"input": jane})).await;
    assert_eq!(answer["identify"]["profile"]["email"], "jane@acme.example");
    let answer = run(&house, "SetGroup", json!({"profileId": "jane", "groupId": "acme"})).await;
    assert_eq!(answer["setGroup"]["profile"]["groups"]["totalCount"], 1);
    let answer = run(&house, "SetGroups", json!({"profileId": "jane", "groupIds": ["acme", "desk"]})).await;
    assert_eq!(answer["setGroups"]["profile"]["groups"]["nodes"], json!([{"id": "acme"}, {"id": "desk"}]));

    let event = |id: &str, name: &str, at: &str| json!({"id": id, "name": name, "profileId": "jane", "groups": ["acme", "desk"], "occurredAt": at});
    let signup = event("e1", "signup", "2026-06-02T08:00:00Z");
    let answer = run(&house, "Track", json!({"input": signup})).await;
    assert_eq!(answer["track"]["outcome"], "ACCEPTED");
    assert_eq!(answer["track"]["event"]["groups"], json!([{"id": "acme"}, {"id": "desk"}]));
    let answer = run(&house, "Track", json!({"input": signup})).await;
    assert_eq!(answer["track"]["outcome"], "DUPLICATE");
    let batch = [
        event("e2", "project_created", "2026-06-03T08:00:00Z"),
        event("e1", "signup", "2026-06-02T08:00:00Z"),
        event("e3", "", "2026-06-03T09:00:00Z"),
        event("e4", "invite_sent", "2026-06-04T08:00:00Z"),
    ];
    let answer = run(&house, "TrackBatch", json!({"events": batch})).await;
    assert_eq!(
        (&answer["trackBatch"]["accepted"], &answer["trackBatch"]["duplicates"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(answer["trackBatch"]["rejected"][0]["index"], 2);

    let answer = run(&house, "Events", json!({"groupId": "acme"})).await;
    let names: Vec<&str> = answer["events"]["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .filter_map(|node| node["name"].as_str())
        .collect();
    assert_eq!(names, ["invite_sent", "project_created", "signup"]);
    let answer = run(&house, "ProfilePage", json!({"id": "jane"})).await;
    assert_eq!(answer["profile"]["firstSeenAt"], "2026-06-02T08:00:00Z");
    let answer = run(&house, "GroupList", json!({"type": "company"})).await;
    assert_eq!(answer["groups"]["nodes"][0]["lastActiveAt"], "2026-06-04T08:00:00Z");
    let answer = run(&house, "GroupTypes", json!({})).await;
    assert_eq!(answer["groupTypes"].as_array().map(Vec::len), Some(2));
    let answer = run(&house, "GroupPage", with(json!({"id": "acme"}))).await;
    assert_eq!(answer["group"]["metrics"]["events"], 3);

    let answer = run(&house, "ActiveUsersByCompany", with(json!({}))).await;
    assert_eq!(answer["activeUsers"]["totals"]["events"], 3);
    assert_eq!(answer["activeUsers"]["rows"][0]["group"]["properties"]["seats"], 3);
    let answer = run(&house, "DailyActiveUsersOfOneCompany", with(json!({"id": "acme"}))).await;
    assert_eq!(answer["group"]["activity"].as_array().map(Vec::len), Some(14));
    let answer = run(&house, "FunnelByWorkspace", with(json!({}))).await;
    let units: Vec<&Value> =
        answer["funnel"]["steps"].as_array().expect("steps").iter().map(|step| &step["units"]).collect();
    assert_eq!(units, [1, 1, 1, 0]);
    assert_eq!(answer["funnel"]["rows"][0]["group"]["id"], "desk");
    run(&house, "TicketFunnelOfTheHelpDesk", json!({})).await;
    run(&house, "ActiveUsersAsATable", json!({})).await;

    let answer = run(&house, "LeaveGroups", json!({"profileId": "jane", "groupIds": ["desk"]})).await;
    assert_eq!(answer["leaveGroups"]["profile"]["groups"]["nodes"], json!([{"id": "acme"}]));
    let answer = run(&house, "DeleteGroup", json!({"id": "acme"})).await;
    assert_eq!(answer["deleteGroup"]["deletedId"], "acme");
    let answer = run(&house, "DeleteGroup", json!({"id": "acme"})).await;
    assert_eq!(answer["deleteGroup"]["deletedId"], Value::Null);
}
