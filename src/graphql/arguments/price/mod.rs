//! What an operation may cost, as its arguments tell before anything is read.
//!
//! The unit is a cell: one number or key of the answer, as many as there can be at most. A field that takes arguments
//! costs its cells, one at least ([`factors`]):
//!
//! ```text
//! rows × (keys + buckets × columns × steps or series) × periods
//! ```
//!
//! What lies below it is asked once for each of its rows. A fragment costs what its fields do wherever it is spread.
//! Variables and defaults count as what they are, and a field whose arguments are refused anyway costs one.
//!
//! Example: `lifecycle` by day over 30 days costs 30. Split by one property, with `first: 100` by default, it has 101
//! rows of 31 cells: 3,131. `groups(first: 20) { nodes { activity(last: "P30D") { … } } }` costs 20 + 20 × 30.
//!
//! An operation that may cost more than the limit is refused before it runs. The error names the argument that makes
//! it cheap enough and to what it must be lowered: of the costliest fields the innermost that can do so alone.

mod factors;
mod lower;

use super::node::Values;
use super::types::TYPES;
use super::{named_type, place};
use crate::domain::limits::Limits;
use crate::error::Kind;
use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, ServerError, Variables};
use factors::Factors;
use lower::Lowered;
use std::collections::HashMap;

/// Fields whose arguments are tried, at most.
const MOST_TRIED: usize = 5;

/// What an operation may cost at most, in cells.
pub(in crate::graphql) fn price(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
    limits: &Limits,
) -> u64 {
    Pricing::new(document, operation, variables, limits).whole(None)
}

/// The error of an operation that may cost more than the limit.
pub(in crate::graphql) fn too_costly(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
    limits: &Limits,
) -> ServerError {
    let pricing = Pricing::new(document, operation, variables, limits);
    let (cost, most) = (pricing.whole(None), limits.query_cost);
    let path = pricing.costliest();
    let lowered = path.iter().rev().take(MOST_TRIED).find_map(|(field, factors)| {
        let fits = |factors: &Factors| pricing.whole(Some((*field, factors))) <= most;
        lower::lower(factors, fits).map(|lowered| (*field, lowered))
    });
    let may = format!("the answer could have {cost} cells, {most} at most are allowed");
    let (field, argument, message) = match (lowered, path.last()) {
        (Some((field, Lowered { argument, advice })), _) => {
            let name = &field.node.name.node;
            (Some(field), argument, format!("{argument}: {may}; {advice} with {name}"))
        }
        // No single argument does it.
        (None, last) => {
            let message = format!("query: {may}; ask for some of its fields in another request");
            (last.map(|(field, _)| *field), "query", message)
        }
    };
    let written = |field: &Positioned<Field>| {
        field.node.arguments.iter().find(|(name, _)| name.node == argument).map(|(name, _)| name.pos)
    };
    let position = field.map(|field| written(field).unwrap_or(field.pos));
    let mut error = ServerError::new(message, position);
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("code", Kind::Limited.table().1);
    extensions.set("argument", argument);
    extensions.set("limit", "queryCost");
    if let Some(variable) = field.and_then(|field| place::variable_at(&field.node.arguments, argument)) {
        extensions.set("variable", variable);
    }
    error
}

/// A field, by its place in the document, with other factors than its arguments say.
type Instead<'a, 'f> = Option<(&'a Positioned<Field>, &'f Factors)>;

/// One operation with all that its price depends on.
struct Pricing<'a> {
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    values: Values<'a>,
    limits: &'a Limits,
}

impl<'a> Pricing<'a> {
    fn new(
        document: &'a ExecutableDocument,
        operation: &'a OperationDefinition,
        variables: &'a Variables,
        limits: &'a Limits,
    ) -> Self {
        let values = Values { variables, definitions: &operation.variable_definitions };
        Self { document, operation, values, limits }
    }

    fn root(&self) -> &'static str {
        match self.operation.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        }
    }

    fn whole(&self, instead: Instead<'a, '_>) -> u64 {
        let mut sum = Sum { pricing: self, instead, fragments: HashMap::new() };
        sum.set(self.root(), &self.operation.selection_set.node)
    }

    /// What a field's arguments say; `None` for a field that takes none.
    fn factors(&self, object: &str, field: &'a Positioned<Field>) -> Option<Factors> {
        let known = TYPES.field(object, &field.node.name.node)?;
        Factors::read(&field.node, known, &self.values, self.limits)
    }

    /// The way from the root to the field that costs most, each field with its factors.
    fn costliest(&self) -> Vec<(&'a Positioned<Field>, Factors)> {
        let (mut object, mut set, mut path) = (self.root(), &self.operation.selection_set.node, Vec::new());
        loop {
            let mut fields = Vec::new();
            self.fields(object, set, &mut Vec::new(), &mut fields);
            let mut sum = Sum { pricing: self, instead: None, fragments: HashMap::new() };
            let costliest =
                fields.into_iter().map(|(object, field)| (sum.field(object, field), object, field));
            let Some((cost, on, field)) = costliest.max_by_key(|(cost, _, _)| *cost) else { return path };
            if cost == 0 {
                return path;
            }
            path.extend(self.factors(on, field).map(|factors| (field, factors)));
            let Some(known) = TYPES.field(on, &field.node.name.node) else { return path };
            (object, set) = (named_type(&known.answer), &field.node.selection_set.node);
        }
    }

    /// The fields of a set, fragments put in their places, each with the object it is one of.
    fn fields(
        &self,
        object: &'a str,
        set: &'a SelectionSet,
        spread: &mut Vec<&'a Name>,
        found: &mut Vec<(&'a str, &'a Positioned<Field>)>,
    ) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => found.push((object, field)),
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let on = condition.map_or(object, |condition| condition.node.on.node.as_str());
                    self.fields(on, &fragment.node.selection_set.node, spread, found);
                }
                Selection::FragmentSpread(one) => {
                    let name = &one.node.fragment_name.node;
                    let Some(fragment) = self.document.fragments.get(name) else { continue };
                    if !spread.contains(&name) {
                        spread.push(name);
                        let on = fragment.node.type_condition.node.on.node.as_str();
                        self.fields(on, &fragment.node.selection_set.node, spread, found);
                    }
                }
            }
        }
    }
}

/// Adds up, each fragment once.
struct Sum<'a, 'p, 'f> {
    pricing: &'p Pricing<'a>,
    instead: Instead<'a, 'f>,
    /// What fragments cost; nothing while that is being found out, as a fragment in itself is refused anyway.
    fragments: HashMap<&'a Name, u64>,
}

impl<'a> Sum<'a, '_, '_> {
    fn set(&mut self, object: &str, set: &'a SelectionSet) -> u64 {
        let mut cost = 0_u64;
        for selection in &set.items {
            let one = match &selection.node {
                Selection::Field(field) => self.field(object, field),
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let on = condition.map_or(object, |condition| condition.node.on.node.as_str());
                    self.set(on, &fragment.node.selection_set.node)
                }
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node),
            };
            cost = cost.saturating_add(one);
        }
        cost
    }

    fn fragment(&mut self, name: &'a Name) -> u64 {
        if let Some(known) = self.fragments.get(name) {
            return *known;
        }
        let Some(fragment) = self.pricing.document.fragments.get(name) else { return 0 };
        self.fragments.insert(name, 0);
        let on = fragment.node.type_condition.node.on.node.as_str();
        let cost = self.set(on, &fragment.node.selection_set.node);
        self.fragments.insert(name, cost);
        cost
    }

    fn field(&mut self, object: &str, field: &'a Positioned<Field>) -> u64 {
        let Some(known) = TYPES.field(object, &field.node.name.node) else { return 0 };
        let below = self.set(named_type(&known.answer), &field.node.selection_set.node);
        let read;
        let factors = match self.instead {
            Some((other, factors)) if std::ptr::eq(other, field) => Some(factors),
            _ => {
                read = self.pricing.factors(object, field);
                read.as_ref()
            }
        };
        match factors {
            Some(factors) => factors.cells().saturating_add(factors.rows().saturating_mul(below)),
            None => below,
        }
    }
}
