//! One immutable file of an index: hashes in ascending order, each with a number.
//!
//! ```text
//! "MUSTERIX" | entries: u64 LE | words of the filter: u64 LE | CRC-32 of what follows: u32 LE
//! entry  = hash: u128 BE | number: u32 LE        ascending by hash
//! filter = words: u64 LE                         a Bloom filter over the hashes
//! ```
//!
//! Kept in memory are the filter (about 10 bits an entry) and the first hash of every block of entries, so that
//! a hash that is not there costs no read and one that is there costs one.

use crate::store::Error;
use crate::store::log::sync_folder;
use fastbloom::BloomFilter;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// What the hash of a thing leads to.
pub(super) type Entry = (u128, u32);

const MAGIC: &[u8; 8] = b"MUSTERIX";
const HEADER: usize = 28;
const ENTRY: usize = 20;
/// Entries of which the first is kept in memory.
const BLOCK: usize = 256;
/// Share of absent hashes that the filter lets through.
const FALSE_POSITIVES: f64 = 0.01;

/// An open file of an index.
#[derive(Debug)]
pub(super) struct IndexFile {
    file: File,
    path: PathBuf,
    entries: usize,
    fences: Vec<u128>,
    filter: BloomFilter,
}

/// Bits of the filter go by the upper half of the hash, as its hash functions mix what they are given.
fn filter_hash(hash: u128) -> u64 {
    (hash >> 64) as u64
}

fn empty_filter(entries: usize) -> BloomFilter {
    BloomFilter::with_false_pos(FALSE_POSITIVES).seed(&0).expected_items(entries.max(64))
}

impl IndexFile {
    /// Writes a file from entries in ascending order, durably, and opens it.
    pub(super) fn write(
        path: &Path,
        count: usize,
        entries: impl Iterator<Item = Result<Entry, Error>>,
    ) -> Result<Self, Error> {
        let temporary = path.with_extension("tmp");
        let fail = |source| Error::Io { path: temporary.clone(), source };
        let mut out = BufWriter::new(File::create(&temporary).map_err(fail)?);
        out.write_all(&[0; HEADER]).map_err(fail)?;
        let mut filter = empty_filter(count);
        let (mut written, mut fences, mut checksum) = (0_usize, Vec::new(), crc32fast::Hasher::new());
        for entry in entries {
            let (hash, number) = entry?;
            let mut bytes = [0; ENTRY];
            bytes[..16].copy_from_slice(&hash.to_be_bytes());
            bytes[16..].copy_from_slice(&number.to_le_bytes());
            checksum.update(&bytes);
            out.write_all(&bytes).map_err(fail)?;
            if written.is_multiple_of(BLOCK) {
                fences.push(hash);
            }
            filter.insert_hash(filter_hash(hash));
            written += 1;
        }
        for word in filter.as_slice() {
            checksum.update(&word.to_le_bytes());
            out.write_all(&word.to_le_bytes()).map_err(fail)?;
        }
        let mut file = out.into_inner().map_err(|error| fail(error.into_error()))?;
        let words = filter.as_slice().len() as u64;
        let header = [&MAGIC[..], &(written as u64).to_le_bytes(), &words.to_le_bytes()].concat();
        file.seek(SeekFrom::Start(0)).map_err(fail)?;
        file.write_all(&header).map_err(fail)?;
        file.write_all(&checksum.finalize().to_le_bytes()).map_err(fail)?;
        file.sync_all().map_err(fail)?;
        std::fs::rename(&temporary, path).map_err(Error::io(path))?;
        sync_folder(path.parent().unwrap_or(path))?;
        let file = File::open(path).map_err(Error::io(path))?;
        Ok(Self { file, path: path.to_path_buf(), entries: written, fences, filter })
    }

    /// Opens a file that was written before. Fails with [`Error::Corrupt`] where it is not what was written.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::io(path))?;
        let mut input = BufReader::with_capacity(1 << 20, &file);
        let corrupt = |what: &str| Error::Corrupt { file: path.to_path_buf(), what: what.to_owned() };
        let mut header = [0; HEADER];
        input.read_exact(&mut header).map_err(|_| corrupt("it has no header"))?;
        let number = |at: usize| header[at..at + 8].try_into().map(u64::from_le_bytes).unwrap_or_default();
        let (entries, words) = (number(8), number(16));
        let expected = u32::from_le_bytes(header[24..].try_into().unwrap_or_default());
        let length = file.metadata().map_err(Error::io(path))?.len();
        let body =
            entries.checked_mul(ENTRY as u64).and_then(|bytes| bytes.checked_add(words.checked_mul(8)?));
        if &header[..8] != MAGIC || body.and_then(|body| body.checked_add(HEADER as u64)) != Some(length) {
            return Err(corrupt("its length is not what its header says"));
        }
        let entries = usize::try_from(entries).map_err(|_| corrupt("it has too many entries"))?;
        let (mut fences, mut checksum) = (Vec::with_capacity(entries / BLOCK + 1), crc32fast::Hasher::new());
        let mut bytes = [0; ENTRY];
        for place in 0..entries {
            input.read_exact(&mut bytes).map_err(Error::io(path))?;
            checksum.update(&bytes);
            if place.is_multiple_of(BLOCK) {
                fences.push(entry(&bytes).0);
            }
        }
        let mut filter = Vec::new();
        input.read_to_end(&mut filter).map_err(Error::io(path))?;
        checksum.update(&filter);
        if checksum.finalize() != expected {
            return Err(corrupt("its checksum is not the recorded one"));
        }
        let words =
            filter.chunks_exact(8).map(|word| word.try_into().map(u64::from_le_bytes).unwrap_or_default());
        let hashes = empty_filter(entries).num_hashes();
        let filter = BloomFilter::from_vec(words.collect()).seed(&0).hashes(hashes);
        Ok(Self { file, path: path.to_path_buf(), entries, fences, filter })
    }

    /// The number of a hash, if it is here: the highest, where it has several.
    pub(super) fn find(&self, hash: u128) -> Result<Option<u32>, Error> {
        if !self.filter.contains_hash(filter_hash(hash)) {
            return Ok(None);
        }
        let Some(block) = self.fences.partition_point(|fence| *fence <= hash).checked_sub(1) else {
            return Ok(None);
        };
        let first = block * BLOCK;
        let mut bytes = vec![0; BLOCK.min(self.entries - first) * ENTRY];
        let offset = (HEADER + first * ENTRY) as u64;
        self.file.read_exact_at(&mut bytes, offset).map_err(Error::io(&self.path))?;
        let (entries, _) = bytes.as_chunks::<ENTRY>();
        let behind = entries.partition_point(|bytes| entry(bytes).0 <= hash);
        let found = behind.checked_sub(1).map(|place| entry(&entries[place]));
        Ok(found.filter(|(other, _)| *other == hash).map(|(_, number)| number))
    }

    /// All entries, ascending.
    pub(super) fn entries(&self) -> Result<impl Iterator<Item = Result<Entry, Error>> + '_, Error> {
        let mut file = File::open(&self.path).map_err(Error::io(&self.path))?;
        file.seek(SeekFrom::Start(HEADER as u64)).map_err(Error::io(&self.path))?;
        let mut input = BufReader::with_capacity(1 << 18, file);
        Ok((0..self.entries).map(move |_| {
            let mut bytes = [0; ENTRY];
            input.read_exact(&mut bytes).map_err(Error::io(&self.path))?;
            Ok(entry(&bytes))
        }))
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.entries
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

fn entry(bytes: &[u8; ENTRY]) -> Entry {
    let (hash, number) = bytes.split_at(16);
    (
        u128::from_be_bytes(hash.try_into().unwrap_or_default()),
        u32::from_le_bytes(number.try_into().unwrap_or_default()),
    )
}
