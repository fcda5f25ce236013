//! What a series matches, and its value.

use super::{Figure, Measure, Series, Source, TrendSpec};
use crate::support::oracle::breakdown::{Breakdown, Values, first_values, split_types};
use crate::support::oracle::data::Dataset;
use crate::support::oracle::filter::Filter;
use crate::support::oracle::numbers::{count, mean, quantile, rate};
use crate::support::oracle::units::{Counted, Counting, distinct_events, named, within};
use muster::domain::event::Event;
use muster::domain::time::Range;
use std::collections::BTreeMap;

/// The events of each unit; where events themselves are counted, each alone.
#[derive(Debug, Clone, Default)]
pub(super) struct Matched<'a>(Vec<Vec<Counted<'a>>>);

/// What a series matches in the range, by breakdown values.
pub(super) fn matched<'a>(
    data: &'a Dataset,
    spec: &TrendSpec,
    series: &Series,
    range: Range,
    breakdown: &[Breakdown],
) -> BTreeMap<Values, Matched<'a>> {
    let own = named(series.event.as_ref(), series.filter.as_ref());
    let filter = Filter::And(spec.common.filter.iter().cloned().chain([own]).collect());
    let unit = match &series.measure {
        Measure::Units(unit) | Measure::EventsPerUnit(unit) => Some(unit),
        Measure::Events | Measure::Numbers(..) => None,
    };
    let (types, reading) = (split_types(breakdown), spec.common.reading);
    let counting = Counting { data, reading, unit, split_types: &types, filter: Some(&filter) };
    let mut rows: BTreeMap<Values, Matched<'_>> = BTreeMap::new();
    for (place, events) in counting.places() {
        let events = within(&events, range);
        // An event has its own values, a unit those of the first of its events that has one.
        let alike = if place.unit.is_none() { 1 } else { events.len().max(1) };
        for events in events.chunks(alike) {
            let looks: Vec<_> = events.iter().map(|counted| counted.look(data, reading)).collect();
            rows.entry(first_values(breakdown, &looks)).or_default().0.push(events.to_vec());
        }
    }
    rows
}

impl Matched<'_> {
    /// Matching events, one of two groups once.
    pub(super) fn events(&self) -> usize {
        distinct_events(self.0.iter().flatten())
    }

    /// Matching events without a number.
    pub(super) fn left_out(&self, measure: &Measure) -> Option<usize> {
        let Measure::Numbers(_, source) = measure else { return None };
        Some(self.0.iter().flatten().filter(|counted| source.number(counted.event).is_none()).count())
    }

    /// The value in some time.
    pub(super) fn value(&self, measure: &Measure, time: Range) -> Option<f64> {
        let units: Vec<Vec<Counted<'_>>> =
            self.0.iter().map(|events| within(events, time)).filter(|events| !events.is_empty()).collect();
        let events: Vec<&Counted<'_>> = units.iter().flatten().collect();
        match measure {
            Measure::Events => Some(count(events.len())),
            Measure::Units(_) => Some(count(units.len())),
            Measure::EventsPerUnit(_) => rate(events.len(), units.len()),
            Measure::Numbers(figure, source) => {
                let numbers: Vec<f64> =
                    events.iter().filter_map(|counted| source.number(counted.event)).collect();
                figure.of(&numbers)
            }
        }
    }
}

impl Source {
    /// The number that an event carries; a text is none, whatever it says.
    fn number(&self, event: &Event) -> Option<f64> {
        match self {
            Self::Property(path) => path.of(&event.properties)?.as_f64(),
            Self::Revenue => serde_json::Value::from(event.revenue?).as_f64(),
        }
    }
}

impl Figure {
    /// The sum of nothing is 0, all else of nothing is none.
    fn of(self, numbers: &[f64]) -> Option<f64> {
        match self {
            Self::Sum => Some(numbers.iter().fold(0.0, |sum, number| sum + number)),
            Self::Average => mean(numbers),
            Self::Min => numbers.iter().copied().min_by(f64::total_cmp),
            Self::Max => numbers.iter().copied().max_by(f64::total_cmp),
            Self::Median => quantile(numbers, 0.5),
            Self::P90 => quantile(numbers, 0.9),
        }
    }
}
