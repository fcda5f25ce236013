//! How far the groups of a type have taken to an event: the share of members that did it, how much, how soon.
//!
//! Rows are all groups of the type, those without use too. Members are those at `to`; active members are members with
//! a matching event of the group in the range, and the adoption rate is their share, null without members. Active
//! users are all users of these events, members or not. `eventsPerUser`: the events that have a user ÷ active users.
//! The first use is the group's first matching event ever, before `to`; `daysToFirstUse` counts from the group's
//! creation in days of 24 hours, and is negative when events are older than the group. Seats are the property as it
//! was just before `to` (before the first version, as the first version has it), or now with `groupProperties: NOW`,
//! where it is a JSON number; `seatUtilisation` is active users ÷ seats, null unless there are seats.
//!
//! Rows: the adoption rate descending, groups without members last, then events descending, then the id. Totals count
//! a profile, a user and an event once, in however many groups; an active member is one of at least one group. The
//! median is over the groups that have a first use.
//!
//! What customers read:

#![doc = include_str!("adoption.md")]

use super::filter::{AttributionInput, Common, FilterInput, GroupPropertiesInput, RangeInput, UsersInput};
use super::flat::{FlatCommon, own_argument};
use super::listing::{Listed, Listing, ListingInput, Row, whole};
use super::numbers::rate;
use super::scalars::{Date, DateTime, Duration};
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::engine::Question;
use crate::engine::filter::Path;
use crate::engine::scope::Lookback;
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use crate::graphql::group::Group;
use async_graphql::{Context, Object, SimpleObject};

/// How far the groups of a type have taken to an event.
#[derive(Debug)]
pub struct Adoption {
    listing: Listing,
    seats: Option<Path>,
}

/// All groups of the type together; a profile, user or event in two of them counts once.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct AdoptionTotals {
    /// Groups of the type.
    pub groups: i32,
    /// Groups with at least one of the events in the range.
    pub adopting_groups: i32,
    /// Distinct profiles that were members of a group at the end of the range.
    pub members: i32,
    /// Distinct profiles that were members of a group at the end of the range and did the event in it in the range.
    pub active_members: i32,
    /// Active members ÷ members, 0 to 1; null without members.
    pub adoption_rate: Option<f64>,
    /// Distinct users who did the event in the range.
    pub active_users: i32,
    /// How often the event happened in the range.
    pub events: i32,
    /// Median days of 24 hours from a group's creation to its first use, over the groups that ever used it; null
    /// without one.
    pub median_days_to_first_use: Option<f64>,
}

/// How far one group has taken to the event.
#[derive(Debug, Clone, SimpleObject)]
pub struct AdoptionRow {
    /// The group.
    pub group: Group,
    /// Profiles that were members at the end of the range.
    pub members: i32,
    /// Members that did the event in the range.
    pub active_members: i32,
    /// Active members ÷ members, 0 to 1; null without members.
    pub adoption_rate: Option<f64>,
    /// Distinct users who did the event in the range, members or not.
    pub active_users: i32,
    /// How often the event happened in the range.
    pub events: i32,
    /// Events of users ÷ active users; null without one.
    pub events_per_user: Option<f64>,
    /// When the event first happened, ever; null when it never did.
    pub first_used_at: Option<DateTime>,
    /// Days of 24 hours from the group's creation to `firstUsedAt`; negative when events are older than the group.
    pub days_to_first_use: Option<f64>,
    /// The number in the property `seats` names; null without one.
    pub seats: Option<f64>,
    /// Active users ÷ seats; null without seats.
    pub seat_utilisation: Option<f64>,
    /// Give it as `after` to get the rows behind this one.
    pub cursor: String,
}

/// How far one group has taken to the event, flat.
#[derive(Debug, Clone, SimpleObject)]
pub struct AdoptionTableRow {
    /// The group's id.
    pub group_id: String,
    /// The group's name.
    pub group_name: String,
    /// The group's type.
    pub group_type: String,
    /// Profiles that were members at the end of the range.
    pub members: i32,
    /// Members that did the event in the range.
    pub active_members: i32,
    /// Active members ÷ members, 0 to 1.
    pub adoption_rate: Option<f64>,
    /// Distinct users who did the event in the range.
    pub active_users: i32,
    /// How often the event happened in the range.
    pub events: i32,
    /// Events of users ÷ active users.
    pub events_per_user: Option<f64>,
    /// When the event first happened, ever.
    pub first_used_at: Option<DateTime>,
    /// Days from the group's creation to `firstUsedAt`.
    pub days_to_first_use: Option<f64>,
    /// The number of seats.
    pub seats: Option<f64>,
    /// Active users ÷ seats.
    pub seat_utilisation: Option<f64>,
}

/// The fields of this analysis in the schema.
#[derive(Debug, Default)]
pub struct AdoptionQuery;

#[Object]
impl AdoptionQuery {
    /// How far each group of a type has taken to an event: the share of its members that did it, how much, how soon.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    #[expect(clippy::unused_async, reason = "every field is asynchronous to the schema")]
    async fn adoption(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group type, e.g. \"company\".")] group_type: String,
        #[graphql(desc = "Name of the event.")] event: String,
        #[graphql(desc = "Dotted path of a numeric property of the group: the seats it has paid for.")]
        seats: Option<String>,
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
    ) -> Result<Adoption, Failure> {
        let caller = ctx.caller()?;
        caller.may_read()?;
        let common = Common { range, last, filter, attribution, users, group_properties };
        let input = ListingInput { common, group_type, event: Some(event), first, after };
        Ok(Adoption::parse(input, seats.as_deref(), caller)?)
    }

    /// Adoption as a flat table for BI tools: one row per group.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    async fn adoption_table(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group type, e.g. \"company\".")] group_type: String,
        #[graphql(desc = "Name of the event.")] event: String,
        #[graphql(desc = "Dotted path of a numeric property of the group: the seats it has paid for.")]
        seats: Option<String>,
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
    ) -> Result<Vec<AdoptionTableRow>, Failure> {
        let common =
            FlatCommon { from, to, last, time_zone, filter, attribution, users, group_properties }.read()?;
        let input = ListingInput { common, group_type, event: Some(event), first, after: None };
        let answer = Adoption::parse(input, seats.as_deref(), ctx.caller()?).map_err(own_argument)?;
        let flat = |(row, listed): (AdoptionRow, Listed)| AdoptionTableRow {
            group_id: listed.group_id,
            group_name: listed.known.name,
            group_type: listed.known.group_type,
            members: row.members,
            active_members: row.active_members,
            adoption_rate: row.adoption_rate,
            active_users: row.active_users,
            events: row.events,
            events_per_user: row.events_per_user,
            first_used_at: row.first_used_at,
            days_to_first_use: row.days_to_first_use,
            seats: row.seats,
            seat_utilisation: row.seat_utilisation,
        };
        Ok(answer.page(ctx).await?.into_iter().map(flat).collect())
    }
}

/// How far groups have taken to an event. The server tells at `/docs/adoption` what exactly is counted, with an example.
#[Object]
impl Adoption {
    /// Always false: a profile may be in several groups.
    async fn is_additive(&self) -> bool {
        false
    }

    /// All groups of the type together.
    async fn totals(&self, ctx: &Context<'_>) -> Result<AdoptionTotals, Failure> {
        let answer = self.listing.ask(ctx, self.question()).await?;
        let row = whole(answer);
        let count = |field, column| row.map_or(Ok(0), |row| row.count(field, column));
        let (members, active_members) =
            (count("members", "all_members")?, count("activeMembers", "all_active_members")?);
        Ok(AdoptionTotals {
            groups: count("groups", "all_groups")?,
            adopting_groups: count("adoptingGroups", "all_adopting")?,
            members,
            active_members,
            adoption_rate: rate(active_members.into(), members.into()),
            active_users: count("activeUsers", "all_users")?,
            events: if ctx.look_ahead().field("events").exists() { self.events(ctx).await? } else { 0 },
            median_days_to_first_use: row.map_or(Ok(None), |row| row.fraction("all_median_days"))?,
        })
    }

    /// The groups of the type: adoption rate descending, then events descending, then id.
    async fn rows(&self, ctx: &Context<'_>) -> Result<Vec<AdoptionRow>, Failure> {
        Ok(self.page(ctx).await?.into_iter().map(|(row, _)| row).collect())
    }

    /// Why the answer may be empty: a group type, an event name or a property that nothing has, a range without events, or an empty cohort. Null when there is nothing to say.
    async fn hint(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        self.listing.hint(ctx).await
    }
}

impl Adoption {
    fn parse(input: ListingInput, seats: Option<&str>, caller: &Caller) -> Result<Self, Invalid> {
        let mut listing = Listing::parse("adoption", input, caller)?;
        listing.scope.lookback = Lookback::Ever;
        Ok(Self { listing, seats: seats.map(|path| Path::parse("seats", path)).transpose()? })
    }

    fn question(&self) -> Question {
        Question::new("adoption", include_str!("adoption.sql"))
            .with("group_type", self.listing.group_type.clone())
            .with("seats", self.seats.as_ref().map(Path::pointer))
    }

    /// The events in the range, each once, of groups that used it before as well.
    async fn events(&self, ctx: &Context<'_>) -> Result<i32, Failure> {
        let mut scope = self.listing.scope.clone();
        scope.lookback = Lookback::None;
        self.listing.events_once(ctx, &scope).await
    }

    /// The page of rows that is asked for.
    async fn page(&self, ctx: &Context<'_>) -> Result<Vec<(AdoptionRow, Listed)>, Failure> {
        let answer = self.listing.ask(ctx, self.question()).await?;
        self.listing.page(ctx, answer, |row, listed| Ok((adoption_row(row, &listed)?, listed)))
    }
}

fn adoption_row(row: Row<'_>, listed: &Listed) -> Result<AdoptionRow, Failure> {
    let active_users = row.count("activeUsers", "active_users")?;
    let seats = row.fraction("seats")?;
    Ok(AdoptionRow {
        group: listed.group(),
        members: row.count("members", "members")?,
        active_members: row.count("activeMembers", "active_members")?,
        adoption_rate: rate(row.number("active_members")?, row.number("members")?),
        active_users,
        events: row.count("events", "events")?,
        events_per_user: rate(row.number("user_events")?, active_users.into()),
        first_used_at: row.instant("first_used_at")?.map(DateTime),
        days_to_first_use: row.fraction("days_to_first_use")?,
        seats,
        seat_utilisation: seats.filter(|seats| *seats > 0.0).map(|seats| f64::from(active_users) / seats),
        cursor: listed.cursor.clone(),
    })
}
