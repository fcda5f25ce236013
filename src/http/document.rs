//! Which document a request means: the one it brings, a saved query, or one that was sent before.
//!
//! | asked for | means |
//! |---|---|
//! | `query` | this document |
//! | `documentId: "ActiveGroups"` | the saved query of this name |
//! | `documentId: "sha256:…"` | the saved query, or the document sent before, with this hash |
//! | `extensions.persistedQuery` with `sha256Hash` | the same; unknown: `PERSISTED_QUERY_NOT_FOUND` |
//! | the same with `query` beside it | this document, which is known from then on |
//!
//! Where the server answers trusted documents only, these are the saved queries, a project's own among them: somebody
//! whom the project trusts with everything has saved them.

use crate::app::App;
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::error::{Failure, Kind};
use crate::saved::sha256_hex;
use serde_json::Value;

/// How a request names its document.
#[derive(Debug, Clone)]
pub(super) enum Document {
    /// By its text.
    Text(String),
    /// By a saved query's name, or by `sha256:` and a hash.
    Id(String),
    /// By its hash, with its text or without: automatic persisted queries.
    Hashed { sha256: String, text: Option<String> },
}

/// The document that is meant.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) text: String,
    /// Its hash, if it shall be known from now on.
    pub(super) news: Option<String>,
}

/// Why there is none.
#[derive(Debug)]
pub(super) enum Missing {
    /// The client may send the text once more: automatic persisted queries have words of their own for it.
    Unknown,
    /// It may not, or need not.
    Refused(Failure),
}

impl From<Failure> for Missing {
    fn from(failure: Failure) -> Self {
        Self::Refused(failure)
    }
}

impl From<Invalid> for Missing {
    fn from(invalid: Invalid) -> Self {
        Self::Refused(invalid.into())
    }
}

impl Document {
    /// Reads what a request gives, of which one must be given and the id stands alone.
    pub(super) fn read(
        query: Option<String>,
        id: Option<String>,
        persisted: Option<&Value>,
    ) -> Result<Self, Invalid> {
        let hash = persisted.filter(|persisted| !persisted.is_null()).map(read_persisted).transpose()?;
        match (query, id, hash) {
            (None, Some(id), None) => Ok(Self::Id(id)),
            (Some(_), Some(_), _) => Err(Invalid::new("documentId", "is given beside query; leave one out")),
            (_, Some(_), Some(_)) => {
                Err(Invalid::new("documentId", "is given beside extensions.persistedQuery; leave one out"))
            }
            (text, None, Some(sha256)) => Ok(Self::Hashed { sha256, text }),
            (Some(text), None, None) => Ok(Self::Text(text)),
            (None, None, None) => {
                Err(Invalid::new("query", "is missing; give a GraphQL document, or a documentId"))
            }
        }
    }
}

fn read_persisted(persisted: &Value) -> Result<String, Invalid> {
    let hash = persisted.get("sha256Hash").and_then(Value::as_str).filter(|hash| is_sha256(hash));
    match hash {
        Some(hash) if persisted.get("version") == Some(&Value::from(1)) => Ok(hash.to_owned()),
        _ => {
            let reason =
                "is not understood; give {\"version\": 1, \"sha256Hash\": …} with 64 hexadecimal digits";
            Err(Invalid::new("extensions.persistedQuery", reason))
        }
    }
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Finds the document that a caller means.
pub(super) async fn find(app: &App, caller: &Caller, document: Document) -> Result<Found, Missing> {
    let found = |text: &str| Ok(Found { text: text.to_owned(), news: None });
    if let (Document::Text(text), false) = (&document, app.config().trusted_only) {
        return found(text);
    }
    let (saved, project) = (app.saved_for(caller).await, caller.project());
    match document {
        Document::Id(id) => {
            let Some(sha256) = id.strip_prefix("sha256:") else {
                let query = saved.find(&id).map_err(|failure| {
                    let argument = Some("documentId".to_owned());
                    Failure { argument, ..failure }
                })?;
                return found(&query.text);
            };
            if let Some(query) = saved.find_by_sha256(sha256) {
                return found(&query.text);
            }
            let known = app.known_document(project, sha256).ok_or_else(|| {
                Invalid::new("documentId", "names no document that is known here; send its text as query")
            })?;
            found(&known)
        }
        Document::Text(text) => {
            let query = saved.find_by_sha256(&sha256_hex(&text)).ok_or_else(untrusted)?;
            found(&query.text)
        }
        Document::Hashed { sha256, text: None } => {
            if let Some(query) = saved.find_by_sha256(&sha256) {
                return found(&query.text);
            }
            match app.known_document(project, &sha256) {
                Some(known) => found(&known),
                None if app.config().trusted_only => Err(untrusted().into()),
                None => Err(Missing::Unknown),
            }
        }
        Document::Hashed { sha256, text: Some(text) } => {
            if !sha256_hex(&text).eq_ignore_ascii_case(&sha256) {
                let reason = "is not the SHA-256 of query; hash the very text that is sent";
                return Err(Invalid::new("extensions.persistedQuery.sha256Hash", reason).into());
            }
            if app.config().trusted_only {
                let query = saved.find_by_sha256(&sha256).ok_or_else(untrusted)?;
                return found(&query.text);
            }
            Ok(Found { text, news: Some(sha256) })
        }
    }
}

fn untrusted() -> Failure {
    let message =
        "this server runs saved queries only; give a saved query's name as documentId, /queries lists them";
    Failure::new(Kind::Forbidden, message)
}
