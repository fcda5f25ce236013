//! A value against the type it should have: what is wrong with it, where, and what to give instead.

use super::node::{Node, Values};
use super::types::Types;
use crate::analytics::scalars::{parse_day, parse_instant};
use crate::domain::time::parse_duration;
use async_graphql::Name;
use async_graphql::parser::types::{BaseType, Type};
use async_graphql_value::Value as Written;
use std::fmt::{self, Display, Formatter};

/// Complaints about one document, at most.
const MOST_COMPLAINTS: usize = 10;

/// Where a value stands: `steps[2].event`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'p> {
    above: Option<&'p Place<'p>>,
    step: Step<'p>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'p> {
    Name(&'p str),
    Item(usize),
}

impl<'p> Place<'p> {
    /// An argument.
    pub(super) fn argument(name: &'p str) -> Self {
        Self { above: None, step: Step::Name(name) }
    }

    fn below(&'p self, step: Step<'p>) -> Self {
        Self { above: Some(self), step }
    }
}

impl Display for Place<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(above) = self.above {
            write!(f, "{above}")?;
        }
        match self.step {
            Step::Name(name) if self.above.is_some() => write!(f, ".{name}"),
            Step::Name(name) => f.write_str(name),
            Step::Item(index) => write!(f, "[{index}]"),
        }
    }
}

/// What is wrong with an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Complaint {
    /// The path of the argument.
    pub(super) argument: String,
    /// What is wrong and what to give instead.
    pub(super) reason: String,
}

/// Checks values and collects complaints.
#[derive(Debug)]
pub(super) struct Checker<'a> {
    pub(super) types: &'a Types,
    pub(super) values: Values<'a>,
    /// Whether complaints may name what else the schema has.
    pub(super) tells_names: bool,
    pub(super) complaints: Vec<Complaint>,
}

impl<'a> Checker<'a> {
    /// Whether there are so many complaints that no more are wanted.
    pub(super) fn is_full(&self) -> bool {
        self.complaints.len() >= MOST_COMPLAINTS
    }

    pub(super) fn complain(&mut self, place: &Place<'_>, reason: impl Into<String>) {
        if !self.is_full() {
            self.complaints.push(Complaint { argument: place.to_string(), reason: reason.into() });
        }
    }

    /// Checks what stands at a place, if anything does.
    pub(super) fn slot(&mut self, place: &Place<'_>, kind: &Type, is_required: bool, node: Option<Node<'a>>) {
        let missing = match node {
            Some(Node::Written(Written::Variable(name))) => match self.values.get(name) {
                Some(given) => return self.value(place, kind, Node::Given(given)),
                None => format!("is missing, because the variable ${name} is not given"),
            },
            Some(node) => return self.value(place, kind, node),
            None => "is missing".to_owned(),
        };
        if is_required {
            let wanted = self.wanted(kind);
            self.complain(place, format!("{missing}; give {wanted}"));
        }
    }

    fn value(&mut self, place: &Place<'_>, kind: &Type, node: Node<'a>) {
        if self.is_full() {
            return;
        }
        if node.is_null() {
            if !kind.nullable {
                let wanted = self.wanted(kind);
                self.complain(place, format!("is null; give {wanted}"));
            }
            return;
        }
        match (&kind.base, node.items()) {
            (BaseType::List(inner), Some(items)) => {
                for (index, item) in items.enumerate() {
                    self.slot(&place.below(Step::Item(index)), inner, !inner.nullable, Some(item));
                }
            }
            // One value stands for a list of it.
            (BaseType::List(inner), None) => self.value(place, inner, node),
            (BaseType::Named(name), _) => self.named(place, name, kind, node),
        }
    }

    fn named(&mut self, place: &Place<'_>, name: &str, kind: &Type, node: Node<'a>) {
        if let Some(values) = self.types.values(name) {
            let word = node.word();
            if !word.is_some_and(|word| values.iter().any(|value| value == word)) {
                let wanted = self.wanted(kind);
                self.complain(place, format!("is {node}; give {wanted}"));
            }
            return;
        }
        if self.types.input(name).is_some() {
            return self.object(place, name, kind, node);
        }
        if let Some(reason) = scalar(name, node) {
            self.complain(place, reason);
        }
    }

    fn object(&mut self, place: &Place<'_>, name: &str, kind: &Type, node: Node<'a>) {
        let types = self.types;
        let (Some(input), true) = (types.input(name), node.is_object()) else {
            let wanted = self.wanted(kind);
            return self.complain(place, format!("is {node}; give {wanted}"));
        };
        let tells_names = self.tells_names;
        let names = || input.slots.iter().map(|slot| slot.name.as_str()).collect::<Vec<_>>().join(", ");
        for key in node.keys() {
            if !input.slots.iter().any(|slot| slot.name == *key) {
                let known =
                    if tells_names { format!("it has {}", names()) } else { "leave it out".to_owned() };
                self.complain(&place.below(Step::Name(key)), format!("is no field of {name}; {known}"));
            }
        }
        if input.is_one_of {
            let given = node.keys().filter(|key| !node.field(key).is_some_and(Node::is_null)).count();
            if given != 1 || node.keys().count() != 1 {
                let of = if tells_names { format!(" of {}", names()) } else { String::new() };
                let reason = format!("has {given} fields that are not null; give exactly one{of}");
                return self.complain(place, reason);
            }
        }
        for slot in &input.slots {
            let below = place.below(Step::Name(&slot.name));
            self.slot(&below, &slot.kind, slot.is_required, node.field(&slot.name));
        }
    }

    /// What to give for a type, in words.
    fn wanted(&self, kind: &Type) -> String {
        let name = match &kind.base {
            BaseType::List(inner) => return format!("a list, each item being {}", self.wanted(inner)),
            BaseType::Named(name) => name.as_str(),
        };
        if !self.tells_names && self.types.values(name).is_some() {
            return "a value of its enum".to_owned();
        }
        if !self.tells_names && self.types.input(name).is_some() {
            return "an object of its fields".to_owned();
        }
        if let Some(values) = self.types.values(name) {
            return format!("one of {}", values.iter().map(Name::as_str).collect::<Vec<_>>().join(", "));
        }
        if let Some(input) = self.types.input(name) {
            let names = input.slots.iter().map(|slot| slot.name.as_str());
            let one_of = if input.is_one_of { "one of " } else { "" };
            return format!("an object with {one_of}{}", names.collect::<Vec<_>>().join(", "));
        }
        wanted_scalar(name).to_owned()
    }
}

fn wanted_scalar(name: &str) -> &'static str {
    match name {
        "Int" => "a whole number from -2147483648 to 2147483647",
        "Float" => "a number",
        "Boolean" => "true or false",
        "ID" => "a string or a whole number",
        "DateTime" => "an RFC 3339 instant such as \"2026-01-31T09:00:00Z\"",
        "Date" => "a day such as \"2026-01-31\"",
        "Duration" => "an ISO 8601 duration such as \"P7D\"",
        "JSON" => "a JSON value",
        _ => "a string",
    }
}

/// What is wrong with a value of a scalar type. Types that are not known here are left to the schema.
fn scalar(name: &str, node: Node<'_>) -> Option<String> {
    let reason = match (name, node.text()) {
        ("DateTime", Some(text)) => parse_instant(text).err(),
        ("Date", Some(text)) => parse_day(text).err(),
        ("Duration", Some(text)) => return parse_duration("", text).err().map(|invalid| invalid.reason),
        _ => None,
    };
    if let Some(reason) = reason {
        return Some(format!("is {node}; {reason}"));
    }
    let number = node.number();
    let is_well = match name {
        "Int" => {
            number.and_then(serde_json::Number::as_i64).is_some_and(|whole| i32::try_from(whole).is_ok())
        }
        "Float" => number.is_some(),
        "Boolean" => node.is_boolean(),
        "ID" => node.text().is_some() || number.is_some_and(|number| !number.is_f64()),
        "String" | "DateTime" | "Date" | "Duration" => node.text().is_some(),
        _ => true,
    };
    (!is_well).then(|| format!("is {node}; give {}", wanted_scalar(name)))
}
