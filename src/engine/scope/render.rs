//! The scope as SQL: relations before a statement.
//!
//! ```text
//! all rows of the tenant -> what is known of groups, profiles, memberships (scope.sql)
//! read_events -> attributed_events -> split_1, split_2 … -> scoped_events (filtered, marked, read along)
//! ```

use super::{AsOf, Attribution, Condition, Lookback, Reading, Scope, Split, Unit, Users};
use crate::domain::time::Range;
use crate::engine::Value;
use crate::engine::filter::{Binder, Field, Filter, Key, Path, Place, Subject, Test};
use crate::store::facts::Table;
use std::collections::HashSet;

impl Scope {
    /// The statement with the relations it reads before it, and the scope's parameters.
    #[must_use]
    pub fn render(&self, statement: &str) -> (String, Vec<(String, Value)>) {
        let mut parts = Parts { scope: self, binder: Binder::default(), relations: Vec::new() };
        parts.base();
        parts.events();
        let Parts { binder, relations, .. } = parts;
        let rest = strip_header(statement);
        let rest = rest.strip_prefix("with").unwrap_or(rest);
        let needed = needed(&relations, rest);
        let comma = if needed.is_empty() { "" } else { "," };
        (format!("with\n{}{comma}\n{rest}", needed.join(",\n")), binder.params)
    }
}

/// The statement without the comment that opens it.
fn strip_header(statement: &str) -> &str {
    let mut rest = statement.trim_start();
    while rest.starts_with("--") {
        rest = rest.split_once('\n').map_or("", |(_, below)| below).trim_start();
    }
    rest
}

/// The relations that a statement reads, itself or through others; each reads only those before it.
///
/// The engine would plan the others as well, and open every segment to do so.
fn needed<'r>(relations: &'r [String], statement: &'r str) -> Vec<&'r str> {
    let words = |text: &'r str| text.split(|c: char| !c.is_alphanumeric() && c != '_');
    let mut read: HashSet<&str> = words(statement).collect();
    let mut needed = Vec::new();
    for relation in relations.iter().rev() {
        let name = relation.split_once(" as ").map_or("", |(name, _)| name);
        if read.contains(name) {
            read.extend(words(relation));
            needed.push(relation.as_str());
        }
    }
    needed.reverse();
    needed
}

/// The relations as they are made.
struct Parts<'s> {
    scope: &'s Scope,
    binder: Binder,
    relations: Vec<String>,
}

impl Parts<'_> {
    /// The project's own rows, and what is known of its groups, profiles and memberships.
    fn base(&mut self) {
        let project = self.scope.project.0;
        for (name, table) in [
            ("all_group_versions", Table::GroupVersions),
            ("all_profile_versions", Table::ProfileVersions),
            ("all_memberships", Table::Memberships),
        ] {
            let rows = self.scope.snapshot.relation(table, None);
            self.relations.push(format!("{name} as (select * from {rows} where project = {project})"));
        }
        let known = strip_header(include_str!("scope.sql")).split("\n),\n");
        self.relations.extend(known.map(|relation| {
            let relation = strip_header(relation).trim_end();
            if relation.ends_with("\n)") { relation.to_owned() } else { format!("{relation}\n)") }
        }));
    }

    /// The events, step by step: read, attributed, split, filtered.
    fn events(&mut self) {
        let scope = self.scope;
        let project = scope.project.0;
        let (from, to) = scope.read_range();
        let rows = scope.snapshot.relation(Table::Events, Some((project, from, to)));
        let lower = if scope.lookback == Lookback::Ever {
            String::new()
        } else {
            format!(" and occurred_at >= make_timestamp({from})")
        };
        let names = self.names();
        self.relations.push(format!(
            "read_events as (select * from {rows} where project = {project}{lower} and occurred_at < make_timestamp({to}){names})"
        ));
        self.relations.push(format!("attributed_events as ({})", attributed(scope.attribution)));
        let mut source = "attributed_events".to_owned();
        for index in 1..=scope.splits.len() {
            source = self.split(index, &source);
        }
        let mut readings = Vec::new();
        let mut joins = if scope.reads(&Subject::Profile) {
            "\nleft join known_profiles as p on p.profile_id = e.profile_id".to_owned()
        } else {
            String::new()
        };
        for (index, reading) in scope.readings.iter().enumerate() {
            let (column, join) = self.reading(index + 1, reading);
            readings.push(column);
            joins.push_str(&join);
        }
        let readings = readings.join(", ");
        let groups: Vec<String> = (1..=scope.splits.len()).map(|index| format!("e.group_{index}")).collect();
        let skipped = usize::from(scope.unit == Unit::FirstSplit);
        let parts = groups.get(skipped..).unwrap_or_default().join(", ");
        let groups = groups.iter().fold(String::new(), |all, group| all + ", " + group);
        let (steps, exclusions) = (self.mask(&scope.steps), self.mask(&scope.exclusions));
        let filter = scope.filter.as_ref().map_or("true".to_owned(), |filter| self.predicate(filter));
        let user = match scope.users {
            Users::Identified => "e.profile_id",
            Users::All => {
                "case when e.profile_id is not null then 'p' || e.profile_id else 'd' || e.device_id end"
            }
        };
        let unit = match scope.unit {
            Unit::User => user,
            Unit::Session => "e.session_id",
            Unit::FirstSplit => "e.group_1",
        };
        let in_range = within(scope.range);
        let in_previous = scope.previous.map_or("false".to_owned(), within);
        let marked = if scope.only_marked { " where steps > 0 or exclusions > 0" } else { "" };
        self.relations.push(format!(
            "scoped_events as (select * from (select
    e.seq, e.id, e.name, e.profile_id, e.device_id, e.session_id, e.path, e.properties, e.revenue,
    e.occurred_at, e.received_at, e.groups, {user} as user_key,
    {in_range} as in_range, {in_previous} as in_previous,
    {steps} as steps, {exclusions} as exclusions,
    {unit} as unit, [{parts}]::varchar[] as parts, [{readings}]::varchar[] as readings{groups}
from {source} as e{joins}
where {filter}){marked})"
        ));
    }

    /// When only marked events are wanted, the names they can have: lets whole row groups be passed over.
    fn names(&mut self) -> String {
        if !self.scope.only_marked {
            return String::new();
        }
        let conditions = self.scope.steps.iter().chain(&self.scope.exclusions);
        let names: Vec<String> = conditions.map(|condition| self.binder.text(&condition.event)).collect();
        format!(" and name in ({})", names.join(", "))
    }

    /// One more multiplication by groups; gives the relation's name.
    fn split(&mut self, index: usize, source: &str) -> String {
        let exploded = format!("select e.*, unnest(e.groups) as group_{index} from {source} as e");
        let relation = match &self.scope.splits[index - 1].clone() {
            Split::Any => exploded,
            Split::Ids(ids) => {
                let ids = self.binder.texts(ids);
                format!(
                    "select * from (select e.*, unnest(e.groups) as group_{index} from {source} as e
                     where list_has_any(e.groups, {ids})) where list_contains({ids}, group_{index})"
                )
            }
            Split::Type(group_type) => self.split_by_type(index, &exploded, group_type),
            Split::TypeOrNone(group_type) => {
                let typed = self.split_by_type(index, &exploded, group_type);
                self.relations.push(format!("typed_{index} as ({typed})"));
                let properties = if self.scope.reads_group(group_type) {
                    format!(
                        ", null::varchar as group_{index}_properties, null::varchar as group_{index}_name"
                    )
                } else {
                    String::new()
                };
                format!(
                    "select * from typed_{index} union all
                     select e.*, null::varchar as group_{index}{properties} from {source} as e
                     where e.seq not in (select seq from typed_{index})"
                )
            }
        };
        self.relations.push(format!("split_{index} as ({relation})"));
        format!("split_{index}")
    }

    /// The exploded events whose group is of a type, with what is read of the group.
    fn split_by_type(&mut self, index: usize, exploded: &str, group_type: &str) -> String {
        let bound = self.binder.text(group_type);
        if self.scope.reads_group(group_type) {
            let join = self.group_join(&format!("x.group_{index}"), &bound);
            return format!(
                "select x.*, g.properties as group_{index}_properties, g.name as group_{index}_name
                 from ({exploded}) as x {join}"
            );
        }
        format!(
            "select x.* from ({exploded}) as x
             where x.group_{index} in (select group_id from known_groups where group_type = {bound})"
        )
    }

    /// Joins the group with the given id, of a type, as it is read: at the event or now.
    fn group_join(&self, id: &str, group_type: &str) -> String {
        match self.scope.as_of {
            AsOf::Event => format!(
                "join group_spans as g on g.group_id = {id} and g.group_type = {group_type}
                 and x.occurred_at >= g.valid_from and x.occurred_at < g.valid_to"
            ),
            AsOf::Now => {
                format!("join known_groups as g on g.group_id = {id} and g.group_type = {group_type}")
            }
        }
    }

    /// A property that is read along: its expression, and a join where it needs one.
    fn reading(&mut self, index: usize, reading: &Reading) -> (String, String) {
        match &reading.of {
            Subject::Event => (self.json("e.properties", &reading.path), String::new()),
            Subject::Profile => (self.json("p.properties", &reading.path), String::new()),
            Subject::Group(group_type) => {
                if let Some(split) = self.scope.split_of(group_type) {
                    return (self.json(&format!("e.group_{split}_properties"), &reading.path), String::new());
                }
                let bound = self.binder.text(group_type);
                let join = self.group_join("x.group_id", &bound);
                let value = self.json("g.properties", &reading.path);
                self.relations.push(format!(
                    "readings_{index} as (
                     select seq, arg_min(value, position) as value from (
                         select x.seq, x.position, {value} as value from (
                             select seq, occurred_at, unnest(groups) as group_id,
                                 generate_subscripts(groups, 1) as position
                             from attributed_events) as x {join})
                     where value is not null group by seq)"
                ));
                let join = format!("\nleft join readings_{index} as r{index} on r{index}.seq = e.seq");
                (format!("r{index}.value"), join)
            }
        }
    }

    fn json(&mut self, column: &str, path: &Path) -> String {
        format!("json_extract_string({column}, {})", self.binder.text(&path.pointer()))
    }

    /// Conditions as bits of one number.
    fn mask(&mut self, conditions: &[Condition]) -> String {
        let mut bits = Vec::with_capacity(conditions.len());
        for (index, condition) in conditions.iter().enumerate() {
            let name = self.binder.text(&condition.event);
            let filter = condition.filter.as_ref();
            let filter = filter.map_or(String::new(), |filter| format!(" and {}", self.predicate(filter)));
            bits.push(format!(
                "case when e.name = {name}{filter} then {}::uinteger else 0::uinteger end",
                1_u64 << index
            ));
        }
        if bits.is_empty() { "0::uinteger".to_owned() } else { format!("({})::uinteger", bits.join(" | ")) }
    }

    /// A filter as a condition on `e` and `p` that is true or false, never null.
    fn predicate(&mut self, filter: &Filter) -> String {
        match filter {
            Filter::And(parts) => self.joined(parts, " and ", "true"),
            Filter::Or(parts) => self.joined(parts, " or ", "false"),
            Filter::Not(part) => format!("(not {})", self.predicate(part)),
            Filter::Test(test) => self.test(test),
        }
    }

    fn joined(&mut self, parts: &[Filter], word: &str, empty: &str) -> String {
        let parts: Vec<String> = parts.iter().map(|part| self.predicate(part)).collect();
        if parts.is_empty() { empty.to_owned() } else { format!("({})", parts.join(word)) }
    }

    fn test(&mut self, test: &Test) -> String {
        if let Subject::Group(group_type) = &test.of {
            return self.group_test(group_type, test);
        }
        let place = match (&test.of, &test.key) {
            (Subject::Event, Key::Path(path)) => Place::property("e.properties", path, &mut self.binder),
            (_, Key::Path(path)) => Place::property("p.properties", path, &mut self.binder),
            (Subject::Event, Key::Field(Field::Revenue)) => Place::integer("e.revenue"),
            (Subject::Event, Key::Field(field)) => Place::column(event_column(*field)),
            (_, Key::Field(field)) => Place::column(profile_column(*field)),
        };
        place.holds(&test.operator, &mut self.binder)
    }

    /// A group's test: on the split's group alone, or on whether some group of the type satisfies it.
    fn group_test(&mut self, group_type: &str, test: &Test) -> String {
        if let Some(split) = self.scope.split_of(group_type) {
            let place =
                self.group_place(&format!("e.group_{split}_"), &format!("e.group_{split}"), &test.key);
            return place.holds(&test.operator, &mut self.binder);
        }
        let positive = test.operator.negated();
        let operator = positive.as_ref().unwrap_or(&test.operator);
        let bound = self.binder.text(group_type);
        let join = self.group_join("x.group_id", &bound);
        let place = self.group_place("g.", "g.group_id", &test.key);
        let holds = place.holds(operator, &mut self.binder);
        let name = format!("matched_{}", self.relations.len());
        self.relations.push(format!(
            "{name} as (select x.seq from (
                 select seq, occurred_at, unnest(groups) as group_id from attributed_events) as x {join} where {holds})"
        ));
        let not = if positive.is_some() { "not " } else { "" };
        format!("({not}(e.seq in (select seq from {name})))")
    }

    fn group_place(&mut self, prefix: &str, id: &str, key: &Key) -> Place {
        match key {
            Key::Path(path) => Place::property(&format!("{prefix}properties"), path, &mut self.binder),
            Key::Field(Field::Id) => Place::column(id),
            Key::Field(_) => Place::column(&format!("{prefix}name")),
        }
    }
}

/// The events with the group ids that the attribution gives them.
fn attributed(attribution: Attribution) -> &'static str {
    match attribution {
        Attribution::Event => "select * from read_events",
        Attribution::MembershipNow => {
            "select e.* replace (coalesce(m.groups, []) as groups) from read_events as e
             left join members_now as m on m.profile_id = e.profile_id"
        }
        Attribution::MembershipAtEvent => {
            "select e.* replace (coalesce(m.groups, []) as groups) from read_events as e
             left join member_spans as m on m.profile_id = e.profile_id
             and e.occurred_at >= m.valid_from and e.occurred_at < m.valid_to"
        }
    }
}

fn within(range: Range) -> String {
    let (from, to) = (range.from().timestamp_micros(), range.to().timestamp_micros());
    format!("(e.occurred_at >= make_timestamp({from}) and e.occurred_at < make_timestamp({to}))")
}

fn event_column(field: Field) -> &'static str {
    match field {
        Field::Name => "e.name",
        Field::Path => "e.path",
        Field::ProfileId => "e.profile_id",
        Field::DeviceId => "e.device_id",
        Field::SessionId => "e.session_id",
        _ => "e.id",
    }
}

fn profile_column(field: Field) -> &'static str {
    match field {
        Field::Email => "p.email",
        Field::FirstName => "p.first_name",
        Field::LastName => "p.last_name",
        Field::Avatar => "p.avatar",
        _ => "e.profile_id",
    }
}
