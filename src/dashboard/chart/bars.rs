//! A ranked list with a bar beside each number.

use super::super::show::number;
use super::float::float;
use maud::{Markup, html};

/// One row of a ranked list.
#[derive(Debug, Clone)]
pub struct Row {
    /// What is counted.
    pub name: String,
    /// Where its name leads, if anywhere.
    pub link: Option<String>,
    /// The number that the bar shows, and any others.
    pub numbers: Vec<i64>,
}

/// A table of rows; bars show the first number. `heads` are the name's heading and each number's.
#[must_use]
pub fn ranked(heads: &[&str], rows: &[Row]) -> Markup {
    let first = |row: &Row| row.numbers.first().copied().unwrap_or(0);
    let most = rows.iter().map(first).max().unwrap_or(0).max(1);
    html! {
        @if rows.is_empty() {
            p.empty { "Nothing in this range." }
        } @else {
            table.ranked {
                thead { tr { @for (place, head) in heads.iter().enumerate() { th scope="col" class=[(place > 0).then_some("number")] { (head) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            th scope="row" {
                                span.name { @match &row.link { Some(link) => { a href=(link) { (row.name) } } None => { (row.name) } } }
                                svg.bar viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" {
                                    rect width=(format!("{:.1}", float(first(row)) / float(most) * 100.0)) height="4" {}
                                }
                            }
                            @for value in &row.numbers { td.number { (number(*value)) } }
                        }
                    }
                }
            }
        }
    }
}
