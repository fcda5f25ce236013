//! Ids for events that came without one: a fingerprint of the row and of how many equal rows precede it.
//!
//! Two rows are equal if they have the same cells: same columns, same values, in whatever order; a cell that
//! is missing is no difference. The n-th of equal rows has the same id whenever the file is imported, so an
//! import that is repeated stores nothing twice, while exact repeats inside a file are events of their own.
//! The id depends on the file alone, not on the mapping.

use crate::domain::event::Properties;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// A row's content, 128 bits of its SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint(u128);

impl Fingerprint {
    /// Of a row's cells.
    pub(super) fn of(cells: &Properties) -> Self {
        let mut canonical = Vec::with_capacity(256);
        write_object(&mut canonical, cells);
        Self(hash(&canonical))
    }
}

/// How often each row has been seen.
#[derive(Debug, Default)]
pub(super) struct Repeats(HashMap<Fingerprint, u32>);

impl Repeats {
    /// The id of the next event made from an equal row: 32 hexadecimal digits.
    pub(super) fn next_id(&mut self, row: Fingerprint) -> String {
        let seen = self.0.entry(row).or_insert(0);
        let mut bytes = [0_u8; 20];
        let (content, repeat) = bytes.split_at_mut(16);
        content.copy_from_slice(&row.0.to_be_bytes());
        repeat.copy_from_slice(&seen.to_be_bytes());
        *seen = seen.saturating_add(1);
        format!("{:032x}", hash(&bytes))
    }
}

fn hash(bytes: &[u8]) -> u128 {
    let digest = Sha256::digest(bytes);
    digest.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// Every value is written with its kind and its length, so that different rows have different bytes.
fn write_value(canonical: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => canonical.push(b'0'),
        Value::Bool(truth) => canonical.push(if *truth { b't' } else { b'f' }),
        Value::Number(number) => write_text(canonical, b'n', &number.to_string()),
        Value::String(text) => write_text(canonical, b's', text),
        Value::Array(items) => {
            write_length(canonical, b'a', items.len());
            for item in items {
                write_value(canonical, item);
            }
        }
        Value::Object(members) => write_object(canonical, members),
    }
}

fn write_object(canonical: &mut Vec<u8>, members: &Properties) {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_unstable_by_key(|(key, _)| *key);
    write_length(canonical, b'o', sorted.len());
    for (key, value) in sorted {
        write_text(canonical, b'k', key);
        write_value(canonical, value);
    }
}

fn write_text(canonical: &mut Vec<u8>, kind: u8, text: &str) {
    write_length(canonical, kind, text.len());
    canonical.extend_from_slice(text.as_bytes());
}

fn write_length(canonical: &mut Vec<u8>, kind: u8, length: usize) {
    canonical.push(kind);
    canonical.extend_from_slice(&(length as u64).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(value: &Value) -> Fingerprint {
        Fingerprint::of(value.as_object().expect("an object"))
    }

    #[test]
    fn only_equal_cells_make_equal_rows() {
        let row = of(&json!({"a": "x", "b": {"c": 1, "d": [2]}}));
        assert_eq!(row, of(&json!({"b": {"d": [2], "c": 1}, "a": "x"})));
        for other in [
            json!({"a": "x", "b": {"c": 1, "d": [3]}}),
            json!({"a": "x", "b": {"c": "1", "d": [2]}}),
            json!({"b": "x", "a": {"c": 1, "d": [2]}}),
            json!({"a": "x"}),
        ] {
            assert_ne!(row, of(&other), "{other}");
        }
        assert_ne!(of(&json!({"a": "xb", "b": "y"})), of(&json!({"a": "x", "b": "by"})));
    }

    #[test]
    fn repeats_have_ids_of_their_own_that_come_again() {
        let (one, two) = (of(&json!({"a": 1})), of(&json!({"a": 2})));
        let ids = |rows: &[Fingerprint]| {
            let mut repeats = Repeats::default();
            rows.iter().map(|row| repeats.next_id(*row)).collect::<Vec<_>>()
        };
        let first = ids(&[one, two, one]);
        assert!(first.iter().all(|id| id.len() == 32));
        assert!(first[0] != first[1] && first[0] != first[2] && first[1] != first[2]);
        assert_eq!(ids(&[one, one, two]), [&first[0], &first[2], &first[1]].map(Clone::clone));
    }

    #[test]
    fn an_id_never_changes_between_releases() {
        let id = Repeats::default().next_id(of(&json!({"ticket": "Case 1", "n": 1})));
        assert_eq!(id, "bde3a95529e1dfbfd7e5368132ba9f0f");
    }
}
