//! Rates, means and quantiles of counts.

/// A share, 0 to 1; `None` of nothing.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub fn rate(part: i64, of: i64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

/// (this − previous) ÷ previous; `None` if there was nothing before.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub fn change(this: i64, previous: i64) -> Option<f64> {
    (previous != 0).then(|| (this - previous) as f64 / previous as f64)
}

/// The mean; `None` of nothing.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub fn average(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The quantile of sorted values, interpolated linearly between the two nearest; `None` of nothing.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places in a list are small and not negative"
)]
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * (sorted.len().checked_sub(1)? as f64);
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    Some(sorted[below] + (sorted[above] - sorted[below]) * (place - place.floor()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_interpolated() {
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[4.0], 0.9), Some(4.0));
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 10.0], 0.5), Some(2.5));
        assert!(quantile(&[0.0, 10.0], 0.9).is_some_and(|p90| (p90 - 9.0).abs() < 1e-12));
    }

    #[test]
    fn a_change_from_nothing_is_none() {
        assert_eq!(change(3, 0), None);
        assert_eq!(change(3, 2), Some(0.5));
        assert_eq!(change(0, 2), Some(-1.0));
    }

    #[test]
    fn a_rate_of_nothing_is_none() {
        assert_eq!(rate(1, 0), None);
        assert_eq!(rate(1, 4), Some(0.25));
    }
}
