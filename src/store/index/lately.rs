//! What was looked up lately: room for two hashes in each place, where a third takes that of the one put there first.
//!
//! A look-up costs one read of memory, where a cache that keeps what is asked most costs several.

use std::sync::{PoisonError, RwLock};

/// Parts that are locked on their own.
const PARTS: usize = 64;

/// A hash and the number it leads to.
type Put = (u128, u32);

/// Hashes and the number each leads to.
#[derive(Debug)]
pub(in crate::store) struct Lately {
    parts: Vec<RwLock<Vec<[Put; 2]>>>,
    places: usize,
}

impl Lately {
    /// Room for so many, rounded up to a power of two.
    pub(in crate::store) fn new(room: usize) -> Self {
        let places = (room / PARTS / 2).max(1).next_power_of_two();
        // No hash of anything is 0, for all that is ever likely.
        let part = || RwLock::new(vec![[(0, 0); 2]; places]);
        Self { parts: std::iter::repeat_with(part).take(PARTS).collect(), places }
    }

    /// The number of a hash, if it was put here lately.
    pub(in crate::store) fn get(&self, hash: u128) -> Option<u32> {
        let (part, place) = self.place(hash);
        let part = self.parts[part].read().unwrap_or_else(PoisonError::into_inner);
        let found = part[place].iter().find(|(other, _)| *other == hash && hash != 0);
        found.map(|(_, number)| *number)
    }

    /// Puts the number of a hash here.
    pub(in crate::store) fn put(&self, hash: u128, number: u32) {
        let (part, place) = self.place(hash);
        let mut part = self.parts[part].write().unwrap_or_else(PoisonError::into_inner);
        let [newer, older] = &mut part[place];
        if newer.0 != hash {
            *older = *newer;
        }
        *newer = (hash, number);
    }

    fn place(&self, hash: u128) -> (usize, usize) {
        let bits = hash as usize;
        (bits % PARTS, bits / PARTS % self.places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_found_until_two_others_came_to_its_place() {
        let parts = u32::try_from(PARTS).expect("few");
        let lately = Lately::new(8 * PARTS);
        let number = |n: u32| u128::from(n + 1) << 64 | u128::from(n);
        // Four places in each part: each gets three of these.
        for n in 0..12 * parts {
            lately.put(number(n), n);
            lately.put(number(n), n);
            assert_eq!(lately.get(number(n)), Some(n));
        }
        for n in 0..12 * parts {
            assert_eq!(lately.get(number(n)), (n >= 4 * parts).then_some(n), "{n}");
        }
        assert_eq!(lately.get(number(1000)), None);
        assert_eq!(lately.get(500), None, "the low bits alone are no hash");
        assert_eq!(Lately::new(1).get(0), None);
        lately.put(number(500), 1);
        assert_eq!(lately.get(number(500)), Some(1), "what was put last holds");
    }
}
