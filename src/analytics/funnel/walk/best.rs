//! The best attempt so far, and which attempts are void.

use super::View;
use super::index::Index;

/// Keeps the best of the attempts that are offered in the order of their first events.
#[derive(Debug)]
pub(super) struct Best {
    /// The unit's excluded events, one row per exclusion.
    pub(super) excluded: Index,
    /// No attempt can have more steps than this.
    attainable: usize,
    opener: u32,
    times: Vec<i64>,
}

impl Best {
    /// Nothing yet, for a funnel with that many exclusions.
    pub(super) fn new(exclusions: usize) -> Self {
        Self { excluded: Index::new(exclusions), attainable: 0, opener: 0, times: Vec::new() }
    }

    /// Forgets the best attempt, for a search in which no attempt can have more than so many steps.
    pub(super) fn begin(&mut self, attainable: usize) {
        self.attainable = attainable;
        self.times.clear();
    }

    /// The first event of the best attempt; meaningless while there is none.
    pub(super) fn opener(&self) -> u32 {
        self.opener
    }

    /// When each step of the best attempt was done; empty while there is none.
    pub(super) fn times(&self) -> &[i64] {
        &self.times
    }

    /// Takes the attempt if it is longer than the best and not void. Whether no later attempt can be better.
    pub(super) fn offer(&mut self, view: View<'_>, opener: u32, times: &[i64]) -> bool {
        if times.len() > self.times.len() && !self.is_void(view, times) {
            self.opener = opener;
            self.times.clear();
            self.times.extend_from_slice(times);
        }
        self.times.len() >= self.attainable
    }

    fn is_void(&mut self, view: View<'_>, times: &[i64]) -> bool {
        let window_end = view.window_end(times[0]);
        view.rules.exclusions.iter().take(32).enumerate().any(|(bit, exclusion)| {
            let Some(from) = times.get(exclusion.from_step) else { return false };
            let place = self.excluded.first_after(view.hits, bit, *from);
            let Some(excluded) = self.excluded.row(bit).get(place) else { return false };
            match times.get(exclusion.to_step) {
                Some(to) => view.at(*excluded) < *to,
                None => view.at(*excluded) <= window_end,
            }
        })
    }
}
