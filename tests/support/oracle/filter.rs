//! The filter tree, and when it holds for an event.

use super::cohort::Cohort;
use super::data::{Dataset, GroupVersion};
use super::scope::{GroupProperties, Reading, groups_of_type};
use muster::domain::event::{Event, Properties};
use serde_json::Value;
use std::cmp::Ordering;
use std::sync::Arc;

/// A condition on an event.
#[derive(Debug, Clone)]
pub(crate) enum Filter {
    /// All hold.
    And(Vec<Filter>),
    /// At least one holds.
    Or(Vec<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// One value, one operator.
    Leaf(Subject, Operator),
    /// The profile, or a group of the type, is in a cohort.
    Cohort(Arc<Cohort>),
}

/// What a leaf reads.
#[derive(Debug, Clone)]
pub(crate) enum Subject {
    /// A property of the event.
    EventProperty(Path),
    /// A field of the event.
    EventField(EventField),
    /// A property of the event's profile, as it is now.
    ProfileProperty(Path),
    /// A field of the event's profile, as it is now.
    ProfileField(ProfileField),
    /// A property of the event's groups of a type.
    GroupProperty(String, Path),
    /// A field of the event's groups of a type.
    GroupField(String, GroupField),
}

/// Keys to follow into nested JSON objects.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Path(pub(crate) Vec<String>);

/// A field of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventField {
    Id,
    Name,
    Path,
    ProfileId,
    DeviceId,
    SessionId,
    Revenue,
}

/// A field of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProfileField {
    Id,
    Email,
    FirstName,
    LastName,
    Avatar,
}

/// A field of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupField {
    Id,
    Name,
}

/// What is asked of the value.
#[derive(Debug, Clone)]
pub(crate) enum Operator {
    Eq(Value),
    Neq(Value),
    In(Vec<Value>),
    NotIn(Vec<Value>),
    Contains(String),
    NotContains(String),
    StartsWith(String),
    EndsWith(String),
    Gt(Value),
    Gte(Value),
    Lt(Value),
    Lte(Value),
    IsSet,
    IsNotSet,
}

/// An event of a name, or of any, that passes a filter.
#[derive(Debug, Clone)]
pub(crate) struct Deed {
    pub(crate) event: Option<String>,
    pub(crate) filter: Option<Filter>,
}

/// An event as a filter sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look<'a> {
    /// The project.
    pub(crate) data: &'a Dataset,
    /// The event.
    pub(crate) event: &'a Event,
    /// How groups are attributed and read.
    pub(crate) reading: Reading,
    /// The types the analysis counts or splits by, each with the one group a filter on it tests alone
    /// (`None` where the event has no group of that type).
    pub(crate) alone: &'a [(String, Option<String>)],
}

impl Filter {
    /// Whether the condition holds.
    pub(crate) fn holds(&self, look: Look<'_>) -> bool {
        match self {
            Self::And(all) => all.iter().all(|filter| filter.holds(look)),
            Self::Or(any) => any.iter().any(|filter| filter.holds(look)),
            Self::Not(filter) => !filter.holds(look),
            // A negative operator is the exact negation of its positive one: also for a missing value, also
            // for "some group satisfies it".
            Self::Leaf(subject, operator) => match operator.negated() {
                Some(positive) => !subject.satisfies(look, &positive),
                None => subject.satisfies(look, operator),
            },
            Self::Cohort(cohort) => match &cohort.group_type {
                None => {
                    look.event.profile_id.as_ref().is_some_and(|id| cohort.has(look.data, id, look.reading))
                }
                Some(group_type) => {
                    tested_groups(look, group_type).iter().any(|id| cohort.has(look.data, id, look.reading))
                }
            },
        }
    }
}

impl Deed {
    /// Whether the event is one.
    pub(crate) fn is(&self, look: Look<'_>) -> bool {
        self.event.as_ref().is_none_or(|name| look.event.name == *name)
            && self.filter.as_ref().is_none_or(|filter| filter.holds(look))
    }
}

impl Operator {
    /// The positive operator that this negative one negates.
    pub(super) fn negated(&self) -> Option<Self> {
        match self {
            Self::Neq(value) => Some(Self::Eq(value.clone())),
            Self::NotIn(values) => Some(Self::In(values.clone())),
            Self::NotContains(text) => Some(Self::Contains(text.clone())),
            Self::IsNotSet => Some(Self::IsSet),
            _ => None,
        }
    }

    /// Whether a value that is there satisfies a positive operator.
    pub(super) fn accepts(&self, value: &Value) -> bool {
        match self {
            Self::Eq(other) => compare(value, other).is_eq(),
            Self::In(others) => others.iter().any(|other| compare(value, other).is_eq()),
            Self::Contains(part) => text(value).to_lowercase().contains(&part.to_lowercase()),
            Self::StartsWith(part) => text(value).starts_with(part),
            Self::EndsWith(part) => text(value).ends_with(part),
            Self::Gt(other) => compare(value, other).is_gt(),
            Self::Gte(other) => compare(value, other).is_ge(),
            Self::Lt(other) => compare(value, other).is_lt(),
            Self::Lte(other) => compare(value, other).is_le(),
            Self::IsSet => true,
            Self::Neq(_) | Self::NotIn(_) | Self::NotContains(_) | Self::IsNotSet => unreachable!("negative"),
        }
    }
}

impl Subject {
    /// Whether a positive operator holds; never for a missing value.
    fn satisfies(&self, look: Look<'_>, positive: &Operator) -> bool {
        let accepts = |value: Option<Value>| value.is_some_and(|value| positive.accepts(&value));
        match self {
            Self::EventProperty(path) => accepts(path.of(&look.event.properties)),
            Self::EventField(field) => accepts(field.of(look.event)),
            Self::ProfileProperty(path) => accepts(profile_property(look.data, look.event, path)),
            Self::ProfileField(field) => accepts(field.of(look.data, look.event)),
            Self::GroupProperty(group_type, path) => tested_groups(look, group_type)
                .iter()
                .any(|id| accepts(path.of(&version(look.data, id, look.event, look.reading).properties))),
            Self::GroupField(group_type, field) => tested_groups(look, group_type).iter().any(|id| {
                accepts(Some(Value::String(match field {
                    GroupField::Id => id.clone(),
                    GroupField::Name => version(look.data, id, look.event, look.reading).name.clone(),
                })))
            }),
        }
    }
}

/// The groups of a type that a filter tests: the one that is counted, or all on the event.
fn tested_groups(look: Look<'_>, group_type: &str) -> Vec<String> {
    match look.alone.iter().find(|(counted, _)| counted == group_type) {
        Some((_, group)) => group.iter().cloned().collect(),
        None => groups_of_type(look.data, look.event, look.reading.attribution, group_type),
    }
}

/// The version of a living group that is read for an event.
pub(crate) fn version<'a>(data: &'a Dataset, id: &str, event: &Event, reading: Reading) -> &'a GroupVersion {
    match reading.group_properties {
        GroupProperties::AsOfEvent => data.groups[id].as_of(event.occurred_at),
        GroupProperties::Now => data.groups[id].current(),
    }
}

/// A property of the event's profile, as it is now.
pub(crate) fn profile_property(data: &Dataset, event: &Event, path: &Path) -> Option<Value> {
    path.of(&data.profiles.get(event.profile_id.as_ref()?)?.properties)
}

impl Path {
    /// The path of the given keys.
    pub(crate) fn new(keys: &[&str]) -> Self {
        Self(keys.iter().map(|&key| key.to_owned()).collect())
    }

    /// The value at the end of the path. A JSON null is missing.
    pub(crate) fn of(&self, properties: &Properties) -> Option<Value> {
        let (first, rest) = self.0.split_first()?;
        let mut value = properties.get(first)?;
        for key in rest {
            value = value.as_object()?.get(key)?;
        }
        (!value.is_null()).then(|| value.clone())
    }

    /// The dotted form; a key that contains a dot is quoted.
    pub(crate) fn dotted(&self) -> String {
        let quoted = |key: &String| if key.contains('.') { format!("\"{key}\"") } else { key.clone() };
        self.0.iter().map(quoted).collect::<Vec<_>>().join(".")
    }
}

impl EventField {
    fn of(self, event: &Event) -> Option<Value> {
        let text = match self {
            Self::Id => Some(&event.id),
            Self::Name => Some(&event.name),
            Self::Path => event.path.as_ref(),
            Self::ProfileId => event.profile_id.as_ref(),
            Self::DeviceId => event.device_id.as_ref(),
            Self::SessionId => event.session_id.as_ref(),
            Self::Revenue => return event.revenue.map(Value::from),
        };
        text.cloned().map(Value::String)
    }
}

impl ProfileField {
    /// The id is the event's own profile id, also where nothing else is known of the profile.
    fn of(self, data: &Dataset, event: &Event) -> Option<Value> {
        let id = event.profile_id.as_ref()?;
        if self == Self::Id {
            return Some(Value::String(id.clone()));
        }
        let profile = data.profiles.get(id)?;
        let text = match self {
            Self::Id => unreachable!("read above"),
            Self::Email => &profile.email,
            Self::FirstName => &profile.first_name,
            Self::LastName => &profile.last_name,
            Self::Avatar => &profile.avatar,
        };
        text.clone().map(Value::String)
    }
}

/// As numbers when both are numbers, else as text, by code point.
fn compare(left: &Value, right: &Value) -> Ordering {
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left.partial_cmp(&right).expect("JSON has no NaN"),
        _ => text(left).cmp(&text(right)),
    }
}

/// A string is its own text; any other value its compact JSON text.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
