//! What there is to ask about: the names of events, the properties there are, and the values they have.
//!
//! Looked at are the events of the range, of all time without one; the profiles that are known, and the groups of the
//! type that are not deleted, both as they are now, whatever the range. A property is the dotted path of a value that
//! is no object: objects are gone down into, lists are values, null is missing, an empty object is no value. Keys
//! that contain a dot are quoted. Values are told as breakdowns show them: a string is its own text, everything else
//! its compact JSON text. `prefix` is compared in any case. The most frequent first; of equals, the text decides.
//!
//! What customers read:

#![doc = include_str!("names.md")]

mod owner;

pub use owner::PropertyOwner;

use super::count::int;
use super::filter::{RangeInput, parse_first};
use super::flat::{maybe_range, parse_word};
use super::scalars::{Date, DateTime, Duration};
use crate::domain::Invalid;
use crate::engine::filter::Path;
use crate::engine::scope::Scope;
use crate::engine::{Question, Value, arrow};
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use ::arrow::array::RecordBatch;
use async_graphql::{Context, Object, SimpleObject};
use owner::{OWNERS, OwnedInput, scope_of};

/// A name of events.
#[derive(Debug, Clone, SimpleObject)]
pub struct EventName {
    /// The name.
    pub name: String,
    /// How many events have it.
    pub events: i32,
    /// When the last one happened.
    pub last_at: DateTime,
}

/// A property that can be filtered on.
#[derive(Debug, Clone, SimpleObject)]
pub struct PropertyKey {
    /// Its dotted path, as filters and breakdowns take it.
    pub property: String,
    /// How many events, profiles or groups have it.
    pub count: i32,
    /// In how many events, profiles or groups it is a JSON number; only those can be summed.
    pub numbers: i32,
}

/// A value of a property.
#[derive(Debug, Clone, SimpleObject)]
pub struct PropertyValue {
    /// The value as text, as breakdowns show it.
    pub value: String,
    /// How many events, profiles or groups have it.
    pub count: i32,
}

/// The names and properties there are, as fields of the schema.
#[derive(Debug, Clone, Copy, Default)]
pub struct NamesQuery;

#[Object]
impl NamesQuery {
    /// The names that events have, the most frequent first.
    async fn event_names(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only names that begin with this text, in any case.")] prefix: Option<String>,
        #[graphql(desc = "The range of time. Either this or `last`; all time without both.")] range: Option<
            RangeInput,
        >,
        #[graphql(
            desc = "The time up to now instead of a range: `P30D`, `PT6H` (ISO 8601). A day of it is 24 hours."
        )]
        last: Option<Duration>,
        #[graphql(desc = "How many rows, 1 to `limits.rows`.", default_with = "Some(100)")] first: Option<
            i32,
        >,
    ) -> Result<Vec<EventName>, Failure> {
        let scope = scope_of(ctx.caller()?, range, last.as_ref())?;
        event_names(ctx, &scope, "eventNames", prefix, first).await
    }

    /// The names that events have as a table.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    async fn event_names_table(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only names that begin with this text, in any case.")] prefix: Option<String>,
        #[graphql(desc = "The first local day of the events; all time without days or `last`.")] from: Option<
            Date,
        >,
        #[graphql(desc = "The local day behind the last.")] to: Option<Date>,
        #[graphql(desc = "The time before now, such as P30D, unless the two days are given.")] last: Option<
            Duration,
        >,
        #[graphql(desc = "IANA name of the zone of the days.", default_with = "Some(\"UTC\".to_owned())")]
        time_zone: Option<String>,
        #[graphql(desc = "How many rows, 1 to `limits.rows`.", default_with = "Some(100)")] first: Option<
            i32,
        >,
    ) -> Result<Vec<EventName>, Failure> {
        let (range, last) = maybe_range((from, to), last.as_ref(), time_zone.as_deref())?;
        let scope = scope_of(ctx.caller()?, range, last.as_ref())?;
        event_names(ctx, &scope, "eventNamesTable", prefix, first).await
    }

    /// The properties that events, profiles or groups have, the most frequent first.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    async fn property_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose properties.")] of: PropertyOwner,
        #[graphql(desc = "The group type; needed for GROUP, and only there.")] group_type: Option<String>,
        #[graphql(desc = "Only events of this name; only with EVENT.")] event: Option<String>,
        #[graphql(desc = "Only keys that begin with this text, in any case.")] prefix: Option<String>,
        #[graphql(
            desc = "The range of time of the events. Either this or `last`; all time without both. Profiles and groups are looked at as they are now."
        )]
        range: Option<RangeInput>,
        #[graphql(
            desc = "The time up to now instead of a range: `P30D`, `PT6H` (ISO 8601). A day of it is 24 hours."
        )]
        last: Option<Duration>,
        #[graphql(desc = "How many rows, 1 to `limits.rows`.", default_with = "Some(100)")] first: Option<
            i32,
        >,
    ) -> Result<Vec<PropertyKey>, Failure> {
        let owned = OwnedInput { of, group_type, event, range, last };
        property_keys(ctx, owned, "propertyKeys", prefix, first).await
    }

    /// The properties there are as a table.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    async fn property_keys_table(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "EVENT, PROFILE or GROUP.")] of: String,
        #[graphql(desc = "The group type; needed for GROUP.")] group_type: Option<String>,
        #[graphql(desc = "Only events of this name.")] event: Option<String>,
        #[graphql(desc = "Only keys that begin with this text, in any case.")] prefix: Option<String>,
        #[graphql(desc = "The first local day of the events; all time without days or `last`.")] from: Option<
            Date,
        >,
        #[graphql(desc = "The local day behind the last.")] to: Option<Date>,
        #[graphql(desc = "The time before now, such as P30D, unless the two days are given.")] last: Option<
            Duration,
        >,
        #[graphql(desc = "IANA name of the zone of the days.", default_with = "Some(\"UTC\".to_owned())")]
        time_zone: Option<String>,
        #[graphql(desc = "How many rows, 1 to `limits.rows`.", default_with = "Some(100)")] first: Option<
            i32,
        >,
    ) -> Result<Vec<PropertyKey>, Failure> {
        let (range, last) = maybe_range((from, to), last.as_ref(), time_zone.as_deref())?;
        let owned = OwnedInput { of: parse_owner(&of)?, group_type, event, range, last };
        property_keys(ctx, owned, "propertyKeysTable", prefix, first).await
    }

    /// The values that a property has, the most frequent first.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    async fn property_values(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose property.")] of: PropertyOwner,
        #[graphql(desc = "Dotted path of the property.")] property: String,
        #[graphql(desc = "The group type; needed for GROUP, and only there.")] group_type: Option<String>,
        #[graphql(desc = "Only events of this name; only with EVENT.")] event: Option<String>,
        #[graphql(desc = "Only values that begin with this text, in any case.")] prefix: Option<String>,
        #[graphql(
            desc = "The range of time of the events. Either this or `last`; all time without both. Profiles and groups are looked at as they are now."
        )]
        range: Option<RangeInput>,
        #[graphql(
            desc = "The time up to now instead of a range: `P30D`, `PT6H` (ISO 8601). A day of it is 24 hours."
        )]
        last: Option<Duration>,
        #[graphql(desc = "How many rows, 1 to `limits.rows`.", default_with = "Some(100)")] first: Option<
            i32,
        >,
    ) -> Result<Vec<PropertyValue>, Failure> {
        let owned = OwnedInput { of, group_type, event, range, last };
        property_values(ctx, owned, "propertyValues", &property, prefix, first).await
    }

    /// The values of a property as a table.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    async fn property_values_table(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "EVENT, PROFILE or GROUP.")] of: String,
        #[graphql(desc = "Dotted path of the property.")] property: String,
        #[graphql(desc = "The group type; needed for GROUP.")] group_type: Option<String>,
        #[graphql(desc = "Only events of this name.")] event: Option<String>,
        #[graphql(desc = "Only values that begin with this text, in any case.")] prefix: Option<String>,
        #[graphql(desc = "The first local day of the events; all time without days or `last`.")] from: Option<
            Date,
        >,
        #[graphql(desc = "The local day behind the last.")] to: Option<Date>,
        #[graphql(desc = "The time before now, such as P30D, unless the two days are given.")] last: Option<
            Duration,
        >,
        #[graphql(desc = "IANA name of the zone of the days.", default_with = "Some(\"UTC\".to_owned())")]
        time_zone: Option<String>,
        #[graphql(desc = "How many rows, 1 to `limits.rows`.", default_with = "Some(100)")] first: Option<
            i32,
        >,
    ) -> Result<Vec<PropertyValue>, Failure> {
        let (range, last) = maybe_range((from, to), last.as_ref(), time_zone.as_deref())?;
        let owned = OwnedInput { of: parse_owner(&of)?, group_type, event, range, last };
        property_values(ctx, owned, "propertyValuesTable", &property, prefix, first).await
    }
}

fn parse_owner(of: &str) -> Result<PropertyOwner, Invalid> {
    Ok(parse_word("of", Some(of), &OWNERS)?.unwrap_or(PropertyOwner::Event))
}

async fn event_names(
    ctx: &Context<'_>,
    scope: &Scope,
    field: &str,
    prefix: Option<String>,
    first: Option<i32>,
) -> Result<Vec<EventName>, Failure> {
    let question = Question::new("names.event_names", include_str!("event_names.sql"));
    rows(ctx, scope, field, question.with("prefix", prefix), first, |batch, row| {
        Ok(EventName {
            name: arrow::texts(batch, "name")?.value(row).to_owned(),
            events: int("events", arrow::integers(batch, "events")?.value(row))?,
            last_at: DateTime(arrow::instant(arrow::instants(batch, "last_at")?, row).unwrap_or_default()),
        })
    })
    .await
}

async fn property_keys(
    ctx: &Context<'_>,
    owned: OwnedInput,
    field: &str,
    prefix: Option<String>,
    first: Option<i32>,
) -> Result<Vec<PropertyKey>, Failure> {
    let question = Question::new("names.property_keys", include_str!("property_keys.sql"));
    let (scope, question) = owned.ask(ctx.caller()?, question.with("prefix", prefix))?;
    rows(ctx, &scope, field, question, first, |batch, row| {
        Ok(PropertyKey {
            property: arrow::texts(batch, "property")?.value(row).to_owned(),
            count: int("count", arrow::integers(batch, "owners")?.value(row))?,
            numbers: int("numbers", arrow::integers(batch, "numbers")?.value(row))?,
        })
    })
    .await
}

async fn property_values(
    ctx: &Context<'_>,
    owned: OwnedInput,
    field: &str,
    property: &str,
    prefix: Option<String>,
    first: Option<i32>,
) -> Result<Vec<PropertyValue>, Failure> {
    let pointer = Path::parse("property", property)?.pointer();
    let question = Question::new("names.property_values", include_str!("property_values.sql"));
    let question = question.with("prefix", prefix).with("pointer", pointer);
    let (scope, question) = owned.ask(ctx.caller()?, question)?;
    rows(ctx, &scope, field, question, first, |batch, row| {
        Ok(PropertyValue {
            value: arrow::texts(batch, "value")?.value(row).to_owned(),
            count: int("count", arrow::integers(batch, "owners")?.value(row))?,
        })
    })
    .await
}

/// Runs a field's question to `first` rows.
async fn rows<T>(
    ctx: &Context<'_>,
    scope: &Scope,
    field: &str,
    question: Question,
    first: Option<i32>,
    decode: fn(&RecordBatch, usize) -> Result<T, Failure>,
) -> Result<Vec<T>, Failure> {
    let caller = ctx.caller()?;
    let first = parse_first(first, 100, caller.limits())?;
    ctx.loaders()?.budget().charge(field, "first", first)?;
    let question = question.with("first", Value::BigInt(i64::try_from(first).unwrap_or(i64::MAX)));
    let mut rows = Vec::new();
    for batch in &caller.run(scope, question).await? {
        for row in 0..batch.num_rows() {
            rows.push(decode(batch, row)?);
        }
    }
    Ok(rows)
}
