//! The answer of users per group.

use crate::analytics::breakdown::BreakdownKey;
use crate::analytics::count::int;
use crate::analytics::counting::{Counting, CountingInput, Ordered};
use crate::analytics::filter::parse_group_type;
use crate::analytics::keys::{RowKey, flat_key};
use crate::analytics::numbers::rate;
use crate::analytics::scalars::{Date, DateTime};
use crate::analytics::unit::Counted;
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::domain::time::{Bucket, Calendar};
use crate::engine::{Question, arrow as columns};
use crate::error::Failure;
use crate::graphql::group::Group;
use arrow::array::RecordBatch;
use async_graphql::{Context, Object, SimpleObject};
use std::collections::{BTreeMap, HashMap};
use tokio::sync::OnceCell;

/// The arguments of both forms.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) counting: CountingInput,
    pub(super) calendar: Option<Calendar>,
    pub(super) cumulative: bool,
}

/// How many groups have so many users.
#[derive(Debug)]
pub struct UsersPerGroup {
    counting: Counting,
    buckets: Option<Vec<Bucket>>,
    cumulative: bool,
    whole: OnceCell<Figures>,
}

/// The groups with at least one event.
#[derive(Debug, Clone, SimpleObject)]
pub struct UsersPerGroupTotals {
    /// Groups with at least one event.
    pub groups: i32,
    /// Events of these groups; an event of two groups counts once.
    pub events: i32,
    /// Mean number of active users of a group; null without groups.
    pub average_users: Option<f64>,
    /// Median number of active users of a group, interpolated linearly; null without groups.
    pub median_users: Option<f64>,
}

/// The groups with so many users.
#[derive(Debug, Clone, SimpleObject)]
pub struct UsersPerGroupShare {
    /// The number of active users. 0: groups with events of nobody alone.
    pub users: i32,
    /// Groups with exactly so many active users, with `cumulative` at least so many.
    pub groups: i32,
    /// These groups ÷ all groups with an event, 0 to 1.
    pub rate: f64,
}

/// The groups with at least one event in one bucket.
#[derive(Debug, Clone, SimpleObject)]
pub struct UsersPerGroupBucket {
    /// The bucket's first instant. It lies before the range where the first bucket is cut.
    pub bucket: DateTime,
    /// The local day on which it begins.
    pub local_date: Date,
    /// Whether the range covers the bucket only in part.
    pub is_partial: bool,
    /// Groups with at least one event in the bucket.
    pub groups: i32,
    /// Mean number of active users of a group in the bucket; null without groups.
    pub average_users: Option<f64>,
    /// Median number of active users of a group in the bucket; null without groups.
    pub median_users: Option<f64>,
    /// How many groups have so many users in the bucket, for every number that occurs.
    pub shares: Vec<UsersPerGroupShare>,
}

/// The groups of one combination of breakdown values.
#[derive(Debug, Clone, SimpleObject)]
pub struct UsersPerGroupRow {
    /// What the row is about, one key for each breakdown.
    pub keys: Vec<BreakdownKey>,
    /// The group of the first breakdown by group; null when there is none.
    pub group: Option<Group>,
    /// Groups with at least one event in the range.
    pub groups: i32,
    /// Events of these groups.
    pub events: i32,
    /// Mean number of active users of a group.
    pub average_users: Option<f64>,
    /// Median number of active users of a group.
    pub median_users: Option<f64>,
    /// How many groups have so many users.
    pub shares: Vec<UsersPerGroupShare>,
    /// The row over time; null unless `interval` is given.
    pub buckets: Option<Vec<UsersPerGroupBucket>>,
    /// Give it as `after` to get the rows behind this one.
    pub cursor: String,
}

/// One number of users of one breakdown value.
#[derive(Debug, Clone, SimpleObject)]
pub struct UsersPerGroupTableRow {
    /// Value of the first breakdown; null without one, or where the value is missing.
    pub key1: Option<String>,
    /// Value of the second breakdown.
    pub key2: Option<String>,
    /// Value of the third breakdown.
    pub key3: Option<String>,
    /// The number of active users.
    pub users: i32,
    /// Groups with exactly so many active users, or at least so many when cumulative.
    pub groups: i32,
    /// These groups ÷ all groups of the breakdown value.
    pub rate: f64,
}

/// Groups by their number of users.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Groups(BTreeMap<i64, i64>);

impl Groups {
    fn all(&self) -> i64 {
        self.0.values().sum()
    }

    fn average(&self) -> Option<f64> {
        rate(self.0.iter().map(|(users, groups)| users * groups).sum(), self.all())
    }

    /// The median, interpolated linearly: the mean of the two in the middle.
    fn median(&self) -> Option<f64> {
        let all = self.all();
        let at = |place: i64| {
            let mut before = 0;
            self.0.iter().find_map(|(users, groups)| {
                before += groups;
                (before > place).then_some(*users)
            })
        };
        let middle = at((all - 1) / 2)?.checked_add(at(all / 2)?)?;
        rate(middle, 2).filter(|_| all > 0)
    }

    fn shares(&self, cumulative: bool) -> Result<Vec<UsersPerGroupShare>, Failure> {
        let all = self.all();
        let mut left = all;
        let mut shares = Vec::with_capacity(self.0.len());
        for (users, exactly) in &self.0 {
            let groups = if cumulative { left } else { *exactly };
            left -= exactly;
            shares.push(UsersPerGroupShare {
                users: int("users", *users)?,
                groups: int("groups", groups)?,
                rate: rate(groups, all).unwrap_or_default(),
            });
        }
        Ok(shares)
    }
}

/// What is counted of the groups of one row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Figures {
    groups: Groups,
    events: i64,
    slices: HashMap<usize, Groups>,
}

/// How many groups have so many users. The server tells at `/docs/usersPerGroup` what exactly is counted, with an example.
#[Object]
impl UsersPerGroup {
    /// Always false: a group may be in several rows and buckets.
    async fn is_additive(&self) -> bool {
        false
    }

    /// The whole range.
    async fn totals(&self, ctx: &Context<'_>) -> Result<UsersPerGroupTotals, Failure> {
        let whole = self.whole(ctx).await?;
        Ok(UsersPerGroupTotals {
            groups: int("groups", whole.groups.all())?,
            events: int("events", self.counting.total_events(ctx, whole.events).await?)?,
            average_users: whole.groups.average(),
            median_users: whole.groups.median(),
        })
    }

    /// How many groups have so many users, for every number that occurs, ascending.
    async fn shares(&self, ctx: &Context<'_>) -> Result<Vec<UsersPerGroupShare>, Failure> {
        self.whole(ctx).await?.groups.shares(self.cumulative)
    }

    /// Groups and their users over time; null unless `interval` is given. Empty buckets are present.
    async fn buckets(&self, ctx: &Context<'_>) -> Result<Option<Vec<UsersPerGroupBucket>>, Failure> {
        self.over_time(self.whole(ctx).await?)
    }

    /// The rows of the breakdown: groups descending, then events descending, then the keys. Empty without a breakdown.
    async fn rows(&self, ctx: &Context<'_>) -> Result<Vec<UsersPerGroupRow>, Failure> {
        self.page(ctx).await
    }

    /// Why the answer may be empty: a group type, an event name or a property that nothing has, a range without events, or an empty cohort. Null when there is nothing to say.
    async fn hint(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        self.counting.hint(ctx).await
    }
}

impl UsersPerGroup {
    /// Checks the arguments.
    pub(super) fn new(caller: &Caller, group_type: &str, asked: Asked) -> Result<Self, Invalid> {
        let mut counting = Counting::parse(asked.counting, caller)?;
        counting.unit = Counted::Group(parse_group_type("groupType", group_type, caller.limits())?);
        let buckets =
            asked.calendar.map(|calendar| counting.cut(calendar, caller.limits().buckets)).transpose()?;
        if buckets.is_none() {
            let range = counting.scope.range;
            counting.scope.slices.push(range.from()..range.to());
        }
        Ok(Self { counting, buckets, cumulative: asked.cumulative, whole: OnceCell::new() })
    }

    async fn whole(&self, ctx: &Context<'_>) -> Result<&Figures, Failure> {
        let ask = async || Ok(self.figures(ctx, false).await?.into_values().next().unwrap_or_default());
        self.whole.get_or_try_init(ask).await
    }

    async fn figures(&self, ctx: &Context<'_>, is_split: bool) -> Result<HashMap<RowKey, Figures>, Failure> {
        let question = Question::new("users_per_group", include_str!("users_per_group.sql"))
            .with("over_time", self.buckets.is_some());
        let add = |figures: &mut Figures, batch: &RecordBatch, row| {
            let number = |name| Ok::<i64, Failure>(columns::integers(batch, name)?.value(row));
            let (users, groups) = (number("users")?, number("groups")?);
            let slice = columns::value(columns::small_integers(batch, "slice")?, row);
            let groups_of = match slice.and_then(|slice| usize::try_from(slice).ok()) {
                Some(slice) => figures.slices.entry(slice).or_default(),
                None => &mut figures.groups,
            };
            *groups_of.0.entry(users).or_default() += groups;
            figures.events += number("events")?;
            Ok(())
        };
        self.counting.ask(ctx, question, is_split, add).await
    }

    async fn page(&self, ctx: &Context<'_>) -> Result<Vec<UsersPerGroupRow>, Failure> {
        if self.counting.breakdown.is_empty() {
            return Ok(Vec::new());
        }
        let mut figures = self.figures(ctx, true).await?;
        self.counting.count_events_once(ctx, &mut figures, |row, events| row.events = events).await?;
        let measures = |row: &Figures| [row.groups.all(), row.events];
        let cells = self.buckets.as_ref().map_or(1, Vec::len);
        let rows = self.counting.ordered(ctx, figures, measures, cells).await?;
        let row = |row: Ordered<Figures>| {
            let figures = row.figures;
            Ok(UsersPerGroupRow {
                keys: row.keys,
                group: row.group,
                groups: int("groups", figures.groups.all())?,
                events: int("events", figures.events)?,
                average_users: figures.groups.average(),
                median_users: figures.groups.median(),
                shares: figures.groups.shares(self.cumulative)?,
                buckets: self.over_time(&figures)?,
                cursor: row.cursor,
            })
        };
        rows.into_iter().map(row).collect()
    }

    fn over_time(&self, figures: &Figures) -> Result<Option<Vec<UsersPerGroupBucket>>, Failure> {
        let Some(buckets) = &self.buckets else { return Ok(None) };
        let nothing = Groups::default();
        let one = |(slice, bucket): (usize, &Bucket)| {
            let groups = figures.slices.get(&slice).unwrap_or(&nothing);
            Ok(UsersPerGroupBucket {
                bucket: DateTime(bucket.start),
                local_date: Date(bucket.local_date),
                is_partial: bucket.is_partial,
                groups: int("groups", groups.all())?,
                average_users: groups.average(),
                median_users: groups.median(),
                shares: groups.shares(self.cumulative)?,
            })
        };
        buckets.iter().enumerate().map(one).collect::<Result<_, Failure>>().map(Some)
    }

    /// The flat form: the rows of the breakdown, or the whole.
    pub(super) async fn table(&self, ctx: &Context<'_>) -> Result<Vec<UsersPerGroupTableRow>, Failure> {
        let parts = if self.counting.breakdown.is_empty() {
            vec![(Vec::new(), self.whole(ctx).await?.groups.shares(self.cumulative)?)]
        } else {
            self.page(ctx).await?.into_iter().map(|row| (row.keys, row.shares)).collect()
        };
        let flat = |(keys, shares): (Vec<BreakdownKey>, Vec<UsersPerGroupShare>)| {
            shares.into_iter().map(move |share| UsersPerGroupTableRow {
                key1: flat_key(&keys, 0),
                key2: flat_key(&keys, 1),
                key3: flat_key(&keys, 2),
                users: share.users,
                groups: share.groups,
                rate: share.rate,
            })
        };
        Ok(parts.into_iter().flat_map(flat).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_the_middle() {
        let median = |groups: &[(i64, i64)]| Groups(groups.iter().copied().collect()).median();
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[(3, 1)]), Some(3.0));
        assert_eq!(median(&[(0, 1), (3, 1)]), Some(1.5));
        assert_eq!(median(&[(0, 1), (3, 2)]), Some(3.0));
    }
}
