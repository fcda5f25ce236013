//! Documents: what a project defines for itself, such as its cohorts and saved queries.

use chrono::{DateTime, Utc};

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentKind {
    /// The definition of a cohort.
    Cohort,
    /// A query of the project's own, known by its name.
    SavedQuery,
}

impl DocumentKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Cohort, Self::SavedQuery];

    /// The word that stands for it where documents are kept.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cohort => "COHORT",
            Self::SavedQuery => "SAVED_QUERY",
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
