//! Which groups are active, how many users each has, and how that compares with before.
//!
//! Unit counted: the groups of one type with at least one event in the range. Per group: its users (identified
//! profiles, or devices of anonymous events as well), its events, its last event in the range, and the change
//! of its users, (this − previous) ÷ previous, against the same length of time ending where the range begins.
//! An event in two groups counts once in each, so rows do not add up to the totals.
//!
//! Example: in January `u1` acts twice in `acme`, once with `acme` and `globex` together, `u2` once in `globex`.
//! Rows: `globex` 2 users 2 events, `acme` 1 user 3 events. Totals: 2 groups, 2 users, 4 events.

use super::count::int;
use super::filter::{
    AttributionInput, Common, FilterInput, GroupPropertiesInput, IntervalInput, RangeInput, UsersInput,
    WeekStartInput, parse_calendar, parse_first, parse_group_type,
};
use super::flat::{ATTRIBUTIONS, USERS, parse_days, parse_where, parse_word};
use super::scalars::{Date, DateTime, Duration};
use crate::domain::Invalid;
use crate::domain::time::Bucket;
use crate::engine::scope::{Scope, Split};
use crate::engine::{Question, Value, arrow as columns};
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use crate::graphql::group::Group;
use crate::graphql::known_group::{KnownGroup, decode_known};
use async_graphql::{Context, Object, SimpleObject};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The fields of this analysis in the schema.
#[derive(Debug, Default)]
pub struct ActiveQuery;

/// How active the groups of a type were.
#[derive(Debug)]
pub struct ActiveUsers {
    scope: Scope,
    group_type: String,
    buckets: Option<Vec<Bucket>>,
    first: usize,
    after: Cursor,
}

/// All groups of the type together; a user or an event in two of them counts once.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct ActiveTotals {
    /// Groups with at least one event in the range.
    pub groups: i32,
    /// Distinct users of these groups.
    pub active_users: i32,
    /// Events of these groups.
    pub events: i32,
    /// The first of these events; null when there is none.
    pub first_at: Option<DateTime>,
    /// The last of these events; null when there is none.
    pub last_at: Option<DateTime>,
}

/// One bucket of time, over all groups of the type together.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct ActiveBucket {
    /// The bucket's first instant.
    pub bucket: DateTime,
    /// The local day on which it begins.
    pub local_date: Date,
    /// Whether the range covers the bucket only in part.
    pub is_partial: bool,
    /// Groups with at least one event in the bucket.
    pub groups: i32,
    /// Distinct users in the bucket.
    pub active_users: i32,
    /// Events in the bucket.
    pub events: i32,
}

/// One active group.
#[derive(Debug, Clone, SimpleObject)]
pub struct ActiveRow {
    /// The group.
    pub group: Group,
    /// Distinct users with at least one of the group's events in the range.
    pub active_users: i32,
    /// The group's events in the range.
    pub events: i32,
    /// The group's last event in the range.
    pub last_active_at: DateTime,
    /// Change of the number of users against the period before, 0.5 for half as many again; null if it had none.
    pub change: Option<f64>,
    /// Give it as `after` to get the rows behind this one.
    pub cursor: String,
}

/// One active group, flat.
#[derive(Debug, Clone, SimpleObject)]
pub struct ActiveUsersTableRow {
    /// The group's id.
    pub group_id: String,
    /// The group's name.
    pub group_name: String,
    /// The group's type.
    pub group_type: String,
    /// Distinct users with at least one of the group's events in the range.
    pub active_users: i32,
    /// The group's events in the range.
    pub events: i32,
    /// The group's last event in the range.
    pub last_active_at: DateTime,
    /// Change of the number of users against the period before; null if it had none.
    pub change: Option<f64>,
}

/// The row behind which a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cursor {
    users: i64,
    events: i64,
    group_id: String,
}

impl Cursor {
    /// Before every row.
    fn start() -> Self {
        Self { users: i64::MAX, events: i64::MAX, group_id: String::new() }
    }

    fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{} {} {}", self.users, self.events, self.group_id))
    }

    fn parse(text: Option<&str>) -> Result<Self, Invalid> {
        let Some(text) = text else { return Ok(Self::start()) };
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let parts = bytes.as_deref().map(|text| text.splitn(3, ' ').collect::<Vec<_>>());
        match parts.as_deref() {
            Some([users, events, group_id]) => users
                .parse()
                .ok()
                .zip(events.parse().ok())
                .map(|(users, events)| Self { users, events, group_id: (*group_id).to_owned() }),
            _ => None,
        }
        .ok_or_else(|| Invalid::new("after", "is no cursor of this answer; give the cursor of a row"))
    }
}

#[Object]
impl ActiveQuery {
    /// The active groups of a type: users, events and last activity of each, most users first.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    #[expect(clippy::unused_async, reason = "every field is asynchronous to the schema")]
    async fn active_users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group type, e.g. \"company\".")] group_type: String,
        #[graphql(desc = "The range of time. Either this or `last`.")] range: Option<RangeInput>,
        #[graphql(desc = "The last days or hours before now, instead of a range.")] last: Option<Duration>,
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
        #[graphql(desc = "Cut time into buckets, for `buckets`.")] interval: Option<IntervalInput>,
        #[graphql(
            desc = "IANA name of the zone whose calendar cuts time.",
            default_with = "Some(\"UTC\".to_owned())"
        )]
        time_zone: Option<String>,
        #[graphql(desc = "The day a week begins with.")] week_start: Option<WeekStartInput>,
        #[graphql(desc = "How many rows, 1 to the limit.", default_with = "Some(100)")] first: Option<i32>,
        #[graphql(desc = "The cursor of the row behind which the page begins.")] after: Option<String>,
    ) -> Result<ActiveUsers, Failure> {
        let caller = ctx.caller()?;
        let limits = caller.limits();
        let common = Common { range, last, filter, attribution, users, group_properties };
        let mut answer = ActiveUsers::new(common.scope(caller)?, &group_type, caller.limits())?;
        let calendar = interval
            .map(|interval| parse_calendar(interval, time_zone.as_deref(), week_start))
            .transpose()?;
        answer.buckets =
            calendar.map(|calendar| calendar.buckets(answer.scope.range, limits.buckets)).transpose()?;
        answer.first = parse_first(first, 100, limits)?;
        answer.after = Cursor::parse(after.as_deref())?;
        Ok(answer)
    }

    /// The active groups of a type as a flat table for BI tools, most users first.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    async fn active_users_table(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group type, e.g. \"company\".")] group_type: String,
        #[graphql(desc = "The first local day.")] from: Date,
        #[graphql(desc = "The local day behind the last.")] to: Date,
        #[graphql(desc = "IANA name of the zone of the days.", default_with = "Some(\"UTC\".to_owned())")]
        time_zone: Option<String>,
        #[graphql(name = "where", desc = "The filter, as the JSON text of a FilterInput.")] filter: Option<
            String,
        >,
        #[graphql(desc = "EVENT, MEMBERSHIP_AT_EVENT or MEMBERSHIP_NOW.")] attribution: Option<String>,
        #[graphql(desc = "IDENTIFIED or ALL.")] users: Option<String>,
        #[graphql(desc = "How many rows, 1 to the limit.", default_with = "Some(100)")] first: Option<i32>,
    ) -> Result<Vec<ActiveUsersTableRow>, Failure> {
        let caller = ctx.caller()?;
        let range = parse_days(from, to, time_zone.as_deref())?;
        let common = Common {
            range: Some(RangeInput { from: DateTime(range.from()), to: DateTime(range.to()) }),
            last: None,
            filter: parse_where(filter.as_deref())?,
            attribution: parse_word("attribution", attribution.as_deref(), &ATTRIBUTIONS)?,
            users: parse_word("users", users.as_deref(), &USERS)?,
            group_properties: None,
        };
        let mut answer = ActiveUsers::new(common.scope(caller)?, &group_type, caller.limits())?;
        answer.first = parse_first(first, 100, caller.limits())?;
        let rows = answer.page(ctx, ctx.look_ahead().field("change").exists()).await?;
        let flat = |(row, known): (ActiveRow, KnownGroup)| ActiveUsersTableRow {
            group_id: row.group.id,
            group_name: known.name,
            group_type: known.group_type,
            active_users: row.active_users,
            events: row.events,
            last_active_at: row.last_active_at,
            change: row.change,
        };
        Ok(rows.into_iter().map(flat).collect())
    }
}

#[Object]
impl ActiveUsers {
    /// Always false: a user or an event in two groups counts in both rows, so rows do not add up to the totals.
    async fn is_additive(&self) -> bool {
        false
    }

    /// All groups of the type together.
    async fn totals(&self, ctx: &Context<'_>) -> Result<ActiveTotals, Failure> {
        let question = Question::new("active.totals", include_str!("active.totals.sql"));
        let batches = ctx.caller()?.run(&self.scope, question).await?;
        let mut totals =
            ActiveTotals { groups: 0, active_users: 0, events: 0, first_at: None, last_at: None };
        for batch in batches.iter().filter(|batch| batch.num_rows() > 0) {
            totals = ActiveTotals {
                groups: int("groups", columns::integers(batch, "groups_active")?.value(0))?,
                active_users: int("activeUsers", columns::integers(batch, "active_users")?.value(0))?,
                events: int("events", columns::integers(batch, "events")?.value(0))?,
                first_at: columns::instant(columns::instants(batch, "first_at")?, 0).map(DateTime),
                last_at: columns::instant(columns::instants(batch, "last_at")?, 0).map(DateTime),
            };
        }
        Ok(totals)
    }

    /// The active groups: users descending, then events descending, then id.
    async fn rows(&self, ctx: &Context<'_>) -> Result<Vec<ActiveRow>, Failure> {
        let rows = self.page(ctx, ctx.look_ahead().field("change").exists()).await?;
        Ok(rows.into_iter().map(|(row, _)| row).collect())
    }

    /// Activity over time; null unless `interval` is given. Empty buckets are present with zeros.
    async fn buckets(&self, ctx: &Context<'_>) -> Result<Option<Vec<ActiveBucket>>, Failure> {
        let Some(buckets) = &self.buckets else { return Ok(None) };
        let edges = |edge: fn(&Bucket) -> chrono::DateTime<chrono::Utc>| {
            Value::List(buckets.iter().map(|bucket| Value::BigInt(edge(bucket).timestamp_micros())).collect())
        };
        let question = Question::new("active.buckets", include_str!("active.buckets.sql"))
            .with("starts", edges(|bucket| bucket.start))
            .with("ends", edges(|bucket| bucket.end));
        let batches = ctx.caller()?.run(&self.scope, question).await?;
        let mut answer: Vec<ActiveBucket> = buckets
            .iter()
            .map(|bucket| ActiveBucket {
                bucket: DateTime(bucket.start),
                local_date: Date(bucket.local_date),
                is_partial: bucket.is_partial,
                groups: 0,
                active_users: 0,
                events: 0,
            })
            .collect();
        for batch in &batches {
            let (places, groups) =
                (columns::integers(batch, "bucket")?, columns::integers(batch, "groups_active")?);
            let (users, events) =
                (columns::integers(batch, "active_users")?, columns::integers(batch, "events")?);
            for row in 0..batch.num_rows() {
                let place = usize::try_from(places.value(row)).ok();
                if let Some(bucket) = place.and_then(|place| answer.get_mut(place)) {
                    bucket.groups = int("groups", groups.value(row))?;
                    bucket.active_users = int("activeUsers", users.value(row))?;
                    bucket.events = int("events", events.value(row))?;
                }
            }
        }
        Ok(Some(answer))
    }

    /// Why the answer may be empty: no group has this type. Null when there is nothing to say.
    async fn hint(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        unknown_type_hint(ctx, &self.group_type).await
    }
}

impl ActiveUsers {
    fn new(
        mut scope: Scope,
        group_type: &str,
        limits: &crate::domain::limits::Limits,
    ) -> Result<Self, Invalid> {
        let group_type = parse_group_type("groupType", group_type, limits)?;
        scope.splits = vec![Split::Type(group_type.clone())];
        Ok(Self { scope, group_type, buckets: None, first: 100, after: Cursor::start() })
    }

    /// The page of rows that is asked for, each with what is known of its group.
    async fn page(
        &self,
        ctx: &Context<'_>,
        wants_change: bool,
    ) -> Result<Vec<(ActiveRow, KnownGroup)>, Failure> {
        let mut scope = self.scope.clone();
        if wants_change {
            scope.previous = Some(scope.range.previous()?);
        }
        let question = Question::new("active", include_str!("active.sql"))
            .with("users", self.after.users)
            .with("events", self.after.events)
            .with("group_id", self.after.group_id.clone())
            .with("limit", i64::try_from(self.first).unwrap_or(i64::MAX));
        let batches = ctx.caller()?.run(&scope, question).await?;
        let mut rows = Vec::new();
        for batch in &batches {
            let (ids, users) =
                (columns::texts(batch, "group_id")?, columns::integers(batch, "active_users")?);
            let (events, last) =
                (columns::integers(batch, "events")?, columns::instants(batch, "last_active_at")?);
            let previous = columns::integers(batch, "previous_users")?;
            for row in 0..batch.num_rows() {
                let cursor = Cursor {
                    users: users.value(row),
                    events: events.value(row),
                    group_id: ids.value(row).to_owned(),
                };
                let known = decode_known(batch, row)?;
                let active = ActiveRow {
                    group: Group::known(cursor.group_id.clone(), Some(known.clone())),
                    active_users: int("activeUsers", cursor.users)?,
                    events: int("events", cursor.events)?,
                    last_active_at: DateTime(columns::instant(last, row).unwrap_or_default()),
                    change: change(cursor.users, previous.value(row)),
                    cursor: cursor.encode(),
                };
                rows.push((active, known));
            }
        }
        Ok(rows)
    }
}

/// (this − previous) ÷ previous; nothing to compare with is null.
#[expect(clippy::cast_precision_loss, reason = "counts of users are far below 2^53")]
fn change(this: i64, previous: i64) -> Option<f64> {
    (previous != 0).then(|| (this - previous) as f64 / previous as f64)
}

/// A hint when no group has the type: which types there are.
pub(super) async fn unknown_type_hint(
    ctx: &Context<'_>,
    group_type: &str,
) -> Result<Option<String>, Failure> {
    let caller = ctx.caller()?;
    let question = Question::new("group_types", include_str!("group_types.sql"));
    let batches = caller.run(&caller.scope_ever()?, question).await?;
    let mut types = Vec::new();
    for batch in &batches {
        types.extend(columns::texts(batch, "group_type")?.iter().flatten().map(str::to_owned));
    }
    if types.iter().any(|known| known == group_type) {
        return Ok(None);
    }
    let known = if types.is_empty() { "there are no groups yet".to_owned() } else { types.join(", ") };
    Ok(Some(format!("no group has the type \"{group_type}\"; known types: {known}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_survive_the_way_out_and_in() {
        let cursor = Cursor { users: 3, events: 7, group_id: "a b c".to_owned() };
        assert_eq!(Cursor::parse(Some(&cursor.encode())), Ok(cursor));
        assert!(Cursor::parse(Some("nonsense")).is_err());
    }

    #[test]
    fn a_change_from_nothing_is_null() {
        assert_eq!(change(3, 0), None);
        assert_eq!(change(3, 2), Some(0.5));
        assert_eq!(change(0, 2), Some(-1.0));
    }
}
