//! Events, profiles and groups as tables for BI tools: flat rows, plain arguments.

use super::context::ContextExt;
use super::event::Event;
use super::event_list::Choice;
use crate::analytics::count::int;
use crate::analytics::filter::parse_first;
use crate::analytics::flat::parse_days;
use crate::analytics::scalars::{Date, DateTime};
use crate::engine::scope::Split;
use crate::engine::{Question, Value, arrow};
use crate::error::Failure;
use ::arrow::array::RecordBatch;
use async_graphql::{Context, ID, Object, SimpleObject};

/// One event.
#[derive(Debug, Clone, SimpleObject)]
pub struct EventRow {
    /// The event's id.
    pub event_id: ID,
    /// What happened.
    pub name: String,
    /// Id of the user who did it; null for an anonymous event.
    pub profile_id: Option<ID>,
    /// Id of the device, when one is known.
    pub device_id: Option<ID>,
    /// Id of the session, when the event belongs to one.
    pub session_id: Option<ID>,
    /// Ids of its groups, separated by commas. A comma in an id is written `\,` and a backslash `\\`.
    pub groups: String,
    /// Path of the page or screen.
    pub path: Option<String>,
    /// Everything else that was sent along, as JSON text.
    pub properties: String,
    /// Revenue in minor units, such as cents: a whole number, as a Float because an Int ends at 2147483647.
    pub revenue: Option<f64>,
    /// When it happened.
    pub occurred_at: DateTime,
    /// When the server received it.
    pub received_at: DateTime,
}

/// One profile.
#[derive(Debug, Clone, SimpleObject)]
pub struct ProfileRow {
    /// The profile's id.
    pub profile_id: ID,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// URL of a picture.
    pub avatar: Option<String>,
    /// Traits, as JSON text.
    pub properties: String,
    /// Ids of the groups it is in now, separated by commas. A comma in an id is written `\,` and a backslash `\\`.
    pub groups: String,
    /// When its first event happened; null without events.
    pub first_seen_at: Option<DateTime>,
    /// When its last event happened; null without events.
    pub last_seen_at: Option<DateTime>,
    /// How many events it has, of all time.
    pub events: i32,
}

/// One group.
#[derive(Debug, Clone, SimpleObject)]
pub struct GroupRow {
    /// The group's id.
    pub group_id: ID,
    /// Its display name; null when it was never upserted.
    pub group_name: Option<String>,
    /// What kind of group it is; null when it was never upserted.
    pub group_type: Option<String>,
    /// Its properties, as JSON text.
    pub properties: String,
    /// When it was first upserted; null when it never was.
    pub created_at: Option<DateTime>,
    /// When something about it last changed; null when it was never upserted.
    pub updated_at: Option<DateTime>,
    /// How many profiles are in it now.
    pub members: i32,
    /// When its last event happened; null without events.
    pub last_active_at: Option<DateTime>,
    /// How many events are tagged with it, of all time.
    pub events: i32,
}

/// Tables of events, profiles and groups.
#[derive(Debug, Clone, Copy, Default)]
pub struct PeopleTables;

#[Object]
impl PeopleTables {
    /// Events as a table, newest first.
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn events_table(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first local day.")] from: Date,
        #[graphql(desc = "The first local day that does not belong to the range.")] to: Date,
        #[graphql(default_with = "Some(utc())", desc = "IANA name of the time zone whose days are meant.")]
        time_zone: Option<String>,
        #[graphql(desc = "Only events that are tagged with this group.")] group_id: Option<String>,
        #[graphql(desc = "Only events of this name.")] name: Option<String>,
        #[graphql(default_with = "Some(1000)", desc = "How many rows at most, 1 to 100000.")] first: Option<
            i32,
        >,
    ) -> Result<Vec<EventRow>, Failure> {
        let caller = ctx.caller()?;
        let range = parse_days(from, to, time_zone.as_deref())?;
        let first = parse_first(first, 1000, caller.limits())?;
        ctx.loaders()?.budget().charge("eventsTable", "first", first)?;
        let choice = Choice { name, group_id, ..Choice::default() };
        let events = choice.list(caller, caller.scope(range), first, None).await?;
        Ok(events.into_iter().map(|(_, event)| EventRow::from(event)).collect())
    }

    /// Profiles as a table, by id: everybody who was identified, was ever in a group, or has an event.
    async fn profiles_table(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(1000)", desc = "How many rows at most, 1 to 100000.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Only profiles whose id, e-mail address or name contains this text, in any case.")]
        search: Option<String>,
    ) -> Result<Vec<ProfileRow>, Failure> {
        let question =
            Question::new("profiles_table", include_str!("profiles_table.sql")).with("search", search);
        rows(ctx, "profilesTable", (question, Vec::new()), first, decode_profile_row).await
    }

    /// Groups as a table, by id. Ids that were never upserted are listed, deleted groups are not.
    async fn groups_table(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only groups of this type.")] group_type: Option<String>,
        #[graphql(default_with = "Some(1000)", desc = "How many rows at most, 1 to 100000.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Only groups whose id or name contains this text, in any case.")] search: Option<
            String,
        >,
    ) -> Result<Vec<GroupRow>, Failure> {
        let question = Question::new("groups_table", include_str!("groups_table.sql"))
            .with("group_type", group_type)
            .with("search", search);
        rows(ctx, "groupsTable", (question, vec![Split::Any]), first, decode_group_row).await
    }
}

fn utc() -> String {
    "UTC".to_owned()
}

/// Runs the question of a table's field over all time, to `first` rows.
async fn rows<T>(
    ctx: &Context<'_>,
    field: &str,
    (question, splits): (Question, Vec<Split>),
    first: Option<i32>,
    decode: fn(&RecordBatch, usize) -> Result<T, Failure>,
) -> Result<Vec<T>, Failure> {
    let caller = ctx.caller()?;
    let first = parse_first(first, 1000, caller.limits())?;
    ctx.loaders()?.budget().charge(field, "first", first)?;
    let question = question.with("first", Value::BigInt(i64::try_from(first).unwrap_or(i64::MAX)));
    let mut rows = Vec::new();
    let mut scope = caller.scope_ever()?;
    scope.splits = splits;
    for batch in &caller.run(&scope, question).await? {
        for row in 0..batch.num_rows() {
            rows.push(decode(batch, row)?);
        }
    }
    Ok(rows)
}

impl From<Event> for EventRow {
    #[expect(clippy::cast_precision_loss, reason = "revenue stays far below 2^53 minor units")]
    fn from(event: Event) -> Self {
        let event = event.0;
        Self {
            event_id: ID(event.id),
            name: event.name,
            profile_id: event.profile_id.map(ID),
            device_id: event.device_id.map(ID),
            session_id: event.session_id.map(ID),
            groups: comma_separated(&event.groups),
            path: event.path,
            properties: serde_json::Value::Object(event.properties).to_string(),
            revenue: event.revenue.map(|revenue| revenue as f64),
            occurred_at: DateTime(event.occurred_at),
            received_at: DateTime(event.received_at),
        }
    }
}

fn text(batch: &RecordBatch, name: &str, row: usize) -> Result<Option<String>, Failure> {
    Ok(arrow::text(arrow::texts(batch, name)?, row))
}

fn instant(batch: &RecordBatch, name: &str, row: usize) -> Result<Option<DateTime>, Failure> {
    Ok(arrow::instant(arrow::instants(batch, name)?, row).map(DateTime))
}

/// JSON text of properties; an empty object where nothing is stored.
fn properties(batch: &RecordBatch, row: usize) -> Result<String, Failure> {
    Ok(text(batch, "properties", row)?.unwrap_or_else(|| "{}".to_owned()))
}

fn decode_profile_row(batch: &RecordBatch, row: usize) -> Result<ProfileRow, Failure> {
    Ok(ProfileRow {
        profile_id: ID(arrow::texts(batch, "profile_id")?.value(row).to_owned()),
        first_name: text(batch, "first_name", row)?,
        last_name: text(batch, "last_name", row)?,
        email: text(batch, "email", row)?,
        avatar: text(batch, "avatar", row)?,
        properties: properties(batch, row)?,
        groups: comma_separated(&arrow::text_list(batch, "groups", row)?),
        first_seen_at: instant(batch, "first_seen_at", row)?,
        last_seen_at: instant(batch, "last_seen_at", row)?,
        events: int("events", arrow::integers(batch, "events")?.value(row))?,
    })
}

fn decode_group_row(batch: &RecordBatch, row: usize) -> Result<GroupRow, Failure> {
    Ok(GroupRow {
        group_id: ID(arrow::texts(batch, "group_id")?.value(row).to_owned()),
        group_name: text(batch, "name", row)?,
        group_type: text(batch, "group_type", row)?,
        properties: properties(batch, row)?,
        created_at: instant(batch, "created_at", row)?,
        updated_at: instant(batch, "updated_at", row)?,
        members: int("members", arrow::integers(batch, "members")?.value(row))?,
        last_active_at: instant(batch, "last_active_at", row)?,
        events: int("events", arrow::integers(batch, "events")?.value(row))?,
    })
}

/// A list as one text: commas between the items, and a backslash before each comma or backslash of their own.
fn comma_separated(items: &[String]) -> String {
    let items: Vec<String> =
        items.iter().map(|item| item.replace('\\', "\\\\").replace(',', "\\,")).collect();
    items.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_and_backslashes_of_an_item_are_escaped() {
        let items = ["a", "b,c", "d\\"].map(str::to_owned);
        assert_eq!(comma_separated(&items), "a,b\\,c,d\\\\");
    }
}
