//! The attempts of one unit: every chain is tried, and the one that counts is picked by the definition.

use super::seen::Seen;
use super::{FunnelSpec, Order};
use chrono::{DateTime, Utc};
use std::cmp::Reverse;

/// Distinct events that do the steps, from step 1 on (`ANY`: the n-th is the n-th step done).
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Chain {
    /// When each happened.
    pub(crate) times: Vec<DateTime<Utc>>,
    /// The arrival number of each.
    pub(crate) arrivals: Vec<usize>,
}

/// The longest chain of the attempt that opens at one event.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    /// The chain. Never empty.
    pub(crate) chain: Chain,
    /// Whether an excluded event voids it.
    pub(crate) is_void: bool,
}

/// There are more chains than can be tried in reasonable time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong;

/// How many chains may still be tried.
#[derive(Debug)]
pub(crate) struct Effort(u32);

impl Default for Effort {
    fn default() -> Self {
        Self(1_000_000)
    }
}

impl Chain {
    /// How many steps are done.
    pub(crate) fn len(&self) -> usize {
        self.times.len()
    }

    /// When the attempt opened.
    pub(crate) fn opened_at(&self) -> DateTime<Utc> {
        self.times[0]
    }

    /// Longest first, of equals the one whose step times are earliest from step 1 on, then lowest arrival number.
    fn place(&self) -> (Reverse<usize>, &[DateTime<Utc>], &[usize]) {
        (Reverse(self.len()), &self.times, &self.arrivals)
    }
}

/// A unit's result: its longest attempt that is not void, of equals the earliest. None if it has none.
pub(crate) fn best(attempts: &[Attempt]) -> Option<&Chain> {
    attempts
        .iter()
        .filter(|attempt| !attempt.is_void)
        .map(|attempt| &attempt.chain)
        .min_by_key(|chain| chain.place())
}

/// An attempt opens at every event that matches step 1 (`ANY`: any step).
pub(crate) fn attempts(
    spec: &FunnelSpec,
    events: &[Seen],
    effort: &mut Effort,
) -> Result<Vec<Attempt>, TooLong> {
    // In a strict run any other event counts, too; else only those that match a step can be in a chain.
    let mut candidates: Vec<&Seen> = events.iter().collect();
    if spec.order != Order::Strict {
        candidates.retain(|event| event.steps.contains(&true));
    }
    let mut attempts = Vec::new();
    for opening in 0..candidates.len() {
        let mut search =
            Search { spec, candidates: &candidates, taken: Vec::new(), longest: Chain::default() };
        search.take(opening, effort)?;
        if search.longest.len() > 0 {
            let is_void = is_void(spec, events, &search.longest);
            attempts.push(Attempt { chain: search.longest, is_void });
        }
    }
    Ok(attempts)
}

/// All chains of one attempt.
struct Search<'a> {
    spec: &'a FunnelSpec,
    candidates: &'a [&'a Seen],
    /// The chain so far: which candidate does which step.
    taken: Vec<(usize, usize)>,
    longest: Chain,
}

impl Search<'_> {
    /// Appends a candidate to the chain in every role it can have, and tries everything that may follow.
    fn take(&mut self, candidate: usize, effort: &mut Effort) -> Result<(), TooLong> {
        for step in 0..self.spec.steps.len() {
            if self.candidates[candidate].steps[step] && self.is_next(step) {
                effort.0 = effort.0.checked_sub(1).ok_or(TooLong)?;
                self.taken.push((candidate, step));
                self.keep_if_better();
                for next in 0..self.candidates.len() {
                    if self.may_follow(next) {
                        self.take(next, effort)?;
                    }
                }
                self.taken.pop();
            }
        }
        Ok(())
    }

    /// Whether the step may be done now: the next one in order, or with `ANY` one not done yet.
    fn is_next(&self, step: usize) -> bool {
        match self.spec.order {
            Order::Ordered | Order::Strict => step == self.taken.len(),
            Order::Any => self.taken.iter().all(|&(_, done)| done != step),
        }
    }

    /// Distinct events, times never decreasing, the last no later than the window after the first; in a
    /// strict run the very next event.
    fn may_follow(&self, next: usize) -> bool {
        let (first, last) = (self.taken[0].0, self.taken[self.taken.len() - 1].0);
        let time = |candidate: usize| self.candidates[candidate].time;
        self.taken.iter().all(|&(candidate, _)| candidate != next)
            && time(next) >= time(last)
            && time(next) <= time(first) + self.spec.window
            && (self.spec.order != Order::Strict || next == last + 1)
    }

    fn keep_if_better(&mut self) {
        let chain = Chain {
            times: self.taken.iter().map(|&(candidate, _)| self.candidates[candidate].time).collect(),
            arrivals: self.taken.iter().map(|&(candidate, _)| self.candidates[candidate].arrival).collect(),
        };
        if chain.place() < self.longest.place() {
            self.longest = chain;
        }
    }
}

/// Whether an excluded event lies strictly after step i's time and strictly before step j's, or up to the
/// window's end (inclusive) if j was not reached.
fn is_void(spec: &FunnelSpec, events: &[Seen], chain: &Chain) -> bool {
    let window_end = chain.opened_at() + spec.window;
    spec.exclusions.iter().enumerate().any(|(which, exclusion)| {
        let Some(&after) = chain.times.get(exclusion.from_step - 1) else { return false };
        let before = chain.times.get(exclusion.to_step - 1);
        events.iter().filter(|event| event.exclusions[which]).any(|event| {
            let soon_enough = match before {
                Some(&before) => event.time < before,
                None => event.time <= window_end,
            };
            after < event.time && soon_enough
        })
    })
}
