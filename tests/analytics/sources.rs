//! Every source of an answer gives the same one: daily sums, events placed in groups, whole events. And each kind of
//! question is answered from the cheapest that is exact.

use crate::support::house::House;
use crate::support::oracle::random;
use muster::domain::identity::ProjectKey;
use muster::engine::scope::source::Source;
use serde_json::{Value, json};

/// What is asked of every project, over a range whose ends lie on days or inside them.
const QUESTIONS: [&str; 17] = [
    "query($from: DateTime!, $to: DateTime!) { groups(first: 1000, orderBy: {field: LAST_ACTIVE_AT, direction: DESC}) {
        totalCount nodes { id type memberCount lastActiveAt
            metrics(range: {from: $from, to: $to}) { events activeUsers members firstSeenAt lastSeenAt } } } }",
    "query($from: DateTime!, $to: DateTime!) { groups(first: 1000, orderBy: {field: EVENTS, direction: DESC}) { nodes { id
        activity(range: {from: $from, to: $to}, interval: DAY, timeZone: \"Asia/Kathmandu\") { bucket events activeUsers }
        weekly: activity(range: {from: $from, to: $to}, interval: WEEK, users: ALL) { bucket events activeUsers }
        topEvents(range: {from: $from, to: $to}, first: 5) { name events activeUsers }
        topPaths(range: {from: $from, to: $to}, first: 5) { path events } } } }",
    "query($from: DateTime!, $to: DateTime!) { activeUsers(groupType: \"company\", range: {from: $from, to: $to}, interval: DAY) {
        totals { groups activeUsers events firstAt lastAt } buckets { bucket groups activeUsers events }
        rows { group { id } activeUsers events lastActiveAt change } } }",
    "query($from: DateTime!, $to: DateTime!) { activeUsers(groupType: \"company\", range: {from: $from, to: $to}, users: ALL) {
        rows { group { id } activeUsers events lastActiveAt change } } }",
    "query($from: DateTime!, $to: DateTime!) {
        events: slippingAway(groupType: \"company\", range: {from: $from, to: $to}, fellBy: 0.01, silentFor: \"PT1H\") {
            totals { groups fallen silent } rows { group { id } current previous lastActiveAt members } }
        users: slippingAway(groupType: \"company\", range: {from: $from, to: $to}, measure: USERS, users: ALL, silentFor: \"PT1H\") {
            rows { group { id } current previous lastActiveAt } }
        named: slippingAway(groupType: \"company\", range: {from: $from, to: $to}, event: \"a\", silentFor: \"PT1H\") {
            rows { group { id } current previous lastActiveAt } } }",
    "query($from: DateTime!, $to: DateTime!) {
        newGroups(groupType: \"company\", range: {from: $from, to: $to}) {
            totals { groups activeUsers events } rows { group { id } firstActiveAt lastActiveAt activeUsers events members } }
        named: newGroups(groupType: \"company\", range: {from: $from, to: $to}, event: \"a\", users: ALL) {
            totals { groups activeUsers events } rows { group { id } firstActiveAt lastActiveAt activeUsers events } }
        adoption(groupType: \"company\", range: {from: $from, to: $to}, event: \"a\", seats: \"amount\") {
            totals { groups adoptingGroups members activeMembers activeUsers events medianDaysToFirstUse }
            rows { group { id } activeMembers activeUsers events eventsPerUser firstUsedAt seats } }
        journey(groupId: \"acme\", range: {from: $from, to: $to}, steps: [{event: \"a\"}, {event: \"b\"}, {event: \"c\"}]) {
            done steps { firstAt profileId events position } } }",
    "query($from: DateTime!, $to: DateTime!) {
        activeGroups(groupType: \"company\", range: {from: $from, to: $to}, interval: WEEK, comparePrevious: true) {
            totals { groups newGroups events } previous { groups newGroups events }
            buckets { bucket groups newGroups events groups1Day groups7Days groups30Days dauMauRate } }
        named: activeGroups(groupType: \"company\", range: {from: $from, to: $to}, interval: DAY, event: \"a\") {
            buckets { bucket groups newGroups groups1Day groups7Days groups30Days dauMauRate } } }",
    "query($from: DateTime!, $to: DateTime!) {
        trend(range: {from: $from, to: $to}, interval: DAY, comparePrevious: true, series: [
            {}, {event: \"a\"}, {measure: UNITS}, {measure: UNITS, unit: {kind: GROUP, groupType: \"company\"}},
            {event: \"b\", measure: EVENTS_PER_UNIT, unit: {kind: GROUP, groupType: \"company\"}},
            {measure: SUM, field: REVENUE}]) {
            series { name value events leftOut buckets { bucket value } } previous { name value } }
        grouped: trend(range: {from: $from, to: $to}, series: [{}, {event: \"a\", measure: UNITS}], breakdown: [{groupType: \"company\"}]) {
            rows { keys { value } series { value events } } } }",
    "query($from: DateTime!, $to: DateTime!) {
        funnel(range: {from: $from, to: $to}, steps: [{event: \"a\"}, {event: \"b\"}, {event: \"a\"}], window: \"P3D\") {
            steps { units averageSeconds p90Seconds } stoppedAt(step: 1) { unitId startedAt lastStepAt } }
        strict: funnel(range: {from: $from, to: $to}, steps: [{event: \"a\"}, {event: \"b\"}], window: \"P3D\", order: STRICT,
            unit: {kind: GROUP, groupType: \"company\"}, breakdown: [{groupType: \"workspace\"}]) {
            steps { units } rows { keys { value } steps { units } } } }",
    "query($from: DateTime!, $to: DateTime!) {
        retention(range: {from: $from, to: $to}, interval: DAY, startEvent: {event: \"a\"}, unit: {kind: GROUP, groupType: \"company\"}) {
            columns { column starters units } cohorts { bucket starters cells { units } } }
        named: retention(range: {from: $from, to: $to}, interval: DAY, mode: RECURRING, returnEvent: {event: \"b\"}, breakdown: [{groupType: \"company\"}]) {
            rows { keys { value } columns { column starters units } } }
        any: retention(range: {from: $from, to: $to}, interval: WEEK, mode: RECURRING, rolling: true, comparePrevious: true) {
            columns { column starters units } previous { column starters units } } }",
    "query($from: DateTime!, $to: DateTime!) {
        lifecycle(range: {from: $from, to: $to}, interval: DAY) { totals { units new events } buckets { bucket new returning resurrecting dormant } }
        companies: lifecycle(range: {from: $from, to: $to}, interval: WEEK, unit: {kind: GROUP, groupType: \"company\"}) {
            totals { units new events } buckets { bucket new returning resurrecting dormant } }
        named: lifecycle(range: {from: $from, to: $to}, event: \"a\", breakdown: [{groupType: \"company\"}]) {
            rows { keys { value } units new events } } }",
    "query($from: DateTime!, $to: DateTime!) {
        stickiness(range: {from: $from, to: $to}) { totals { units events averagePeriods } shares { periods units } }
        companies: stickiness(range: {from: $from, to: $to}, unit: {kind: GROUP, groupType: \"company\"}, users: ALL) {
            totals { units events } shares { periods units } }
        usersPerGroup(groupType: \"company\", range: {from: $from, to: $to}, interval: DAY) {
            totals { groups events averageUsers medianUsers } shares { users groups } buckets { bucket groups averageUsers } }
        named: usersPerGroup(groupType: \"company\", range: {from: $from, to: $to}, event: \"a\", users: ALL) { shares { users groups } } }",
    "query($from: DateTime!, $to: DateTime!) {
        paths(range: {from: $from, to: $to}, event: \"a\") { totals { occurrences units } nodes { event depth occurrences units ended } }
        companies: paths(range: {from: $from, to: $to}, event: \"b\", direction: BEFORE, unit: {kind: GROUP, groupType: \"company\"}) {
            totals { occurrences units } nodes { event depth occurrences units ended } }
        coverage(range: {from: $from, to: $to}) {
            totals { groupType events covered withoutEntity } rows { event groupType events covered withoutEntity days { bucket events covered } } } }",
    "query($from: DateTime!, $to: DateTime!) {
        eventNames(range: {from: $from, to: $to}) { name events lastAt }
        ever: eventNames { name events lastAt }
        propertyKeys(of: EVENT, range: {from: $from, to: $to}, event: \"a\") { property count numbers }
        propertyValues(of: EVENT, property: \"plan\", range: {from: $from, to: $to}) { value count } }",
    "query($from: DateTime!, $to: DateTime!) {
        activeUsers(groupType: \"company\", range: {from: $from, to: $to}, filter: {cohort: {id: \"busy\"}}) { rows { group { id } activeUsers events } }
        stickiness(range: {from: $from, to: $to}, breakdown: [{cohort: \"busy\"}]) { rows { keys { value } units events } }
        cohort(id: \"busy\") { size groups { nodes { id } } } }",
    "{ groupsTable(first: 1000) { groupId members lastActiveAt events } }",
    "{ profilesTable(first: 1000) { profileId firstSeenAt lastSeenAt events }
        profiles(first: 1000, orderBy: {field: LAST_SEEN_AT, direction: DESC}) { nodes { id firstSeenAt lastSeenAt } } }",
];

/// Companies that did something twice.
const BUSY: &str =
    "mutation { saveCohort(input: {id: \"busy\", name: \"Busy\", unit: {kind: GROUP, groupType: \"company\"},
    rule: {deed: {event: \"a\", atLeast: 2}}}) { cohort { id } } }";

/// The answers to all questions from no source cheaper than this one.
async fn answers(house: &House, cheapest: Source, key: ProjectKey, range: &Value) -> Vec<Value> {
    let mut answers = Vec::new();
    for question in QUESTIONS {
        let variables = if question.starts_with('{') { json!({}) } else { range.clone() };
        answers.push(house.ask_from(cheapest, key, question, variables).await.expect(question));
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn every_source_gives_the_same_answer() {
    let first = random::project(&mut random::rng(0));
    // So few rows that most are sealed and compacted and some are not.
    let house = House::open(first.data.now, 150);
    for seed in 0..8_u32 {
        let project = random::project(&mut random::rng(u64::from(seed)));
        house.clock.set(project.data.now);
        let key = ProjectKey(seed + 1);
        house.write(key, project.data.writes.clone()).await;
        house.ask(key, BUSY, json!({})).await.expect("the cohort is saved");
        let times: Vec<_> = project.data.events.iter().map(|event| event.occurred_at).collect();
        let (Some(from), Some(to)) = (times.iter().min(), times.iter().max()) else { continue };
        let whole = json!({
            "from": from.date_naive().and_hms_opt(0, 0, 0).expect("midnight").and_utc().to_rfc3339(),
            "to": (to.date_naive() + chrono::Days::new(1)).and_hms_opt(0, 0, 0).expect("midnight").and_utc().to_rfc3339(),
        });
        let middle = *from + (*to - *from) / 3;
        let cut = json!({ "from": middle.to_rfc3339(), "to": to.to_rfc3339() });
        for range in [whole, cut] {
            let expected = answers(&house, Source::Events, key, &range).await;
            for cheapest in [Source::Days, Source::ByName, Source::ByGroup] {
                let found = answers(&house, cheapest, key, &range).await;
                for (place, (found, expected)) in found.iter().zip(&expected).enumerate() {
                    assert_eq!(found, expected, "seed {seed}, from {cheapest:?}, {}", QUESTIONS[place]);
                }
            }
        }
    }
}

/// Questions and the statements that answer them, each with its source.
const ANSWERED_FROM: [(&str, &[(&str, &str)]); 22] = [
    // Activity alone is in the daily sums; an event in two groups counts once in a total.
    (
        "{ activeUsers(groupType: \"company\", last: \"P30D\", interval: DAY) { totals { events } buckets { events } rows { activeUsers } } }",
        &[
            ("active.totals_users", "days"),
            ("active.events", "by_group"),
            ("active.buckets", "by_group"),
            ("active", "days"),
        ],
    ),
    (
        "{ activeUsers(groupType: \"company\", last: \"P30D\", interval: DAY) { totals { activeUsers } buckets { activeUsers } } }",
        &[("active.totals_users", "days"), ("active.buckets_users", "days")],
    ),
    (
        "{ group(id: \"acme\") { activity(last: \"P30D\", interval: DAY) { events } } }",
        &[("activity_totals", "days")],
    ),
    (
        "{ group(id: \"acme\") { activity(last: \"P30D\", interval: DAY) { activeUsers } } }",
        &[("activity", "days")],
    ),
    (
        "{ slippingAway(groupType: \"company\", last: \"P30D\", silentFor: \"P7D\") { totals { groups } } }",
        &[("slipping_away", "days")],
    ),
    // Without a new group nothing is asked of them.
    (
        "{ newGroups(groupType: \"nobody\", last: \"P30D\") { totals { groups } rows { events } } }",
        &[("groups_born", "days")],
    ),
    ("{ group(id: \"acme\") { metrics(last: \"P30D\") { activeUsers } } }", &[("group_metrics", "days")]),
    (
        "{ group(id: \"acme\") { lastActiveAt metrics(last: \"P30D\") { events members } } }",
        &[("group_last_active", "days"), ("group_totals", "days")],
    ),
    ("{ groupsTable(first: 5) { groupId events } }", &[("groups_table", "days")]),
    // A property of the group as it is now can be joined to daily sums, as it was at each event it cannot.
    (
        "{ activeUsers(groupType: \"company\", last: \"P30D\", filter: {group: {type: \"company\", property: \"plan\", eq: \"pro\"}}, groupProperties: NOW) { rows { activeUsers } } }",
        &[("active", "days")],
    ),
    (
        "{ activeUsers(groupType: \"company\", last: \"P30D\", filter: {group: {type: \"company\", property: \"plan\", eq: \"pro\"}}) { rows { activeUsers } } }",
        &[("active", "by_group")],
    ),
    // Who starts by an event of a name and comes back by any: each from where it stands together.
    (
        "{ retention(startEvent: {event: \"signup\"}, last: \"P30D\") { columns { units } } }",
        &[("retention.starts", "by_name"), ("retention.returns", "days")],
    ),
    (
        "{ retention(last: \"P30D\", unit: {kind: GROUP, groupType: \"company\"}) { columns { units } } }",
        &[("retention", "days")],
    ),
    // Certain names only stand together by name.
    (
        "{ funnel(steps: [{event: \"signup\"}, {event: \"invite\"}], window: \"P7D\", last: \"P30D\") { steps { units } } }",
        &[("funnel", "by_name")],
    ),
    (
        "{ group(id: \"acme\") { topEvents(last: \"P30D\") { name } topPaths(last: \"P30D\") { path } } }",
        &[("top_events_totals", "by_group"), ("top_paths", "by_name")],
    ),
    // Whose paths they are is told by the event's name, what they did by all names.
    (
        "{ paths(event: \"screen_view\", last: \"P30D\") { totals { units } } }",
        &[("paths.units", "by_name"), ("paths", "by_group")],
    ),
    (
        "{ paths(event: \"screen_view\", last: \"P30D\", unit: {kind: SESSION}) { totals { units } } }",
        &[("paths", "events")],
    ),
    // How many events have no group of a type is told by how many have one.
    (
        "{ trend(series: [{measure: EVENTS}], breakdown: [{groupType: \"company\"}], last: \"P30D\") { rows { series { value } } } }",
        &[("trend.events", "days"), ("trend.events", "days"), ("trend.carried", "by_group")],
    ),
    (
        "{ trend(series: [{event: \"a\", measure: EVENTS}], breakdown: [{groupType: \"company\"}], last: \"P30D\") { rows { series { value } } } }",
        &[("trend.events", "by_name")],
    ),
    // What only whole events hold.
    (
        "{ funnel(steps: [{event: \"signup\", filter: {event: {property: \"plan\", eq: \"pro\"}}}, {event: \"invite\"}], window: \"P7D\", last: \"P30D\") { steps { units } } }",
        &[("funnel", "events")],
    ),
    ("{ events(first: 1) { totalCount nodes { id } } }", &[("events", "events"), ("events_total", "events")]),
    (
        "{ activeUsers(groupType: \"company\", last: \"P30D\", attribution: MEMBERSHIP_NOW) { totals { activeUsers } } }",
        &[("active.totals_users", "events")],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_question_is_answered_from_the_cheapest_source_that_is_exact() {
    let project = random::project(&mut random::rng(1));
    let house = House::open(project.data.now, 150);
    house.write(ProjectKey(1), project.data.writes.clone()).await;
    for (question, expected) in ANSWERED_FROM {
        let (_, statements) = house.explain(ProjectKey(1), question, json!({})).await;
        let mut found: Vec<(&str, &str)> = statements
            .iter()
            .filter_map(|explained| Some((explained.statement, explained.source?.name())))
            .collect();
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{question}");
    }
}
