//! Saved queries: named GraphQL operations that run by name, from a URL or the command line.
//!
//! Every `NAME.graphql` file of the queries folder is one query operation `NAME` (`PascalCase`). Its leading `#`
//! comment is its description, its variables have defaults. The queries that come with the program are always
//! there; a file of the folder with the same name takes the place of one.
//!
//! A file that cannot run against the schema is told when a server starts, by name and reason; the others still
//! load.

pub mod shipped;
mod variables;

pub use variables::Variable;

use crate::domain::Invalid;
use crate::error::{Failure, Kind};
use crate::tabular::Layout;
use crate::tabular::types::Types;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    Directive, DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection,
};
use async_graphql::{ObjectType, Positioned, Request, Response, Schema, SubscriptionType, Variables};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// One saved query.
#[derive(Debug, Clone)]
pub struct SavedQuery {
    /// Its name: the operation's and the file's.
    pub name: String,
    /// What it answers, from the comment that the file begins with.
    pub description: String,
    /// Its variables, in the order of the operation.
    pub variables: Vec<Variable>,
    /// The GraphQL document.
    pub text: String,
    /// How its answer becomes rows and columns, or why it does not.
    pub layout: Result<Layout, Invalid>,
}

/// A file that is no saved query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The file, as it was found.
    pub file: String,
    /// What is wrong with it.
    pub reason: String,
}

/// The saved queries of a server.
#[derive(Debug, Clone, Default)]
pub struct Saved {
    queries: BTreeMap<String, SavedQuery>,
    broken: Vec<Broken>,
    types: Types,
}

impl Saved {
    /// Loads the shipped queries and those of a folder, and checks each against the schema.
    ///
    /// A folder that is not there has no queries. Files that are none are in [`Saved::broken`].
    pub async fn load<Q, M, S>(folder: &Path, schema: &Schema<Q, M, S>) -> Self
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
        S: SubscriptionType + 'static,
    {
        let mut saved = Self { types: Types::read(&schema.sdl()), ..Self::default() };
        let mut texts: BTreeMap<String, (String, String)> = BTreeMap::new();
        for &(name, text) in shipped::SHIPPED {
            texts.insert(name.to_owned(), (format!("queries/{name}.graphql"), text.to_owned()));
        }
        let (files, unreadable) = read_folder(folder);
        texts.extend(files);
        saved.broken = unreadable;
        for (stem, (file, text)) in texts {
            match saved.check(&stem, text, schema).await {
                Ok(query) => drop(saved.queries.insert(stem, query)),
                Err(reason) => saved.broken.push(Broken { file, reason }),
            }
        }
        saved
    }

    async fn check<Q, M, S>(
        &self,
        stem: &str,
        text: String,
        schema: &Schema<Q, M, S>,
    ) -> Result<SavedQuery, String>
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
        S: SubscriptionType + 'static,
    {
        let document = parse_query(&text).map_err(|error| error.to_string())?;
        let (name, operation) = only_operation(&document)?;
        if name != stem {
            return Err(format!("the operation is named {name}; name it {stem} like the file"));
        }
        let query = SavedQuery {
            name: stem.to_owned(),
            description: description(&text),
            variables: operation.variable_definitions.iter().map(|one| Variable::new(&one.node)).collect(),
            layout: Layout::of(operation, &document.fragments, &self.types),
            text: text.clone(),
        };
        // The server validates the whole document, then finds every root field skipped and resolves nothing.
        let mut request = Request::new(text);
        request.set_parsed_query(skipping(document)?);
        let errors = schema.execute(request).await.errors;
        match errors.first() {
            None => Ok(query),
            Some(error) => {
                let place =
                    error.locations.first().map(|at| format!("line {}: ", at.line)).unwrap_or_default();
                Err(format!("{place}{}", error.message))
            }
        }
    }

    /// The saved queries, by name.
    pub fn list(&self) -> impl Iterator<Item = &SavedQuery> {
        self.queries.values()
    }

    /// The files that are no saved queries, and why.
    #[must_use]
    pub fn broken(&self) -> &[Broken] {
        &self.broken
    }

    /// The saved query of this name. The complaint names what there is.
    pub fn find(&self, name: &str) -> Result<&SavedQuery, Failure> {
        self.queries.get(name).ok_or_else(|| {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
            let is_named =
                |broken: &&Broken| Path::new(&broken.file).file_stem().is_some_and(|stem| stem == name);
            if let Some(Broken { file, reason }) = self.broken.iter().find(is_named) {
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
        let request = Request::new(query.text.as_str()).operation_name(query.name.as_str());
        Ok(request.variables(Variables::from_json(Value::Object(bound))))
    }
}

/// The data of an answer; its first error, if it has one.
pub fn data(response: Response) -> Result<Value, Failure> {
    let Some(error) = response.errors.first() else {
        return response.data.into_json().map_err(Failure::internal);
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

/// The files of a folder by stem, with their paths and texts, and those that cannot be read.
fn read_folder(folder: &Path) -> (BTreeMap<String, (String, String)>, Vec<Broken>) {
    let (mut files, mut broken) = (BTreeMap::new(), Vec::new());
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return (files, broken),
        Err(error) => {
            broken.push(Broken { file: folder.display().to_string(), reason: error.to_string() });
            return (files, broken);
        }
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().and_then(|extension| extension.to_str()) != Some("graphql") {
            continue;
        }
        let file = path.display().to_string();
        let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        match std::fs::read_to_string(&path) {
            Ok(_) if !is_pascal_case(stem) => {
                let reason = "its name is not in PascalCase such as ActiveCompanies; rename it".to_owned();
                broken.push(Broken { file, reason });
            }
            Ok(text) => drop(files.insert(stem.to_owned(), (file, text))),
            Err(error) => broken.push(Broken { file, reason: error.to_string() }),
        }
    }
    (files, broken)
}

fn is_pascal_case(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(|c| c.is_ascii_alphanumeric())
}

/// The one named query of a document.
fn only_operation(document: &ExecutableDocument) -> Result<(String, &OperationDefinition), String> {
    let DocumentOperations::Multiple(operations) = &document.operations else {
        return Err("the operation has no name; name it like the file".to_owned());
    };
    let mut operations = operations.iter();
    let (Some((name, operation)), None) = (operations.next(), operations.next()) else {
        return Err("it holds several operations; a file holds one".to_owned());
    };
    if operation.node.ty != OperationType::Query {
        return Err(format!("it is a {}; only a query may be saved", operation.node.ty));
    }
    Ok((name.to_string(), &operation.node))
}

/// The lines of the leading comment as one text.
fn description(text: &str) -> String {
    let lines = text.lines().map(str::trim_start).take_while(|line| line.starts_with('#'));
    lines.map(|line| line.trim_start_matches('#').trim()).collect::<Vec<_>>().join(" ")
}

/// The document with `@skip(if: true)` on every selection of its operations.
fn skipping(mut document: ExecutableDocument) -> Result<ExecutableDocument, String> {
    let model = parse_query("{ field @skip(if: true) }").map_err(|error| error.to_string())?;
    let selections =
        model.operations.iter().flat_map(|(_, operation)| &operation.node.selection_set.node.items);
    let skip: Vec<Positioned<Directive>> =
        selections.flat_map(|selection| selection.node.directives()).cloned().collect();
    let DocumentOperations::Multiple(operations) = &mut document.operations else { return Ok(document) };
    for operation in operations.values_mut() {
        for selection in &mut operation.node.selection_set.node.items {
            let directives = match &mut selection.node {
                Selection::Field(field) => &mut field.node.directives,
                Selection::FragmentSpread(spread) => &mut spread.node.directives,
                Selection::InlineFragment(fragment) => &mut fragment.node.directives,
            };
            directives.extend(skip.iter().cloned());
        }
    }
    Ok(document)
}
