//! A filter as the schema takes it.

use super::filter::{EventField, Filter, GroupField, Operator, ProfileField, Subject};
use serde_json::{Map, Value, json};

/// A filter as `FilterInput`.
pub(crate) fn filter_json(filter: &Filter) -> Value {
    let list = |filters: &[Filter]| filters.iter().map(filter_json).collect::<Vec<_>>();
    match filter {
        Filter::And(filters) => json!({"and": list(filters)}),
        Filter::Or(filters) => json!({"or": list(filters)}),
        Filter::Not(filter) => json!({"not": filter_json(filter)}),
        Filter::Cohort(cohort) => json!({"cohort": {"id": cohort.id}}),
        Filter::Leaf(subject, operator) => {
            let (entity, mut leaf) = subject_json(subject);
            let (key, value) = operator_json(operator);
            leaf.insert(key.to_owned(), value);
            json!({entity: leaf})
        }
    }
}

fn subject_json(subject: &Subject) -> (&'static str, Map<String, Value>) {
    let (entity, leaf) = match subject {
        Subject::EventProperty(path) => ("event", json!({"property": path.dotted()})),
        Subject::EventField(field) => ("event", json!({"field": event_field(*field)})),
        Subject::ProfileProperty(path) => ("profile", json!({"property": path.dotted()})),
        Subject::ProfileField(field) => ("profile", json!({"field": profile_field(*field)})),
        Subject::GroupProperty(group_type, path) => {
            ("group", json!({"type": group_type, "property": path.dotted()}))
        }
        Subject::GroupField(group_type, field) => {
            let field = if *field == GroupField::Id { "ID" } else { "NAME" };
            ("group", json!({"type": group_type, "field": field}))
        }
    };
    (entity, leaf.as_object().expect("an object").clone())
}

fn event_field(field: EventField) -> &'static str {
    match field {
        EventField::Id => "ID",
        EventField::Name => "NAME",
        EventField::Path => "PATH",
        EventField::ProfileId => "PROFILE_ID",
        EventField::DeviceId => "DEVICE_ID",
        EventField::SessionId => "SESSION_ID",
        EventField::Revenue => "REVENUE",
    }
}

pub(crate) fn profile_field(field: ProfileField) -> &'static str {
    match field {
        ProfileField::Id => "ID",
        ProfileField::Email => "EMAIL",
        ProfileField::FirstName => "FIRST_NAME",
        ProfileField::LastName => "LAST_NAME",
        ProfileField::Avatar => "AVATAR",
    }
}

pub(crate) fn operator_json(operator: &Operator) -> (&'static str, Value) {
    match operator {
        Operator::Eq(value) => ("eq", value.clone()),
        Operator::Neq(value) => ("neq", value.clone()),
        Operator::In(values) => ("in", json!(values)),
        Operator::NotIn(values) => ("notIn", json!(values)),
        Operator::Contains(text) => ("contains", json!(text)),
        Operator::NotContains(text) => ("notContains", json!(text)),
        Operator::StartsWith(text) => ("startsWith", json!(text)),
        Operator::EndsWith(text) => ("endsWith", json!(text)),
        Operator::Gt(value) => ("gt", value.clone()),
        Operator::Gte(value) => ("gte", value.clone()),
        Operator::Lt(value) => ("lt", value.clone()),
        Operator::Lte(value) => ("lte", value.clone()),
        Operator::IsSet => ("isSet", json!(true)),
        Operator::IsNotSet => ("isNotSet", json!(true)),
    }
}
