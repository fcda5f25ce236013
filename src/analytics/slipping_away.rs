//! Which groups are slipping away: their activity fell, or they fell silent.
//!
//! A group has fallen when its measure (events, or distinct users) in the period of the same length before the range
//! was above 0 and (previous − current) ÷ previous is at least `fellBy`, which lies above 0 and is at most 1. With
//! `fellBy: null` falls are not looked for; then `silentFor` must be given. A group is silent when its last matching
//! event before `to`, of all time, happened at or before `to` − `silentFor`; one that never had any is not. Only
//! matching events count, also as the last. `silentDays` is the whole days of 24 hours between it and `to`.
//!
//! Rows: current − previous ascending, so the greatest loss first, then the last event ascending, then the id.
//!
//! What customers read:

#![doc = include_str!("slipping_away.md")]

use super::count::int;
use super::filter::{AttributionInput, Common, FilterInput, GroupPropertiesInput, RangeInput, UsersInput};
use super::flat::{FlatCommon, own_argument, parse_word};
use super::listing::{Listed, Listing, ListingInput, Row, whole};
use super::numbers::change;
use super::scalars::{Date, DateTime, Duration};
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::engine::Question;
use crate::engine::scope::Lookback;
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use crate::graphql::group::Group;
use async_graphql::{Context, Enum, Object, SimpleObject};
use chrono::Utc;

/// What a group is measured by.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum SlippingMeasure {
    /// Its events.
    Events,
    /// Its distinct users.
    Users,
}

/// The words for measures in the flat form.
const MEASURES: [(&str, SlippingMeasure); 2] =
    [("EVENTS", SlippingMeasure::Events), ("USERS", SlippingMeasure::Users)];

/// The groups that are slipping away.
#[derive(Debug)]
pub struct SlippingAway {
    listing: Listing,
    measure: SlippingMeasure,
    fell_by: Option<f64>,
    silent_since: Option<chrono::DateTime<Utc>>,
}

/// How many groups are slipping away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, SimpleObject)]
pub struct SlippingTotals {
    /// Groups that have fallen or are silent.
    pub groups: i32,
    /// Groups whose measure fell by at least `fellBy`.
    pub fallen: i32,
    /// Groups without an event for at least `silentFor`.
    pub silent: i32,
}

/// A group that is slipping away.
#[derive(Debug, Clone, SimpleObject)]
pub struct SlippingRow {
    /// The group.
    pub group: Group,
    /// Its measure in the range.
    pub current: i32,
    /// Its measure in the period of the same length before the range.
    pub previous: i32,
    /// (current − previous) ÷ previous; null if previous is 0.
    pub change: Option<f64>,
    /// Whether the measure fell by at least `fellBy`.
    pub has_fallen: bool,
    /// Whether there was no event for at least `silentFor`.
    pub is_silent: bool,
    /// Its last event before the end of the range, ever.
    pub last_active_at: DateTime,
    /// Whole days of 24 hours from `lastActiveAt` to the end of the range.
    pub silent_days: i32,
    /// Profiles that were members at the end of the range.
    pub members: i32,
    /// Give it as `after` to get the rows behind this one.
    pub cursor: String,
}

/// A group that is slipping away, flat.
#[derive(Debug, Clone, SimpleObject)]
pub struct SlippingTableRow {
    /// The group's id.
    pub group_id: String,
    /// The group's name.
    pub group_name: String,
    /// The group's type.
    pub group_type: String,
    /// Its measure in the range.
    pub current: i32,
    /// Its measure in the period before.
    pub previous: i32,
    /// (current − previous) ÷ previous; null if previous is 0.
    pub change: Option<f64>,
    /// Whether the measure fell.
    pub has_fallen: bool,
    /// Whether it is silent.
    pub is_silent: bool,
    /// Its last event before the end of the range, ever.
    pub last_active_at: DateTime,
    /// Whole days of 24 hours from `lastActiveAt` to the end of the range.
    pub silent_days: i32,
    /// Profiles that were members at the end of the range.
    pub members: i32,
    /// The group's properties as they are now, as JSON text.
    pub properties: String,
}

/// The fields of this analysis in the schema.
#[derive(Debug, Default)]
pub struct SlippingAwayQuery;

#[Object]
impl SlippingAwayQuery {
    /// The groups of a type whose activity fell, or that fell silent: those to call.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    #[expect(clippy::unused_async, reason = "every field is asynchronous to the schema")]
    async fn slipping_away(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group type, e.g. \"company\".")] group_type: String,
        #[graphql(desc = "Only events of this name; events of every name unless given.")] event: Option<
            String,
        >,
        #[graphql(desc = "What a group is measured by.", default_with = "Some(SlippingMeasure::Events)")]
        measure: Option<SlippingMeasure>,
        #[graphql(
            desc = "By how much the measure fell at least against the period before: 0.5 is by half. Null: falls are not looked for.",
            default_with = "Some(0.5)"
        )]
        fell_by: Option<f64>,
        #[graphql(
            desc = "Also list groups without an event for at least so long before the end of the range."
        )]
        silent_for: Option<Duration>,
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
    ) -> Result<SlippingAway, Failure> {
        let caller = ctx.caller()?;
        caller.may_read()?;
        let common = Common { range, last, filter, attribution, users, group_properties };
        let input = ListingInput { common, group_type, event, first, after };
        Ok(SlippingAway::parse(input, measure, fell_by, silent_for.as_ref(), caller)?)
    }

    /// The groups that are slipping away as a flat table for BI tools.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    async fn slipping_away_table(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group type, e.g. \"company\".")] group_type: String,
        #[graphql(desc = "Only events of this name; events of every name unless given.")] event: Option<
            String,
        >,
        #[graphql(desc = "EVENTS or USERS; EVENTS unless given.")] measure: Option<String>,
        #[graphql(
            desc = "By how much the measure fell at least: 0.5 is by half. Null: falls are not looked for.",
            default_with = "Some(0.5)"
        )]
        fell_by: Option<f64>,
        #[graphql(desc = "Also list groups without an event for at least so long, ISO 8601.")]
        silent_for: Option<String>,
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
    ) -> Result<Vec<SlippingTableRow>, Failure> {
        let common =
            FlatCommon { from, to, last, time_zone, filter, attribution, users, group_properties }.read()?;
        let input = ListingInput { common, group_type, event, first, after: None };
        let measure = parse_word("measure", measure.as_deref(), &MEASURES)?;
        let silent_for = silent_for.map(Duration);
        let answer = SlippingAway::parse(input, measure, fell_by, silent_for.as_ref(), ctx.caller()?);
        let rows = answer.map_err(own_argument)?.page(ctx).await?;
        let flat = |(row, listed): (SlippingRow, Listed)| SlippingTableRow {
            group_id: listed.group_id,
            group_name: listed.known.name,
            group_type: listed.known.group_type,
            current: row.current,
            previous: row.previous,
            change: row.change,
            has_fallen: row.has_fallen,
            is_silent: row.is_silent,
            last_active_at: row.last_active_at,
            silent_days: row.silent_days,
            members: row.members,
            properties: listed.known.properties.to_string(),
        };
        Ok(rows.into_iter().map(flat).collect())
    }
}

/// The groups that are slipping away. The server tells at `/docs/slippingAway` what exactly is counted, with an example.
#[Object]
impl SlippingAway {
    /// Always false: an event or a user may be in several groups.
    async fn is_additive(&self) -> bool {
        false
    }

    /// How many groups there are in the list.
    async fn totals(&self, ctx: &Context<'_>) -> Result<SlippingTotals, Failure> {
        let answer = self.listing.ask(ctx, self.question()).await?;
        let count = |field, column| whole(answer).map_or(Ok(0), |row| row.count(field, column));
        Ok(SlippingTotals {
            groups: count("groups", "all_groups")?,
            fallen: count("fallen", "all_fallen")?,
            silent: count("silent", "all_silent")?,
        })
    }

    /// The groups: the greatest loss first, then those silent longest, then id.
    async fn rows(&self, ctx: &Context<'_>) -> Result<Vec<SlippingRow>, Failure> {
        Ok(self.page(ctx).await?.into_iter().map(|(row, _)| row).collect())
    }

    /// Why the answer may be empty: a group type, an event name or a property that nothing has, a range without events, or an empty cohort. Null when there is nothing to say.
    async fn hint(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        self.listing.hint(ctx).await
    }
}

impl SlippingAway {
    fn parse(
        input: ListingInput,
        measure: Option<SlippingMeasure>,
        fell_by: Option<f64>,
        silent_for: Option<&Duration>,
        caller: &Caller,
    ) -> Result<Self, Invalid> {
        let mut listing = Listing::parse("slippingAway", input, caller)?;
        let range = listing.scope.range;
        listing.scope.previous = Some(range.previous()?);
        listing.scope.lookback = Lookback::Ever;
        if let Some(rate) = fell_by.filter(|rate| !(*rate > 0.0 && *rate <= 1.0)) {
            let reason =
                format!("is {rate}; give a share above 0, at most 1, such as 0.5 for a fall by half");
            return Err(Invalid::new("fellBy", reason));
        }
        let silent_for = silent_for.map(|length| length.parse_as("silentFor")).transpose()?;
        if fell_by.is_none() && silent_for.is_none() {
            let reason = "is missing; with fellBy null give silentFor, such as \"P14D\"";
            return Err(Invalid::new("silentFor", reason));
        }
        let since =
            |length| range.to().checked_sub_signed(length).unwrap_or(chrono::DateTime::<Utc>::MIN_UTC);
        Ok(Self {
            listing,
            measure: measure.unwrap_or(SlippingMeasure::Events),
            fell_by,
            silent_since: silent_for.map(since),
        })
    }

    fn question(&self) -> Question {
        // Who did it is most of what counting costs.
        let question = match self.measure {
            SlippingMeasure::Users => {
                Question::new("slipping_away_users", include_str!("slipping_away_users.sql"))
            }
            SlippingMeasure::Events => Question::new("slipping_away", include_str!("slipping_away.sql")),
        };
        question
            .with("fell_by", self.fell_by)
            .with("silent_since", self.silent_since.map(|instant| instant.timestamp_micros()))
    }

    /// The page of rows that is asked for.
    async fn page(&self, ctx: &Context<'_>) -> Result<Vec<(SlippingRow, Listed)>, Failure> {
        let answer = self.listing.ask(ctx, self.question()).await?;
        self.listing.page(ctx, answer, |row, listed| Ok((self.row(row, &listed)?, listed)))
    }

    fn row(&self, row: Row<'_>, listed: &Listed) -> Result<SlippingRow, Failure> {
        let last_active_at = row.instant("last_active_at")?.unwrap_or_default();
        let silence = self.listing.scope.range.to() - last_active_at;
        Ok(SlippingRow {
            group: listed.group(),
            current: row.count("current", "this_measure")?,
            previous: row.count("previous", "previous_measure")?,
            change: change(row.number("this_measure")?, row.number("previous_measure")?),
            has_fallen: row.truth("has_fallen")?,
            is_silent: row.truth("is_silent")?,
            last_active_at: DateTime(last_active_at),
            silent_days: int("silentDays", silence.num_days())?,
            members: row.count("members", "members")?,
            cursor: listed.cursor.clone(),
        })
    }
}
