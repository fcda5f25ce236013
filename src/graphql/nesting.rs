//! How deep a document nests, before it is parsed: the parser calls itself for every level.

/// Levels of brackets in one document, at most: more than any selection, filter or property may have together.
const MOST: usize = 100;

/// Whether the document opens more brackets within each other than is allowed. Texts and comments do not count.
#[must_use]
pub fn is_too_deep(document: &str) -> bool {
    let bytes = document.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'{' | b'[' | b'(' => {
                depth += 1;
                if depth > MOST {
                    return true;
                }
            }
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            b'#' => at += bytes[at..].iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len() - at),
            b'"' => {
                at = end_of_text(bytes, at);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    false
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
}
