//! Saved queries: by address, from the command line, and those that come with the program.

use crate::server::{Server, muster, out, stderr};
use crate::support::app::TestApp;
use muster::graphql;
use muster::saved::Saved;
use muster::saved::shipped::SHIPPED;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// Its answer comes from the schema itself, so it needs no data.
const TYPE_NAMED: &str = "# Says what a type is.
# In two lines.
query TypeNamed($name: String! = \"Query\", $on: Boolean! = true) {
  __type(name: $name) @include(if: $on) { name kind }
}
";

fn queries(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, text).expect("written");
    }
    folder
}

#[test]
fn the_shipped_table_is_the_folder() {
    let names = |folder: &str| -> BTreeSet<String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries").join(folder);
        let entries = std::fs::read_dir(path).expect("the folder").map(|entry| entry.expect("an entry"));
        let files = entries.filter(|entry| entry.path().is_file());
        files.map(|entry| format!("{folder}{}", entry.file_name().to_str().expect("UTF-8"))).collect()
    };
    let files: BTreeSet<String> = names("").union(&names("dashboard/")).cloned().collect();
    let table: BTreeSet<String> = SHIPPED.iter().map(|(name, _)| format!("{name}.graphql")).collect();
    assert_eq!(files, table);
    assert!(table.len() >= 8);
}

#[tokio::test]
async fn every_shipped_query_fits_the_schema_and_needs_no_variable() {
    let nowhere = queries(&[]);
    let saved = Saved::load(nowhere.path(), &graphql::schema()).await;
    assert_eq!(saved.broken(), []);
    assert_eq!(saved.list().count(), SHIPPED.len());
    for query in saved.list() {
        assert!(query.description.len() > 20, "{} has no description", query.name);
        assert!(query.layout.is_ok(), "{}: {:?}", query.name, query.layout);
        assert!(query.variables.iter().all(|variable| !variable.is_required()), "{}", query.name);
    }
}

#[tokio::test]
async fn every_shipped_query_costs_less_than_it_may() {
    let t = TestApp::start().await;
    let most = t.app.limits().query_cost;
    let listed = t.get("/queries", &t.alpha.read.headers()).await.json();
    let queries = listed["queries"].as_array().expect("queries");
    assert_eq!(queries.len(), SHIPPED.len());
    for query in queries {
        let name = query["name"].as_str().expect("a name");
        // Those that ask for a range by either of two variables are given one.
        let takes_last =
            query["variables"].as_array().expect("a list").iter().any(|one| one["name"] == "last");
        let range = if takes_last { "?last=P30D" } else { "" };
        let answer = t.get(&format!("/queries/{name}.json{range}"), &t.alpha.read.headers()).await;
        assert_eq!(answer.status, 200, "{name} {}", answer.text);
        let cost: u64 = answer.headers["muster-cost"].to_str().expect("text").parse().expect("a number");
        assert!(cost < most, "{name}: {cost}");
    }
}

#[tokio::test]
async fn a_broken_file_is_named_with_its_reason_and_the_others_load() {
    let folder = queries(&[
        ("Good.graphql", "# It is well.\nquery Good { __typename }"),
        ("Syntax.graphql", "query Syntax { "),
        ("Field.graphql", "query Field {\n  notThere\n}"),
        ("Other.graphql", "query Another { __typename }"),
        ("Nameless.graphql", "{ __typename }"),
        ("Change.graphql", "mutation Change { __typename }"),
        ("Two.graphql", "query Two { __typename } query Three { __typename }"),
        ("lower_case.graphql", "query lower_case { __typename }"),
        ("notes.txt", "not a query"),
        ("dashboard/Inner.graphql", "# In a folder.\nquery Inner { __typename }"),
        ("dashboard/Wrong.graphql", "query Wrong {\n  notThere\n}"),
        ("Not-one/Ignored.graphql", "query Ignored { __typename }"),
    ]);
    let saved = Saved::load(folder.path(), &graphql::schema()).await;
    assert!(saved.find("Good").is_ok_and(|query| query.description == "It is well."));
    assert!(saved.find("dashboard/Inner").is_ok_and(|query| query.operation == "Inner"));
    assert!(saved.find("Inner").is_err() && saved.find("Ignored").is_err());
    let wrong = saved.find("dashboard/Wrong").expect_err("it is broken");
    assert!(wrong.message.contains("line 2: "), "{}", wrong.message);
    for (file, reason) in [
        ("dashboard/Wrong.graphql", "line 2: "),
        ("Syntax.graphql", ""),
        ("Field.graphql", "line 2: "),
        ("Other.graphql", "name it Other"),
        ("Nameless.graphql", "no name"),
        ("Change.graphql", "only a query"),
        ("Two.graphql", "several operations"),
        ("lower_case.graphql", "PascalCase"),
    ] {
        let broken = saved.broken().iter().find(|broken| broken.file.ends_with(file)).expect(file);
        assert!(broken.reason.contains(reason), "{file}: {}", broken.reason);
    }
    assert!(!saved.broken().iter().any(|broken| broken.file.ends_with("notes.txt")));
}

#[tokio::test]
async fn a_file_takes_the_place_of_a_shipped_query_of_its_name() {
    let folder = queries(&[("GroupTypes.graphql", "# Mine.\nquery GroupTypes { __typename }")]);
    let saved = Saved::load(folder.path(), &graphql::schema()).await;
    assert_eq!(
        saved.find("GroupTypes").map(|query| query.description.clone()).ok().as_deref(),
        Some("Mine.")
    );
}

#[test]
fn a_saved_query_answers_by_address_with_the_right_status_and_media_type() {
    let data = tempfile::tempdir().expect("a folder");
    let folder = queries(&[("TypeNamed.graphql", TYPE_NAMED)]);
    out(&muster(data.path(), &["project", "create", "p"]));
    let client = |right: &str| -> (String, String) {
        let made =
            out(&muster(data.path(), &["client", "create", "--project", "p", "--right", right, "--json"]));
        let made: Value = serde_json::from_str(&made).expect("JSON");
        let text = |key: &str| made[key].as_str().expect("a text").to_owned();
        (text("id"), text("secret"))
    };
    let (reader, writer) = (client("READ"), client("WRITE"));
    let server = Server::start(data.path(), &["--queries-dir", folder.path().to_str().expect("UTF-8")]);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let get = |path: &str, who: Option<&(String, String)>| {
        let mut request = reqwest::Client::new().get(format!("http://{}{path}", server.address));
        if let Some((id, secret)) = who {
            request = request.basic_auth(id, Some(secret));
        }
        runtime.block_on(async {
            let response = request.send().await.expect("an answer");
            let kind =
                response.headers().get("content-type").map(|kind| kind.to_str().expect("text").to_owned());
            (response.status().as_u16(), kind.unwrap_or_default(), response.text().await.expect("a body"))
        })
    };
    let (status, kind, body) = get("/queries/TypeNamed.csv", Some(&reader));
    assert_eq!((status, body.as_str()), (200, "name,kind\nQuery,OBJECT\n"));
    assert!(kind.starts_with("text/csv"), "{kind}");
    let (status, kind, body) = get("/queries/TypeNamed.json?name=Int", Some(&reader));
    assert_eq!((status, kind.as_str()), (200, "application/json"));
    assert_eq!(body, "{\"data\":{\"__type\":{\"name\":\"Int\",\"kind\":\"SCALAR\"}}}");
    let (_, _, body) = get("/queries/TypeNamed.csv?name=Nothing", Some(&reader));
    assert_eq!(body, "name,kind\n");
    let (status, _, body) = get("/queries", Some(&reader));
    assert_eq!(status, 200);
    let listed: Value = serde_json::from_str(&body).expect("JSON");
    let mine =
        listed["queries"].as_array().expect("a list").iter().find(|query| query["name"] == "TypeNamed");
    let mine = mine.expect("it is listed");
    assert_eq!(mine["description"], "Says what a type is. In two lines.");
    assert_eq!(
        mine["variables"][0],
        serde_json::json!({"name": "name", "type": "String!", "default": "Query", "isRequired": false})
    );
    for (path, who, status, part) in [
        ("/queries/TypeNamed.csv", None, 401, "UNAUTHORIZED"),
        ("/queries", None, 401, "UNAUTHORIZED"),
        ("/queries/TypeNamed.csv", Some(&writer), 403, "FORBIDDEN"),
        ("/queries/Nothing.csv", Some(&reader), 404, "Nothing"),
        ("/queries/TypeNamed.xml", Some(&reader), 404, "NOT_FOUND"),
        ("/queries/TypeNamed", Some(&reader), 404, "NOT_FOUND"),
        ("/queries/..%2FTypeNamed.csv", Some(&reader), 404, "NOT_FOUND"),
        ("/queries/%2e%2e/TypeNamed.csv", Some(&reader), 404, ""),
        ("/queries/TypeNamed.csv?nome=x", Some(&reader), 400, "it has name, on"),
        ("/queries/TypeNamed.csv?on=yes", Some(&reader), 400, "true or false"),
        ("/queries/TypeNamed.csv?name=a&name=b", Some(&reader), 400, "given twice"),
    ] {
        let (found, _, body) = get(path, who);
        assert_eq!(found, status, "{path}: {body}");
        assert!(body.contains(part), "{path}: {body}");
    }
    server.stop();
}

#[test]
fn a_saved_query_answers_on_the_command_line_in_each_format() {
    let data = tempfile::tempdir().expect("a folder");
    let folder = queries(&[
        ("TypeNamed.graphql", TYPE_NAMED),
        ("Both.graphql", "# Two.\nquery Both { a: __typename b: __typename }"),
    ]);
    out(&muster(data.path(), &["project", "create", "p"]));
    let folder = folder.path().to_str().expect("UTF-8");
    let run = |arguments: &[&str]| {
        let all: Vec<&str> =
            ["query", "--project", "p", "--queries-dir", folder].iter().chain(arguments).copied().collect();
        muster(data.path(), &all)
    };
    assert_eq!(out(&run(&["TypeNamed", "--format", "csv", "--var", "name=Int"])), "name,kind\nInt,SCALAR\n");
    let table = out(&run(&["TypeNamed"]));
    assert!(
        table.contains("┆ kind") && table.contains("│ Query ┆ OBJECT │") && table.ends_with("1 row\n"),
        "{table}"
    );
    let json: Value = serde_json::from_str(&out(&run(&["TypeNamed", "--format", "json"]))).expect("JSON");
    assert_eq!(json["data"]["__type"]["name"], "Query");
    for (arguments, part) in [
        (["TypeNamed", "--var", "on=x"].as_slice(), "on: is \"x\""),
        (&["TypeNamed", "--var", "x=1"], "x: is no variable"),
        (&["TypeNamed", "--var", "x"], "NAME=VALUE"),
        (&["Both", "--format", "csv"], "a, b"),
    ] {
        let told = run(arguments);
        assert_eq!(told.status.code(), Some(2), "{}", stderr(&told));
        assert!(stderr(&told).contains(part), "{part}: {}", stderr(&told));
    }
    assert!(
        out(&muster(data.path(), &["query", "--queries-dir", folder])).contains("--var on: Boolean! = true")
    );
}
