//! Erasures: requests to remove everything that is stored of one profile or one group.

use chrono::{DateTime, Utc};

/// What is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A profile: its events, those of devices that it alone used, its traits and its memberships.
    Profile,
    /// A group: its versions, its memberships, and its id on events, which stay.
    Group,
}

impl Subject {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Profile, Self::Group];

    /// The word that stands for it where erasures are kept.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Profile => "PROFILE",
            Self::Group => "GROUP",
        }
    }
}

/// One erasure. Whom it concerns is not known from it: that is what is erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Its id.
    pub id: String,
    /// What is erased.
    pub subject: Subject,
    /// When it was accepted. What is stored later is not concerned.
    pub requested_at: DateTime<Utc>,
    /// When nothing was left in any file of the data folder.
    pub finished_at: Option<DateTime<Utc>>,
}
