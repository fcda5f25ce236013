//! Rows of a CSV or TSV file (RFC 4180), read so that a broken line costs as little as possible.
//!
//! Fields are separated by a comma (TSV: a tab); a field in double quotes may hold separators, line breaks
//! and doubled quotes; a quote inside an unquoted field is an ordinary character; empty lines are passed
//! over. A record is bad if it has not as many fields as the header, is no UTF-8 or is quoted wrongly. A
//! quote that is never closed, or goes on after its closing quote, spoils its own line only: reading goes
//! on with the next physical line, not after whatever the quote swallowed.

use super::lines::{Line, Lines, MOST_BYTES};
use super::{BadRow, Fault, Row};
use crate::domain::Invalid;
use crate::domain::event::Properties;
use serde_json::Value;
use std::io::{self, BufRead};

/// The records of one file.
#[derive(Debug)]
pub(super) struct CsvRows<R> {
    lines: Lines<R>,
    separator: u8,
    columns: Vec<String>,
}

impl<R: BufRead> CsvRows<R> {
    /// Reads the header. A column without a name is called `column N`.
    pub(super) fn open(input: R, separator: u8) -> Result<Self, Fault> {
        let mut rows = Self { lines: Lines::new(input), separator, columns: Vec::new() };
        let wrong = |reason: &str| Fault::Invalid(Invalid::new("header", reason));
        let header = match rows.next_record()? {
            None => return Err(wrong("is missing, the file is empty; its first line must name the columns")),
            Some((_, Err(reason))) => return Err(wrong(&reason)),
            Some((_, Ok(fields))) => fields,
        };
        for (at, field) in header.iter().enumerate() {
            let name = String::from_utf8(field.to_vec());
            let name = name.map_err(|_| wrong("is no UTF-8; save the file in the encoding UTF-8"))?;
            let name = if name.is_empty() { format!("column {}", at + 1) } else { name };
            rows.columns.push(name);
        }
        Ok(rows)
    }

    /// The columns, in the file's order.
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Bytes read so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.lines.bytes_read()
    }

    /// The next row; an empty cell is no cell.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<Row, BadRow>>> {
        let Some((line, record)) = self.next_record()? else { return Ok(None) };
        let row = record.and_then(|fields| self.row(line, &fields));
        Ok(Some(row.map_err(|reason| BadRow { line, reason })))
    }

    fn row(&self, line: u64, fields: &Fields) -> Result<Row, String> {
        let (found, expected) = (fields.ends.len(), self.columns.len());
        if found != expected {
            return Err(format!("has {found} fields where the header has {expected}"));
        }
        let mut cells = Properties::with_capacity(expected);
        for (column, field) in self.columns.iter().zip(fields.iter()) {
            let text = std::str::from_utf8(field).map_err(|_| format!("{column}: is no UTF-8"))?;
            if !text.is_empty() {
                cells.insert(column.clone(), Value::String(text.to_owned()));
            }
        }
        Ok(Row { line, bytes: fields.text.len(), cells })
    }

    /// The number of the next record's first line, and its fields or why it is broken.
    fn next_record(&mut self) -> io::Result<Option<(u64, Result<Fields, String>)>> {
        let first = loop {
            match self.lines.next()? {
                None => return Ok(None),
                Some(line) if line.content().is_empty() => {}
                Some(line) => break line,
            }
        };
        let number = first.number;
        let mut fields = Fields::default();
        let mut taken: Vec<Line> = Vec::new();
        let mut line = first;
        let broken = loop {
            if line.is_cut() || fields.text.len() + line.bytes.len() > MOST_BYTES {
                let what = if taken.is_empty() { "is too long" } else { NEVER_CLOSED };
                taken.push(line);
                break what;
            }
            let scanned = fields.scan(line.content(), self.separator);
            if scanned == Ok(Scan::Open) {
                fields.text.extend_from_slice(line.line_break());
            }
            taken.push(line);
            match scanned {
                Ok(Scan::Complete) => return Ok(Some((number, Ok(fields)))),
                Ok(Scan::Open) => {}
                Err(reason) => break reason,
            }
            match self.lines.next()? {
                Some(next) => line = next,
                None => break NEVER_CLOSED,
            }
        };
        self.lines.give_back(taken.split_off(1));
        Ok(Some((number, Err(broken.to_owned()))))
    }
}

const NEVER_CLOSED: &str = "opens a quote that is never closed";
const AFTER_QUOTE: &str = "goes on after a closing quote; double the quotes inside a quoted field";

/// Whether a record ends with the line.
#[derive(Debug, PartialEq, Eq)]
enum Scan {
    Complete,
    /// The line ends inside a quoted field.
    Open,
}

/// The fields of one record, unquoted, one after the other.
#[derive(Debug, Default)]
struct Fields {
    text: Vec<u8>,
    ends: Vec<usize>,
    in_quotes: bool,
}

impl Fields {
    /// Adds one physical line to the record.
    fn scan(&mut self, line: &[u8], separator: u8) -> Result<Scan, &'static str> {
        let mut rest = line;
        loop {
            if !self.in_quotes {
                if let Some(quoted) = rest.strip_prefix(b"\"") {
                    self.in_quotes = true;
                    rest = quoted;
                } else {
                    let mut parts = rest.splitn(2, |byte| *byte == separator);
                    self.text.extend_from_slice(parts.next().unwrap_or_default());
                    self.ends.push(self.text.len());
                    let Some(more) = parts.next() else { return Ok(Scan::Complete) };
                    rest = more;
                    continue;
                }
            }
            let mut parts = rest.splitn(2, |byte| *byte == b'"');
            self.text.extend_from_slice(parts.next().unwrap_or_default());
            let Some(more) = parts.next() else { return Ok(Scan::Open) };
            match more.split_first() {
                Some((b'"', more)) => {
                    self.text.push(b'"');
                    rest = more;
                    continue;
                }
                Some((next, more)) if *next == separator => rest = more,
                None => {}
                Some(_) => return Err(AFTER_QUOTE),
            }
            self.in_quotes = false;
            self.ends.push(self.text.len());
            if more.is_empty() {
                return Ok(Scan::Complete);
            }
        }
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.text.get(start..*end).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> (Vec<(u64, Vec<Value>)>, Vec<u64>) {
        let mut rows = CsvRows::open(text, b',').expect("a header");
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        while let Some(row) = rows.next().expect("bytes in memory") {
            match row {
                Ok(row) => good.push((row.line, row.cells.into_iter().map(|(_, value)| value).collect())),
                Err(row) => bad.push(row.line),
            }
        }
        (good, bad)
    }

    fn texts(cells: &[&str]) -> Vec<Value> {
        cells.iter().map(|cell| Value::from(*cell)).collect()
    }

    #[test]
    fn quotes_line_breaks_and_separators_are_read_as_written_by_others() {
        let records = [
            ["plain", "with, comma", "with \"quotes\""],
            ["two\nlines", "two\r\nlines", "\"\""],
            [" spaced ", "\"", ",\n\",\""],
            ["é", "5\" pipe", "last"],
        ];
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["a", "b", "c"]).expect("memory");
        for record in &records {
            writer.write_record(record).expect("memory");
        }
        let (good, bad) = read(&writer.into_inner().expect("memory"));
        let cells: Vec<_> = good.into_iter().map(|(_, cells)| cells).collect();
        assert_eq!(cells, records.map(|record| texts(&record)));
        assert_eq!(bad, [0; 0]);
    }

    #[test]
    fn a_quote_that_is_never_closed_spoils_its_own_line_only() {
        let (good, bad) = read(b"a,b\n1,\"open\n2,x\n3,y\n");
        assert_eq!(good, [(3, texts(&["2", "x"])), (4, texts(&["3", "y"]))]);
        assert_eq!(bad, [2]);
        // The second stray quote would close the first one.
        let (good, bad) = read(b"a,b\n1,\"open\n2,\"x\n3,y\n4,5\" pipe\n");
        assert_eq!(good, [(4, texts(&["3", "y"])), (5, texts(&["4", "5\" pipe"]))]);
        assert_eq!(bad, [2, 3]);
    }

    #[test]
    fn broken_records_are_bad_and_the_next_ones_are_read() {
        let (good, bad) = read(b"a,b\n1\n1,2,3\n\n\"x\" y,2\n\xFF,2\n5,\"6\"\r\n7,8");
        assert_eq!(good, [(7, texts(&["5", "6"])), (8, texts(&["7", "8"]))]);
        assert_eq!(bad, [2, 3, 5, 6]);
    }

    #[test]
    fn a_record_over_several_lines_is_numbered_by_its_first() {
        let (good, bad) = read(b"a,b\n1,\"x\ny\"\n2\n3,z\n");
        assert_eq!(good, [(2, texts(&["1", "x\ny"])), (5, texts(&["3", "z"]))]);
        assert_eq!(bad, [4]);
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_column() {
        let rows = CsvRows::open(&b"\xEF\xBB\xBFa,,c\n"[..], b',').expect("a header");
        assert_eq!(rows.columns(), ["a", "column 2", "c"]);
    }

    #[test]
    fn a_line_over_the_limit_is_bad_and_the_next_is_read() {
        let mut file = b"a,b\n1,".to_vec();
        file.resize(MOST_BYTES + 100, b'x');
        file.extend_from_slice(b"\n2,y\n");
        let (good, bad) = read(&file);
        assert_eq!(good, [(3, texts(&["2", "y"]))]);
        assert_eq!(bad, [2]);
    }
}
