//! Breakdowns: by what an answer is split into rows.
//!
//! What customers read:

#![doc = include_str!("breakdowns.md")]

use super::cohort::known_cohort;
use super::filter::parse_group_type;
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::engine::filter::{Path, Subject};
use crate::engine::scope::{Reading, Split};
use async_graphql::{ID, InputObject, OneofObject, SimpleObject};

/// A property of the groups of a type.
#[derive(Debug, Clone, InputObject)]
pub struct GroupPropertyInput {
    /// The group type.
    pub r#type: String,
    /// Dotted path of the property.
    pub property: String,
}

/// By what an answer is split into rows. Exactly one field is given. A value that is missing is a row of its own.
#[derive(Debug, Clone, OneofObject)]
pub enum BreakdownInput {
    /// By group of a type: each row is that group's own events; a unit may be in several rows. Events without a
    /// group of the type are a row with a null key.
    GroupType(String),
    /// By a property of the event: the first event that has a value decides.
    EventProperty(String),
    /// By a property of the profile, as it is now.
    ProfileProperty(String),
    /// By a property of a group.
    GroupProperty(GroupPropertyInput),
    /// By whether the profile, or the group, is in the cohort with this id: `true` or `false`.
    Cohort(ID),
}

/// One key of a row.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct BreakdownKey {
    /// What the rows are split by: the group type, the property's path, `type.path` for a property of a group, or the
    /// cohort's name.
    pub name: String,
    /// The value: a group's id, or a property's value as text; null where it is missing.
    pub value: Option<String>,
}

/// One checked breakdown.
#[derive(Debug, Clone, PartialEq)]
pub enum Breakdown {
    /// By group of a type.
    Group(String),
    /// By a property, or by a cohort.
    Property {
        /// How it is called in keys.
        name: String,
        /// What is read.
        reading: Reading,
    },
}

impl Breakdown {
    /// Reads the breakdowns of an analysis.
    pub fn parse(inputs: &[BreakdownInput], caller: &Caller) -> Result<Vec<Self>, Invalid> {
        let limits = caller.limits();
        if inputs.len() > limits.breakdowns {
            let reason =
                format!("lists {} breakdowns; {} at most are allowed", inputs.len(), limits.breakdowns);
            return Err(Invalid::new("breakdown", reason));
        }
        let parsed: Vec<Self> = inputs
            .iter()
            .enumerate()
            .map(|(index, input)| Self::parse_one(&format!("breakdown[{index}]"), input, caller))
            .collect::<Result<_, _>>()?;
        let repeated = parsed.iter().enumerate().find(|(index, one)| parsed[..*index].contains(one));
        match repeated {
            Some((index, _)) => {
                Err(Invalid::new(format!("breakdown[{index}]"), "is given twice; give each breakdown once"))
            }
            None => Ok(parsed),
        }
    }

    fn parse_one(place: &str, input: &BreakdownInput, caller: &Caller) -> Result<Self, Invalid> {
        let limits = caller.limits();
        let property = |place: String, name: String, of, path: &str| {
            Ok(Self::Property { name, reading: Reading::Property { of, path: Path::parse(&place, path)? } })
        };
        match input {
            BreakdownInput::GroupType(group_type) => {
                Ok(Self::Group(parse_group_type(&format!("{place}.groupType"), group_type, limits)?))
            }
            BreakdownInput::EventProperty(path) => {
                property(format!("{place}.eventProperty"), path.clone(), Subject::Event, path)
            }
            BreakdownInput::ProfileProperty(path) => {
                property(format!("{place}.profileProperty"), path.clone(), Subject::Profile, path)
            }
            BreakdownInput::GroupProperty(input) => {
                let group_type =
                    parse_group_type(&format!("{place}.groupProperty.type"), &input.r#type, limits)?;
                let name = format!("{group_type}.{}", input.property);
                property(
                    format!("{place}.groupProperty.property"),
                    name,
                    Subject::Group(group_type),
                    &input.property,
                )
            }
            BreakdownInput::Cohort(id) => {
                let cohort = known_cohort(&format!("{place}.cohort"), id, caller)?;
                Ok(Self::Property { name: cohort.name.clone(), reading: Reading::Cohort(cohort) })
            }
        }
    }

    /// How it is called in keys.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Group(name) | Self::Property { name, .. } => name,
        }
    }

    /// The multiplication it asks for, if it is by group.
    #[must_use]
    pub fn split(&self) -> Option<Split> {
        match self {
            Self::Group(group_type) => Some(Split::TypeOrNone(group_type.clone())),
            Self::Property { .. } => None,
        }
    }

    /// The property it reads, if it is by property.
    #[must_use]
    pub fn reading(&self) -> Option<Reading> {
        match self {
            Self::Group(_) => None,
            Self::Property { reading, .. } => Some(reading.clone()),
        }
    }
}
