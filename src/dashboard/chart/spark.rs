//! A small line of a table's row: how something went, without axes.

use super::super::show::{count, number};
use super::float::{at, float};
use maud::{Markup, html};

/// The line's width and height.
const WIDTH: f64 = 96.0;
const HEIGHT: f64 = 20.0;

/// A line through the values; the numbers on hover. `noun` is what is counted, such as `event`.
#[must_use]
pub fn line(values: &[i64], noun: &str, when: &str) -> Markup {
    let most = values.iter().copied().max().unwrap_or(0);
    let total: i64 = values.iter().sum();
    let label = format!("{} {when}, {} at most on a day", count(total, noun), number(most));
    html! {
        svg.spark viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) width=(WIDTH) height=(HEIGHT) role="img" aria-label=(label) {
            title { (label) }
            @if most > 0 {
                polygon points=(format!("0,{HEIGHT} {} {WIDTH},{HEIGHT}", points(values, most))) {}
                polyline points=(points(values, most)) {}
            } @else {
                line x1="0" x2=(WIDTH) y1=(HEIGHT - 1.0) y2=(HEIGHT - 1.0) {}
            }
        }
    }
}

fn points(values: &[i64], most: i64) -> String {
    let step = WIDTH / at(values.len().max(2) - 1);
    let point = |(place, value): (usize, &i64)| {
        let y = HEIGHT - 1.0 - float(*value) / float(most) * (HEIGHT - 2.0);
        format!("{:.1},{y:.1}", at(place) * step)
    };
    values.iter().enumerate().map(point).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_spans_its_box_and_tells_its_sum() {
        assert_eq!(points(&[0, 5, 10], 10), "0.0,19.0 48.0,10.0 96.0,1.0");
        let drawn = line(&[0, 1_500], "event", "in 2 days").into_string();
        assert!(drawn.contains("1,500 events in 2 days, 1,500 at most on a day"), "{drawn}");
        assert!(line(&[], "event", "in 0 days").into_string().contains("<line"));
    }
}
