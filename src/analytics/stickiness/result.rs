//! The answer of stickiness.

use crate::analytics::breakdown::BreakdownKey;
use crate::analytics::count::int;
use crate::analytics::counting::{Counting, CountingInput, Ordered};
use crate::analytics::keys::{RowKey, flat_key};
use crate::analytics::lives::{Life, lives};
use crate::analytics::numbers::rate;
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::domain::time::Calendar;
use crate::error::Failure;
use crate::graphql::group::Group;
use async_graphql::{Context, Object, SimpleObject};
use std::collections::HashMap;
use tokio::sync::OnceCell;

/// In how many periods units were active.
#[derive(Debug)]
pub struct Stickiness {
    counting: Counting,
    periods: usize,
    cumulative: bool,
    whole: OnceCell<Figures>,
}

/// The whole range.
#[derive(Debug, Clone, SimpleObject)]
pub struct StickinessTotals {
    /// Distinct units with at least one event in the range.
    pub units: i32,
    /// Events of these units in the range; an event of two groups counts once.
    pub events: i32,
    /// Mean number of periods in which a unit was active; null without units.
    pub average_periods: Option<f64>,
}

/// The units that were active in so many periods.
#[derive(Debug, Clone, SimpleObject)]
pub struct StickinessShare {
    /// The number of periods.
    pub periods: i32,
    /// Units active in exactly so many periods, with `cumulative` in at least so many.
    pub units: i32,
    /// These units ÷ all units, 0 to 1; null without units.
    pub rate: Option<f64>,
}

/// The units of one combination of breakdown values.
#[derive(Debug, Clone, SimpleObject)]
pub struct StickinessRow {
    /// What the row is about, one key for each breakdown.
    pub keys: Vec<BreakdownKey>,
    /// The group of the first breakdown by group; null when there is none.
    pub group: Option<Group>,
    /// Distinct units with at least one event in the range.
    pub units: i32,
    /// Events of these units in the range; an event of two groups counts once.
    pub events: i32,
    /// Mean number of periods in which a unit was active.
    pub average_periods: Option<f64>,
    /// One share for each number of periods from 1 to all of them.
    pub shares: Vec<StickinessShare>,
    /// Give it as `after` to get the rows behind this one.
    pub cursor: String,
}

/// One number of periods of one breakdown value.
#[derive(Debug, Clone, SimpleObject)]
pub struct StickinessTableRow {
    /// Value of the first breakdown; null without one, or where the value is missing.
    pub key1: Option<String>,
    /// Value of the second breakdown.
    pub key2: Option<String>,
    /// Value of the third breakdown.
    pub key3: Option<String>,
    /// The number of periods.
    pub periods: i32,
    /// Units active in exactly so many periods, or at least so many when cumulative.
    pub units: i32,
    /// These units ÷ all units of the breakdown value, 0 to 1.
    pub rate: Option<f64>,
}

/// What is counted of the units of one row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Figures {
    events: i64,
    /// Units active in exactly n + 1 periods.
    units: Vec<i64>,
}

impl Figures {
    fn add(&mut self, life: Life<'_>, periods: usize) {
        self.units.resize(periods, 0);
        self.events += life.events;
        if let Some(units) = life.slices.len().checked_sub(1).and_then(|place| self.units.get_mut(place)) {
            *units += 1;
        }
    }

    fn all(&self) -> i64 {
        self.units.iter().sum()
    }

    fn average(&self) -> Option<f64> {
        let periods = (1_i64..).zip(&self.units).map(|(periods, units)| periods * units).sum();
        rate(periods, self.all())
    }
}

/// In how many periods units were active. The server tells at `/docs/stickiness` what exactly is counted, with an example.
#[Object]
impl Stickiness {
    /// Always false: a unit may be in several rows, and with `cumulative` in several shares.
    async fn is_additive(&self) -> bool {
        false
    }

    /// The whole range.
    async fn totals(&self, ctx: &Context<'_>) -> Result<StickinessTotals, Failure> {
        let whole = self.whole(ctx).await?;
        Ok(StickinessTotals {
            units: int("units", whole.all())?,
            events: int("events", self.counting.total_events(ctx, whole.events).await?)?,
            average_periods: whole.average(),
        })
    }

    /// One share for each number of periods from 1 to all of them.
    async fn shares(&self, ctx: &Context<'_>) -> Result<Vec<StickinessShare>, Failure> {
        self.spell_out(self.whole(ctx).await?)
    }

    /// The rows of the breakdown: units descending, then events descending, then the keys. Empty without a breakdown.
    async fn rows(&self, ctx: &Context<'_>) -> Result<Vec<StickinessRow>, Failure> {
        self.page(ctx).await
    }

    /// Why the answer may be empty: a group type, an event name or a property that nothing has, a range without events, or an empty cohort. Null when there is nothing to say.
    async fn hint(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        self.counting.hint(ctx).await
    }
}

impl Stickiness {
    /// Checks the arguments.
    pub(super) fn new(
        caller: &Caller,
        input: CountingInput,
        calendar: Calendar,
        cumulative: bool,
    ) -> Result<Self, Invalid> {
        let mut counting = Counting::parse(input, caller)?;
        let periods = counting.cut(calendar, caller.limits().buckets)?.len();
        Ok(Self { counting, periods, cumulative, whole: OnceCell::new() })
    }

    async fn whole(&self, ctx: &Context<'_>) -> Result<&Figures, Failure> {
        let ask = async || {
            let rows = self.figures(ctx, false).await?;
            let empty = || Figures { events: 0, units: vec![0; self.periods] };
            Ok(rows.into_values().next().unwrap_or_else(empty))
        };
        self.whole.get_or_try_init(ask).await
    }

    async fn figures(&self, ctx: &Context<'_>, is_split: bool) -> Result<HashMap<RowKey, Figures>, Failure> {
        let add = |row: &mut Figures, life: Life<'_>| row.add(life, self.periods);
        lives(ctx, &self.counting, is_split, 0, add).await
    }

    async fn page(&self, ctx: &Context<'_>) -> Result<Vec<StickinessRow>, Failure> {
        if self.counting.breakdown.is_empty() {
            return Ok(Vec::new());
        }
        let mut figures = self.figures(ctx, true).await?;
        self.counting.count_events_once(ctx, &mut figures, |row, events| row.events = events).await?;
        let measures = |row: &Figures| [row.all(), row.events];
        let rows = self.counting.ordered(ctx, figures, measures, self.periods).await?;
        let row = |row: Ordered<Figures>| {
            Ok(StickinessRow {
                keys: row.keys,
                group: row.group,
                units: int("units", row.figures.all())?,
                events: int("events", row.figures.events)?,
                average_periods: row.figures.average(),
                shares: self.spell_out(&row.figures)?,
                cursor: row.cursor,
            })
        };
        rows.into_iter().map(row).collect()
    }

    fn spell_out(&self, figures: &Figures) -> Result<Vec<StickinessShare>, Failure> {
        let all = figures.all();
        let mut left = all;
        let mut shares = Vec::with_capacity(figures.units.len());
        for (periods, exactly) in (1..).zip(&figures.units) {
            let units = if self.cumulative { left } else { *exactly };
            left -= exactly;
            shares.push(StickinessShare { periods, units: int("units", units)?, rate: rate(units, all) });
        }
        Ok(shares)
    }

    /// The flat form: the rows of the breakdown, or the whole.
    pub(super) async fn table(&self, ctx: &Context<'_>) -> Result<Vec<StickinessTableRow>, Failure> {
        let parts = if self.counting.breakdown.is_empty() {
            vec![(Vec::new(), self.spell_out(self.whole(ctx).await?)?)]
        } else {
            self.page(ctx).await?.into_iter().map(|row| (row.keys, row.shares)).collect()
        };
        let flat = |(keys, shares): (Vec<BreakdownKey>, Vec<StickinessShare>)| {
            shares.into_iter().map(move |share| StickinessTableRow {
                key1: flat_key(&keys, 0),
                key2: flat_key(&keys, 1),
                key3: flat_key(&keys, 2),
                periods: share.periods,
                units: share.units,
                rate: share.rate,
            })
        };
        Ok(parts.into_iter().flat_map(flat).collect())
    }
}
