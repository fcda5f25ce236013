//! Events that happen while the benchmark runs: somebody of the population does something, as an SDK sends it.

use super::dataset::dice::{Weighted, chance, power_law};
use super::dataset::population::Population;
use super::dataset::vocabulary::{BROWSERS, PLANS};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fmt::Write as _;

/// Draws events.
#[derive(Debug)]
pub(crate) struct Live<'a> {
    population: &'a Population,
    busy: Weighted,
    dice: ChaCha8Rng,
}

impl<'a> Live<'a> {
    /// Events of the population; another seed gives other events.
    pub(crate) fn of(population: &'a Population, seed: u64) -> Self {
        let busy = Weighted::new(power_law(population.people.len(), 0.5));
        Self { population, busy, dice: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// The body of a request with one event.
    pub(crate) fn event(&mut self) -> String {
        let mut body = String::with_capacity(512);
        self.write(&mut body);
        body
    }

    /// The body of a request with many events.
    pub(crate) fn batch(&mut self, count: usize) -> String {
        let mut body = String::with_capacity(384 * count);
        for number in 0..count {
            body.push(if number == 0 { '[' } else { ',' });
            self.write(&mut body);
        }
        body.push(']');
        body
    }

    fn write(&mut self, body: &mut String) {
        let (population, dice) = (self.population, &mut self.dice);
        let number = self.busy.pick(dice);
        let person = &population.people[number];
        let profile = &population.profile_ids[number];
        let device = &population.device_ids[2 * number];
        let company = &population.company_ids[person.companies[0]];
        let workspace = &population.workspace_ids[person.workspaces[0]];
        let name = population.names.pick(dice, false);
        let path = &population.paths[population.path_weights.pick(dice)];
        let plan = PLANS[dice.random_range(0..PLANS.len())];
        let browser = BROWSERS[dice.random_range(0..BROWSERS.len())];
        let groups = if chance(dice, 0.2) {
            let team = &population.team_ids[person.team];
            format!(r#""{company}","{workspace}","{team}""#)
        } else {
            format!(r#""{company}","{workspace}""#)
        };
        // Writing to a text cannot fail.
        let _ = write!(
            body,
            r#"{{"type":"track","payload":{{"name":"{name}","profileId":"{profile}","groups":[{groups}],"properties":{{"__deviceId":"{device}","__path":"https://app.example.com{path}","plan":"{plan}","browser":"{browser}"}}}}}}"#
        );
    }
}
