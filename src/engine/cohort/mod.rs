//! Cohorts: named sets of profiles, or of the groups of one type, defined by a rule.
//!
//! A cohort is worked out before a question that names it runs: each test and each deed of its rule is a question of
//! its own, and `and`, `or` and `not` join the sets that come back. What is left is a set of keys, which the scope of
//! the asking question holds ([`super::scope::Scope::cohorts`]) and tests membership in.

mod keys;
mod members;

pub use keys::KeySet;

use super::filter::{Subject, Test};
use super::scope::Condition;
use crate::domain::time::Range;
use chrono::Duration;

/// A cohort, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Cohort {
    /// The id it is known by in its project.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// Of what it is a set: profiles, or groups of a type.
    pub of: Subject,
    /// Who is in it.
    pub rule: Rule,
}

/// Who is in a cohort.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// Who is in all of these.
    And(Vec<Rule>),
    /// Who is in at least one of these.
    Or(Vec<Rule>),
    /// Everyone who is not in this.
    Not(Box<Rule>),
    /// Who passes a test on its own property or field.
    Property(Test),
    /// Who did something so many times.
    Deed(Deed),
    /// Those with these ids.
    Ids(Vec<String>),
}

/// Something done, and how many times.
#[derive(Debug, Clone, PartialEq)]
pub struct Deed {
    /// Which events count.
    pub condition: Condition,
    /// At least so many; 0 holds for everyone.
    pub at_least: u32,
    /// At most so many, if there is a limit.
    pub at_most: Option<u32>,
    /// When.
    pub during: During,
}

/// When a deed was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum During {
    /// Ever before the end of the asking question's range.
    Ever,
    /// So long before that end.
    Last(Duration),
    /// In a range.
    Range(Range),
}

impl Rule {
    /// The tests, deeds and lists of the rule, in order.
    fn leaves<'r>(&'r self, into: &mut Vec<&'r Self>) {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.leaves(into)),
            Self::Not(part) => part.leaves(into),
            Self::Property(_) | Self::Deed(_) | Self::Ids(_) => into.push(self),
        }
    }

    /// Who is in it, when it is known who is in each of its leaves.
    fn join(&self, leaves: &mut impl Iterator<Item = KeySet>, everyone: &KeySet) -> KeySet {
        match self {
            Self::And(parts) => {
                let parts = parts.iter().map(|part| part.join(leaves, everyone));
                parts.fold(everyone.clone(), |all, part| all.and(&part))
            }
            Self::Or(parts) => {
                let parts = parts.iter().map(|part| part.join(leaves, everyone));
                parts.fold(KeySet::default(), KeySet::or)
            }
            Self::Not(part) => everyone.clone().without(&part.join(leaves, everyone)),
            Self::Property(_) | Self::Deed(_) | Self::Ids(_) => leaves.next().unwrap_or_default(),
        }
    }
}
