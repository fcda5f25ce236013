//! Web origins from which a browser may send for a client without its secret, and whose pages may read answers.

use super::Client;
use crate::domain::Invalid;

/// Origins of one client, at most.
const MOST: usize = 100;

/// Checks that origins have the form in which browsers send them, or are patterns of it with `*`.
pub(super) fn check_all(origins: &[String]) -> Result<(), Invalid> {
    if origins.len() > MOST {
        return Err(Invalid::new("origins", format!("lists {}; {MOST} at most are allowed", origins.len())));
    }
    let is_well = |origin: &String| {
        !origin.is_empty() && origin.len() <= 512 && origin.chars().all(|c| c.is_ascii_graphic())
    };
    if origins.iter().all(is_well) {
        return Ok(());
    }
    let reason = "are not understood; give origins like https://app.example.com, or with * as in https://*.example.com";
    Err(Invalid::new("origins", reason))
}

/// Whether pages of this origin may read what a client is answered: one that lists none shows nothing but its secret.
#[must_use]
pub fn welcomes(client: &Client, origin: &str) -> bool {
    client.origins.is_empty() || allows(&client.origins, origin)
}

/// Whether a browser on this origin may send without the secret.
///
/// `www.`, the scheme and a slash at the end make no difference. `*` in an allowed origin stands for one or more
/// characters of a host name (dots included); `*` alone allows every origin.
pub(super) fn allows(origins: &[String], origin: &str) -> bool {
    // A sandboxed page and a file have the origin `null`: it says nothing about who sends.
    let is_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    if origin.is_empty() || origin == "null" || !bare(origin).chars().all(is_host) {
        return false;
    }
    origins.iter().any(|allowed| allowed == "*" || matches(bare(allowed), bare(origin)))
}

/// An origin without scheme, `www.` and slash at the end.
fn bare(origin: &str) -> &str {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    host.strip_prefix("www.").unwrap_or(host).trim_end_matches('/')
}

fn matches(pattern: &str, origin: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = strip_prefix(origin, first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        // A star takes at least one character.
        let mut after = rest.chars();
        if after.next().is_none() {
            return false;
        }
        rest = after.as_str();
        if parts.peek().is_none() {
            return rest.len() >= part.len()
                && rest.is_char_boundary(rest.len() - part.len())
                && rest[rest.len() - part.len()..].eq_ignore_ascii_case(part);
        }
        let Some(at) = rest.to_ascii_lowercase().find(&part.to_ascii_lowercase()) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

fn strip_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let start = text.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_compared_without_scheme_and_www() {
        for (allowed, origin, is_allowed) in [
            ("https://app.example.com", "https://app.example.com", true),
            ("app.example.com", "https://www.app.example.com", true),
            ("https://www.example.com/", "http://EXAMPLE.com", true),
            ("https://example.com", "https://example.com.evil.net", false),
            ("https://example.com", "https://evil-example.com", false),
            ("http://localhost:3000", "http://localhost:3001", false),
            ("https://*.example.com", "https://a.b.example.com", true),
            ("https://*.example.com", "https://.example.com", false),
            ("https://*.example.com", "https://a.example.com.evil.net", false),
            ("https://*.example.com", "https://evil.net/?.example.com", false),
            ("pr-*-app.example.*", "https://pr-12-app.example.dev", true),
            ("*", "https://anything", true),
            ("*", "null", false),
            ("*", "", false),
        ] {
            assert_eq!(allows(&[allowed.to_owned()], origin), is_allowed, "{allowed} {origin}");
        }
        assert!(!allows(&[], "https://app.example.com"));
    }
}
