//! Physical lines of a text file: numbered, bounded in length, with the possibility to give lines back.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};

/// Bytes of one record, at most. Far above what the limits of an event let through.
pub(super) const MOST_BYTES: usize = 16 * 1024 * 1024;

/// One physical line.
#[derive(Debug)]
pub(super) struct Line {
    /// Its number in the file, from 1.
    pub(super) number: u64,
    /// Its bytes with the line break. Over [`MOST_BYTES`] only the beginning is kept.
    pub(super) bytes: Vec<u8>,
}

impl Line {
    /// Whether the line is longer than what is kept of it.
    pub(super) fn is_cut(&self) -> bool {
        self.bytes.len() > MOST_BYTES
    }

    /// The line without `\n` or `\r\n`.
    pub(super) fn content(&self) -> &[u8] {
        let line = self.bytes.strip_suffix(b"\n").unwrap_or(&self.bytes);
        line.strip_suffix(b"\r").unwrap_or(line)
    }

    /// The line break alone, empty at the end of a file that lacks the last one.
    pub(super) fn line_break(&self) -> &[u8] {
        self.bytes.get(self.content().len()..).unwrap_or_default()
    }
}

/// Reads a file line by line; a byte order mark at its beginning is passed over.
#[derive(Debug)]
pub(super) struct Lines<R> {
    input: R,
    given_back: VecDeque<Line>,
    number: u64,
    bytes_read: u64,
}

impl<R: BufRead> Lines<R> {
    /// Starts at the first line.
    pub(super) fn new(input: R) -> Self {
        Self { input, given_back: VecDeque::new(), number: 0, bytes_read: 0 }
    }

    /// Bytes of the file taken so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// The next line, `None` at the end of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.given_back.pop_front() {
            return Ok(Some(line));
        }
        let mut bytes = Vec::new();
        let most = MOST_BYTES as u64 + 1;
        let mut taken = self.input.by_ref().take(most).read_until(b'\n', &mut bytes)? as u64;
        if taken == 0 {
            return Ok(None);
        }
        if taken == most && bytes.last() != Some(&b'\n') {
            taken += self.skip_to_line_break()?;
        }
        self.bytes_read += taken;
        self.number += 1;
        if self.number == 1 && bytes.starts_with(b"\xEF\xBB\xBF") {
            bytes.drain(..3);
        }
        Ok(Some(Line { number: self.number, bytes }))
    }

    /// Gives lines back, to be read again in their order before any other.
    pub(super) fn give_back(&mut self, lines: Vec<Line>) {
        for line in lines.into_iter().rev() {
            self.given_back.push_front(line);
        }
    }

    fn skip_to_line_break(&mut self) -> io::Result<u64> {
        let mut skipped = 0;
        loop {
            let buffer = self.input.fill_buf()?;
            let line_break = buffer.iter().position(|byte| *byte == b'\n');
            let step = line_break.map_or(buffer.len(), |at| at + 1);
            self.input.consume(step);
            skipped += step as u64;
            if line_break.is_some() || step == 0 {
                return Ok(skipped);
            }
        }
    }
}
