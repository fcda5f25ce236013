//! Colours: those that `plotters` is given, and the CSS variables that take their place.

use plotters::style::RGBColor;

/// How many series have a colour of their own; then they begin anew.
pub(super) const SERIES: usize = 7;

/// Lines of the grid.
pub(super) const GRID: RGBColor = RGBColor(1, 1, 1);
/// Letters.
pub(super) const TEXT: RGBColor = RGBColor(2, 2, 2);

/// The colour of a series.
#[expect(clippy::cast_possible_truncation, reason = "it is below SERIES")]
pub(super) fn of(series: usize) -> RGBColor {
    RGBColor(3, 3, (series % SERIES) as u8)
}

/// The colour of a series whose line is dashed.
#[expect(clippy::cast_possible_truncation, reason = "it is below SERIES")]
pub(super) fn dashed(series: usize) -> RGBColor {
    RGBColor(3, 4, (series % SERIES) as u8)
}

/// Puts the variables in the colours' places.
pub(super) fn themed(svg: &str) -> String {
    let mut svg = svg.replace("\"#010101\"", "\"var(--grid)\"").replace("\"#020202\"", "\"var(--faint)\"");
    for series in 0..SERIES {
        let variable = format!("\"var(--s{series})\"");
        svg = svg.replace(&format!("\"#03030{series}\""), &variable);
        svg = svg.replace(&format!("\"#03040{series}\""), &format!("{variable} stroke-dasharray=\"5 4\""));
    }
    svg
}
