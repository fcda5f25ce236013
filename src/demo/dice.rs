//! Chance that repeats: every draw follows from the seed alone, on every platform.
//!
//! Only whole numbers are drawn, so no rounding of a processor or a maths library can change a result.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// A stream of draws.
#[derive(Debug, Clone)]
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of that number under the seed; different streams are independent.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut source = ChaCha8Rng::seed_from_u64(seed);
        source.set_stream(stream);
        Self(source)
    }

    /// A number from `low` to `high`, both included; `low` when `high` is less.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = high.saturating_sub(low).saturating_add(1).max(1);
        // The remainder favours low numbers by less than one in 2^30 for every width used here.
        low + (self.0.next_u64() >> 1).cast_signed() % width
    }

    /// A number from 0 to `high` that is more often small: the least of two draws.
    pub(super) fn mostly_small(&mut self, high: i64) -> i64 {
        let (one, other) = (self.between(0, high), self.between(0, high));
        one.min(other)
    }

    /// True in so many cases out of a thousand.
    pub(super) fn chance(&mut self, permille: i64) -> bool {
        self.between(0, 999) < permille
    }

    /// A place in a list of that length.
    pub(super) fn place(&mut self, length: usize) -> usize {
        let last = i64::try_from(length).unwrap_or(i64::MAX) - 1;
        usize::try_from(self.between(0, last)).unwrap_or(0)
    }

    /// One of a list that is not empty, each as likely.
    pub(super) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.place(list.len())]
    }

    /// One of a list that is not empty, as likely as its weight says.
    pub(super) fn weighted<T: Copy>(&mut self, list: &[(T, i64)]) -> T {
        let mut left = self.between(0, list.iter().map(|(_, weight)| weight).sum::<i64>() - 1);
        for (item, weight) in list {
            left -= weight;
            if left < 0 {
                return *item;
            }
        }
        list[0].0
    }

    /// A name for a device: 16 hexadecimal digits.
    pub(super) fn device(&mut self) -> String {
        format!("{:016x}", self.0.next_u64())
    }

    /// Puts a list into a random order.
    pub(super) fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            list.swap(end, self.place(end + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_the_same_on_every_platform() {
        let mut dice = Dice::new(1, 0);
        let drawn: Vec<i64> = (0..6).map(|_| dice.between(1, 1_000)).collect();
        assert_eq!(drawn, [601, 398, 643, 234, 867, 533]);
    }

    #[test]
    fn both_ends_are_drawn_and_nothing_outside() {
        let mut dice = Dice::new(7, 3);
        let mut seen = [0; 7];
        for _ in 0..7_000 {
            let drawn = dice.between(-3, 3);
            seen[usize::try_from(drawn + 3).expect("nothing below the low end")] += 1;
        }
        assert!(seen.iter().all(|times| (800..1_200).contains(times)), "{seen:?}");
    }

    #[test]
    fn weights_decide_how_often() {
        let mut dice = Dice::new(7, 4);
        let rare = (0..10_000).filter(|_| dice.weighted(&[("often", 9), ("rare", 1)]) == "rare").count();
        assert!((850..1_150).contains(&rare), "{rare}");
    }
}
