//! What the schema says about names: the values of enums, the fields of objects.
//!
//! Read from the SDL once at start, so that variables and columns are typed without running anything.

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, Type, TypeKind, TypeSystemDefinition};
use std::collections::HashMap;

/// The type of a field of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldType {
    /// The name of the type, without list and null marks.
    pub name: String,
    /// Whether it is a list.
    pub is_list: bool,
}

/// The named types of a schema.
#[derive(Debug, Clone, Default)]
pub struct Types {
    enums: HashMap<String, Vec<String>>,
    objects: HashMap<String, HashMap<String, FieldType>>,
    inputs: Vec<String>,
    query: String,
}

impl Types {
    /// Reads a schema's SDL. A text that is none knows no types.
    #[must_use]
    pub fn read(sdl: &str) -> Self {
        let mut types = Self { query: "Query".to_owned(), ..Self::default() };
        let Ok(document) = parse_schema(sdl) else { return types };
        for definition in document.definitions {
            match definition {
                TypeSystemDefinition::Schema(schema) => {
                    if let Some(query) = schema.node.query {
                        types.query = query.node.to_string();
                    }
                }
                TypeSystemDefinition::Type(definition) => {
                    let name = definition.node.name.node.to_string();
                    types.add(name, definition.node.kind);
                }
                TypeSystemDefinition::Directive(_) => {}
            }
        }
        types
    }

    fn add(&mut self, name: String, kind: TypeKind) {
        match kind {
            TypeKind::Enum(kind) => {
                let values = kind.values.into_iter().map(|value| value.node.value.node.to_string());
                self.enums.insert(name, values.collect());
            }
            TypeKind::InputObject(_) => self.inputs.push(name),
            TypeKind::Object(object) => {
                let fields = object.fields.into_iter();
                let fields =
                    fields.map(|field| (field.node.name.node.to_string(), field_type(&field.node.ty.node)));
                self.objects.insert(name, fields.collect());
            }
            TypeKind::Scalar | TypeKind::Interface(_) | TypeKind::Union(_) => {}
        }
    }

    /// The values of an enum.
    #[must_use]
    pub fn values(&self, name: &str) -> Option<&[String]> {
        self.enums.get(name).map(Vec::as_slice)
    }

    /// Whether the name is an input object's.
    #[must_use]
    pub fn is_input(&self, name: &str) -> bool {
        self.inputs.iter().any(|input| input == name)
    }

    /// The type of an object's field.
    #[must_use]
    pub fn field(&self, object: &str, field: &str) -> Option<&FieldType> {
        self.objects.get(object)?.get(field)
    }

    /// The name of the type whose fields are the queries.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.query
    }
}

fn field_type(given: &Type) -> FieldType {
    match &given.base {
        BaseType::Named(name) => FieldType { name: name.to_string(), is_list: false },
        BaseType::List(inner) => FieldType { is_list: true, ..field_type(inner) },
    }
}
