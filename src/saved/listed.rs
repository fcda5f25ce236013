//! A saved query as lists tell of it, over HTTP and on the command line.

use super::{SavedQuery, Variable};
use crate::tabular::file::Format;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A saved query in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// What it answers.
    pub description: String,
    /// Whether it is the project's own.
    pub is_own: bool,
    /// Its variables, in the order of the operation.
    pub variables: Vec<ListedVariable>,
    /// The columns of its table; none where its answer is none.
    pub columns: Vec<ListedColumn>,
    /// The endings under which it has an address.
    pub formats: Vec<String>,
    /// The document's SHA-256 in hexadecimal digits.
    pub sha256: String,
}

/// A variable in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedVariable {
    /// Its name, without `$`.
    pub name: String,
    /// Its type as GraphQL writes it.
    #[serde(rename = "type")]
    pub type_name: String,
    /// What holds when it is not given; null: nothing does.
    pub default: Option<Value>,
    /// Whether it must be given.
    pub is_required: bool,
}

/// A column in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedColumn {
    /// Its heading.
    pub name: String,
    /// Its type as GraphQL names it.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Its type in Arrow and Parquet.
    pub arrow_type: String,
}

impl From<&Variable> for ListedVariable {
    fn from(variable: &Variable) -> Self {
        Self {
            name: variable.name.clone(),
            type_name: variable.type_name.clone(),
            default: variable.default.clone(),
            is_required: variable.is_required(),
        }
    }
}

impl From<&SavedQuery> for Listed {
    fn from(query: &SavedQuery) -> Self {
        let columns = query.layout.iter().flat_map(|layout| &layout.columns).map(|column| ListedColumn {
            name: column.name.clone(),
            type_name: column.type_name.clone(),
            arrow_type: column.kind.arrow_name().to_owned(),
        });
        let formats =
            Format::ALL.into_iter().filter(|format| *format == Format::Json || query.layout.is_ok());
        Self {
            name: query.name.clone(),
            description: query.description.clone(),
            is_own: query.own.is_some(),
            variables: query.variables.iter().map(ListedVariable::from).collect(),
            columns: columns.collect(),
            formats: formats.map(|format| format.extension().to_owned()).collect(),
            sha256: query.sha256.clone(),
        }
    }
}
