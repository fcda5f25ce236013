//! Whose properties are asked for, and where they are read.

use crate::analytics::filter::{RangeInput, parse_group_type, parse_range};
use crate::analytics::scalars::Duration;
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::engine::Question;
use crate::engine::scope::{Condition, Reads, Scope};
use crate::error::Failure;
use async_graphql::Enum;

/// Whose properties.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum PropertyOwner {
    /// Of events.
    Event,
    /// Of profiles.
    Profile,
    /// Of groups of a type.
    Group,
}

/// The words for owners in flat forms.
pub(super) const OWNERS: [(&str, PropertyOwner); 3] =
    [("EVENT", PropertyOwner::Event), ("PROFILE", PropertyOwner::Profile), ("GROUP", PropertyOwner::Group)];

/// Whose properties are asked for, as it was typed.
#[derive(Debug)]
pub(super) struct OwnedInput {
    pub(super) of: PropertyOwner,
    pub(super) group_type: Option<String>,
    pub(super) event: Option<String>,
    pub(super) range: Option<RangeInput>,
    pub(super) last: Option<Duration>,
}

impl OwnedInput {
    /// Checks the arguments; gives the scope, and the question with whose properties it is about.
    pub(super) fn ask(self, caller: &Caller, question: Question) -> Result<(Scope, Question), Failure> {
        let limits = caller.limits();
        let group_type = match (self.of, &self.group_type) {
            (PropertyOwner::Group, Some(group_type)) => {
                Some(parse_group_type("groupType", group_type, limits)?)
            }
            (PropertyOwner::Group, None) => {
                let reason = "is missing; properties of GROUP are those of the groups of a type";
                return Err(Invalid::new("groupType", reason).into());
            }
            (_, Some(_)) => {
                let reason = "goes with GROUP alone; leave it out or ask for properties of GROUP";
                return Err(Invalid::new("groupType", reason).into());
            }
            (_, None) => None,
        };
        let within = scope_of(caller, self.range, self.last.as_ref())?;
        let mut scope =
            if self.of == PropertyOwner::Event { within } else { caller.scope_without_events()? };
        if let Some(event) = self.event {
            if self.of != PropertyOwner::Event {
                let reason = "goes with EVENT alone; leave it out or ask for properties of EVENT";
                return Err(Invalid::new("event", reason).into());
            }
            limits.check_event_name("event", &event)?;
            scope.steps = vec![Condition { event: Some(event), filter: None }];
            scope.only_marked = true;
        }
        let word = match self.of {
            PropertyOwner::Event => "EVENT",
            PropertyOwner::Profile => "PROFILE",
            PropertyOwner::Group => "GROUP",
        };
        let question = question.reading(Reads::Events).with("of", word.to_owned());
        Ok((scope, question.with("group_type", group_type)))
    }
}

/// The scope of a range, of all time without one.
pub(super) fn scope_of(
    caller: &Caller,
    range: Option<RangeInput>,
    last: Option<&Duration>,
) -> Result<Scope, Failure> {
    if range.is_none() && last.is_none() {
        return caller.scope_ever();
    }
    Ok(caller.scope(parse_range(range, last, caller)?))
}
