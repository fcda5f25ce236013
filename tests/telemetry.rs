//! What a server tells of its work: spans to a collector, a log; and what it tells to neither.

use crate::support::app::add_project;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use muster::app::App;
use muster::config::Config;
use muster::domain::time::SystemClock;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// What a collector was sent: the bytes of each request, decoded.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

async fn collect(State(collector): State<Collector>, headers: HeaderMap, body: Bytes) -> StatusCode {
    assert_eq!(headers["content-type"], "application/x-protobuf");
    let request = ExportTraceServiceRequest::decode(body).expect("OTLP");
    collector.0.lock().expect("whole").push(request);
    StatusCode::OK
}

fn text<'s>(span: &'s Span, key: &str) -> Option<&'s str> {
    let value = span.attributes.iter().find(|attribute| attribute.key == key)?.value.as_ref()?;
    match value.value.as_ref()? {
        Any::StringValue(text) => Some(text),
        _ => None,
    }
}

/// A server that is told to stop when this ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What is sent and must be told to nobody.
const SECRETS: [&str; 8] = [
    "secret-of-nobody",
    "203.0.113.77",
    "private@example.com",
    "hidden-property-value",
    "hidden-profile",
    "hiddenArgument",
    "hidden-query-string",
    "hidden-group",
];

#[tokio::test(flavor = "multi_thread")]
async fn spans_reach_a_collector_and_neither_they_nor_the_log_tell_what_people_sent() {
    let collector = Collector::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let router = Router::new().route("/v1/traces", post(collect)).with_state(collector.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.expect("serving") });

    let data = tempfile::tempdir().expect("a folder");
    let app = App::open(Config::for_testing(data.path()), Arc::new(SystemClock)).await.expect("a new folder");
    let project = add_project(&app, "alpha").await;
    app.stop().await.expect("a clean stop");
    let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--seal-rows", "5"]);
    // As much as there is to tell.
    command.env("MUSTER_DATA_DIR", data.path()).env("MUSTER_LOG", "muster=trace");
    command.args(["--otlp-endpoint", &endpoint]).stderr(Stdio::piped());
    let mut running = Running(command.spawn().expect("the program runs"));
    let mut log =
        BufReader::new(running.0.stderr.take().expect("piped")).lines().map(|line| line.expect("UTF-8"));
    let mut told: Vec<String> = Vec::new();
    let url = loop {
        let line = log.next().expect("it serves");
        let entry: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        told.push(line);
        if entry["message"] == "serving" {
            break format!("http://{}", entry["address"].as_str().expect("an address"));
        }
    };
    let reading = std::thread::spawn(move || told.into_iter().chain(log).collect::<Vec<String>>());

    let http = reqwest::Client::new();
    let forwarded = ("x-forwarded-for", "203.0.113.77");
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let asked = http
        .post(format!("{url}/graphql"))
        .basic_auth(&project.admin.id, Some(&project.admin.secret))
        .header(forwarded.0, forwarded.1)
        .header("request-id", "request-of-the-test")
        .header("traceparent", format!("00-{trace}-b7ad6b7169203331-01"))
        .json(&json!({"query": "query Told { activeUsers(groupType: \"hidden-group\", last: \"P30D\") { totals { events } } }"}));
    let answer = asked.send().await.expect("an answer");
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["request-id"]),
        (200, &"request-of-the-test".parse().expect("a header"))
    );
    for number in 0..20 {
        let event = json!({"type": "track", "payload": {"name": "x", "profileId": "hidden-profile", "groups": ["hidden-group"],
            "properties": {"a": "hidden-property-value", "n": number}}});
        let identify = json!({"type": "identify", "payload": {"profileId": "hidden-profile", "email": "private@example.com"}});
        for body in [event, identify, json!({"type": "hiddenArgument"})] {
            let sent = http.post(format!("{url}/track")).header(forwarded.0, forwarded.1).json(&body);
            let sent = sent.header("openpanel-client-id", &project.write.id);
            drop(
                sent.header("openpanel-client-secret", &project.write.secret)
                    .send()
                    .await
                    .expect("an answer"),
            );
        }
    }
    let wrong = http.post(format!("{url}/graphql")).basic_auth(&project.admin.id, Some("secret-of-nobody"));
    assert_eq!(wrong.json(&json!({"query": "{ x }"})).send().await.expect("an answer").status(), 401);
    for (path, body) in [
        ("/graphql", "{\"query\": \"{ hiddenArgument }\"}"),
        ("/graphql", "{ hiddenArgument"),
        (
            "/graphql",
            "{\"query\": \"mutation { eraseProfile(input: {id: \\\"hidden-profile\\\"}) { erasure { id } } }\"}",
        ),
        ("/nothing/here?q=hidden-query-string", "{}"),
    ] {
        let sent = http.post(format!("{url}{path}")).header("content-type", "application/json").body(body);
        drop(
            sent.basic_auth(&project.admin.id, Some(&project.admin.secret)).send().await.expect("an answer"),
        );
    }
    let saved = http.get(format!("{url}/queries/ActiveGroups.csv?groupType=hidden-group"));
    drop(saved.basic_auth(&project.read.id, Some(&project.read.secret)).send().await.expect("an answer"));

    let id = running.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill runs").success());
    let status = tokio::task::spawn_blocking(move || running.0.wait().expect("it ends"));
    assert!(status.await.expect("waited").success());

    let requests = collector.0.lock().expect("whole");
    let spans: Vec<&Span> = requests
        .iter()
        .flat_map(|request| &request.resource_spans)
        .flat_map(|resource| &resource.scope_spans)
        .flat_map(|scope| &scope.spans)
        .collect();
    let request = spans.iter().find(|span| text(span, "request.id") == Some("request-of-the-test"));
    let request = request.unwrap_or_else(|| panic!("the request is told: {spans:#?}"));
    assert_eq!(
        (request.name.as_str(), text(request, "http.route"), text(request, "query.name")),
        ("request", Some("/graphql"), Some("Told"))
    );
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    assert_eq!(
        (hex(&request.trace_id).as_str(), hex(&request.parent_span_id).as_str()),
        (trace, "b7ad6b7169203331")
    );
    let statement = spans.iter().find(|span| span.name == "statement" && span.trace_id == request.trace_id);
    assert!(statement.is_some(), "what was asked of the engine belongs to the request");
    let service = format!("{:?}", requests[0].resource_spans[0].resource);
    assert!(service.contains("service.name") && service.contains("muster"), "{service}");

    let log = reading.join().expect("the log is read").join("\n");
    let told = format!("{spans:?}");
    assert!(
        log.contains("request-of-the-test")
            && log.contains("answered")
            && log.contains("sealed a generation")
    );
    for secret in SECRETS.into_iter().chain([project.admin.secret.as_str(), project.write.secret.as_str()]) {
        assert!(!told.contains(secret), "{secret} is in a span");
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} is in the log");
    }
}
