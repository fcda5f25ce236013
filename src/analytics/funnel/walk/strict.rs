//! Steps in the order given with nothing in between: a run is a stretch of neighbouring events.

use super::best::Best;
use super::{Attempt, View};
use std::ops::Range;

/// Offers every run opened in the period. A run is 32 events at most, so the time is linear.
pub(super) fn search(view: View<'_>, best: &mut Best, opened_in: &Range<i64>) {
    best.begin(view.rules.steps);
    let mut times = [0; 32];
    for (opener, first) in view.hits_from(opened_in.start) {
        if first.at >= opened_in.end {
            return;
        }
        let window_end = view.window_end(first.at);
        let mut done = 0;
        for (step, hit) in view.hits[opener as usize..].iter().take(view.rules.steps).enumerate() {
            if hit.steps & (1 << step) == 0 || (step > 0 && hit.at > window_end) {
                break;
            }
            times[step] = hit.at;
            done += 1;
        }
        if done > 0 && best.offer(view, opener, &times[..done]) {
            return;
        }
    }
}

/// Writes down the events of the best run.
pub(super) fn spell_out(best: &Best, attempt: &mut Attempt) {
    let steps = best.times().len();
    let first = best.opener() as usize;
    attempt.hits.extend(first..first + steps);
    attempt.steps.extend(0..steps);
}
