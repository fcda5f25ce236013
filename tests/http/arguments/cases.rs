//! Documents and variables with something wrong in them, and how it must be named.

use serde_json::{Value, json};

const ACTIVE: &str = "query Q($range: RangeInput, $last: Duration) { activeUsers(groupType: \"company\", range: $range, last: $last) { totals { events } } }";
pub(super) const BATCH: &str =
    "mutation M($events: [TrackInput!]!) { trackBatch(input: { events: $events }) { accepted } }";
const IDENTIFY: &str = "mutation M($input: IdentifyInput!) { identify(input: $input) { profile { id } } }";
const FUNNEL: &str = "query Q($steps: [FunnelStepInput!]!, $window: Duration! = \"P1D\", $unit: UnitInput, $exclusions: [FunnelExclusionInput!], $breakdown: [BreakdownInput!], $filter: FilterInput) {
  funnel(steps: $steps, window: $window, last: \"P30D\", unit: $unit, exclusions: $exclusions, breakdown: $breakdown, filter: $filter) { steps { units } }
}";

const COHORT: &str = "mutation M($input: SaveCohortInput!) { saveCohort(input: $input) { cohort { id } } }";

fn rule(rule: &Value) -> Value {
    json!({ "input": { "id": "k", "name": "K", "unit": { "kind": "PROFILE" }, "rule": rule } })
}

fn two_steps(with: &Value) -> Value {
    let mut variables = json!({ "steps": [{ "event": "a" }, { "event": "b" }] });
    for (key, value) in with.as_object().expect("an object") {
        variables[key] = value.clone();
    }
    variables
}

/// The document, its variables, the argument that is wrong, the variable that fills it, and what is said.
pub(super) fn cases() -> Vec<(&'static str, Value, &'static str, &'static str, &'static str)> {
    let range = |from: Value, to: Value| json!({ "range": { "from": from, "to": to } });
    let (first, second) = (json!("2026-01-01T00:00:00Z"), json!("2026-02-01T00:00:00Z"));
    vec![
        // Ranges.
        (ACTIVE, range(second.clone(), first.clone()), "range", "range", "is reversed"),
        (ACTIVE, range(first.clone(), first.clone()), "range", "range", "is empty"),
        (
            ACTIVE,
            range(json!("banana"), second.clone()),
            "range.from",
            "range.from",
            "is \"banana\"; write an RFC 3339 instant",
        ),
        (
            ACTIVE,
            range(first.clone(), json!("9999-01-01T00:00:00Z")),
            "range.to",
            "range.to",
            "years 1 to 9998; choose",
        ),
        (
            ACTIVE,
            range(json!(5), second.clone()),
            "range.from",
            "range.from",
            "is 5; give an RFC 3339 instant",
        ),
        (
            ACTIVE,
            json!({ "range": { "from": first } }),
            "range.to",
            "range.to",
            "is missing; give an RFC 3339 instant",
        ),
        (
            ACTIVE,
            json!({ "range": { "from": first, "to": second, "till": 1 } }),
            "range.till",
            "range.till",
            "it has from, to",
        ),
        (ACTIVE, json!({ "range": "January" }), "range", "range", "give an object with from, to"),
        (ACTIVE, json!({}), "range", "range", "is missing; give range"),
        (ACTIVE, json!({ "last": "banana" }), "last", "last", "write an ISO 8601 duration"),
        (ACTIVE, json!({ "last": "P1M" }), "last", "last", "give days"),
        (ACTIVE, json!({ "last": "P9000000D" }), "last", "last", "give a shorter duration"),
        (ACTIVE, json!({ "last": 30 }), "last", "last", "is 30; give an ISO 8601 duration"),
        (
            ACTIVE,
            json!({ "last": "P1D", "range": { "from": first, "to": second } }),
            "last",
            "last",
            "give one of the two",
        ),
        (
            "{ activeUsers(last: \"P1D\") { totals { events } } }",
            json!({}),
            "groupType",
            "",
            "is missing; give a string",
        ),
        (
            "{ activeUsers(groupType: null, last: \"P1D\") { totals { events } } }",
            json!({}),
            "groupType",
            "",
            "is null; give a string",
        ),
        (
            "{ activeUsers(groupType: \"a\", lsat: \"P1D\") { totals { events } } }",
            json!({}),
            "lsat",
            "",
            "it takes groupType, range, last",
        ),
        (
            "query($t: String!) { activeUsers(groupType: $t, last: \"P1D\") { totals { events } } }",
            json!({}),
            "groupType",
            "t",
            "the variable $t is not given; give a string",
        ),
        (
            "query($i: Interval) { activeUsers(groupType: \"a\", last: \"P1D\", interval: $i) { totals { events } } }",
            json!({ "i": "DECADE" }),
            "interval",
            "i",
            "is \"DECADE\"; give one of",
        ),
        (
            "{ activeUsers(groupType: \"a\", last: \"P1D\", interval: DECADE) { totals { events } } }",
            json!({}),
            "interval",
            "",
            "is DECADE; give one of",
        ),
        (
            "{ activeUsers(groupType: \"a\", last: \"P9000D\", interval: HOUR) { totals { events } } }",
            json!({}),
            "interval",
            "",
            "choose a longer interval",
        ),
        (
            "{ activeUsers(groupType: \"a\", last: \"P1D\", first: 2147483648) { totals { events } } }",
            json!({}),
            "first",
            "",
            "is 2147483648; give a whole number",
        ),
        (
            "{ activeUsers(groupType: \"a\", last: \"P1D\", timeZone: \"Mars\") { totals { events } } }",
            json!({}),
            "timeZone",
            "",
            "IANA name",
        ),
        // Fields below a list, and fragments.
        (
            "query($n: Int) { groups { nodes { ...G } } } fragment G on Group { members(first: $n) { totalCount } }",
            json!({ "n": "x" }),
            "first",
            "n",
            "is \"x\"; give a whole number",
        ),
        (
            "{ groups { nodes { ... on Group { members(first: true) { totalCount } } } } }",
            json!({}),
            "first",
            "",
            "is true; give a whole number",
        ),
        // Funnels.
        (
            FUNNEL,
            json!({ "steps": [{ "event": "a" }, { "event": 5 }] }),
            "steps[1].event",
            "steps[1].event",
            "is 5; give a string",
        ),
        (
            FUNNEL,
            json!({ "steps": [{ "event": "a" }, { "event": "x".repeat(10_240) }] }),
            "steps[1].event",
            "steps[1].event",
            "10240 characters",
        ),
        (
            FUNNEL,
            json!({ "steps": vec![json!({ "event": "a" }); 1000] }),
            "steps",
            "steps",
            "lists 1000 steps; a funnel has 2 to 32",
        ),
        (FUNNEL, json!({ "steps": [{ "event": "a" }] }), "steps", "steps", "lists 1 steps"),
        (
            FUNNEL,
            json!({}),
            "steps",
            "steps",
            "is not given; give a list, each item being an object with event, filter",
        ),
        (FUNNEL, two_steps(&json!({ "window": "0" })), "window", "window", "write an ISO 8601 duration"),
        (FUNNEL, two_steps(&json!({ "window": "P0D" })), "window", "window", "is zero; give a duration"),
        (FUNNEL, two_steps(&json!({ "window": "banana" })), "window", "window", "write an ISO 8601 duration"),
        (FUNNEL, two_steps(&json!({ "window": 0 })), "window", "window", "is 0; give an ISO 8601 duration"),
        (
            FUNNEL,
            two_steps(&json!({ "unit": { "kind": "GROUP" } })),
            "unit.groupType",
            "unit.groupType",
            "is missing; a unit of kind GROUP",
        ),
        (FUNNEL, two_steps(&json!({ "unit": { "kind": "TEAM" } })), "unit.kind", "unit.kind", "give one of"),
        (
            FUNNEL,
            two_steps(&json!({ "exclusions": [{ "event": "c", "fromStep": 2, "toStep": 1 }] })),
            "exclusions[0].toStep",
            "exclusions[0].toStep",
            "must come after",
        ),
        (
            FUNNEL,
            two_steps(&json!({ "breakdown": [{ "eventProperty": "a", "groupType": "b" }] })),
            "breakdown[0]",
            "breakdown[0]",
            "give exactly one of",
        ),
        (
            FUNNEL,
            two_steps(&json!({ "breakdown": [{ "groupProperty": { "type": "a" } }] })),
            "breakdown[0].groupProperty.property",
            "breakdown[0].groupProperty.property",
            "is missing",
        ),
        (
            FUNNEL,
            two_steps(
                &json!({ "filter": { "and": [{ "event": { "property": "a", "eq": 1 } }, { "event": { "property": 5, "eq": 1 } }] } }),
            ),
            "filter.and[1].event.property",
            "filter.and[1].event.property",
            "is 5; give a string",
        ),
        (
            FUNNEL,
            two_steps(&json!({ "filter": { "event": { "property": "a", "eq": 1, "neq": 2 } } })),
            "filter.event",
            "filter.event",
            "operator",
        ),
        (
            FUNNEL,
            two_steps(&json!({ "filter": { "event": { "field": "SHOE_SIZE", "eq": 1 } } })),
            "filter.event.field",
            "filter.event.field",
            "give one of",
        ),
        // Mutations.
        (
            BATCH,
            json!({ "events": [{ "name": "a" }, { "name": "a" }, { "name": "a" }, { "name": "a", "occurredAt": "soon" }] }),
            "input.events[3].occurredAt",
            "events[3].occurredAt",
            "write an RFC 3339 instant",
        ),
        (
            BATCH,
            json!({ "events": [{ "name": 5 }] }),
            "input.events[0].name",
            "events[0].name",
            "is 5; give a string",
        ),
        (
            BATCH,
            json!({ "events": [{}] }),
            "input.events[0].name",
            "events[0].name",
            "is missing; give a string",
        ),
        (BATCH, json!({ "events": [null] }), "input.events[0]", "events[0]", "is null; give an object with"),
        (
            BATCH,
            json!({ "events": [{ "name": "a", "groups": [["x"]] }] }),
            "input.events[0].groups[0]",
            "events[0].groups[0]",
            "is a list; give a string or a whole number",
        ),
        (
            BATCH,
            json!({ "events": [{ "name": "a", "attachMemberships": "yes" }] }),
            "input.events[0].attachMemberships",
            "events[0].attachMemberships",
            "give true or false",
        ),
        (
            BATCH,
            json!({ "events": [{ "name": "a", "revenue": 1.5 }] }),
            "input.events[0].revenue",
            "events[0].revenue",
            "give a whole number",
        ),
        (
            IDENTIFY,
            json!({ "input": { "profileId": {} } }),
            "input.profileId",
            "input.profileId",
            "is an object; give a string or a whole number",
        ),
        (
            IDENTIFY,
            json!({ "input": { "profileId": 1.5 } }),
            "input.profileId",
            "input.profileId",
            "is 1.5; give a string or a whole number",
        ),
        (
            IDENTIFY,
            json!({ "input": { "profileId": "a", "company": "Acme" } }),
            "input.company",
            "input.company",
            "is no field of IdentifyInput; it has",
        ),
        // Flat forms.
        (
            "query($s: String!, $u: String) { funnelTable(steps: $s, window: \"P1D\", from: \"2026-01-01\", to: \"2026-02-01\", unit: $u) { step } }",
            json!({ "s": "a,b", "u": "GROUP" }),
            "unitGroupType",
            "",
            "is missing",
        ),
        (
            "{ funnelTable(steps: \"a\", window: \"P1D\", from: \"2026-01-01\", to: \"2026-02-01\") { step } }",
            json!({}),
            "steps",
            "",
            "lists 1 steps",
        ),
        (
            "{ funnelTable(steps: \"a,b\", window: \"banana\", from: \"2026-01-01\", to: \"2026-02-01\") { step } }",
            json!({}),
            "window",
            "",
            "write an ISO 8601 duration",
        ),
        (
            "{ funnelTable(steps: \"a,b\", window: \"P1D\", from: \"2026-01-01\", to: \"2026-02-01\", breakdown: \"shoe\") { step } }",
            json!({}),
            "breakdown",
            "",
            "has the item \"shoe\"; write group:TYPE",
        ),
        (
            "{ funnelTable(steps: \"a,b\", window: \"P1D\", from: \"2026-01-01\", to: \"2026-02-01\", breakdown: \"event:a,group:\") { step } }",
            json!({}),
            "breakdown",
            "",
            "item 2: ",
        ),
        (
            "{ funnelTable(steps: \"a,b\", window: \"P1D\", from: \"2026-02-01\", to: \"2026-01-01\") { step } }",
            json!({}),
            "to",
            "",
            "is reversed",
        ),
        (
            "{ funnelTable(steps: \"a,b\", window: \"P1D\", from: \"2026-13-01\", to: \"2026-01-01\") { step } }",
            json!({}),
            "from",
            "",
            "write a day such as",
        ),
        (
            "{ funnelTable(steps: \"a,b\", window: \"P1D\", from: \"2026-01-01\", to: \"9999-01-01\") { step } }",
            json!({}),
            "to",
            "",
            "years 1 to 9998; choose",
        ),
        (
            "{ funnelTable(steps: \"a,b\", window: \"P1D\", from: \"2026-01-01\", to: \"2026-02-01\", where: \"{\\\"event\\\":{\\\"property\\\":\\\"a\\\"}}\") { step } }",
            json!({}),
            "where.event",
            "",
            "has no operator",
        ),
        (
            "{ activeUsersTable(groupType: \"a\", from: \"2026-01-01\", to: \"2026-02-01\", users: \"SOME\") { groupId } }",
            json!({}),
            "users",
            "",
            "IDENTIFIED, ALL",
        ),
        (
            "{ eventsTable(from: \"2026-02-01\", to: \"2026-02-01\") { name } }",
            json!({}),
            "to",
            "",
            "is empty",
        ),
        ("{ events(first: 0) { nodes { id } } }", json!({}), "first", "", "ask for 1 to 1000"),
        ("{ events(after: \"banana\") { nodes { id } } }", json!({}), "after", "", "give the endCursor"),
        // Names and properties.
        (
            "{ eventNames(last: \"P1D\", range: { from: \"2026-01-01T00:00:00Z\", to: \"2026-02-01T00:00:00Z\" }) { name } }",
            json!({}),
            "last",
            "",
            "give one of the two",
        ),
        (
            "{ propertyKeys(of: GROUP) { property } }",
            json!({}),
            "groupType",
            "",
            "is missing; properties of GROUP",
        ),
        (
            "{ propertyKeys(of: EVENT, groupType: \"a\") { property } }",
            json!({}),
            "groupType",
            "",
            "with GROUP alone",
        ),
        (
            "{ propertyKeys(of: PROFILE, event: \"a\") { property } }",
            json!({}),
            "event",
            "",
            "with EVENT alone",
        ),
        ("{ propertyKeysTable(of: \"TEAM\") { property } }", json!({}), "of", "", "EVENT, PROFILE, GROUP"),
        (
            "{ propertyValues(of: EVENT, property: \"a..b\") { value } }",
            json!({}),
            "property",
            "",
            "empty key",
        ),
        (
            "{ propertyValues(of: EVENT, property: \"a\", first: 0) { value } }",
            json!({}),
            "first",
            "",
            "ask for 1 to",
        ),
        // Cohorts that nobody saved.
        (
            FUNNEL,
            two_steps(&json!({ "filter": { "not": { "cohort": { "id": "nope" } } } })),
            "filter.not.cohort.id",
            "filter.not.cohort.id",
            "is \"nope\", and there is no such cohort",
        ),
        (
            FUNNEL,
            json!({ "steps": [{ "event": "a" }, { "event": "b", "filter": { "cohort": { "id": "nope" } } }] }),
            "steps[1].filter.cohort.id",
            "steps[1].filter.cohort.id",
            "no such cohort",
        ),
        (
            FUNNEL,
            two_steps(&json!({ "breakdown": [{ "cohort": "nope" }] })),
            "breakdown[0].cohort",
            "breakdown[0].cohort",
            "no such cohort",
        ),
        (
            "{ activeUsersTable(groupType: \"a\", from: \"2026-01-01\", to: \"2026-02-01\", where: \"{\\\"cohort\\\":{\\\"id\\\":\\\"nope\\\"}}\") { groupId } }",
            json!({}),
            "where.cohort.id",
            "",
            "no such cohort",
        ),
        (
            "{ activeUsersTable(groupType: \"a\", from: \"2026-01-01\", to: \"2026-02-01\", where: \"{\\\"cohort\\\":{\\\"name\\\":\\\"x\\\"}}\") { groupId } }",
            json!({}),
            "where.cohort.name",
            "",
            "it may hold id",
        ),
        (
            "{ funnelTable(steps: \"a,b\", window: \"P1D\", from: \"2026-01-01\", to: \"2026-02-01\", breakdown: \"event:x,cohort:nope\") { step } }",
            json!({}),
            "breakdown",
            "",
            "item 2: is \"nope\"",
        ),
        ("{ cohortTable(id: \"nope\") { unitId } }", json!({}), "id", "", "no such cohort"),
        // Cohorts that make no sense.
        (
            COHORT,
            rule(&json!({ "property": { "property": "a" } })),
            "input.rule.property",
            "input.rule.property",
            "has no operator",
        ),
        (
            COHORT,
            rule(&json!({ "and": [{ "property": { "groupField": "NAME", "isSet": true } }] })),
            "input.rule.and[0].property.groupField",
            "input.rule.and[0].property.groupField",
            "no field of a cohort of profiles",
        ),
        (
            COHORT,
            rule(&json!({ "deed": { "event": "a" } })),
            "input.rule.deed",
            "input.rule.deed",
            "needs atLeast or atMost",
        ),
        (
            COHORT,
            rule(&json!({ "deed": { "atLeast": 3, "atMost": 2 } })),
            "input.rule.deed.atMost",
            "input.rule.deed.atMost",
            "less than atLeast",
        ),
        (
            COHORT,
            rule(&json!({ "deed": { "atLeast": -1 } })),
            "input.rule.deed.atLeast",
            "input.rule.deed.atLeast",
            "negative",
        ),
        (
            COHORT,
            rule(
                &json!({ "deed": { "atLeast": 1, "last": "P1D", "range": { "from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z" } } }),
            ),
            "input.rule.deed.last",
            "input.rule.deed.last",
            "give one of the two",
        ),
        (
            COHORT,
            rule(
                &json!({ "deed": { "atLeast": 1, "range": { "from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z" } } }),
            ),
            "input.rule.deed.range",
            "input.rule.deed.range",
            "is reversed",
        ),
        (
            COHORT,
            rule(&json!({ "not": { "deed": { "atLeast": 1, "filter": { "cohort": { "id": "k" } } } } })),
            "input.rule.not.deed.filter.cohort.id",
            "input.rule.not.deed.filter.cohort.id",
            "do not refer to each other",
        ),
        (COHORT, rule(&json!({ "ids": ["a", ""] })), "input.rule.ids[1]", "input.rule.ids[1]", "is empty"),
        (
            COHORT,
            json!({ "input": { "id": "k", "name": "K", "unit": { "kind": "SESSION" }, "rule": { "ids": [] } } }),
            "input.unit.kind",
            "input.unit.kind",
            "PROFILE or GROUP",
        ),
        (
            COHORT,
            json!({ "input": { "id": "k", "name": "", "unit": { "kind": "PROFILE" }, "rule": { "ids": [] } } }),
            "input.name",
            "input.name",
            "is empty",
        ),
    ]
}
