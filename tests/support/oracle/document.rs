//! A question as a GraphQL document with its variables: the arguments that analyses share.

use super::breakdown::Breakdown;
use super::common::Common;
use super::filter::{Deed, Filter};
use super::filter_json::filter_json;
use super::scope::{Attribution, GroupProperties, Reading, Span, Users};
use super::units::UnitKind;
use chrono::{DateTime, SecondsFormat, Utc};
use muster::domain::time::{Calendar, Interval, WeekStart, format_duration};
use serde_json::{Map, Value, json};

/// A GraphQL request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The document: one query.
    pub(crate) document: String,
    /// Its variables, an object.
    pub(crate) variables: Value,
}

/// Whether arguments that equal their default are written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Defaults {
    Written,
    LeftOut,
}

/// A breakdown's name in the answer: the group type, the path, or `type.path`.
pub(crate) fn breakdown_name(breakdown: &Breakdown) -> String {
    match breakdown {
        Breakdown::GroupType(group_type) => group_type.clone(),
        Breakdown::EventProperty(path) | Breakdown::ProfileProperty(path) => path.dotted(),
        Breakdown::GroupProperty(group_type, path) => format!("{group_type}.{}", path.dotted()),
        Breakdown::Cohort(cohort) => cohort.name.clone(),
    }
}

/// A unit as `UnitInput`.
pub(crate) fn unit_text(unit: &UnitKind) -> String {
    match unit {
        UnitKind::Profile => "{kind: PROFILE}".to_owned(),
        UnitKind::Session => "{kind: SESSION}".to_owned(),
        UnitKind::Group(group_type) => format!("{{kind: GROUP, groupType: {}}}", quoted(group_type)),
    }
}

fn breakdown_text(breakdown: &Breakdown) -> String {
    match breakdown {
        Breakdown::GroupType(group_type) => format!("{{groupType: {}}}", quoted(group_type)),
        Breakdown::EventProperty(path) => format!("{{eventProperty: {}}}", quoted(&path.dotted())),
        Breakdown::ProfileProperty(path) => format!("{{profileProperty: {}}}", quoted(&path.dotted())),
        Breakdown::Cohort(cohort) => format!("{{cohort: {}}}", quoted(&cohort.id)),
        Breakdown::GroupProperty(group_type, path) => {
            let (group_type, path) = (quoted(group_type), quoted(&path.dotted()));
            format!("{{groupProperty: {{type: {group_type}, property: {path}}}}}")
        }
    }
}

/// A root field being written.
pub(crate) struct Call {
    defaults: Defaults,
    declarations: Vec<String>,
    variables: Map<String, Value>,
    arguments: Vec<String>,
    filters: usize,
}

impl Call {
    pub(crate) fn new(defaults: Defaults) -> Self {
        Self { defaults, declarations: vec![], variables: Map::new(), arguments: vec![], filters: 0 }
    }

    /// Whether what equals its default is not written.
    pub(crate) fn leaves_out_defaults(&self) -> bool {
        self.defaults == Defaults::LeftOut
    }

    pub(crate) fn argument(&mut self, name: &str, literal: &str) {
        self.arguments.push(format!("{name}: {literal}"));
    }

    pub(crate) fn argument_unless_default(&mut self, name: &str, literal: &str, default: &str) {
        if self.defaults == Defaults::Written || literal != default {
            self.argument(name, literal);
        }
    }

    fn variable(&mut self, name: &str, graphql_type: &str, value: Value) {
        self.declarations.push(format!("${name}: {graphql_type}"));
        self.variables.insert(name.to_owned(), value);
    }

    pub(crate) fn span(&mut self, span: Span) {
        match span {
            Span::Range(range) => {
                let value = json!({"from": instant(range.from()), "to": instant(range.to())});
                self.variable("range", "RangeInput!", value);
                self.argument("range", "$range");
            }
            Span::Last(span) => self.argument("last", &quoted(&format_duration(span))),
        }
    }

    /// Declares a variable for the filter and says its name.
    fn filter(&mut self, filter: &Filter) -> String {
        self.filters += 1;
        let name = format!("filter{}", self.filters);
        self.variable(&name, "FilterInput", filter_json(filter));
        format!("${name}")
    }

    pub(crate) fn filter_argument(&mut self, filter: Option<&Filter>) {
        if let Some(filter) = filter {
            let variable = self.filter(filter);
            self.argument("filter", &variable);
        }
    }

    /// The fields of an input that describes an event.
    pub(crate) fn deed(&mut self, deed: &Deed) -> String {
        let event = deed.event.as_ref().map(|name| format!("event: {}", quoted(name)));
        let filter = deed.filter.as_ref().map(|filter| format!("filter: {}", self.filter(filter)));
        event.into_iter().chain(filter).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn event(&mut self, event: Option<&String>) {
        if let Some(name) = event {
            self.argument("event", &quoted(name));
        }
    }

    pub(crate) fn unit(&mut self, unit: &UnitKind) {
        self.argument_unless_default("unit", &unit_text(unit), &unit_text(&UnitKind::Profile));
    }

    pub(crate) fn common(&mut self, common: &Common) {
        self.common_without_users(common);
        self.users(common.reading);
    }

    /// Where no users are counted.
    pub(crate) fn common_without_users(&mut self, common: &Common) {
        self.breakdown(&common.breakdown);
        self.events(common);
        self.first(common.first);
    }

    /// Which events are read, and how their groups are.
    pub(crate) fn events(&mut self, common: &Common) {
        self.span(common.span);
        self.filter_argument(common.filter.as_ref());
        self.reading_of_groups(common.reading);
    }

    pub(crate) fn breakdown(&mut self, breakdown: &[Breakdown]) {
        let breakdown: Vec<String> = breakdown.iter().map(breakdown_text).collect();
        self.argument_unless_default("breakdown", &format!("[{}]", breakdown.join(", ")), "[]");
    }

    pub(crate) fn reading(&mut self, reading: Reading) {
        self.reading_of_groups(reading);
        self.users(reading);
    }

    pub(crate) fn users(&mut self, reading: Reading) {
        let users = match reading.users {
            Users::Identified => "IDENTIFIED",
            Users::All => "ALL",
        };
        self.argument_unless_default("users", users, "IDENTIFIED");
    }

    pub(crate) fn reading_of_groups(&mut self, reading: Reading) {
        let attribution = match reading.attribution {
            Attribution::Event => "EVENT",
            Attribution::MembershipAtEvent => "MEMBERSHIP_AT_EVENT",
            Attribution::MembershipNow => "MEMBERSHIP_NOW",
        };
        self.argument_unless_default("attribution", attribution, "EVENT");
        let group_properties = match reading.group_properties {
            GroupProperties::AsOfEvent => "AS_OF_EVENT",
            GroupProperties::Now => "NOW",
        };
        self.argument_unless_default("groupProperties", group_properties, "AS_OF_EVENT");
    }

    pub(crate) fn calendar(&mut self, calendar: Option<Calendar>) {
        let Some(calendar) = calendar else { return };
        let interval = match calendar.interval {
            Interval::Hour => "HOUR",
            Interval::Day => "DAY",
            Interval::Week => "WEEK",
            Interval::Month => "MONTH",
            Interval::Quarter => "QUARTER",
            Interval::Year => "YEAR",
        };
        self.argument("interval", interval);
        self.argument_unless_default("timeZone", &quoted(calendar.zone.name()), "\"UTC\"");
        let week_start = match calendar.week_start {
            WeekStart::Monday => "MONDAY",
            WeekStart::Sunday => "SUNDAY",
        };
        self.argument_unless_default("weekStart", week_start, "MONDAY");
    }

    pub(crate) fn first(&mut self, first: Option<usize>) {
        if let Some(first) = first {
            self.argument("first", &first.to_string());
        }
    }

    pub(crate) fn finish(self, field: &str, selection: &str) -> Request {
        let declarations = match self.declarations.as_slice() {
            [] => String::new(),
            some => format!("({})", some.join(", ")),
        };
        let arguments = match self.arguments.as_slice() {
            [] => String::new(),
            some => format!("({})", some.join(", ")),
        };
        let document = format!("query{declarations} {{ {field}{arguments} {{ {selection} }} }}");
        Request { document, variables: Value::Object(self.variables) }
    }
}

/// An instant as RFC 3339 in UTC.
pub(crate) fn instant(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A text as a GraphQL string literal.
pub(crate) fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}
