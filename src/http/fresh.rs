//! How old an answer may be, and how old it is.
//!
//! `Cache-Control: max-stale=60` in a request lets the server give an answer that was asked up to 60 seconds ago though
//! more has been stored since; without it an answer is always what is stored now. `no-store` and `no-cache` have the
//! question asked anew, and `Muster-Explain` too.
//!
//! An answer's `Muster-Cache` says how it came about: `hit` (kept from before), `shared` (asked together with another
//! request), `miss` (asked for this one), `bypass` (asked anew as was wanted). `Age` is how many seconds ago it was asked.

use crate::graphql::answers::Answer;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use chrono::Duration;

/// The header that tells how an answer came about.
pub(super) const CACHE: HeaderName = HeaderName::from_static("muster-cache");

/// Longer than anything is kept.
const EVER_SECONDS: i64 = 10 * 365 * 86_400;

/// Which answers a request takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// One that is asked for it alone.
    New,
    /// One that is what is stored now, or was so this short a time ago.
    Kept(Option<Duration>),
}

impl Wanted {
    /// What a request's headers say.
    pub(super) fn in_headers(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
        let mut wanted = Self::Kept(None);
        for directive in values.flat_map(|value| value.split(',')) {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "no-store" | "no-cache" => return Self::New,
                "max-stale" => {
                    let seconds = match value.trim().trim_matches('"') {
                        "" => Some(EVER_SECONDS),
                        value => value
                            .parse::<u64>()
                            .ok()
                            .map(|seconds| i64::try_from(seconds).unwrap_or(EVER_SECONDS)),
                    };
                    let seconds = seconds.map(|seconds| seconds.min(EVER_SECONDS));
                    wanted = Self::Kept(seconds.map(Duration::seconds));
                }
                _ => {}
            }
        }
        wanted
    }
}

/// Says how an answer came about.
pub(super) fn tell(headers: &mut HeaderMap, answer: &Answer) {
    headers.insert(CACHE, HeaderValue::from_static(answer.source.name()));
    headers.insert(header::AGE, HeaderValue::from(answer.age_seconds));
}

/// Says that an answer was asked anew.
pub(super) fn tell_new(headers: &mut HeaderMap) {
    headers.insert(CACHE, HeaderValue::from_static("bypass"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_says_how_old_its_answer_may_be() {
        for (given, wanted) in [
            ("", Wanted::Kept(None)),
            ("max-age=0", Wanted::Kept(None)),
            ("max-stale=60", Wanted::Kept(Some(Duration::seconds(60)))),
            ("max-age=5, Max-Stale = \"7\"", Wanted::Kept(Some(Duration::seconds(7)))),
            ("max-stale", Wanted::Kept(Some(Duration::seconds(EVER_SECONDS)))),
            ("max-stale=99999999999999999", Wanted::Kept(Some(Duration::seconds(EVER_SECONDS)))),
            ("max-stale=-1", Wanted::Kept(None)),
            ("max-stale=soon", Wanted::Kept(None)),
            ("max-stale=60, no-store", Wanted::New),
            ("No-Cache", Wanted::New),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(given));
            assert_eq!(Wanted::in_headers(&headers), wanted, "{given}");
        }
    }
}
