//! Saved queries: named GraphQL operations that run by name, from a URL or the command line.
//!
//! Every `NAME.graphql` file of the queries folder is one query operation `NAME` (`PascalCase`). Its leading `#`
//! comment is its description, its variables have defaults. A file of a folder within, such as
//! `dashboard/Groups.graphql`, is the query `dashboard/Groups` with the operation `Groups`. The queries that come with
//! the program are always there; a file of the folder with the same name takes the place of one.
//!
//! A file that cannot run against the schema is told by name and reason, when a server starts and in the list; the
//! others still load. In a running server files may come, change and go: [`watched`]. There a broken file does not
//! end the query that it was, the old text stays until a better one comes.
//!
//! Beside these, which every project may run, a project has saved queries of its own: [`library`].

mod check;
mod files;
pub mod library;
pub mod listed;
pub mod shipped;
mod variables;
pub mod watched;

pub use check::sha256_hex;
pub use variables::Variable;

use crate::domain::Invalid;
use crate::domain::document::Document;
use crate::error::{Failure, Kind};
use crate::graphql::Schema;
use crate::tabular::Layout;
use crate::tabular::types::Types;
use async_graphql::{Request, Response, Variables};
use check::check;
use files::{File, Files};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// One saved query.
#[derive(Debug, Clone)]
pub struct SavedQuery {
    /// Its name: the file's, with its folder before it where it is in one.
    pub name: String,
    /// The operation's name: the file's.
    pub operation: String,
    /// What it answers, from the comment that the file begins with.
    pub description: String,
    /// Its variables, in the order of the operation.
    pub variables: Vec<Variable>,
    /// The GraphQL document.
    pub text: String,
    /// The document's SHA-256 in hexadecimal digits.
    pub sha256: String,
    /// How its answer becomes rows and columns, or why it does not.
    pub layout: Result<Layout, Invalid>,
    /// The document in which the project keeps it; `None`: it comes with the server.
    pub own: Option<Arc<Document>>,
}

/// A file that is no saved query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The file, as it was found.
    pub file: String,
    /// The name of the query that it would be.
    pub name: Option<String>,
    /// What is wrong with it.
    pub reason: String,
}

/// The saved queries of a server.
#[derive(Debug, Clone, Default)]
pub struct Saved {
    queries: BTreeMap<String, Arc<SavedQuery>>,
    broken: Vec<Broken>,
    types: Arc<Types>,
    files: Files,
}

impl Saved {
    /// Loads the shipped queries and those of a folder, and checks each against the schema.
    ///
    /// A folder that is not there has no queries. Files that are none are in [`Saved::broken`].
    pub async fn load(folder: &Path, schema: &Schema) -> Self {
        let types = Arc::new(Types::read(&schema.sdl()));
        Self { types, ..Self::default() }.renewed(files::read(folder), schema).await
    }

    /// The same with what is in the folder now. Where a file is broken, the query that was there stays.
    async fn renewed(&self, files: Files, schema: &Schema) -> Self {
        let mut renewed =
            Self { broken: files.broken.clone(), types: Arc::clone(&self.types), ..Self::default() };
        if files.is_hidden {
            renewed.queries.clone_from(&self.queries);
        }
        let mut texts: BTreeMap<String, File> = BTreeMap::new();
        for &(name, text) in shipped::SHIPPED {
            let path = format!("queries/{name}.graphql");
            texts.insert(name.to_owned(), File { path, text: text.to_owned() });
        }
        texts.extend(files.readable.clone());
        for name in files.broken.iter().filter_map(|broken| broken.name.as_deref()) {
            texts.remove(name);
            if let Some(query) = self.queries.get(name) {
                renewed.queries.insert(name.to_owned(), Arc::clone(query));
            }
        }
        for (name, File { path, text }) in texts {
            let known = self.queries.get(&name);
            let query = match known {
                _ if renewed.queries.contains_key(&name) => continue,
                Some(known) if known.text == text => Ok(Arc::clone(known)),
                _ => check(&text, &self.types, schema).await.and_then(|query| {
                    let (found, stem) = (&query.operation, last_part(&name));
                    if found != stem {
                        return Err(format!("the operation is named {found}; name it {stem} like the file"));
                    }
                    Ok(Arc::new(SavedQuery { name: name.clone(), ..query }))
                }),
            };
            let broken = |reason| Broken { file: path, name: Some(name.clone()), reason };
            let query = query.map_err(|reason| renewed.broken.push(broken(reason))).ok();
            if let Some(query) = query.or_else(|| known.cloned()) {
                renewed.queries.insert(name, query);
            }
        }
        renewed.files = files;
        renewed
    }

    /// The saved queries, by name.
    pub fn list(&self) -> impl Iterator<Item = &SavedQuery> {
        self.queries.values().map(Arc::as_ref)
    }

    /// The saved query of this very name, if there is one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&SavedQuery> {
        self.queries.get(name).map(Arc::as_ref)
    }

    /// The values of an enum of the schema; `None`: there is no enum of this name.
    #[must_use]
    pub fn choices(&self, name: &str) -> Option<&[String]> {
        self.types.values(name)
    }

    /// The files that are no saved queries, and why.
    #[must_use]
    pub fn broken(&self) -> &[Broken] {
        &self.broken
    }

    /// The saved query whose document has this SHA-256, in hexadecimal digits.
    #[must_use]
    pub fn find_by_sha256(&self, sha256: &str) -> Option<&SavedQuery> {
        self.list().find(|query| query.sha256.eq_ignore_ascii_case(sha256))
    }

    /// The saved query of this name. The complaint names what there is.
    pub fn find(&self, name: &str) -> Result<&SavedQuery, Failure> {
        self.queries.get(name).map(Arc::as_ref).ok_or_else(|| {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
            let broken = self.broken.iter().find(|broken| broken.name.as_deref() == Some(name));
            if let Some(Broken { file, reason, .. }) = broken {
                return Failure::new(Kind::NotFound, format!("{file} is no saved query: {reason}"));
            }
            let near = self.queries.keys().find(|known| known.eq_ignore_ascii_case(name));
            let hint = match near {
                Some(near) => format!("did you mean {near}?"),
                None => format!("there are {}", self.queries.keys().cloned().collect::<Vec<_>>().join(", ")),
            };
            let message = format!("there is no saved query \"{shown}\"; {hint}");
            Failure { argument: Some("name".to_owned()), ..Failure::new(Kind::NotFound, message) }
        })
    }

    /// A request that runs the query with variables given as text.
    pub fn request(&self, query: &SavedQuery, given: &[(String, String)]) -> Result<Request, Invalid> {
        let bound = variables::bind(&query.variables, given, &self.types)?;
        let request = Request::new(query.text.as_str()).operation_name(query.operation.as_str());
        Ok(request.variables(Variables::from_json(Value::Object(bound))))
    }
}

/// A query's name without its folder.
fn last_part(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(_, stem)| stem)
}

/// The data of an answer; its first error, if it has one.
pub fn data(response: &Response) -> Result<Value, Failure> {
    let Some(error) = response.errors.first() else {
        return serde_json::to_value(&response.data).map_err(Failure::internal);
    };
    let extension = |key: &str| {
        let value = error.extensions.as_ref()?.get(key)?.clone().into_json().ok()?;
        value.as_str().map(str::to_owned)
    };
    let code = extension("code");
    let kind = Kind::ALL.into_iter().find(|kind| Some(kind.table().1) == code.as_deref());
    let argument = extension("argument");
    // Whoever runs a saved query knows its variables, and not to what they are given.
    let reason = argument.as_ref().and_then(|name| error.message.strip_prefix(&format!("{name}: ")));
    let (argument, message) = match (extension("variable"), reason) {
        (Some(variable), Some(reason)) => {
            let message = format!("{variable}: {reason}");
            (Some(variable), message)
        }
        _ => (argument, error.message.clone()),
    };
    Err(Failure { argument, ..Failure::new(kind.unwrap_or(Kind::BadInput), message) })
}
