//! One series asked: its figures in each row, over the range and over time.

use super::apart;
use super::input::{Measure, Series, TrendMeasure};
use crate::analytics::counting::Counting;
use crate::analytics::keys::RowKey;
use crate::analytics::lives::{Life, lives};
use crate::analytics::unit::Counted;
use crate::engine::scope::source::Source;
use crate::engine::scope::{Numbered, Reads};
use crate::engine::{Question, arrow as columns};
use crate::error::Failure;
use arrow::array::RecordBatch;
use async_graphql::Context;
use std::collections::HashMap;

/// What one series comes to in one row.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Figures {
    /// Over the range; `None` where there is nothing to tell.
    pub(super) value: Option<f64>,
    /// By slice of time, where something is to be told.
    pub(super) slices: HashMap<usize, Option<f64>>,
    /// Matching events.
    pub(super) events: i64,
    /// Matching events that have a number.
    numbers: i64,
}

impl Figures {
    /// Of nothing.
    pub(super) fn nothing(measure: &Measure) -> Self {
        Self { value: measure.of_nothing(), ..Self::default() }
    }

    /// The value in a slice.
    pub(super) fn at(&self, slice: usize, measure: &Measure) -> Option<f64> {
        self.slices.get(&slice).copied().unwrap_or_else(|| measure.of_nothing())
    }

    /// Matching events without a number; `None` where no numbers are read.
    pub(super) fn left_out(&self, measure: &Measure) -> Option<i64> {
        matches!(measure, Measure::Numbers(..)).then_some(self.events - self.numbers)
    }
}

impl Measure {
    /// Counts and sums of nothing are 0, everything else is not to be told.
    fn of_nothing(&self) -> Option<f64> {
        match self {
            Self::Events | Self::Units(_) | Self::Numbers(TrendMeasure::Sum, _) => Some(0.0),
            Self::EventsPerUnit(_) | Self::Numbers(..) => None,
        }
    }

    /// The unit that is counted, if one is.
    pub(super) fn unit(&self) -> Option<&Counted> {
        match self {
            Self::Units(unit) | Self::EventsPerUnit(unit) => Some(unit),
            Self::Events | Self::Numbers(..) => None,
        }
    }
}

impl Series {
    /// What the series counts, out of what is asked in general.
    pub(super) fn counted(&self, base: &Counting) -> Counting {
        let mut counting = base.clone();
        counting.unit = self.measure.unit().cloned().unwrap_or(Counted::Profile);
        counting.scope.steps = vec![self.condition.clone()];
        counting.scope.only_marked = true;
        if let Measure::Numbers(_, number) = &self.measure {
            counting.scope.number = Some(number.clone());
        }
        counting
    }
}

/// Asks one series. `base` has the range, the filter, the breakdown and the slices.
pub(super) async fn ask(
    ctx: &Context<'_>,
    base: &Counting,
    series: &Series,
    is_split: bool,
    wants_events: bool,
) -> Result<HashMap<RowKey, Figures>, Failure> {
    let counting = series.counted(base);
    match &series.measure {
        Measure::Events => events(ctx, &counting, is_split).await,
        Measure::Units(_) | Measure::EventsPerUnit(_) => {
            let mut figures = units(ctx, &counting, &series.measure, is_split).await?;
            if wants_events && counting.is_shared() {
                for (key, slices) in counting.events(ctx, is_split).await? {
                    if let Some(row) = figures.get_mut(&key) {
                        row.events = slices.values().sum();
                    }
                }
            }
            Ok(figures)
        }
        Measure::Numbers(figure, _) => numbers(ctx, &counting, &series.measure, *figure, is_split).await,
    }
}

async fn events(
    ctx: &Context<'_>,
    counting: &Counting,
    is_split: bool,
) -> Result<HashMap<RowKey, Figures>, Failure> {
    let question = || Question::new("trend.events", include_str!("events.sql"));
    let add = |row: &mut Figures, batch: &RecordBatch, index| {
        let events = columns::integers(batch, "events")?.value(index);
        row.events += events;
        if let Some(slice) = slice_of(batch, index)? {
            row.slices.insert(slice, Some(float(events)));
        }
        Ok(())
    };
    let apart = if is_split { apart::events(ctx, counting, question, add).await? } else { None };
    let mut rows = match apart {
        Some(rows) => rows,
        None => counting.ask(ctx, question(), is_split, add).await?,
    };
    for row in rows.values_mut() {
        row.value = Some(float(row.events));
    }
    Ok(rows)
}

async fn units(
    ctx: &Context<'_>,
    counting: &Counting,
    measure: &Measure,
    is_split: bool,
) -> Result<HashMap<RowKey, Figures>, Failure> {
    if matches!(measure, Measure::Units(_)) && counting.mask_words(is_split).is_some() {
        return lasting(ctx, counting, is_split).await;
    }
    let question = Question::new("trend.units", include_str!("units.sql"));
    let add = |row: &mut Figures, batch: &RecordBatch, index| {
        let units = columns::integers(batch, "units")?.value(index);
        let events = columns::integers(batch, "events")?.value(index);
        let value = match measure {
            Measure::EventsPerUnit(_) => (units > 0).then(|| float(events) / float(units)),
            _ => Some(float(units)),
        };
        if let Some(slice) = slice_of(batch, index)? {
            row.slices.insert(slice, value);
        } else {
            (row.value, row.events) = (value, events);
        }
        Ok(())
    };
    counting.ask(ctx, question, is_split, add).await
}

/// Units alone, from the slices in which each was active.
async fn lasting(
    ctx: &Context<'_>,
    counting: &Counting,
    is_split: bool,
) -> Result<HashMap<RowKey, Figures>, Failure> {
    let add = |(units, events, slices): &mut (i64, i64, Vec<i64>), life: Life<'_>| {
        *units += 1;
        *events += life.events;
        slices.resize(counting.scope.slices.len(), 0);
        for slice in life.slices {
            slices.get_mut(*slice).into_iter().for_each(|units| *units += 1);
        }
    };
    let rows = lives(ctx, counting, is_split, 0, add).await?;
    let figures = |(units, events, slices): (i64, i64, Vec<i64>)| {
        let slices = slices.into_iter().enumerate().filter(|(_, units)| *units > 0);
        let slices = slices.map(|(slice, units)| (slice, Some(float(units)))).collect();
        Figures { value: Some(float(units)), slices, events, numbers: 0 }
    };
    Ok(rows.into_iter().map(|(key, row)| (key, figures(row))).collect())
}

/// Figures of numbers. Where how many events match can be told without reading whole events, only those with a number are
/// read whole: mostly few.
async fn numbers(
    ctx: &Context<'_>,
    counting: &Counting,
    measure: &Measure,
    figure: TrendMeasure,
    is_split: bool,
) -> Result<HashMap<RowKey, Figures>, Failure> {
    let word =
        super::MEASURES.iter().find(|(_, measure)| *measure == figure).map_or("SUM", |(word, _)| *word);
    let question =
        Question::new("trend.numbers", include_str!("numbers.sql")).with("figure", word.to_owned());
    let add = |row: &mut Figures, batch: &RecordBatch, index| {
        let value = columns::value(columns::floats(batch, "figure")?, index).or(measure.of_nothing());
        if let Some(slice) = slice_of(batch, index)? {
            row.slices.insert(slice, value);
        } else {
            row.value = value;
            row.events = columns::integers(batch, "events")?.value(index);
            row.numbers = columns::integers(batch, "numbers")?.value(index);
        }
        Ok(())
    };
    let mut all = counting.clone();
    all.scope.number = None;
    if all.scope_of(is_split).source(Reads::Keys, true) == Source::Events {
        return counting.ask(ctx, question, is_split, add).await;
    }
    let mut numbered = counting.clone();
    numbered.scope.numbered = Numbered::Only;
    let mut numbers: HashMap<RowKey, Figures> = numbered.ask(ctx, question, is_split, add).await?;
    let rows = events(ctx, &all, is_split).await?.into_iter().map(|(key, matching)| {
        let found = numbers.remove(&key).unwrap_or_else(|| Figures::nothing(measure));
        (key, Figures { events: matching.events, ..found })
    });
    Ok(rows.collect())
}

fn slice_of(batch: &RecordBatch, row: usize) -> Result<Option<usize>, Failure> {
    let slice = columns::value(columns::small_integers(batch, "slice")?, row);
    Ok(slice.and_then(|slice| usize::try_from(slice).ok()))
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(super) fn float(count: i64) -> f64 {
    count as f64
}
