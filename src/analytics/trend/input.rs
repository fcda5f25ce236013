//! What a customer asks of a trend, checked.

use super::formula::Formula;
use crate::analytics::filter::{FilterInput, parse_filter};
use crate::analytics::operators::EventField;
use crate::analytics::unit::{Counted, UnitInput};
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::domain::limits::Limits;
use crate::engine::filter::Path;
use crate::engine::scope::{Condition, Number};
use async_graphql::{Enum, InputObject};

/// What a series tells.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum TrendMeasure {
    /// How many events.
    Events,
    /// How many different units: users, sessions or groups.
    Units,
    /// Events of units ÷ units.
    EventsPerUnit,
    /// Sum of the property's numbers.
    Sum,
    /// Mean of the property's numbers.
    Average,
    /// Smallest of the property's numbers.
    Min,
    /// Largest of the property's numbers.
    Max,
    /// Median of the property's numbers, interpolated linearly.
    Median,
    /// 90th percentile of the property's numbers, interpolated linearly.
    P90,
}

/// One series of a trend.
#[derive(Debug, Clone, InputObject)]
pub struct TrendSeriesInput {
    /// What formulas call it: letters, digits and `_`. A, B, C … by its place unless given.
    pub name: Option<String>,
    /// Name of the events; events of every name unless given.
    pub event: Option<String>,
    /// What else must hold of the events.
    pub filter: Option<FilterInput>,
    /// What the series tells.
    #[graphql(default_with = "Some(TrendMeasure::Events)")]
    pub measure: Option<TrendMeasure>,
    /// What is counted by `UNITS` and `EVENTS_PER_UNIT`.
    #[graphql(default_with = "Some(UnitInput::default())")]
    pub unit: Option<UnitInput>,
    /// Dotted path of a property of the event whose numbers are read by `SUM`, `AVERAGE`, `MIN`, `MAX`, `MEDIAN` and `P90`.
    pub property: Option<String>,
    /// Read this field of the event instead of a property. Only `REVENUE` is a number.
    pub field: Option<EventField>,
}

/// A series that is worked out from others.
#[derive(Debug, Clone, InputObject)]
pub struct TrendFormulaInput {
    /// Its name: letters, digits and `_`.
    pub name: String,
    /// Names of series, numbers, `+ - * /` and parentheses, such as `A / B`. Dividing by zero, or anything with a null,
    /// gives null; a name that is no series is an error.
    pub formula: String,
}

/// What a series tells, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Measure {
    Events,
    Units(Counted),
    EventsPerUnit(Counted),
    /// A figure of numbers, by its word in `numbers.sql`.
    Numbers(TrendMeasure, Number),
}

/// A checked series.
#[derive(Debug, Clone)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) condition: Condition,
    pub(super) measure: Measure,
}

/// Series of one trend, and formulas, at most.
const MOST: usize = 26;

/// Checks the series.
pub(super) fn parse_series(inputs: &[TrendSeriesInput], caller: &Caller) -> Result<Vec<Series>, Invalid> {
    let limits = caller.limits();
    if !(1..=MOST).contains(&inputs.len()) {
        let reason = format!("lists {} series; a trend has 1 to {MOST}", inputs.len());
        return Err(Invalid::new("series", reason));
    }
    let mut series: Vec<Series> = Vec::with_capacity(inputs.len());
    for (place, (letter, input)) in ('A'..='Z').zip(inputs).enumerate() {
        let path = format!("series[{place}]");
        let name = input.name.clone().unwrap_or_else(|| letter.to_string());
        check_name(&format!("{path}.name"), &name, series.iter().map(|series| series.name.as_str()))?;
        if let Some(event) = &input.event {
            limits.check_event_name(&format!("{path}.event"), event)?;
        }
        let filter = parse_filter(&format!("{path}.filter"), input.filter.as_ref(), caller)?;
        let measure = parse_measure(&path, input, limits)?;
        series.push(Series { name, condition: Condition { event: input.event.clone(), filter }, measure });
    }
    Ok(series)
}

/// Checks the formulas; gives each with its name.
pub(super) fn parse_formulas(
    inputs: &[TrendFormulaInput],
    series: &[Series],
) -> Result<Vec<(String, Formula)>, Invalid> {
    if inputs.len() > MOST {
        return Err(Invalid::new("formulas", format!("lists {}; {MOST} at most are allowed", inputs.len())));
    }
    let names: Vec<String> = series.iter().map(|series| series.name.clone()).collect();
    let mut formulas: Vec<(String, Formula)> = Vec::with_capacity(inputs.len());
    for (place, input) in inputs.iter().enumerate() {
        let path = format!("formulas[{place}]");
        let taken = names.iter().chain(formulas.iter().map(|(name, _)| name)).map(String::as_str);
        check_name(&format!("{path}.name"), &input.name, taken)?;
        let formula = Formula::parse(&input.formula, &names)
            .map_err(|reason| Invalid::new(format!("{path}.formula"), reason))?;
        formulas.push((input.name.clone(), formula));
    }
    Ok(formulas)
}

fn check_name<'n>(place: &str, name: &str, mut taken: impl Iterator<Item = &'n str>) -> Result<(), Invalid> {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let goes_on = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !begins || !goes_on || name.len() > 64 {
        let reason = "must be 1 to 64 letters, digits and _, not beginning with a digit";
        return Err(Invalid::new(place, reason));
    }
    if taken.any(|other| other == name) {
        return Err(Invalid::new(place, format!("is \"{name}\", which another has; give each its own name")));
    }
    Ok(())
}

fn parse_measure(path: &str, input: &TrendSeriesInput, limits: &Limits) -> Result<Measure, Invalid> {
    let measure = input.measure.unwrap_or(TrendMeasure::Events);
    let unit = || {
        let unit = Counted::parse(&input.unit.clone().unwrap_or_default(), limits);
        unit.map_err(|invalid| Invalid::new(format!("{path}.{}", invalid.field), invalid.reason))
    };
    let reads_numbers =
        !matches!(measure, TrendMeasure::Events | TrendMeasure::Units | TrendMeasure::EventsPerUnit);
    let number = match (&input.property, input.field) {
        (None, None) if reads_numbers => {
            let reason = "is missing; name the property whose numbers are read, or give field: REVENUE";
            return Err(Invalid::new(format!("{path}.property"), reason));
        }
        (None, None) => None,
        (Some(_), Some(_)) => {
            return Err(Invalid::new(format!("{path}.field"), "is given together with property; give one"));
        }
        (Some(property), None) => {
            Some(("property", Number::Property(Path::parse(&format!("{path}.property"), property)?)))
        }
        (None, Some(EventField::Revenue)) => Some(("field", Number::Revenue)),
        (None, Some(_)) => {
            return Err(Invalid::new(format!("{path}.field"), "holds no numbers; only REVENUE does"));
        }
    };
    match (measure, number) {
        (TrendMeasure::Events, None) => Ok(Measure::Events),
        (TrendMeasure::Units, None) => Ok(Measure::Units(unit()?)),
        (TrendMeasure::EventsPerUnit, None) => Ok(Measure::EventsPerUnit(unit()?)),
        (figure, Some((_, number))) if reads_numbers => Ok(Measure::Numbers(figure, number)),
        (_, given) => {
            let field = given.map_or("property", |(field, _)| field);
            let reason =
                "goes with SUM, AVERAGE, MIN, MAX, MEDIAN and P90 alone; leave it out or change the measure";
            Err(Invalid::new(format!("{path}.{field}"), reason))
        }
    }
}
