//! What analysts use: pandas, DuckDB, Superset's adapter and `gql`.

use super::packages::python;
use super::start;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn pandas_and_duckdb_read_saved_queries_by_their_address() {
    let t = start().await;
    let served = t.serve().await;
    let Some(told) = python("tables.py", &served, &t.alpha.read).await else { return };
    let rows = json!([
        ["acme", "Acme", "company", 2, 3, "2026-03-10T09:00:00Z"],
        ["globex", "Globex", "company", 1, 1, "2026-03-10T10:00:00Z"],
    ]);
    let columns = |text: &str, number: &str, instant: &str| {
        json!({"groupId": text, "groupName": text, "groupType": text, "activeUsers": number, "events": number,
            "lastActiveAt": instant})
    };
    let pandas = columns("str", "int64", "datetime64[us, UTC]");
    let duckdb = columns("VARCHAR", "BIGINT", "TIMESTAMP WITH TIME ZONE");
    for (reader, columns) in [
        ("pandasCsv", &pandas),
        ("pandasParquet", &pandas),
        ("pandasArrow", &pandas),
        ("pandasJson", &columns("str", "int64", "str")),
        ("duckdbCsv", &duckdb),
        ("duckdbParquet", &duckdb),
        ("duckdbArrow", &duckdb),
    ] {
        assert_eq!(told[reader], json!({"columns": columns, "rows": rows}), "{reader}");
    }
    assert_eq!(told["stranger"], 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn superset_finds_every_table_and_asks_it_in_sql() {
    let t = start().await;
    let served = t.serve().await;
    let Some(told) = python("superset.py", &served, &t.alpha.read).await else { return };
    assert_eq!(
        told["activeUsers"],
        json!([["Acme", 2, 3, "2026-03-10T09:00:00+00:00"], ["Globex", 1, 1, "2026-03-10T10:00:00+00:00"]])
    );
    assert_eq!(told["totals"], json!([["company", 1, 3]]));
    assert_eq!(
        told["groups"],
        json!([["acme", "Acme", 1], ["globex", "Globex", 0], ["umbrella", "Umbrella", 0]])
    );
    assert_eq!(told["funnel"], json!([[1, "login", 3], [2, "report_shared", 1]]));
    assert_eq!(told["events"].as_array().map(Vec::len), Some(4), "{}", told["events"]);
    // Every field that ends in `Table` is one.
    let sdl = muster::graphql::sdl();
    let queries =
        sdl.split("type Query {").nth(1).and_then(|rest| rest.split("\n}").next()).expect("queries");
    let fields = queries.lines().filter_map(|line| line.strip_prefix('\t')?.strip_suffix('('));
    let mut tables: Vec<&str> = fields.filter(|field| field.ends_with("Table")).collect();
    let mut opened: Vec<&String> = told["tables"].as_object().expect("an object").keys().collect();
    tables.sort_unstable();
    opened.sort();
    assert_eq!(opened, tables);
    let columns = told["tables"].as_object().expect("an object").values();
    assert!(columns.into_iter().all(|columns| columns.as_i64() > Some(1)), "{}", told["tables"]);
    let stranger = told["stranger"].as_str().expect("refused");
    assert!(stranger.contains("401"), "{stranger}");
}

#[tokio::test(flavor = "multi_thread")]
async fn gql_of_python_asks_changes_and_subscribes() {
    let t = start().await;
    let served = t.serve().await;
    let Some(told) = python("library.py", &served, &t.alpha.admin).await else { return };
    let rows = |told: &Value| {
        let rows = told["active"]["activeUsers"]["rows"].as_array().expect("rows").iter();
        rows.map(|row| json!([row["group"]["id"], row["activeUsers"]])).collect::<Vec<_>>()
    };
    assert_eq!(rows(&told), [json!(["acme", 2]), json!(["globex", 1])]);
    assert_eq!(told["changed"]["upsertGroup"]["outcome"], "CREATED");
    assert_eq!(told["checkedBefore"], "Cannot query field 'nothing' on type 'Query'.");
    assert_eq!(told["refused"], json!({"code": "BAD_INPUT", "argument": "last"}));
    assert_eq!(told["atOnce"], json!(["Acme", "Globex", "Initech"]));
    assert_eq!(told["subscribed"], json!(["event-0", "event-1"]));
}
