//! What happens in the made-up product: event names and how often each, paths, values of properties.

use super::dice::{Weighted, power_law};

/// The name of a session's first event.
pub(crate) const SESSION_START: &str = "session_start";
/// The name of a session's last event.
pub(crate) const SESSION_END: &str = "session_end";
/// The second event of a new profile.
pub(crate) const SIGNUP: &str = "signup";

/// Names whose share is set: for most sessions, and for a new profile's first one.
const SET: [(&str, f64, Option<f64>); 6] = [
    ("screen_view", 0.50, None),
    (SIGNUP, 0.0008, None),
    ("project_created", 0.02, Some(0.18)),
    ("invite_sent", 0.025, Some(0.10)),
    ("report_exported", 0.03, Some(0.06)),
    ("upgrade", 0.0042, None),
];

/// Names that share what is left by a power law.
const REST: [&str; 32] = [
    "button_clicked",
    "task_created",
    "task_completed",
    "comment_added",
    "search",
    "file_uploaded",
    "dashboard_viewed",
    "filter_applied",
    "settings_changed",
    "notification_opened",
    "link_out",
    "export_csv",
    "report_viewed",
    "member_added",
    "member_removed",
    "api_key_created",
    "webhook_created",
    "integration_connected",
    "login",
    "logout",
    "password_reset",
    "invoice_viewed",
    "plan_compared",
    "trial_started",
    "trial_ended",
    "feedback_sent",
    "help_opened",
    "tour_started",
    "tour_finished",
    "template_used",
    "board_moved",
    "purchase",
];

/// Names that bring revenue.
pub(crate) const PAID: [&str; 2] = ["upgrade", "purchase"];

const SECTIONS: [&str; 10] =
    ["projects", "boards", "reports", "settings", "members", "billing", "inbox", "docs", "search", "files"];

/// Values of the properties of every session.
pub(crate) const PLANS: [&str; 4] = ["free", "pro", "team", "enterprise"];
pub(crate) const BROWSERS: [&str; 4] = ["Chrome", "Safari", "Firefox", "Edge"];
pub(crate) const SYSTEMS: [&str; 5] = ["macOS", "Windows", "Linux", "iOS", "Android"];
/// Values of the properties that some events have.
pub(crate) const COUNTRIES: [&str; 10] = ["SE", "US", "DE", "FR", "GB", "IN", "BR", "JP", "NO", "DK"];
pub(crate) const LOCALES: [&str; 5] = ["en", "sv", "de", "fr", "ja"];

/// The names of a session's events between its first and its last.
#[derive(Debug)]
pub(crate) struct Names {
    all: Vec<&'static str>,
    usual: Weighted,
    first: Weighted,
}

impl Names {
    /// The 38 names and their shares.
    pub(crate) fn new() -> Self {
        let law: Vec<f64> = power_law(REST.len(), 1.05).collect();
        let sum: f64 = law.iter().sum();
        let rest = || law.iter().map(|weight| weight / sum * 0.42);
        let usual = SET.iter().map(|(_, share, _)| *share).chain(rest());
        let first = SET.iter().map(|(_, share, at_first)| at_first.unwrap_or(*share)).chain(rest());
        Self {
            all: SET.iter().map(|(name, ..)| *name).chain(REST).collect(),
            usual: Weighted::new(usual),
            first: Weighted::new(first),
        }
    }

    /// The name of one event.
    pub(crate) fn pick(&self, dice: &mut rand_chacha::ChaCha8Rng, is_first_session: bool) -> &'static str {
        let weights = if is_first_session { &self.first } else { &self.usual };
        self.all[weights.pick(dice)]
    }
}

/// The paths of the product, the most visited first: 2,013 of them.
pub(crate) fn paths() -> Vec<String> {
    let top = ["/", "/login", "/dashboard"].map(str::to_owned).into_iter();
    let sections = SECTIONS.iter().map(|section| format!("/{section}"));
    let pages = (0..200).flat_map(|page| SECTIONS.iter().map(move |section| format!("/{section}/{page}")));
    top.chain(sections).chain(pages).collect()
}
