//! Bad input against a running server and the real command line: each is told what is wrong and what to change,
//! nothing of it is stored, and the server goes on.

/// Who is let in, and to what.
mod access;
/// Questions that cannot be answered, or have an empty answer.
mod analyses;
/// Files that cannot be imported, or not to their end.
mod files;
/// Data folders that cannot be opened.
mod folders;
/// Saved queries that are not there, or have other variables.
mod saved;
/// What is too long, too deep, too wide or too far.
mod sizes;
/// Values of the wrong type, for every argument of the schema and every field of the wire.
mod types;

use crate::server::{Server, muster, out};
use crate::support::app::GRAPHQL_RESPONSE;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::path::Path;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A client's id and secret.
#[derive(Debug, Clone)]
struct Client {
    id: String,
    secret: String,
}

/// What a request was answered.
#[derive(Debug)]
struct Told {
    status: u16,
    text: String,
}

impl Told {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

/// A server as a process, with one project and a client for each right.
struct World {
    server: Option<Server>,
    admin: Client,
    read: Client,
    write: Client,
    http: reqwest::Client,
    runtime: Runtime,
    wrong: RefCell<Vec<String>>,
    folder: TempDir,
}

impl World {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        out(&muster(folder.path(), &["project", "create", "p"]));
        let client = |right: &str| {
            let arguments = ["client", "create", "--project", "p", "--right", right, "--json"];
            let made: Value = serde_json::from_str(&out(&muster(folder.path(), &arguments))).expect("JSON");
            let text = |key: &str| made[key].as_str().expect("a text").to_owned();
            Client { id: text("id"), secret: text("secret") }
        };
        let (admin, read, write) = (client("ADMIN"), client("READ"), client("WRITE"));
        let server = Some(Server::start(folder.path(), &[]));
        let runtime = Runtime::new().expect("a runtime");
        let (http, wrong) = (reqwest::Client::new(), RefCell::default());
        Self { server, admin, read, write, http, runtime, wrong, folder }
    }

    fn data(&self) -> &Path {
        self.folder.path()
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.as_ref().expect("it runs").address)
    }

    fn send(&self, request: reqwest::RequestBuilder, client: Option<&Client>) -> Told {
        let request = request.header("accept", format!("{GRAPHQL_RESPONSE}, */*;q=0.1"));
        let request = match client {
            Some(Client { id, secret }) => request.basic_auth(id, Some(secret)),
            None => request,
        };
        self.runtime.block_on(async {
            let answer = request.send().await.expect("the server answers");
            Told { status: answer.status().as_u16(), text: answer.text().await.expect("a text") }
        })
    }

    fn get(&self, path: &str, client: Option<&Client>) -> Told {
        self.send(self.http.get(self.url(path)), client)
    }

    /// Posts a text as JSON, whatever it is.
    fn post_text(&self, path: &str, client: Option<&Client>, text: String) -> Told {
        let request = self.http.post(self.url(path)).header("content-type", "application/json");
        self.send(request.body(text), client)
    }

    fn post(&self, path: &str, client: Option<&Client>, body: &Value) -> Told {
        self.post_text(path, client, body.to_string())
    }

    fn graphql(&self, client: &Client, document: &str, variables: &Value) -> Told {
        self.post("/graphql", Some(client), &json!({ "query": document, "variables": variables }))
    }

    /// Notes a complaint about an answer unless all is well.
    fn expect(&self, is_well: bool, what: &str, told: &Told) {
        if !is_well {
            let shown: String = told.text.chars().take(600).collect();
            self.wrong.borrow_mut().push(format!("{what}: {} {shown}", told.status));
        }
    }

    /// Expects a GraphQL error with a code, and an argument or none.
    fn expect_error(&self, told: &Told, status: u16, code: &str, argument: Option<&str>, what: &str) {
        let body: Value = serde_json::from_str(&told.text).unwrap_or_default();
        let error = &body["errors"][0];
        let is_well = told.status == status
            && error["extensions"]["code"] == code
            && error["extensions"]["argument"].as_str() == argument
            && error["message"].as_str().is_some_and(|message| (10..600).contains(&message.len()));
        self.expect(is_well, what, told);
    }

    /// Ends the test: what was noted fails it, and so does a server that stored something or is not well.
    fn end(mut self) {
        let wrong = self.wrong.take();
        assert!(
            wrong.is_empty(),
            "{} answers are not as they should be:\n{}",
            wrong.len(),
            wrong[..wrong.len().min(20)].join("\n")
        );
        let health = self.get("/health", None);
        assert_eq!((health.status, &health.json()["status"]), (200, &json!("ok")));
        let document = "{ events { totalCount } groups { totalCount } profiles { totalCount } }";
        let told = self.graphql(&self.admin, document, &json!({})).json();
        for list in ["events", "groups", "profiles"] {
            assert_eq!(told["data"][list]["totalCount"], 0, "{told}");
        }
        self.server.take().expect("it runs").stop();
    }
}
