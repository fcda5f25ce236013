//! Documents drawn from the schema by schemathesis (PyPI), against a real server: no answer is a fault.
//!
//! A minute in the ordinary run, ten with `MUSTER_EFFORT=long`.

use crate::support::app::TestApp;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGE: &str = "schemathesis==4.32.5";

/// The program, installed outside the repository when it is not there yet; or why it cannot be.
fn installed() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("schemathesis");
    let (program, marker) = (folder.join("bin/st"), folder.join("installed"));
    if std::fs::read_to_string(&marker).is_ok_and(|package| package == PACKAGE) {
        return Ok(program);
    }
    let run = |program: &Path, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output();
        let output = output.map_err(|error| format!("{}: {error}", program.display()))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(()) } else { Err(format!("{}: {said}", program.display())) }
    };
    run(Path::new("python3"), &["-m", "venv", &folder.display().to_string()])?;
    run(&folder.join("bin/pip"), &["install", "--quiet", "--disable-pip-version-check", PACKAGE])?;
    std::fs::write(marker, PACKAGE).map_err(|error| error.to_string())?;
    Ok(program)
}

/// A few events of a few people, so that answers have rows.
async fn fill(t: &TestApp) {
    let groups: Vec<Value> = (0..3)
        .map(|n| json!({"type": "group", "payload": {"id": format!("g{n}"), "type": "company", "name": "G"}}))
        .collect();
    let events: Vec<Value> = (0..60)
        .map(|n| {
            json!({"type": "track", "payload": {"name": format!("event {}", n % 4), "profileId": format!("p{}", n % 7),
                "groups": [format!("g{}", n % 3)], "properties": {"n": n, "plan": "team"}}})
        })
        .collect();
    for body in [Value::from(groups), Value::from(events)] {
        assert_eq!(t.track(&body).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_document_that_the_schema_allows_is_a_fault_of_the_server() {
    let program = match tokio::task::spawn_blocking(installed).await.expect("it ends") {
        Ok(program) => program,
        Err(reason) => {
            eprintln!(
                "SKIPPED: schemathesis cannot be installed from PyPI, so no document was drawn: {reason}"
            );
            return;
        }
    };
    let seconds = if std::env::var("MUSTER_EFFORT").as_deref() == Ok("long") { "600" } else { "60" };
    let t = TestApp::start_with(|config| config.max_requests_per_minute = 0).await;
    fill(&t).await;
    let served = t.serve().await;
    let reports = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(program);
    command.args(["run", &format!("{}/graphql", served.url), "--max-time", seconds]);
    command.args([
        "--phases",
        "fuzzing",
        "--checks",
        "is_no_fault",
        "--continue-on-failure",
        "--workers",
        "2",
    ]);
    // Their statuses tell what became of operations.
    command.args(["-H", "Accept: application/graphql-response+json"]);
    command.args(["-H", &format!("openpanel-client-id: {}", t.alpha.admin.id)]);
    command.args(["-H", &format!("openpanel-client-secret: {}", t.alpha.admin.secret)]);
    command.env("SCHEMATHESIS_HOOKS", "muster_hooks");
    command.env("PYTHONPATH", Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis"));
    command.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(reports.path());
    let output =
        tokio::task::spawn_blocking(move || command.output().expect("it runs")).await.expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let generated = said.lines().find_map(|line| line.trim().split_once(" generated,"));
    let generated: u32 =
        generated.and_then(|(count, _)| count.parse().ok()).unwrap_or_else(|| panic!("{said}"));
    assert!(generated >= 100, "documents were drawn: {said}");
}
