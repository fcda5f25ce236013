//! The answer of active groups.

use super::windows::{BucketSpans, Counts, Windows};
use crate::analytics::breakdown::BreakdownKey;
use crate::analytics::count::int;
use crate::analytics::counting::{Counting, CountingInput, Ordered};
use crate::analytics::filter::parse_group_type;
use crate::analytics::keys::{RowKey, flat_key};
use crate::analytics::lives::{Life, lives};
use crate::analytics::numbers::rate;
use crate::analytics::scalars::{Date, DateTime};
use crate::analytics::unit::Counted;
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::domain::time::{Bucket, Calendar};
use crate::engine::scope::Lookback;
use crate::error::Failure;
use crate::graphql::group::Group;
use async_graphql::{Context, Object, SimpleObject};
use std::collections::HashMap;
use tokio::sync::OnceCell;

/// How many groups were active over time.
#[derive(Debug)]
pub struct ActiveGroups {
    asked: Asked,
    previous: Option<Asked>,
    whole: OnceCell<Counts>,
}

/// A checked question about one period.
#[derive(Debug)]
struct Asked {
    counting: Counting,
    buckets: Vec<Bucket>,
    windows: Windows,
}

/// The events of one row in each slice, each event once.
type Events = HashMap<i64, i64>;

/// The active groups of a period.
#[derive(Debug, Clone, SimpleObject)]
pub struct ActiveGroupsTotals {
    /// Groups with at least one event in the period.
    pub groups: i32,
    /// Groups whose first event ever lies in the period.
    pub new_groups: i32,
    /// Events of these groups in the period; an event of two groups counts once.
    pub events: i32,
}

/// The active groups of one bucket.
#[derive(Debug, Clone, SimpleObject)]
pub struct ActiveGroupsBucket {
    /// The bucket's first instant. It lies before the range where the first bucket is cut.
    pub bucket: DateTime,
    /// The local day on which it begins.
    pub local_date: Date,
    /// Whether the range covers the bucket only in part.
    pub is_partial: bool,
    /// Groups with at least one event in the bucket.
    pub groups: i32,
    /// Groups whose first event ever lies in the bucket.
    pub new_groups: i32,
    /// Events of these groups in the bucket; an event of two groups counts once.
    pub events: i32,
    /// Groups with at least one event on the last day of the bucket.
    pub groups1_day: i32,
    /// Groups with at least one event in the 7 days that end with the bucket.
    pub groups7_days: i32,
    /// Groups with at least one event in the 30 days that end with the bucket.
    pub groups30_days: i32,
    /// Mean of the 30 daily numbers of active groups ÷ groups of the 30 days, 0 to 1; null when there are none.
    pub dau_mau_rate: Option<f64>,
}

/// The groups of one combination of breakdown values.
#[derive(Debug, Clone, SimpleObject)]
pub struct ActiveGroupsRow {
    /// What the row is about, one key for each breakdown.
    pub keys: Vec<BreakdownKey>,
    /// The group of the first breakdown by group; null when there is none.
    pub group: Option<Group>,
    /// Groups with at least one event in the range.
    pub groups: i32,
    /// Groups whose first event ever lies in the range.
    pub new_groups: i32,
    /// Events of these groups in the range; an event of two groups counts once.
    pub events: i32,
    /// The row's buckets, empty ones too.
    pub buckets: Vec<ActiveGroupsBucket>,
    /// Give it as `after` to get the rows behind this one.
    pub cursor: String,
}

/// One bucket of one breakdown value.
#[derive(Debug, Clone, SimpleObject)]
pub struct ActiveGroupsTableRow {
    /// Value of the first breakdown; null without one, or where the value is missing.
    pub key1: Option<String>,
    /// Value of the second breakdown.
    pub key2: Option<String>,
    /// Value of the third breakdown.
    pub key3: Option<String>,
    /// The bucket's first instant. It lies before the range where the first bucket is cut.
    pub bucket: DateTime,
    /// The local day on which it begins.
    pub local_date: Date,
    /// Whether the range covers the bucket only in part.
    pub is_partial: bool,
    /// Groups with at least one event in the bucket.
    pub groups: i32,
    /// Groups whose first event ever lies in the bucket.
    pub new_groups: i32,
    /// Events of these groups in the bucket.
    pub events: i32,
    /// Groups with at least one event on the last day of the bucket.
    pub groups1_day: i32,
    /// Groups with at least one event in the 7 days that end with the bucket.
    pub groups7_days: i32,
    /// Groups with at least one event in the 30 days that end with the bucket.
    pub groups30_days: i32,
    /// Mean of the 30 daily numbers of active groups ÷ groups of the 30 days.
    pub dau_mau_rate: Option<f64>,
}

/// Active groups over time. The server tells at `/docs/activeGroups` what exactly is counted, with an example.
#[Object]
impl ActiveGroups {
    /// Always false: a group is active in many buckets, and may be in several rows.
    async fn is_additive(&self) -> bool {
        false
    }

    /// The whole range.
    async fn totals(&self, ctx: &Context<'_>) -> Result<ActiveGroupsTotals, Failure> {
        self.asked.totals(ctx, self.whole(ctx).await?).await
    }

    /// The period of the same length before the range; null unless `comparePrevious`.
    async fn previous(&self, ctx: &Context<'_>) -> Result<Option<ActiveGroupsTotals>, Failure> {
        let Some(asked) = &self.previous else { return Ok(None) };
        asked.totals(ctx, &asked.whole(ctx).await?).await.map(Some)
    }

    /// The buckets that the range touches, empty ones too.
    async fn buckets(&self, ctx: &Context<'_>) -> Result<Vec<ActiveGroupsBucket>, Failure> {
        let events = if ctx.look_ahead().field("events").exists() {
            self.asked.counting.events(ctx, false).await?.into_values().next().unwrap_or_default()
        } else {
            Events::new()
        };
        self.asked.spell_out(self.whole(ctx).await?, &events)
    }

    /// The rows of the breakdown: groups descending, then events descending, then the keys. Empty without a breakdown.
    async fn rows(&self, ctx: &Context<'_>) -> Result<Vec<ActiveGroupsRow>, Failure> {
        self.asked.page(ctx).await
    }

    /// Why the answer may be empty: a group type, an event name or a property that nothing has, a range without events, or an empty cohort. Null when there is nothing to say.
    async fn hint(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        self.asked.counting.hint(ctx).await
    }
}

impl ActiveGroups {
    /// Checks the arguments.
    pub(super) fn new(
        caller: &Caller,
        group_type: &str,
        input: CountingInput,
        calendar: Calendar,
        compare_previous: bool,
    ) -> Result<Self, Invalid> {
        let mut counting = Counting::parse(input, caller)?;
        counting.unit = Counted::Group(parse_group_type("groupType", group_type, caller.limits())?);
        counting.scope.lookback = Lookback::Ever;
        let previous = compare_previous.then(|| counting.previous()).transpose()?;
        let most = caller.limits().buckets;
        let previous = previous.map(|previous| Asked::new(previous, calendar, most)).transpose()?;
        Ok(Self { asked: Asked::new(counting, calendar, most)?, previous, whole: OnceCell::new() })
    }

    async fn whole(&self, ctx: &Context<'_>) -> Result<&Counts, Failure> {
        self.whole.get_or_try_init(|| self.asked.whole(ctx)).await
    }

    /// The flat form: the rows of the breakdown, or the whole.
    pub(super) async fn table(&self, ctx: &Context<'_>) -> Result<Vec<ActiveGroupsTableRow>, Failure> {
        let parts = if self.asked.counting.breakdown.is_empty() {
            let events = self.asked.counting.events(ctx, false).await?.into_values().next();
            let buckets = self.asked.spell_out(self.whole(ctx).await?, &events.unwrap_or_default())?;
            vec![(Vec::new(), buckets)]
        } else {
            self.asked.page(ctx).await?.into_iter().map(|row| (row.keys, row.buckets)).collect()
        };
        let flat = |(keys, buckets): (Vec<BreakdownKey>, Vec<ActiveGroupsBucket>)| {
            buckets.into_iter().map(move |bucket| ActiveGroupsTableRow {
                key1: flat_key(&keys, 0),
                key2: flat_key(&keys, 1),
                key3: flat_key(&keys, 2),
                bucket: bucket.bucket,
                local_date: bucket.local_date,
                is_partial: bucket.is_partial,
                groups: bucket.groups,
                new_groups: bucket.new_groups,
                events: bucket.events,
                groups1_day: bucket.groups1_day,
                groups7_days: bucket.groups7_days,
                groups30_days: bucket.groups30_days,
                dau_mau_rate: bucket.dau_mau_rate,
            })
        };
        Ok(parts.into_iter().flat_map(flat).collect())
    }
}

impl Asked {
    fn new(mut counting: Counting, calendar: Calendar, most: usize) -> Result<Self, Invalid> {
        let buckets = calendar.buckets(counting.scope.range, most)?;
        let windows = Windows::of(&buckets, counting.scope.range, calendar)?;
        counting.scope.slices.clone_from(&windows.slices);
        Ok(Self { counting, buckets, windows })
    }

    async fn whole(&self, ctx: &Context<'_>) -> Result<Counts, Failure> {
        Ok(self.counts(ctx, false).await?.into_values().next().unwrap_or_default())
    }

    async fn counts(&self, ctx: &Context<'_>, is_split: bool) -> Result<HashMap<RowKey, Counts>, Failure> {
        let add = |counts: &mut Counts, life: Life<'_>| self.windows.add(counts, life);
        lives(ctx, &self.counting, is_split, self.windows.ahead, add).await
    }

    async fn totals(&self, ctx: &Context<'_>, counts: &Counts) -> Result<ActiveGroupsTotals, Failure> {
        Ok(ActiveGroupsTotals {
            groups: int("groups", counts.groups)?,
            new_groups: int("newGroups", counts.new)?,
            events: int("events", self.counting.total_events(ctx, counts.events).await?)?,
        })
    }

    async fn page(&self, ctx: &Context<'_>) -> Result<Vec<ActiveGroupsRow>, Failure> {
        if self.counting.breakdown.is_empty() {
            return Ok(Vec::new());
        }
        let counts = self.counts(ctx, true).await?;
        let mut events = self.counting.events(ctx, true).await?;
        let mut rows = HashMap::with_capacity(counts.len());
        for (key, counts) in counts {
            let events = events.remove(&key).unwrap_or_default();
            rows.insert(key, (counts, events));
        }
        let measures = |(counts, events): &(Counts, Events)| [counts.groups, events.values().sum()];
        let rows = self.counting.ordered(ctx, rows, measures, self.buckets.len()).await?;
        let row = |row: Ordered<(Counts, Events)>| {
            let (counts, events) = row.figures;
            Ok(ActiveGroupsRow {
                keys: row.keys,
                group: row.group,
                groups: int("groups", counts.groups)?,
                new_groups: int("newGroups", counts.new)?,
                events: int("events", events.values().sum::<i64>())?,
                buckets: self.spell_out(&counts, &events)?,
                cursor: row.cursor,
            })
        };
        rows.into_iter().map(row).collect()
    }

    fn spell_out(&self, counts: &Counts, events: &Events) -> Result<Vec<ActiveGroupsBucket>, Failure> {
        let one = |(bucket, spans): (&Bucket, &BucketSpans)| {
            let figures = counts.figures(spans);
            let slices = (spans.own.0..spans.own.1).filter_map(|slice| i64::try_from(slice).ok());
            let events: i64 = slices.filter_map(|slice| events.get(&slice)).sum();
            let [day, week, month] = figures.days;
            Ok(ActiveGroupsBucket {
                bucket: DateTime(bucket.start),
                local_date: Date(bucket.local_date),
                is_partial: bucket.is_partial,
                groups: int("groups", figures.groups)?,
                new_groups: int("newGroups", figures.new)?,
                events: int("events", events)?,
                groups1_day: int("groups1Day", day)?,
                groups7_days: int("groups7Days", week)?,
                groups30_days: int("groups30Days", month)?,
                dau_mau_rate: rate(figures.daily, month).map(|rate| rate / 30.0),
            })
        };
        self.buckets.iter().zip(&self.windows.buckets).map(one).collect()
    }
}
