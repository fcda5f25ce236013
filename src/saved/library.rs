//! What a project may run: the saved queries that come with the server, and those of its own.
//!
//! A project's own are checked as files are, kept with its data, and seen by no other project. Their names are none of
//! the server's when they are saved; where the server gets a query of such a name later, the project's own stays, so
//! that an address of the project goes on answering what it did.

use super::check::{check, is_pascal_case};
use super::watched::Watched;
use super::{Broken, Saved, SavedQuery};
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::domain::document::{Document, DocumentKind};
use crate::domain::identity::ProjectKey;
use crate::error::{Failure, Kind};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Characters of a query's name, at most.
const NAME_CHARS: usize = 100;

/// The argument that all complaints are about.
const ARGUMENT: &str = "input.document";

/// The saved queries of a server and of all its projects.
#[derive(Debug)]
pub struct Library {
    shared: Watched,
    shelves: Mutex<HashMap<ProjectKey, Shelf>>,
}

/// What a project may run, and what it was made from.
#[derive(Debug, Clone)]
struct Shelf {
    shared: Arc<Saved>,
    own: Vec<Arc<Document>>,
    all: Arc<Saved>,
}

impl Shelf {
    fn is_made_from(&self, shared: &Arc<Saved>, own: &[Arc<Document>]) -> bool {
        let pairs = self.own.iter().zip(own);
        Arc::ptr_eq(&self.shared, shared)
            && self.own.len() == own.len()
            && pairs.into_iter().all(|(known, own)| Arc::ptr_eq(known, own))
    }
}

impl Library {
    /// The library of a server with this folder.
    #[must_use]
    pub fn new(shared: Watched) -> Self {
        Self { shared, shelves: Mutex::default() }
    }

    /// The saved queries that come with the server.
    pub async fn shared(&self) -> Arc<Saved> {
        self.shared.current().await
    }

    /// The saved queries that a caller may run: those of the server, and the project's own for those who may read.
    pub async fn of(&self, caller: &Caller) -> Arc<Saved> {
        let shared = self.shared().await;
        let own = caller.documents(DocumentKind::SavedQuery).unwrap_or_default();
        if own.is_empty() {
            return shared;
        }
        let project = caller.project();
        let known = self.shelves.lock().unwrap_or_else(PoisonError::into_inner).get(&project).cloned();
        if let Some(shelf) = known.as_ref().filter(|shelf| shelf.is_made_from(&shared, &own)) {
            return Arc::clone(&shelf.all);
        }
        let all = Arc::new(self.joined(&shared, &own, known.as_ref()).await);
        let made = Shelf { shared, own, all: Arc::clone(&all) };
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner).insert(project, made);
        all
    }

    /// The server's queries and a project's own. What is known and has not changed is not checked again.
    async fn joined(&self, shared: &Saved, own: &[Arc<Document>], known: Option<&Shelf>) -> Saved {
        let mut all = Saved {
            queries: shared.queries.clone(),
            broken: shared.broken.clone(),
            types: Arc::clone(&shared.types),
            ..Saved::default()
        };
        for document in own {
            let is_it =
                |query: &&Arc<SavedQuery>| query.own.as_ref().is_some_and(|own| Arc::ptr_eq(own, document));
            let known = known.and_then(|known| known.all.queries.get(&document.id)).filter(is_it);
            let query = if let Some(query) = known {
                Ok(Arc::clone(query))
            } else {
                let checked = check(&text_of(document), &shared.types, self.shared.schema()).await;
                checked.map(|query| Arc::new(SavedQuery { own: Some(Arc::clone(document)), ..query }))
            };
            match query {
                Ok(query) => drop(all.queries.insert(document.id.clone(), query)),
                Err(reason) => all.broken.push(Broken {
                    file: document.id.clone(),
                    name: Some(document.id.clone()),
                    reason,
                }),
            }
        }
        all
    }

    /// Checks a query that nobody has saved.
    pub async fn draft(&self, text: &str) -> Result<SavedQuery, Failure> {
        let shared = self.shared().await;
        let query = check(text, &shared.types, self.shared.schema()).await;
        Ok(query
            .map_err(|reason| Invalid::new("document", format!("is no query that can be saved: {reason}")))?)
    }

    /// Saves a query of the project's own, durably, in the place of the one with its name. Needs the right to manage.
    pub async fn save(&self, caller: &Caller, text: &str) -> Result<Arc<SavedQuery>, Failure> {
        caller.may_manage()?;
        let (limits, shared) = (caller.limits(), self.shared().await);
        if text.len() > limits.saved_query_bytes {
            let (bytes, most) = (text.len(), limits.saved_query_bytes);
            return Err(
                Invalid::new(ARGUMENT, format!("has {bytes} bytes; {most} at most are allowed")).into()
            );
        }
        let query = check(text, &shared.types, self.shared.schema()).await;
        let query = query.map_err(|reason| Invalid::new(ARGUMENT, format!("is no saved query: {reason}")))?;
        let name = query.name.clone();
        if !is_pascal_case(&name) || name.len() > NAME_CHARS {
            let reason = format!(
                "names its operation {name}; give it a name in PascalCase such as ActiveCompanies, {NAME_CHARS} characters at most"
            );
            return Err(Invalid::new(ARGUMENT, reason).into());
        }
        let is_known = caller.document(DocumentKind::SavedQuery, &name).is_some();
        if !is_known && shared.queries.contains_key(&name) {
            let message = format!(
                "{ARGUMENT}: the server comes with a saved query {name}; give the operation another name"
            );
            return Err(about_document(Kind::Conflict, message));
        }
        let body = json!({ "document": text }).to_string();
        let most = limits.saved_queries;
        let saved = caller.save_document(DocumentKind::SavedQuery, (name.clone(), name, body), most).await?;
        let document = saved.ok_or_else(|| {
            let message = format!(
                "{ARGUMENT}: {most} saved queries are the project's own, as many as are allowed; delete one first"
            );
            about_document(Kind::Limited, message)
        })?;
        Ok(Arc::new(SavedQuery { own: Some(document), ..query }))
    }

    /// Deletes a query of the project's own, durably; tells whether it was there. Needs the right to manage.
    pub async fn delete(&self, caller: &Caller, name: &str) -> Result<bool, Failure> {
        caller.may_manage()?;
        let was_there = caller.delete_document(DocumentKind::SavedQuery, name.to_owned()).await?;
        if !was_there && self.shared().await.queries.contains_key(name) {
            let message =
                format!("input.name: {name} comes with the server and is not the project's to delete");
            let argument = Some("input.name".to_owned());
            return Err(Failure { argument, ..Failure::new(Kind::Forbidden, message) });
        }
        Ok(was_there)
    }
}

fn about_document(kind: Kind, message: String) -> Failure {
    Failure { argument: Some(ARGUMENT.to_owned()), ..Failure::new(kind, message) }
}

/// The GraphQL document that a document of the project holds.
fn text_of(document: &Document) -> String {
    let body: Value = serde_json::from_str(&document.body).unwrap_or_default();
    body.get("document").and_then(Value::as_str).unwrap_or_default().to_owned()
}
