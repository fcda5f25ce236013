//! What the business means: events, groups, profiles, memberships, time and limits.
//!
//! Nothing here does IO, knows SQL, GraphQL or a wire format; every other layer may use it.

pub mod accept;
pub mod document;
pub mod erasure;
pub mod event;
pub mod identity;
pub mod limits;
pub mod time;
pub mod write;

/// Input that cannot be accepted, in words that are safe to show to whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct Invalid {
    /// The field, argument or column that is wrong, as the sender wrote it.
    pub field: String,
    /// What is wrong with it and what to change, a sentence without a full stop.
    pub reason: String,
}

impl Invalid {
    /// Names a field and says what to change about it.
    pub fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }

    /// The same complaint, with the place it was found in put before the field (`events[3].name`).
    #[must_use]
    pub fn within(self, place: &str) -> Self {
        let separator = if self.field.is_empty() || self.field.starts_with('[') { "" } else { "." };
        Self { field: format!("{place}{separator}{}", self.field), reason: self.reason }
    }
}
