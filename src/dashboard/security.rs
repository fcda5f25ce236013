//! What a browser may do with a page, and from where a form may come.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;

/// Everything from this server, no script or style within the page, no other page around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Gives an answer the headers of a page that is one person's alone.
pub async fn secured(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::VARY, "cookie"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-store"));
    response
}

/// Whether a browser says that a form was sent by a page of this server. Programs that say nothing pass; the form's
/// token decides about them.
#[must_use]
pub fn is_from_here(headers: &HeaderMap) -> bool {
    let get = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = get(&HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    let (Some(origin), Some(host)) = (get(&header::ORIGIN), get(&header::HOST)) else { return true };
    let of_origin = origin.split_once("://").map_or(origin, |(_, host)| host);
    of_origin.eq_ignore_ascii_case(host)
}

/// Whether the browser's connection is encrypted: to this server, or to a trusted proxy, which tells. What others say of
/// it does not come this far.
#[must_use]
pub fn is_encrypted(headers: &HeaderMap) -> bool {
    let told = headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok());
    told.is_some_and(|proto| proto.eq_ignore_ascii_case("https"))
}

/// The address of this server, as the browser has it.
#[must_use]
pub fn server(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1:4000");
    let scheme = if is_encrypted(headers) { "https" } else { "http" };
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_form_of_another_page_is_told_by_what_the_browser_says() {
        for (said, is_well) in [
            (headers(&[]), true),
            (headers(&[("sec-fetch-site", "same-origin")]), true),
            (headers(&[("sec-fetch-site", "same-site")]), false),
            (headers(&[("sec-fetch-site", "cross-site"), ("host", "a"), ("origin", "http://a")]), false),
            (headers(&[("host", "a:1"), ("origin", "http://a:1")]), true),
            (headers(&[("host", "a:1"), ("origin", "http://b:1")]), false),
            (headers(&[("host", "a:1"), ("origin", "null")]), false),
        ] {
            assert_eq!(is_from_here(&said), is_well, "{said:?}");
        }
    }

    #[test]
    fn a_proxy_tells_that_the_connection_is_encrypted() {
        assert!(is_encrypted(&headers(&[("x-forwarded-proto", "https")])));
        assert!(!is_encrypted(&headers(&[("x-forwarded-proto", "http")])));
        assert!(!is_encrypted(&headers(&[])));
    }
}
