//! Documents: what a project defines for itself, such as its cohorts.

use chrono::{DateTime, Utc};

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentKind {
    /// The definition of a cohort.
    Cohort,
}

impl DocumentKind {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::Cohort];

    /// The word that stands for it where documents are kept.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cohort => "COHORT",
        }
    }
}

/// One document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The id it is known by among those of its kind and project.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// What it says, a JSON text.
    pub body: String,
    /// When it was first saved.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}
