//! What customers read about each analysis, with worked examples: Markdown beside the code that answers.
//!
//! The dashboard serves them below `/docs`, the documentation of each module shows its own. A block of `graphql` is
//! an operation for an empty project, in the order of the page; a block of `json` behind it is the `data` it gives,
//! fractions rounded to four digits. `tests/pages.rs` runs them all. What all analyses share:

#![doc = include_str!("attribution.md")]
#![doc = include_str!("time.md")]

/// One page.
#[derive(Debug)]
pub struct Page {
    /// Its name: the last part of its address.
    pub name: &'static str,
    /// The root fields that it explains, those of flat rows without their ending.
    pub fields: &'static [&'static str],
    /// The page as Markdown; its first line is its title.
    pub text: &'static str,
}

/// Pages of analyses, then those of what analyses share.
pub static PAGES: [Page; 23] = [
    Page { name: "activeUsers", fields: &["activeUsers"], text: include_str!("active/active.md") },
    Page {
        name: "activeGroups",
        fields: &["activeGroups"],
        text: include_str!("active_groups/active_groups.md"),
    },
    Page { name: "trend", fields: &["trend"], text: include_str!("trend/trend.md") },
    Page { name: "funnel", fields: &["funnel"], text: include_str!("funnel/funnel.md") },
    Page { name: "retention", fields: &["retention"], text: include_str!("retention/retention.md") },
    Page { name: "lifecycle", fields: &["lifecycle"], text: include_str!("lifecycle/lifecycle.md") },
    Page { name: "stickiness", fields: &["stickiness"], text: include_str!("stickiness/stickiness.md") },
    Page {
        name: "usersPerGroup",
        fields: &["usersPerGroup"],
        text: include_str!("users_per_group/users_per_group.md"),
    },
    Page { name: "adoption", fields: &["adoption"], text: include_str!("adoption.md") },
    Page { name: "slippingAway", fields: &["slippingAway"], text: include_str!("slipping_away.md") },
    Page { name: "newGroups", fields: &["newGroups"], text: include_str!("new_groups.md") },
    Page { name: "journey", fields: &["journey"], text: include_str!("journey.md") },
    Page { name: "paths", fields: &["paths"], text: include_str!("paths/paths.md") },
    Page { name: "coverage", fields: &["coverage"], text: include_str!("coverage/coverage.md") },
    Page {
        name: "names",
        fields: &["eventNames", "propertyKeys", "propertyValues"],
        text: include_str!("names/names.md"),
    },
    Page { name: "cohorts", fields: &["cohort", "cohorts"], text: include_str!("cohort/cohorts.md") },
    Page { name: "attribution", fields: &[], text: include_str!("attribution.md") },
    Page { name: "filters", fields: &[], text: include_str!("filters.md") },
    Page { name: "breakdowns", fields: &[], text: include_str!("breakdowns.md") },
    Page { name: "time", fields: &[], text: include_str!("time.md") },
    Page { name: "distributed", fields: &[], text: include_str!("distributed.md") },
    Page { name: "replica", fields: &[], text: include_str!("replica.md") },
    Page { name: "object-storage", fields: &[], text: include_str!("object_storage.md") },
];

impl Page {
    /// The page of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        PAGES.iter().find(|page| page.name == name)
    }

    /// The page that explains a root field.
    #[must_use]
    pub fn of_field(field: &str) -> Option<&'static Self> {
        PAGES.iter().find(|page| page.fields.contains(&field))
    }

    /// Its title.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches("# ")
    }

    /// Its first paragraph: what is answered.
    #[must_use]
    pub fn lead(&self) -> &'static str {
        self.text.split("\n\n").find(|part| !part.starts_with('#')).unwrap_or_default()
    }
}
