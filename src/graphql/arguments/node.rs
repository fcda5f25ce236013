//! A value of an argument: as it is written in the document, or as a variable gives it.

use async_graphql::parser::types::VariableDefinition;
use async_graphql::{Name, Positioned, Value as Given, Variables};
use async_graphql_value::Value as Written;
use std::fmt::{self, Display, Formatter};

/// Characters of a value that a complaint repeats, about.
const SHOWN_CHARS: usize = 60;

/// A value: as it is written in the document, or as a variable gives it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Node<'a> {
    Written(&'a Written),
    Given(&'a Given),
}

impl<'a> Node<'a> {
    pub(super) fn is_null(self) -> bool {
        matches!(self, Self::Written(Written::Null) | Self::Given(Given::Null))
    }

    pub(super) fn is_boolean(self) -> bool {
        matches!(self, Self::Written(Written::Boolean(_)) | Self::Given(Given::Boolean(_)))
    }

    pub(super) fn is_true(self) -> bool {
        matches!(self, Self::Written(Written::Boolean(true)) | Self::Given(Given::Boolean(true)))
    }

    pub(super) fn is_object(self) -> bool {
        matches!(self, Self::Written(Written::Object(_)) | Self::Given(Given::Object(_)))
    }

    pub(super) fn text(self) -> Option<&'a str> {
        match self {
            Self::Written(Written::String(text)) | Self::Given(Given::String(text)) => Some(text),
            _ => None,
        }
    }

    /// A word of an enum: variables can give it as a string only.
    pub(super) fn word(self) -> Option<&'a str> {
        match self {
            Self::Written(Written::Enum(name)) | Self::Given(Given::Enum(name)) => Some(name),
            _ => self.text(),
        }
    }

    pub(super) fn number(self) -> Option<&'a serde_json::Number> {
        match self {
            Self::Written(Written::Number(number)) | Self::Given(Given::Number(number)) => Some(number),
            _ => None,
        }
    }

    pub(super) fn items(self) -> Option<Box<dyn Iterator<Item = Self> + 'a>> {
        match self {
            Self::Written(Written::List(items)) => Some(Box::new(items.iter().map(Node::Written))),
            Self::Given(Given::List(items)) => Some(Box::new(items.iter().map(Node::Given))),
            _ => None,
        }
    }

    pub(super) fn keys(self) -> Box<dyn Iterator<Item = &'a Name> + 'a> {
        match self {
            Self::Written(Written::Object(fields)) => Box::new(fields.keys()),
            Self::Given(Given::Object(fields)) => Box::new(fields.keys()),
            _ => Box::new(std::iter::empty()),
        }
    }

    pub(super) fn field(self, name: &Name) -> Option<Self> {
        self.named(name)
    }

    pub(super) fn named(self, name: &str) -> Option<Self> {
        match self {
            Self::Written(Written::Object(fields)) => fields.get(name).map(Node::Written),
            Self::Given(Given::Object(fields)) => fields.get(name).map(Node::Given),
            _ => None,
        }
    }
}

/// What the variables of an operation hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'a> {
    pub(super) variables: &'a Variables,
    pub(super) definitions: &'a [Positioned<VariableDefinition>],
}

impl<'a> Values<'a> {
    /// What a variable holds: what was given, or its default.
    pub(super) fn get(&self, name: &Name) -> Option<&'a Given> {
        let default = || {
            let definition = self.definitions.iter().find(|definition| definition.node.name.node == *name)?;
            definition.node.default_value.as_ref().map(|value| &value.node)
        };
        self.variables.get(name).or_else(default)
    }

    /// A value, or what is in the variable that stands for it.
    pub(super) fn of(&self, node: Node<'a>) -> Option<Node<'a>> {
        match node {
            Node::Written(Written::Variable(name)) => self.get(name).map(Node::Given),
            node => Some(node),
        }
    }
}

impl Display for Node<'_> {
    /// Scalars as they are, shortened; of lists and objects only that they are.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Written(Written::List(_)) | Self::Given(Given::List(_)) => f.write_str("a list"),
            Self::Written(Written::Object(_)) | Self::Given(Given::Object(_)) => f.write_str("an object"),
            _ => {
                let text = match self {
                    Self::Written(value) => value.to_string(),
                    Self::Given(value) => value.to_string(),
                };
                let shown: String = text.chars().take(SHOWN_CHARS).collect();
                f.write_str(&shown)?;
                if shown.len() < text.len() { f.write_str("…") } else { Ok(()) }
            }
        }
    }
}
