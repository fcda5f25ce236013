//! The log: every commit is one frame, appended and synced before anyone is told that it is stored.
//!
//! One file is one generation: `log/0000000007.log`. A frame is
//!
//! ```text
//! length of payload: u32 LE | CRC-32 of payload: u32 LE | payload
//! payload = ( table tag: u8 | length: u32 LE | Arrow IPC stream )*
//! ```
//!
//! Failure stories.
//!
//! 1. The process dies while a frame is written: the frame is short or its checksum is wrong. It was never
//!    acknowledged; the next start cuts it off.
//! 2. The disk is full: the frame is cut off again and the batch is refused; later batches may succeed.
//! 3. The sync fails: what reached the disk is unknown. The log refuses everything until a restart reads it anew.
//! 4. A frame is damaged though it was synced: it is passed over, what is behind it is read, and which bytes could not
//!    be read is told (`salvage.rs`). A last frame of full length with a wrong checksum counts as damaged: whether it
//!    was acknowledged nobody can say.
//! 5. The file behind the last sealed generation is missing: nobody can say what was in it. It is reported, and
//!    the rest is served. Where a later file is there, which may build on it, the folder is not opened.

use super::Error;
use super::facts::Table;
use arrow::array::RecordBatch;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Bytes before a frame's payload.
const HEADER: usize = 8;

/// One generation's file, open for appending.
#[derive(Debug)]
pub(crate) struct LogFile {
    file: File,
    path: PathBuf,
    /// Bytes of whole, synced frames.
    length: u64,
    is_broken: bool,
}

impl LogFile {
    /// The file of a generation.
    pub(crate) fn path(folder: &Path, generation: u64) -> PathBuf {
        folder.join(format!("{generation:010}.log"))
    }

    /// Creates the file of a new generation, durably.
    pub(crate) fn create(folder: &Path, generation: u64) -> Result<Self, Error> {
        let path = Self::path(folder, generation);
        // A file that an earlier, failed try left is empty: nothing was acknowledged in it.
        let file = OpenOptions::new().append(true).create(true).open(&path).map_err(Error::Full)?;
        if file.metadata().map_err(Error::io(&path))?.len() > 0 {
            return Err(Error::Corrupt {
                file: path,
                what: "a new generation's file is not empty".to_owned(),
            });
        }
        sync_folder(folder)?;
        Ok(Self { file, path, length: 0, is_broken: false })
    }

    /// Opens a generation's file that was written before. [`LogFile::cut`] it before appending.
    pub(crate) fn reopen(path: &Path) -> Result<Self, Error> {
        let file = OpenOptions::new().append(true).open(path).map_err(Error::io(path))?;
        Ok(Self { file, path: path.to_path_buf(), length: 0, is_broken: false })
    }

    /// Cuts off what follows the last whole frame.
    pub(crate) fn cut(&mut self, whole: u64) -> Result<(), Error> {
        self.file.set_len(whole).and_then(|()| self.file.sync_all()).map_err(Error::io(&self.path))?;
        self.length = whole;
        Ok(())
    }

    /// Whether the file's state is unknown since a write or a sync failed.
    pub(crate) fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Bytes of whole frames.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Appends one frame. When this returns, the frame survives a crash. On [`Error::Full`] nothing of it is left; on
    /// [`Error::Broken`] a restart decides.
    pub(crate) fn append(&mut self, batches: &[(Table, RecordBatch)]) -> Result<(), Error> {
        if self.is_broken {
            return Err(Error::Broken);
        }
        let frame = encode(batches)?;
        if let Err(source) = self.file.write_all(&frame) {
            let undone = self.file.set_len(self.length).and_then(|()| self.file.seek(SeekFrom::End(0)));
            self.is_broken = undone.is_err();
            return Err(Error::Full(source));
        }
        if let Err(source) = self.file.sync_data() {
            self.is_broken = true;
            tracing::error!(log.file = %self.path.display(), error = %source, "the log could not be synced");
            return Err(Error::Broken);
        }
        self.length += frame.len() as u64;
        Ok(())
    }
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|file| file.sync_all()).map_err(Error::io(folder))
}

/// The log files of a folder with their generations, oldest first.
pub(crate) fn files(folder: &Path) -> Result<Vec<(u64, PathBuf)>, Error> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        let number = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
        if let Some(number) = number {
            files.push((number, path));
        }
    }
    files.sort();
    Ok(files)
}

fn encode(batches: &[(Table, RecordBatch)]) -> Result<Vec<u8>, Error> {
    let mut frame = vec![0; HEADER];
    for (table, batch) in batches {
        let mut stream = Vec::new();
        let mut writer = StreamWriter::try_new(&mut stream, &batch.schema())?;
        writer.write(batch)?;
        writer.finish()?;
        drop(writer);
        frame.push(table.tag());
        frame.extend_from_slice(&length_bytes(stream.len())?);
        frame.extend_from_slice(&stream);
    }
    let payload_length = length_bytes(frame.len() - HEADER)?;
    let checksum = crc32fast::hash(&frame[HEADER..]);
    frame[..4].copy_from_slice(&payload_length);
    frame[4..HEADER].copy_from_slice(&checksum.to_le_bytes());
    Ok(frame)
}

fn length_bytes(length: usize) -> Result<[u8; 4], Error> {
    let length =
        u32::try_from(length).map_err(|_| Error::Full(std::io::Error::other("a batch over 4 GiB")))?;
    Ok(length.to_le_bytes())
}

/// What reading a log file came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Replayed {
    /// The bytes up to the end of the last whole frame.
    pub(crate) whole: u64,
    /// Where bytes that were written are not what was written.
    pub(crate) damaged: Vec<Range<u64>>,
}

/// Reads every whole frame of a generation and hands its batches on, in order.
///
/// A torn last frame is passed over when `is_last`; anything else that cannot be read is damage.
pub(crate) fn replay(
    path: &Path,
    is_last: bool,
    mut apply: impl FnMut(Vec<(Table, RecordBatch)>, bool) -> Result<(), Error>,
) -> Result<Replayed, Error> {
    let mut bytes = Vec::new();
    File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(Error::io(path))?;
    let corrupt = |what: String| Error::Corrupt { file: path.to_path_buf(), what };
    let (mut offset, mut replayed) = (0, Replayed::default());
    while offset < bytes.len() {
        let rest = &bytes[offset..];
        if let Some(payload) = whole_payload(rest) {
            let batches =
                decode(payload).map_err(|what| corrupt(format!("the frame at byte {offset}: {what}")))?;
            apply(batches, !replayed.damaged.is_empty())?;
            offset += HEADER + payload.len();
            replayed.whole = offset as u64;
            continue;
        }
        let behind = next_frame(rest);
        if behind.is_none() && is_last && is_torn(rest) {
            tracing::warn!(log.file = %path.display(), log.offset = offset, "cut off a torn, unacknowledged frame");
            break;
        }
        let end = behind.map_or(bytes.len(), |behind| offset + behind);
        replayed.damaged.push(offset as u64..end as u64);
        offset = end;
    }
    Ok(replayed)
}

/// Whether bytes without a whole frame look like one whose writing ended early.
fn is_torn(bytes: &[u8]) -> bool {
    let is_short = frame_length(bytes).is_none_or(|length| length > bytes.len());
    let is_empty = bytes.iter().all(|byte| *byte == 0);
    // A wrong length makes a whole frame look short; its checksum still holds for all that is there.
    let is_whole = bytes.len() > HEADER && checksum(bytes) == Some(crc32fast::hash(&bytes[HEADER..]));
    is_empty || (is_short && !is_whole)
}

/// Where the next whole frame begins behind a frame that is not whole.
fn next_frame(bytes: &[u8]) -> Option<usize> {
    let is_frame =
        |at: usize| bytes.get(at..).and_then(whole_payload).is_some_and(|payload| decode(payload).is_ok());
    let next = frame_length(bytes).filter(|length| is_frame(*length));
    next.or_else(|| (1..bytes.len()).find(|at| looks_like_a_frame(&bytes[*at..]) && is_frame(*at)))
}

/// Whether bytes begin as a frame does: a table's tag, a length that fits, the mark of an Arrow stream.
fn looks_like_a_frame(bytes: &[u8]) -> bool {
    let Some(payload) = frame_length(bytes).and_then(|length| bytes.get(HEADER..length)) else {
        return false;
    };
    let is_tag = payload.first().is_some_and(|tag| Table::ALL.iter().any(|table| table.tag() == *tag));
    is_tag && payload.get(5..9) == Some(&[0xff; 4])
}

/// The checksum a frame claims to have.
fn checksum(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(4..HEADER)?.try_into().ok()?))
}

/// The length a frame claims to have, header included.
fn frame_length(bytes: &[u8]) -> Option<usize> {
    let length = bytes.get(..4)?.try_into().ok().map(u32::from_le_bytes)?;
    Some(HEADER + length as usize)
}

/// The payload of a frame that is whole and matches its checksum.
fn whole_payload(bytes: &[u8]) -> Option<&[u8]> {
    let payload = bytes.get(HEADER..frame_length(bytes)?)?;
    (!payload.is_empty() && checksum(bytes) == Some(crc32fast::hash(payload))).then_some(payload)
}

fn decode(mut payload: &[u8]) -> Result<Vec<(Table, RecordBatch)>, String> {
    let mut batches = Vec::new();
    while let Some((&tag, rest)) = payload.split_first() {
        let table =
            Table::ALL.into_iter().find(|table| table.tag() == tag).ok_or(format!("unknown table {tag}"))?;
        let length = rest.get(..4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
        let length = length.ok_or("cut short")? as usize;
        let stream = rest.get(4..4 + length).ok_or("cut short")?;
        for batch in StreamReader::try_new(stream, None).map_err(|error| error.to_string())? {
            batches.push((table, batch.map_err(|error| error.to_string())?));
        }
        payload = &rest[4 + length..];
    }
    Ok(batches)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::ProjectKey;
    use crate::store::facts::{Facts, Membership};

    fn frame(seq: u64) -> Vec<(Table, RecordBatch)> {
        let membership = Membership {
            project: ProjectKey(1),
            seq,
            membership_seq: seq,
            profile_id: "jane".to_owned(),
            user_key: 1,
            group_key: 2,
            group_id: "acme".to_owned(),
            joined_at: chrono::DateTime::UNIX_EPOCH,
            left_at: None,
        };
        let facts = Facts { memberships: vec![membership], ..Facts::default() };
        facts.to_batches().expect("rows become Arrow")
    }

    /// A log of three frames in a folder, and the length of the first two.
    fn log(folder: &Path) -> (PathBuf, u64) {
        let mut file = LogFile::create(folder, 1).expect("a fresh file");
        (1..=2).for_each(|seq| file.append(&frame(seq)).expect("appended"));
        let two = file.length();
        file.append(&frame(3)).expect("appended");
        (LogFile::path(folder, 1), two)
    }

    /// How many frames are read, and what else was found.
    fn count(path: &Path) -> (usize, Replayed) {
        let mut frames = 0;
        let replayed = replay(path, true, |_, _| {
            frames += 1;
            Ok(())
        });
        (frames, replayed.expect("read"))
    }

    #[test]
    fn a_torn_last_frame_is_cut_off() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, two) = log(folder.path());
        let length = std::fs::metadata(&path).expect("a file").len();
        for cut in [1, 100, length - two - 1] {
            let file = OpenOptions::new().write(true).open(&path).expect("opened");
            file.set_len(length - cut).expect("cut");
            assert_eq!(count(&path), (2, Replayed { whole: two, damaged: Vec::new() }));
        }
    }

    #[test]
    fn damage_is_found_where_it_is_and_hides_nothing_behind_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, two) = log(folder.path());
        let whole = std::fs::read(&path).expect("read");
        let (one, three) = (two / 2, whole.len() as u64);
        assert_eq!(count(&path), (3, Replayed { whole: three, damaged: Vec::new() }));
        // Length, checksum, tag, length of the stream, its mark, its content, its last byte.
        let last = usize::try_from(one).expect("small") - 1;
        for (byte, bit) in [(0, 7), (1, 0), (3, 0), (4, 0), (8, 1), (9, 3), (13, 0), (200, 1), (last, 0)] {
            for (frame, start, end) in [(1, 0, one), (2, one, two), (3, two, three)] {
                let mut damaged = whole.clone();
                damaged[usize::try_from(start).expect("small") + byte] ^= 1 << bit;
                std::fs::write(&path, damaged).expect("written");
                let whole = if frame == 3 { two } else { three };
                let expected = Replayed { whole, damaged: std::iter::once(start..end).collect() };
                assert_eq!(count(&path), (2, expected), "frame {frame}, byte {byte}, bit {bit}");
            }
        }
    }
}
