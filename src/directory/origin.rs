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
    let Some(wrong) = origins.iter().find(|origin| !is_pattern(origin)) else { return Ok(()) };
    let wrong: String = wrong.chars().take(80).collect();
    let reason = format!(
        "have {wrong:?}, which is no origin; give a scheme and a host like https://app.example.com, with * as in \
         https://*.example.com, and no path"
    );
    Err(Invalid::new("origins", reason))
}

/// Whether this can be the origin of a page. Without a scheme it has to look like a host: a single word is more likely
/// a mistake.
fn is_pattern(text: &str) -> bool {
    let (scheme, host) = text.split_once("://").map_or((None, text), |(scheme, host)| (Some(scheme), host));
    let is_scheme = |scheme: &str| {
        !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    let host = host.strip_suffix('/').unwrap_or(host);
    let is_host = !host.is_empty() && host.chars().all(|c| c.is_ascii_graphic() && (is_host(c) || c == '*'));
    let looks_like_one = host.contains(['.', ':', '*']) || host.eq_ignore_ascii_case("localhost");
    text.len() <= 512 && is_host && scheme.map_or(looks_like_one, is_scheme)
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
    if origin.is_empty() || origin == "null" || !bare(origin).chars().all(is_host) {
        return false;
    }
    origins.iter().any(|allowed| allowed == "*" || matches(bare(allowed), bare(origin)))
}

/// Whether a host, with or without a port, may have this character.
fn is_host(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']')
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
    fn what_can_be_no_origin_is_refused_by_name() {
        for well in [
            "https://app.example.com",
            "https://app.example.com/",
            "app.example.com",
            "localhost",
            "http://localhost:3000",
            "http://intranet",
            "capacitor://localhost",
            "http://[::1]:8080",
            "https://*.example.com",
            "pr-*-app.example.*",
            "*",
        ] {
            assert_eq!(check_all(&[well.to_owned()]), Ok(()), "{well}");
        }
        for wrong in [
            "banana",
            "",
            "null",
            "https://",
            "https://a.example/path",
            "a b.example",
            "://a.example",
            "https://a.example?x",
        ] {
            let error = check_all(&["https://app.example.com".to_owned(), wrong.to_owned()]);
            let message = error.expect_err(wrong).to_string();
            assert!(message.contains(&format!("{wrong:?}")), "{message}");
        }
    }

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
