//! The walk: how far one unit (a profile, a session or a group) got through the steps of a funnel.
//!
//! A pure function of the unit's events; it knows nothing of storage, names or filters. Which event matches
//! which step or exclusion comes in as bits.
//!
//! # Definition
//!
//! - An *attempt* opens at every event that matches step 1 ([`Order::Any`]: any step). It goes as far as a
//!   *chain* of distinct events allows: times never decrease, and the last is no later than the window after
//!   the attempt's first event, that instant included.
//! - One event serves one step even if it matches several; a step that is given twice needs two events.
//! - Events at one instant count in whatever order they arrived, so that the chain is longest.
//! - Of an attempt's longest chains, the one counts whose times are earliest from step 1 on, then the one
//!   with the lowest arrival numbers from step 1 on.
//! - The unit's result is its longest attempt; of equals the one whose first event is earliest, then the one
//!   whose first event arrived first.
//! - [`Order::Strict`]: any other event breaks the run, a repeat of a done step too. Here arrival decides ties.
//!   A broken run counts as far as it got, and every event that matches step 1 opens another.
//! - [`Order::Any`]: the steps may be done in any order; the n-th of the chain is the n-th distinct step done.
//! - An [`Exclusion`] names steps i and j. Once the attempt's chain is chosen, the attempt is void if an
//!   excluded event lies strictly after step i's time and strictly before step j's; if j was not reached,
//!   strictly after step i's time and no later than the window's end. If i was not reached it does nothing.
//!   An excluded event counts even if it serves a step in between. With [`Order::Any`], i and j are the i-th
//!   and the j-th distinct step done. A void attempt does not count; the next best does.
//!
//! # Example
//!
//! Steps `signed_up`, `invited`, `paid`, and a unit with five events:
//!
//! | 08:00 | 09:00 | 09:20 | 09:30 | 10:15 |
//! |---|---|---|---|---|
//! | `invited` | `signed_up` | `invited` | `signed_up` | `paid` |
//!
//! - Ordered, window 2 hours: all 3 steps, at 09:00, 09:20 and 10:15.
//! - Ordered, window 1 hour: 2 steps, at 09:00 and 09:20; 10:15 is too late for the attempt of 09:00, and the
//!   attempt of 09:30 is not followed by an invitation.
//! - Strict, window 2 hours: 2 steps; the `signed_up` of 09:30 breaks the run.
//! - Any, window 1 hour: all 3 steps: `invited` 09:20, `signed_up` 09:30, `paid` 10:15. The attempt of 09:00
//!   does only two within its hour.
//! - Ordered, window 2 hours, `signed_up` excluded between steps 2 and 3: the attempt of 09:00 is void; what
//!   counts is the attempt of 09:30, 1 step.

mod any;
mod best;
mod index;
mod matching;
mod ordered;
mod strict;

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;

use any::Any;
use best::Best;
use index::Index;
use ordered::Ordered;
use std::ops::Range;

/// One event of the unit, reduced to what the walk needs. Its place in the slice stands for its arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// When it happened, microseconds UTC.
    pub at: i64,
    /// Bit `i` is set if it matches step `i`, counted from 0. Bits beyond the funnel's steps are ignored.
    pub steps: u32,
    /// Bit `e` is set if it matches the exclusion with index `e`.
    pub exclusions: u32,
}

/// In which order the steps must be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As given; other events may come between.
    Ordered,
    /// As given, and nothing else in between.
    Strict,
    /// In any order.
    Any,
}

/// A stretch of the funnel in which certain events make the attempt void.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exclusion {
    /// The step after whose time it begins, counted from 0.
    pub from_step: usize,
    /// The step before whose time it ends, counted from 0; more than `from_step`.
    pub to_step: usize,
}

/// What the walk goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How many steps there are, 2 to 32. Whoever reads the input checks this; it is cut to 1 to 32 here.
    pub steps: usize,
    /// Longest time from an attempt's first event to its last, microseconds, inclusive; not negative.
    pub window: i64,
    /// In which order the steps must be done.
    pub order: Order,
    /// At most 32; their indices are the bits of [`Hit::exclusions`].
    pub exclusions: Vec<Exclusion>,
}

/// How far an attempt got.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attempt {
    /// The events of the chain: the n-th is the index, in the slice that was walked, of the event that did the
    /// n-th step. Never empty, never longer than the funnel. Their times never decrease.
    pub hits: Vec<usize>,
    /// Which step each of [`Attempt::hits`] did, counted from 0: `0, 1, 2, …` unless the order is
    /// [`Order::Any`], where events that match several steps do the first ones they can.
    pub steps: Vec<usize>,
}

/// Walks one unit after the other, keeping its buffers.
#[derive(Debug)]
pub struct Walker {
    rules: Rules,
    steps: Index,
    best: Best,
    ordered: Ordered,
    any: Any,
    attempt: Attempt,
}

/// A unit that is ready to be asked for its best attempts.
#[derive(Debug)]
pub struct Unit<'a> {
    walker: &'a mut Walker,
    hits: &'a [Hit],
}

/// What every order looks at: the rules and the unit's events.
#[derive(Debug, Clone, Copy)]
struct View<'a> {
    rules: &'a Rules,
    hits: &'a [Hit],
}

impl Walker {
    /// A walker for one funnel.
    #[must_use]
    pub fn new(mut rules: Rules) -> Self {
        rules.steps = rules.steps.clamp(1, 32);
        rules.window = rules.window.max(0);
        Self {
            steps: Index::new(rules.steps),
            best: Best::new(rules.exclusions.len()),
            ordered: Ordered::new(rules.steps),
            any: Any::default(),
            attempt: Attempt::default(),
            rules,
        }
    }

    /// Takes up a unit's events, sorted by time and then by arrival; `u32::MAX` of them at most.
    ///
    /// With [`Order::Strict`] they must be all events of the unit that pass the funnel's filter. Otherwise
    /// events that match neither a step nor an exclusion make no difference.
    pub fn over<'a>(&'a mut self, hits: &'a [Hit]) -> Unit<'a> {
        if self.rules.order != Order::Strict {
            self.steps.fill(hits.iter().map(|hit| hit.steps));
        }
        if !self.rules.exclusions.is_empty() {
            self.best.excluded.fill(hits.iter().map(|hit| hit.exclusions));
        }
        self.ordered.begin();
        Unit { walker: self, hits }
    }
}

impl Unit<'_> {
    /// The best attempt among those whose first event lies in `opened_in` (microseconds UTC, half-open); it may
    /// go on after its end. `None` if there is none, or if all are void.
    ///
    /// Asking for several periods in turn costs about as much as asking for all of them at once.
    pub fn best(&mut self, opened_in: Range<i64>) -> Option<&Attempt> {
        let Walker { rules, steps, best, ordered, any, attempt } = &mut *self.walker;
        let view = View { rules, hits: self.hits };
        attempt.hits.clear();
        attempt.steps.clear();
        match rules.order {
            Order::Ordered => ordered.search(view, steps, best, &opened_in),
            Order::Strict => strict::search(view, best, &opened_in),
            Order::Any => any.search(view, steps, best, &opened_in),
        }
        if best.times().is_empty() {
            return None;
        }
        match rules.order {
            Order::Ordered => ordered.spell_out(view, steps, best, attempt),
            Order::Strict => strict::spell_out(best, attempt),
            Order::Any => any.spell_out(view, steps, best, attempt),
        }
        Some(attempt)
    }
}

impl View<'_> {
    /// When a hit happened.
    fn at(self, hit: u32) -> i64 {
        self.hits[hit as usize].at
    }

    /// The last instant that is in the window of an attempt opened at `at`.
    fn window_end(self, at: i64) -> i64 {
        at.saturating_add(self.rules.window)
    }

    /// The hits at that instant or later, each with its number.
    fn hits_from(&self, at: i64) -> impl Iterator<Item = (u32, &Hit)> {
        let first = self.hits.partition_point(|hit| hit.at < at);
        (u32::try_from(first).unwrap_or(u32::MAX)..u32::MAX).zip(&self.hits[first..])
    }

    /// Whether no other event happened at the same instant.
    fn is_alone(self, hit: u32) -> bool {
        let place = hit as usize;
        let at = self.hits[place].at;
        self.hits.get(place + 1).is_none_or(|next| next.at != at)
            && (place == 0 || self.hits[place - 1].at != at)
    }
}
