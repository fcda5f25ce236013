//! Which columns of an answer make its chart.

use super::cell::is_number;
use crate::tabular::Column;
use crate::tabular::kind::Kind;

/// Numbers that say where a row is and not how much it is.
const PLACES: [&str; 5] = ["step", "depth", "column", "id", "parentId"];

/// Numbers that a chart shows before others.
const FIRST: [&str; 4] = ["value", "units", "activeUsers", "covered"];

/// Columns by which rows are split, where something was split.
pub(super) const KEYS: [&str; 3] = ["key1", "key2", "key3"];

/// The last part of a column's name: of `group.name` it is `name`.
pub(super) fn last_part(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, last)| last)
}

/// Which columns make the chart, by their places.
pub(super) struct Plan {
    /// What the points or the bars are.
    pub(super) axis: usize,
    /// Whether it is drawn as lines.
    pub(super) is_line: bool,
    /// How much each is.
    pub(super) measure: usize,
    /// What there is a line for each of, or a bar.
    pub(super) splits: Vec<usize>,
    /// Whether there is a line for each day, which stand in their order.
    pub(super) is_by_day: bool,
}

/// The numbers that a chart may show.
pub(super) fn measures(columns: &[Column]) -> Vec<usize> {
    let numbers = || columns.iter().enumerate().filter(|(_, column)| is_number(column));
    let measures: Vec<usize> = numbers()
        .filter(|(_, column)| !PLACES.contains(&column.name.as_str()))
        .map(|(place, _)| place)
        .collect();
    // Without a text and a day the first number is the axis.
    let has_axis = columns.iter().any(|column| {
        column.kind == Kind::Day || column.kind == Kind::Text && !KEYS.contains(&column.name.as_str())
    });
    if has_axis || measures.len() < 2 { measures } else { measures[1..].to_vec() }
}

impl Plan {
    /// The chart that columns make: of the number that is wanted, if there is one of this name.
    pub(super) fn of(columns: &[Column], measures: &[usize], wanted: Option<&str>) -> Option<Self> {
        let name = |place: usize| columns[place].name.as_str();
        let chosen = measures.iter().copied().find(|place| Some(name(*place)) == wanted);
        let first =
            FIRST.iter().find_map(|first| measures.iter().copied().find(|place| name(*place) == *first));
        let is_retention = columns.iter().any(|column| column.name == "column");
        let rate = || measures.iter().copied().find(|place| is_retention && name(*place) == "rate");
        let measure = chosen.or_else(rate).or(first).or_else(|| measures.first().copied())?;
        let find = |is_it: &dyn Fn(&Column) -> bool| columns.iter().position(is_it);
        let is_key = |column: &Column| KEYS.contains(&column.name.as_str());
        let texts = |axis: usize| {
            let of = columns.iter().enumerate();
            of.filter(|(place, column)| *place != axis && column.kind == Kind::Text)
                .map(|(place, _)| place)
                .collect::<Vec<_>>()
        };
        let day = find(&|column| column.kind == Kind::Day);
        if let Some(axis) = find(&|column| column.name == "column") {
            let splits = day.into_iter().chain(texts(axis)).collect();
            return Some(Self { axis, is_line: true, measure, splits, is_by_day: day.is_some() });
        }
        if let Some(axis) = day {
            return Some(Self { axis, is_line: true, measure, splits: texts(axis), is_by_day: false });
        }
        let is_name = |column: &Column| column.name.ends_with("Name") || last_part(&column.name) == "name";
        let text = find(&|column| column.kind == Kind::Text && is_name(column))
            .or_else(|| find(&|column| column.kind == Kind::Text && !is_key(column)));
        let number = || find(&|column| column.kind == Kind::Int && !PLACES.contains(&column.name.as_str()));
        let axis = text.or_else(number).filter(|axis| *axis != measure)?;
        let splits = texts(axis).into_iter().filter(|place| is_key(&columns[*place])).collect();
        Some(Self { axis, is_line: false, measure, splits, is_by_day: false })
    }
}
