//! SQL in, Arrow out. Knows engines and scopes; knows no analysis.
//!
//! A question is a constant text that begins with `with` and reads only what the [`scope::Scope`] offers. The
//! engine puts the scope's relations before it, runs it within a permit and a deadline, and hands back Arrow. Where there
//! is another engine, of many machines, [`remote`] has it compute the sealed rows that large questions read.

pub mod arrow;
pub mod cohort;
pub mod dialect;
mod duckdb;
pub mod explain;
pub mod filter;
mod literal;
pub mod remote;
pub mod scope;

pub use self::duckdb::Engine;
pub use ::duckdb::types::Value;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It ran longer than allowed and was stopped.
    #[error("the query was stopped after {seconds} s")]
    TimedOut {
        /// The limit, in seconds.
        seconds: u64,
    },
    /// The answer has more rows than allowed.
    #[error("the answer has more than {limit} rows")]
    TooLarge {
        /// The limit, in rows.
        limit: usize,
    },
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// The engine refused the statement.
    #[error("statement {stem} failed")]
    Sql {
        /// The question's name.
        stem: &'static str,
        /// What the engine said.
        source: ::duckdb::Error,
    },
    /// The answer has not the column that the decoder reads.
    #[error("column {name}: expected {expected}, found {found}")]
    Column {
        /// The column.
        name: String,
        /// The type the decoder reads.
        expected: &'static str,
        /// What is there instead.
        found: String,
    },
    /// The engine that was to compute it gave no answer, and it reads too much to be answered here.
    #[error("the distributed engine gave no answer: {why}")]
    Elsewhere {
        /// Bytes of files that it reads, about.
        bytes: u64,
        /// Bytes that would be read here, at most.
        limit: u64,
        /// Why there is no answer.
        why: String,
    },
    /// The rows that the distributed engine computed are too many to be worked on here.
    #[error("the distributed engine sent more than {limit} bytes")]
    FetchedTooMuch {
        /// The limit, in bytes.
        limit: u64,
    },
    /// The worker that ran the statement died.
    #[error("the query's worker died")]
    Lost,
}

/// A question: a constant statement and the values for its named parameters.
#[derive(Debug, Clone)]
pub struct Question {
    /// The name of the file, for messages and traces.
    pub stem: &'static str,
    /// The statement; it begins with `with`.
    pub sql: &'static str,
    /// Values for `$name` parameters.
    pub params: Vec<(&'static str, Value)>,
    /// How much of events it reads.
    pub reads: scope::Reads,
}

impl Question {
    /// A question without parameters that reads times and keys of events, if any.
    #[must_use]
    pub fn new(stem: &'static str, sql: &'static str) -> Self {
        Self { stem, sql, params: Vec::new(), reads: scope::Reads::Keys }
    }

    /// Says how much of events it reads.
    #[must_use]
    pub fn reading(mut self, reads: scope::Reads) -> Self {
        self.reads = reads;
        self
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.params.push((name, value.into()));
        self
    }
}

/// A list of texts as one parameter.
#[must_use]
pub fn texts<'a>(items: impl IntoIterator<Item = &'a str>) -> Value {
    Value::List(items.into_iter().map(|item| Value::Text(item.to_owned())).collect())
}
