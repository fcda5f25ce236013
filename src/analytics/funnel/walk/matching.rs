//! Who gets what, when each may get only certain things: the assignment problem, exactly, for 32 takers.

/// Takers `0, 1, 2, …`, each holding another thing.
#[derive(Debug, Default)]
pub(super) struct Matching {
    held: [u32; 32],
    takers: usize,
}

impl Matching {
    /// What each taker holds.
    pub(super) fn held(&self) -> &[u32] {
        &self.held[..self.takers]
    }

    /// Sends all takers away.
    pub(super) fn clear(&mut self) {
        self.takers = 0;
    }

    /// Adds a taker and gives it one of its choices, moving others to other choices of theirs where needed.
    /// `false` if no assignment serves all: then nothing changes.
    pub(super) fn add<I: Iterator<Item = u32>>(&mut self, choices: &impl Fn(usize) -> I) -> bool {
        let is_placed = self.takers < self.held.len() && self.place(self.takers, &mut 0, choices);
        self.takers += usize::from(is_placed);
        is_placed
    }

    /// Makes the first taker's thing the earliest of its choices that leaves all others served, then the
    /// second's, and so on.
    pub(super) fn settle<I: Iterator<Item = u32>>(&mut self, choices: &impl Fn(usize) -> I) {
        for taker in 0..self.takers {
            let settled = (1 << taker) - 1;
            let current = self.held[taker];
            for thing in choices(taker).take_while(|thing| *thing != current) {
                let Some(holder) = self.holder(thing) else {
                    self.held[taker] = thing;
                    break;
                };
                if holder < taker {
                    continue;
                }
                // The thing now has two holders, of whom `holder` finds the lower, which must not move.
                self.held[taker] = thing;
                if self.place(holder, &mut (settled | 1 << taker | 1 << holder), choices) {
                    break;
                }
                self.held[taker] = current;
            }
        }
    }

    /// Gives the taker another thing along an augmenting path through takers that are not yet in `tried`.
    fn place<I: Iterator<Item = u32>>(
        &mut self,
        taker: usize,
        tried: &mut u32,
        choices: &impl Fn(usize) -> I,
    ) -> bool {
        // At most 32 things are held, so this looks at 33 choices at most.
        for thing in choices(taker) {
            if let Some(holder) = self.holder(thing) {
                if *tried & (1 << holder) != 0 {
                    continue;
                }
                *tried |= 1 << holder;
                if !self.place(holder, tried, choices) {
                    continue;
                }
            }
            self.held[taker] = thing;
            return true;
        }
        false
    }

    /// The lowest taker that holds the thing.
    fn holder(&self, thing: u32) -> Option<usize> {
        self.held().iter().position(|held| *held == thing)
    }
}
