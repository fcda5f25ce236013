//! A part of a page: the answer of one saved query, framed, with links to the query and to its table.

use super::show;
use crate::error::Failure;
use maud::{Markup, html};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What a saved query answered, and how it was asked.
#[derive(Debug, Clone)]
pub struct Answer {
    pub(super) name: &'static str,
    pub(super) given: Vec<(String, String)>,
    pub(super) data: Result<Value, Failure>,
}

impl Answer {
    /// The answer's only root field in the page's own types.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let data = self.data.clone()?;
        let root = match data {
            Value::Object(fields) => fields.into_iter().next().map_or(Value::Null, |(_, value)| value),
            other => other,
        };
        serde_json::from_value(root).map_err(Failure::internal)
    }

    /// Where the table is, in a format such as `csv`.
    #[must_use]
    pub fn address(&self, extension: &str) -> String {
        format!("/queries/{}.{extension}{}", self.name, self.query_string())
    }

    /// The same question with some variables changed; `None` takes one out.
    #[must_use]
    pub fn with(&self, changes: &[(&str, Option<&str>)]) -> Self {
        let mut given = self.given.clone();
        given.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        given.extend(changes.iter().filter_map(|(name, to)| Some(((*name).to_owned(), (*to)?.to_owned()))));
        Self { given, ..self.clone() }
    }

    /// Whether the question has a value for this variable.
    #[must_use]
    pub fn is_given(&self, name: &str) -> bool {
        self.given.iter().any(|(given, _)| given == name)
    }

    /// Links to the query's text and to its table.
    #[must_use]
    pub fn links(&self, of: &str) -> Markup {
        html! {
            span.links {
                a href=(format!("/dashboard/queries/{}{}", self.name, self.query_string())) aria-label=(format!("Query of {of}")) { "Query" }
                " "
                a href=(self.address("csv")) download aria-label=(format!("{of} as CSV")) { "CSV" }
            }
        }
    }

    /// The framed panel: a title, what `draw` makes of the answer, and the links. Where the query failed, why.
    #[must_use]
    pub fn panel<T: DeserializeOwned>(&self, title: &str, draw: impl FnOnce(T) -> Markup) -> Markup {
        html! {
            section.panel {
                header { h2 { (title) } (self.links(title)) }
                @match self.read::<T>() {
                    Ok(read) => { (draw(read)) }
                    Err(failure) => { (problem(&failure)) }
                }
            }
        }
    }

    fn query_string(&self) -> String {
        if self.given.is_empty() {
            return String::new();
        }
        let pairs = self.given.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        format!("?{}", show::query_string(pairs))
    }
}

/// What went wrong, where the answer would be.
#[must_use]
pub fn problem(failure: &Failure) -> Markup {
    html! { p.problem role="alert" { (show::sentence(&failure.message)) } }
}
