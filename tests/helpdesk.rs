//! Real data with known answers: the ticket log of a help desk, imported by the command line and asked over
//! GraphQL, by the command line, and at the CSV address.
//!
//! The file is not part of the repository. Where it is missing, the test says so loudly and passes.

use crate::server::{Server, muster, out};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Where the file lies beside a checkout.
fn file() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/helpdesk.csv");
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: {} is missing, so the figures of real data were not compared", path.display());
    None
}

const IMPORT: [&str; 14] = [
    "--name",
    "activity",
    "--profile",
    "agent",
    "--time",
    "timestamp",
    "--group",
    "ticket=ticket",
    "--group",
    "company=customer",
    "--group",
    "product=product",
    "--group",
    "team=workgroup",
];

const FIGURES: &str = r#"
query Figures($from: DateTime = "2010-01-01T00:00:00Z", $to: DateTime = "2015-01-01T00:00:00Z") {
  groupTypes { type groups }
  ever: activeUsers(groupType: "company", range: { from: $from, to: $to }, first: 5) {
    totals { groups activeUsers events firstAt lastAt }
    rows { group { id } activeUsers events }
  }
  year: activeUsers(groupType: "company", range: { from: "2012-01-01T00:00:00Z", to: "2013-01-01T00:00:00Z" }, first: 3) {
    rows { group { id } activeUsers events }
  }
  june: activeUsers(groupType: "company", range: { from: "2012-06-01T00:00:00Z", to: "2012-07-01T00:00:00Z" }) {
    totals { groups activeUsers events }
  }
}"#;

const STEPS: &str = "Assign seriousness,Take in charge ticket,Resolve ticket,Closed";

/// A saved query as the command line and the CSV address know it.
const FUNNEL: &str = "# How tickets or companies get from being assigned to being closed.
query HelpdeskFunnel($window: String = \"P30D\", $unit: String = \"ticket\") {
  funnelTable(
    steps: \"Assign seriousness,Take in charge ticket,Resolve ticket,Closed\"
    window: $window from: \"2010-01-01\" to: \"2015-01-01\" unit: \"GROUP\" unitGroupType: $unit
  ) { event units }
}
";

const ACTIVE: &str = "# The companies most active in 2012.
query HelpdeskActive($first: Int = 3) {
  activeUsersTable(groupType: \"company\", from: \"2012-01-01\", to: \"2013-01-01\", first: $first) {
    groupId activeUsers events
  }
}
";

fn rows(list: &[(&str, u32, u32)]) -> Value {
    list.iter()
        .map(|(id, users, events)| json!({"group": {"id": format!("company:{id}")}, "activeUsers": users, "events": events}))
        .collect()
}

#[test]
fn every_published_figure_comes_back_from_every_way_out() {
    let Some(file) = file() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (data, queries) = (folder.path().join("data"), folder.path().join("queries"));
    std::fs::create_dir_all(&queries).expect("a folder for saved queries");
    std::fs::write(queries.join("HelpdeskFunnel.graphql"), FUNNEL).expect("written");
    std::fs::write(queries.join("HelpdeskActive.graphql"), ACTIVE).expect("written");
    let queries = queries.to_str().expect("UTF-8");
    out(&muster(&data, &["project", "create", "helpdesk"]));
    let client =
        out(&muster(&data, &["client", "create", "--project", "helpdesk", "--right", "READ", "--json"]));
    let client: Value = serde_json::from_str(&client).expect("JSON");
    let import = |times: &str| {
        let mut arguments = vec!["import", file.to_str().expect("UTF-8"), "--project", "helpdesk"];
        arguments.extend(IMPORT);
        let said = out(&muster(&data, &arguments));
        assert!(said.contains(times), "{said}");
    };
    import("21348 events stored");
    import("21348 stored before");

    let server = Server::start(&data, &["--queries-dir", queries]);
    let credentials = (client["id"].as_str().expect("an id"), client["secret"].as_str().expect("a secret"));
    let answer = server.graphql(credentials, FIGURES, &json!({}));
    let figures = &answer["data"];
    assert_eq!(
        figures["groupTypes"],
        json!([
            {"type": "ticket", "groups": 4580}, {"type": "company", "groups": 397},
            {"type": "product", "groups": 21}, {"type": "team", "groups": 4}
        ]),
        "{answer}"
    );
    assert_eq!(
        figures["ever"]["totals"],
        json!({
            "groups": 397, "activeUsers": 22, "events": 21348,
            "firstAt": "2010-01-13T08:40:25Z", "lastAt": "2014-01-03T13:20:58Z"
        })
    );
    let ever = [
        ("Value 9", 19, 1133),
        ("Value 22", 18, 1233),
        ("Value 92", 17, 546),
        ("Value 18", 17, 437),
        ("Value 35", 17, 357),
    ];
    assert_eq!(figures["ever"]["rows"], rows(&ever));
    let year = [("Value 9", 12, 286), ("Value 8", 11, 182), ("Value 35", 11, 93)];
    assert_eq!(figures["year"]["rows"], rows(&year));
    assert_eq!(figures["june"]["totals"], json!({"groups": 144, "activeUsers": 14, "events": 722}));

    let year: Vec<String> =
        year.iter().map(|(id, users, events)| format!("company:{id},{users},{events}")).collect();
    let year = format!("groupId,activeUsers,events\n{}\n", year.join("\n"));
    let by_address = server.get(credentials, "/queries/HelpdeskActive.csv");
    assert_eq!(by_address.replace("\r\n", "\n"), year);
    let by_command = muster(&data, &["query", "HelpdeskActive", "--project", "helpdesk", "--format", "csv"]);
    assert_eq!(out(&by_command).replace("\r\n", "\n"), year);

    for (unit, window, units) in [
        ("ticket", "P30D", [4495, 4153, 3800, 70]),
        ("ticket", "P7D", [4495, 3458, 2222, 0]),
        ("company", "P30D", [391, 382, 375, 195]),
    ] {
        let steps: Vec<String> =
            STEPS.split(',').zip(units).map(|(step, units)| format!("{step},{units}")).collect();
        let expected = format!("event,units\n{}\n", steps.join("\n"));
        let by_address =
            server.get(credentials, &format!("/queries/HelpdeskFunnel.csv?window={window}&unit={unit}"));
        assert_eq!(by_address.replace("\r\n", "\n"), expected, "{unit} {window}");
        let (window, unit) = (format!("window={window}"), format!("unit={unit}"));
        let by_command = muster(
            &data,
            &[
                "query",
                "HelpdeskFunnel",
                "--project",
                "helpdesk",
                "--format",
                "csv",
                "--var",
                &window,
                "--var",
                &unit,
            ],
        );
        assert_eq!(out(&by_command).replace("\r\n", "\n"), expected, "{unit} {window}");
    }
}
