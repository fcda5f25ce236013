//! A document's size before it runs: what depth and number of fields do not tell.
//!
//! One field under a hundred aliases is a hundred questions, and so are a hundred root fields. Fragments that spread others
//! twice, which spread others twice, are more fields than can be walked; they are counted without writing them out. Who may not read the
//! schema is told so here, where the schema itself would answer null.

use crate::domain::limits::Limits;
use crate::error::Kind;
use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, Selection, SelectionSet};
use async_graphql::{Name, ServerError};
use std::collections::{HashMap, HashSet};

/// What to do about too many fields.
const FEWER: &str = "ask for fewer fields, or in several requests";

/// What is too much in the operation that is executed, with the limit's name.
pub(crate) fn check(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    limits: &Limits,
    may_introspect: bool,
) -> Option<ServerError> {
    if let Some(error) = too_many_fields(document, limits) {
        return Some(error);
    }
    let roots = root_fields(document, &operation.selection_set.node);
    let is_introspection = |name: &&str| matches!(*name, "__schema" | "__type");
    if let Some(name) = roots.iter().copied().find(is_introspection).filter(|_| !may_introspect) {
        let mut error = ServerError::new(format!("{name}: this client may not read the schema"), None);
        error.extensions.get_or_insert_default().set("code", Kind::Forbidden.table().1);
        return Some(error);
    }
    if roots.len() > limits.query_root_fields {
        let found = format!("has {} root fields", roots.len());
        let fix = "ask for some of them in another request";
        return Some(too_large("queryRootFields", &found, limits.query_root_fields, fix));
    }
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
    let aliases = aliases(&operation.selection_set.node) + fragments.map(aliases).sum::<usize>();
    if aliases > limits.query_aliases {
        let found = format!("has {aliases} aliases");
        let fix = "ask for several groups by a list, or in several requests";
        return Some(too_large("queryAliases", &found, limits.query_aliases, fix));
    }
    None
}

/// The schema's own complaint about a document's size in our words; `None` where it complains about something else.
pub(crate) fn reworded(message: &str, limits: &Limits) -> Option<ServerError> {
    if message == "Query is nested too deep." {
        let fix = "ask for what lies deeper in another request";
        Some(too_large("queryDepth", "has too many levels of fields", limits.query_depth, fix))
    } else if message == "Query is too complex." {
        Some(too_large("queryFields", "has too many fields", limits.query_fields, FEWER))
    } else if message.starts_with("The number of directives on the field") {
        let found = "has too many directives on one field";
        Some(too_large("queryDirectives", found, limits.query_directives, "leave some out"))
    } else {
        None
    }
}

/// Whether an operation or a fragment has too many fields, those of fragments counted wherever they are spread.
pub(crate) fn too_many_fields(document: &ExecutableDocument, limits: &Limits) -> Option<ServerError> {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set.node);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
    let mut known = HashMap::new();
    let most =
        operations.chain(fragments).map(|set| fields(document, set, &mut known)).max().unwrap_or_default();
    (most > limits.query_fields)
        .then(|| too_large("queryFields", "has too many fields", limits.query_fields, FEWER))
}

/// The fields of a set. Each fragment is counted once, and then known.
fn fields<'d>(
    document: &'d ExecutableDocument,
    set: &'d SelectionSet,
    known: &mut HashMap<&'d Name, usize>,
) -> usize {
    let mut count = 0_usize;
    for selection in &set.items {
        count = count.saturating_add(match &selection.node {
            Selection::Field(field) => {
                fields(document, &field.node.selection_set.node, known).saturating_add(1)
            }
            Selection::InlineFragment(fragment) => fields(document, &fragment.node.selection_set.node, known),
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                match (known.get(name), document.fragments.get(name)) {
                    (Some(count), _) => *count,
                    (None, None) => 0,
                    (None, Some(fragment)) => {
                        // One that spreads itself is refused for that by the schema.
                        known.insert(name, 0);
                        let count = fields(document, &fragment.node.selection_set.node, known);
                        known.insert(name, count);
                        count
                    }
                }
            }
        });
    }
    count
}

fn too_large(limit: &str, found: &str, most: usize, fix: &str) -> ServerError {
    let mut error = ServerError::new(format!("query: {found}; {most} at most are allowed, {fix}"), None);
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("code", Kind::BadInput.table().1);
    extensions.set("argument", "query");
    extensions.set("limit", limit);
    error
}

fn aliases(set: &SelectionSet) -> usize {
    set.items
        .iter()
        .map(|selection| match &selection.node {
            Selection::Field(field) => {
                usize::from(field.node.alias.is_some()) + aliases(&field.node.selection_set.node)
            }
            Selection::InlineFragment(fragment) => aliases(&fragment.node.selection_set.node),
            Selection::FragmentSpread(_) => 0,
        })
        .sum()
}

/// The names of the fields that are asked of the root, fragments put in their places.
pub(super) fn root_fields<'d>(document: &'d ExecutableDocument, set: &'d SelectionSet) -> Vec<&'d str> {
    let (mut fields, mut spread, mut sets) = (Vec::new(), HashSet::<&Name>::new(), vec![set]);
    while let Some(set) = sets.pop() {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => fields.push(field.node.name.node.as_str()),
                Selection::InlineFragment(fragment) => sets.push(&fragment.node.selection_set.node),
                Selection::FragmentSpread(one) => {
                    let name = &one.node.fragment_name.node;
                    // The same fields again are the same answers.
                    if let (true, Some(fragment)) = (spread.insert(name), document.fragments.get(name)) {
                        sets.push(&fragment.node.selection_set.node);
                    }
                }
            }
        }
    }
    fields
}
