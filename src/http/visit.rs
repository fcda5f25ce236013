//! What is known of a request beside its content, while it is answered: where it comes from, and what its client may
//! still ask. The answer tells the latter in the headers of the IETF's draft on rate limits.
//!
//! | header | for example | |
//! |---|---|---|
//! | `RateLimit-Policy` | `"requests";q=60000;w=60` | so many requests in so many seconds |
//! | `RateLimit` | `"requests";r=59998;t=1` | so many are left, and all of them again after so many seconds |
//! | `Retry-After` | `3` | with 429: seconds to wait |

use crate::directory::{Allowance, Entry, Noted, Refused};
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The header that tells the rule.
pub(super) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The header that tells what is left.
pub(super) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

tokio::task_local! {
    static VISIT: Arc<Visit>;
}

/// What is known of the present request.
#[derive(Debug)]
struct Visit {
    peer: Option<IpAddr>,
    noted: Arc<Noted>,
}

/// Wraps a request in what is known of it. Pages of the dashboard find the notes in the request's extensions.
pub(super) async fn accompany(mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let noted = Arc::<Noted>::default();
    request.extensions_mut().insert(Arc::clone(&noted));
    let visit = Arc::new(Visit { peer, noted: Arc::clone(&noted) });
    let mut response = VISIT.scope(visit, next.run(request)).await;
    tell(&noted, response.headers_mut());
    response
}

/// The address of whoever sent the present request.
pub(super) fn peer() -> Option<IpAddr> {
    VISIT.try_with(|visit| visit.peer).ok().flatten()
}

/// Notes what became of the present request's credentials.
pub(super) fn note(entered: Result<Entry, Refused>) -> Result<Entry, Refused> {
    let _ = VISIT.try_with(|visit| visit.noted.note(entered));
    entered
}

fn tell(noted: &Noted, headers: &mut HeaderMap) {
    let mut insert = |name, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    };
    if let Some(Allowance { per_minute, remaining, full_in_seconds, .. }) = noted.allowance() {
        insert(RATE_LIMIT_POLICY, format!("\"requests\";q={per_minute};w=60"));
        insert(RATE_LIMIT, format!("\"requests\";r={remaining};t={full_in_seconds}"));
    }
    if let Some(seconds) = noted.wait_seconds() {
        insert(header::RETRY_AFTER, seconds.to_string());
    }
}
