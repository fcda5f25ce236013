//! The real `@openpanel/sdk` from npm against a real server: only `apiUrl` and the credentials are changed.

use crate::support::app::{Credentials, TestApp};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// Runs a program to its end and gives what it printed.
fn run(program: &str, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap_or_else(|error| {
        panic!("{program} cannot be run ({error}); this test needs Node.js 18 or later with npm: https://nodejs.org")
    });
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success(),
        "{program} {arguments:?} failed; npm needs its registry once.\n{out}\n{err}"
    );
    out.into_owned()
}

/// The packages of `tests/sdk`, installed outside the repository when they are not there yet.
pub(crate) fn packages() -> PathBuf {
    // Tests run side by side, and one of them installs.
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _alone = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("openpanel-sdk");
    let packages = folder.join("node_modules");
    let wanted = std::fs::read(sources.join("package-lock.json")).expect("the lock file");
    if std::fs::read(folder.join("package-lock.json")).ok().as_ref() != Some(&wanted) || !packages.is_dir() {
        std::fs::create_dir_all(&folder).expect("a folder below the target directory");
        for file in ["package.json", "package-lock.json"] {
            std::fs::copy(sources.join(file), folder.join(file)).expect("a copy");
        }
        run("npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"], &folder);
    }
    packages
}

/// Runs a script of `tests/sdk` to its end; gives the JSON that it printed.
pub(super) async fn script(name: &str, arguments: Vec<String>) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk").join(name).display().to_string();
    let ran = tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = std::iter::once(&script).chain(&arguments).map(String::as_str).collect();
        run("node", &arguments, Path::new(env!("CARGO_MANIFEST_DIR")))
    });
    let printed = ran.await.expect("the script ends");
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
}

/// The SDK's entry file.
fn sdk() -> PathBuf {
    let package = packages().join("@openpanel/sdk");
    let manifest = std::fs::read(package.join("package.json")).expect("the package's manifest");
    let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
    assert_eq!(manifest["version"], "1.3.1");
    package.join("dist/index.js")
}

/// Runs the flow against a server and gives the answers the SDK handed to the product.
async fn log_in(url: &str, client: &Credentials) -> Value {
    let sdk = tokio::task::spawn_blocking(sdk).await.expect("it is installed").display().to_string();
    script("login-flow.mjs", vec![sdk, url.to_owned(), client.id.clone(), client.secret.clone()]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_flow_of_an_openpanel_user_arrives_as_it_was_meant() {
    let t = TestApp::start_with_system_clock().await;
    let served = t.serve().await;
    let answers = log_in(&format!("{}/api", served.url), &t.alpha.write).await;
    for (call, answer) in answers.as_object().expect("an object") {
        if call == "stranger" {
            assert_eq!(answer, &Value::Null, "the SDK gave up");
        } else {
            assert!(answer["deviceId"].is_string() && answer["sessionId"].is_string(), "{call}: {answer}");
        }
    }

    let events: Vec<Value> = t
        .events(&t.alpha)
        .await
        .into_iter()
        .map(|event| json!([event["name"], event["profileId"], event["groups"]]))
        .collect();
    assert_eq!(
        events,
        [
            json!(["page_opened", null, []]),
            json!(["login", "jane", ["acme", "acme-design"]]),
            json!(["report_shared", "jane", ["acme", "acme-design", "partner"]]),
            json!(["invite_sent", "joe", ["acme", "acme-design"]]),
            json!(["revenue", "jane", ["acme", "acme-design"]]),
            json!(["logged_out", null, []]),
            json!(["login", "joe", ["globex"]]),
            json!(["queued", "kim", ["acme"]]),
        ]
    );
    let events = t.events(&t.alpha).await;
    let sdk = json!({"app": "web", "__sdkName": "node", "__sdkVersion": "1.3.1"});
    let with_sdk = |mut own: Value| {
        let own_map = own.as_object_mut().expect("an object");
        own_map.extend(sdk.as_object().expect("an object").clone());
        own
    };
    assert_eq!(
        events[1]["properties"],
        with_sdk(json!({"method": "sso", "attempt": 1, "first": true, "nothing": null}))
    );
    assert_eq!(
        (&events[4]["revenue"], &events[4]["properties"]),
        (&json!(1250), &with_sdk(json!({"invoice": "i-1"})))
    );

    assert_eq!(
        t.groups(&t.alpha).await,
        [
            json!({"id": "acme", "type": "company", "name": "Acme", "properties": {"plan": "pro", "tags": ["a", "[b]"]}})
        ]
    );
    assert_eq!(
        t.memberships(&t.alpha).await,
        [json!(["jane", "acme", true]), json!(["jane", "acme-design", true]), json!(["joe", "globex", true])]
    );
    let profiles: Vec<Value> = t
        .profiles(&t.alpha)
        .await
        .into_iter()
        .map(|profile| json!([profile["id"], profile["firstName"], profile["email"], profile["properties"]]))
        .collect();
    assert_eq!(
        profiles,
        [
            json!(["jane", "Jane", "jane@acme.test", {"app": "web", "seats": 1, "logins": 1}]),
            json!(["joe", "Joe", null, {"app": "web"}]),
            json!(["kim", "Kim", null, {}]),
        ]
    );
    assert!(t.events(&t.beta).await.is_empty());
}
