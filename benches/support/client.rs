//! A client of the server: questions and events over HTTP.

use super::Result;
use super::server::{Program, Server};
use reqwest::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::Path;

/// The project of the data set.
pub(crate) const PROJECT: &str = "bench";

/// A client's id and secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Credentials {
    /// The id.
    pub(crate) id: String,
    /// The secret.
    pub(crate) secret: String,
}

impl Credentials {
    /// Those of a new client of the project that may ask and send.
    pub(crate) fn make(program: &Program, data: &Path) -> Result<Self> {
        let create = ["client", "create", "--project", PROJECT, "--right", "ADMIN", "--json"];
        Ok(serde_json::from_str(&program.run(data, &create)?)?)
    }
}

/// Somebody who asks and sends. Clones share connections.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    credentials: Credentials,
}

/// What a browser calls itself.
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36";

impl Client {
    /// A client of a server.
    pub(crate) fn of(server: &Server, credentials: &Credentials) -> Result<Self> {
        Self::at(&server.url, credentials)
    }

    /// A client of whatever answers at an address.
    pub(crate) fn at(url: &str, credentials: &Credentials) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(256).build()?;
        Ok(Self { http, url: url.to_owned(), credentials: credentials.clone() })
    }

    /// The same connections with other credentials.
    pub(crate) fn with(&self, credentials: &Credentials) -> Self {
        Self { credentials: credentials.clone(), ..self.clone() }
    }

    /// The data of a GraphQL answer. An answer with errors is an error.
    pub(crate) async fn ask(&self, document: &str, variables: &Value) -> Result<Value> {
        let body = json!({ "query": document, "variables": variables }).to_string();
        let mut answer: Value =
            serde_json::from_slice(&self.post(&format!("{}/graphql", self.url), body).await?)?;
        if let Some(errors) = answer.get("errors") {
            return Err(errors.to_string().into());
        }
        Ok(answer["data"].take())
    }

    /// The bytes of a GraphQL answer, which nobody reads: how a load generator asks.
    pub(crate) async fn fetch(&self, body: String) -> Result<Vec<u8>> {
        let bytes = self.post(&format!("{}/graphql", self.url), body).await?;
        if bytes.starts_with(b"{\"data\":{") {
            Ok(bytes)
        } else {
            Err(String::from_utf8_lossy(&bytes).into())
        }
    }

    /// Sends operations to `/track` and waits until they are durable.
    pub(crate) async fn track(&self, body: String) -> Result<()> {
        self.post(&format!("{}/track", self.url), body).await.map(drop)
    }

    /// How many events the project has.
    pub(crate) async fn count_events(&self) -> Result<u64> {
        let data = self.ask("{ events(first: 1) { totalCount } }", &json!({})).await?;
        Ok(data["events"]["totalCount"].as_u64().ok_or("no count of events")?)
    }

    async fn post(&self, url: &str, body: String) -> Result<Vec<u8>> {
        let Credentials { id, secret } = &self.credentials;
        let request =
            self.http.post(url).header(CONTENT_TYPE, "application/json").header("user-agent", BROWSER);
        let request = request.header("openpanel-client-id", id).header("openpanel-client-secret", secret);
        let response = request.body(body).send().await?;
        let status = response.status();
        let bytes = response.bytes().await?;
        if status.is_success() {
            return Ok(bytes.to_vec());
        }
        Err(format!("{status}: {}", String::from_utf8_lossy(&bytes)).into())
    }
}
