//! One small unit per ruling of the funnel.

use super::{Attempt, Exclusion, Hit, Order, Rules, Walker};

/// An event at a time that matches the steps with these numbers, counted from 1.
fn hit(at: i64, steps: &[u32]) -> Hit {
    Hit { at, steps: steps.iter().fold(0, |mask, step| mask | 1 << (step - 1)), exclusions: 0 }
}

/// An event at a time that is excluded by the only exclusion.
fn excluded(at: i64) -> Hit {
    Hit { at, steps: 0, exclusions: 1 }
}

fn rules(order: Order, steps: usize, window: i64) -> Rules {
    Rules { steps, window, order, exclusions: Vec::new() }
}

/// Rules with an exclusion between two steps, counted from 1.
fn excluding(mut rules: Rules, from: usize, to: usize) -> Rules {
    rules.exclusions.push(Exclusion { from_step: from - 1, to_step: to - 1 });
    rules
}

/// The events of the result, empty if there is none.
fn walk(rules: Rules, hits: &[Hit]) -> Vec<usize> {
    Walker::new(rules)
        .over(hits)
        .best(i64::MIN..i64::MAX)
        .map(|attempt| attempt.hits.clone())
        .unwrap_or_default()
}

fn ordered(steps: usize, window: i64) -> Rules {
    rules(Order::Ordered, steps, window)
}

fn strict(steps: usize) -> Rules {
    rules(Order::Strict, steps, 1_000)
}

fn any(steps: usize, window: i64) -> Rules {
    rules(Order::Any, steps, window)
}

const HOUR: i64 = 60;

/// The example of the module's documentation, in minutes after midnight.
fn example() -> [Hit; 5] {
    let at = |hour: i64, minute: i64, step: u32| hit(hour * HOUR + minute, &[step]);
    [at(8, 0, 2), at(9, 0, 1), at(9, 20, 2), at(9, 30, 1), at(10, 15, 3)]
}

#[test]
fn the_example_gives_the_documented_results() {
    assert_eq!(walk(ordered(3, 2 * HOUR), &example()), [1, 2, 4]);
    assert_eq!(walk(ordered(3, HOUR), &example()), [1, 2]);
    assert_eq!(walk(rules(Order::Strict, 3, 2 * HOUR), &example()), [1, 2]);
    let mut walker = Walker::new(any(3, HOUR));
    let in_any_order = Attempt { hits: vec![2, 3, 4], steps: vec![1, 0, 2] };
    assert_eq!(walker.over(&example()).best(0..24 * HOUR), Some(&in_any_order));
    let excluded = example().map(|hit| Hit { exclusions: hit.steps & 1, ..hit });
    assert_eq!(walk(excluding(ordered(3, 2 * HOUR), 2, 3), &excluded), [3]);
}

#[test]
fn without_step_1_there_is_no_attempt() {
    assert_eq!(walk(ordered(2, 100), &[hit(0, &[2]), hit(1, &[2])]), [0_usize; 0]);
    assert_eq!(walk(strict(2), &[hit(0, &[2]), hit(1, &[2])]), [0_usize; 0]);
    assert_eq!(walk(any(2, 100), &[hit(0, &[]), hit(1, &[3])]), [0_usize; 0]);
    assert_eq!(walk(ordered(2, 100), &[]), [0_usize; 0]);
}

#[test]
fn the_last_instant_of_the_window_is_inside() {
    for order in [Order::Ordered, Order::Strict, Order::Any] {
        assert_eq!(walk(rules(order, 2, 10), &[hit(5, &[1]), hit(15, &[2])]), [0, 1], "{order:?}");
        assert_eq!(walk(rules(order, 2, 10), &[hit(5, &[1]), hit(16, &[2])]), [0], "{order:?}");
    }
}

#[test]
fn the_window_runs_from_the_first_event_not_from_the_step_before() {
    let hits = [hit(0, &[1]), hit(8, &[2]), hit(16, &[3])];
    assert_eq!(walk(ordered(3, 10), &hits), [0, 1]);
}

#[test]
fn a_window_that_reaches_beyond_all_time_is_endless() {
    assert_eq!(walk(ordered(2, i64::MAX), &[hit(5, &[1]), hit(i64::MAX, &[2])]), [0, 1]);
}

#[test]
fn events_at_one_instant_count_in_whatever_order_they_arrived() {
    assert_eq!(walk(ordered(3, 10), &[hit(5, &[3]), hit(5, &[2]), hit(5, &[1])]), [2, 1, 0]);
    assert_eq!(walk(ordered(3, 10), &[hit(4, &[1]), hit(5, &[3]), hit(5, &[2])]), [0, 2, 1]);
}

#[test]
fn an_earlier_instant_never_follows_a_later_one() {
    assert_eq!(walk(ordered(2, 10), &[hit(4, &[2]), hit(5, &[1])]), [1]);
}

#[test]
fn a_step_given_twice_needs_two_events() {
    assert_eq!(walk(ordered(3, 10), &[hit(1, &[1, 2]), hit(2, &[3])]), [0]);
    assert_eq!(walk(ordered(3, 10), &[hit(1, &[1, 2]), hit(2, &[1, 2]), hit(3, &[3])]), [0, 1, 2]);
    assert_eq!(walk(any(3, 10), &[hit(1, &[1, 2]), hit(2, &[3])]), [0, 1]);
}

#[test]
fn an_event_that_matches_several_steps_serves_the_one_that_makes_the_chain_longest() {
    // At instant 2 the first event could do step 2 or 3, the second only step 2.
    assert_eq!(walk(ordered(3, 10), &[hit(1, &[1]), hit(2, &[2, 3]), hit(2, &[2])]), [0, 2, 1]);
    // At the first instant the event that could do both must leave step 1 to the other.
    assert_eq!(walk(ordered(2, 10), &[hit(1, &[1, 2]), hit(1, &[1])]), [1, 0]);
}

#[test]
fn the_earliest_of_equally_long_attempts_is_the_result() {
    let hits = [hit(1, &[1]), hit(3, &[1]), hit(3, &[1]), hit(4, &[2]), hit(20, &[1])];
    assert_eq!(walk(ordered(2, 10), &hits), [0, 3]);
    assert_eq!(walk(ordered(2, 1), &hits), [1, 3], "of one instant, the one that arrived first");
}

#[test]
fn a_longer_attempt_beats_an_earlier_one() {
    assert_eq!(walk(ordered(2, 5), &[hit(0, &[1]), hit(10, &[1]), hit(12, &[2])]), [1, 2]);
}

#[test]
fn each_step_is_done_as_early_as_possible_and_then_by_the_lowest_arrival() {
    let hits = [hit(0, &[1]), hit(1, &[2]), hit(2, &[2]), hit(3, &[3]), hit(3, &[3]), hit(4, &[3])];
    assert_eq!(walk(ordered(3, 10), &hits), [0, 1, 3]);
    // Steps 2 and 3 take two of three events; the lowest for step 2 that leaves one for step 3 is the second.
    let hits = [hit(0, &[1]), hit(1, &[3]), hit(1, &[2]), hit(1, &[2, 3])];
    assert_eq!(walk(ordered(3, 10), &hits), [0, 2, 1]);
}

#[test]
fn any_other_event_breaks_a_strict_run() {
    assert_eq!(walk(strict(2), &[hit(0, &[1]), hit(1, &[]), hit(2, &[2])]), [0]);
    assert_eq!(walk(strict(2), &[hit(0, &[1]), hit(1, &[2])]), [0, 1]);
}

#[test]
fn a_repeat_of_a_done_step_breaks_a_strict_run() {
    assert_eq!(walk(strict(3), &[hit(0, &[1]), hit(1, &[2]), hit(2, &[2]), hit(3, &[3])]), [0, 1]);
    assert_eq!(walk(strict(3), &[hit(0, &[1]), hit(1, &[2]), hit(2, &[1]), hit(3, &[3])]), [0, 1]);
}

#[test]
fn a_repeat_of_step_1_opens_a_strict_run_of_its_own() {
    assert_eq!(walk(strict(2), &[hit(0, &[1]), hit(1, &[1]), hit(2, &[2])]), [1, 2]);
}

#[test]
fn the_best_of_several_strict_runs_counts() {
    let hits =
        [hit(0, &[1]), hit(1, &[]), hit(2, &[1]), hit(3, &[2]), hit(4, &[3]), hit(5, &[1]), hit(6, &[2])];
    assert_eq!(walk(strict(3), &hits), [2, 3, 4]);
}

#[test]
fn arrival_decides_the_order_inside_an_instant_of_a_strict_run() {
    assert_eq!(walk(strict(2), &[hit(0, &[2]), hit(0, &[1])]), [1]);
    assert_eq!(walk(strict(2), &[hit(0, &[1]), hit(0, &[2])]), [0, 1]);
}

#[test]
fn an_excluded_event_voids_strictly_between_the_two_times() {
    let unit = |at| [hit(0, &[1]), excluded(at), hit(5, &[2])];
    assert_eq!(walk(excluding(ordered(2, 10), 1, 2), &unit(3)), [0_usize; 0]);
    assert_eq!(walk(excluding(ordered(2, 10), 1, 2), &unit(0)), [0, 2]);
    assert_eq!(walk(excluding(ordered(2, 10), 1, 2), &unit(5)), [0, 2]);
}

#[test]
fn an_excluded_event_outside_its_steps_does_nothing() {
    let hits = [hit(0, &[1]), excluded(1), hit(2, &[2]), hit(4, &[3]), excluded(5)];
    assert_eq!(walk(excluding(ordered(3, 10), 2, 3), &hits), [0, 2, 3]);
    assert_eq!(walk(excluding(ordered(3, 10), 1, 3), &hits), [0_usize; 0]);
    let stopped = [hit(0, &[1]), excluded(1), excluded(2)];
    assert_eq!(walk(excluding(ordered(3, 10), 2, 3), &stopped), [0], "step 2 was not reached");
}

#[test]
fn an_exclusion_runs_to_the_windows_end_if_its_second_step_was_not_reached() {
    assert_eq!(walk(excluding(ordered(2, 10), 1, 2), &[hit(0, &[1]), excluded(10)]), [0_usize; 0]);
    assert_eq!(walk(excluding(ordered(2, 10), 1, 2), &[hit(0, &[1]), excluded(11)]), [0]);
}

#[test]
fn the_longest_chain_is_chosen_before_exclusions_are_looked_at() {
    // Stopping at step 2 would not be void; the chain goes on to step 3 and is.
    let hits = [hit(0, &[1]), hit(1, &[2]), excluded(2), hit(3, &[3])];
    assert_eq!(walk(excluding(ordered(3, 10), 2, 3), &hits), [0_usize; 0]);
    // The later of two events for step 2 would not be void; the earlier is chosen and is.
    let hits = [hit(0, &[1]), hit(1, &[2]), excluded(2), hit(3, &[2]), hit(4, &[3])];
    assert_eq!(walk(excluding(ordered(3, 10), 2, 3), &hits), [0_usize; 0]);
}

#[test]
fn the_next_best_attempt_counts_when_the_best_is_void() {
    let hits = [hit(0, &[1]), excluded(1), hit(2, &[1]), hit(3, &[2])];
    assert_eq!(walk(excluding(ordered(2, 10), 1, 2), &hits), [2, 3]);
    let shorter = [hit(0, &[1]), hit(1, &[2]), excluded(2), hit(3, &[3]), hit(4, &[1])];
    assert_eq!(walk(excluding(ordered(3, 10), 2, 3), &shorter), [4]);
}

#[test]
fn an_excluded_event_that_serves_a_step_in_between_voids_too() {
    let both = Hit { exclusions: 1, ..hit(1, &[2]) };
    assert_eq!(walk(excluding(ordered(3, 10), 1, 3), &[hit(0, &[1]), both, hit(2, &[3])]), [0_usize; 0]);
}

#[test]
fn exclusions_hold_for_strict_runs_and_for_any_order() {
    let hits = [hit(0, &[1]), hit(1, &[2]), excluded(2)];
    assert_eq!(walk(excluding(strict(3), 2, 3), &hits), [0_usize; 0]);
    // The second and the third distinct step done are steps 1 and 2 of the funnel.
    let hits = [hit(0, &[3]), hit(1, &[1]), excluded(2), hit(3, &[2])];
    assert_eq!(
        walk(excluding(any(3, 3), 2, 3), &hits),
        [1, 3],
        "the attempt opened at 1 is void only from 3 on"
    );
    assert_eq!(walk(excluding(any(3, 3), 1, 2), &hits), [0, 1, 3]);
}

#[test]
fn in_any_order_a_repeat_is_passed_over() {
    let hits = [hit(0, &[2]), hit(1, &[2]), hit(2, &[3]), hit(3, &[2]), hit(4, &[1])];
    let attempt = Attempt { hits: vec![0, 2, 4], steps: vec![1, 2, 0] };
    assert_eq!(Walker::new(any(3, 10)).over(&hits).best(0..10), Some(&attempt));
}

#[test]
fn in_any_order_an_event_that_matches_several_steps_makes_room_for_others() {
    let hits = [hit(0, &[1, 2]), hit(1, &[1, 3]), hit(2, &[1]), hit(3, &[1])];
    let attempt = Attempt { hits: vec![0, 1, 2], steps: vec![1, 2, 0] };
    assert_eq!(Walker::new(any(3, 10)).over(&hits).best(0..10), Some(&attempt));
}

#[test]
fn a_period_counts_attempts_opened_in_it_which_may_end_after_it() {
    let hits = [hit(0, &[1]), hit(1, &[2]), hit(10, &[1]), hit(19, &[1]), hit(20, &[2])];
    for order in [Order::Ordered, Order::Strict, Order::Any] {
        let mut walker = Walker::new(rules(order, 2, 5));
        let mut unit = walker.over(&hits);
        assert_eq!(unit.best(0..10).map(|attempt| attempt.hits.clone()), Some(vec![0, 1]), "{order:?}");
        assert_eq!(unit.best(10..20).map(|attempt| attempt.hits.clone()), Some(vec![3, 4]), "{order:?}");
        assert_eq!(unit.best(2..10), None, "{order:?}");
        assert_eq!(unit.best(10..11).map(|attempt| attempt.hits.clone()), Some(vec![2]), "{order:?}");
    }
}

#[test]
fn a_walker_forgets_the_unit_before() {
    let mut walker = Walker::new(excluding(ordered(2, 10), 1, 2));
    assert_eq!(walker.over(&[hit(0, &[1]), excluded(1), hit(2, &[2])]).best(0..10), None);
    let attempt = walker.over(&[hit(0, &[1]), hit(2, &[2])]).best(0..10).cloned();
    assert_eq!(attempt, Some(Attempt { hits: vec![0, 1], steps: vec![0, 1] }));
}

#[test]
fn thirty_two_steps_at_one_instant_are_matched() {
    // Event n matches steps 1 to n: only the exact assignment reaches the end.
    let hits: Vec<Hit> =
        (0..32).rev().map(|place| Hit { at: 7, steps: u32::MAX >> place, exclusions: 0 }).collect();
    assert_eq!(walk(ordered(32, 0), &hits), (0..32).collect::<Vec<_>>());
    assert_eq!(walk(any(32, 0), &hits), (0..32).collect::<Vec<_>>());
}

#[test]
fn a_unit_with_very_many_attempts_takes_no_quadratic_time() {
    // Step 3 is out of every window's reach, so 200,000 attempts stop short of what there are events for.
    let alone: Vec<Hit> = (0..200_000).map(|at| hit(at, &[if at % 2 == 0 { 1 } else { 2 }])).collect();
    let tied: Vec<Hit> = alone.iter().map(|hit| Hit { at: 0, steps: 3, ..*hit }).collect();
    for hits in [alone, tied] {
        let hits = [hits, vec![hit(10_000_000, &[3])]].concat();
        for order in [Order::Ordered, Order::Strict, Order::Any] {
            assert_eq!(walk(rules(order, 3, 1_000_000), &hits), [0, 1], "{order:?}");
        }
    }
}
