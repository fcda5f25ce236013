//! Failures as the outside sees them: a kind, a message that is safe to show, and the cause for the log.
//!
//! [`Kind::table`] is the one table from kind to HTTP status and GraphQL code.

use crate::domain::Invalid;
use crate::ingest::writer::WriteError;
use crate::{engine, store};
use std::sync::Arc;

/// What kind of failure it is: what the asker could do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request is wrong; the message says what to change.
    BadInput,
    /// No or wrong credentials.
    Unauthorized,
    /// The credentials do not allow it.
    Forbidden,
    /// This server is a read replica: the same request may succeed at the primary.
    ReadOnly,
    /// What is asked for does not exist.
    NotFound,
    /// It contradicts what is stored.
    Conflict,
    /// A limit was met; ask for less.
    Limited,
    /// The client asks too often, or shows too many wrong secrets; the same request may succeed later.
    RateLimited,
    /// The server cannot now; the same request may succeed later.
    Unavailable,
    /// The distributed engine cannot now, and it is too much for this server; the same request may succeed later.
    EngineUnavailable,
    /// Our fault.
    Internal,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::BadInput,
        Self::Unauthorized,
        Self::Forbidden,
        Self::ReadOnly,
        Self::NotFound,
        Self::Conflict,
        Self::Limited,
        Self::RateLimited,
        Self::Unavailable,
        Self::EngineUnavailable,
        Self::Internal,
    ];

    /// HTTP status and GraphQL `extensions.code`.
    #[must_use]
    pub fn table(self) -> (u16, &'static str) {
        match self {
            Self::BadInput => (400, "BAD_INPUT"),
            Self::Unauthorized => (401, "UNAUTHORIZED"),
            Self::Forbidden => (403, "FORBIDDEN"),
            Self::ReadOnly => (403, "READ_ONLY"),
            Self::NotFound => (404, "NOT_FOUND"),
            Self::Conflict => (409, "CONFLICT"),
            Self::Limited => (422, "LIMITED"),
            Self::RateLimited => (429, "RATE_LIMITED"),
            Self::Unavailable => (503, "UNAVAILABLE"),
            Self::EngineUnavailable => (503, "ENGINE_UNAVAILABLE"),
            Self::Internal => (500, "INTERNAL"),
        }
    }
}

/// A failure at the edge.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What kind it is.
    pub kind: Kind,
    /// What to tell the asker, a sentence without a full stop.
    pub message: String,
    /// The argument, field or column that is wrong.
    pub argument: Option<String>,
    /// The cause, for the log only.
    pub cause: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Failure {
    /// A failure without a cause worth logging.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), argument: None, cause: None }
    }

    /// Our fault: the cause goes to the log, a constant sentence to the asker.
    pub fn internal(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        tracing::error!(error = &cause as &dyn std::error::Error, "internal failure");
        let message = "something went wrong on the server; the log has the cause".to_owned();
        Self { kind: Kind::Internal, message, argument: None, cause: Some(Arc::new(cause)) }
    }

    /// A replica is asked to write.
    fn read_only() -> Self {
        Self::new(Kind::ReadOnly, "this server is a read replica and writes nothing; send it to the primary")
    }

    /// The server cannot now.
    fn unavailable(message: &str, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        let cause: Option<Arc<dyn std::error::Error + Send + Sync>> = Some(Arc::new(cause));
        Self { kind: Kind::Unavailable, message: message.to_owned(), argument: None, cause }
    }
}

impl From<Invalid> for Failure {
    fn from(invalid: Invalid) -> Self {
        let message = invalid.to_string();
        Self { kind: Kind::BadInput, message, argument: Some(invalid.field), cause: None }
    }
}

impl From<engine::Error> for Failure {
    fn from(error: engine::Error) -> Self {
        match error {
            engine::Error::TimedOut { seconds } => {
                let message =
                    format!("the query was stopped after {seconds} s; ask for a shorter range or fewer rows");
                Self::new(Kind::Limited, message)
            }
            engine::Error::TooLarge { limit } => {
                let message =
                    format!("the answer has more than {limit} rows; ask for fewer or page through them");
                Self::new(Kind::Limited, message)
            }
            engine::Error::Elsewhere { bytes, limit, .. } => {
                let message = format!(
                    "the distributed engine does not answer now, and the query reads about {bytes} bytes, more than the {limit} that are read without it (--local-up-to-bytes); ask for a shorter range, or again in a moment"
                );
                let cause: Option<Arc<dyn std::error::Error + Send + Sync>> = Some(Arc::new(error));
                Self { kind: Kind::EngineUnavailable, message, argument: None, cause }
            }
            engine::Error::FetchedTooMuch { limit } => {
                let message = format!(
                    "the query needs more than {limit} bytes of what the distributed engine computed (--flight-sql-fetch-bytes); ask for a shorter range or for certain events"
                );
                Self::new(Kind::Limited, message)
            }
            engine::Error::Store(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

/// What a failed write is told: that nothing was stored, or that it is not known.
const NOT_STORED: &str = "the data folder cannot be written now; nothing was stored";
const UNKNOWN: &str =
    "the data folder takes no writes until the server is restarted; whether this was stored is not known";

/// What a question is told whose files cannot be had.
const NOT_HERE: &str = "object storage does not answer now, and the disk does not hold all that the query reads; ask again in a moment";
const NO_ROOM: &str = "other queries hold all that the segment cache has room for (--segment-cache-bytes); ask again in a moment";

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Full(_) => Self::unavailable(NOT_STORED, error),
            store::Error::Broken => Self::unavailable(UNKNOWN, error),
            store::Error::ReadOnly => Self::read_only(),
            store::Error::Objects { .. } | store::Error::BadObject { is_there: false, .. } => {
                Self::unavailable(NOT_HERE, error)
            }
            store::Error::NoRoom { .. } => Self::unavailable(NO_ROOM, error),
            store::Error::TooMuch { bytes, limit } => {
                let message = format!(
                    "the query reads {bytes} bytes of whole events at once, more than the {limit} that the segment cache holds (--segment-cache-bytes); ask for a shorter range, or by day and without properties of events, which reads no whole events"
                );
                Self::new(Kind::Limited, message)
            }
            other => Self::internal(other),
        }
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Busy => {
                Self::unavailable("too many writes are waiting; try again in a moment", error)
            }
            WriteError::Stopping => Self::unavailable("the server is stopping; try again in a moment", error),
            WriteError::Store(ref cause) => match **cause {
                store::Error::Full(_) => Self::unavailable(NOT_STORED, error),
                store::Error::Broken => Self::unavailable(UNKNOWN, error),
                store::Error::ReadOnly => Self::read_only(),
                _ => Self::internal(error),
            },
            WriteError::Partly { stored, ref cause } => match **cause {
                store::Error::Full(_) => {
                    let message = format!(
                        "the data folder cannot be written now; the first {stored} writes of this request were stored, the others were not"
                    );
                    Self::unavailable(&message, error)
                }
                store::Error::Broken => Self::unavailable(UNKNOWN, error),
                _ => Self::internal(error),
            },
        }
    }
}

impl From<Failure> for async_graphql::Error {
    fn from(failure: Failure) -> Self {
        let error = Self::new(failure.message);
        async_graphql::ErrorExtensions::extend_with(error, |_, extensions| {
            extensions.set("code", failure.kind.table().1);
            if let Some(argument) = &failure.argument {
                extensions.set("argument", argument.as_str());
            }
        })
    }
}

impl axum::response::IntoResponse for Failure {
    fn into_response(self) -> axum::response::Response {
        let (status, code) = self.kind.table();
        let mut error = serde_json::json!({ "code": code, "message": self.message });
        if let Some(argument) = self.argument {
            error["argument"] = argument.into();
        }
        let status =
            axum::http::StatusCode::from_u16(status).unwrap_or(axum::http::StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(serde_json::json!({ "error": error }))).into_response();
        if matches!(self.kind, Kind::Unavailable | Kind::EngineUnavailable) {
            response.headers_mut().insert("retry-after", axum::http::HeaderValue::from_static("1"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_status_and_a_code_of_its_own() {
        let codes: std::collections::HashSet<&str> = Kind::ALL.iter().map(|kind| kind.table().1).collect();
        assert_eq!(codes.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert!((400..600).contains(&kind.table().0));
        }
    }

    #[test]
    fn an_internal_cause_never_reaches_the_asker() {
        let failure = Failure::internal(std::io::Error::other("secret path"));
        assert!(!failure.message.contains("secret"));
    }
}
