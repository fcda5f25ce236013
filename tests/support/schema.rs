//! The schema as a test walks it: every field with its arguments, and values that fit them.

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, Type, TypeKind, TypeSystemDefinition,
};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// The types of the schema, by name, and the input objects of which exactly one field is given.
pub(crate) struct Schema(HashMap<String, TypeKind>, HashSet<String>);

impl Schema {
    pub(crate) fn read() -> Self {
        let document = parse_schema(muster::graphql::sdl()).expect("our schema");
        let mut schema = Self(HashMap::new(), HashSet::new());
        for definition in document.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let name = definition.node.name.node.to_string();
            if definition.node.directives.iter().any(|directive| directive.node.name.node == "oneOf") {
                schema.1.insert(name.clone());
            }
            schema.0.insert(name, definition.node.kind);
        }
        schema
    }

    pub(crate) fn fields(&self, object: &str) -> Vec<&FieldDefinition> {
        let TypeKind::Object(object) = &self.0[object] else { panic!("{object} is an object") };
        object.fields.iter().map(|field| &field.node).collect()
    }

    /// The fields of an input object, if the name is one's.
    pub(crate) fn input(&self, name: &str) -> Option<Vec<&InputValueDefinition>> {
        match self.0.get(name) {
            Some(TypeKind::InputObject(input)) => {
                Some(input.fields.iter().map(|field| &field.node).collect())
            }
            _ => None,
        }
    }

    pub(crate) fn has_selection(&self, kind: &Type) -> bool {
        match &kind.base {
            BaseType::List(inner) => self.has_selection(inner),
            BaseType::Named(name) => matches!(self.0.get(name.as_str()), Some(TypeKind::Object(_))),
        }
    }

    /// A value that the type allows.
    pub(crate) fn right(&self, kind: &Type) -> Value {
        let name = match &kind.base {
            BaseType::List(inner) => return json!([self.right(inner)]),
            BaseType::Named(name) => name.as_str(),
        };
        if let Some(TypeKind::Enum(kind)) = self.0.get(name) {
            return json!(kind.values[0].node.value.node.as_str());
        }
        if let Some(fields) = self.input(name) {
            let is_of_itself = |field: &InputValueDefinition| field.ty.node.to_string().contains(name);
            if self.1.contains(name) {
                let one =
                    fields.into_iter().find(|field| !is_of_itself(field)).expect("a field of another type");
                return json!({ one.name.node.as_str(): self.right(&one.ty.node) });
            }
            let required = fields.into_iter().filter(|field| is_required(field));
            return required.map(|field| (field.name.node.to_string(), self.right(&field.ty.node))).collect();
        }
        match name {
            "Int" => json!(1),
            "Float" => json!(1.5),
            "Boolean" => json!(true),
            "DateTime" => json!("2026-01-01T00:00:00Z"),
            "Date" => json!("2026-01-01"),
            "Duration" => json!("P1D"),
            "JSON" => json!({}),
            _ => json!("a"),
        }
    }

    /// Whether exactly one field of an input object is given.
    pub(crate) fn is_one_of(&self, name: &str) -> bool {
        self.1.contains(name)
    }

    /// A value for each argument that a field requires.
    pub(crate) fn required(&self, field: &FieldDefinition) -> Value {
        let required = field.arguments.iter().map(|one| &one.node).filter(|argument| is_required(argument));
        required.map(|one| (one.name.node.to_string(), self.right(&one.ty.node))).collect()
    }
}

/// Whether something must be given.
pub(crate) fn is_required(field: &InputValueDefinition) -> bool {
    !field.ty.node.nullable && field.default_value.is_none()
}

/// A document that gives a field the arguments in variables of the same names.
pub(crate) fn document(
    operation: &str,
    field: &FieldDefinition,
    has_selection: bool,
    given: &Value,
) -> String {
    let names: Vec<&String> = given.as_object().expect("an object").keys().collect();
    let kind = |name: &str| {
        let argument = field.arguments.iter().find(|argument| argument.node.name.node == name);
        argument.expect("an argument").node.ty.node.to_string()
    };
    let declared: Vec<String> = names.iter().map(|name| format!("${name}: {}", kind(name))).collect();
    let used: Vec<String> = names.iter().map(|name| format!("{name}: ${name}")).collect();
    let (declared, used) = (declared.join(", "), used.join(", "));
    let selection = if has_selection { " { __typename }" } else { "" };
    if names.is_empty() {
        return format!("{operation} Q {{ {}{selection} }}", field.name.node);
    }
    format!("{operation} Q({declared}) {{ {}({used}){selection} }}", field.name.node)
}
