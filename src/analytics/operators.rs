//! The tests that filters and rules are made of: a property or a field, and exactly one operator.

use super::scalars::Json;
use crate::domain::Invalid;
use crate::engine::filter::{Field, Key, Operator, Path};
use async_graphql::{Enum, InputObject};

/// A fixed field of an event.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum EventField {
    /// The event's id.
    Id,
    /// The event's name.
    Name,
    /// Path of the page or screen.
    Path,
    /// Id of the profile.
    ProfileId,
    /// Id of the device.
    DeviceId,
    /// Id of the session.
    SessionId,
    /// Revenue in integer minor units, such as cents.
    Revenue,
}

/// A fixed field of a profile.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum ProfileField {
    /// The profile's id.
    Id,
    /// E-mail address.
    Email,
    /// Given name.
    FirstName,
    /// Family name.
    LastName,
    /// URL of the picture.
    Avatar,
}

/// A fixed field of a group.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum GroupField {
    /// The group's id.
    Id,
    /// The group's name.
    Name,
}

impl From<EventField> for Field {
    fn from(field: EventField) -> Self {
        match field {
            EventField::Id => Self::Id,
            EventField::Name => Self::Name,
            EventField::Path => Self::Path,
            EventField::ProfileId => Self::ProfileId,
            EventField::DeviceId => Self::DeviceId,
            EventField::SessionId => Self::SessionId,
            EventField::Revenue => Self::Revenue,
        }
    }
}

impl From<ProfileField> for Field {
    fn from(field: ProfileField) -> Self {
        match field {
            ProfileField::Id => Self::Id,
            ProfileField::Email => Self::Email,
            ProfileField::FirstName => Self::FirstName,
            ProfileField::LastName => Self::LastName,
            ProfileField::Avatar => Self::Avatar,
        }
    }
}

impl From<GroupField> for Field {
    fn from(field: GroupField) -> Self {
        match field {
            GroupField::Id => Self::Id,
            GroupField::Name => Self::Name,
        }
    }
}

macro_rules! test_input {
    ($(#[$doc:meta])* $name:ident, { $($(#[$extra_doc:meta])* $extra:ident: $extra_type:ty),* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, InputObject)]
        pub struct $name {
            $($(#[$extra_doc])* pub $extra: $extra_type,)*
            /// Dotted path of a property, e.g. `plan.name`. A key that contains a dot is quoted: `plan."price.eur"`.
            pub property: Option<String>,
            /// Equal. Numbers are compared as numbers when both are, everything else as text.
            pub eq: Option<Json>,
            /// Missing or not equal.
            pub neq: Option<Json>,
            /// Equal to one of these.
            #[graphql(name = "in")]
            pub one_of: Option<Vec<Json>>,
            /// Missing or equal to none of these.
            pub not_in: Option<Vec<Json>>,
            /// Contains this text, in any case.
            pub contains: Option<String>,
            /// Missing, or does not contain this text in any case.
            pub not_contains: Option<String>,
            /// Begins with this text.
            pub starts_with: Option<String>,
            /// Ends with this text.
            pub ends_with: Option<String>,
            /// Greater.
            pub gt: Option<Json>,
            /// Greater or equal.
            pub gte: Option<Json>,
            /// Less.
            pub lt: Option<Json>,
            /// Less or equal.
            pub lte: Option<Json>,
            /// Present and not null. The only value is `true`.
            pub is_set: Option<bool>,
            /// Missing or null. The only value is `true`.
            pub is_not_set: Option<bool>,
        }

        impl $name {
            /// The one operator that is given.
            pub(super) fn operator(&self, place: &str) -> Result<Operator, Invalid> {
                let json = |value: &Option<Json>| value.clone().map(|value| value.0);
                let list = |value: &Option<Vec<Json>>| {
                    value.clone().map(|values| values.into_iter().map(|value| value.0).collect())
                };
                one_operator(place, [
                    ("eq", json(&self.eq).map(Operator::Eq)),
                    ("neq", json(&self.neq).map(Operator::Neq)),
                    ("in", list(&self.one_of).map(Operator::In)),
                    ("notIn", list(&self.not_in).map(Operator::NotIn)),
                    ("contains", self.contains.clone().map(Operator::Contains)),
                    ("notContains", self.not_contains.clone().map(Operator::NotContains)),
                    ("startsWith", self.starts_with.clone().map(Operator::StartsWith)),
                    ("endsWith", self.ends_with.clone().map(Operator::EndsWith)),
                    ("gt", json(&self.gt).map(Operator::Gt)),
                    ("gte", json(&self.gte).map(Operator::Gte)),
                    ("lt", json(&self.lt).map(Operator::Lt)),
                    ("lte", json(&self.lte).map(Operator::Lte)),
                    ("isSet", only_true(&format!("{place}.isSet"), self.is_set)?.map(|()| Operator::IsSet)),
                    ("isNotSet", only_true(&format!("{place}.isNotSet"), self.is_not_set)?.map(|()| Operator::IsNotSet)),
                ])
            }

            /// The property or the field that is given; `names` says how the field is called.
            pub(super) fn key(&self, place: &str, field: Option<Field>, names: &str) -> Result<Key, Invalid> {
                match (&self.property, field) {
                    (Some(path), None) => Ok(Key::Path(Path::parse(&format!("{place}.property"), path)?)),
                    (None, Some(field)) => Ok(Key::Field(field)),
                    _ => Err(Invalid::new(place, format!("needs either property or {names}, and not both"))),
                }
            }
        }
    };
}

test_input!(
    /// What is asked of an event: a property or a field, and exactly one operator.
    EventFilter, {
        /// A fixed field, instead of a property.
        field: Option<EventField>
    }
);
test_input!(
    /// What is asked of the event's profile, as it is now: a property or a field, and exactly one operator.
    ProfileFilter, {
        /// A fixed field, instead of a property.
        field: Option<ProfileField>
    }
);
test_input!(
    /// What is asked of the event's groups of a type: a property or a field, and exactly one operator. A positive
    /// operator holds when some group of the type satisfies it, a negative one is the exact negation. Where the
    /// analysis counts or splits by that type, that group alone is tested.
    GroupFilter, {
        /// The group type.
        r#type: String,
        /// A fixed field, instead of a property.
        field: Option<GroupField>
    }
);

test_input!(
    /// A test on a property or a field of the profile or group itself: exactly one operator.
    CohortPropertyInput, {
        /// A fixed field of a profile, instead of a property.
        profile_field: Option<ProfileField>,
        /// A fixed field of a group, instead of a property.
        group_field: Option<GroupField>
    }
);

/// Picks the operator that is given; none or several is an error, as is a value that is no scalar.
fn one_operator<const N: usize>(
    place: &str,
    given: [(&'static str, Option<Operator>); N],
) -> Result<Operator, Invalid> {
    let mut found =
        given.into_iter().filter_map(|(name, operator)| operator.map(|operator| (name, operator)));
    let Some((name, operator)) = found.next() else {
        return Err(Invalid::new(place, "has no operator; give one, such as eq, in, contains, gte or isSet"));
    };
    if let Some((other, _)) = found.next() {
        let reason =
            format!("has two operators ({name} and {other}); give one, and join conditions with and");
        return Err(Invalid::new(place, reason));
    }
    let values: &[serde_json::Value] = match &operator {
        Operator::In(values) | Operator::NotIn(values) => values,
        Operator::Eq(value)
        | Operator::Neq(value)
        | Operator::Gt(value)
        | Operator::Gte(value)
        | Operator::Lt(value)
        | Operator::Lte(value) => std::slice::from_ref(value),
        _ => &[],
    };
    if values.len() > 10_000 {
        return Err(Invalid::new(format!("{place}.{name}"), "lists more than 10000 values; give fewer"));
    }
    if values.iter().any(|value| value.is_null() || value.is_array() || value.is_object()) {
        let reason = "needs text, numbers or booleans; for missing values use isSet or isNotSet";
        return Err(Invalid::new(format!("{place}.{name}"), reason));
    }
    Ok(operator)
}

/// `isSet` and `isNotSet` take `true` alone: `false` would read as the other one.
fn only_true(place: &str, given: Option<bool>) -> Result<Option<()>, Invalid> {
    match given {
        Some(false) => Err(Invalid::new(place, "can only be true; for the opposite use isSet or isNotSet")),
        Some(true) => Ok(Some(())),
        None => Ok(None),
    }
}
