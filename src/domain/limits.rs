//! The limits of what is accepted and answered: one table, one default each, settable by the operator.

use super::Invalid;
use super::event::Properties;
use serde_json::Value;

/// Every limit with its unit in its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Characters of an event's name, at most.
    pub event_name_chars: usize,
    /// Bytes of an id (event, profile, group, device, session), at most.
    pub id_bytes: usize,
    /// Groups on one event or in one membership change, at most.
    pub groups_per_event: usize,
    /// Bytes of one entity's or event's properties as JSON, at most.
    pub properties_bytes: usize,
    /// Levels of nesting in properties, at most.
    pub properties_levels: usize,
    /// Events in one batch, at most.
    pub batch_events: usize,
    /// Bytes of one request's body, at most.
    pub body_bytes: usize,
    /// Steps of a funnel, at most (2 is the least).
    pub funnel_steps: usize,
    /// Breakdowns of an analysis, at most.
    pub breakdowns: usize,
    /// Buckets of a time series, at most.
    pub buckets: usize,
    /// Rows of one answer, at most.
    pub rows: usize,
    /// Nodes on one page of a list, at most.
    pub page: usize,
    /// Seconds one query may run.
    pub query_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            event_name_chars: 80,
            id_bytes: 512,
            groups_per_event: 100,
            properties_bytes: 256 * 1024,
            properties_levels: 32,
            batch_events: 10_000,
            body_bytes: 16 * 1024 * 1024,
            funnel_steps: 32,
            breakdowns: 3,
            buckets: 10_000,
            rows: 100_000,
            page: 1_000,
            query_seconds: 30,
        }
    }
}

impl Limits {
    /// Checks an id: not empty, no control characters, not over [`Limits::id_bytes`].
    pub fn check_id(&self, field: &str, id: &str) -> Result<(), Invalid> {
        if id.is_empty() {
            return Err(Invalid::new(field, "is empty; give an id of at least one character"));
        }
        if id.len() > self.id_bytes {
            let reason = format!("has {} bytes; an id may have {} at most", id.len(), self.id_bytes);
            return Err(Invalid::new(field, reason));
        }
        if id.chars().any(char::is_control) {
            return Err(Invalid::new(field, "contains a control character; remove it"));
        }
        Ok(())
    }

    /// Checks an event's name: 1 to [`Limits::event_name_chars`] characters, no control characters.
    pub fn check_event_name(&self, field: &str, name: &str) -> Result<(), Invalid> {
        if name.is_empty() {
            return Err(Invalid::new(field, "is empty; name the event"));
        }
        let chars = name.chars().count();
        if chars > self.event_name_chars {
            let reason = format!("has {chars} characters; a name may have {} at most", self.event_name_chars);
            return Err(Invalid::new(field, reason));
        }
        if name.chars().any(char::is_control) {
            return Err(Invalid::new(field, "contains a line break or control character; remove it"));
        }
        Ok(())
    }

    /// Checks the number of group ids and each id.
    pub fn check_groups(&self, field: &str, ids: &[String]) -> Result<(), Invalid> {
        if ids.len() > self.groups_per_event {
            let reason = format!("lists {} groups; {} at most are allowed", ids.len(), self.groups_per_event);
            return Err(Invalid::new(field, reason));
        }
        ids.iter().enumerate().try_for_each(|(i, id)| self.check_id(&format!("{field}[{i}]"), id))
    }

    /// Checks the size and the depth of properties.
    pub fn check_properties(&self, field: &str, properties: &Properties) -> Result<(), Invalid> {
        let deepest = properties.values().map(levels).max().map_or(0, |below| below + 1);
        if deepest > self.properties_levels {
            let reason =
                format!("is nested {deepest} levels deep; {} at most are allowed", self.properties_levels);
            return Err(Invalid::new(field, reason));
        }
        let mut counter = ByteCounter(0);
        // Counting cannot fail: the sink accepts everything and JSON values always serialise.
        drop(serde_json::to_writer(&mut counter, properties));
        if counter.0 > self.properties_bytes {
            let reason =
                format!("has {} bytes as JSON; {} at most are allowed", counter.0, self.properties_bytes);
            return Err(Invalid::new(field, reason));
        }
        Ok(())
    }
}

/// Levels of nesting below a value: 0 for a scalar. The JSON parser itself refuses more than 128.
fn levels(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(levels).max().unwrap_or(0),
        Value::Object(map) => 1 + map.values().map(levels).max().unwrap_or(0),
        _ => 0,
    }
}

/// Counts what is written to it.
struct ByteCounter(usize);

impl std::io::Write for ByteCounter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn map(value: &Value) -> Properties {
        value.as_object().expect("an object").clone()
    }

    #[test]
    fn properties_are_measured_in_bytes_and_levels() {
        let limits = Limits { properties_bytes: 20, properties_levels: 2, ..Limits::default() };
        assert!(limits.check_properties("properties", &map(&json!({"a": {"b": 1}}))).is_ok());
        assert!(limits.check_properties("properties", &map(&json!({"a": {"b": {"c": 1}}}))).is_err());
        assert!(limits.check_properties("properties", &map(&json!({"a": "0123456789abcdef"}))).is_err());
    }
}
