//! An activity calendar: a square for each day, weeks from left to right, Mondays on top.

use super::super::show::count;
use chrono::{Datelike, NaiveDate};
use maud::{Markup, html};

/// A square and the gap behind it.
const STEP: i64 = 14;

/// Draws a square for each day; the more, the darker. `noun` is what is counted, such as `event`.
#[must_use]
pub fn draw(days: &[(NaiveDate, i64)], noun: &str) -> Markup {
    let Some((first, _)) = days.first() else { return html! { p.empty { "Nothing in this range." } } };
    let start = *first - chrono::Days::new(first.weekday().num_days_from_monday().into());
    let most = days.iter().map(|(_, value)| *value).max().unwrap_or(0);
    let column = |day: NaiveDate| (day - start).num_days() / 7;
    let weeks = days.last().map_or(0, |(last, _)| column(*last)) + 1;
    let total: i64 = days.iter().map(|(_, value)| value).sum();
    let active = days.iter().filter(|(_, value)| *value > 0).count();
    let label = format!("{} on {active} of {} days", count(total, noun), days.len());
    html! {
        div.scroll tabindex="0" role="region" aria-label="Activity calendar" {
            svg.calendar viewBox=(format!("0 0 {} {}", weeks * STEP + 30, 7 * STEP + 16)) width=(weeks * STEP + 30) height=(7 * STEP + 16) role="img" aria-label=(label) {
                @for (row, name) in [(0, "Mon"), (2, "Wed"), (4, "Fri")] {
                    text x="0" y=(16 + row * STEP + 10) { (name) }
                }
                @for (day, value) in days {
                    @let x = 30 + column(*day) * STEP;
                    @if day.day() == 1 { text x=(x) y="11" { (day.format("%b").to_string()) } }
                    rect class={ "l" (level(*value, most)) } x=(x) y=(16 + i64::from(day.weekday().num_days_from_monday()) * STEP) width=(STEP - 2) height=(STEP - 2) rx="2" {
                        title { (day.to_string()) ": " (count(*value, noun)) }
                    }
                }
            }
        }
        p.hint { (label) "." }
    }
}

/// How dark a day is, 0 to 4.
fn level(value: i64, most: i64) -> i64 {
    if value <= 0 { 0 } else { (value * 4 + most - 1) / most.max(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_fall_into_weeks_and_the_busiest_is_the_darkest() {
        assert_eq!([0, 1, 25, 26, 99, 100].map(|value| level(value, 100)), [0, 1, 1, 2, 4, 4]);
        let day = |n: u32| NaiveDate::from_ymd_opt(2026, 3, n).expect("a day");
        let drawn = draw(&[(day(1), 0), (day(2), 1), (day(3), 1_000)], "event").into_string();
        // The first of March 2026 is a Sunday: it is the last row of the first week.
        assert!(drawn.contains("<rect class=\"l0\" x=\"30\" y=\"100\""), "{drawn}");
        assert!(drawn.contains("<rect class=\"l1\" x=\"44\" y=\"16\""), "{drawn}");
        assert!(
            drawn.contains("2026-03-03: 1,000 events") && drawn.contains("1,001 events on 2 of 3 days"),
            "{drawn}"
        );
    }
}
