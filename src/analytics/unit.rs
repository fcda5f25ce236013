//! What an analysis counts: profiles, sessions, or the groups of one type.

use super::breakdown::Breakdown;
use super::filter::parse_group_type;
use crate::domain::Invalid;
use crate::domain::limits::Limits;
use crate::engine::scope::{Scope, Split, Unit};
use async_graphql::{Enum, InputObject};

/// What is counted.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum UnitKind {
    /// Users.
    Profile,
    /// Sessions.
    Session,
    /// Groups of a type: what any member does, and what nobody does, is the group's.
    Group,
}

/// What is counted.
#[derive(Debug, Clone, InputObject)]
pub struct UnitInput {
    /// Profiles, sessions or groups.
    pub kind: UnitKind,
    /// The type of the groups; needed for `GROUP`, and only there.
    pub group_type: Option<String>,
}

/// The words for units in flat forms.
pub const UNITS: [(&str, UnitKind); 3] =
    [("PROFILE", UnitKind::Profile), ("SESSION", UnitKind::Session), ("GROUP", UnitKind::Group)];

impl Default for UnitInput {
    fn default() -> Self {
        Self { kind: UnitKind::Profile, group_type: None }
    }
}

/// What is counted, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted {
    /// Users.
    Profile,
    /// Sessions.
    Session,
    /// Groups of a type.
    Group(String),
}

impl Counted {
    /// Checks what was asked; complaints name the argument `unit`.
    pub fn parse(input: &UnitInput, limits: &Limits) -> Result<Self, Invalid> {
        match (input.kind, &input.group_type) {
            (UnitKind::Group, Some(group_type)) => {
                Ok(Self::Group(parse_group_type("unit.groupType", group_type, limits)?))
            }
            (UnitKind::Group, None) => Err(Invalid::new(
                "unit.groupType",
                "is missing; a unit of kind GROUP names the type of its groups",
            )),
            (_, Some(_)) => Err(Invalid::new(
                "unit.groupType",
                "goes with kind GROUP alone; leave it out or change the kind",
            )),
            (UnitKind::Profile, None) => Ok(Self::Profile),
            (UnitKind::Session, None) => Ok(Self::Session),
        }
    }

    /// As [`Counted::parse`], for analyses that make no sense of a session.
    pub fn parse_lasting(input: &UnitInput, limits: &Limits) -> Result<Self, Invalid> {
        match Self::parse(input, limits)? {
            Self::Session => {
                Err(Invalid::new("unit.kind", "is SESSION, which never comes back; count PROFILE or GROUP"))
            }
            lasting => Ok(lasting),
        }
    }

    /// The type of the groups that are counted.
    #[must_use]
    pub fn group_type(&self) -> Option<&str> {
        match self {
            Self::Group(group_type) => Some(group_type),
            Self::Profile | Self::Session => None,
        }
    }

    /// Whether rows are split by the very groups that are counted.
    #[must_use]
    pub fn is_split_by(&self, breakdown: &Breakdown) -> bool {
        matches!(breakdown, Breakdown::Group(group_type) if Some(group_type.as_str()) == self.group_type())
    }

    /// Makes it the unit of a scope that is split no further.
    pub fn count_in(&self, scope: &mut Scope) {
        scope.splits.clear();
        scope.unit = match self {
            Self::Profile => Unit::User,
            Self::Session => Unit::Session,
            Self::Group(group_type) => {
                scope.splits.push(Split::Type(group_type.clone()));
                Unit::FirstSplit
            }
        };
    }
}
