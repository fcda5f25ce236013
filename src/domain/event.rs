//! Events: what happened, who did it, and which groups it was sent with.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

/// JSON properties of an event, a profile or a group, with their JSON types kept.
pub type Properties = Map<String, Value>;

/// One thing that happened, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The caller's id, or one made at arrival. Unique in its project for ever.
    pub id: String,
    /// The event's name, 1 to 80 characters.
    pub name: String,
    /// The identified user, or `None` for an anonymous event.
    pub profile_id: Option<String>,
    /// The device, when one is known.
    pub device_id: Option<String>,
    /// The session, when the event belongs to one.
    pub session_id: Option<String>,
    /// Ids of the groups the event was sent with: no duplicates, order kept.
    pub groups: Vec<String>,
    /// Path of the page or screen.
    pub path: Option<String>,
    /// Everything else that was sent along.
    pub properties: Properties,
    /// Revenue in integer minor units (cents).
    pub revenue: Option<i64>,
    /// When it happened, whole microseconds UTC.
    pub occurred_at: DateTime<Utc>,
    /// When it was received, whole microseconds UTC.
    pub received_at: DateTime<Utc>,
}

/// How an event gets its session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionRule {
    /// Keep the session id the event came with, if any.
    AsGiven,
    /// Join the device's live session, or open one: 30 minutes of inactivity end it.
    Live {
        /// The device's id under the salt of the day before: a session that is live under it goes on.
        previous_device_id: Option<String>,
    },
    /// A server's event: borrow device and session of the profile's live session, never open or extend one.
    Borrow,
}

/// An event on its way in: decoded and validated, not yet deduplicated or numbered.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// The event; its id is already fixed.
    pub event: Event,
    /// Add the profile's memberships at the event's time to its groups.
    pub attach_memberships: bool,
    /// How it gets its session.
    pub session: SessionRule,
}

/// What became of a received event. Each ends in exactly one.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Stored, durably.
    Accepted,
    /// An event with this id was stored before; the first one stands.
    Duplicate,
}

/// Removes repeats, keeps the first of each and the order.
#[must_use]
pub fn distinct(mut ids: Vec<String>) -> Vec<String> {
    // Most lists are that short.
    if ids.len() <= 8 {
        for place in (1..ids.len()).rev() {
            if ids[..place].contains(&ids[place]) {
                ids.remove(place);
            }
        }
        return ids;
    }
    let mut seen = std::collections::HashSet::new();
    ids.into_iter().filter(|id| seen.insert(id.clone())).collect()
}

/// How large properties are: the bytes of their keys and texts, and `each` more for every value.
#[must_use]
pub fn weight(properties: &Properties, each: usize) -> usize {
    fn of(value: &Value, each: usize) -> usize {
        each + match value {
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(|item| of(item, each)).sum(),
            Value::Object(map) => weight(map, each),
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        }
    }
    properties.iter().map(|(key, value)| key.len() + of(value, each)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_weigh_their_keys_texts_and_values() {
        let json = serde_json::json!({"a": "four", "bc": [1, null], "d": {"e": true}});
        let properties = json.as_object().expect("an object");
        assert_eq!((weight(properties, 0), weight(properties, 10)), (9, 69));
    }

    #[test]
    fn repeated_group_ids_keep_their_first_place() {
        let ids = ["b", "a", "b", "c", "a"].map(String::from).to_vec();
        assert_eq!(distinct(ids), ["b", "a", "c"]);
        let many: Vec<String> = (0..30).map(|n| (n % 10).to_string()).collect();
        assert_eq!(distinct(many.clone()), many[..10]);
    }
}
