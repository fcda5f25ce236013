//! A document's size before it is parsed: the parser calls itself for every level, and a long document costs the
//! parser long.

use crate::domain::Invalid;
use crate::domain::limits::Limits;

/// Levels of brackets in one document, at most: more than any selection, filter or property may have together.
const MOST_LEVELS: usize = 100;

/// Refuses a document that opens too many brackets within each other, or has too many tokens.
pub fn check(document: &str, limits: &Limits) -> Result<(), Invalid> {
    let Size { levels, tokens } = size(document, limits.query_tokens);
    if levels > MOST_LEVELS {
        let reason =
            format!("nests more than {MOST_LEVELS} brackets; send deep values as variables, and flatter");
        return Err(Invalid::new("query", reason));
    }
    if tokens > limits.query_tokens {
        let most = limits.query_tokens;
        let reason =
            format!("has more than {most} tokens; send values as variables, or ask in several requests");
        return Err(Invalid::new("query", reason));
    }
    Ok(())
}

/// What is counted of a document.
#[derive(Debug, Default, PartialEq, Eq)]
struct Size {
    levels: usize,
    tokens: usize,
}

/// Counts until something is too much. Texts count as one token; comments, commas and spaces as none.
fn size(document: &str, most_tokens: usize) -> Size {
    let bytes = document.as_bytes();
    let (mut size, mut depth, mut at) = (Size::default(), 0_usize, 0);
    while at < bytes.len() && size.tokens <= most_tokens && size.levels <= MOST_LEVELS {
        let byte = bytes[at];
        match byte {
            b'#' => {
                at += bytes[at..].iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len() - at);
                continue;
            }
            b',' | b' ' | b'\t' | b'\r' | b'\n' => {
                at += 1;
                continue;
            }
            b'{' | b'[' | b'(' => {
                depth += 1;
                size.levels = size.levels.max(depth);
                at += 1;
            }
            b'}' | b']' | b')' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            b'"' => at = end_of_text(bytes, at),
            b'.' if bytes[at..].starts_with(b"...") => at += 3,
            _ if is_word(byte) => at += bytes[at..].iter().take_while(|byte| is_word(**byte)).count(),
            _ => at += 1,
        }
        size.tokens += 1;
    }
    size
}

/// Whether a byte may be a part of a name or a number.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+')
}

/// The place behind the text that opens at `at`.
fn end_of_text(bytes: &[u8], at: usize) -> usize {
    let is_block = bytes[at..].starts_with(b"\"\"\"");
    let mut at = at + if is_block { 3 } else { 1 };
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' if !is_block => return at + 1,
            b'"' if bytes[at..].starts_with(b"\"\"\"") => return at + 3,
            // A line break ends a text that is never closed; the parser will complain about it.
            b'\n' if !is_block => return at,
            _ => at += 1,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_too_deep(document: &str) -> bool {
        size(document, usize::MAX).levels > MOST_LEVELS
    }

    #[test]
    fn only_brackets_outside_texts_and_comments_count() {
        let deep =
            |open: &str, close: &str| format!("{{ a(x: {}1{}) }}", open.repeat(200), close.repeat(200));
        assert!(is_too_deep(&deep("{not:", "}")));
        assert!(is_too_deep(&deep("[", "]")));
        assert!(!is_too_deep(&format!("{{ a(x: \"{}\") }}", "[".repeat(200))));
        assert!(!is_too_deep(&format!("{{ a(x: \"\\\"{}\") }}", "[".repeat(200))));
        assert!(!is_too_deep(&format!("{{ a(x: \"\"\"\"{}\"\"\") }}", "[".repeat(200))));
        assert!(!is_too_deep(&format!("# {}\n{{ a }}", "[".repeat(200))));
        assert!(is_too_deep(&format!("# \"\n{}", "[".repeat(200))));
        assert!(!is_too_deep("{ a { b } }"));
    }

    #[test]
    fn names_numbers_marks_and_texts_are_a_token_each() {
        for (document, tokens) in [
            ("{ a }", 3),
            ("{ a(x: -1, y: \"b c\") { ...F } }", 15),
            ("# no { token\n,,  {a}", 3),
            ("{a(x:\"\"\"b \" c\"\"\")}", 8),
            ("", 0),
        ] {
            assert_eq!(size(document, usize::MAX).tokens, tokens, "{document}");
        }
        let limits = Limits { query_tokens: 3, ..Limits::default() };
        assert!(check("{ a }", &limits).is_ok());
        assert!(
            check("{ a b }", &limits).is_err_and(|invalid| invalid.reason.contains("more than 3 tokens"))
        );
    }
}
