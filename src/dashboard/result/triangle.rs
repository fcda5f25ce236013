//! Retention as the table that people know: a line for each cohort, a column for each period after its start.

use super::super::show;
use super::cell::{joined, plain};
use crate::tabular::Column;
use crate::tabular::kind::Kind;
use maud::{Markup, html};
use serde_json::Value;

/// Cohorts that are shown, at most.
const COHORTS: usize = 60;

/// How many came back in one period.
struct Share {
    rate: f64,
    units: i64,
    is_partial: bool,
}

/// One line.
struct Cohort {
    name: String,
    starters: i64,
    shares: Vec<Option<Share>>,
}

/// The table, where an answer has the columns of a retention.
pub(super) fn draw(columns: &[Column], rows: &[Vec<&Value>]) -> Option<Markup> {
    let cohorts = cohorts(columns, rows)?;
    let periods = cohorts.iter().map(|cohort| cohort.shares.len()).max().unwrap_or(0);
    Some(html! {
        h3 { "Cohorts" }
        div.scroll tabindex="0" role="region" aria-label="Cohorts" {
            table.cohorts {
                thead { tr {
                    th scope="col" { "Cohort" } th.number scope="col" { "Starters" }
                    @for period in 0..periods { th.number scope="col" { (period) } }
                } }
                tbody {
                    @for cohort in cohorts.iter().take(COHORTS) {
                        tr {
                            th scope="row" { bdi { (cohort.name) } }
                            td.number { (show::number(cohort.starters)) }
                            @for period in 0..periods { (share(cohort.shares.get(period).and_then(Option::as_ref))) }
                        }
                    }
                }
            }
        }
        p.hint {
            "The share of starters that came back so many periods later; in italics where the period is not over."
            @if cohorts.len() > COHORTS { " The first " (COHORTS) " of " (cohorts.len()) " cohorts." }
        }
    })
}

fn share(share: Option<&Share>) -> Markup {
    html! {
        @match share {
            Some(Share { rate, units, is_partial }) => {
                td class={ "number " (heat(*rate)) } title=(show::number(*units)) {
                    @if *is_partial { em { (percent(*rate)) } } @else { (percent(*rate)) }
                }
            }
            None => { td.number {} }
        }
    }
}

fn percent(rate: f64) -> String {
    format!("{:.0} %", rate * 100.0)
}

/// How strongly a share is coloured.
fn heat(rate: f64) -> &'static str {
    match rate {
        ..=0.0 => "h0",
        ..0.25 => "h1",
        ..0.5 => "h2",
        ..0.75 => "h3",
        _ => "h4",
    }
}

/// The cohorts in their order. Rows of one follow each other.
fn cohorts(columns: &[Column], rows: &[Vec<&Value>]) -> Option<Vec<Cohort>> {
    let named = |name: &str| columns.iter().position(|column| column.name == name);
    let (period, starters, units, rate) =
        (named("column")?, named("starters")?, named("units")?, named("rate")?);
    let partial = named("isPartial");
    let day = columns.iter().position(|column| column.kind == Kind::Day)?;
    let splits: Vec<usize> = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.kind == Kind::Text)
        .map(|(place, _)| place)
        .collect();
    let mut cohorts: Vec<Cohort> = Vec::new();
    for row in rows {
        let split = joined(row, &splits);
        let name = if split.is_empty() { plain(row[day]) } else { format!("{} · {split}", plain(row[day])) };
        let place = usize::try_from(row[period].as_u64()?).ok().filter(|place| *place < rows.len())?;
        if cohorts.last().is_none_or(|last| last.name != name) {
            let starters = row[starters].as_i64().unwrap_or(0);
            cohorts.push(Cohort { name, starters, shares: Vec::new() });
        }
        let share = row[rate].as_f64().map(|rate| Share {
            rate,
            units: row[units].as_i64().unwrap_or(0),
            is_partial: partial.is_some_and(|place| row[place] == &Value::Bool(true)),
        });
        let shares = &mut cohorts.last_mut()?.shares;
        if shares.len() <= place {
            shares.resize_with(place + 1, || None);
        }
        shares[place] = share;
    }
    Some(cohorts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn column(name: &str, kind: Kind) -> Column {
        let plain = json!({ "name": name, "type_name": "x", "kind": kind, "path": [name] });
        serde_json::from_value(plain).expect("a column")
    }

    #[test]
    fn each_cohort_is_a_line_and_what_has_not_begun_is_empty() {
        let columns = [
            column("cohortDate", Kind::Day),
            column("key1", Kind::Text),
            column("column", Kind::Int),
            column("starters", Kind::Int),
            column("units", Kind::Int),
            column("rate", Kind::Float),
            column("isPartial", Kind::Boolean),
        ];
        let values = [
            [json!("2026-01-05"), json!(null), json!(0), json!(1200), json!(1200), json!(1.0), json!(false)],
            [json!("2026-01-05"), json!(null), json!(1), json!(1200), json!(300), json!(0.25), json!(true)],
            [json!("2026-01-12"), json!("<b>"), json!(0), json!(2), json!(0), json!(0.0), json!(false)],
            [json!("2026-01-12"), json!("<b>"), json!(1), json!(2), json!(null), json!(null), json!(false)],
        ];
        let rows: Vec<Vec<&Value>> = values.iter().map(|row| row.iter().collect()).collect();
        let drawn = draw(&columns, &rows).expect("a table").into_string();
        for part in [
            "<th scope=\"row\"><bdi>2026-01-05</bdi></th><td class=\"number\">1,200</td><td class=\"number h4\" title=\"1,200\">100 %</td>",
            "<td class=\"number h2\" title=\"300\"><em>25 %</em></td></tr>",
            "<bdi>2026-01-12 · &lt;b&gt;</bdi></th><td class=\"number\">2</td><td class=\"number h0\" title=\"0\">0 %</td><td class=\"number\"></td>",
        ] {
            assert!(drawn.contains(part), "{part} in {drawn}");
        }
        assert!(draw(&columns[1..], &rows).is_none(), "other answers have no such table");
    }
}
