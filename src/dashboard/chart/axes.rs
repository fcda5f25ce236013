//! Axes, lines and bars by `plotters`, as one SVG text.

use super::float::at;
use super::{Chart, Kind, ink};
use maud::{Render, html};
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::{
    AreaSeries, Cartesian2d, ChartBuilder, ChartContext, DrawingArea, IntoDrawingArea, IntoFont, LineSeries,
    Rectangle, SVGBackend,
};
use plotters::style::{Color, ShapeStyle, TextStyle};
use std::fmt::Write as _;
use std::ops::Range;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Context<'r, 'a> = ChartContext<'r, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Drawn<T> = Result<T, plotters::drawing::DrawingAreaErrorKind<std::io::Error>>;

/// Letters' size.
const SIZE: i32 = 12;

/// Draws a chart of a width and a height.
pub(super) fn draw(chart: &Chart, width: u32, height: u32, tells_on_hover: bool) -> String {
    let mut drawn = String::new();
    let columns = {
        let area = SVGBackend::with_string(&mut drawn, (width, height)).into_drawing_area();
        // Writing to a text cannot fail.
        paint(chart, &area, width).unwrap_or_default()
    };
    let inner = drawn.split_once('>').map_or("", |(_, inner)| inner);
    let inner = inner.trim_end().trim_end_matches("</svg>");
    let label = html! { (chart.label) }.into_string();
    let mut svg = format!("<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{label}\">");
    svg.push_str(&ink::themed(inner));
    if tells_on_hover {
        for (place, column) in columns.iter().enumerate() {
            let told = chart.told(place).render().into_string();
            // Writing to a text cannot fail.
            let _ = write!(
                svg,
                "<rect class=\"hover\" x=\"{}\" y=\"0\" width=\"{}\" height=\"{height}\"><title>{told}</title></rect>",
                column.start,
                column.end - column.start,
            );
        }
    }
    svg.push_str("</svg>");
    svg
}

/// Paints everything; gives the pixels from left to right that belong to each point.
fn paint(chart: &Chart, area: &Area<'_>, width: u32) -> Drawn<Vec<Range<i32>>> {
    let top = top(chart);
    let count = at(chart.points.len());
    let letters = TextStyle::from(("sans-serif", SIZE).into_font()).color(&ink::TEXT);
    // Between whole numbers there is nothing to count.
    let counts =
        chart.series.iter().flat_map(|series| &series.values).flatten().all(|value| value.fract() == 0.0);
    let digits = if counts {
        super::shown(Some(top.ceil())).len()
    } else {
        super::shown(Some(top.trunc() + 0.5)).len()
    };
    // Names stand in the middle below their points; half of the first and of the last is beside the axis.
    let [left, right] = [chart.points.first(), chart.points.last()].map(half_width);
    let mut context = ChartBuilder::on(area)
        .margin_top(8)
        .margin_right(right.max(12))
        .x_label_area_size(22)
        .y_label_area_size(u32::try_from(14 + 7 * digits).unwrap_or(70).max(left))
        .build_cartesian_2d(-0.5..count - 0.5, 0.0..top)?;
    let wanted = usize::try_from(width / 90).unwrap_or(4).clamp(1, chart.points.len());
    context
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(ink::GRID.mix(0.0))
        .bold_line_style(ink::GRID)
        .axis_style(ink::GRID)
        .label_style(letters)
        .x_labels(wanted)
        .y_labels(6)
        .x_label_formatter(&|x: &f64| label_at(chart, *x))
        .y_label_formatter(&|value: &f64| {
            if counts && value.fract() != 0.0 { String::new() } else { super::shown(Some(*value)) }
        })
        .draw()?;
    match chart.kind {
        Kind::Lines => lines(chart, &mut context)?,
        Kind::Stacked => stacked(chart, &mut context)?,
    }
    let pixel = |x: f64| context.backend_coord(&(x, 0.0)).0;
    Ok((0..chart.points.len()).map(|place| pixel(at(place) - 0.5)..pixel(at(place) + 0.5)).collect())
}

/// Half of what a name takes beside its point, about. Long ones are cut.
fn half_width(name: Option<&String>) -> u32 {
    name.and_then(|name| u32::try_from(name.chars().count()).ok())
        .map_or(0, |letters| (letters * 7).div_ceil(2).min(60))
}

fn lines(chart: &Chart, context: &mut Context<'_, '_>) -> Drawn<()> {
    for (place, series) in chart.series.iter().enumerate() {
        let colour = ink::of(place);
        for run in runs(&series.values) {
            if series.is_dashed {
                context.draw_series(LineSeries::new(run, ink::dashed(place).stroke_width(2)))?;
            } else if place == 0 {
                let area = AreaSeries::new(run, 0.0, colour.mix(0.12)).border_style(colour.stroke_width(2));
                context.draw_series(area)?;
            } else {
                context.draw_series(LineSeries::new(run, colour.stroke_width(2)))?;
            }
        }
    }
    Ok(())
}

fn stacked(chart: &Chart, context: &mut Context<'_, '_>) -> Drawn<()> {
    let mut base = vec![0.0; chart.points.len()];
    for (place, series) in chart.series.iter().enumerate() {
        let style: ShapeStyle = ink::of(place).filled();
        let bars = base.iter_mut().enumerate().filter_map(|(point, base)| {
            let value = series.values.get(point).copied().flatten().filter(|value| *value > 0.0)?;
            let (x, bottom) = (at(point), *base);
            *base += value;
            Some(Rectangle::new([(x - 0.38, bottom), (x + 0.38, *base)], style))
        });
        context.draw_series(bars)?;
    }
    Ok(())
}

/// The stretches of a series without a gap.
fn runs(values: &[Option<f64>]) -> Vec<Vec<(f64, f64)>> {
    let numbered: Vec<(f64, Option<f64>)> =
        values.iter().enumerate().map(|(place, value)| (at(place), *value)).collect();
    let stretches = numbered.split(|(_, value)| value.is_none());
    let runs =
        stretches.map(|run| run.iter().filter_map(|(x, value)| Some((*x, (*value)?))).collect::<Vec<_>>());
    runs.filter(|run| !run.is_empty()).collect()
}

/// The upper end of the vertical axis.
fn top(chart: &Chart) -> f64 {
    let of_point = |place: usize| {
        let values = chart.series.iter().filter_map(|series| series.values.get(place).copied().flatten());
        match chart.kind {
            Kind::Lines => values.fold(0.0, f64::max),
            Kind::Stacked => values.sum(),
        }
    };
    let most = (0..chart.points.len()).map(of_point).fold(0.0, f64::max);
    if most <= 0.0 { 1.0 } else { most * 1.05 }
}

/// The name of the point at a place of the axis; between points there is none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places are small and not negative"
)]
fn label_at(chart: &Chart, x: f64) -> String {
    if x < 0.0 || (x - x.round()).abs() > 1e-6 {
        return String::new();
    }
    chart.points.get(x.round() as usize).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::Series;
    use super::*;

    fn chart(kind: Kind) -> Chart {
        let values = vec![Some(1.0), None, Some(3.0), Some(2.0)];
        Chart {
            label: "Events of \"<b>\"".to_owned(),
            axis: "Day".to_owned(),
            points: ["1", "<script>", "3", "4"].map(str::to_owned).to_vec(),
            series: vec![
                Series { name: "a & b".to_owned(), values, is_dashed: false },
                Series::new("other", [1.0, 2.0, 0.0, 4.0]),
            ],
            kind,
            room: super::super::Room::Page,
        }
    }

    #[test]
    fn a_chart_has_theme_colours_only_and_tells_every_number() {
        for kind in [Kind::Lines, Kind::Stacked] {
            let svg = draw(&chart(kind), 720, 220, true);
            assert!(
                svg.contains("var(--s0)") && svg.contains("var(--s1)") && svg.contains("var(--grid)"),
                "{svg}"
            );
            assert!(!svg.contains("\"#"), "a colour that follows no theme: {svg}");
            assert!(!svg.contains("style=") && !svg.contains("<script>"), "{svg}");
            assert!(svg.contains("<title>3\na &amp; b: 3\nother: 0</title>"), "{svg}");
            assert!(svg.contains("<title>&lt;script&gt;\na &amp; b: –\nother: 2</title>"), "{svg}");
            assert_eq!(svg.matches("<svg").count(), svg.matches("</svg>").count());
        }
    }

    #[test]
    fn the_names_below_the_axis_are_not_cut_at_either_end() {
        let mut chart = chart(Kind::Lines);
        chart.points = (1..=4).map(|day| format!("2026-01-0{day}")).collect();
        let svg = draw(&chart, 360, 200, false);
        let places: Vec<f64> = svg
            .split("<text ")
            .filter(|text| text.contains("2026-01-0"))
            .filter_map(|text| text.split("x=\"").nth(1)?.split('"').next()?.parse().ok())
            .collect();
        // About 6.5 for a letter of 12.
        assert!(
            places.len() > 1 && places.iter().all(|x| (32.0..=360.0 - 32.0).contains(x)),
            "{places:?} {svg}"
        );
    }

    #[test]
    fn a_gap_cuts_a_line_and_a_stack_is_as_high_as_its_sum() {
        assert_eq!(
            runs(&[Some(1.0), None, Some(2.0), Some(3.0)]),
            [vec![(0.0, 1.0)], vec![(2.0, 2.0), (3.0, 3.0)]]
        );
        assert!((top(&chart(Kind::Lines)) - 4.0 * 1.05).abs() < 1e-9);
        assert!((top(&chart(Kind::Stacked)) - 6.0 * 1.05).abs() < 1e-9);
    }
}
