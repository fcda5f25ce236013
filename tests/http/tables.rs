//! Saved queries as tables: each format with its columns typed, validators, compression, and files that change.

use crate::support::app::{Answer, Served, TestApp};
use arrow::array::{
    Array, Int64Array, RecordBatch, RecordBatchReader, StringArray, TimestampMicrosecondArray,
};
use arrow::ipc::reader::StreamReader;
use chrono::TimeDelta;
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::{Value, json};
use std::io::Read;
use std::path::Path;

const TABLE: &str = "# Companies and their users.
query Companies($groupType: String! = \"company\", $top: Int = 10) {
  activeUsersTable(groupType: $groupType, from: \"2026-01-01\", to: \"2027-01-01\", first: $top) {
    groupId groupName activeUsers events lastActiveAt
  }
}
";

/// A server with a folder of saved queries and two companies, one of them with a name that looks like a formula.
async fn start(folder: &Path) -> TestApp {
    std::fs::write(folder.join("Companies.graphql"), TABLE).expect("written");
    let queries_dir = folder.to_path_buf();
    let t = TestApp::start_with(|config| config.queries_dir = queries_dir).await;
    let document = "mutation {
      a: upsertGroup(input: {id: \"acme\", type: \"company\", name: \"Acme\"}) { outcome }
      b: upsertGroup(input: {id: \"evil\", type: \"company\", name: \"=1+1\"}) { outcome }
      trackBatch(input: {events: [
        {name: \"login\", profileId: \"jane\", groups: [\"acme\"], occurredAt: \"2026-03-10T09:00:00Z\"}
        {name: \"login\", profileId: \"joe\", groups: [\"acme\"], occurredAt: \"2026-03-10T09:30:00.5Z\"}
        {name: \"login\", profileId: \"kim\", groups: [\"evil\"], occurredAt: \"2026-03-10T10:00:00Z\"}
      ]}) { accepted }
    }";
    let answer = t.gql(document, json!({})).await;
    assert_eq!(answer["data"]["trackBatch"]["accepted"], 3, "{answer}");
    t
}

struct Got {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

async fn get(t: &TestApp, served: &Served, path: &str, headers: &[(&str, &str)]) -> Got {
    let mut request = reqwest::Client::new().get(format!("{}{path}", served.url));
    request = request.basic_auth(&t.alpha.read.id, Some(&t.alpha.read.secret));
    for (name, value) in headers {
        request = request.header(HeaderName::from_bytes(name.as_bytes()).expect("a name"), *value);
    }
    let answer = request.send().await.expect("an answer");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Got { status, headers, body: answer.bytes().await.expect("a body").to_vec() }
}

/// The one batch of a reader as ids, names, users and microseconds, after a look at its schema.
fn rows(reader: impl RecordBatchReader) -> Vec<(String, String, i64, i64)> {
    let types: Vec<String> =
        reader.schema().fields().iter().map(|field| field.data_type().to_string()).collect();
    assert_eq!(types, ["Utf8", "Utf8", "Int64", "Int64", "Timestamp(µs, \"UTC\")"]);
    let batches: Vec<RecordBatch> = reader.map(|batch| batch.expect("a batch")).collect();
    let mut rows = Vec::new();
    for batch in &batches {
        let text =
            |column: usize| batch.column(column).as_any().downcast_ref::<StringArray>().expect("texts");
        let users = batch.column(2).as_any().downcast_ref::<Int64Array>().expect("whole numbers");
        let last = batch.column(4).as_any().downcast_ref::<TimestampMicrosecondArray>().expect("instants");
        for row in 0..batch.num_rows() {
            let (id, name) = (text(0).value(row).to_owned(), text(1).value(row).to_owned());
            rows.push((id, name, users.value(row), last.value(row)));
        }
    }
    rows
}

#[tokio::test]
async fn a_table_is_the_same_in_every_format() {
    let folder = tempfile::tempdir().expect("a folder");
    let t = start(folder.path()).await;
    let served = t.serve().await;
    let path = |format: &str| format!("/queries/Companies.{format}");
    let expected = [
        ("acme".to_owned(), "Acme".to_owned(), 2, 1_773_135_000_500_000),
        ("evil".to_owned(), "=1+1".to_owned(), 1, 1_773_136_800_000_000),
    ];
    for (format, media_type) in [
        ("json", "application/json"),
        ("ndjson", "application/x-ndjson"),
        ("csv", "text/csv; charset=utf-8; header=present"),
        ("arrow", "application/vnd.apache.arrow.stream"),
        ("parquet", "application/vnd.apache.parquet"),
    ] {
        let got = get(&t, &served, &path(format), &[]).await;
        assert_eq!((got.status, &got.headers["content-type"]), (200, &media_type.parse().expect("text")));
        assert_eq!(got.headers["cache-control"], "private, no-cache");
        let disposition = format!("inline; filename=\"Companies.{format}\"");
        assert_eq!(got.headers["content-disposition"], disposition);
        let text = String::from_utf8_lossy(&got.body).into_owned();
        match format {
            "json" => {
                let body: Value = serde_json::from_str(&text).expect("JSON");
                assert_eq!(body["data"]["activeUsersTable"][1]["groupName"], "=1+1");
            }
            "ndjson" => {
                let lines: Vec<Value> =
                    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
                let first = json!({"groupId": "acme", "groupName": "Acme", "activeUsers": 2, "events": 2,
                    "lastActiveAt": "2026-03-10T09:30:00.500Z"});
                assert_eq!((lines.len(), &lines[0], &lines[1]["groupName"]), (2, &first, &json!("=1+1")));
            }
            "csv" => assert_eq!(
                text,
                "groupId,groupName,activeUsers,events,lastActiveAt\n\
                 acme,Acme,2,2,2026-03-10T09:30:00.500Z\n\
                 evil,'=1+1,1,1,2026-03-10T10:00:00Z\n"
            ),
            "arrow" => {
                let reader = StreamReader::try_new(&got.body[..], None).expect("a stream");
                assert_eq!(rows(reader), expected);
            }
            _ => {
                let reader = ParquetRecordBatchReader::try_new(bytes::Bytes::from(got.body), 100);
                assert_eq!(rows(reader.expect("a file")), expected);
            }
        }
        let empty = get(&t, &served, &format!("{}?groupType=nothing", path(format)), &[]).await;
        let is_without_rows = match format {
            "arrow" => rows(StreamReader::try_new(&empty.body[..], None).expect("a stream")).is_empty(),
            "parquet" => {
                rows(ParquetRecordBatchReader::try_new(bytes::Bytes::from(empty.body), 100).expect("a file"))
                    .is_empty()
            }
            "ndjson" => empty.body.is_empty(),
            _ => !String::from_utf8_lossy(&empty.body).contains("acme"),
        };
        assert!(empty.status == 200 && is_without_rows, "{format}");
        for (query, status) in [("?top=x", 400), ("?top=0", 400), ("?nothing=1", 400)] {
            let got = get(&t, &served, &format!("{}{query}", path(format)), &[]).await;
            let body: Value = serde_json::from_slice(&got.body).expect("JSON, whatever the format");
            assert_eq!(
                (got.status, &body["error"]["code"]),
                (status, &json!("BAD_INPUT")),
                "{format}{query}"
            );
        }
    }
}

#[tokio::test]
async fn what_a_client_has_is_not_sent_again_until_the_data_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    let t = start(folder.path()).await;
    let served = t.serve().await;
    for path in ["/queries/Companies.csv", "/queries/Companies.parquet", "/queries"] {
        let got = get(&t, &served, path, &[]).await;
        let tag = got.headers["etag"].to_str().expect("text").to_owned();
        assert!(tag.starts_with('"') && tag.len() == 34, "{tag}");
        for shown in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}")] {
            let again = get(&t, &served, path, &[("if-none-match", &shown)]).await;
            assert_eq!(
                (again.status, again.body.len(), &again.headers["etag"]),
                (304, 0, &got.headers["etag"])
            );
        }
        let other = get(&t, &served, path, &[("if-none-match", "\"other\"")]).await;
        assert_eq!((other.status, other.body), (200, got.body));
    }
    let path = "/queries/Companies.csv";
    let before = get(&t, &served, path, &[]).await;
    let zipped = get(&t, &served, path, &[("accept-encoding", "gzip")]).await;
    assert_eq!(zipped.headers["content-encoding"], "gzip");
    assert!(zipped.headers["etag"].to_str().is_ok_and(|tag| tag.ends_with("-gzip\"")));
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(&zipped.body[..]).read_to_end(&mut text).expect("gzip");
    assert_eq!(text, before.body);
    let tag = zipped.headers["etag"].to_str().expect("text");
    let again = [("accept-encoding", "gzip"), ("if-none-match", tag)];
    assert_eq!(get(&t, &served, path, &again).await.status, 304);
    assert_eq!(
        get(&t, &served, path, &[("accept-encoding", "zstd")]).await.headers["content-encoding"],
        "zstd"
    );
    let parquet = get(&t, &served, "/queries/Companies.parquet", &[("accept-encoding", "gzip")]).await;
    assert!(!parquet.headers.contains_key("content-encoding"));

    let event = "mutation { track(input: {name: \"a\", profileId: \"li\", groups: [\"evil\"]}) { outcome } }";
    assert_eq!(t.gql(event, json!({})).await["errors"], Value::Null);
    assert_eq!(get(&t, &served, path, &again).await.status, 200);
}

#[tokio::test]
async fn a_part_is_sent_where_a_part_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let t = start(folder.path()).await;
    let served = t.serve().await;
    let path = "/queries/Companies.parquet";
    let whole = get(&t, &served, path, &[]).await;
    assert_eq!(whole.headers["accept-ranges"], "bytes");
    let length = whole.body.len();
    let end = get(&t, &served, path, &[("range", "bytes=-4")]).await;
    assert_eq!((end.status, end.body.as_slice()), (206, &b"PAR1"[..]));
    assert_eq!(end.headers["content-range"], format!("bytes {}-{}/{length}", length - 4, length - 1));
    let tag = whole.headers["etag"].to_str().expect("text");
    let same = get(&t, &served, path, &[("range", "bytes=0-3"), ("if-range", tag)]).await;
    assert_eq!((same.status, same.body.as_slice()), (206, &b"PAR1"[..]));
    let other = get(&t, &served, path, &[("range", "bytes=0-3"), ("if-range", "\"other\"")]).await;
    assert_eq!((other.status, other.body.len()), (200, length));
    assert_eq!(get(&t, &served, path, &[("range", "bytes=9999999-")]).await.status, 416);
}

async fn ask(t: &TestApp, path: &str) -> Answer {
    t.get(path, &t.alpha.read.headers()).await
}

async fn listed(t: &TestApp) -> Value {
    ask(t, "/queries").await.json()
}

#[tokio::test]
async fn the_list_tells_variables_columns_and_formats() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("Both.graphql"), "# Two.\nquery Both { a: __typename b: __typename }")
        .expect("written");
    let t = start(folder.path()).await;
    let list = listed(&t).await;
    let of = |name: &str| {
        let all = list["queries"].as_array().expect("a list");
        all.iter().find(|query| query["name"] == name).expect("it is listed").clone()
    };
    let companies = of("Companies");
    assert_eq!(companies["description"], "Companies and their users.");
    assert_eq!(companies["formats"], json!(["json", "ndjson", "csv", "arrow", "parquet"]));
    assert_eq!(
        companies["variables"],
        json!([
            {"name": "groupType", "type": "String!", "default": "company", "isRequired": false},
            {"name": "top", "type": "Int", "default": 10, "isRequired": false},
        ])
    );
    assert_eq!(
        companies["columns"],
        json!([
            {"name": "groupId", "type": "String", "arrowType": "string"},
            {"name": "groupName", "type": "String", "arrowType": "string"},
            {"name": "activeUsers", "type": "Int", "arrowType": "int64"},
            {"name": "events", "type": "Int", "arrowType": "int64"},
            {"name": "lastActiveAt", "type": "DateTime", "arrowType": "timestamp[us, tz=UTC]"},
        ])
    );
    assert_eq!((&of("Both")["formats"], &of("Both")["columns"]), (&json!(["json"]), &json!([])));
    assert_eq!(ask(&t, "/queries/Both.parquet").await.status, 400);
}

#[tokio::test]
async fn a_file_that_changes_is_live_within_a_second_and_a_broken_one_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let t = start(folder.path()).await;
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    let description = async |name: &str| -> Value {
        let list = listed(&t).await;
        let found = list["queries"].as_array().expect("a list").iter().find(|query| query["name"] == name);
        found.map_or(Value::Null, |query| query["description"].clone())
    };
    write("New.graphql", "# One.\nquery New { __typename }");
    assert_eq!(ask(&t, "/queries/New.csv").await.status, 404, "the folder was read a moment ago");
    t.advance(TimeDelta::seconds(1));
    let answer = ask(&t, "/queries/New.csv").await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "__typename\nQuery\n"));

    write("New.graphql", "# Two.\nquery New { n: __typename }");
    t.advance(TimeDelta::seconds(1));
    assert_eq!(description("New").await, "Two.");
    assert_eq!(ask(&t, "/queries/New.csv").await.text, "n\nQuery\n");

    write("New.graphql", "# Three.\nquery New { nothing }");
    write("GroupTypes.graphql", "# Mine.\nquery GroupTypes { nothing }");
    t.advance(TimeDelta::seconds(1));
    let list = listed(&t).await;
    let broken: Vec<&str> = list["broken"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|broken| broken["reason"].as_str().is_some_and(|reason| reason.contains("nothing")))
        .map(|broken| broken["file"].as_str().expect("a name"))
        .collect();
    assert_eq!(broken, ["GroupTypes.graphql", "New.graphql"]);
    assert_eq!(ask(&t, "/queries/New.csv").await.text, "n\nQuery\n", "the old one stays");
    assert_eq!(ask(&t, "/queries/GroupTypes.csv").await.status, 200);

    std::fs::remove_file(folder.path().join("New.graphql")).expect("removed");
    write("GroupTypes.graphql", "# Mine.\nquery GroupTypes { __typename }");
    t.advance(TimeDelta::seconds(1));
    assert_eq!(
        (ask(&t, "/queries/New.csv").await.status, description("GroupTypes").await),
        (404, json!("Mine."))
    );
    std::fs::remove_file(folder.path().join("GroupTypes.graphql")).expect("removed");
    t.advance(TimeDelta::seconds(1));
    assert_ne!(description("GroupTypes").await, "Mine.");
    assert_eq!(listed(&t).await["broken"], json!([]));
}
