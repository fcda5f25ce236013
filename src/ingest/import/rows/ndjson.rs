//! Rows of an NDJSON file: one JSON object a line. Types are kept; a `null` is no cell.

use super::lines::Lines;
use super::{BadRow, Row};
use crate::domain::event::Properties;
use std::collections::HashSet;
use std::io::{self, BufRead};

/// The objects of one file.
#[derive(Debug)]
pub(super) struct NdjsonRows<R> {
    lines: Lines<R>,
}

impl<R: BufRead> NdjsonRows<R> {
    /// Starts at the first line.
    pub(super) fn new(input: R) -> Self {
        Self { lines: Lines::new(input) }
    }

    /// Bytes read so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.lines.bytes_read()
    }

    /// The next row. Empty lines are passed over.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<Row, BadRow>>> {
        let mut object = self.next_object()?;
        if let Some(Ok(row)) = &mut object {
            row.cells.retain(|_, value| !value.is_null());
        }
        Ok(object)
    }

    /// The next row, with its nulls.
    fn next_object(&mut self) -> io::Result<Option<Result<Row, BadRow>>> {
        while let Some(line) = self.lines.next()? {
            if line.bytes.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            if line.is_cut() {
                return Ok(Some(Err(BadRow { line: line.number, reason: "is too long".to_owned() })));
            }
            let row = match serde_json::from_slice::<Properties>(&line.bytes) {
                Ok(cells) => Ok(Row { line: line.number, bytes: line.bytes.len(), cells }),
                Err(error) => {
                    let reason = format!("is no JSON object (see character {})", error.column());
                    Err(BadRow { line: line.number, reason })
                }
            };
            return Ok(Some(row));
        }
        Ok(None)
    }

    /// The columns of the file's beginning, in order of appearance: read until all wanted ones have been
    /// seen, which for one that is nowhere means to the end.
    pub(super) fn find_columns(mut self, wanted: &[&str]) -> io::Result<Vec<String>> {
        let mut missing: HashSet<&str> = wanted.iter().copied().collect();
        let mut seen = HashSet::new();
        let mut columns = Vec::new();
        while let Some(row) = self.next_object()? {
            let Ok(row) = row else { continue };
            for (column, _) in row.cells {
                missing.remove(column.as_str());
                if !seen.contains(&column) {
                    seen.insert(column.clone());
                    columns.push(column);
                }
            }
            if missing.is_empty() {
                break;
            }
        }
        Ok(columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn types_are_kept_and_nulls_and_empty_lines_are_nothing() {
        let file =
            b"{\"a\": 1, \"b\": null, \"c\": [true, {\"d\": 1.5}]}\r\n\n  \n[1]\n{\"a\":\n{\"a\": \"007\"}";
        let mut rows = NdjsonRows::new(&file[..]);
        let mut next = || rows.next().expect("bytes in memory");
        let first = next().expect("a row").expect("a good one");
        assert_eq!(json!(first.cells), json!({"a": 1, "c": [true, {"d": 1.5}]}));
        assert!(matches!(next(), Some(Err(BadRow { line: 4, .. }))));
        assert!(matches!(next(), Some(Err(BadRow { line: 5, .. }))));
        let last = next().expect("a row").expect("a good one");
        assert_eq!((last.line, json!(last.cells)), (6, json!({"a": "007"})));
        assert!(next().is_none());
    }

    #[test]
    fn a_column_that_comes_late_is_found() {
        let file = b"{\"a\": 1}\n{\"b\": null}\n{\"c\": 1}\n";
        let columns = |wanted: &[&str]| NdjsonRows::new(&file[..]).find_columns(wanted).expect("memory");
        assert_eq!(columns(&["b"]), ["a", "b"]);
        assert_eq!(columns(&["nowhere"]), ["a", "b", "c"]);
    }
}
