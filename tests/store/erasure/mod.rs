//! What is erased is in no file, and nobody else's answers change.

pub(crate) mod killed;
pub(crate) mod traces;

use crate::support::app::{TestApp, TestProject};
use muster::config::Config;
use serde_json::{Value, json};
use traces::{find_in_bytes, find_in_tables};

/// Everything that stands for somebody who is to be erased: none of it may be left anywhere.
pub(crate) const JANE: [&str; 9] = [
    "jane-who-goes",
    "Jane-Given-Name",
    "jane.who.goes@example.com",
    "jane-trait-of-hers",
    "janes-own-device",
    "janes-own-session",
    "/janes/own/path",
    "janes_own_event",
    "janes-property-value",
];

/// The same for a group.
const DOOMED: [&str; 3] = ["doomed-company-id", "Doomed Company Name", "doomed-property-value"];

/// Who is in the fixture.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum With {
    Everybody,
    NoJane,
    NoDoomed,
}

fn event(number: usize, name: &str, profile: Option<&str>, device: &str, groups: &[&str]) -> Value {
    json!({
        "id": format!("e{number}"),
        "name": name,
        "profileId": profile,
        "deviceId": device,
        "groups": groups,
        "occurredAt": format!("2026-02-{:02}T{:02}:00:00Z", 1 + number % 28, number % 24),
        "path": format!("/p/{}", number % 3),
        "properties": {"n": number},
        "revenue": 5,
    })
}

/// The events of a batch: of jane, of devices she used alone and with others, of joe and of nobody.
fn events(batch: usize, with: With) -> Vec<Value> {
    let groups: &[&str] =
        if with == With::NoDoomed { &["acme", "team"] } else { &["acme", "doomed-company-id", "team"] };
    let first = batch * 100;
    let mut events = Vec::new();
    for number in first..first + 12 {
        events.push(event(number, "login", Some("joe"), "joes-device", groups));
        events.push(event(number + 20, "view", Some("ann"), "shared-device", &["acme"]));
        events.push(event(number + 40, "view", None, "shared-device", groups));
    }
    if with != With::NoJane {
        for number in first + 60..first + 66 {
            let mut own = event(number, "janes_own_event", Some("jane-who-goes"), "janes-own-device", groups);
            own["path"] = json!("/janes/own/path");
            own["sessionId"] = json!("janes-own-session");
            own["properties"] = json!({"secret": "janes-property-value"});
            events.push(own);
            events.push(event(number + 10, "login", Some("jane-who-goes"), "shared-device", groups));
            // Nobody signed in, on a device that only she used.
            events.push(event(number + 20, "view", None, "janes-own-device", groups));
        }
    }
    events
}

const TRACK: &str = "mutation($events: [TrackInput!]!) { trackBatch(input: {events: $events}) { accepted rejected { reason } } }";

pub(crate) async fn done(t: &TestApp, document: &str, variables: Value) -> Value {
    let answer = t.gql(document, variables).await;
    assert!(answer["errors"].is_null(), "{answer}");
    answer["data"].clone()
}

pub(crate) async fn fill(t: &TestApp, with: With) {
    let upsert = "mutation($id: ID!, $name: String!, $p: JSON) {
        upsertGroup(input: {id: $id, type: \"company\", name: $name, properties: $p}) { outcome } }";
    done(t, upsert, json!({"id": "acme", "name": "Acme", "p": {"plan": "team"}})).await;
    if with != With::NoDoomed {
        for plan in ["doomed-property-value", "other"] {
            let doomed = json!({"id": DOOMED[0], "name": DOOMED[1], "p": {"plan": plan}});
            done(t, upsert, doomed).await;
        }
    }
    let join = "mutation($id: ID!, $groups: [ID!]!) {
        identify(input: {profileId: $id, firstName: $id}) { profile { id } }
        setGroups(input: {profileId: $id, groupIds: $groups}) { profile { id } } }";
    let groups = if with == With::NoDoomed { json!(["acme"]) } else { json!(["acme", DOOMED[0]]) };
    for profile in ["joe", "ann"] {
        done(t, join, json!({"id": profile, "groups": groups})).await;
    }
    if with != With::NoJane {
        done(t, join, json!({"id": JANE[0], "groups": groups})).await;
        let identify = "mutation { identify(input: {profileId: \"jane-who-goes\", firstName: \"Jane-Given-Name\",
            email: \"jane.who.goes@example.com\", properties: {trait: \"jane-trait-of-hers\"}}) { profile { id } } }";
        done(t, identify, json!({})).await;
    }
    let cohort =
        "mutation($ids: [ID!]) { saveCohort(input: {id: \"few\", name: \"Few\", unit: {kind: PROFILE},
        rule: {ids: $ids}}) { cohort { id } } }";
    let ids = if with == With::NoJane { json!(["joe"]) } else { json!(["jane-who-goes", "joe"]) };
    done(t, cohort, json!({ "ids": ids })).await;
    for batch in 0..5 {
        let told = done(t, TRACK, json!({"events": events(batch, with)})).await;
        assert_eq!(told["trackBatch"]["rejected"], json!([]));
    }
}

/// A server whose log is sealed every few dozen rows, with the fixture in both of its projects.
pub(super) async fn filled(with: With) -> TestApp {
    filled_on(with, |_| ()).await
}

/// The same, with another configuration.
pub(crate) async fn filled_on(with: With, configure: impl FnOnce(&mut Config)) -> TestApp {
    let t = TestApp::start_with(|config| {
        config.seal_rows = 70;
        configure(config);
    })
    .await;
    fill(&t, with).await;
    t
}

/// What a project answers, in as many ways as there are sources.
pub(crate) async fn answers(t: &TestApp, project: &TestProject) -> Value {
    let range = json!({"from": "2026-02-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"});
    let asked = "query($r: RangeInput) {
        activeUsers(groupType: \"company\", range: $r, first: 50) {
            totals { groups activeUsers events } rows { group { id name } activeUsers events } }
        trend(range: $r, interval: DAY, series: [{measure: EVENTS}, {measure: UNITS}]) { series { name events value } }
        eventNamesTable { name events }
        groups { totalCount nodes { id name type properties memberCount } }
        profiles { totalCount nodes { id firstName email } }
        events(range: $r, first: 1000) { nodes { id name profileId deviceId groups { id } path } }
    }";
    let answer = t.gql_as(&project.admin, asked, json!({ "r": range })).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut all = answer.json()["data"].clone();
    all["stored"] = json!([
        t.events(project).await,
        t.groups(project).await,
        t.profiles(project).await,
        t.memberships(project).await
    ]);
    all
}

/// Erases and waits until it is done.
pub(crate) async fn erase(t: &TestApp, field: &str, id: &str) {
    let mutation =
        format!("mutation($id: ID!) {{ {field}(input: {{id: $id}}) {{ erasure {{ id state }} }} }}");
    let accepted = done(t, &mutation, json!({ "id": id })).await;
    let erasure = accepted[field]["erasure"]["id"].clone();
    loop {
        let now =
            done(t, "query($id: ID!) { erasure(id: $id) { state finishedAt } }", json!({"id": erasure}))
                .await;
        if now["erasure"]["state"] == "DONE" {
            assert!(now["erasure"]["finishedAt"].is_string(), "{now}");
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// Nothing of it is in any file: as it lies there while the server runs, and as DuckDB reads it afterwards.
async fn leaves_no_trace(t: TestApp, needles: &[&str]) -> TestApp {
    let folder = t.app.config().data_dir.clone();
    assert_eq!(find_in_bytes(&folder, needles), Vec::<String>::new());
    t.restart_after(|folder| {
        assert_eq!(find_in_bytes(folder, needles), Vec::<String>::new());
        assert_eq!(find_in_tables(folder, needles), Vec::<String>::new());
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_profile_is_in_no_file_and_the_others_answers_are_those_of_a_store_that_never_had_it() {
    let (t, never) = (filled(With::Everybody).await, filled(With::NoJane).await);
    let folder = t.app.config().data_dir.clone();
    assert!(!find_in_bytes(&folder, &JANE).is_empty(), "the search finds what is there");
    let stale = "{ profiles { nodes { id } } }";
    let before = t.gql(stale, json!({})).await.to_string();
    assert!(before.contains(JANE[0]));
    erase(&t, "eraseProfile", JANE[0]).await;
    let mut headers = t.alpha.admin.headers();
    headers.push(("cache-control", "max-stale=3600".to_owned()));
    let again = t.post("/graphql", &headers, &json!({ "query": stale })).await;
    assert!(!again.text.contains(JANE[0]), "no kept answer tells of her: {}", again.text);
    let mut expected = answers(&never, &never.alpha).await;
    assert_eq!(answers(&t, &t.alpha).await, expected);
    let t = leaves_no_trace(t, &JANE).await;
    assert_eq!(answers(&t, &t.alpha).await, expected, "after a restart");
    let checked = t.app.engine().store().check().expect("a check");
    assert!(checked.damaged.is_empty() && checked.differing.is_empty(), "{checked:?}");
    // Whoever comes again is somebody new, and the ids of her events are free.
    let again = event(60, "login", Some(JANE[0]), "shared-device", &["acme"]);
    for t in [&t, &never] {
        let told = done(t, TRACK, json!({"events": [again]})).await;
        assert_eq!(told["trackBatch"]["accepted"], 1);
    }
    expected = answers(&never, &never.alpha).await;
    assert_eq!(answers(&t, &t.alpha).await, expected, "after she came again");
}

/// DuckDB keeps the first twelve bytes of the least and the greatest value of each column beside it.
#[tokio::test(flavor = "multi_thread")]
async fn beginnings_of_what_is_erased_are_not_left_beside_the_columns() {
    let t = filled(With::Everybody).await;
    let folder = t.app.config().data_dir.clone();
    let beginnings = JANE.map(|needle| &needle[..needle.len().min(12)]);
    // Brings the catalog's file up to date, with jane in it.
    erase(&t, "eraseProfile", "ann").await;
    let found = find_in_bytes(&folder, &beginnings);
    assert!(found.iter().any(|found| found.contains("catalog.duckdb")), "{found:?}");
    erase(&t, "eraseProfile", JANE[0]).await;
    leaves_no_trace(t, &beginnings).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalog_does_not_grow_with_every_erasure() {
    let t = filled(With::Everybody).await;
    let catalog = t.app.config().data_dir.join("catalog.duckdb");
    let mut sizes = Vec::new();
    for number in 0..6 {
        let id = format!("guest-{number}");
        let identify =
            "mutation($id: ID!) { identify(input: {profileId: $id, firstName: $id}) { profile { id } } }";
        done(&t, identify, json!({ "id": id })).await;
        erase(&t, "eraseProfile", &id).await;
        sizes.push(std::fs::metadata(&catalog).expect("a catalog").len());
    }
    assert!(sizes[5] <= sizes[1] + (1 << 20), "{sizes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_group_is_in_no_file_and_its_events_stay_without_it() {
    let (t, never) = (filled(With::Everybody).await, filled(With::NoDoomed).await);
    erase(&t, "eraseGroup", DOOMED[0]).await;
    let expected = answers(&never, &never.alpha).await;
    assert_eq!(answers(&t, &t.alpha).await, expected);
    let t = leaves_no_trace(t, &DOOMED).await;
    assert_eq!(answers(&t, &t.alpha).await, expected, "after a restart");
    let checked = t.app.engine().store().check().expect("a check");
    assert!(checked.damaged.is_empty() && checked.differing.is_empty(), "{checked:?}");
    // A group that begins anew has nothing of the old one.
    let begun = done(
        &t,
        "mutation { upsertGroup(input: {id: \"doomed-company-id\", type: \"company\", name: \"New\", properties: {a: 1}}) {
            outcome group { properties memberCount } } }",
        json!({}),
    )
    .await;
    let expected = json!({"outcome": "CREATED", "group": {"properties": {"a": 1}, "memberCount": 0}});
    assert_eq!(begun["upsertGroup"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_an_earlier_instant_reads_it_to_the_end() {
    let t = filled(With::Everybody).await;
    let reader = t.app.caller(t.alpha.key, muster::domain::identity::Right::Read);
    let scope = reader.scope_ever().expect("a scope");
    let count = || {
        muster::engine::Question::new("test", "with e as (select * from scoped_events) select count(*)::bigint as n from e where profile_id = 'jane-who-goes'")
            .reading(muster::engine::scope::Reads::Events)
    };
    let jane = async |scope| {
        let batches = reader.run_unlimited(scope, count()).await.expect("an answer");
        muster::engine::arrow::integers(&batches[0], "n").expect("a count").value(0)
    };
    let before = jane(&scope).await;
    assert_eq!(before, 60);
    let accepted = done(
        &t,
        "mutation { eraseProfile(input: {id: \"jane-who-goes\"}) { erasure { id state } } }",
        json!({}),
    )
    .await;
    let id = accepted["eraseProfile"]["erasure"]["id"].clone();
    let state = async || done(&t, "query($id: ID!) { erasure(id: $id) { state } }", json!({"id": id})).await;
    // Until no later instant has her events any more.
    while t.events(&t.alpha).await.iter().any(|event| event["profileId"] == JANE[0]) {
        tokio::task::yield_now().await;
    }
    assert_eq!(jane(&scope).await, before, "an instant is what it was");
    assert_eq!(state().await["erasure"]["state"], "ERASING", "as long as somebody reads it");
    drop((scope, reader));
    while state().await["erasure"]["state"] != "DONE" {
        tokio::task::yield_now().await;
    }
    assert_eq!(find_in_bytes(&t.app.config().data_dir, &JANE), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_manages_a_project_erases_and_only_in_it() {
    let t = filled(With::Everybody).await;
    let erase_jane = "mutation { eraseProfile(input: {id: \"jane-who-goes\"}) { erasure { id state } } }";
    for client in [&t.alpha.write, &t.alpha.read] {
        assert_eq!(t.gql_as(client, erase_jane, json!({})).await.status, 403);
    }
    assert_eq!(t.gql_as(&t.alpha.read, "{ erasures { id } }", json!({})).await.status, 403);
    // Another project has nobody of this id: done at once, and nothing happens to this one.
    let other = t.gql_as(&t.beta.admin, erase_jane, json!({})).await.json();
    let erasure = &other["data"]["eraseProfile"]["erasure"];
    assert_eq!(erasure["state"], "DONE", "{other}");
    assert_eq!(t.profiles(&t.alpha).await.len(), 3);
    let asked = "query($id: ID!) { erasure(id: $id) { id } erasures { id subject } }";
    let here = t.gql(asked, json!({"id": erasure["id"]})).await;
    assert_eq!(here["data"], json!({"erasure": null, "erasures": []}));
    let there = t.gql_as(&t.beta.admin, asked, json!({"id": erasure["id"]})).await.json();
    assert_eq!(there["data"]["erasures"], json!([{"id": erasure["id"], "subject": "PROFILE"}]));
}
