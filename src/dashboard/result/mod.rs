//! Any answer with rows: a chart where the columns make one, and a table.
//!
//! | the columns have | the chart |
//! |---|---|
//! | a day, or the columns of a retention | lines over it, one for each combination of the texts; for a retention the cohorts too, in `triangle.rs` |
//! | a text, or else a number that counts places | a ranked list |
//!
//! Of several numbers the reader chooses one. Which columns make the chart is told in `plan.rs`, how a value is shown in
//! `cell.rs`.

mod cell;
mod plan;
mod triangle;

use super::chart::{Chart, Kind, Room, Series};
use super::form::Fields;
use super::show;
use crate::tabular::{Column, Layout};
use cell::{cell, is_number, joined, order, plain, show_name};
use maud::{Markup, html};
use plan::{KEYS, Plan, measures};
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The field that chooses the number of the chart.
const MEASURE: &str = "chart";

/// Rows of a table, at most; downloads have all.
const ROWS: usize = 100;

/// Lines of a chart, at most: the largest.
const LINES: usize = 7;

/// Bars of a ranked list, at most.
const BARS: usize = 20;

/// An answer as rows and columns.
#[derive(Debug)]
pub struct Rows<'d> {
    columns: &'d [Column],
    rows: Vec<Vec<&'d Value>>,
}

/// The page that shows an answer: where it is, and the fields by which it was asked.
#[derive(Debug)]
pub struct Place<'a> {
    /// The address without fields.
    pub address: &'a str,
    /// The fields, without the one that chooses the number of the chart.
    pub kept: Vec<(&'a str, &'a str)>,
}

impl Place<'_> {
    /// The form that chooses one of several numbers.
    fn choice(&self, names: &[&str], present: &str) -> Markup {
        html! {
            form.row method="get" action=(self.address) {
                @for (name, value) in &self.kept { input type="hidden" name=(name) value=(value); }
                label { span { "Chart of " } select name=(MEASURE) { @for name in names { option value=(name) selected[*name == present] { (show_name(name)) } } } }
                button type="submit" { "Draw" }
            }
        }
    }
}

impl<'d> Rows<'d> {
    /// The rows of an answer's data.
    #[must_use]
    pub fn of(layout: &'d Layout, data: &'d Value) -> Self {
        Self { columns: &layout.columns, rows: layout.rows(data) }
    }

    /// Whether there are none, or one has no number but 0: something may have been asked that is not there.
    #[must_use]
    pub fn have_a_gap(&self) -> bool {
        let measures = measures(self.columns);
        let is_nothing = |value: &Value| value.as_f64().is_none_or(|number| number == 0.0);
        let is_gap = |row: &Vec<&Value>| measures.iter().all(|place| is_nothing(row[*place]));
        self.rows.is_empty() || !measures.is_empty() && self.rows.iter().any(is_gap)
    }

    /// The chart and the table. `fields` are those of the page, whose place is given for the form that chooses a number.
    #[must_use]
    pub fn draw(&self, label: &str, fields: &Fields, place: &Place<'_>) -> Markup {
        if self.rows.is_empty() {
            return html! { p.empty { "No rows." } };
        }
        let measures = measures(self.columns);
        html! {
            @if let Some(plan) = Plan::of(self.columns, &measures, fields.filled(MEASURE)) {
                @let names: Vec<&str> = measures.iter().map(|place| self.columns[*place].name.as_str()).collect();
                @if names.len() > 1 { (place.choice(&names, &self.columns[plan.measure].name)) }
                @if plan.is_line { (self.lines(&plan, label)) } @else { (self.bars(&plan)) }
            }
            @if let Some(cohorts) = triangle::draw(self.columns, &self.rows) { (cohorts) }
            h3 { "Table" }
            (self.table())
        }
    }

    fn lines(&self, plan: &Plan, label: &str) -> Markup {
        let mut points: Vec<&Value> = self.rows.iter().map(|row| row[plan.axis]).collect();
        let by_order = |a: &Value, b: &Value| order(a).partial_cmp(&order(b)).unwrap_or(Ordering::Equal);
        points.sort_by(|a, b| by_order(a, b));
        points.dedup();
        let mut series: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
        for row in &self.rows {
            let Ok(place) = points.binary_search_by(|point| by_order(point, row[plan.axis])) else {
                continue;
            };
            let values = series.entry(joined(row, &plan.splits)).or_insert_with(|| vec![None; points.len()]);
            values[place] = row[plan.measure].as_f64();
        }
        let mut series: Vec<(String, Vec<Option<f64>>)> = series.into_iter().collect();
        let count = series.len();
        if count > LINES {
            let sum = |values: &[Option<f64>]| values.iter().flatten().sum::<f64>();
            series.sort_by(|a, b| sum(&b.1).partial_cmp(&sum(&a.1)).unwrap_or(Ordering::Equal));
            series.truncate(LINES);
            if plan.is_by_day {
                series.sort_by(|a, b| a.0.cmp(&b.0));
            }
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
            kind: Kind::Lines,
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
        let is_other = self.columns.iter().position(|column| column.name == "isOther");
        let mut name = match row[plan.axis] {
            Value::Null if is_other.is_some_and(|place| row[place] == &Value::Bool(true)) => {
                "other".to_owned()
            }
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
