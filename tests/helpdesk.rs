//! Real data with known answers: the ticket log of a help desk, imported by the command line and asked over
//! GraphQL, by the command line, and at the CSV address.
//!
//! The file is not part of the repository. Where it is missing, the test says so loudly and passes.

use crate::server::{Server, muster, out};
use serde_json::Value;
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

/// A question, asked as the saved query of its operation's name, and its answer as CSV without the rates, which are
/// compared between the ways out.
struct Figure {
    document: &'static str,
    variables: &'static [(&'static str, &'static str)],
    expected: &'static str,
}

const TYPES: &str = "# How many groups each type has.
query HelpdeskTypes { groupTypes { type groups } }
";

const TOTALS: &str = "# Companies, agents and events between two days.
query HelpdeskTotals($from: DateTime = \"2010-01-01T00:00:00Z\", $to: DateTime = \"2015-01-01T00:00:00Z\") {
  activeUsers(groupType: \"company\", range: { from: $from, to: $to }) {
    totals { groups activeUsers events firstAt lastAt }
  }
}
";

const ACTIVE: &str = "# The companies most active between two days.
query HelpdeskActive($from: Date! = \"2010-01-01\", $to: Date! = \"2015-01-01\", $first: Int = 5) {
  activeUsersTable(groupType: \"company\", from: $from, to: $to, first: $first) { groupId activeUsers events }
}
";

const FUNNEL: &str = "# How tickets or companies get from being assigned to being closed.
query HelpdeskFunnel($window: String = \"P30D\", $unit: String = \"ticket\") {
  funnelTable(
    steps: \"Assign seriousness,Take in charge ticket,Resolve ticket,Closed\"
    window: $window from: \"2010-01-01\" to: \"2015-01-01\" unit: \"GROUP\" unitGroupType: $unit
  ) { event units rateFromStart rateFromPrevious }
}
";

const FIGURES: [Figure; 8] = [
    Figure {
        document: TYPES,
        variables: &[],
        expected: "type,groups\nticket,4580\ncompany,397\nproduct,21\nteam,4\n",
    },
    Figure {
        document: TOTALS,
        variables: &[],
        expected: "totals.groups,totals.activeUsers,totals.events,totals.firstAt,totals.lastAt\n\
                   397,22,21348,2010-01-13T08:40:25Z,2014-01-03T13:20:58Z\n",
    },
    Figure {
        document: TOTALS,
        variables: &[("from", "2012-06-01T00:00:00Z"), ("to", "2012-07-01T00:00:00Z")],
        expected: "totals.groups,totals.activeUsers,totals.events\n144,14,722\n",
    },
    Figure {
        document: ACTIVE,
        variables: &[],
        expected: "groupId,activeUsers,events\ncompany:Value 9,19,1133\ncompany:Value 22,18,1233\n\
                   company:Value 92,17,546\ncompany:Value 18,17,437\ncompany:Value 35,17,357\n",
    },
    Figure {
        document: ACTIVE,
        variables: &[("from", "2012-01-01"), ("to", "2013-01-01"), ("first", "3")],
        expected: "groupId,activeUsers,events\n\
                   company:Value 9,12,286\ncompany:Value 8,11,182\ncompany:Value 35,11,93\n",
    },
    Figure {
        document: FUNNEL,
        variables: &[],
        expected: "event,units\nAssign seriousness,4495\nTake in charge ticket,4153\nResolve ticket,3800\n\
                   Closed,70\n",
    },
    Figure {
        document: FUNNEL,
        variables: &[("window", "P7D")],
        expected: "event,units\nAssign seriousness,4495\nTake in charge ticket,3458\nResolve ticket,2222\n\
                   Closed,0\n",
    },
    Figure {
        document: FUNNEL,
        variables: &[("unit", "company")],
        expected: "event,units\nAssign seriousness,391\nTake in charge ticket,382\nResolve ticket,375\n\
                   Closed,195\n",
    },
];

/// The name of the operation in a document.
fn name(document: &str) -> &str {
    let rest = document.split("query ").nth(1).expect("a query");
    &rest[..rest.find(['(', ' ']).expect("an end")]
}

/// The columns of a CSV text that another one has, in its order.
fn chosen(csv: &str, like: &str) -> String {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let headings = reader.headers().expect("headings").clone();
    let wanted: Vec<&str> = like.lines().next().expect("headings").split(',').collect();
    let places: Vec<usize> = wanted
        .iter()
        .map(|wanted| headings.iter().position(|heading| heading == *wanted).expect("the column"))
        .collect();
    let rows = reader.records().map(|row| {
        let row = row.expect("a row");
        places.iter().map(|place| &row[*place]).collect::<Vec<_>>().join(",")
    });
    std::iter::once(wanted.join(",")).chain(rows).map(|line| line + "\n").collect()
}

/// The rows of an answer as CSV, by the columns of a CSV text: its numbers as GraphQL wrote them.
fn as_csv(answer: &Value, like: &str) -> String {
    let (_, field) = answer["data"].as_object().expect("data").iter().next().expect("a field");
    let rows = field.as_array().cloned().unwrap_or_else(|| vec![field.clone()]);
    let headings = like.lines().next().expect("headings");
    let cells = |row: &Value| {
        let cell = |heading: &str| match heading.split('.').fold(row, |value, key| &value[key]) {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        headings.split(',').map(cell).collect::<Vec<_>>().join(",")
    };
    std::iter::once(headings.to_owned()).chain(rows.iter().map(cells)).map(|line| line + "\n").collect()
}

#[test]
fn every_published_figure_comes_back_from_every_way_out() {
    let Some(file) = file() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (data, queries) = (folder.path().join("data"), folder.path().join("queries"));
    std::fs::create_dir_all(&queries).expect("a folder for saved queries");
    for document in [TYPES, TOTALS, ACTIVE, FUNNEL] {
        std::fs::write(queries.join(format!("{}.graphql", name(document))), document).expect("written");
    }
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
    for Figure { document, variables, expected } in &FIGURES {
        let name = name(document);
        let query: Vec<String> = variables.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let address = format!("/queries/{name}.csv?{}", query.join("&").replace(':', "%3A"));
        let by_address = server.get(credentials, &address).replace("\r\n", "\n");
        assert_eq!(chosen(&by_address, expected), *expected, "{address}");

        let mut arguments = vec!["query", name, "--project", "helpdesk", "--format", "csv"];
        arguments.extend(query.iter().flat_map(|variable| ["--var", variable]));
        let by_command = out(&muster(&data, &arguments)).replace("\r\n", "\n");
        assert_eq!(by_command, by_address, "{arguments:?}");

        let typed = variables.iter().map(|(key, value)| {
            let number = value.parse::<i64>().map(Value::from);
            ((*key).to_owned(), number.unwrap_or_else(|_| Value::from(*value)))
        });
        let answer = server.graphql(credentials, document, &Value::Object(typed.collect()));
        assert_eq!(as_csv(&answer, &by_address), by_address, "{answer}");
    }
}
