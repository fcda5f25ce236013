//! The answer of a trend.

use super::formula::Formula;
use super::input::{
    Measure, Series, TrendFormulaInput, TrendMeasure, TrendSeriesInput, parse_formulas, parse_series,
};
use super::series::{Figures, ask};
use crate::analytics::breakdown::{Breakdown, BreakdownKey};
use crate::analytics::count::int;
use crate::analytics::counting::{Counting, CountingInput, Ordered};
use crate::analytics::keys::{RowKey, flat_key};
use crate::analytics::scalars::{Date, DateTime};
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::domain::time::{Bucket, Calendar};
use crate::error::Failure;
use crate::graphql::group::Group;
use async_graphql::{Context, Object, SimpleObject};
use std::collections::HashMap;

/// The arguments of both forms.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) series: Vec<TrendSeriesInput>,
    pub(super) formulas: Vec<TrendFormulaInput>,
    pub(super) counting: CountingInput,
    pub(super) calendar: Option<Calendar>,
    pub(super) compare_previous: bool,
}

/// Values over time.
#[derive(Debug)]
pub struct Trend {
    spec: Spec,
    period: Period,
    previous: Option<Period>,
}

/// What is told.
#[derive(Debug)]
struct Spec {
    series: Vec<Series>,
    formulas: Vec<(String, Formula)>,
}

/// Of when it is told.
#[derive(Debug)]
struct Period {
    counting: Counting,
    buckets: Option<Vec<Bucket>>,
}

/// One series or formula.
#[derive(Debug, Clone, SimpleObject)]
pub struct TrendSeries {
    /// Its name.
    pub name: String,
    /// Its value over the whole range; null where there is nothing to tell.
    pub value: Option<f64>,
    /// Matching events in the range; null for a formula.
    pub events: Option<i32>,
    /// Matching events whose property is missing or no number; null where no property is read.
    pub left_out: Option<i32>,
    /// Its values over time; null unless `interval` is given. Empty buckets are present.
    pub buckets: Option<Vec<TrendBucket>>,
}

/// One value of a series.
#[derive(Debug, Clone, SimpleObject)]
pub struct TrendBucket {
    /// The bucket's first instant. It lies before the range where the first bucket is cut.
    pub bucket: DateTime,
    /// The local day on which it begins.
    pub local_date: Date,
    /// Whether the range covers the bucket only in part.
    pub is_partial: bool,
    /// The value; null where there is nothing to tell.
    pub value: Option<f64>,
}

/// One combination of breakdown values.
#[derive(Debug, Clone, SimpleObject)]
pub struct TrendRow {
    /// What the row is about, one key for each breakdown.
    pub keys: Vec<BreakdownKey>,
    /// The group of the first breakdown by group; null when there is none.
    pub group: Option<Group>,
    /// The series, then the formulas, of this row alone.
    pub series: Vec<TrendSeries>,
    /// Give it as `after` to get the rows behind this one.
    pub cursor: String,
}

/// One value of one event name, one bucket and one breakdown value.
#[derive(Debug, Clone, SimpleObject)]
pub struct TrendTableRow {
    /// Name of the events; null for events of every name.
    pub event: Option<String>,
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
    /// The value; null where there is nothing to tell.
    pub value: Option<f64>,
}

/// Values over time. The server tells at `/docs/trend` what exactly is counted, with an example.
#[Object]
impl Trend {
    /// Whether rows, and buckets, add up to the whole: only when every series counts events or sums, without formulas and without a breakdown by group.
    async fn is_additive(&self) -> bool {
        let adds_up = |series: &Series| {
            matches!(series.measure, Measure::Events | Measure::Numbers(TrendMeasure::Sum, _))
        };
        let by_group = self.period.counting.breakdown.iter().any(|one| matches!(one, Breakdown::Group(_)));
        self.spec.series.iter().all(adds_up) && self.spec.formulas.is_empty() && !by_group
    }

    /// The series, then the formulas, as asked.
    async fn series(&self, ctx: &Context<'_>) -> Result<Vec<TrendSeries>, Failure> {
        self.whole(ctx, &self.period).await
    }

    /// The series over the period of the same length before the range; null unless `comparePrevious`.
    async fn previous(&self, ctx: &Context<'_>) -> Result<Option<Vec<TrendSeries>>, Failure> {
        let Some(previous) = &self.previous else { return Ok(None) };
        self.whole(ctx, previous).await.map(Some)
    }

    /// The rows of the breakdown: the first series descending, then its events descending, then the keys. Empty without a breakdown.
    async fn rows(&self, ctx: &Context<'_>) -> Result<Vec<TrendRow>, Failure> {
        let row = |row: Ordered<Vec<Figures>>| {
            Ok(TrendRow {
                keys: row.keys,
                group: row.group,
                series: self.spec.spell_out(&self.period, &row.figures)?,
                cursor: row.cursor,
            })
        };
        self.page(ctx).await?.into_iter().map(row).collect()
    }

    /// Why the answer may be empty: a group type, an event name or a property that nothing has, a range without events, or an empty cohort. Null when there is nothing to say.
    async fn hint(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        for series in &self.spec.series {
            if let Some(hint) = series.counted(&self.period.counting).hint(ctx).await? {
                return Ok(Some(hint));
            }
        }
        Ok(None)
    }
}

impl Trend {
    /// Checks the arguments.
    pub(super) fn new(caller: &Caller, asked: Asked) -> Result<Self, Invalid> {
        let limits = caller.limits();
        let series = parse_series(&asked.series, caller)?;
        let formulas = parse_formulas(&asked.formulas, &series)?;
        let counting = Counting::parse(asked.counting, caller)?;
        let period = |mut counting: Counting| {
            let range = counting.scope.range;
            let buckets = if let Some(calendar) = asked.calendar {
                Some(counting.cut(calendar, limits.buckets)?)
            } else {
                counting.scope.slices.push(range.from()..range.to());
                None
            };
            Ok::<_, Invalid>(Period { counting, buckets })
        };
        let previous = asked.compare_previous.then(|| period(counting.previous()?)).transpose()?;
        Ok(Self { spec: Spec { series, formulas }, period: period(counting)?, previous })
    }

    async fn whole(&self, ctx: &Context<'_>, period: &Period) -> Result<Vec<TrendSeries>, Failure> {
        let wants_events = ctx.look_ahead().field("events").exists();
        let mut figures = Vec::with_capacity(self.spec.series.len());
        for series in &self.spec.series {
            let whole = ask(ctx, &period.counting, series, false, wants_events).await?.into_values().next();
            figures.push(whole.unwrap_or_else(|| Figures::nothing(&series.measure)));
        }
        self.spec.spell_out(period, &figures)
    }

    async fn page(&self, ctx: &Context<'_>) -> Result<Vec<Ordered<Vec<Figures>>>, Failure> {
        let counting = &self.period.counting;
        if counting.breakdown.is_empty() {
            return Ok(Vec::new());
        }
        let all = &self.spec.series;
        let nothing = || all.iter().map(|series| Figures::nothing(&series.measure)).collect();
        let mut rows: HashMap<RowKey, Vec<Figures>> = HashMap::new();
        for (place, series) in all.iter().enumerate() {
            for (key, figures) in ask(ctx, counting, series, true, true).await? {
                rows.entry(key).or_insert_with(nothing)[place] = figures;
            }
        }
        let order = |row: &Vec<Figures>, other: &Vec<Figures>| {
            let value = match (row[0].value, other[0].value) {
                (Some(value), Some(other)) => other.total_cmp(&value),
                (value, other) => value.is_none().cmp(&other.is_none()),
            };
            value.then_with(|| other[0].events.cmp(&row[0].events))
        };
        let buckets = self.period.buckets.as_ref().map_or(1, Vec::len);
        let cells = buckets * (self.spec.series.len() + self.spec.formulas.len());
        let is_told = |row: &Vec<Figures>| row.iter().any(|figures| figures.events > 0);
        rows.retain(|_, row| is_told(row));
        counting.ordered_by(ctx, rows, order, cells).await
    }

    /// The flat form: one row for each series, row of the breakdown (or the whole) and bucket.
    pub(super) async fn table(
        &self,
        ctx: &Context<'_>,
        names: &[Option<String>],
    ) -> Result<Vec<TrendTableRow>, Failure> {
        let parts = if self.period.counting.breakdown.is_empty() {
            vec![(Vec::new(), self.whole(ctx, &self.period).await?)]
        } else {
            let part =
                |row: Ordered<Vec<Figures>>| Ok((row.keys, self.spec.spell_out(&self.period, &row.figures)?));
            self.page(ctx).await?.into_iter().map(part).collect::<Result<Vec<_>, Failure>>()?
        };
        let mut table = Vec::new();
        for (place, event) in names.iter().enumerate() {
            for (keys, series) in &parts {
                let buckets = series.get(place).and_then(|series| series.buckets.as_ref());
                table.extend(buckets.into_iter().flatten().map(|bucket| flat(event.as_ref(), keys, bucket)));
            }
        }
        Ok(table)
    }
}

fn flat(event: Option<&String>, keys: &[BreakdownKey], bucket: &TrendBucket) -> TrendTableRow {
    TrendTableRow {
        event: event.cloned(),
        key1: flat_key(keys, 0),
        key2: flat_key(keys, 1),
        key3: flat_key(keys, 2),
        bucket: bucket.bucket,
        local_date: bucket.local_date,
        is_partial: bucket.is_partial,
        value: bucket.value,
    }
}

impl Spec {
    /// The series and the formulas of one row.
    fn spell_out(&self, period: &Period, figures: &[Figures]) -> Result<Vec<TrendSeries>, Failure> {
        let mut told = Vec::with_capacity(self.series.len() + self.formulas.len());
        for (series, figures) in self.series.iter().zip(figures) {
            let left_out = figures.left_out(&series.measure);
            told.push(TrendSeries {
                name: series.name.clone(),
                value: figures.value,
                events: Some(int("events", figures.events)?),
                left_out: left_out.map(|left_out| int("leftOut", left_out)).transpose()?,
                buckets: period.over_time(|slice| figures.at(slice, &series.measure)),
            });
        }
        for (name, formula) in &self.formulas {
            let value = formula.value(&|place| figures.get(place)?.value);
            let at = |slice: usize| {
                formula.value(&|place| figures.get(place)?.at(slice, &self.series.get(place)?.measure))
            };
            let buckets = period.over_time(at);
            told.push(TrendSeries { name: name.clone(), value, events: None, left_out: None, buckets });
        }
        Ok(told)
    }
}

impl Period {
    fn over_time(&self, value: impl Fn(usize) -> Option<f64>) -> Option<Vec<TrendBucket>> {
        let one = |(slice, bucket): (usize, &Bucket)| TrendBucket {
            bucket: DateTime(bucket.start),
            local_date: Date(bucket.local_date),
            is_partial: bucket.is_partial,
            value: value(slice),
        };
        self.buckets.as_ref().map(|buckets| buckets.iter().enumerate().map(one).collect())
    }
}
