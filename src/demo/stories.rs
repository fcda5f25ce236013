//! What becomes of a company over the 180 days: how busy it is, when people join it, what it pays.

use super::dice::Dice;
use super::places::DAYS;
use chrono::{DateTime, Utc};

/// What a company subscribes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Plan {
    Free,
    Team,
    Business,
    Enterprise,
}

impl Plan {
    /// The word in the group's property `plan`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Team => "team",
            Self::Business => "business",
            Self::Enterprise => "enterprise",
        }
    }

    /// Price of a seat for a month, in minor units.
    pub(super) fn seat_price(self) -> i64 {
        match self {
            Self::Free => 0,
            Self::Team => 1_200,
            Self::Business => 2_400,
            Self::Enterprise => 4_500,
        }
    }

    /// The next dearer plan.
    pub(super) fn up(self) -> Self {
        match self {
            Self::Free => Self::Team,
            Self::Team => Self::Business,
            Self::Business | Self::Enterprise => Self::Enterprise,
        }
    }

    /// The next cheaper plan.
    pub(super) fn down(self) -> Self {
        match self {
            Self::Free | Self::Team => Self::Free,
            Self::Business => Self::Team,
            Self::Enterprise => Self::Business,
        }
    }
}

/// What a company subscribes to from some instant on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Subscription {
    /// Since when.
    pub(super) from: DateTime<Utc>,
    /// The plan.
    pub(super) plan: Plan,
    /// People who may use it.
    pub(super) seats: i64,
}

impl Subscription {
    /// Monthly revenue in minor units.
    pub(super) fn mrr(&self) -> i64 {
        self.seats * self.plan.seat_price()
    }
}

/// How well newcomers of a company find their way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Onboarding {
    Smooth,
    Usual,
    Rough,
}

impl Onboarding {
    /// How many of the steps `signup`, `project_created`, `invite_sent` and `report_exported` a newcomer
    /// takes: 1 to 4.
    pub(super) fn steps_taken(self, dice: &mut Dice) -> usize {
        let rates = match self {
            Self::Smooth => [840, 620, 420],
            Self::Usual => [640, 380, 205],
            Self::Rough => [380, 160, 60],
        };
        let drawn = dice.between(0, 999);
        1 + rates.iter().filter(|rate| drawn < **rate).count()
    }
}

/// What becomes of a company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Story {
    /// A customer of long standing, used as ever.
    Steady,
    /// A customer of long standing whose people join and use it more and more, and who upgrades.
    Growing,
    /// Used less and less over the last 40 to 60 days.
    Slipping,
    /// Not paid for and not used at all over the last 32 to 55 days.
    Silent,
    /// Free of charge, with many people who use it now and then.
    Crowded,
    /// Founded somewhere within the 180 days.
    Young,
    /// Founded within the last four weeks.
    BrandNew,
}

impl Story {
    /// Days between the start of the data and the company's founding; `None`: long before the data.
    pub(super) fn founding_day(self, dice: &mut Dice) -> Option<i64> {
        match self {
            Self::Young => Some(dice.between(4, DAYS - 45)),
            Self::BrandNew => Some(dice.between(DAYS - 27, DAYS - 9)),
            _ => None,
        }
    }

    /// The day from which a company slips away or is silent; the end of the data for others.
    pub(super) fn turning_day(self, dice: &mut Dice) -> i64 {
        match self {
            Self::Slipping => dice.between(DAYS - 60, DAYS - 40),
            Self::Silent => dice.between(DAYS - 55, DAYS - 32),
            _ => DAYS,
        }
    }

    /// How much people use it on a day, in thousandths of the usual.
    pub(super) fn pace(self, day: i64, turning_day: i64) -> i64 {
        match self {
            Self::Growing => 400 + 1_200 * day / DAYS,
            Self::Slipping if day >= turning_day => {
                1_000 - 930 * (day - turning_day) / (DAYS - turning_day).max(1)
            }
            Self::Silent if day >= turning_day => 0,
            Self::Steady | Self::Slipping | Self::Silent => 1_000,
            Self::Crowded => 420,
            Self::Young => 1_100,
            Self::BrandNew => 1_300,
        }
    }

    /// The day someone joins who was not there when the company was founded; `None`: before the data begin.
    pub(super) fn joining_day(self, founding_day: i64, turning_day: i64, dice: &mut Dice) -> Option<i64> {
        let last = DAYS - 1;
        match self {
            Self::Steady | Self::Crowded => (!dice.chance(350)).then(|| dice.between(0, last)),
            Self::Growing => (!dice.chance(180)).then(|| last - dice.mostly_small(last)),
            Self::Slipping | Self::Silent => (!dice.chance(550)).then(|| dice.between(0, turning_day - 10)),
            Self::Young => Some(founding_day + dice.mostly_small(last - founding_day)),
            Self::BrandNew => Some(founding_day + dice.mostly_small((last - founding_day).min(10))),
        }
    }

    /// The day the plan changes, and the new plan. `rank` is the company's place among all, by size.
    pub(super) fn plan_change(
        self,
        plan: Plan,
        rank: usize,
        founding_day: i64,
        turning_day: i64,
        dice: &mut Dice,
    ) -> Option<(i64, Plan)> {
        let change = match self {
            Self::Growing => (dice.between(60, 130), plan.up()),
            Self::Slipping => (dice.between(turning_day + 12, DAYS - 12), plan.down()),
            // Whoever is about to fall silent stops paying first.
            Self::Silent => (turning_day - 4, Plan::Free),
            Self::Young => (founding_day + dice.between(20, 44), plan.up()),
            Self::Steady if rank % 9 == 5 => (dice.between(30, 150), plan.up()),
            _ => return None,
        };
        (change.1 != plan).then_some(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slipping_companies_fade_and_silent_ones_stop() {
        assert_eq!(Story::Slipping.pace(119, 120), 1_000);
        assert_eq!(Story::Slipping.pace(150, 120), 535);
        assert_eq!(Story::Silent.pace(140, 140), 0);
        assert_eq!(Story::Silent.pace(139, 140), 1_000);
    }

    #[test]
    fn newcomers_take_as_many_steps_as_the_rates_say() {
        let mut dice = Dice::new(3, 9);
        let mut reached = [0; 4];
        for _ in 0..10_000 {
            let steps = Onboarding::Usual.steps_taken(&mut dice);
            reached.iter_mut().take(steps).for_each(|units| *units += 1);
        }
        assert_eq!(reached[0], 10_000);
        assert!((6_200..6_600).contains(&reached[1]), "{reached:?}");
        assert!((3_600..4_000).contains(&reached[2]), "{reached:?}");
        assert!((1_900..2_200).contains(&reached[3]), "{reached:?}");
    }
}
