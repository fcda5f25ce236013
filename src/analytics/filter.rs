//! The arguments that analyses share, from what a customer types to a [`Scope`].

use super::scalars::{DateTime, Duration, Json};
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::domain::limits::Limits;
use crate::domain::time::{Calendar, Interval, Range, WeekStart, parse_zone};
use crate::engine::filter::{Field, Filter, Key, Operator, Path, Subject, Test};
use crate::engine::scope::{AsOf, Attribution, Condition, Scope, Users};
use async_graphql::{Enum, InputObject, OneofObject};
use chrono::Utc;

/// A half-open range of time: an instant exactly at `from` belongs to it, one exactly at `to` does not.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct RangeInput {
    /// The first instant that belongs to the range.
    pub from: DateTime,
    /// The first instant behind the range.
    pub to: DateTime,
}

/// Reads a range given as `range` or as `last`; both or neither is an error.
pub fn parse_range(
    range: Option<RangeInput>,
    last: Option<&Duration>,
    now: chrono::DateTime<Utc>,
) -> Result<Range, Invalid> {
    match (range, last) {
        (Some(range), None) => Range::new(range.from.0, range.to.0),
        (None, Some(last)) => Range::last(last.parse_as("last")?, now),
        (Some(_), Some(_)) => Err(Invalid::new("last", "is given together with range; give one of the two")),
        (None, None) => Err(Invalid::new("range", "is missing; give range: {from, to} or last: \"P30D\"")),
    }
}

/// The arguments that every analysis takes.
#[derive(Debug, Clone)]
pub struct Common {
    /// The range, or
    pub range: Option<RangeInput>,
    /// the time before now.
    pub last: Option<Duration>,
    /// What must hold of every event.
    pub filter: Option<FilterInput>,
    /// Which events belong to a group; by default those sent with its id.
    pub attribution: Option<AttributionInput>,
    /// Who counts as a user; by default identified profiles.
    pub users: Option<UsersInput>,
    /// When the properties of groups are read; by default as of the event.
    pub group_properties: Option<GroupPropertiesInput>,
}

impl Common {
    /// The scope that these arguments describe.
    pub fn scope(&self, caller: &Caller) -> Result<Scope, Invalid> {
        let range = parse_range(self.range, self.last.as_ref(), caller.now())?;
        let mut scope = caller.scope(range);
        scope.filter = parse_filter("filter", self.filter.as_ref())?;
        scope.attribution = self.attribution.map_or(Attribution::default(), Attribution::from);
        scope.users = self.users.map_or(Users::default(), Users::from);
        scope.as_of = self.group_properties.map_or(AsOf::default(), AsOf::from);
        Ok(scope)
    }
}

/// A calendar unit that time is cut into.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "Interval", remote = "Interval")]
pub enum IntervalInput {
    /// One hour of the clock.
    Hour,
    /// One local day.
    Day,
    /// Seven local days.
    Week,
    /// One local calendar month.
    Month,
    /// Three local calendar months, from January, April, July or October.
    Quarter,
    /// One local calendar year.
    Year,
}

/// The day a week begins with.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "WeekStart", remote = "WeekStart")]
pub enum WeekStartInput {
    /// Weeks from Monday to Sunday (ISO 8601).
    Monday,
    /// Weeks from Sunday to Saturday.
    Sunday,
}

/// Which events belong to a group.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "Attribution", remote = "Attribution")]
pub enum AttributionInput {
    /// Those that were sent with the group's id.
    Event,
    /// Those of profiles that were members when the event happened, whatever ids it was sent with.
    MembershipAtEvent,
    /// Those of today's members, also from before they joined.
    MembershipNow,
}

/// Who counts as a user.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "Users", remote = "Users")]
pub enum UsersInput {
    /// Identified profiles.
    Identified,
    /// Identified profiles, and the devices of anonymous events.
    All,
}

/// When the properties of a group are read.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "GroupProperties", remote = "AsOf")]
pub enum GroupPropertiesInput {
    /// As they were when the event happened; before a group's first version, as that version has them.
    #[graphql(name = "AS_OF_EVENT")]
    Event,
    /// As they are now.
    Now,
}

/// Reads the three arguments that say how time is cut.
pub fn parse_calendar(
    interval: IntervalInput,
    zone: Option<&str>,
    week_start: Option<WeekStartInput>,
) -> Result<Calendar, Invalid> {
    let zone = parse_zone("timeZone", zone.unwrap_or("UTC"))?;
    let week_start = week_start.map_or(WeekStart::Monday, WeekStart::from);
    Ok(Calendar { interval: interval.into(), zone, week_start })
}

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
    /// Revenue in integer minor units.
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

macro_rules! test_input {
    ($(#[$doc:meta])* $name:ident, $field:ty, { $($(#[$extra_doc:meta])* $extra:ident: $extra_type:ty),* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, InputObject)]
        pub struct $name {
            $($(#[$extra_doc])* pub $extra: $extra_type,)*
            /// Dotted path of a property, e.g. `plan.name`. A key that contains a dot is quoted: `plan."price.eur"`.
            pub property: Option<String>,
            /// A fixed field, instead of a property.
            pub field: Option<$field>,
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
            fn operator(&self, place: &str) -> Result<Operator, Invalid> {
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

            /// The property or the field that is given.
            fn key(&self, place: &str, field: impl Fn($field) -> Field) -> Result<Key, Invalid> {
                match (&self.property, self.field) {
                    (Some(path), None) => Ok(Key::Path(Path::parse(&format!("{place}.property"), path)?)),
                    (None, Some(given)) => Ok(Key::Field(field(given))),
                    _ => Err(Invalid::new(place, "needs either property or field, and not both")),
                }
            }
        }
    };
}

test_input!(
    /// What is asked of an event: a property or a field, and exactly one operator.
    EventFilter, EventField, {}
);
test_input!(
    /// What is asked of the event's profile, as it is now: a property or a field, and exactly one operator.
    ProfileFilter, ProfileField, {}
);
test_input!(
    /// What is asked of the event's groups of a type: a property or a field, and exactly one operator. A positive
    /// operator holds when some group of the type satisfies it, a negative one is the exact negation. Where the
    /// analysis counts or splits by that type, that group alone is tested.
    GroupFilter, GroupField, {
        /// The group type.
        r#type: String
    }
);

/// A condition on events: a test, or a combination of conditions. Exactly one field is given.
#[derive(Debug, Clone, OneofObject)]
pub enum FilterInput {
    /// All of these hold.
    And(Vec<FilterInput>),
    /// At least one of these holds.
    Or(Vec<FilterInput>),
    /// This does not hold.
    Not(Box<FilterInput>),
    /// A test on the event.
    Event(EventFilter),
    /// A test on the event's profile.
    Profile(ProfileFilter),
    /// A test on the event's groups of a type.
    Group(GroupFilter),
}

/// Tests in one filter, at most.
const MOST_TESTS: usize = 200;

/// Reads a filter; `place` names the argument in complaints.
pub fn parse_filter(place: &str, input: Option<&FilterInput>) -> Result<Option<Filter>, Invalid> {
    let Some(input) = input else { return Ok(None) };
    let filter = parse_part(place, input)?;
    let mut tests = Vec::new();
    filter.tests(&mut tests);
    if tests.len() > MOST_TESTS {
        let reason = format!("has {} tests; {MOST_TESTS} at most are allowed", tests.len());
        return Err(Invalid::new(place, reason));
    }
    Ok(Some(filter))
}

fn parse_part(place: &str, input: &FilterInput) -> Result<Filter, Invalid> {
    let parts = |word: &str, inputs: &[FilterInput]| {
        let each = inputs.iter().enumerate();
        each.map(|(i, input)| parse_part(&format!("{place}.{word}[{i}]"), input))
            .collect::<Result<Vec<_>, _>>()
    };
    Ok(match input {
        FilterInput::And(inputs) => Filter::And(parts("and", inputs)?),
        FilterInput::Or(inputs) => Filter::Or(parts("or", inputs)?),
        FilterInput::Not(input) => Filter::Not(Box::new(parse_part(&format!("{place}.not"), input)?)),
        FilterInput::Event(test) => {
            let place = format!("{place}.event");
            Filter::Test(Test {
                of: Subject::Event,
                key: test.key(&place, |field| match field {
                    EventField::Id => Field::Id,
                    EventField::Name => Field::Name,
                    EventField::Path => Field::Path,
                    EventField::ProfileId => Field::ProfileId,
                    EventField::DeviceId => Field::DeviceId,
                    EventField::SessionId => Field::SessionId,
                    EventField::Revenue => Field::Revenue,
                })?,
                operator: test.operator(&place)?,
            })
        }
        FilterInput::Profile(test) => {
            let place = format!("{place}.profile");
            Filter::Test(Test {
                of: Subject::Profile,
                key: test.key(&place, |field| match field {
                    ProfileField::Id => Field::Id,
                    ProfileField::Email => Field::Email,
                    ProfileField::FirstName => Field::FirstName,
                    ProfileField::LastName => Field::LastName,
                    ProfileField::Avatar => Field::Avatar,
                })?,
                operator: test.operator(&place)?,
            })
        }
        FilterInput::Group(test) => {
            let place = format!("{place}.group");
            Filter::Test(Test {
                of: Subject::Group(test.r#type.clone()),
                key: test.key(&place, |field| match field {
                    GroupField::Id => Field::Id,
                    GroupField::Name => Field::Name,
                })?,
                operator: test.operator(&place)?,
            })
        }
    })
}

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

/// Reads only events of a name, where one is given: the same as a filter on it that holds as well.
pub fn only_named(scope: &mut Scope, event: Option<String>, limits: &Limits) -> Result<(), Invalid> {
    let Some(event) = event else { return Ok(()) };
    limits.check_event_name("event", &event)?;
    scope.steps = vec![Condition { event: Some(event), filter: None }];
    scope.only_marked = true;
    Ok(())
}

/// Checks how many rows are asked for: 1 to the limit.
pub fn parse_first(first: Option<i32>, default: usize, limits: &Limits) -> Result<usize, Invalid> {
    let Some(first) = first else { return Ok(default) };
    match usize::try_from(first) {
        Ok(first) if (1..=limits.rows).contains(&first) => Ok(first),
        _ => Err(Invalid::new("first", format!("is {first}; ask for 1 to {} rows", limits.rows))),
    }
}

/// Checks a group type: not empty, no longer than an id.
pub fn parse_group_type(field: &str, group_type: &str, limits: &Limits) -> Result<String, Invalid> {
    limits.check_id(field, group_type)?;
    Ok(group_type.to_owned())
}
