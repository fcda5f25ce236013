//! Cohorts by definition: who is in a set of profiles, or of groups of a type.

pub(crate) mod ask;
mod worked;

use super::data::{Dataset, GroupVersion};
use super::filter::{Deed, GroupField, Look, Operator, Path, ProfileField};
use super::scope::{GroupProperties, Reading, groups_of_type};
use chrono::{DateTime, Duration, Utc};
use muster::domain::event::Event;
use muster::domain::time::Range;
use serde_json::Value;
use std::collections::BTreeSet;

/// A saved cohort.
#[derive(Debug)]
pub(crate) struct Cohort {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// The type of the groups; none for profiles.
    pub(crate) group_type: Option<String>,
    /// Who is in it.
    pub(crate) rule: Rule,
}

/// Who is in it.
#[derive(Debug, Clone)]
pub(crate) enum Rule {
    /// All hold.
    And(Vec<Rule>),
    /// At least one holds.
    Or(Vec<Rule>),
    /// It does not hold.
    Not(Box<Rule>),
    /// The unit's own value.
    Own(Own, Operator),
    /// What the unit did.
    Done(Done),
    /// A static list.
    Ids(Vec<String>),
}

/// A value of a profile or a group.
#[derive(Debug, Clone)]
pub(crate) enum Own {
    Property(Path),
    ProfileField(ProfileField),
    GroupField(GroupField),
}

/// A deed, and how many times.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    pub(crate) deed: Deed,
    pub(crate) at_least: Option<usize>,
    pub(crate) at_most: Option<usize>,
    pub(crate) when: When,
}

/// When it was done.
#[derive(Debug, Clone, Copy)]
pub(crate) enum When {
    /// Before the end of the asking question's range.
    Ever,
    /// In the last while before that end.
    Last(Duration),
    /// In this range.
    Range(Range),
}

impl PartialEq for Cohort {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Cohort {
    /// Everybody who is in it, of those it is tested on.
    pub(crate) fn members<'d>(&self, data: &'d Dataset, reading: Reading) -> BTreeSet<&'d str> {
        let mut members = self.everyone(data);
        members.retain(|id| self.has(data, id, reading));
        members
    }

    /// Whether a known profile, or a group of the type, is in it.
    pub(crate) fn has(&self, data: &Dataset, id: &str, reading: Reading) -> bool {
        self.rule.holds(&Unit { data, group_type: self.group_type.as_deref(), id, reading })
    }

    /// Every known profile, or every group of the type that is not deleted.
    fn everyone<'d>(&self, data: &'d Dataset) -> BTreeSet<&'d str> {
        if let Some(group_type) = &self.group_type {
            return data.groups_of(group_type).into_iter().collect();
        }
        let identified = data.profiles.keys();
        let members = data.memberships.iter().map(|membership| &membership.profile_id);
        let acting = data.events.iter().filter_map(|event| event.profile_id.as_ref());
        identified.chain(members).chain(acting).map(String::as_str).collect()
    }
}

/// Who is tested.
struct Unit<'a> {
    data: &'a Dataset,
    group_type: Option<&'a str>,
    id: &'a str,
    reading: Reading,
}

impl Rule {
    fn holds(&self, unit: &Unit<'_>) -> bool {
        match self {
            Self::And(all) => all.iter().all(|rule| rule.holds(unit)),
            Self::Or(any) => any.iter().any(|rule| rule.holds(unit)),
            Self::Not(rule) => !rule.holds(unit),
            Self::Own(own, operator) => {
                let accepts =
                    |positive: &Operator| unit.value(own).is_some_and(|value| positive.accepts(&value));
                match operator.negated() {
                    Some(positive) => !accepts(&positive),
                    None => accepts(operator),
                }
            }
            Self::Done(done) => {
                let times = unit.data.events.iter().filter(|event| unit.did(done, event)).count();
                done.at_least.is_none_or(|least| least <= times)
                    && done.at_most.is_none_or(|most| times <= most)
            }
            Self::Ids(ids) => ids.iter().any(|id| id == unit.id),
        }
    }
}

impl Unit<'_> {
    fn value(&self, own: &Own) -> Option<Value> {
        match own {
            Own::Property(path) if self.group_type.is_some() => path.of(&self.version().properties),
            Own::Property(path) => path.of(&self.data.profiles.get(self.id)?.properties),
            Own::ProfileField(field) => {
                // As of an event that this profile does: a profile's fields are read as they are now.
                let profile = self.data.profiles.get(self.id);
                let text = match field {
                    ProfileField::Id => Some(self.id.to_owned()),
                    ProfileField::Email => profile?.email.clone(),
                    ProfileField::FirstName => profile?.first_name.clone(),
                    ProfileField::LastName => profile?.last_name.clone(),
                    ProfileField::Avatar => profile?.avatar.clone(),
                };
                text.map(Value::String)
            }
            Own::GroupField(GroupField::Id) => Some(self.id.into()),
            Own::GroupField(GroupField::Name) => Some(self.version().name.clone().into()),
        }
    }

    /// The last version that took effect before the end; before the first, the first.
    fn version(&self) -> &GroupVersion {
        let group = &self.data.groups[self.id];
        if self.reading.group_properties == GroupProperties::Now {
            return group.current();
        }
        let before = group.versions.iter().rev().find(|version| version.effective_at < self.reading.until);
        before.unwrap_or(&group.versions[0])
    }

    fn did(&self, done: &Done, event: &Event) -> bool {
        let Reading { attribution, until, .. } = self.reading;
        let in_time = |at: DateTime<Utc>| match done.when {
            When::Ever => at < until,
            When::Last(length) => until - length <= at && at < until,
            When::Range(range) => range.contains(at),
        };
        let (is_own, alone) = match self.group_type {
            None => (event.profile_id.as_deref() == Some(self.id), Vec::new()),
            Some(group_type) => {
                let groups = groups_of_type(self.data, event, attribution, group_type);
                let alone = vec![(group_type.to_owned(), Some(self.id.to_owned()))];
                (groups.iter().any(|id| id == self.id), alone)
            }
        };
        let look = Look { data: self.data, event, reading: self.reading, alone: &alone };
        is_own && in_time(event.occurred_at) && done.deed.is(look)
    }
}
