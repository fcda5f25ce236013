//! Steps in the order given, other events in between: chains, with ties inside an instant matched exactly.
//!
//! Why going greedily from instant to instant is exact. Let `m` steps be done before instant `u`, as many as any
//! chain of the attempt can have done before `u`, each as early as any chain can. A chain that has done `k > m`
//! steps by `u` did at most `m` of them before `u`, so steps `m + 1` to `k` are all matched to distinct events
//! at `u`; putting them behind our `m` gives a chain too, because events of different instants are never the
//! same event. So doing at `u` the most steps from `m + 1` on that distinct events at `u` allow is as far as any
//! chain gets by `u`, and each step is as early as in any chain. Hence one chain is earliest at every step at
//! once, and its times are told by `m` and `u` alone, whatever the attempt; only at its first instant one
//! event, the opener, is taken. Which event of an instant does which step is settled for the result only.

use super::best::Best;
use super::index::Index;
use super::matching::Matching;
use super::{Attempt, View};
use std::mem::replace;
use std::ops::Range;

/// Buffers of the search.
#[derive(Debug)]
pub(super) struct Ordered {
    matching: Matching,
    /// Per step: where its events of the instant at hand begin in its row.
    places: [usize; 32],
    /// Per step that is next: the last instant with several events it was asked about, and how many steps
    /// were done there.
    known: Vec<Option<(i64, usize)>>,
    times: Vec<i64>,
}

impl Ordered {
    pub(super) fn new(steps: usize) -> Self {
        Self {
            matching: Matching::default(),
            places: [0; 32],
            known: vec![None; steps],
            times: Vec::with_capacity(steps),
        }
    }

    /// Gets ready for another unit.
    pub(super) fn begin(&mut self) {
        self.known.fill(None);
    }

    /// Offers the attempts opened in the period, in the order of their first events.
    pub(super) fn search(
        &mut self,
        view: View<'_>,
        steps: &mut Index,
        best: &mut Best,
        opened_in: &Range<i64>,
    ) {
        best.begin((0..view.rules.steps).take_while(|step| !steps.row(*step).is_empty()).count());
        let mut next = steps.first_from(view.hits, 0, opened_in.start);
        while let Some(&first) = steps.row(0).get(next) {
            let at = view.at(first);
            if at >= opened_in.end {
                return;
            }
            if view.is_alone(first) {
                next += 1;
                self.follow(view, steps, at, 1);
                if best.offer(view, first, &self.times) {
                    return;
                }
                continue;
            }
            // Step 2 and on at the first instant, as if no event there were taken by step 1. Openers that are
            // not needed for it all get equally far at equal times, so the first of them stands for all.
            let further = self.match_instant(view, steps, Instant { at, first_step: 1, taken: None });
            let mut needed = [0; 32];
            needed[..further].copy_from_slice(self.matching.held());
            let mut is_shared_done = false;
            while let Some(&opener) = steps.row(0).get(next).filter(|opener| view.at(**opener) == at) {
                next += 1;
                let done = if needed[..further].contains(&opener) {
                    1 + self.match_instant(view, steps, Instant { at, first_step: 1, taken: Some(opener) })
                } else if replace(&mut is_shared_done, true) {
                    continue;
                } else {
                    1 + further
                };
                self.follow(view, steps, at, done);
                if best.offer(view, opener, &self.times) {
                    return;
                }
            }
        }
    }

    /// Writes down the events of the best attempt: at each instant, those that arrived first.
    pub(super) fn spell_out(
        &mut self,
        view: View<'_>,
        steps: &mut Index,
        best: &Best,
        attempt: &mut Attempt,
    ) {
        attempt.hits.push(best.opener() as usize);
        while let Some(&at) = best.times().get(attempt.hits.len()) {
            let instant = Instant { at, first_step: attempt.hits.len(), taken: Some(best.opener()) };
            if self.match_instant(view, steps, instant) == 0 {
                break;
            }
            self.matching.settle(&|taker| instant.hits(view, steps, &self.places, taker));
            attempt.hits.extend(self.matching.held().iter().map(|hit| *hit as usize));
        }
        attempt.steps.extend(0..attempt.hits.len());
    }

    /// Goes on from an instant at which `done` steps are done and no more can be; leaves the attempt's times.
    fn follow(&mut self, view: View<'_>, steps: &mut Index, opened_at: i64, mut done: usize) {
        let window_end = view.window_end(opened_at);
        self.times.clear();
        self.times.resize(done, opened_at);
        let mut last = opened_at;
        while done < view.rules.steps {
            let place = steps.first_after(view.hits, done, last);
            let Some(&hit) = steps.row(done).get(place) else { return };
            last = view.at(hit);
            if last > window_end {
                return;
            }
            done += if view.is_alone(hit) { 1 } else { self.steps_at(view, steps, done, last) };
            self.times.resize(done, last);
        }
    }

    /// How many steps from `first_step` on can be done at an instant that has an event for that step.
    fn steps_at(&mut self, view: View<'_>, steps: &mut Index, first_step: usize, at: i64) -> usize {
        if let Some((_, count)) = self.known[first_step].filter(|(instant, _)| *instant == at) {
            return count;
        }
        let count = self.match_instant(view, steps, Instant { at, first_step, taken: None });
        self.known[first_step] = Some((at, count));
        count
    }

    /// Matches as many steps as possible to distinct events; they are left in `matching`.
    fn match_instant(&mut self, view: View<'_>, steps: &mut Index, instant: Instant) -> usize {
        self.matching.clear();
        for step in instant.first_step..view.rules.steps {
            self.places[step] = steps.first_from(view.hits, step, instant.at);
            if !self.matching.add(&|taker| instant.hits(view, steps, &self.places, taker)) {
                break;
            }
        }
        self.matching.held().len()
    }
}

/// An instant at which several steps may be done.
#[derive(Debug, Clone, Copy)]
struct Instant {
    at: i64,
    /// The step of the matching's first taker.
    first_step: usize,
    /// An event that has done its step already.
    taken: Option<u32>,
}

impl Instant {
    /// The events for a taker's step, in the order of arrival. `places`: per step, its first one in its row.
    fn hits(
        self,
        view: View<'_>,
        steps: &Index,
        places: &[usize; 32],
        taker: usize,
    ) -> impl Iterator<Item = u32> {
        let step = self.first_step + taker;
        let row = steps.row(step)[places[step]..].iter().copied();
        row.take_while(move |hit| view.at(*hit) == self.at).filter(move |hit| Some(*hit) != self.taken)
    }
}
