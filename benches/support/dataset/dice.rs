//! The distributions that the data set is drawn from, on top of a seeded generator.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// A choice among items of different weight.
#[derive(Debug)]
pub(crate) struct Weighted(Vec<f64>);

impl Weighted {
    /// Items by their weights.
    pub(crate) fn new(weights: impl IntoIterator<Item = f64>) -> Self {
        let mut sum = 0.0;
        let sums = weights.into_iter().map(|weight| {
            sum += weight;
            sum
        });
        Self(sums.collect())
    }

    /// The index of an item.
    pub(crate) fn pick(&self, dice: &mut ChaCha8Rng) -> usize {
        let most = self.0.last().copied().unwrap_or(0.0);
        let at = dice.random::<f64>() * most;
        self.0.partition_point(|sum| *sum <= at).min(self.0.len().saturating_sub(1))
    }
}

/// Weights 1, 2^-s, 3^-s, …: few are big, many are small.
pub(crate) fn power_law(count: usize, exponent: f64) -> impl Iterator<Item = f64> {
    (1..=count).map(move |rank| as_f64(rank).powf(-exponent))
}

/// True with a probability.
pub(crate) fn chance(dice: &mut ChaCha8Rng, probability: f64) -> bool {
    dice.random::<f64>() < probability
}

/// An exponentially distributed number.
pub(crate) fn exponential(dice: &mut ChaCha8Rng, mean: f64) -> f64 {
    -(1.0 - dice.random::<f64>()).ln() * mean
}

/// A normally distributed number.
pub(crate) fn normal(dice: &mut ChaCha8Rng, mean: f64, deviation: f64) -> f64 {
    let radius = (-2.0 * (1.0 - dice.random::<f64>()).ln()).sqrt();
    mean + deviation * radius * (std::f64::consts::TAU * dice.random::<f64>()).cos()
}

/// How many tries it takes until one succeeds: 1 or more.
pub(crate) fn geometric(dice: &mut ChaCha8Rng, probability: f64) -> usize {
    let tries = (1.0 - dice.random::<f64>()).ln() / (1.0 - probability).ln();
    floor(tries) + 1
}

/// A random text of hexadecimal digits.
pub(crate) fn hex(dice: &mut ChaCha8Rng) -> String {
    format!("{:032x}", dice.random::<u128>())
}

/// A count as a float.
pub(crate) fn as_f64(count: usize) -> f64 {
    count as f64
}

/// The whole part of a number that is not negative.
pub(crate) fn floor(number: f64) -> usize {
    number as usize
}
