//! Figures: shares, changes, means, quantiles.

/// A count as a number with fractions.
pub(crate) fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).expect("a small count"))
}

/// The share of the whole; none of nothing.
pub(crate) fn rate(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| count(part) / count(whole))
}

/// (this − previous) / previous; none if previous is 0.
pub(crate) fn change(this: usize, previous: usize) -> Option<f64> {
    (previous != 0).then(|| (count(this) - count(previous)) / count(previous))
}

/// The mean; none of nothing.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / count(values.len()))
}

/// The quantile by linear interpolation: the place `share × (n − 1)` in the ordered values, counted from 0.
pub(crate) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut ordered = values.to_vec();
    ordered.sort_by(f64::total_cmp);
    let last = ordered.len().checked_sub(1)?;
    let place = share * count(last);
    let below = (0..=last).rev().find(|&index| count(index) <= place)?;
    let above = ordered[last.min(below + 1)];
    Some(ordered[below] + (above - ordered[below]) * (place - count(below)))
}

#[test]
fn quantiles_are_interpolated() {
    assert_eq!(quantile(&[40.0, 10.0, 30.0, 20.0], 0.5), Some(25.0));
    assert!(quantile(&[40.0, 10.0, 30.0, 20.0], 0.9).is_some_and(|p90| (p90 - 37.0).abs() < 1e-9));
    assert_eq!(quantile(&[7.0], 0.9), Some(7.0));
    assert_eq!(quantile(&[], 0.5), None);
}

#[test]
fn shares_of_nothing_are_none() {
    assert_eq!((rate(1, 4), rate(0, 0)), (Some(0.25), None));
    assert_eq!((change(3, 2), change(3, 0)), (Some(0.5), None));
    assert_eq!((mean(&[1.0, 2.0]), mean(&[])), (Some(1.5), None));
}
