//! What people do in the product, how often, and what each event says about it.

use super::deeds::FUNNEL;
use super::dice::Dice;
use crate::domain::event::Properties;
use serde_json::Value;

/// Everything done in the course of work, with weights.
const ACTIONS: [(&str, i64); 16] = [
    ("screen_view", 330),
    ("task_created", 115),
    ("task_completed", 100),
    ("comment_added", 105),
    ("dashboard_viewed", 90),
    ("search", 70),
    ("file_uploaded", 45),
    ("report_exported", 34),
    ("project_created", 16),
    ("invite_sent", 12),
    ("integration_connected", 6),
    ("settings_changed", 12),
    ("billing_viewed", 7),
    ("task_assigned", 40),
    ("notification_opened", 15),
    ("logout", 3),
];

const SCREENS: [(&str, i64); 10] = [
    ("/dashboard", 250),
    ("/projects", 170),
    ("/projects/board", 200),
    ("/inbox", 120),
    ("/reports", 90),
    ("/files", 60),
    ("/settings/members", 40),
    ("/settings/integrations", 30),
    ("/billing", 20),
    ("/search", 20),
];

const MARKETING_PAGES: [(&str, i64); 8] = [
    ("/", 300),
    ("/pricing", 180),
    ("/features", 140),
    ("/customers", 80),
    ("/blog/group-analytics", 90),
    ("/blog/product-led-sales", 60),
    ("/docs", 100),
    ("/signup", 50),
];

const REFERRERS: [(&str, i64); 4] =
    [("https://search.example/", 5), ("https://news.example/", 2), ("https://partner.example/", 2), ("", 4)];

/// One thing to do, given what a company's people like and avoid.
pub(super) fn action(favourite: &'static str, avoided: &'static str, dice: &mut Dice) -> &'static str {
    let drawn = dice.weighted(&ACTIONS);
    if drawn == avoided {
        "task_created"
    } else if drawn == "screen_view" && dice.chance(150) {
        favourite
    } else {
        drawn
    }
}

/// Whether someone who took that many steps of the activation funnel so far does this in the first weeks.
pub(super) fn is_within_reach(name: &str, steps: usize) -> bool {
    FUNNEL.iter().position(|step| *step == name).is_none_or(|step| step < steps)
}

/// A screen of the product.
pub(super) fn screen(dice: &mut Dice) -> &'static str {
    dice.weighted(&SCREENS)
}

/// A page of the product's public site.
pub(super) fn marketing_page(dice: &mut Dice) -> &'static str {
    dice.weighted(&MARKETING_PAGES)
}

/// Properties from pairs.
pub(super) fn properties<const N: usize>(pairs: [(&str, Value); N]) -> Properties {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// What an event of that name carries.
pub(super) fn details(name: &str, dice: &mut Dice) -> Properties {
    match name {
        "screen_view" => {
            let referrer = dice.weighted(&REFERRERS);
            if referrer.is_empty() { Properties::new() } else { properties([("referrer", referrer.into())]) }
        }
        "login" => {
            properties([("method", dice.weighted(&[("password", 5), ("google", 4), ("saml", 2)]).into())])
        }
        "signup" => {
            let source = dice.weighted(&[("invite", 5), ("organic", 3), ("ads", 1), ("partner", 1)]);
            properties([("source", source.into())])
        }
        "project_created" => {
            let template = dice.weighted(&[("blank", 4), ("kanban", 3), ("roadmap", 2), ("crm", 1)]);
            properties([("template", template.into())])
        }
        "invite_sent" | "invite_accepted" => {
            properties([("role", dice.weighted(&[("editor", 6), ("viewer", 3), ("admin", 1)]).into())])
        }
        "report_exported" => properties([
            ("format", dice.weighted(&[("pdf", 5), ("csv", 3), ("xlsx", 2)]).into()),
            ("rows", (10 + dice.mostly_small(4_990)).into()),
            ("duration_ms", milliseconds(200, 9_000, dice).into()),
        ]),
        "task_created" | "task_assigned" => {
            properties([("priority", dice.weighted(&[("normal", 6), ("high", 2), ("low", 2)]).into())])
        }
        "task_completed" => {
            // Quarter hours, so that the fraction is exact in binary.
            let quarters = u32::try_from(1 + dice.mostly_small(480)).unwrap_or(1);
            properties([("hours_open", (f64::from(quarters) / 4.0).into())])
        }
        "comment_added" => properties([
            ("length", (3 + dice.mostly_small(400)).into()),
            ("mentions", dice.mostly_small(3).into()),
        ]),
        "file_uploaded" => properties([
            (
                "kind",
                dice.weighted(&[("image", 4), ("document", 4), ("spreadsheet", 2), ("video", 1)]).into(),
            ),
            ("size_bytes", (2_000 + dice.mostly_small(8_000_000)).into()),
        ]),
        "dashboard_viewed" => properties([
            (
                "dashboard",
                dice.weighted(&[("overview", 5), ("team", 3), ("revenue", 1), ("custom", 2)]).into(),
            ),
            ("duration_ms", milliseconds(80, 2_500, dice).into()),
        ]),
        "search" => {
            let results = dice.mostly_small(60);
            properties([
                ("results", results.into()),
                ("found", (results > 0).into()),
                ("duration_ms", milliseconds(15, 900, dice).into()),
            ])
        }
        "integration_connected" => {
            let providers = [
                ("slack", 5),
                ("github", 3),
                ("google-drive", 3),
                ("jira", 2),
                ("salesforce", 1),
                ("zapier", 1),
            ];
            properties([("provider", dice.weighted(&providers).into())])
        }
        "settings_changed" => properties([(
            "section",
            dice.weighted(&[("notifications", 4), ("members", 3), ("appearance", 2), ("security", 1)]).into(),
        )]),
        "api_called" => properties([
            ("endpoint", dice.weighted(&[("/v1/tasks", 5), ("/v1/projects", 3), ("/v1/reports", 2)]).into()),
            ("status", dice.weighted(&[(200, 93), (404, 4), (429, 2), (500, 1)]).into()),
            ("duration_ms", milliseconds(8, 1_200, dice).into()),
        ]),
        _ => Properties::new(),
    }
}

/// A duration with a long tail: mostly near the least, now and then near the most.
fn milliseconds(least: i64, most: i64, dice: &mut Dice) -> i64 {
    let reach = dice.mostly_small(most - least);
    least + dice.mostly_small(reach)
}
