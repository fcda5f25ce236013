//! Steps in any order: the n-th of the chain is the n-th distinct step done.
//!
//! Which sets of events can do distinct steps is a matching between events and steps. Such sets have the greedy
//! property (they are the independent sets of a transversal matroid): taking each event in turn whenever the
//! taken ones can still all do distinct steps gives the most events, and each of them as early as in any other
//! choice, by time and by arrival. The opener is taken first, then the others of its instant, then the later.
//!
//! An event can be taken if and only if it matches a *free* step: one that nobody does, or one whose doer can
//! go over to another free step. Steps never become free again, so the next event to take is the first one of
//! any free step.

use super::best::Best;
use super::index::Index;
use super::matching::Matching;
use super::{Attempt, View};
use std::ops::Range;

/// Buffers of the search.
#[derive(Debug, Default)]
pub(super) struct Any {
    /// The events taken, in the order of the chain, and their times.
    chain: Vec<u32>,
    times: Vec<i64>,
    /// Per step: where its next event is in its row.
    places: [usize; 32],
    /// Per step that is done: the steps its doer matches.
    doers: [u32; 32],
    /// Per free step that is done: the free step its doer can go over to.
    ways_out: [usize; 32],
    matching: Matching,
}

impl Any {
    /// Offers the attempts opened in the period, in the order of their first events.
    pub(super) fn search(
        &mut self,
        view: View<'_>,
        steps: &mut Index,
        best: &mut Best,
        opened_in: &Range<i64>,
    ) {
        best.begin((0..view.rules.steps).filter(|step| !steps.row(*step).is_empty()).count());
        for (opener, hit) in view.hits_from(opened_in.start) {
            if hit.at >= opened_in.end {
                return;
            }
            if hit.steps & all_steps(view) != 0 {
                self.walk(view, steps, opener, best.times().len());
                if best.offer(view, opener, &self.times) {
                    return;
                }
            }
        }
    }

    /// Writes down the events of the best attempt, each with the first step it can do.
    pub(super) fn spell_out(
        &mut self,
        view: View<'_>,
        steps: &mut Index,
        best: &Best,
        attempt: &mut Attempt,
    ) {
        self.walk(view, steps, best.opener(), 0);
        let choices = |taker: usize| bits(view.hits[self.chain[taker] as usize].steps & all_steps(view));
        self.matching.clear();
        for _ in &self.chain {
            self.matching.add(&choices);
        }
        self.matching.settle(&choices);
        attempt.hits.extend(self.chain.iter().map(|hit| *hit as usize));
        attempt.steps.extend(self.matching.held().iter().map(|step| *step as usize));
    }

    /// Walks one attempt, leaving its events and times; leaves none if it cannot get further than `beaten`.
    fn walk(&mut self, view: View<'_>, steps: &mut Index, opener: u32, beaten: usize) {
        self.chain.clear();
        self.times.clear();
        let opened_at = view.at(opener);
        let window_end = view.window_end(opened_at);
        // The steps that have an event in the window: all that this attempt's events can match.
        let mut present = 0;
        for step in 0..view.rules.steps {
            self.places[step] = steps.first_from(view.hits, step, opened_at);
            let first = steps.row(step).get(self.places[step]);
            present |= u32::from(first.is_some_and(|hit| view.at(*hit) <= window_end)) << step;
        }
        if present.count_ones() as usize <= beaten {
            return;
        }
        let (mut undone, mut free) = (present, present);
        let mut taken = opener;
        loop {
            self.chain.push(taken);
            self.times.push(view.at(taken));
            undone = self.take(view.hits[taken as usize].steps, undone, free);
            free = self.free_steps(present, undone);
            match self.next(steps, free, opener, taken) {
                Some(next) if view.at(next) <= window_end => taken = next,
                _ => return,
            }
        }
    }

    /// Lets an event that matches `mask` do a free step, moving doers along their ways out. The steps that are
    /// undone then.
    fn take(&mut self, mask: u32, undone: u32, free: u32) -> u32 {
        let mut step = (mask & free).trailing_zeros() as usize;
        let mut doer = mask;
        while undone & (1 << step) == 0 {
            std::mem::swap(&mut doer, &mut self.doers[step]);
            step = self.ways_out[step];
        }
        self.doers[step] = doer;
        undone & !(1 << step)
    }

    /// The free ones of the steps that are present, with the ways out of those that are done.
    fn free_steps(&mut self, present: u32, undone: u32) -> u32 {
        let mut free = undone;
        loop {
            let before = free;
            for step in bits(present & !free).map(|step| step as usize) {
                let way_out = self.doers[step] & free;
                if way_out != 0 {
                    self.ways_out[step] = way_out.trailing_zeros() as usize;
                    free |= 1 << step;
                }
            }
            if free == before {
                return free;
            }
        }
    }

    /// The first event of any free step that is not taken. An event of a step that stays free is taken as soon as
    /// it is the first, so only the opener and the last one taken can be in the way.
    fn next(&mut self, steps: &Index, free: u32, opener: u32, taken: u32) -> Option<u32> {
        let mut next = None;
        for step in bits(free).map(|step| step as usize) {
            let row = steps.row(step);
            while row.get(self.places[step]).is_some_and(|hit| *hit == opener || *hit == taken) {
                self.places[step] += 1;
            }
            let first = row.get(self.places[step]).copied();
            next = next.into_iter().chain(first).min();
        }
        next
    }
}

/// A mask of all steps of the funnel.
fn all_steps(view: View<'_>) -> u32 {
    u32::MAX >> (32 - view.rules.steps)
}

/// The numbers of the bits that are set, ascending.
fn bits(mut mask: u32) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = (mask != 0).then(|| mask.trailing_zeros());
        mask &= mask.wrapping_sub(1);
        bit
    })
}
