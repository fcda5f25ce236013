//! What a GraphQL request asks for: read from a POST's body or from a GET's address, and refused with what to change.

use super::document::Document;
use crate::domain::Invalid;
use serde_json::{Map, Value};

/// An operation as it is asked for.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The document, or how it is called.
    pub(super) document: Document,
    /// Which of the document's operations is meant.
    pub(super) operation_name: Option<String>,
    /// A value for each variable.
    pub(super) variables: Map<String, Value>,
    /// Whether the answer shall tell what its statements cost.
    pub(super) is_explained: bool,
}

impl Asked {
    /// Reads the body of a POST.
    pub(super) fn in_body(body: Value) -> Result<Self, Invalid> {
        match body {
            Value::Object(parameters) => Self::read(parameters),
            Value::Array(_) => {
                let reason =
                    "is a list; requests are not batched, so send each operation as a request of its own";
                Err(Invalid::new("body", reason))
            }
            _ => Err(Invalid::new("body", "is no object; send {\"query\": …, \"variables\": …}")),
        }
    }

    /// Reads the query string of an address. An empty parameter counts as not given.
    pub(super) fn in_address(query_string: &str) -> Result<Self, Invalid> {
        let mut parameters = Map::new();
        for (name, text) in url::form_urlencoded::parse(query_string.as_bytes()) {
            if parameters.contains_key(name.as_ref()) {
                return Err(Invalid::new(name.as_ref(), "is given twice; leave one out"));
            }
            let value = match name.as_ref() {
                "variables" | "extensions" if !text.is_empty() => serde_json::from_str(&text)
                    .map_err(|error| Invalid::new(name.as_ref(), format!("is no JSON: {error}")))?,
                "query" => Value::String(text.into_owned()),
                "documentId" | "operationName" if !text.is_empty() => Value::String(text.into_owned()),
                _ => continue,
            };
            parameters.insert(name.into_owned(), value);
        }
        Self::read(parameters)
    }

    fn read(mut parameters: Map<String, Value>) -> Result<Self, Invalid> {
        let query = text(&mut parameters, "query", "a GraphQL document")?;
        let id = text(&mut parameters, "documentId", "a saved query's name, or sha256: and a hash")?;
        let operation_name = text(&mut parameters, "operationName", "the name of an operation")?;
        let variables = object(&mut parameters, "variables", "one value for each variable's name")?;
        let extensions = object(&mut parameters, "extensions", "one value for each extension's name")?;
        let is_explained = match extensions.get("explain") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(is_explained)) => *is_explained,
            Some(_) => {
                return Err(Invalid::new("extensions.explain", "is no boolean; give true or leave it out"));
            }
        };
        let document = Document::read(query, id, extensions.get("persistedQuery"))?;
        Ok(Self { document, operation_name, variables, is_explained })
    }
}

fn text(parameters: &mut Map<String, Value>, name: &str, wanted: &str) -> Result<Option<String>, Invalid> {
    match parameters.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Invalid::new(name, format!("is no string; give {wanted}"))),
    }
}

fn object(
    parameters: &mut Map<String, Value>,
    name: &str,
    wanted: &str,
) -> Result<Map<String, Value>, Invalid> {
    match parameters.remove(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(object)) => Ok(object),
        Some(_) => Err(Invalid::new(name, format!("is no object; give {wanted}"))),
    }
}
