//! A project's own saved queries: kept, apart from those of other projects, within their limits, by those who may.

use crate::server::{Server, muster, out, stderr};
use crate::support::app::{Answer, TestApp, TestProject};
use chrono::Duration;
use muster::saved::sha256_hex;
use serde_json::{Value, json};

const SAVE: &str = "mutation($document: String!) { saveQuery(input: { document: $document }) { savedQuery {
    name description isOwn document sha256 variables { name type default isRequired } columns { name type arrowType }
    formats createdAt updatedAt
} } }";
const DELETE: &str = "mutation($name: String!) { deleteSavedQuery(input: { name: $name }) { deletedName } }";
const LIST: &str = "{ savedQueries { name isOwn } }";
const TYPES: &str = "# Which kinds of groups there are.\n# At least so many.\nquery Kinds($first: Int = 5, $of: String!) @mark { a: groups(first: $first, search: $of) { nodes { id name } } }";

/// A query that tells the project's groups.
fn groups(name: &str) -> String {
    format!(
        "# Groups by id.\nquery {name}($top: Int = 10) {{ groups(first: $top) {{ nodes {{ id name }} }} }}"
    )
}

async fn save(t: &TestApp, project: &TestProject, document: &str) -> Value {
    t.gql_as(&project.admin, SAVE, json!({ "document": document })).await.json()
}

async fn own(t: &TestApp, project: &TestProject) -> Vec<String> {
    let answer = t.gql_as(&project.read, LIST, json!({})).await.json();
    let queries = answer["data"]["savedQueries"].as_array().unwrap_or_else(|| panic!("a list: {answer:#}"));
    let own = queries.iter().filter(|query| query["isOwn"] == true);
    own.map(|query| query["name"].as_str().expect("a name").to_owned()).collect()
}

async fn get(t: &TestApp, project: &TestProject, path: &str) -> Answer {
    t.get(path, &project.read.headers()).await
}

async fn add_group(t: &TestApp, project: &TestProject, name: &str) {
    let document = format!(
        "mutation {{ upsertGroup(input: {{id: \"g\", type: \"company\", name: \"{name}\"}}) {{ outcome }} }}"
    );
    assert_eq!(t.gql_as(&project.admin, &document, json!({})).await.json()["errors"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_query_is_found_at_every_door_and_after_a_restart() {
    let t = TestApp::start().await;
    add_group(&t, &t.alpha, "Acme").await;
    let document = groups("OurGroups");
    let saved = save(&t, &t.alpha, &document).await;
    let expected = json!({
        "name": "OurGroups", "description": "Groups by id.", "isOwn": true, "document": document,
        "sha256": sha256_hex(&document),
        "variables": [{"name": "top", "type": "Int", "default": 10, "isRequired": false}],
        "columns": [
            {"name": "id", "type": "ID", "arrowType": "string"},
            {"name": "name", "type": "String", "arrowType": "string"},
        ],
        "formats": ["json", "ndjson", "csv", "arrow", "parquet"],
        "createdAt": "2026-03-10T12:00:00Z", "updatedAt": "2026-03-10T12:00:00Z",
    });
    assert_eq!(saved["data"]["saveQuery"]["savedQuery"], expected, "{saved:#}");
    t.advance(Duration::hours(1));
    let t = t.restart().await;
    let one = "{ savedQuery(name: \"OurGroups\") { name document createdAt } none: savedQuery(name: \"ourgroups\") { name } }";
    let one = t.gql(one, json!({})).await;
    let expected = json!({"name": "OurGroups", "document": document, "createdAt": "2026-03-10T12:00:00Z"});
    assert_eq!(one["data"], json!({"savedQuery": expected, "none": null}), "{one:#}");
    let csv = get(&t, &t.alpha, "/queries/OurGroups.csv?top=1").await;
    assert_eq!((csv.status, csv.text.as_str()), (200, "id,name\ng,Acme\n"));
    let list = get(&t, &t.alpha, "/queries").await.json();
    let listed: Vec<&Value> =
        list["queries"].as_array().expect("a list").iter().filter(|query| query["isOwn"] == true).collect();
    assert_eq!(
        (listed.len(), &listed[0]["name"], &listed[0]["variables"][0]["default"]),
        (1, &json!("OurGroups"), &json!(10))
    );
    let data = json!({"data": {"groups": {"nodes": [{"id": "g", "name": "Acme"}]}}});
    for id in ["OurGroups".to_owned(), format!("sha256:{}", sha256_hex(&document))] {
        let answer = t.post("/graphql", &t.alpha.read.headers(), &json!({ "documentId": id })).await;
        assert_eq!(answer.json(), data, "{id}");
    }
    let near = get(&t, &t.alpha, "/queries/ourGroups.csv").await;
    assert!(near.status == 404 && near.text.contains("did you mean OurGroups?"), "{}", near.text);

    // Changed, it answers anew at once; saved as it is, nothing changes.
    let changed = "query OurGroups { groupTypes { type } }";
    let answer = save(&t, &t.alpha, changed).await;
    let query = &answer["data"]["saveQuery"]["savedQuery"];
    assert_eq!(
        (&query["createdAt"], &query["updatedAt"]),
        (&json!("2026-03-10T12:00:00Z"), &json!("2026-03-10T13:00:00Z")),
        "{answer:#}"
    );
    assert_eq!(get(&t, &t.alpha, "/queries/OurGroups.csv").await.text, "type\ncompany\n");
    t.advance(Duration::hours(1));
    let answer = save(&t, &t.alpha, changed).await;
    assert_eq!(answer["data"]["saveQuery"]["savedQuery"]["updatedAt"], "2026-03-10T13:00:00Z");

    let deleted = t.gql(DELETE, json!({"name": "OurGroups"})).await;
    assert_eq!(deleted["data"]["deleteSavedQuery"]["deletedName"], "OurGroups", "{deleted:#}");
    assert_eq!(get(&t, &t.alpha, "/queries/OurGroups.csv").await.status, 404);
    let deleted = t.gql(DELETE, json!({"name": "OurGroups"})).await;
    assert_eq!(deleted["data"]["deleteSavedQuery"]["deletedName"], Value::Null, "{deleted:#}");
    let t = t.restart().await;
    assert_eq!(own(&t, &t.alpha).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn projects_do_not_see_each_others_saved_queries() {
    let t = TestApp::start().await;
    for (project, name) in [(&t.alpha, "Alpha Ltd"), (&t.beta, "Beta Ltd")] {
        add_group(&t, project, name).await;
    }
    let document = groups("Secret");
    save(&t, &t.alpha, &document).await;
    assert_eq!(own(&t, &t.beta).await, Vec::<String>::new());
    let by_id = |id: String| json!({ "documentId": id });
    for body in [by_id("Secret".to_owned()), by_id(format!("sha256:{}", sha256_hex(&document)))] {
        let answer = t.post("/graphql", &t.beta.admin.headers(), &body).await;
        assert!(!answer.text.contains("nodes") && answer.text.contains("errors"), "{}", answer.text);
    }
    for path in ["/queries/Secret.csv", "/queries/secret.csv", "/queries/Nothing.json"] {
        let answer = get(&t, &t.beta, path).await;
        let told = answer.text.replace("query \\\"Secret", "").replace("query \\\"secret", "");
        assert!(answer.status == 404 && !told.to_lowercase().contains("secret"), "{path} {}", answer.text);
    }
    assert!(!get(&t, &t.beta, "/queries").await.text.contains("Secret"));
    // The same name in another project is another query.
    let other = "query Secret { groupTypes { type } }";
    assert_eq!(save(&t, &t.beta, other).await["errors"], Value::Null);
    assert_eq!(get(&t, &t.alpha, "/queries/Secret.csv").await.text, "id,name\ng,Alpha Ltd\n");
    assert_eq!(get(&t, &t.beta, "/queries/Secret.csv").await.text, "type\ncompany\n");
    let deleted = t.gql_as(&t.beta.admin, DELETE, json!({"name": "Secret"})).await.json();
    assert_eq!(deleted["data"]["deleteSavedQuery"]["deletedName"], "Secret");
    assert_eq!((own(&t, &t.alpha).await, own(&t, &t.beta).await), (vec!["Secret".to_owned()], vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_admin_saves_and_who_may_not_read_lists_nothing() {
    let t = TestApp::start().await;
    let document = json!({ "document": groups("Ours") });
    for client in [&t.alpha.read, &t.alpha.write] {
        for (mutation, variables) in [(SAVE, document.clone()), (DELETE, json!({"name": "Ours"}))] {
            let answer = t.gql_as(client, mutation, variables).await;
            let error = &answer.json()["errors"][0];
            assert_eq!(error["extensions"]["code"], "FORBIDDEN", "{}", answer.text);
            assert!(answer.text.contains("right ADMIN"), "{}", answer.text);
        }
    }
    assert_eq!(own(&t, &t.alpha).await, Vec::<String>::new());
    save(&t, &t.alpha, &groups("Ours")).await;
    for question in [LIST, "{ savedQuery(name: \"Ours\") { name } }"] {
        let answer = t.gql_as(&t.alpha.write, question, json!({})).await;
        assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "FORBIDDEN", "{}", answer.text);
    }
    let answer = t.post("/graphql", &t.alpha.write.headers(), &json!({"documentId": "Ours"})).await;
    assert!(answer.text.contains("errors") && !answer.text.contains("nodes"), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_saved_query_is_refused_with_what_to_change() {
    let t = TestApp::start_with(|config| {
        config.max_saved_queries = 2;
        config.max_saved_query_bytes = 2_000;
    })
    .await;
    let long = format!("query Long {{ groupTypes {{ type }} }} #{}", "x".repeat(2_000));
    let many = format!(
        "query Many {{ {} }}",
        (0..60).map(|n| format!("a{n}: __typename")).collect::<Vec<_>>().join(" ")
    );
    let deep = format!("query Deep {{ {}{} }}", "a { ".repeat(60), "}".repeat(60));
    let nested = format!("query Nested {{ {}{} }}", "a(b: [".repeat(120), "])".repeat(120));
    let name = format!("query {}Name {{ __typename }}", "Long".repeat(30));
    for (document, code, part) in [
        ("query Broken {", "BAD_INPUT", "is no saved query"),
        ("", "BAD_INPUT", "is no saved query"),
        ("query Wrong {\n  notThere\n}", "BAD_INPUT", "line 2: "),
        ("{ groupTypes { type } }", "BAD_INPUT", "the operation has no name; give it one in PascalCase"),
        ("query Two { __typename } query Three { __typename }", "BAD_INPUT", "several operations; keep one"),
        ("mutation Change { __typename }", "BAD_INPUT", "only a query may be saved"),
        (
            "query lower { __typename }",
            "BAD_INPUT",
            "names its operation lower; give it a name in PascalCase",
        ),
        ("query Snake_Case { __typename }", "BAD_INPUT", "in PascalCase"),
        (&name, "BAD_INPUT", "100 characters at most"),
        ("query ActiveGroups { __typename }", "CONFLICT", "comes with a saved query ActiveGroups"),
        (&long, "BAD_INPUT", "2000 at most are allowed"),
        (&many, "BAD_INPUT", "60 root fields"),
        (&deep, "BAD_INPUT", "is no saved query"),
        (&nested, "BAD_INPUT", "nests more than 100 brackets"),
        (TYPES, "BAD_INPUT", "mark"),
    ] {
        let answer = save(&t, &t.alpha, document).await;
        let error = &answer["errors"][0];
        let (argument, found) = (&error["extensions"]["argument"], &error["extensions"]["code"]);
        assert_eq!((argument, found), (&json!("input.document"), &json!(code)), "{document} {answer:#}");
        assert!(error["message"].as_str().is_some_and(|message| message.contains(part)), "{answer:#}");
    }
    assert_eq!(own(&t, &t.alpha).await, Vec::<String>::new());
    for name in ["One", "Two"] {
        assert_eq!(save(&t, &t.alpha, &groups(name)).await["errors"], Value::Null);
    }
    let answer = save(&t, &t.alpha, &groups("Three")).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "LIMITED", "{answer:#}");
    // What is there may be changed, and another project has room of its own.
    assert_eq!(save(&t, &t.alpha, "query Two { __typename }").await["errors"], Value::Null);
    assert_eq!(save(&t, &t.beta, &groups("Three")).await["errors"], Value::Null);
    let shipped = t.gql(DELETE, json!({"name": "ActiveGroups"})).await;
    let error = &shipped["errors"][0]["extensions"];
    assert_eq!(
        (&error["code"], &error["argument"]),
        (&json!("FORBIDDEN"), &json!("input.name")),
        "{shipped:#}"
    );
    let limits = t.gql("{ limits { savedQueries savedQueryBytes } }", json!({})).await;
    assert_eq!(limits["data"]["limits"], json!({"savedQueries": 2, "savedQueryBytes": 2_000}));
}

/// A folder that gets a query of a name that a project has: the project's address answers what it did.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_the_same_name_takes_nothing_from_a_project() {
    let folder = tempfile::tempdir().expect("a folder");
    let queries_dir = folder.path().to_path_buf();
    let t = TestApp::start_with(|config| config.queries_dir = queries_dir).await;
    save(&t, &t.alpha, "query Kinds { groupTypes { type } }").await;
    std::fs::write(folder.path().join("Kinds.graphql"), "query Kinds { __typename }").expect("written");
    t.advance(Duration::seconds(2));
    assert_eq!(get(&t, &t.beta, "/queries/Kinds.json").await.json()["data"], json!({"__typename": "Query"}));
    assert_eq!(get(&t, &t.alpha, "/queries/Kinds.json").await.json()["data"], json!({"groupTypes": []}));
    // It can still be changed, and gives way when it is deleted.
    assert_eq!(save(&t, &t.alpha, "query Kinds { groupTypes { groups } }").await["errors"], Value::Null);
    assert_eq!(get(&t, &t.alpha, "/queries/Kinds.csv").await.text, "groups\n");
    t.gql(DELETE, json!({"name": "Kinds"})).await;
    assert_eq!(get(&t, &t.alpha, "/queries/Kinds.json").await.json()["data"], json!({"__typename": "Query"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_trusted_documents_trusts_what_an_admin_has_saved() {
    let t = TestApp::start().await;
    let document = groups("Trusted");
    save(&t, &t.alpha, &document).await;
    let t = t.restart_with(|config| config.trusted_only = true).await;
    for body in [json!({"documentId": "Trusted"}), json!({"query": document})] {
        let answer = t.post("/graphql", &t.alpha.read.headers(), &body).await;
        assert_eq!(answer.json(), json!({"data": {"groups": {"nodes": []}}}), "{}", answer.text);
        let other = t.post("/graphql", &t.beta.read.headers(), &body).await;
        assert!(other.text.contains("errors"), "{}", other.text);
    }
    assert_eq!(get(&t, &t.alpha, "/queries/Trusted.csv").await.status, 200);
    let answer = save(&t, &t.alpha, &groups("More")).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer:#}");
}

#[test]
fn the_command_line_finds_a_projects_own_queries() {
    let data = tempfile::tempdir().expect("a folder");
    for project in ["p", "q"] {
        out(&muster(data.path(), &["project", "create", project]));
    }
    let made =
        out(&muster(data.path(), &["client", "create", "--project", "p", "--right", "ADMIN", "--json"]));
    let made: Value = serde_json::from_str(&made).expect("JSON");
    let client = (made["id"].as_str().expect("an id"), made["secret"].as_str().expect("a secret"));
    let mut server = Server::start(data.path(), &[]);
    let document = "# Kinds of groups.\nquery Kinds($last: Int = 3) { groupTypes { type groups } }";
    let answer = server.graphql(
        client,
        SAVE,
        &json!({ "document": "query Kinds($top: Int = 3) { groups(first: $top) { nodes { id } } }" }),
    );
    assert_eq!(answer["errors"], Value::Null, "{answer:#}");
    // An unused variable is no query that fits.
    let answer = server.graphql(client, SAVE, &json!({ "document": document }));
    assert!(answer["errors"][0]["message"].to_string().contains("last"), "{answer:#}");
    let asked =
        |project: &str| muster(data.path(), &["query", "Kinds", "--project", project, "--format", "csv"]);
    let check = || {
        assert_eq!(out(&asked("p")), "id\n");
        let told = asked("q");
        assert!(
            told.status.code() == Some(1) && stderr(&told).contains("no saved query \"Kinds\""),
            "{}",
            stderr(&told)
        );
        let list = out(&muster(data.path(), &["query", "--project", "p"]));
        assert!(
            list.contains("Kinds (the project's own)\n") && list.contains("  --var top: Int = 3\n"),
            "{list}"
        );
        assert!(list.contains("ActiveGroups\n"), "{list}");
        assert!(!out(&muster(data.path(), &["query", "--project", "q"])).contains("Kinds ("));
    };
    check();
    server.kill();
    // What was saved survives the kill, and a command that holds the folder itself finds it as well.
    check();
}
