//! Who events belong to: groups, profiles, and the memberships between them, each with its history.

use super::event::Properties;
use chrono::{DateTime, Utc};
use serde_json::Value;

/// The tenant's key inside the store. Every row carries one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProjectKey(pub u32);

/// What a client may do in its project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Send data.
    Write,
    /// Query data.
    Read,
    /// Send, query and manage this project.
    Admin,
}

impl Right {
    /// Whether data may be sent.
    #[must_use]
    pub fn may_write(self) -> bool {
        matches!(self, Self::Write | Self::Admin)
    }

    /// Whether data may be queried.
    #[must_use]
    pub fn may_read(self) -> bool {
        matches!(self, Self::Read | Self::Admin)
    }

    /// The word used on the command line, in the store and in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Write => "WRITE",
            Self::Read => "READ",
            Self::Admin => "ADMIN",
        }
    }

    /// Reads the word back, in any case.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Write, Self::Read, Self::Admin]
            .into_iter()
            .find(|right| right.as_str().eq_ignore_ascii_case(word))
    }
}

/// A group as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The caller's id.
    pub id: String,
    /// What kind of group it is: company, workspace, team, …
    pub group_type: String,
    /// Its display name.
    pub name: String,
    /// Its properties, types kept.
    pub properties: Properties,
    /// When this life of the group began.
    pub created_at: DateTime<Utc>,
    /// When something about it last changed.
    pub updated_at: DateTime<Utc>,
}

/// A change to a group. `type` and `name` overwrite, `properties` merge (RFC 7396).
#[derive(Debug, Clone, PartialEq)]
pub struct GroupPatch {
    /// The caller's id.
    pub id: String,
    /// The group's type.
    pub group_type: String,
    /// The group's display name.
    pub name: String,
    /// A JSON Merge Patch for the properties.
    pub properties: Properties,
    /// When the change took effect; `None`: when it is received.
    pub effective_at: Option<DateTime<Utc>>,
}

/// A profile as it is now.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Profile {
    /// The caller's id.
    pub id: String,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// URL of a picture.
    pub avatar: Option<String>,
    /// Traits, types kept.
    pub properties: Properties,
}

/// A change to a profile: a field that is `None` stays, `properties` merge (RFC 7396).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProfilePatch {
    /// The caller's id.
    pub id: String,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// URL of a picture.
    pub avatar: Option<String>,
    /// A JSON Merge Patch for the traits.
    pub properties: Properties,
}

/// What an upsert did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upserted {
    /// A new entity, or a new life of a deleted one.
    Created,
    /// Something changed.
    Updated,
    /// Nothing changed, nothing was written.
    Unchanged,
}

/// Applies a JSON Merge Patch (RFC 7396): objects merge, `null` removes, anything else replaces.
pub fn merge_patch(target: &mut Properties, patch: &Properties) {
    for (key, value) in patch {
        match value {
            Value::Null => {
                target.shift_remove(key);
            }
            Value::Object(inner) => {
                let slot = target.entry(key.clone()).or_insert_with(|| Value::Object(Properties::new()));
                if !slot.is_object() {
                    *slot = Value::Object(Properties::new());
                }
                if let Value::Object(below) = slot {
                    merge_patch(below, inner);
                }
            }
            other => {
                target.insert(key.clone(), other.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn merged(target: Value, patch: Value) -> Value {
        let (Value::Object(mut target), Value::Object(patch)) = (target, patch) else { unreachable!() };
        merge_patch(&mut target, &patch);
        Value::Object(target)
    }

    #[test]
    fn merge_patch_follows_the_examples_of_rfc_7396() {
        assert_eq!(merged(json!({"a": "b"}), json!({"a": "c"})), json!({"a": "c"}));
        assert_eq!(merged(json!({"a": "b"}), json!({"b": "c"})), json!({"a": "b", "b": "c"}));
        assert_eq!(merged(json!({"a": "b", "b": "c"}), json!({"a": null})), json!({"b": "c"}));
        assert_eq!(merged(json!({"a": ["b"]}), json!({"a": "c"})), json!({"a": "c"}));
        assert_eq!(merged(json!({"a": "c"}), json!({"a": ["b"]})), json!({"a": ["b"]}));
        assert_eq!(
            merged(json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}})),
            json!({"a": {"b": "d"}})
        );
        assert_eq!(merged(json!({"a": [{"b": "c"}]}), json!({"a": [1]})), json!({"a": [1]}));
        assert_eq!(merged(json!({}), json!({"a": {"bb": {"ccc": null}}})), json!({"a": {"bb": {}}}));
    }
}
