//! Any GraphQL answer as rows and columns, by one rule.
//!
//! Start at the operation's only root field and go down:
//!
//! 1. A list is the rows.
//! 2. An object with lists of objects: its `rows`, else its `nodes`, else its only one is the rows.
//! 3. An object without lists, of whose objects exactly one leads to a list: go on there.
//! 4. Any other object is one row; null is no row.
//!
//! Fields beside the way to the rows are left out. A row's objects flatten to dotted columns (`group.name`); its
//! lists and JSON values are JSON text. Columns depend on the query and the schema alone, never on the data, so
//! an empty answer has the same header.

mod batch;
pub mod file;
pub mod kind;
pub mod types;
mod write;

pub use write::{to_csv, to_terminal};

use crate::domain::Invalid;
use async_graphql::parser::types::{FragmentDefinition, OperationDefinition, Selection, SelectionSet};
use async_graphql::{Name, Positioned};
use kind::Kind;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use types::Types;

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its heading: the response keys from the row on, with dots between them.
    pub name: String,
    /// Its type as GraphQL names it: `Int`, `DateTime`, `[Key]`, …
    pub type_name: String,
    /// What it holds.
    pub kind: Kind,
    path: Vec<String>,
}

/// How an operation's answers become rows and columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Response keys from the answer's data to the rows.
    way: Vec<String>,
    /// The columns, in the order of the query.
    pub columns: Vec<Column>,
}

/// A selected field as the answer will show it.
#[derive(Debug, Clone)]
struct Shape {
    key: String,
    field: String,
    type_name: String,
    is_list: bool,
    below: Vec<Shape>,
}

impl Layout {
    /// The layout of an operation's answers.
    pub fn of(
        operation: &OperationDefinition,
        fragments: &HashMap<Name, Positioned<FragmentDefinition>>,
        types: &Types,
    ) -> Result<Self, Invalid> {
        let roots = shapes(&operation.selection_set.node, types.query(), fragments, types);
        let [root] = roots.as_slice() else {
            let keys: Vec<&str> = roots.iter().map(|root| root.key.as_str()).collect();
            let reason = format!("has the root fields {}; a table needs exactly one", keys.join(", "));
            return Err(Invalid::new("query", reason));
        };
        let mut way = vec![root];
        while let Some(next) = step(way[way.len() - 1])? {
            way.push(next);
        }
        let rows = way[way.len() - 1];
        let mut columns = Vec::new();
        if rows.below.is_empty() {
            columns.push(column(rows.key.clone(), Vec::new(), rows));
        }
        for shape in &rows.below {
            flatten(shape, &[], &mut columns);
        }
        Ok(Self { way: way.into_iter().map(|shape| shape.key.clone()).collect(), columns })
    }

    /// The rows of an answer's data: one value per column.
    #[must_use]
    pub fn rows<'d>(&self, data: &'d Value) -> Vec<Vec<&'d Value>> {
        let mut found = data;
        for key in &self.way {
            found = found.get(key).unwrap_or(&Value::Null);
        }
        let items: Vec<&Value> = match found {
            Value::Null => Vec::new(),
            Value::Array(items) => items.iter().collect(),
            one => vec![one],
        };
        let cell = |item: &'d Value, path: &[String]| {
            path.iter().try_fold(item, |value, key| value.get(key)).unwrap_or(&Value::Null)
        };
        items
            .into_iter()
            .map(|item| self.columns.iter().map(|column| cell(item, &column.path)).collect())
            .collect()
    }
}

/// Where the rows lie below an object; `None`: they are here.
fn step(here: &Shape) -> Result<Option<&Shape>, Invalid> {
    if here.is_list || here.below.is_empty() {
        return Ok(None);
    }
    let lists: Vec<&Shape> =
        here.below.iter().filter(|shape| shape.is_list && !shape.below.is_empty()).collect();
    let preferred = ["rows", "nodes"].iter().find_map(|name| lists.iter().find(|shape| shape.field == *name));
    let candidates = match (preferred, lists.is_empty()) {
        (Some(preferred), _) => vec![*preferred],
        (None, false) => lists,
        (None, true) => here.below.iter().filter(|shape| !shape.is_list && leads_to_list(shape)).collect(),
    };
    match candidates.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only)),
        several => {
            let keys: Vec<&str> = several.iter().map(|shape| shape.key.as_str()).collect();
            let reason = format!("has the lists {} side by side; a table needs exactly one", keys.join(", "));
            Err(Invalid::new(here.key.as_str(), reason))
        }
    }
}

fn leads_to_list(shape: &Shape) -> bool {
    let is_rows = |below: &Shape| below.is_list && !below.below.is_empty();
    shape.below.iter().any(|below| is_rows(below) || leads_to_list(below))
}

fn flatten(shape: &Shape, above: &[String], columns: &mut Vec<Column>) {
    let path: Vec<String> = above.iter().chain([&shape.key]).cloned().collect();
    if shape.below.is_empty() || shape.is_list {
        columns.push(column(path.join("."), path, shape));
        return;
    }
    for below in &shape.below {
        flatten(below, &path, columns);
    }
}

fn column(name: String, path: Vec<String>, shape: &Shape) -> Column {
    // An operation whose only field is a list has one item of it in each row.
    let is_list = shape.is_list && !path.is_empty();
    let type_name = if is_list { format!("[{}]", shape.type_name) } else { shape.type_name.clone() };
    Column { name, type_name, kind: Kind::of(&shape.type_name, is_list), path }
}

/// The fields of a selection, fragments put in their places, repeats merged.
fn shapes(
    selection: &SelectionSet,
    object: &str,
    fragments: &HashMap<Name, Positioned<FragmentDefinition>>,
    types: &Types,
) -> Vec<Shape> {
    let mut found: Vec<Shape> = Vec::new();
    for item in &selection.items {
        let inner = match &item.node {
            Selection::Field(field) => {
                let name = field.node.name.node.as_str();
                let known = types.field(object, name);
                let type_name = known.map_or("String", |known| known.name.as_str());
                let below = shapes(&field.node.selection_set.node, type_name, fragments, types);
                vec![Shape {
                    key: field.node.response_key().node.to_string(),
                    field: name.to_owned(),
                    type_name: type_name.to_owned(),
                    is_list: known.is_some_and(|known| known.is_list),
                    below,
                }]
            }
            Selection::FragmentSpread(spread) => fragments
                .get(&spread.node.fragment_name.node)
                .map(|fragment| {
                    let on = fragment.node.type_condition.node.on.node.as_str();
                    shapes(&fragment.node.selection_set.node, on, fragments, types)
                })
                .unwrap_or_default(),
            Selection::InlineFragment(fragment) => {
                let on = fragment.node.type_condition.as_ref().map(|on| on.node.on.node.as_str());
                shapes(&fragment.node.selection_set.node, on.unwrap_or(object), fragments, types)
            }
        };
        for shape in inner {
            merge(&mut found, shape);
        }
    }
    found
}

fn merge(into: &mut Vec<Shape>, shape: Shape) {
    match into.iter_mut().find(|known| known.key == shape.key) {
        Some(known) => {
            for below in shape.below {
                merge(&mut known.below, below);
            }
        }
        None => into.push(shape),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use serde_json::json;

    const SDL: &str = "
        type Query { groups: Page, group: Group, active: Active, table: [Row!]!, names: [String!]!, n: Int }
        type Page { nodes: [Group], edges: [Edge], totalCount: Int }
        type Edge { cursor: String, node: Group }
        type Group { id: ID, name: String, properties: JSON, activity: [Row!], growth: [Row!], members: Page }
        type Active { totals: Row, rows: [Row!], steps: [Row!] }
        type Row { group: Group, users: Int, rate: Float, keys: [Key!], at: String }
        type Key { name: String }
        scalar JSON";

    fn layout(query: &str) -> Result<Layout, Invalid> {
        let document = parse_query(query).expect("a query");
        let (_, operation) = document.operations.iter().next().expect("an operation");
        Layout::of(&operation.node, &document.fragments, &Types::read(SDL))
    }

    fn names(query: &str) -> (String, Vec<String>) {
        let layout = layout(query).expect("a table");
        (layout.way.join("/"), layout.columns.iter().map(|column| column.name.clone()).collect())
    }

    #[test]
    fn rows_are_found_by_the_documented_rule() {
        for (query, way, columns) in [
            ("{ table { users } }", "table", vec!["users"]),
            (
                "{ active { totals { users } rows { users at } steps { at } } }",
                "active/rows",
                vec!["users", "at"],
            ),
            ("{ groups { totalCount edges { cursor } nodes { id } } }", "groups/nodes", vec!["id"]),
            ("{ groups { edges { node { id name } } } }", "groups/edges", vec!["node.id", "node.name"]),
            ("{ group { id activity { users } } }", "group/activity", vec!["users"]),
            ("{ group { id members { nodes { name } } } }", "group/members/nodes", vec!["name"]),
            ("{ group { id name properties } }", "group", vec!["id", "name", "properties"]),
            ("{ active { totals { users } } }", "active", vec!["totals.users"]),
            ("{ names }", "names", vec!["names"]),
            ("{ t: table { n: users } }", "t", vec!["n"]),
        ] {
            assert_eq!(
                names(query),
                (way.to_owned(), columns.into_iter().map(str::to_owned).collect()),
                "{query}"
            );
        }
    }

    #[test]
    fn objects_flatten_fragments_unfold_and_lists_stay_whole() {
        let (_, columns) = names(
            "query Q { table { ...F keys { name } group { name } } } fragment F on Row { group { id } }",
        );
        assert_eq!(columns, ["group.id", "group.name", "keys"]);
        let layout = layout("{ table { group { id } users keys { name } } }").expect("a table");
        let data = json!({"table": [{"group": null, "users": 3, "keys": [{"name": "a"}]}]});
        let keys = json!([{"name": "a"}]);
        assert_eq!(layout.rows(&data), [[&Value::Null, &json!(3), &keys]]);
        assert!(layout.rows(&json!({"table": null})).is_empty());
        assert_eq!(
            layout.columns.iter().map(|column| column.kind).collect::<Vec<_>>(),
            [Kind::Text, Kind::Int, Kind::Json]
        );
    }

    #[test]
    fn what_is_no_table_says_why() {
        let reason = |query| layout(query).expect_err("no table").to_string();
        assert!(reason("{ table { users } names }").contains("table, names"));
        assert!(reason("{ group { activity { users } growth { users } } }").contains("activity, growth"));
    }
}
