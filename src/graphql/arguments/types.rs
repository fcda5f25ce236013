//! What the schema takes as arguments: read once from its own definition language.

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{InputValueDefinition, Type, TypeKind, TypeSystemDefinition};
use async_graphql::{Name, Positioned, Value};
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// An argument of a field, or a field of an input object.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) name: Name,
    pub(super) kind: Type,
    /// Whether it must be given.
    pub(super) is_required: bool,
    /// What it is when it is not given.
    pub(super) default: Option<Value>,
}

/// An input object.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) slots: Vec<Slot>,
    /// Whether exactly one of its fields is given.
    pub(super) is_one_of: bool,
}

/// A field of an object.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) slots: Vec<Slot>,
    /// What it answers.
    pub(super) answer: Type,
}

/// The named types of the schema, as far as arguments are concerned.
#[derive(Debug, Default)]
pub(super) struct Types {
    objects: HashMap<Name, HashMap<Name, Field>>,
    inputs: HashMap<Name, Input>,
    enums: HashMap<Name, Vec<Name>>,
    names: HashSet<Name>,
}

/// The scalars that every schema has.
const BUILT_IN: [&str; 5] = ["Boolean", "Float", "ID", "Int", "String"];

/// The types of our schema.
pub(super) static TYPES: LazyLock<Types> = LazyLock::new(|| Types::read(&crate::graphql::schema().sdl()));

impl Types {
    /// Reads a schema definition. A text that is none knows no types.
    pub(super) fn read(sdl: &str) -> Self {
        let mut types = Self::default();
        let Ok(document) = parse_schema(sdl) else { return types };
        for definition in document.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let (name, directives) = (definition.node.name.node, definition.node.directives);
            types.names.insert(name.clone());
            match definition.node.kind {
                TypeKind::Object(object) => {
                    let fields = object.fields.into_iter().map(|field| {
                        let field = field.node;
                        (field.name.node, Field { slots: slots(field.arguments), answer: field.ty.node })
                    });
                    types.objects.insert(name, fields.collect());
                }
                TypeKind::InputObject(input) => {
                    let is_one_of = directives.iter().any(|directive| directive.node.name.node == "oneOf");
                    types.inputs.insert(name, Input { slots: slots(input.fields), is_one_of });
                }
                TypeKind::Enum(kind) => {
                    let values = kind.values.into_iter().map(|value| value.node.value.node);
                    types.enums.insert(name, values.collect());
                }
                TypeKind::Scalar | TypeKind::Interface(_) | TypeKind::Union(_) => {}
            }
        }
        types
    }

    /// A field of an object.
    pub(super) fn field(&self, object: &str, field: &str) -> Option<&Field> {
        self.objects.get(object)?.get(field)
    }

    /// An input object.
    pub(super) fn input(&self, name: &str) -> Option<&Input> {
        self.inputs.get(name)
    }

    /// Whether there is a type of this name.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.names.contains(name) || BUILT_IN.contains(&name)
    }

    /// The values of an enum.
    pub(super) fn values(&self, name: &str) -> Option<&[Name]> {
        self.enums.get(name).map(Vec::as_slice)
    }
}

fn slots(definitions: Vec<Positioned<InputValueDefinition>>) -> Vec<Slot> {
    let slot = |definition: InputValueDefinition| {
        let kind = definition.ty.node;
        let is_required = !kind.nullable && definition.default_value.is_none();
        let default = definition.default_value.map(|value| value.node);
        Slot { name: definition.name.node, kind, is_required, default }
    };
    definitions.into_iter().map(|definition| slot(definition.node)).collect()
}
