//! Typed access to the fields of a payload: every complaint names the path of what is wrong.

use crate::domain::Invalid;
use crate::domain::event::Properties;
use crate::domain::limits::Limits;
use serde_json::{Number, Value};

/// The fields of one JSON object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'b> {
    place: &'static str,
    map: &'b Properties,
    /// The limits its values must keep.
    pub(super) limits: &'b Limits,
}

impl<'b> Fields<'b> {
    /// The fields of `map`, which stands at `place` in the body.
    pub(super) fn new(place: &'static str, map: &'b Properties, limits: &'b Limits) -> Self {
        Self { place, map, limits }
    }

    /// All fields as they came.
    pub(super) fn map(&self) -> &'b Properties {
        self.map
    }

    /// The path of a field, for complaints.
    pub(super) fn path(&self, key: &str) -> String {
        format!("{}.{key}", self.place)
    }

    /// A complaint that names a field by its key, with the field's path: nobody writes paths of fields that are right.
    pub(super) fn here(&self, invalid: Invalid) -> Invalid {
        invalid.within(self.place)
    }

    /// The value of a field; `None` if it is absent or null.
    pub(super) fn get(&self, key: &str) -> Option<&'b Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// A text that must be there, of any length up to [`Limits::properties_bytes`].
    pub(super) fn text(&self, key: &str) -> Result<&'b str, Invalid> {
        match self.map.get(key) {
            Some(Value::String(text)) => {
                self.limits.check_text(key, text).map_err(|invalid| self.here(invalid))?;
                Ok(text)
            }
            other => Err(wrong(self.path(key), "a string", other)),
        }
    }

    /// An id that must be there and be a string.
    pub(super) fn text_id(&self, key: &str) -> Result<String, Invalid> {
        let text = self.text(key)?;
        self.limits.check_id(key, text).map_err(|invalid| self.here(invalid))?;
        Ok(text.to_owned())
    }

    /// An id that must be there; a number becomes its text.
    pub(super) fn id(&self, key: &str) -> Result<String, Invalid> {
        let Some(id) = self.map.get(key).and_then(id_text) else {
            return Err(wrong(self.path(key), "a string or a number", self.map.get(key)));
        };
        self.limits.check_id(key, &id).map_err(|invalid| self.here(invalid))?;
        Ok(id)
    }

    /// An id that may be absent; a number becomes its text.
    pub(super) fn optional_id(&self, key: &str) -> Result<Option<String>, Invalid> {
        self.get(key).map(|_| self.id(key)).transpose()
    }

    /// Properties that may be absent, within their limits. They are measured before they are copied.
    pub(super) fn properties(&self, key: &str) -> Result<Properties, Invalid> {
        match self.get(key) {
            None => Ok(Properties::new()),
            Some(Value::Object(properties)) => {
                self.limits.check_properties(key, properties).map_err(|invalid| self.here(invalid))?;
                Ok(properties.clone())
            }
            other => Err(wrong(self.path(key), "an object", other)),
        }
    }

    /// The same for a field that was taken out of the payload.
    pub(super) fn taken_properties(&self, key: &str, taken: Option<Value>) -> Result<Properties, Invalid> {
        match taken {
            None | Some(Value::Null) => Ok(Properties::new()),
            Some(Value::Object(properties)) => {
                self.limits.check_properties(key, &properties).map_err(|invalid| self.here(invalid))?;
                Ok(properties)
            }
            other => Err(wrong(self.path(key), "an object", other.as_ref())),
        }
    }

    /// A list of ids without repeats. A number is no group id here, as it is none for OpenPanel.
    pub(super) fn ids(&self, key: &str) -> Result<Vec<String>, Invalid> {
        let Some(Value::Array(items)) = self.map.get(key) else {
            return Err(wrong(self.path(key), "an array of strings", self.map.get(key)));
        };
        let mut ids = Vec::new();
        for (i, item) in items.iter().enumerate() {
            let Value::String(id) = item else {
                return Err(wrong(format!("{}[{i}]", self.path(key)), "a string", Some(item)));
            };
            ids.push(id.clone());
        }
        self.limits.check_groups(key, ids).map_err(|invalid| self.here(invalid))
    }
}

/// The text of an id that is a string or a number; `12` and `12.0` are the same number in JavaScript and here.
pub(super) fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number_text(number)),
        _ => None,
    }
}

fn number_text(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => float.to_string(),
        _ => number.to_string(),
    }
}

/// The complaint about a value of the wrong JSON type, or about one that is missing.
pub(super) fn wrong(field: impl Into<String>, expected: &str, given: Option<&Value>) -> Invalid {
    let given = match given {
        None => "missing",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "a boolean",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(_)) => "a string",
        Some(Value::Array(_)) => "an array",
        Some(Value::Object(_)) => "an object",
    };
    Invalid::new(field, format!("is {given}; give {expected}"))
}
