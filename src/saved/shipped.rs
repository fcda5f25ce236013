//! The saved queries that come with the program: the files of `queries/`, compiled in.

/// Makes the table from the queries' names.
macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../queries/", $name, ".graphql")))),*]
    };
}

/// Name and text of each. A test compares the names with the folder.
pub const SHIPPED: &[(&str, &str)] = &shipped![
    "ActivationFunnel",
    "ActivationFunnelByPlan",
    "ActiveCompanies",
    "ActiveCompaniesOverTime",
    "ActiveGroups",
    "ActiveTotals",
    "Adoption",
    "Cohorts",
    "CompanyActivationFunnel",
    "CompanyActivity",
    "CompanyLifecycle",
    "CompanyRetention",
    "EventNames",
    "EventTrend",
    "Funnel",
    "GroupCoverage",
    "GroupDirectory",
    "GroupTypes",
    "InviteFunnelByWorkspace",
    "InvitesPerCompany",
    "Journey",
    "LatestEvents",
    "NewGroups",
    "PathsAfterSignup",
    "PropertyKeys",
    "PropertyValues",
    "QuietCompanies",
    "RetentionByPlan",
    "SlippingAway",
    "UsersPerCompany",
    "WorkspaceStickiness",
    "dashboard/Coverage",
    "dashboard/EventNames",
    "dashboard/Group",
    "dashboard/GroupActivity",
    "dashboard/GroupEvents",
    "dashboard/GroupFigures",
    "dashboard/GroupFunnel",
    "dashboard/GroupHistory",
    "dashboard/GroupJourney",
    "dashboard/GroupMemberGrowth",
    "dashboard/GroupMembers",
    "dashboard/GroupTopEvents",
    "dashboard/GroupTopPages",
    "dashboard/Groups",
    "dashboard/Limits",
    "dashboard/Storage",
    "dashboard/GroupTypes",
];
