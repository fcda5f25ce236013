//! Filters, steps and properties read along, as expressions on the events `e` and their profile `p`.

use super::render::Parts;
use super::{AsOf, Condition, Reading};
use crate::engine::filter::{Field, Filter, Key, Path, Place, Subject, Test};
use crate::store::{Error, KeyKind};

impl Parts<'_> {
    /// Conditions as bits of one number.
    pub(super) fn mask(&mut self, conditions: &[Condition]) -> Result<String, Error> {
        let mut bits = Vec::with_capacity(conditions.len());
        for (index, condition) in conditions.iter().enumerate() {
            let bit = 1_u64 << index;
            let mut holds = Vec::with_capacity(2);
            if let Some(event) = &condition.event {
                holds.push(format!("e.name_key = {}", self.key(KeyKind::Name, event)?));
            }
            if let Some(filter) = &condition.filter {
                holds.push(self.predicate(filter));
            }
            bits.push(if holds.is_empty() {
                format!("{bit}::uinteger")
            } else {
                let holds = holds.join(" and ");
                format!("case when {holds} then {bit}::uinteger else 0::uinteger end")
            });
        }
        if bits.is_empty() {
            return Ok("0::uinteger".to_owned());
        }
        Ok(format!("({})::uinteger", bits.join(" | ")))
    }

    /// A property that is read along: its expression, and a join where it needs one.
    pub(super) fn reading(&mut self, index: usize, reading: &Reading) -> (String, String) {
        let (of, path) = match reading {
            Reading::Property { of, path } => (of, path),
            Reading::Cohort(cohort) => return self.membership(index, cohort),
        };
        match of {
            Subject::Event => (self.json("e.properties", path), String::new()),
            Subject::Profile => (self.json("p.properties", path), String::new()),
            Subject::Group(group_type) => {
                if let Some(split) = self.scope.split_of(group_type) {
                    return (self.json(&format!("e.group_{split}_properties"), path), String::new());
                }
                let bound = self.binder.text(group_type);
                let join = self.group_join("x.group_key", &bound);
                let value = self.json("g.properties", path);
                self.relations.push(format!(
                    "readings_{index} as (
                     select seq, arg_min(value, position) as value from (
                         select x.seq, x.position, {value} as value from (
                             select seq, occurred_at, unnest(group_keys) as group_key,
                                 generate_subscripts(group_keys, 1) as position
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

    /// Joins the group with the given key, of a type, as it is read: at the event or now.
    pub(super) fn group_join(&self, key: &str, group_type: &str) -> String {
        match self.scope.as_of {
            AsOf::Event => format!(
                "join group_spans as g on g.group_key = {key} and g.group_type = {group_type}
                 and x.occurred_at >= g.valid_from and x.occurred_at < g.valid_to"
            ),
            AsOf::Now => {
                format!("join known_groups as g on g.group_key = {key} and g.group_type = {group_type}")
            }
        }
    }

    /// A filter as a condition on `e` and `p` that is true or false, never null.
    pub(super) fn predicate(&mut self, filter: &Filter) -> String {
        match filter {
            Filter::And(parts) => self.joined(parts, " and ", "true"),
            Filter::Or(parts) => self.joined(parts, " or ", "false"),
            Filter::Not(part) => format!("(not {})", self.predicate(part)),
            Filter::Test(test) => self.test(test),
            Filter::Cohort(cohort) => self.in_cohort(cohort),
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
            let prefix = format!("e.group_{split}_");
            let place = self.group_place(&prefix, &format!("{prefix}id"), &test.key);
            return place.holds(&test.operator, &mut self.binder);
        }
        let positive = test.operator.negated();
        let operator = positive.as_ref().unwrap_or(&test.operator);
        let bound = self.binder.text(group_type);
        let join = self.group_join("x.group_key", &bound);
        let place = self.group_place("g.", "g.group_id", &test.key);
        let holds = place.holds(operator, &mut self.binder);
        let name = format!("matched_{}", self.relations.len());
        self.relations.push(format!(
            "{name} as (select x.seq from (
                 select seq, occurred_at, unnest(group_keys) as group_key from attributed_events) as x {join} where {holds})"
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
