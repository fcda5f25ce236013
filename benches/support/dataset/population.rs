//! Who uses the made-up product: companies by a power law, their workspaces, teams and people.
//!
//! The same for every number of events.

use super::dice::{Weighted, chance, exponential, floor, normal, power_law};
use super::vocabulary::{Names, paths};
use super::{DAYS, SEED};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// Companies.
pub(crate) const COMPANIES: usize = 5_000;
/// Workspaces, at least one for each company.
pub(crate) const WORKSPACES: usize = 15_000;
/// Teams, at least one for each company.
pub(crate) const TEAMS: usize = 8_000;
/// Profiles, at least one for each company.
pub(crate) const PROFILES: usize = 200_000;

/// One profile.
#[derive(Debug)]
pub(crate) struct Person {
    /// Its company; for a consultant (3 %) there is a second one.
    pub(crate) companies: [usize; 2],
    /// A workspace of each.
    pub(crate) workspaces: [usize; 2],
    /// A team of the first.
    pub(crate) team: usize,
    /// How busy it is.
    weight: f64,
    /// The day on which it signed up; `None`: before the first day.
    pub(crate) joined: Option<usize>,
    /// The first day on which it is gone.
    gone: usize,
}

impl Person {
    /// How busy it is on a day.
    pub(crate) fn weight_on(&self, day: usize) -> f64 {
        let is_there = self.joined.is_none_or(|joined| joined <= day) && day < self.gone;
        if is_there { self.weight } else { 0.0 }
    }
}

/// Everybody, and the words they use.
#[derive(Debug)]
pub(crate) struct Population {
    /// Everybody.
    pub(crate) people: Vec<Person>,
    /// Ids of profiles.
    pub(crate) profile_ids: Vec<String>,
    /// Ids of devices, two for each profile.
    pub(crate) device_ids: Vec<String>,
    /// Ids of companies.
    pub(crate) company_ids: Vec<String>,
    /// Ids of workspaces.
    pub(crate) workspace_ids: Vec<String>,
    /// Ids of teams.
    pub(crate) team_ids: Vec<String>,
    /// The company of each workspace.
    pub(crate) workspace_company: Vec<usize>,
    /// The company of each team.
    pub(crate) team_company: Vec<usize>,
    /// Names of events.
    pub(crate) names: Names,
    /// Paths.
    pub(crate) paths: Vec<String>,
    /// How often each path is visited.
    pub(crate) path_weights: Weighted,
}

impl Population {
    /// The one population.
    pub(crate) fn new() -> Self {
        let mut dice = ChaCha8Rng::seed_from_u64(SEED);
        let law = Weighted::new(power_law(COMPANIES, 0.8));
        let mut company: Vec<usize> = (0..COMPANIES).collect();
        company.extend((COMPANIES..PROFILES).map(|_| law.pick(&mut dice)));
        company.shuffle(&mut dice);
        let mut people_of = vec![0.0; COMPANIES];
        for company in &company {
            people_of[*company] += 1.0;
        }
        let by_size = Weighted::new(people_of);
        let (workspace_company, workspaces) = parts(WORKSPACES, &by_size, &mut dice);
        let (team_company, teams) = parts(TEAMS, &by_size, &mut dice);
        let eagerness: Vec<f64> = (0..COMPANIES).map(|_| 0.3 + dice.random::<f64>()).collect();
        let people = company.into_iter().map(|first| {
            let second = if chance(&mut dice, 0.03) { law.pick(&mut dice) } else { first };
            let companies = [first, second];
            let joined = if chance(&mut dice, 0.45) { None } else { Some(dice.random_range(0..DAYS)) };
            Person {
                companies,
                workspaces: companies.map(|company| one_of(&workspaces[company], &mut dice)),
                team: one_of(&teams[first], &mut dice),
                weight: normal(&mut dice, 0.0, 1.0).exp() * eagerness[first],
                joined,
                gone: joined.unwrap_or(0) + floor(exponential(&mut dice, 160.0)) + 1,
            }
        });
        let people = people.collect();
        let paths = paths();
        Self {
            people,
            profile_ids: ids("usr_", PROFILES, 20),
            device_ids: ids("", 2 * PROFILES, 32),
            company_ids: ids("org_", COMPANIES, 12),
            workspace_ids: ids("ws_", WORKSPACES, 12),
            team_ids: ids("team_", TEAMS, 12),
            workspace_company,
            team_company,
            names: Names::new(),
            path_weights: Weighted::new(power_law(paths.len(), 1.1)),
            paths,
        }
    }
}

/// The company of each part, and the parts of each company: one each, the rest by size.
fn parts(count: usize, by_size: &Weighted, dice: &mut ChaCha8Rng) -> (Vec<usize>, Vec<Vec<usize>>) {
    let mut company: Vec<usize> = (0..COMPANIES).collect();
    company.extend((COMPANIES..count).map(|_| by_size.pick(dice)));
    company.sort_unstable();
    let mut parts = vec![Vec::new(); COMPANIES];
    for (part, company) in company.iter().enumerate() {
        parts[*company].push(part);
    }
    (company, parts)
}

fn one_of(items: &[usize], dice: &mut ChaCha8Rng) -> usize {
    items[dice.random_range(0..items.len())]
}

/// Ids whose order has nothing to do with how big or busy their owners are.
fn ids(prefix: &str, count: usize, digits: usize) -> Vec<String> {
    let id = |number: usize| {
        let hex = format!("{:x}", Sha256::digest(format!("{prefix}{number}")));
        format!("{prefix}{}", &hex[..digits])
    };
    (0..count).map(id).collect()
}
