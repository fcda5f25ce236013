//! Which groups are new: their first matching event ever lies in the range.
//!
//! Per group: its first event, its last event in the range, its distinct users and its events in the range, and its
//! members at the end. Rows: users descending, then events descending, then the id. Totals count a user and an event
//! of two new groups once.
//!
//! What customers read:

#![doc = include_str!("new_groups.md")]

use super::filter::{AttributionInput, Common, FilterInput, GroupPropertiesInput, RangeInput, UsersInput};
use super::flat::{FlatCommon, own_argument};
use super::listing::{Listed, Listing, ListingInput, Row, whole};
use super::scalars::{Date, DateTime, Duration};
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::engine::Question;
use crate::engine::scope::Lookback;
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use crate::graphql::group::Group;
use async_graphql::{Context, Object, SimpleObject};

/// The groups whose first event ever lies in the range.
#[derive(Debug)]
pub struct NewGroups(Listing);

/// All new groups together; a user or an event in two of them counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, SimpleObject)]
pub struct NewGroupsTotals {
    /// Groups whose first event ever lies in the range.
    pub groups: i32,
    /// Distinct users of these groups in the range.
    pub active_users: i32,
    /// Events of these groups in the range.
    pub events: i32,
}

/// A group whose first event ever lies in the range.
#[derive(Debug, Clone, SimpleObject)]
pub struct NewGroupRow {
    /// The group.
    pub group: Group,
    /// Its first event ever.
    pub first_active_at: DateTime,
    /// Its last event in the range.
    pub last_active_at: DateTime,
    /// Distinct users with at least one of its events in the range.
    pub active_users: i32,
    /// Its events in the range.
    pub events: i32,
    /// Profiles that were members at the end of the range.
    pub members: i32,
    /// Give it as `after` to get the rows behind this one.
    pub cursor: String,
}

/// A group whose first event ever lies in the range, flat.
#[derive(Debug, Clone, SimpleObject)]
pub struct NewGroupsTableRow {
    /// The group's id.
    pub group_id: String,
    /// The group's name.
    pub group_name: String,
    /// The group's type.
    pub group_type: String,
    /// Its first event ever.
    pub first_active_at: DateTime,
    /// Its last event in the range.
    pub last_active_at: DateTime,
    /// Distinct users with at least one of its events in the range.
    pub active_users: i32,
    /// Its events in the range.
    pub events: i32,
    /// Profiles that were members at the end of the range.
    pub members: i32,
}

/// The fields of this analysis in the schema.
#[derive(Debug, Default)]
pub struct NewGroupsQuery;

#[Object]
impl NewGroupsQuery {
    /// The groups of a type whose first event ever lies in the range.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    #[expect(clippy::unused_async, reason = "every field is asynchronous to the schema")]
    async fn new_groups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group type, e.g. \"company\".")] group_type: String,
        #[graphql(desc = "Only events of this name; events of every name unless given.")] event: Option<
            String,
        >,
        #[graphql(desc = "The range of time. Either this or `last`.")] range: Option<RangeInput>,
        #[graphql(
            desc = "The time up to now instead of a range: `P30D`, `PT6H` (ISO 8601). A day of it is 24 hours."
        )]
        last: Option<Duration>,
        #[graphql(desc = "What must hold of every event.")] filter: Option<FilterInput>,
        #[graphql(desc = "Which events belong to a group.", default_with = "Some(AttributionInput::Event)")]
        attribution: Option<AttributionInput>,
        #[graphql(desc = "Who counts as a user.", default_with = "Some(UsersInput::Identified)")]
        users: Option<UsersInput>,
        #[graphql(
            desc = "When the properties of groups are read.",
            default_with = "Some(GroupPropertiesInput::Event)"
        )]
        group_properties: Option<GroupPropertiesInput>,
        #[graphql(desc = "How many rows, 1 to `limits.rows`.", default_with = "Some(100)")] first: Option<
            i32,
        >,
        #[graphql(desc = "The cursor of the row behind which the page begins.")] after: Option<String>,
    ) -> Result<NewGroups, Failure> {
        let caller = ctx.caller()?;
        caller.may_read()?;
        let common = Common { range, last, filter, attribution, users, group_properties };
        Ok(NewGroups::parse(ListingInput { common, group_type, event, first, after }, caller)?)
    }

    /// The new groups as a flat table for BI tools.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    async fn new_groups_table(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group type, e.g. \"company\".")] group_type: String,
        #[graphql(desc = "Only events of this name; events of every name unless given.")] event: Option<
            String,
        >,
        #[graphql(desc = "The first local day.")] from: Option<Date>,
        #[graphql(desc = "The local day behind the last.")] to: Option<Date>,
        #[graphql(desc = "The time before now, such as P30D, unless the two days are given.")] last: Option<
            Duration,
        >,
        #[graphql(desc = "IANA name of the zone of the days.", default_with = "Some(\"UTC\".to_owned())")]
        time_zone: Option<String>,
        #[graphql(name = "where", desc = "The filter, as the JSON text of a FilterInput.")] filter: Option<
            String,
        >,
        #[graphql(desc = "EVENT, MEMBERSHIP_AT_EVENT or MEMBERSHIP_NOW.")] attribution: Option<String>,
        #[graphql(desc = "IDENTIFIED or ALL.")] users: Option<String>,
        #[graphql(desc = "AS_OF_EVENT or NOW; AS_OF_EVENT unless given.")] group_properties: Option<String>,
        #[graphql(desc = "How many rows, 1 to `limits.rows`.", default_with = "Some(100)")] first: Option<
            i32,
        >,
    ) -> Result<Vec<NewGroupsTableRow>, Failure> {
        let common =
            FlatCommon { from, to, last, time_zone, filter, attribution, users, group_properties }.read()?;
        let input = ListingInput { common, group_type, event, first, after: None };
        let rows = NewGroups::parse(input, ctx.caller()?).map_err(own_argument)?.page(ctx).await?;
        let flat = |(row, listed): (NewGroupRow, Listed)| NewGroupsTableRow {
            group_id: listed.group_id,
            group_name: listed.known.name,
            group_type: listed.known.group_type,
            first_active_at: row.first_active_at,
            last_active_at: row.last_active_at,
            active_users: row.active_users,
            events: row.events,
            members: row.members,
        };
        Ok(rows.into_iter().map(flat).collect())
    }
}

/// The groups that began. The server tells at `/docs/newGroups` what exactly is counted, with an example.
#[Object]
impl NewGroups {
    /// Always false: an event or a user may be in several groups.
    async fn is_additive(&self) -> bool {
        false
    }

    /// All new groups together; a user or an event in two of them counts once.
    async fn totals(&self, ctx: &Context<'_>) -> Result<NewGroupsTotals, Failure> {
        let Self(listing) = self;
        let answer = listing.ask_born(ctx, question()).await?;
        let count = |field, column| whole(answer).map_or(Ok(0), |row| row.count(field, column));
        let counts_events = ctx.look_ahead().field("events").exists();
        Ok(NewGroupsTotals {
            groups: count("groups", "all_groups")?,
            active_users: count("activeUsers", "all_users")?,
            events: if counts_events { listing.events_once(ctx, &listing.scope).await? } else { 0 },
        })
    }

    /// The new groups: users descending, then events descending, then id.
    async fn rows(&self, ctx: &Context<'_>) -> Result<Vec<NewGroupRow>, Failure> {
        Ok(self.page(ctx).await?.into_iter().map(|(row, _)| row).collect())
    }

    /// Why the answer may be empty: a group type, an event name or a property that nothing has, a range without events, or an empty cohort. Null when there is nothing to say.
    async fn hint(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        self.0.hint(ctx).await
    }
}

fn question() -> Question {
    Question::new("new_groups", include_str!("new_groups.sql"))
}

impl NewGroups {
    fn parse(input: ListingInput, caller: &Caller) -> Result<Self, Invalid> {
        let mut listing = Listing::parse("newGroups", input, caller)?;
        listing.scope.lookback = Lookback::Ever;
        Ok(Self(listing))
    }

    /// The page of rows that is asked for.
    async fn page(&self, ctx: &Context<'_>) -> Result<Vec<(NewGroupRow, Listed)>, Failure> {
        let answer = self.0.ask_born(ctx, question()).await?;
        let read = |row: Row<'_>, listed: Listed| {
            let instant = |column| Ok::<_, Failure>(DateTime(row.instant(column)?.unwrap_or_default()));
            let new = NewGroupRow {
                group: listed.group(),
                first_active_at: instant("first_active_at")?,
                last_active_at: instant("last_active_at")?,
                active_users: row.count("activeUsers", "active_users")?,
                events: row.count("events", "events")?,
                members: row.count("members", "members")?,
                cursor: listed.cursor.clone(),
            };
            Ok((new, listed))
        };
        self.0.page(ctx, answer, read)
    }
}
