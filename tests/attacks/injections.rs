//! Texts that would be SQL, paths or formulas if anything read them as such.

use crate::support::app::TestApp;
use crate::support::schema::{Schema, document};
use async_graphql::parser::types::{BaseType, FieldDefinition, InputValueDefinition, Type};
use serde_json::{Value, json};

/// What is given for every text.
const TEXTS: [&str; 3] = [
    "x'\"`; drop table main.clients; --",
    "%' or 1=1) union all select secret_sha256 from main.clients --",
    "$project {0} ${7*7} ../../../etc/passwd \\u0000 \\",
];

/// What only the other project has.
const MARK: &str = "beta-only";

async fn start() -> TestApp {
    let t = TestApp::start().await;
    for (project, name) in [(&t.alpha, "alpha"), (&t.beta, MARK)] {
        let document = r#"mutation($name: String!) {
          a: upsertGroup(input: {id: "acme", type: "company", name: $name}) { outcome }
          b: identify(input: {profileId: "jane", firstName: $name}) { profile { id } }
          c: setGroup(input: {profileId: "jane", groupId: "acme"}) { profile { id } }
          saveCohort(input: {id: "all", name: $name, unit: {kind: PROFILE}, rule: {ids: ["jane"]}}) { cohort { id } }
          track(input: {name: $name, profileId: "jane", groups: ["acme"], properties: {of: $name}}) { outcome }
        }"#;
        let answer = t.gql_as(&project.admin, document, json!({"name": name})).await.json();
        assert_eq!(answer["errors"], Value::Null, "{answer}");
    }
    t
}

/// Every place of a type in which a text is given: values of the type with `text` there and right values elsewhere.
fn with_text(schema: &Schema, kind: &Type, text: &str, above: &[&str]) -> Vec<Value> {
    let name = match &kind.base {
        BaseType::List(inner) => {
            return with_text(schema, inner, text, above).into_iter().map(|item| json!([item])).collect();
        }
        BaseType::Named(name) => name.as_str(),
    };
    match name {
        "String" | "ID" | "Date" | "DateTime" | "Duration" | "JSON" => return vec![json!(text)],
        _ if above.contains(&name) => return vec![],
        _ => {}
    }
    let above = [above, &[name]].concat();
    let right = schema.right(kind);
    let mut values = Vec::new();
    for field in schema.input(name).unwrap_or_default() {
        for value in with_text(schema, &field.ty.node, text, &above) {
            let mut object = if schema.is_one_of(name) { json!({}) } else { right.clone() };
            object[field.name.node.as_str()] = value;
            values.push(object);
        }
    }
    values
}

/// The arguments of a field, once for each text in each place.
fn attempts(schema: &Schema, field: &FieldDefinition) -> Vec<Value> {
    let arguments: Vec<&InputValueDefinition> = field.arguments.iter().map(|one| &one.node).collect();
    let mut attempts = Vec::new();
    for argument in arguments {
        for text in TEXTS {
            for value in with_text(schema, &argument.ty.node, text, &[]) {
                let mut given = schema.required(field);
                given[argument.name.node.as_str()] = value;
                attempts.push(given);
            }
        }
    }
    attempts
}

#[tokio::test(flavor = "multi_thread")]
async fn no_string_argument_is_read_as_anything_but_text() {
    let t = start().await;
    let schema = Schema::read();
    let before = (t.groups(&t.beta).await, t.profiles(&t.beta).await, t.events(&t.beta).await);
    let mut asked = 0;
    for (operation, object, around) in [
        ("query", "Query", ["", ""]),
        ("query", "Group", ["group(id: \"acme\") { ", " }"]),
        ("query", "Profile", ["profile(id: \"jane\") { ", " }"]),
        ("query", "Cohort", ["cohort(id: \"all\") { ", " }"]),
        ("mutation", "Mutation", ["", ""]),
    ] {
        for field in schema.fields(object) {
            for given in attempts(&schema, field) {
                let document = document(operation, field, schema.has_selection(&field.ty.node), &given);
                let (head, body) = document.split_once('{').expect("a selection");
                let body = body.strip_suffix('}').expect("its end");
                let document = format!("{head}{{ {}{body}{} }}", around[0], around[1]);
                let answer = t.gql_as(&t.alpha.admin, &document, given.clone()).await;
                let what = format!("{object}.{} {given}: {}", field.name.node, answer.text);
                assert!(answer.status < 500 && !answer.text.contains("\"INTERNAL\""), "{what}");
                assert!(!answer.text.contains(MARK) && !answer.text.contains("root:"), "{what}");
                asked += 1;
            }
        }
    }
    assert!(asked > 500, "only {asked} were tried");
    let after = (t.groups(&t.beta).await, t.profiles(&t.beta).await, t.events(&t.beta).await);
    assert_eq!(before, after);
    let clients = t.gql("{ clients { id } }", json!({})).await;
    assert!(clients["data"]["clients"].as_array().is_some_and(|clients| clients.len() >= 3), "{clients}");
}

#[tokio::test]
async fn a_property_key_is_text_wherever_it_is_named() {
    let t = start().await;
    for key in
        ["a'b", "a\"b", "a') or true --", "$.a[0]", "a\\", "a;drop table x", "%", "é\u{202e}", "__proto__"]
    {
        let properties = json!({ key: "here", "other": "there" });
        let track = "mutation($p: JSON!) { track(input: {name: \"keyed\", profileId: \"jane\", groups: [\"acme\"], properties: $p}) { outcome } }";
        let tracked = t.gql(track, json!({"p": properties})).await;
        assert_eq!(tracked["data"]["track"]["outcome"], "ACCEPTED", "{tracked}");
        // A key with a dot is quoted.
        let path = if key.contains('.') { format!("\"{key}\"") } else { key.to_owned() };
        let count = "query($k: String!, $v: JSON!) { events(filter: {event: {property: $k, eq: $v}}) { totalCount } }";
        for (value, expected) in [("here", 1), ("there", 0), ("' or true --", 0)] {
            let answer = t.gql(count, json!({"k": path, "v": value})).await;
            assert_eq!(answer["data"]["events"]["totalCount"], expected, "{key} {value} {answer}");
        }
        let split = "query($k: String!) { trend(range: {from: \"2000-01-01T00:00:00Z\", to: \"2100-01-01T00:00:00Z\"}, interval: YEAR, series: [{event: \"keyed\"}], breakdown: [{eventProperty: $k}]) { rows { keys { value } } } }";
        let answer = t.gql(split, json!({"k": path})).await;
        assert_eq!(answer["errors"], Value::Null, "{key} {answer}");
        assert!(
            answer.to_string().contains("here") && !answer.to_string().contains("there"),
            "{key} {answer}"
        );
    }
    let keys = t.gql("{ propertyKeys(of: EVENT, range: {from: \"2000-01-01T00:00:00Z\", to: \"2100-01-01T00:00:00Z\"}) { property } }", json!({})).await.to_string();
    assert!(keys.contains("a') or true --") && !keys.contains(MARK), "{keys}");
}

#[tokio::test]
async fn a_group_id_is_text_wherever_it_is_named() {
    let t = start().await;
    for id in ["a' or '1'='1", "a\"b", "../acme", "a,b", "{acme}", "%", "acme'--", "a\\'b", "[\"acme\"]"] {
        let document = "mutation($id: ID!) {
          upsertGroup(input: {id: $id, type: \"odd\", name: \"Odd\"}) { group { id } }
          track(input: {name: \"odd\", profileId: \"jim\", groups: [$id]}) { outcome }
        }";
        let made = t.gql(document, json!({"id": id})).await;
        assert_eq!(made["data"]["upsertGroup"]["group"]["id"], *id, "{made}");
        let ask = "query($id: ID!) { group(id: $id) { id activity(last: \"P1D\", interval: DAY) { events } } events(groupId: $id) { totalCount } }";
        let answer = t.gql(ask, json!({"id": id})).await;
        assert_eq!(answer["data"]["group"]["id"], *id, "{answer}");
        assert_eq!(answer["data"]["events"]["totalCount"], 1, "{id} {answer}");
    }
}

#[tokio::test]
async fn a_time_zone_is_one_or_refused() {
    let t = start().await;
    let ask = "query($z: String!) { activeGroups(groupType: \"company\", last: \"P1D\", interval: DAY, timeZone: $z) { hint } }";
    for zone in [
        "UTC'; drop table x; --",
        "../../etc/passwd",
        "Europe/Berlin\u{0}",
        "",
        "+99:00",
        "/etc/localtime",
        "Mars/Olympus",
    ] {
        let answer = t.gql_as(&t.alpha.admin, ask, json!({"z": zone})).await;
        let error = answer.json()["errors"][0].clone();
        assert_eq!(
            (answer.status, &error["extensions"]["argument"]),
            (400, &json!("timeZone")),
            "{zone} {error}"
        );
    }
    assert_eq!(t.gql(ask, json!({"z": "Europe/Berlin"})).await["errors"], Value::Null);
}

#[tokio::test]
async fn a_saved_querys_name_leads_to_no_other_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let (inside, outside) = (folder.path().join("queries"), folder.path().join("Secret.graphql"));
    std::fs::create_dir(&inside).expect("a folder");
    std::fs::write(&outside, "# Not for you.\nquery Secret { limits { rows } }\n").expect("written");
    let t = TestApp::start_with(|config| config.queries_dir.clone_from(&inside)).await;
    for name in [
        "../Secret",
        "..%2fSecret",
        "%2e%2e/Secret",
        "%2e%2e%2fSecret",
        "..%5cSecret",
        "dashboard/../../Secret",
        "./../Secret",
        "%2fetc%2fpasswd",
        "Secret%00",
        "....//Secret",
    ] {
        for path in [
            format!("/queries/{name}.json"),
            format!("/queries/{name}.graphql"),
            format!("/api/queries/{name}.csv"),
        ] {
            let answer = t.get(&path, &t.alpha.read.headers()).await;
            assert!(matches!(answer.status, 400 | 404), "{path} {} {}", answer.status, answer.text);
            assert!(
                !answer.text.contains("Not for you") && !answer.text.contains("root:"),
                "{path} {}",
                answer.text
            );
        }
    }
    for name in ["../Secret", "/etc/passwd", "..\\Secret", "dashboard/../../Secret"] {
        let answer = t.post("/graphql", &t.alpha.read.headers(), &json!({"documentId": name})).await;
        assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "NOT_FOUND", "{name} {}", answer.text);
        let answer = t
            .gql_as(
                &t.alpha.admin,
                "query($n: String!) { savedQuery(name: $n) { document } }",
                json!({"n": name}),
            )
            .await;
        assert!(!answer.text.contains("Not for you"), "{name} {}", answer.text);
    }
}

#[tokio::test]
async fn no_cell_of_a_csv_file_is_a_formula() {
    let t = TestApp::start().await;
    let starts = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "\"=1\"", " =1"];
    for (number, name) in starts.iter().enumerate() {
        let document = "mutation($id: ID!, $n: String!) {
          upsertGroup(input: {id: $id, type: \"company\", name: $n}) { outcome }
          track(input: {name: \"e\", profileId: \"p\", groups: [$id]}) { outcome } }";
        let made = t.gql(document, json!({"id": format!("g{number}"), "n": name})).await;
        assert_eq!(made["errors"], Value::Null, "{name:?} {made}");
    }
    let answer = t.get("/queries/ActiveGroups.csv", &t.alpha.read.headers()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut reader = csv::Reader::from_reader(answer.text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), starts.len());
    for cell in rows.iter().flatten() {
        // A number is one, whatever it begins with.
        let is_number = cell.parse::<f64>().is_ok();
        assert!(is_number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
    }
}
