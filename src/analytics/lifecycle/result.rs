//! The lifecycle's answer.

use crate::analytics::breakdown::BreakdownKey;
use crate::analytics::count::int;
use crate::analytics::counting::{Counting, CountingInput, Ordered};
use crate::analytics::keys::{RowKey, flat_key};
use crate::analytics::lives::{Life, lives};
use crate::analytics::scalars::{Date, DateTime};
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::domain::time::{Bucket, Calendar};
use crate::engine::scope::Lookback;
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use crate::graphql::group::Group;
use async_graphql::{Context, Object, SimpleObject};
use std::collections::HashMap;
use tokio::sync::OnceCell;

/// What became of units over time.
#[derive(Debug)]
pub struct Lifecycle {
    counting: Counting,
    buckets: Vec<Bucket>,
    whole: OnceCell<Figures>,
}

/// The whole range.
#[derive(Debug, Clone, SimpleObject)]
pub struct LifecycleTotals {
    /// Distinct units with at least one event in the range.
    pub units: i32,
    /// Units whose first event ever lies in the range.
    pub new: i32,
    /// Events of these units in the range; an event of two groups counts once.
    pub events: i32,
}

/// What became of the units in one bucket.
#[derive(Debug, Clone, SimpleObject)]
pub struct LifecycleBucket {
    /// The bucket's first instant. It lies before the range where the first bucket is cut.
    pub bucket: DateTime,
    /// The local day on which it begins.
    pub local_date: Date,
    /// Whether the range covers the bucket only in part.
    pub is_partial: bool,
    /// Units whose first event ever lies in the bucket.
    pub new: i32,
    /// Units that were also active in the bucket before.
    pub returning: i32,
    /// Units that were active earlier, but not in the bucket before.
    pub resurrecting: i32,
    /// Units that were active in the bucket before, but not in this one, as a positive number; null while the bucket has not begun.
    pub dormant: Option<i32>,
}

/// The units of one combination of breakdown values.
#[derive(Debug, Clone, SimpleObject)]
pub struct LifecycleRow {
    /// What the row is about, one key for each breakdown.
    pub keys: Vec<BreakdownKey>,
    /// The group of the first breakdown by group; null when there is none.
    pub group: Option<Group>,
    /// Distinct units with at least one event in the range.
    pub units: i32,
    /// Units whose first event ever lies in the range.
    pub new: i32,
    /// Events of these units in the range; an event of two groups counts once.
    pub events: i32,
    /// The row's buckets, empty ones too.
    pub buckets: Vec<LifecycleBucket>,
    /// Give it as `after` to get the rows behind this one.
    pub cursor: String,
}

/// One bucket of one breakdown value.
#[derive(Debug, Clone, SimpleObject)]
pub struct LifecycleTableRow {
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
    /// Units whose first event ever lies in the bucket.
    pub new: i32,
    /// Units that were also active in the bucket before.
    pub returning: i32,
    /// Units that were active earlier, but not in the bucket before.
    pub resurrecting: i32,
    /// Units that were active in the bucket before, but not in this one; null while the bucket has not begun.
    pub dormant: Option<i32>,
}

/// What is counted of the units of one row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Figures {
    units: i64,
    new: i64,
    events: i64,
    buckets: Vec<InBucket>,
}

/// What is counted in one bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct InBucket {
    new: i64,
    returning: i64,
    resurrecting: i64,
    dormant: i64,
}

impl Figures {
    fn empty(buckets: usize) -> Self {
        Self { buckets: vec![InBucket::default(); buckets], ..Self::default() }
    }

    /// Adds one unit. Slice 0 is the bucket before the first.
    fn add(&mut self, life: Life<'_>, buckets: usize) {
        self.buckets.resize(buckets, InBucket::default());
        self.events += life.events;
        self.units += i64::from(life.slices.last().is_some_and(|last| *last > 0));
        let mut before = None;
        for (place, slice) in life.slices.iter().enumerate() {
            if let Some(bucket) = slice.checked_sub(1).and_then(|index| self.buckets.get_mut(index)) {
                if life.born == Some(*slice) {
                    bucket.new += 1;
                    self.new += 1;
                } else if before == Some(*slice - 1) {
                    bucket.returning += 1;
                } else {
                    bucket.resurrecting += 1;
                }
            }
            if life.slices.get(place + 1) != Some(&(slice + 1))
                && let Some(next) = self.buckets.get_mut(*slice)
            {
                next.dormant += 1;
            }
            before = Some(*slice);
        }
    }
}

/// What became of units. The server tells at `/docs/lifecycle` what exactly is counted, with an example.
#[Object]
impl Lifecycle {
    /// Always false: a unit is active in many buckets, and may be in several rows.
    async fn is_additive(&self) -> bool {
        false
    }

    /// The whole range.
    async fn totals(&self, ctx: &Context<'_>) -> Result<LifecycleTotals, Failure> {
        let whole = self.whole(ctx).await?;
        let events = self.counting.total_events(ctx, whole.events).await?;
        Ok(LifecycleTotals {
            units: int("units", whole.units)?,
            new: int("new", whole.new)?,
            events: int("events", events)?,
        })
    }

    /// The buckets that the range touches, empty ones too.
    async fn buckets(&self, ctx: &Context<'_>) -> Result<Vec<LifecycleBucket>, Failure> {
        self.spell_out(ctx, self.whole(ctx).await?)
    }

    /// The rows of the breakdown: units descending, then events descending, then the keys. Empty without a breakdown.
    async fn rows(&self, ctx: &Context<'_>) -> Result<Vec<LifecycleRow>, Failure> {
        self.page(ctx).await
    }

    /// Why the answer may be empty: a group type, an event name or a property that nothing has, a range without events, or an empty cohort. Null when there is nothing to say.
    async fn hint(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        self.counting.hint(ctx).await
    }
}

impl Lifecycle {
    /// Checks the arguments.
    pub(super) fn new(caller: &Caller, input: CountingInput, calendar: Calendar) -> Result<Self, Invalid> {
        let mut counting = Counting::parse(input, caller)?;
        let buckets = counting.cut(calendar, caller.limits().buckets)?;
        let first = buckets.first().map_or(counting.scope.range.from(), |bucket| bucket.start);
        let before = calendar.floor(first - chrono::Duration::microseconds(1));
        counting.scope.slices.insert(0, before..first);
        counting.scope.lookback = Lookback::Ever;
        Ok(Self { counting, buckets, whole: OnceCell::new() })
    }

    async fn whole(&self, ctx: &Context<'_>) -> Result<&Figures, Failure> {
        let ask = async || {
            let rows = self.figures(ctx, false).await?;
            Ok(rows.into_values().next().unwrap_or_else(|| Figures::empty(self.buckets.len())))
        };
        self.whole.get_or_try_init(ask).await
    }

    async fn figures(&self, ctx: &Context<'_>, is_split: bool) -> Result<HashMap<RowKey, Figures>, Failure> {
        let buckets = self.buckets.len();
        let add = |row: &mut Figures, life: Life<'_>| row.add(life, buckets);
        lives(ctx, &self.counting, is_split, 1, add).await
    }

    async fn page(&self, ctx: &Context<'_>) -> Result<Vec<LifecycleRow>, Failure> {
        if self.counting.breakdown.is_empty() {
            return Ok(Vec::new());
        }
        let mut figures = self.figures(ctx, true).await?;
        self.counting.count_events_once(ctx, &mut figures, |row, events| row.events = events).await?;
        let measures = |row: &Figures| [row.units, row.events];
        let rows = self.counting.ordered(ctx, figures, measures, self.buckets.len()).await?;
        let row = |row: Ordered<Figures>| {
            Ok(LifecycleRow {
                keys: row.keys,
                group: row.group,
                units: int("units", row.figures.units)?,
                new: int("new", row.figures.new)?,
                events: int("events", row.figures.events)?,
                buckets: self.spell_out(ctx, &row.figures)?,
                cursor: row.cursor,
            })
        };
        rows.into_iter().map(row).collect()
    }

    fn spell_out(&self, ctx: &Context<'_>, figures: &Figures) -> Result<Vec<LifecycleBucket>, Failure> {
        let caller = ctx.caller()?;
        let buckets = self.buckets.iter().zip(&figures.buckets).map(|(bucket, figures)| {
            Ok(LifecycleBucket {
                bucket: DateTime(bucket.start),
                local_date: Date(bucket.local_date),
                is_partial: bucket.is_partial,
                new: int("new", figures.new)?,
                returning: int("returning", figures.returning)?,
                resurrecting: int("resurrecting", figures.resurrecting)?,
                dormant: caller
                    .has_begun(bucket.start)
                    .then(|| int("dormant", figures.dormant))
                    .transpose()?,
            })
        });
        buckets.collect()
    }

    /// The flat form: the rows of the breakdown, or the whole.
    pub(super) async fn table(&self, ctx: &Context<'_>) -> Result<Vec<LifecycleTableRow>, Failure> {
        let parts = if self.counting.breakdown.is_empty() {
            vec![(Vec::new(), self.spell_out(ctx, self.whole(ctx).await?)?)]
        } else {
            self.page(ctx).await?.into_iter().map(|row| (row.keys, row.buckets)).collect()
        };
        let flat = |(keys, buckets): (Vec<BreakdownKey>, Vec<LifecycleBucket>)| {
            buckets.into_iter().map(move |bucket| LifecycleTableRow {
                key1: flat_key(&keys, 0),
                key2: flat_key(&keys, 1),
                key3: flat_key(&keys, 2),
                bucket: bucket.bucket,
                local_date: bucket.local_date,
                is_partial: bucket.is_partial,
                new: bucket.new,
                returning: bucket.returning,
                resurrecting: bucket.resurrecting,
                dormant: bucket.dormant,
            })
        };
        Ok(parts.into_iter().flat_map(flat).collect())
    }
}
