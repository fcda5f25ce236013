//! The walk by definition, listing every chain of every attempt, against the walk on many small random units.

use super::{Attempt, Exclusion, Hit, Order, Rules, Walker};
use std::cmp::Reverse;
use std::ops::Range;

/// The best attempt, by trying everything.
fn best(rules: &Rules, hits: &[Hit], opened_in: &Range<i64>) -> Option<Attempt> {
    let mut attempts = Vec::new();
    for opener in (0..hits.len()).filter(|hit| opened_in.contains(&hits[*hit].at)) {
        let mut chains = Vec::new();
        list_chains(rules, hits, &mut Attempt { hits: vec![opener], steps: Vec::new() }, &mut chains);
        let chosen = chains.into_iter().min_by_key(|chain| {
            let times: Vec<i64> = chain.hits.iter().map(|hit| hits[*hit].at).collect();
            (Reverse(chain.hits.len()), times, chain.hits.clone(), chain.steps.clone())
        });
        attempts.extend(chosen.filter(|chain| !is_void(rules, hits, chain)));
    }
    attempts.into_iter().min_by_key(|attempt| (Reverse(attempt.hits.len()), attempt.hits[0]))
}

/// Adds every chain that continues `chain`, whose last hit has no step yet.
fn list_chains(rules: &Rules, hits: &[Hit], chain: &mut Attempt, chains: &mut Vec<Attempt>) {
    let opened_at = hits[chain.hits[0]].at;
    let last = chain.hits[chain.hits.len() - 1];
    for step in (0..rules.steps).filter(|step| hits[last].steps & (1 << step) != 0) {
        let is_next = match rules.order {
            Order::Any => !chain.steps.contains(&step),
            Order::Ordered | Order::Strict => step == chain.steps.len(),
        };
        if !is_next {
            continue;
        }
        chain.steps.push(step);
        chains.push(chain.clone());
        for next in 0..hits.len() {
            let is_possible = !chain.hits.contains(&next)
                && hits[next].at >= hits[last].at
                && hits[next].at - opened_at <= rules.window
                && (rules.order != Order::Strict || next == last + 1);
            if is_possible {
                chain.hits.push(next);
                list_chains(rules, hits, chain, chains);
                chain.hits.pop();
            }
        }
        chain.steps.pop();
    }
}

fn is_void(rules: &Rules, hits: &[Hit], chain: &Attempt) -> bool {
    let time = |step: usize| chain.hits.get(step).map(|hit| hits[*hit].at);
    rules.exclusions.iter().enumerate().any(|(bit, exclusion)| {
        hits.iter().filter(|hit| hit.exclusions & (1 << bit) != 0).any(|hit| {
            match (time(exclusion.from_step), time(exclusion.to_step)) {
                (None, _) => false,
                (Some(from), Some(to)) => from < hit.at && hit.at < to,
                (Some(from), None) => from < hit.at && hit.at <= hits[chain.hits[0]].at + rules.window,
            }
        })
    })
}

/// Random numbers (xorshift64*).
struct Chance(u64);

impl Chance {
    /// A number from 0 to `below` − 1.
    fn below(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % below
    }

    fn index(&mut self, below: usize) -> usize {
        usize::try_from(self.below(below as u64)).unwrap()
    }

    fn instant(&mut self, below: i64) -> i64 {
        i64::try_from(self.below(below.unsigned_abs())).unwrap()
    }

    /// A mask in which each bit is set in one of `odds` cases.
    fn mask(&mut self, bits: usize, odds: u64) -> u32 {
        (0..bits).filter(|_| self.below(odds) == 0).fold(0, |mask, bit| mask | 1 << bit)
    }

    fn rules(&mut self, order: Order, most_steps: usize) -> Rules {
        let steps = 2 + self.index(most_steps - 1);
        let exclusions = (0..self.index(3))
            .map(|_| {
                let from_step = self.index(steps - 1);
                Exclusion { from_step, to_step: from_step + 1 + self.index(steps - from_step - 1) }
            })
            .collect();
        Rules { steps, window: self.instant(12), order, exclusions }
    }

    /// Few instants make heavy ties, few odds make heavy overlaps.
    fn hits(&mut self, rules: &Rules, most: usize) -> Vec<Hit> {
        let instants = 1 + self.instant(14);
        let odds = 1 + self.below(4);
        let single = self.below(3) == 0;
        let mut hits: Vec<Hit> = (0..self.index(most + 1))
            .map(|_| Hit {
                at: self.instant(instants),
                steps: if single {
                    1 << self.index(rules.steps + 1)
                } else {
                    self.mask(rules.steps + 1, odds)
                },
                exclusions: self.mask(rules.exclusions.len(), 5),
            })
            .collect();
        hits.sort_by_key(|hit| hit.at);
        hits
    }
}

/// Compares on `cases` units, each asked for all time and for two periods, and says how often which length came.
fn compare(order: Order, cases: usize, most_steps: usize, most_hits: usize) {
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    let mut lengths = vec![0; most_steps + 1];
    let mut walker = Walker::new(chance.rules(order, most_steps));
    for case in 0..cases {
        if case % 3 == 0 {
            walker = Walker::new(chance.rules(order, most_steps));
        }
        let rules = walker.rules.clone();
        let hits = chance.hits(&rules, most_hits);
        let cut = chance.instant(14);
        let mut unit = walker.over(&hits);
        for opened_in in [0..20, 0..cut, cut..20] {
            let expected = best(&rules, &hits, &opened_in);
            assert_eq!(unit.best(opened_in.clone()), expected.as_ref(), "{rules:?} {hits:#?} {opened_in:?}");
            lengths[expected.map_or(0, |attempt| attempt.hits.len())] += 1;
        }
    }
    assert!(
        lengths.iter().all(|times| *times > cases / 100),
        "every length is well represented: {lengths:?}"
    );
}

#[test]
fn ordered_walks_agree_with_the_list_of_all_chains() {
    compare(Order::Ordered, 20_000, 4, 8);
}

#[test]
fn long_ordered_walks_agree_with_the_list_of_all_chains() {
    compare(Order::Ordered, 2_000, 6, 7);
}

#[test]
fn strict_walks_agree_with_the_list_of_all_runs() {
    compare(Order::Strict, 30_000, 4, 9);
}

#[test]
fn walks_in_any_order_agree_with_the_list_of_all_chains() {
    compare(Order::Any, 10_000, 4, 6);
}

#[test]
fn events_that_match_nothing_make_no_difference_unless_the_order_is_strict() {
    let mut chance = Chance(0xD1B5_4A32_D192_ED03);
    for case in 0..3_000 {
        let order = if case % 2 == 0 { Order::Ordered } else { Order::Any };
        let rules = chance.rules(order, 4);
        let hits = chance.hits(&rules, 12);
        let all_steps = (1 << rules.steps) - 1;
        let kept: Vec<usize> = (0..hits.len())
            .filter(|hit| hits[*hit].steps & all_steps != 0 || hits[*hit].exclusions != 0)
            .collect();
        let fewer: Vec<Hit> = kept.iter().map(|hit| hits[*hit]).collect();
        let of_fewer = Walker::new(rules.clone()).over(&fewer).best(0..20).cloned();
        let renamed = of_fewer.map(|attempt| Attempt {
            hits: attempt.hits.iter().map(|hit| kept[*hit]).collect(),
            steps: attempt.steps,
        });
        assert_eq!(Walker::new(rules).over(&hits).best(0..20), renamed.as_ref());
    }
}
