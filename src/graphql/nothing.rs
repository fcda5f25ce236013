//! Objects of which every field is skipped.
//!
//! `{ limits { rows @skip(if: true) } }` is answered with `{ "limits": {} }`. The executor takes an object without
//! fields for one that is not there and answers null, even where the schema says that there is one. So each selection
//! that may come to nothing is given a field that nobody can skip, and that is taken out of the answer again.

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Positioned, Value};

/// What the field is called. Names that begin so are GraphQL's own, so that no document has it for something else.
const MARK: &str = "__nothing";

/// Whether anything of a document may be skipped.
pub(super) fn may_be_skipped(document: &ExecutableDocument) -> bool {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set.node);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
    operations.chain(fragments).any(has_switch)
}

/// The document with the field in each selection of an object that may come to nothing. The root is left as it is.
pub(super) fn marked(mut document: ExecutableDocument) -> ExecutableDocument {
    let model = parse_query(format!("{{ {MARK}: __typename }}")).ok();
    let mark = model.and_then(|model| {
        let (_, operation) = model.operations.iter().next()?;
        operation.node.selection_set.node.items.first().cloned()
    });
    let Some(mark) = mark else { return document };
    let operations: Vec<&mut SelectionSet> = match &mut document.operations {
        DocumentOperations::Single(operation) => vec![&mut operation.node.selection_set.node],
        DocumentOperations::Multiple(many) => {
            many.values_mut().map(|operation| &mut operation.node.selection_set.node).collect()
        }
    };
    let fragments = document.fragments.values_mut().map(|fragment| &mut fragment.node.selection_set.node);
    for set in operations.into_iter().chain(fragments) {
        mark_below(set, &mark);
    }
    document
}

/// Takes the field out of an answer. Where something failed, an object of which nothing else is left stays null.
pub(super) fn unmark(value: &mut Value, has_failed: bool) {
    match value {
        Value::Object(fields) => {
            let was_marked = fields.shift_remove(MARK).is_some();
            fields.values_mut().for_each(|field| unmark(field, has_failed));
            if was_marked && has_failed && fields.is_empty() {
                *value = Value::Null;
            }
        }
        Value::List(items) => items.iter_mut().for_each(|item| unmark(item, has_failed)),
        _ => {}
    }
}

fn mark_below(set: &mut SelectionSet, mark: &Positioned<Selection>) {
    for selection in &mut set.items {
        match &mut selection.node {
            Selection::Field(field) => {
                let below = &mut field.node.selection_set.node;
                mark_below(below, mark);
                if !below.items.is_empty() && !below.items.iter().any(|item| is_certain(&item.node)) {
                    below.items.push(mark.clone());
                }
            }
            Selection::InlineFragment(fragment) => mark_below(&mut fragment.node.selection_set.node, mark),
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// Whether a selection is a field that nothing can skip.
fn is_certain(selection: &Selection) -> bool {
    matches!(selection, Selection::Field(_)) && !is_switched(selection)
}

fn is_switched(selection: &Selection) -> bool {
    selection
        .directives()
        .iter()
        .any(|directive| matches!(directive.node.name.node.as_str(), "skip" | "include"))
}

fn has_switch(set: &SelectionSet) -> bool {
    set.items.iter().any(|item| {
        let below = match &item.node {
            Selection::Field(field) => Some(&field.node.selection_set.node),
            Selection::InlineFragment(fragment) => Some(&fragment.node.selection_set.node),
            Selection::FragmentSpread(_) => None,
        };
        is_switched(&item.node) || below.is_some_and(has_switch)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::value;

    fn marks(document: &str) -> usize {
        let document = parse_query(document).expect("a document");
        format!("{:?}", marked(document)).matches(MARK).count()
    }

    #[test]
    fn only_what_may_come_to_nothing_is_marked() {
        for (document, count) in [
            ("{ a { b c @skip(if: true) } }", 0),
            ("{ a @skip(if: true) }", 0),
            ("{ a { b @skip(if: true) } }", 1),
            ("{ a { ...F } } fragment F on A { b { c @include(if: false) } }", 2),
            ("{ a { ... on A { b { c } } } }", 1),
            (
                "query P { a { b @skip(if: true) } } query Q { a { b @skip(if: true) { c @skip(if: true) } } }",
                3,
            ),
        ] {
            assert_eq!(marks(document), count, "{document}");
        }
    }

    #[test]
    fn a_document_without_switches_is_told_from_one_that_has_some() {
        for (document, has_some) in [
            ("{ a { b } }", false),
            ("{ a { b @include(if: true) } }", true),
            ("{ a { ... on A { b { ...F } } } } fragment F on B { c @skip(if: false) }", true),
            ("{ a { ...F @skip(if: false) } } fragment F on B { c }", true),
        ] {
            assert_eq!(may_be_skipped(&parse_query(document).expect("a document")), has_some, "{document}");
        }
    }

    #[test]
    fn the_mark_is_in_no_answer() {
        let mut answer =
            value!({"a": {"__nothing": "A"}, "b": [{"c": 1, "__nothing": "B"}, null], "d": null});
        unmark(&mut answer, false);
        assert_eq!(answer, value!({"a": {}, "b": [{"c": 1}, null], "d": null}));
        let mut failed = value!({"a": {"__nothing": "A"}, "b": {"c": 1, "__nothing": "B"}});
        unmark(&mut failed, true);
        assert_eq!(failed, value!({"a": null, "b": {"c": 1}}));
    }
}
