//! Filters: what a customer may ask of an event, its profile and its groups, and their one rendering as SQL.
//!
//! Values and property paths are always bound as parameters; only operators and columns become text, and
//! they come from closed sets.
//!
//! | value there | value asked | compared |
//! |---|---|---|
//! | a number | a number | as numbers |
//! | anything else | anything else | as text; JSON values other than strings by their compact JSON text |
//! | missing or null | any | negative operators hold, positive ones do not |

use super::Value;
use super::cohort::Cohort;
use crate::domain::Invalid;
use serde_json::Value as Json;
use std::sync::Arc;

/// A tree of conditions.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All hold.
    And(Vec<Filter>),
    /// At least one holds.
    Or(Vec<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// One property is tested.
    Test(Test),
    /// The profile, or one of the groups of the cohort's type, is in a cohort.
    Cohort(Arc<Cohort>),
}

/// One property and what is asked of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// Whose property.
    pub of: Subject,
    /// Which property.
    pub key: Key,
    /// What is asked.
    pub operator: Operator,
}

/// Whose property is tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The event's own.
    Event,
    /// Its profile's, as it is now.
    Profile,
    /// Those of its groups of a type.
    Group(String),
}

/// Which property is tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// A fixed field.
    Field(Field),
    /// A property, by the keys that lead to it.
    Path(Path),
}

/// The fixed fields of events, profiles and groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The id.
    Id,
    /// The event's or the group's name.
    Name,
    /// The event's path.
    Path,
    /// The event's profile.
    ProfileId,
    /// The event's device.
    DeviceId,
    /// The event's session.
    SessionId,
    /// The event's revenue.
    Revenue,
    /// The profile's e-mail address.
    Email,
    /// The profile's given name.
    FirstName,
    /// The profile's family name.
    LastName,
    /// The profile's picture.
    Avatar,
}

/// The keys that lead to a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(Vec<String>);

impl Path {
    /// Reads a dotted path. A key that contains a dot is quoted: `plan."price.eur"`.
    pub fn parse(field: &str, text: &str) -> Result<Self, Invalid> {
        let wrong = |reason: &str| Invalid::new(field, reason);
        let (mut keys, mut rest) = (Vec::new(), text);
        loop {
            let (key, behind) = if let Some(quoted) = rest.strip_prefix('"') {
                let (key, behind) =
                    quoted.split_once('"').ok_or_else(|| wrong("opens a quote that is never closed"))?;
                (key, behind)
            } else {
                rest.split_at(rest.find('.').unwrap_or(rest.len()))
            };
            if key.is_empty() {
                return Err(wrong("has an empty key; write a dotted path such as plan.name"));
            }
            keys.push(key.to_owned());
            match behind.strip_prefix('.') {
                Some(behind) => rest = behind,
                None if behind.is_empty() => break,
                None => return Err(wrong("has text behind a closing quote; put a dot between keys")),
            }
        }
        if keys.len() > 32 {
            return Err(wrong("has more than 32 keys"));
        }
        Ok(Self(keys))
    }

    /// The path as it is written: dotted, keys that contain a dot quoted.
    #[must_use]
    pub fn dotted(&self) -> String {
        let keys: Vec<String> = self
            .0
            .iter()
            .map(|key| if key.contains('.') { format!("\"{key}\"") } else { key.clone() })
            .collect();
        keys.join(".")
    }

    /// The path as a JSON pointer (RFC 6901).
    #[must_use]
    pub fn pointer(&self) -> String {
        self.0.iter().fold(String::new(), |pointer, key| {
            let escaped = key.replace('~', "~0").replace('/', "~1");
            pointer + "/" + escaped.as_str()
        })
    }
}

/// What is asked of a property.
#[derive(Debug, Clone, PartialEq)]
pub enum Operator {
    /// Equal.
    Eq(Json),
    /// Missing or not equal.
    Neq(Json),
    /// Equal to one of these.
    In(Vec<Json>),
    /// Missing or equal to none of these.
    NotIn(Vec<Json>),
    /// Contains the text, in any case.
    Contains(String),
    /// Missing, or does not contain the text in any case.
    NotContains(String),
    /// Begins with the text.
    StartsWith(String),
    /// Ends with the text.
    EndsWith(String),
    /// Greater.
    Gt(Json),
    /// Greater or equal.
    Gte(Json),
    /// Less.
    Lt(Json),
    /// Less or equal.
    Lte(Json),
    /// Present and not null.
    IsSet,
    /// Missing or null.
    IsNotSet,
}

impl Operator {
    /// The positive operator that this one negates, if it is a negative one.
    #[must_use]
    pub fn negated(&self) -> Option<Self> {
        Some(match self {
            Self::Neq(value) => Self::Eq(value.clone()),
            Self::NotIn(values) => Self::In(values.clone()),
            Self::NotContains(text) => Self::Contains(text.clone()),
            Self::IsNotSet => Self::IsSet,
            _ => return None,
        })
    }
}

impl Filter {
    /// Every test in the tree.
    pub fn tests<'f>(&'f self, into: &mut Vec<&'f Test>) {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.tests(into)),
            Self::Not(part) => part.tests(into),
            Self::Test(test) => into.push(test),
            Self::Cohort(_) => {}
        }
    }

    /// Every cohort that is named in the tree.
    pub fn cohorts<'f>(&'f self, into: &mut Vec<&'f Arc<Cohort>>) {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.cohorts(into)),
            Self::Not(part) => part.cohorts(into),
            Self::Test(_) => {}
            Self::Cohort(cohort) => into.push(cohort),
        }
    }
}

/// The parameters of a statement as they are made.
#[derive(Debug, Default)]
pub(in crate::engine) struct Binder {
    /// Names and values.
    pub(in crate::engine) params: Vec<(String, Value)>,
}

impl Binder {
    /// Binds a value and gives its placeholder.
    pub(in crate::engine) fn bind(&mut self, value: Value) -> String {
        let name = format!("scope_{}", self.params.len());
        let placeholder = format!("${name}");
        self.params.push((name, value));
        placeholder
    }

    /// Binds a text.
    pub(in crate::engine) fn text(&mut self, text: &str) -> String {
        let placeholder = self.bind(Value::Text(text.to_owned()));
        format!("{placeholder}::varchar")
    }

    /// Binds a list of texts.
    pub(in crate::engine) fn texts(&mut self, items: &[String]) -> String {
        let placeholder = self.bind(super::texts(items.iter().map(String::as_str)));
        format!("{placeholder}::varchar[]")
    }
}

/// Where a tested value stands: its text, and its number where it is one. SQL expressions.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Place {
    text: String,
    number: Option<String>,
}

impl Place {
    /// A property inside a JSON column.
    pub(in crate::engine) fn property(column: &str, path: &Path, binder: &mut Binder) -> Self {
        let pointer = binder.text(&path.pointer());
        let text = format!("json_extract_string({column}, {pointer})");
        let number = format!(
            "case when json_type({column}, {pointer}) in ('BIGINT', 'UBIGINT', 'DOUBLE') then try_cast({text} as double) end"
        );
        Self { text, number: Some(number) }
    }

    /// A text column.
    pub(in crate::engine) fn column(column: &str) -> Self {
        Self { text: column.to_owned(), number: None }
    }

    /// A whole-number column.
    pub(in crate::engine) fn integer(column: &str) -> Self {
        Self { text: format!("{column}::varchar"), number: Some(format!("{column}::double")) }
    }

    /// Its value where it is a number, as an expression.
    pub(in crate::engine) fn number(&self) -> Option<&str> {
        self.number.as_deref()
    }

    /// A positive operator as a condition that is true or false, never null.
    pub(in crate::engine) fn holds(&self, operator: &Operator, binder: &mut Binder) -> String {
        let text = &self.text;
        let condition = match operator {
            Operator::Eq(value) => self.compare("=", value, binder),
            Operator::In(values) => self.is_in(values, binder),
            Operator::Contains(part) => {
                let part = binder.text(&part.to_lowercase());
                format!("contains(lower({text}), lower({part}))")
            }
            Operator::StartsWith(part) => format!("starts_with({text}, {})", binder.text(part)),
            Operator::EndsWith(part) => format!("suffix({text}, {})", binder.text(part)),
            Operator::Gt(value) => self.compare(">", value, binder),
            Operator::Gte(value) => self.compare(">=", value, binder),
            Operator::Lt(value) => self.compare("<", value, binder),
            Operator::Lte(value) => self.compare("<=", value, binder),
            Operator::IsSet => return format!("({text} is not null)"),
            Operator::Neq(_) | Operator::NotIn(_) | Operator::NotContains(_) | Operator::IsNotSet => {
                let positive = operator.negated().unwrap_or(Operator::IsSet);
                return format!("(not {})", self.holds(&positive, binder));
            }
        };
        format!("coalesce({condition}, false)")
    }

    fn compare(&self, sign: &str, value: &Json, binder: &mut Binder) -> String {
        let as_text = format!("{} {sign} {}", self.text, binder.text(&text_of(value)));
        match (&self.number, value.as_f64()) {
            (Some(number), Some(asked)) => {
                let asked = binder.bind(Value::Double(asked));
                format!(
                    "case when ({number}) is not null then ({number}) {sign} {asked}::double else {as_text} end"
                )
            }
            _ => as_text,
        }
    }

    fn is_in(&self, values: &[Json], binder: &mut Binder) -> String {
        let all: Vec<String> = values.iter().map(text_of).collect();
        let as_text = format!("list_contains({}, {})", binder.texts(&all), self.text);
        let numbers: Vec<Value> = values.iter().filter_map(Json::as_f64).map(Value::Double).collect();
        match &self.number {
            Some(number) if !numbers.is_empty() => {
                let words: Vec<String> =
                    values.iter().filter(|value| !value.is_number()).map(text_of).collect();
                let (numbers, words) = (binder.bind(Value::List(numbers)), binder.texts(&words));
                format!(
                    "case when ({number}) is not null
                     then list_contains({numbers}::double[], {number}) or list_contains({words}, {})
                     else {as_text} end",
                    self.text
                )
            }
            _ => as_text,
        }
    }
}

/// The text a JSON value is compared by.
fn text_of(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotted_paths_become_pointers() {
        let pointer = |text| Path::parse("property", text).map(|path| path.pointer());
        assert_eq!(pointer("plan"), Ok("/plan".to_owned()));
        assert_eq!(pointer("plan.name"), Ok("/plan/name".to_owned()));
        assert_eq!(pointer("a.\"b.c\".d"), Ok("/a/b.c/d".to_owned()));
        assert_eq!(pointer("a/b~c"), Ok("/a~1b~0c".to_owned()));
        for bad in ["", ".", "a.", ".a", "\"a", "\"a\"b", "a..b"] {
            assert!(pointer(bad).is_err(), "{bad} was accepted");
        }
    }
}
