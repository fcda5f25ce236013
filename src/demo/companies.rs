//! The companies and their workspaces: who they are, and what they subscribe to over time.

use super::dice::Dice;
use super::places::{
    AU, BR, CA, Country, DAYS, DE, DK, ES, FR, GB, IN, IT, JP, NL, NO, PL, SE, SG, Span, US,
};
use super::stories::Onboarding::{Rough, Smooth, Usual};
use super::stories::Plan::{Business, Enterprise, Free, Team};
use super::stories::Story::{BrandNew, Crowded, Growing, Silent, Slipping, Steady, Young};
use super::stories::{Onboarding, Plan, Story, Subscription};
use chrono::{DateTime, Duration, Utc};

/// The workspace that is deleted at the end, as the last part of its id.
pub(super) const DELETED_WORKSPACE: &str = "sandbox";

type Row = (&'static str, &'static str, &'static Country, Plan, Story, Onboarding);

/// Name, industry, country, first plan, story and onboarding of every company, the largest first.
#[rustfmt::skip]
static COMPANIES: [Row; 72] = [
    ("Acme Robotics", "manufacturing", &US, Enterprise, Steady, Smooth),
    ("Openfield Community", "nonprofit", &GB, Free, Crowded, Rough),
    ("Borealis Shipping", "logistics", &NO, Enterprise, Steady, Usual),
    ("Cobalt Mutual", "insurance", &DE, Enterprise, Slipping, Usual),
    ("Pinecrest Health", "healthcare", &US, Business, Growing, Smooth),
    ("Sakura Kitchens", "food", &JP, Business, Steady, Usual),
    ("Lumen Hydro", "energy", &FR, Enterprise, Steady, Rough),
    ("Tidewater Credit", "finance", &US, Business, Silent, Usual),
    ("Quartz Pixel", "software", &IN, Team, Growing, Smooth),
    ("Hollow Oak Press", "media", &GB, Business, Steady, Usual),
    ("Delta Cartography", "software", &NL, Business, Steady, Smooth),
    ("Marigold Retail", "retail", &ES, Team, Slipping, Rough),
    ("Northbay Freight", "logistics", &CA, Business, Steady, Usual),
    ("Ibex Outdoor", "retail", &IT, Team, Steady, Usual),
    ("Kestrel Avionics", "manufacturing", &SE, Business, Growing, Usual),
    ("Lantern Advisory", "consulting", &DE, Team, Steady, Smooth),
    ("Copperleaf Homes", "construction", &AU, Team, Steady, Rough),
    ("Saltmarsh Studios", "media", &US, Team, Silent, Usual),
    ("Vega Telecom", "telecom", &BR, Business, Steady, Usual),
    ("Mossgate University", "education", &GB, Free, Steady, Usual),
    ("Fjordline Seafood", "food", &NO, Team, Steady, Usual),
    ("Tangerine Travel", "travel", &ES, Team, Young, Smooth),
    ("Bluefin Payments", "finance", &SG, Business, Growing, Smooth),
    ("Granite Legal", "legal", &US, Team, Steady, Usual),
    ("Harbour Biotech", "healthcare", &DK, Business, Slipping, Usual),
    ("Ember Games", "software", &PL, Team, Young, Usual),
    ("Willowbank Schools", "education", &AU, Free, Steady, Rough),
    ("Orchid Cosmetics", "retail", &FR, Team, Steady, Usual),
    ("Redwood Solar", "energy", &US, Free, Young, Smooth),
    ("Polaris Mapping", "software", &CA, Team, Steady, Usual),
    ("Silverstream Water", "utilities", &NL, Team, Silent, Usual),
    ("Juniper Labs", "healthcare", &US, Free, BrandNew, Smooth),
    ("Thistle Events", "travel", &GB, Free, Steady, Usual),
    ("Monsoon Textiles", "manufacturing", &IN, Team, Steady, Usual),
    ("Cirrus Weather", "software", &DE, Free, Young, Usual),
    ("Badger Tools", "manufacturing", &US, Team, Slipping, Rough),
    ("Azulejo Design", "design", &BR, Free, Steady, Smooth),
    ("Riverbend Clinics", "healthcare", &CA, Team, Steady, Usual),
    ("Foxglove Gardens", "retail", &GB, Free, Young, Usual),
    ("Nimbus Parking", "mobility", &SG, Team, Growing, Usual),
    ("Anchor Wharf", "logistics", &NL, Free, Steady, Rough),
    ("Zephyr Cycles", "mobility", &DK, Free, Steady, Usual),
    ("Maple Street Bakery", "food", &CA, Free, BrandNew, Usual),
    ("Onyx Security", "software", &US, Team, Steady, Usual),
    ("Peregrine Couriers", "logistics", &IT, Free, Young, Rough),
    ("Stonebridge Arts", "nonprofit", &GB, Free, Steady, Usual),
    ("Kyoto Ceramics", "manufacturing", &JP, Team, Steady, Usual),
    ("Lighthouse Advisory", "consulting", &US, Team, Young, Smooth),
    ("Bramble Foods", "food", &GB, Free, Slipping, Usual),
    ("Sundial Fitness", "health", &AU, Free, Steady, Usual),
    ("Cascade Brewing", "food", &US, Free, BrandNew, Smooth),
    ("Heron Estates", "construction", &ES, Free, Steady, Rough),
    ("Tundra Gear", "retail", &SE, Team, Young, Usual),
    ("Cedar Accounting", "finance", &CA, Free, Steady, Usual),
    ("Meridian Dental", "healthcare", &DE, Free, Young, Usual),
    ("Pebble Toys", "retail", &DK, Free, Steady, Usual),
    ("Arrowroot Catering", "food", &IN, Free, Silent, Usual),
    ("Obsidian Audio", "media", &US, Team, Young, Smooth),
    ("Windmill Dairy", "food", &NL, Free, Steady, Usual),
    ("Skylark Tutoring", "education", &SG, Free, BrandNew, Usual),
    ("Amber Opticians", "healthcare", &PL, Free, Steady, Rough),
    ("Larkspur Florists", "retail", &FR, Free, Young, Usual),
    ("Basalt Climbing", "health", &IT, Free, Steady, Usual),
    ("Cormorant Boats", "manufacturing", &NO, Free, Steady, Usual),
    ("Driftwood Hostels", "travel", &BR, Free, Young, Usual),
    ("Gingko Translations", "consulting", &JP, Free, Young, Usual),
    ("Hazel Photography", "design", &SE, Free, Steady, Usual),
    ("Ivory Pianos", "retail", &DE, Free, BrandNew, Usual),
    ("Jasper Roofing", "construction", &US, Free, Young, Rough),
    ("Kelp Nutrition", "food", &AU, Free, Young, Usual),
    ("Lilac Interiors", "design", &GB, Free, BrandNew, Smooth),
    ("Mica Repairs", "mobility", &PL, Free, Young, Usual),
];

const WORKSPACES: [(&str, &str); 10] = [
    ("design", "Design"),
    ("engineering", "Engineering"),
    ("marketing", "Marketing"),
    ("sales", "Sales"),
    ("operations", "Operations"),
    ("finance", "Finance"),
    ("support", "Support"),
    ("research", "Research"),
    ("people", "People"),
    ("product", "Product"),
];

const TEMPLATES: [&str; 5] = ["kanban", "roadmap", "crm", "wiki", "okr"];

/// What some companies do a lot of, and others never.
const HABITS: [&str; 5] =
    ["dashboard_viewed", "comment_added", "file_uploaded", "search", "integration_connected"];

/// A workspace of a company.
#[derive(Debug, Clone)]
pub(super) struct Workspace {
    /// Group id: the company's, a slash, and a word.
    pub(super) id: String,
    pub(super) name: &'static str,
    pub(super) template: &'static str,
    pub(super) created_at: DateTime<Utc>,
}

/// A company.
#[derive(Debug, Clone)]
pub(super) struct Company {
    /// Group id, also the first part of the company's mail domain.
    pub(super) id: String,
    pub(super) name: &'static str,
    pub(super) industry: &'static str,
    pub(super) country: &'static Country,
    pub(super) story: Story,
    pub(super) onboarding: Onboarding,
    /// People who ever join.
    pub(super) size: usize,
    pub(super) created_at: DateTime<Utc>,
    /// Day of `created_at`; negative when long before the data.
    pub(super) founding_day: i64,
    /// See [`Story::turning_day`].
    pub(super) turning_day: i64,
    /// How much its people use the product, in thousandths of the usual.
    pub(super) pace: i64,
    /// Calls of its own servers on a usual day.
    pub(super) api_calls: i64,
    /// What its people do a lot of.
    pub(super) favourite: &'static str,
    /// What its people never do.
    pub(super) avoided: &'static str,
    /// Not empty; the first is as old as the company.
    pub(super) workspaces: Vec<Workspace>,
    /// Not empty once [`Company::subscribe`] ran; in order of time.
    pub(super) subscriptions: Vec<Subscription>,
    first_plan: Plan,
    rank: usize,
}

/// All companies, the largest first, not yet subscribed to anything.
pub(super) fn found_all(span: &Span, dice: &mut Dice) -> Vec<Company> {
    COMPANIES.iter().enumerate().map(|(rank, row)| found(rank, row, span, dice)).collect()
}

fn found(rank: usize, row: &Row, span: &Span, dice: &mut Dice) -> Company {
    let &(name, industry, country, first_plan, story, onboarding) = row;
    let id = name.to_ascii_lowercase().replace(' ', "-");
    // Sizes follow a power law: 120, 89, 70, 58, 49, … and a long tail of twos and threes.
    let size = (372 / (rank + 3)).saturating_sub(4).max(2 + rank % 3);
    let founding_day = story.founding_day(dice).unwrap_or_else(|| -dice.between(60, 900));
    let mut date = span.date(founding_day);
    while super::places::is_weekend(date) {
        date -= Duration::days(1);
    }
    let created_at = country.at_work(date, dice);
    let turning_day = story.turning_day(dice);
    let pace = dice.between(750, 1_250);
    let api_calls = match first_plan {
        Enterprise => dice.between(12, 25),
        Business => dice.between(3, 12),
        Free | Team => 0,
    };
    let favourite = dice.pick(&HABITS[..4]);
    let avoided =
        dice.pick(&HABITS.map(|habit| if habit == favourite { "integration_connected" } else { habit }));
    let mut company = Company {
        id,
        name,
        industry,
        country,
        story,
        onboarding,
        size,
        created_at,
        founding_day,
        turning_day,
        pace,
        api_calls,
        favourite,
        avoided,
        workspaces: Vec::new(),
        subscriptions: Vec::new(),
        first_plan,
        rank,
    };
    company.add_workspaces(span, dice);
    company
}

impl Company {
    fn add_workspaces(&mut self, span: &Span, dice: &mut Dice) {
        let mut words = WORKSPACES;
        dice.shuffle(&mut words);
        let count = (1 + self.size / 7).clamp(2, 7);
        for (place, (word, name)) in words.into_iter().take(count).enumerate() {
            let created_at = match place {
                0 => self.created_at,
                // The last workspace of a larger company of long standing is opened while the data run.
                _ if place >= 4 && place + 1 == count && self.founding_day < 0 => {
                    self.country.next_at_work(span.midnight(dice.between(20, 110)), dice)
                }
                _ => self.created_at + Duration::minutes(dice.between(5, 90)),
            };
            let id = format!("{}/{word}", self.id);
            self.workspaces.push(Workspace { id, name, template: dice.pick(&TEMPLATES), created_at });
        }
        if self.rank == 0 {
            let id = format!("{}/{DELETED_WORKSPACE}", self.id);
            let created_at = self.created_at + Duration::days(30);
            self.workspaces.push(Workspace { id, name: "Sandbox", template: "kanban", created_at });
        }
    }

    /// Works out plans and seats over time from the instants at which its members join.
    pub(super) fn subscribe(&mut self, joined: &[DateTime<Utc>], span: &Span, dice: &mut Dice) {
        let settled = if self.founding_day < 0 { span.start } else { self.created_at + Duration::days(3) };
        let mut now = Subscription {
            from: self.created_at,
            plan: self.first_plan,
            seats: seats_for(joined.iter().filter(|at| **at <= settled).count()),
        };
        self.subscriptions.push(now);
        let change =
            self.story.plan_change(self.first_plan, self.rank, self.founding_day, self.turning_day, dice);
        // Seats are reviewed every 30 days, until a company takes a cheaper plan with half the seats.
        let mut days: Vec<i64> = (0..DAYS).step_by(30).chain(change.map(|(day, _)| day)).collect();
        days.sort_unstable();
        days.dedup();
        for day in days.into_iter().filter(|day| *day > self.founding_day) {
            let from = self.country.next_at_work(self.country.at_work(span.date(day), dice), dice);
            let mut next = Subscription { from, ..now };
            if now.plan >= self.first_plan {
                next.seats = now.seats.max(seats_for(joined.iter().filter(|at| **at <= from).count()));
            }
            if let Some((_, plan)) = change.filter(|(changes_on, _)| *changes_on == day) {
                next.plan = plan;
                if plan < now.plan {
                    next.seats = (now.seats / 10 * 5).max(5);
                }
            }
            if (next.plan, next.seats) != (now.plan, now.seats) && span.holds(from) && from > now.from {
                self.subscriptions.push(next);
                now = next;
            }
        }
    }

    /// What it subscribes to at an instant; the first subscription before that.
    pub(super) fn subscription_at(&self, instant: DateTime<Utc>) -> Option<&Subscription> {
        self.subscriptions.iter().rev().find(|one| one.from <= instant).or_else(|| self.subscriptions.first())
    }
}

/// Seats for so many members: a fifth to spare, sold in fives.
fn seats_for(members: usize) -> i64 {
    let members = i64::try_from(members).unwrap_or(0);
    (members * 6 / 5 + 5) / 5 * 5
}
