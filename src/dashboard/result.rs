//! Any answer with rows: a chart where the columns make one, and a table.
//!
//! | the columns have | the chart |
//! |---|---|
//! | a day, or the columns of a retention | lines over it, one for each combination of the texts |
//! | a text, or else a number that counts places | a ranked list |
//!
//! Of several numbers the reader chooses one.

use super::chart::{Chart, Kind as ChartKind, Room, Series};
use super::form::Fields;
use super::show;
use crate::tabular::kind::Kind;
use crate::tabular::{Column, Layout};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use serde_json::Value;
use std::collections::BTreeMap;

/// The field that chooses the number of the chart.
pub const MEASURE: &str = "chart";

/// Rows of a table, at most; downloads have all.
const ROWS: usize = 100;

/// Lines of a chart, at most: the largest.
const LINES: usize = 7;

/// Bars of a ranked list, at most.
const BARS: usize = 20;

/// Numbers that say where a row is and not how much it is.
const PLACES: [&str; 5] = ["step", "depth", "column", "id", "parentId"];

/// Numbers that a chart shows before others.
const FIRST: [&str; 4] = ["value", "units", "activeUsers", "covered"];

/// Columns by which rows are split, where something was split.
const KEYS: [&str; 3] = ["key1", "key2", "key3"];

/// An answer as rows and columns.
#[derive(Debug)]
pub struct Rows<'d> {
    columns: &'d [Column],
    rows: Vec<Vec<&'d Value>>,
}

/// Which columns make the chart.
struct Plan {
    axis: usize,
    is_line: bool,
    measure: usize,
    splits: Vec<usize>,
}

impl<'d> Rows<'d> {
    /// The rows of an answer's data.
    #[must_use]
    pub fn of(layout: &'d Layout, data: &'d Value) -> Self {
        Self { columns: &layout.columns, rows: layout.rows(data) }
    }

    /// The chart and the table. `choice` draws the form that chooses the number, from the names there are and the
    /// present one.
    #[must_use]
    pub fn draw(&self, label: &str, fields: &Fields, choice: impl FnOnce(&[&str], &str) -> Markup) -> Markup {
        if self.rows.is_empty() {
            return html! { p.empty { "No rows." } };
        }
        let measures = self.measures();
        html! {
            @if let Some(plan) = self.plan(&measures, fields.filled(MEASURE)) {
                @let names: Vec<&str> = measures.iter().map(|place| self.columns[*place].name.as_str()).collect();
                @if names.len() > 1 { (choice(&names, &self.columns[plan.measure].name)) }
                @if plan.is_line { (self.lines(&plan, label)) } @else { (self.bars(&plan)) }
            }
            h3 { "Table" }
            (self.table())
        }
    }

    fn measures(&self) -> Vec<usize> {
        let is_number = |column: &Column| matches!(column.kind, Kind::Int | Kind::Float);
        let numbers = || self.columns.iter().enumerate().filter(|(_, column)| is_number(column));
        let measures: Vec<usize> = numbers()
            .filter(|(_, column)| !PLACES.contains(&column.name.as_str()))
            .map(|(place, _)| place)
            .collect();
        // Without a text and a day the first number is the axis.
        let has_axis = self.columns.iter().any(|column| {
            column.kind == Kind::Day || column.kind == Kind::Text && !KEYS.contains(&column.name.as_str())
        });
        if has_axis || measures.len() < 2 { measures } else { measures[1..].to_vec() }
    }

    fn plan(&self, measures: &[usize], wanted: Option<&str>) -> Option<Plan> {
        let name = |place: usize| self.columns[place].name.as_str();
        let chosen = measures.iter().copied().find(|place| Some(name(*place)) == wanted);
        let first =
            FIRST.iter().find_map(|first| measures.iter().copied().find(|place| name(*place) == *first));
        let is_retention = self.columns.iter().any(|column| column.name == "column");
        let rate = || measures.iter().copied().find(|place| is_retention && name(*place) == "rate");
        let measure = chosen.or_else(rate).or(first).or_else(|| measures.first().copied())?;
        let find = |is_it: &dyn Fn(&Column) -> bool| self.columns.iter().position(is_it);
        let is_key = |column: &Column| KEYS.contains(&column.name.as_str());
        let texts = |axis: usize| {
            let of = self.columns.iter().enumerate();
            of.filter(|(place, column)| *place != axis && column.kind == Kind::Text)
                .map(|(place, _)| place)
                .collect::<Vec<_>>()
        };
        let day = find(&|column| column.kind == Kind::Day);
        if let Some(axis) = find(&|column| column.name == "column") {
            let splits = day.into_iter().chain(texts(axis)).collect();
            return Some(Plan { axis, is_line: true, measure, splits });
        }
        if let Some(axis) = day {
            return Some(Plan { axis, is_line: true, measure, splits: texts(axis) });
        }
        let text = find(&|column| column.kind == Kind::Text && column.name.ends_with("Name"))
            .or_else(|| find(&|column| column.kind == Kind::Text && !is_key(column)));
        let number = || find(&|column| column.kind == Kind::Int && !PLACES.contains(&column.name.as_str()));
        let axis = text.or_else(number).filter(|axis| *axis != measure)?;
        let splits = texts(axis).into_iter().filter(|place| is_key(&self.columns[*place])).collect();
        Some(Plan { axis, is_line: false, measure, splits })
    }

    fn lines(&self, plan: &Plan, label: &str) -> Markup {
        let mut points: Vec<&Value> = self.rows.iter().map(|row| row[plan.axis]).collect();
        points.sort_by(|a, b| order(a).partial_cmp(&order(b)).unwrap_or(std::cmp::Ordering::Equal));
        points.dedup();
        let mut series: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
        for row in &self.rows {
            let place = points.iter().position(|point| *point == row[plan.axis]).unwrap_or(0);
            let values = series.entry(joined(row, &plan.splits)).or_insert_with(|| vec![None; points.len()]);
            values[place] = row[plan.measure].as_f64();
        }
        let mut series: Vec<(String, Vec<Option<f64>>)> = series.into_iter().collect();
        let count = series.len();
        if count > LINES {
            let sum = |values: &[Option<f64>]| values.iter().flatten().sum::<f64>();
            series.sort_by(|a, b| sum(&b.1).partial_cmp(&sum(&a.1)).unwrap_or(std::cmp::Ordering::Equal));
            series.truncate(LINES);
        }
        let measure = show_name(&self.columns[plan.measure].name);
        let named = |name: String| if name.is_empty() { measure.clone() } else { name };
        let series = series
            .into_iter()
            .map(|(name, values)| Series { name: named(name), values, is_dashed: false })
            .collect();
        let chart = Chart {
            label: format!("{label}: {measure}"),
            axis: show_name(&self.columns[plan.axis].name),
            points: points.iter().map(|point| plain(point)).collect(),
            series,
            kind: ChartKind::Lines,
            room: Room::Page,
        };
        html! {
            (chart.draw())
            @if count > LINES { p.hint { "The " (LINES) " largest of " (count) " lines. The table has all." } }
        }
    }

    fn bars(&self, plan: &Plan) -> Markup {
        let value = |row: &[&Value]| row[plan.measure].as_f64().unwrap_or(0.0);
        let most = self.rows.iter().map(|row| value(row)).fold(0.0, f64::max);
        let rows = self.rows.iter().take(BARS);
        html! {
            table.ranked {
                thead { tr { th scope="col" { (show_name(&self.columns[plan.axis].name)) } th.number scope="col" { (show_name(&self.columns[plan.measure].name)) } } }
                tbody {
                    @for row in rows {
                        tr {
                            th scope="row" {
                                span.name { bdi { (self.named(row, plan)) } }
                                svg.bar viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" {
                                    rect width=(format!("{:.1}", if most > 0.0 { value(row).max(0.0) / most * 100.0 } else { 0.0 })) height="4" {}
                                }
                            }
                            td.number { (cell(&self.columns[plan.measure], row[plan.measure])) }
                        }
                    }
                }
            }
            @if self.rows.len() > BARS { p.hint { "The first " (BARS) " of " (self.rows.len()) " rows. The table has more." } }
        }
    }

    /// What a bar is called: its place, its name, and by what it is split.
    fn named(&self, row: &[&Value], plan: &Plan) -> String {
        let place = self.columns.iter().position(|column| ["step", "depth"].contains(&column.name.as_str()));
        let mut name = match row[plan.axis] {
            Value::Null => "any".to_owned(),
            value => plain(value),
        };
        if let Some(place) = place {
            name = format!("{}. {name}", plain(row[place]));
        }
        let split = joined(row, &plan.splits);
        if split.is_empty() { name } else { format!("{name} · {split}") }
    }

    fn table(&self) -> Markup {
        let is_split = |place: usize| self.rows.iter().any(|row| !row[place].is_null());
        let shown: Vec<usize> = (0..self.columns.len())
            .filter(|place| !KEYS.contains(&self.columns[*place].name.as_str()) || is_split(*place))
            .collect();
        let count = self.rows.len();
        html! {
            div.scroll tabindex="0" role="region" aria-label="Table" {
                table.answer {
                    thead { tr { @for place in &shown { th scope="col" class=[is_number(&self.columns[*place]).then_some("number")] { (show_name(&self.columns[*place].name)) } } } }
                    tbody {
                        @for row in self.rows.iter().take(ROWS) {
                            tr { @for place in &shown { td class=[is_number(&self.columns[*place]).then_some("number")] { (cell(&self.columns[*place], row[*place])) } } }
                        }
                    }
                }
            }
            p.hint {
                (show::count(i64::try_from(count).unwrap_or(i64::MAX), "row")) "."
                @if count > ROWS { " The first " (ROWS) " are shown; the downloads have all." }
            }
        }
    }
}

/// The texts of some columns of a row, those that are null left out.
fn joined(row: &[&Value], places: &[usize]) -> String {
    let parts = places.iter().map(|place| row[*place]).filter(|value| !value.is_null());
    parts.map(plain).collect::<Vec<_>>().join(" · ")
}

fn is_number(column: &Column) -> bool {
    matches!(column.kind, Kind::Int | Kind::Float)
}

/// By what points of an axis are ordered: numbers by size, days by their text.
fn order(value: &Value) -> (f64, &str) {
    (value.as_f64().unwrap_or(0.0), value.as_str().unwrap_or_default())
}

/// A column's name as a heading.
fn show_name(name: &str) -> String {
    let last = name.rsplit_once('.').map_or(name, |(_, last)| last);
    show::words(last)
}

/// A value as text.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value as its column shows it.
fn cell(column: &Column, value: &Value) -> Markup {
    let instant = || value.as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok());
    html! {
        @match (column.kind, value) {
            (_, Value::Null) => { span.none { "–" } }
            (Kind::Int, value) => { (value.as_i64().map_or_else(|| plain(value), show::number)) }
            (Kind::Float, value) => { (decimal(value)) }
            (Kind::Boolean, value) => { (if value.as_bool() == Some(true) { "yes" } else { "no" }) }
            (Kind::Instant, value) => {
                @match instant() {
                    Some(at) => { time datetime=(at.to_rfc3339()) { (show::instant(at)) } }
                    None => { (plain(value)) }
                }
            }
            (_, value) => { bdi { (plain(value)) } }
        }
    }
}

/// A decimal: whole ones without decimals, others with as many as tell something.
fn decimal(value: &Value) -> String {
    let Some(value) = value.as_f64() else { return plain(value) };
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return show::number(value as i64);
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is cut on purpose, and small")]
    if value.abs() >= 100.0 && value.abs() < 9e15 {
        let tenths = (value.abs().fract() * 10.0) as i64;
        return format!("{}.{tenths}", show::number(value.trunc() as i64));
    }
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn decimals_have_no_more_digits_than_they_need() {
        for (value, text) in [
            (json!(0.5), "0.5"),
            (json!(1_234.0), "1,234"),
            (json!(0.123_456), "0.1235"),
            (json!(50_080.434_4), "50,080.4"),
            (json!(0.000_01), "0"),
            (json!("x"), "x"),
        ] {
            assert_eq!(decimal(&value), text);
        }
    }
}
