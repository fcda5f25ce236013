//! Charts as SVG, drawn on the server: a wide and a narrow form, a legend, and the numbers as a table below.
//!
//! `plotters` lays out and draws. Its colours stand for themselves only until `ink` gives way to CSS variables, so
//! that a chart follows light and dark. Numbers show on hover (`<title>`), and in the table for everybody.

mod axes;
pub mod bars;
pub mod calendar;
pub mod float;
mod ink;
pub mod spark;

use super::show::number;
use axes::draw;
use maud::{Markup, PreEscaped, html};

/// How a chart shows its series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A line for each series, the first with a light area below it.
    Lines,
    /// Bars, one series on top of the other.
    Stacked,
}

/// A named row of numbers, one for each point of the axis; `None` leaves a gap.
#[derive(Debug, Clone)]
pub struct Series {
    /// Its name in legend and table.
    pub name: String,
    /// Its numbers.
    pub values: Vec<Option<f64>>,
    /// Drawn as a dashed line: what it is compared with.
    pub is_dashed: bool,
}

impl Series {
    /// A series without gaps.
    #[must_use]
    pub fn new(name: &str, values: impl IntoIterator<Item = f64>) -> Self {
        let values = values.into_iter().map(Some).collect();
        Self { name: name.to_owned(), values, is_dashed: false }
    }
}

/// How much room a chart has on a wide page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// The whole width.
    Page,
    /// One of two columns.
    Column,
}

/// Numbers over an axis of named points, such as days.
#[derive(Debug, Clone)]
pub struct Chart {
    /// What it shows, in one sentence, for those who do not see it.
    pub label: String,
    /// What the axis counts: `Day`, `Week`.
    pub axis: String,
    /// The names of the points.
    pub points: Vec<String>,
    /// What is drawn.
    pub series: Vec<Series>,
    /// How.
    pub kind: Kind,
    /// Where.
    pub room: Room,
}

impl Chart {
    /// The chart and its table.
    #[must_use]
    pub fn draw(&self) -> Markup {
        if self.points.is_empty() || self.series.is_empty() {
            return html! { p.empty { "There is nothing to draw." } };
        }
        let (width, height) = match self.room {
            Room::Page => (1120, 260),
            Room::Column => (530, 210),
        };
        html! {
            figure.chart {
                @if self.series.len() > 1 { (self.legend()) }
                div.wide { (PreEscaped(draw(self, width, height, true))) }
                div.narrow { (PreEscaped(draw(self, 350, 200, false))) }
                (self.table())
            }
        }
    }

    fn legend(&self) -> Markup {
        html! {
            ul.legend {
                @for (place, series) in self.series.iter().enumerate() {
                    li { span class={ "swatch s" (place % ink::SERIES) (if series.is_dashed { " dashed" } else { "" }) } {} (series.name) }
                }
            }
        }
    }

    fn table(&self) -> Markup {
        html! {
            details.numbers {
                summary { "Numbers" }
                div.scroll tabindex="0" role="region" aria-label=(format!("Numbers: {}", self.label)) {
                    table {
                        thead { tr { th scope="col" { (self.axis) } @for series in &self.series { th.number scope="col" { (series.name) } } } }
                        tbody {
                            @for (place, point) in self.points.iter().enumerate() {
                                tr {
                                    th scope="row" { (point) }
                                    @for series in &self.series {
                                        td.number { (shown(series.values.get(place).copied().flatten())) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// What the hover tells at a point.
    fn told(&self, place: usize) -> String {
        let values = self.series.iter().map(|series| {
            let value = series.values.get(place).copied().flatten();
            format!("{}: {}", series.name, shown(value))
        });
        let point = self.points.get(place).map(String::as_str).unwrap_or_default();
        std::iter::once(point.to_owned()).chain(values).collect::<Vec<_>>().join("\n")
    }
}

/// A number of a chart: whole ones without decimals.
fn shown(value: Option<f64>) -> String {
    match value {
        None => "–".to_owned(),
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
        Some(value) if value.fract() == 0.0 && value.abs() < 9e15 => number(value as i64),
        Some(value) => format!("{value:.2}"),
    }
}
