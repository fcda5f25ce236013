//! What is accepted: one verdict for each kind of value, through whatever door it comes.
//!
//! `/track`, GraphQL and imports read values in their own ways and all ask here whether to take them. Where a door
//! differs, it is because what it speaks demands it: `/track` refuses the names `session_start` and `session_end`,
//! passes over a `__deviceId` of more than 64 characters, and takes a time that lies ahead as the present, as
//! `OpenPanel` does; in a file an empty cell is a value that is not there.

use super::Invalid;
use super::event::{Properties, distinct, weight};
use super::limits::Limits;
use chrono::{DateTime, Duration, Utc};
use serde_json::Value;

/// Bytes of an e-mail address, at most.
const EMAIL_BYTES: usize = 320;

/// The largest revenue: the last whole number that every reader of JSON keeps exactly.
const MOST_REVENUE: i64 = (1 << 53) - 1;

/// Whether a text has the form of an e-mail address: one `@`, something before it, a dotted host name behind.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else { return false };
    let has_odd = text.chars().any(|c| c.is_whitespace() || c.is_control());
    let is_dotted_well = |part: &str| part.split('.').all(|label| !label.is_empty());
    text.len() <= EMAIL_BYTES
        && !has_odd
        && !host.contains('@')
        && host.contains('.')
        && is_dotted_well(local)
        && is_dotted_well(host)
}

/// Whether a text is an absolute URL.
#[must_use]
pub fn is_url(text: &str) -> bool {
    url::Url::parse(text).is_ok()
}

/// Checks an e-mail address.
pub fn check_email(field: &str, text: &str) -> Result<(), Invalid> {
    let reason = "is no e-mail address; write one such as jane@example.com, or leave it out";
    if is_email(text) { Ok(()) } else { Err(Invalid::new(field, reason)) }
}

/// Checks revenue in minor units: none is negative, as `OpenPanel` has it.
pub fn check_revenue(field: &str, amount: i64) -> Result<(), Invalid> {
    if (0..=MOST_REVENUE).contains(&amount) {
        return Ok(());
    }
    let reason = format!("is {amount}; give a whole number of minor units from 0 to {MOST_REVENUE}");
    Err(Invalid::new(field, reason))
}

/// Checks an instant that somebody says something happened at: no more than 24 hours ahead.
pub fn check_instant(field: &str, instant: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Invalid> {
    if instant.signed_duration_since(now) <= Duration::hours(24) {
        return Ok(());
    }
    let reason = "lies more than 24 hours ahead of the server's clock; send the time it happened";
    Err(Invalid::new(field, reason))
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

    /// Checks each group id, drops repeats and keeps the order; at most [`Limits::groups_per_event`] may be left.
    pub fn check_groups(&self, field: &str, ids: Vec<String>) -> Result<Vec<String>, Invalid> {
        let check = |(i, id): (usize, &String)| {
            self.check_id("", id).map_err(|invalid| invalid.within(&format!("{field}[{i}]")))
        };
        ids.iter().enumerate().try_for_each(check)?;
        let ids = distinct(ids);
        if ids.len() > self.groups_per_event {
            let reason = format!("lists {} groups; {} at most are allowed", ids.len(), self.groups_per_event);
            return Err(Invalid::new(field, reason));
        }
        Ok(ids)
    }

    /// Checks a text that may hold anything, such as a name or a path: as long as properties may be.
    pub fn check_text(&self, field: &str, text: &str) -> Result<(), Invalid> {
        let (bytes, most) = (text.len(), self.properties_bytes);
        if bytes > most {
            return Err(Invalid::new(field, format!("has {bytes} bytes; {most} at most are allowed")));
        }
        Ok(())
    }

    /// Checks the display name of a group: a text that is not empty.
    pub fn check_group_name(&self, field: &str, name: &str) -> Result<(), Invalid> {
        if name.is_empty() {
            return Err(Invalid::new(field, "is empty; give at least one character"));
        }
        self.check_text(field, name)
    }

    /// Checks the size and the depth of properties.
    pub fn check_properties(&self, field: &str, properties: &Properties) -> Result<(), Invalid> {
        let deepest = properties.values().map(levels).max().map_or(0, |below| below + 1);
        if deepest > self.properties_levels {
            let reason =
                format!("is nested {deepest} levels deep; {} at most are allowed", self.properties_levels);
            return Err(Invalid::new(field, reason));
        }
        // Every byte becomes six at most and every value brings 32 at most: most need no closer look.
        if 6 * weight(properties, 32) <= self.properties_bytes {
            return Ok(());
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

    /// Checks the address of a picture: an absolute URL, as long as a text may be.
    pub fn check_avatar(&self, field: &str, text: &str) -> Result<(), Invalid> {
        self.check_text(field, text)?;
        let reason = "is no URL; give an absolute one such as https://example.com/jane.png, or leave it out";
        if is_url(text) { Ok(()) } else { Err(Invalid::new(field, reason)) }
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

    #[test]
    fn addresses_have_something_on_both_sides_of_one_at() {
        for good in ["a@b.co", "first.last+tag@mail.example.org", "ü@exämple.de"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "@b.co",
            "a@",
            "a@b",
            "a@@b.co",
            "a@b@c.de",
            "a b@c.de",
            ".a@b.co",
            "a..b@c.de",
            "a@b..co",
            "a@b.\n",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn repeats_do_not_count_as_groups() {
        let limits = Limits { groups_per_event: 2, ..Limits::default() };
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        assert_eq!(limits.check_groups("groups", ids(&["b", "a", "b"])), Ok(ids(&["b", "a"])));
        assert!(
            limits
                .check_groups("groups", ids(&["a", "b", "c"]))
                .is_err_and(|invalid| invalid.field == "groups")
        );
        assert!(
            limits.check_groups("groups", ids(&["a", ""])).is_err_and(|invalid| invalid.field == "groups[1]")
        );
    }
}
