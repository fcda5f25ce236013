//! Cohorts: saved sets of profiles, or of the groups of one type, that questions filter by and are split by.
//!
//! A cohort is defined by a rule: `and`, `or` and `not` of tests on the unit itself, of deeds, and of static lists. It
//! is worked out once for each question that names it: "now" in it is the end of the asking question's range, and
//! attribution, users and the time at which properties of groups are read are the asking question's. Asked on its
//! own, the end is now and everything else the default. See [`crate::engine::cohort`] for how.
//!
//! - **Who can be in it.** Every known profile (identified, ever in a group, or with an event), or every group of the
//!   type that is not deleted. `not` is within that set, and ids of a list that are not in it are nobody.
//! - **Tests** read a profile as it is now, and a group as it was just before that end (the last version that took
//!   effect before it; before the first, the first), or now where the question reads groups so. Operators are those
//!   of filters, negative ones hold for a missing value.
//! - **Deeds** count the unit's events before that end, in the last while before it, or in a range, that match event
//!   and filter. `atLeast` and `atMost` are inclusive, one of them is given; `atMost` includes never. A filter on the
//!   groups of the cohort's own type looks at that group alone.
//! - **As a filter** it holds when the event's profile, or some group of the type on the event (where the question
//!   counts or splits by the type: that group alone), is in it. The opposite is written with `not`.
//! - **As a breakdown** the key's name is the cohort's name and its value `true` or `false`; null where the event has
//!   no profile, or no group of the type. It is treated as a property of the profile or of the group.
//! - A cohort is known by the id it is given; saving again under an id overwrites. Cohorts do not refer to each other.
//!
//! What customers read:

#![doc = include_str!("cohorts.md")]

mod input;

pub use input::{CohortDeedInput, CohortRuleInput};

use super::unit::{Counted, UnitInput};
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::domain::document::{Document, DocumentKind};
use crate::domain::limits::Limits;
use crate::engine::cohort::Cohort;
use crate::engine::filter::Subject;
use async_graphql::InputType;
use serde_json::{Value, json};
use std::sync::Arc;

/// What a saved cohort's document says: of what it is a set, and its rule as it was saved.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The type of the groups; none for profiles.
    pub group_type: Option<String>,
    /// The rule, JSON as a `CohortRuleInput` takes it.
    pub rule: Value,
}

impl Definition {
    /// Checks what somebody wants to save. `rule` and `written` are the same rule, checked by its type and as it was
    /// written. Complaints name the places below `input`.
    pub fn parse(
        unit: &UnitInput,
        rule: &CohortRuleInput,
        written: Value,
        limits: &Limits,
    ) -> Result<Self, Invalid> {
        let unit = match Counted::parse(unit, limits)? {
            Counted::Session => {
                return Err(Invalid::new("unit.kind", "is SESSION; a cohort is a set of PROFILE or GROUP"));
            }
            unit => unit,
        };
        let group_type = unit.group_type().map(str::to_owned);
        input::parse_rule(rule, &subject(group_type.as_ref()), limits)?;
        Ok(Self { group_type, rule: written })
    }

    /// The definition as a document's body.
    #[must_use]
    pub fn to_body(&self) -> String {
        json!({"groupType": self.group_type, "rule": self.rule}).to_string()
    }

    /// The definition that a document holds.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        let mut body: Value = serde_json::from_str(&document.body).unwrap_or_default();
        let group_type = body["groupType"].as_str().map(str::to_owned);
        Self { group_type, rule: body["rule"].take() }
    }

    /// The cohort that a document defines.
    fn cohort(document: &Document, limits: &Limits) -> Result<Cohort, Invalid> {
        let Self { group_type, rule } = Self::of(document);
        let of = subject(group_type.as_ref());
        let unreadable = |reason: String| Invalid::new("rule", reason);
        let value = async_graphql::Value::from_json(rule).map_err(|error| unreadable(error.to_string()))?;
        let rule = CohortRuleInput::parse(Some(value))
            .map_err(|_| unreadable("is no rule of a cohort; save it again".to_owned()))?;
        let rule = input::parse_rule(&rule, &of, limits)?;
        Ok(Cohort { id: document.id.clone(), name: document.name.clone(), of, rule })
    }
}

fn subject(group_type: Option<&String>) -> Subject {
    group_type.map_or(Subject::Profile, |group_type| Subject::Group(group_type.clone()))
}

/// The cohort of an id; `place` names the argument that names it.
pub fn known_cohort(place: &str, id: &str, caller: &Caller) -> Result<Arc<Cohort>, Invalid> {
    let Some(document) = caller.document(DocumentKind::Cohort, id) else {
        let shown: String = id.chars().take(60).collect();
        let reason =
            format!("is \"{shown}\", and there is no such cohort; save it, or give the id of one of cohorts");
        return Err(Invalid::new(place, reason));
    };
    let cohort = Definition::cohort(&document, caller.limits());
    cohort.map(Arc::new).map_err(|invalid| Invalid::new(place, format!("cannot be read: {invalid}")))
}
