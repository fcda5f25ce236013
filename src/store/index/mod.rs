//! An index: which hashes are known, and the number each leads to. On disk, in bounded memory, for ever.
//!
//! Two of them serve the writer: the ids of all events, and the keys of everything that has one. Both are made
//! from rows that are stored elsewhere, so an index that is damaged or missing is made anew.
//!
//! Each generation that is sealed adds one file, named after what it covers: `ids.0000000001-0000000007.index`.
//! Files of about equal size are merged, so that there are few.
//!
//! Failure stories.
//!
//! 1. The process dies while a file is written: it has a temporary name, which the next start removes.
//! 2. The process dies after a merged file is there and before the merged ones are removed: the next start
//!    removes files whose generations another one covers.
//! 3. The process dies after a generation's file is there and before the generation is recorded as sealed: the
//!    next start removes files that cover more than what is sealed. Such a file covers that generation alone, as
//!    files are merged only after the recording.

mod file;
mod known;
mod lately;

pub(super) use known::{Known, LowBits};
pub(super) use lately::Lately;

use super::Error;
use file::{Entry, IndexFile};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// The hash of a text that the bytes before it tell from the same text elsewhere.
pub(super) fn hash(before: &[u8], text: &str) -> u128 {
    // Most are short: taken in one piece they cost a fraction of what they do in two.
    let (mut buffer, length) = ([0; 192], before.len() + text.len());
    let Some(whole) = buffer.get_mut(..length) else {
        let mut hasher = Xxh3::new();
        hasher.update(before);
        hasher.update(text.as_bytes());
        return hasher.digest128();
    };
    let (head, rest) = whole.split_at_mut(before.len());
    head.copy_from_slice(before);
    rest.copy_from_slice(text.as_bytes());
    xxh3_128(whole)
}

/// A file and the generations it covers, from the first to the last.
#[derive(Debug)]
struct Part {
    first: u64,
    last: u64,
    file: IndexFile,
}

/// The index of one kind of hashes.
#[derive(Debug)]
pub(super) struct Index {
    folder: PathBuf,
    name: &'static str,
    parts: RwLock<Arc<[Arc<Part>]>>,
    /// Held while files are added, merged or replaced.
    changing: Mutex<()>,
}

/// Sizes within this factor are about equal.
const MERGE_FACTOR: usize = 3;

impl Index {
    /// Opens the index of this name as far as its generations are sealed. `None` when a part of it is missing or
    /// damaged: then it must be made anew with [`Index::rebuild`].
    pub(super) fn open(folder: &Path, name: &'static str, sealed: u64) -> Result<Option<Self>, Error> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
            let path = entry.map_err(Error::io(folder))?.path();
            match covered(&path, name) {
                Some((first, last)) if last <= sealed => files.push((first, last, path)),
                Some(_) => std::fs::remove_file(&path).map_err(Error::io(&path))?,
                None => {}
            }
        }
        // Of two that begin alike, the one that covers more comes first.
        files.sort_by_key(|(first, last, _)| (*first, std::cmp::Reverse(*last)));
        let (mut parts, mut next) = (Vec::new(), 1);
        for (first, last, path) in files {
            if last < next {
                std::fs::remove_file(&path).map_err(Error::io(&path))?;
                continue;
            }
            if first != next {
                return Ok(None);
            }
            match IndexFile::open(&path) {
                Ok(file) => parts.push(Arc::new(Part { first, last, file })),
                Err(error) => {
                    tracing::warn!(%error, "an index is made anew");
                    return Ok(None);
                }
            }
            next = last + 1;
        }
        let folder = folder.to_path_buf();
        Ok((next == sealed + 1).then(|| Self {
            folder,
            name,
            parts: RwLock::new(parts.into()),
            changing: Mutex::default(),
        }))
    }

    /// Makes the index anew from all entries of the sealed generations, in any order.
    pub(super) fn rebuild(
        folder: &Path,
        name: &'static str,
        sealed: u64,
        entries: Vec<Entry>,
    ) -> Result<Self, Error> {
        Self::remove(folder, name)?;
        let (parts, changing) = (RwLock::new(Arc::from([])), Mutex::default());
        let index = Self { folder: folder.to_path_buf(), name, parts, changing };
        if sealed > 0 {
            index.push(1, sealed, entries)?;
        }
        Ok(index)
    }

    /// Removes every file of the index of this name.
    pub(super) fn remove(folder: &Path, name: &str) -> Result<(), Error> {
        for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
            let path = entry.map_err(Error::io(folder))?.path();
            if covered(&path, name).is_some() {
                std::fs::remove_file(&path).map_err(Error::io(&path))?;
            }
        }
        Ok(())
    }

    /// Adds the entries of a generation that is about to be recorded as sealed, in any order. Generations come in
    /// turn.
    pub(super) fn add(&self, generation: u64, entries: Vec<Entry>) -> Result<(), Error> {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.parts().last().is_some_and(|part| part.last >= generation) {
            // An earlier try got this far.
            return Ok(());
        }
        self.push(generation, generation, entries)
    }

    /// Merges files of about equal size. Only once all that was added is recorded as sealed: see story 3.
    pub(super) fn merge(&self) -> Result<(), Error> {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        while self.merge_last()? {}
        Ok(())
    }

    /// Writes anew the files that have entries which are not to be kept, each in one step under its name.
    pub(super) fn retain(&self, keep: impl Fn(u128, u32) -> bool) -> Result<(), Error> {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        for (place, part) in self.parts().iter().enumerate() {
            let mut kept = 0;
            for entry in part.file.entries()? {
                let (hash, number) = entry?;
                kept += usize::from(keep(hash, number));
            }
            if kept == part.file.len() {
                continue;
            }
            let is_kept = |entry: &Result<Entry, Error>| {
                entry.as_ref().map_or(true, |(hash, number)| keep(*hash, *number))
            };
            let file = IndexFile::write(part.file.path(), kept, part.file.entries()?.filter(is_kept))?;
            let mut parts = self.parts().to_vec();
            parts[place] = Arc::new(Part { first: part.first, last: part.last, file });
            self.put(parts);
        }
        Ok(())
    }

    /// The number of a hash, if it is known.
    pub(super) fn find(&self, hash: u128) -> Result<Option<u32>, Error> {
        for part in self.parts().iter().rev() {
            if let Some(number) = part.file.find(hash)? {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    fn parts(&self) -> Arc<[Arc<Part>]> {
        Arc::clone(&self.parts.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn put(&self, parts: Vec<Arc<Part>>) {
        *self.parts.write().unwrap_or_else(PoisonError::into_inner) = parts.into();
    }

    fn path(&self, first: u64, last: u64) -> PathBuf {
        self.folder.join(format!("{}.{first:010}-{last:010}.index", self.name))
    }

    fn push(&self, first: u64, last: u64, mut entries: Vec<Entry>) -> Result<(), Error> {
        entries.sort_unstable();
        let count = entries.len();
        let file = IndexFile::write(&self.path(first, last), count, entries.into_iter().map(Ok))?;
        let mut parts = self.parts().to_vec();
        parts.push(Arc::new(Part { first, last, file }));
        self.put(parts);
        Ok(())
    }

    /// Merges the last two files where they are about equal; tells whether it did.
    fn merge_last(&self) -> Result<bool, Error> {
        let mut parts = self.parts().to_vec();
        let [.., older, newer] = parts.as_slice() else { return Ok(false) };
        if older.file.len() > newer.file.len().saturating_mul(MERGE_FACTOR) {
            return Ok(false);
        }
        let (first, last) = (older.first, newer.last);
        let merged =
            Merged { left: older.file.entries()?.peekable(), right: newer.file.entries()?.peekable() };
        let file = IndexFile::write(&self.path(first, last), older.file.len() + newer.file.len(), merged)?;
        let replaced = [parts.pop(), parts.pop()];
        parts.push(Arc::new(Part { first, last, file }));
        self.put(parts);
        for part in replaced.iter().flatten() {
            // Whoever still looks something up in it has it open.
            if let Err(error) = std::fs::remove_file(part.file.path()) {
                tracing::warn!(%error, "a merged index file stays until the next start");
            }
        }
        Ok(true)
    }
}

/// Two ascending runs of entries as one.
struct Merged<L: Iterator, R: Iterator> {
    left: std::iter::Peekable<L>,
    right: std::iter::Peekable<R>,
}

impl<L, R> Iterator for Merged<L, R>
where
    L: Iterator<Item = Result<Entry, Error>>,
    R: Iterator<Item = Result<Entry, Error>>,
{
    type Item = Result<Entry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match (self.left.peek(), self.right.peek()) {
            (Some(Ok(left)), Some(Ok(right))) if right < left => self.right.next(),
            (None, _) => self.right.next(),
            _ => self.left.next(),
        }
    }
}

/// The generations that a file of this index covers, by its name.
fn covered(path: &Path, name: &str) -> Option<(u64, u64)> {
    let range = path.file_name()?.to_str()?.strip_prefix(name)?.strip_prefix('.')?.strip_suffix(".index")?;
    let (first, last) = range.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: u32) -> u128 {
        xxhash_rust::xxh3::xxh3_128(&number.to_le_bytes())
    }

    fn filled(folder: &Path) -> Index {
        let index = Index::rebuild(folder, "ids", 0, Vec::new()).expect("an empty index");
        for generation in 1..=20 {
            let numbers = (generation - 1) * 100..generation * 100;
            let entries = numbers.map(|n| (hash(n), n)).collect();
            index.add(u64::from(generation), entries).expect("added");
            index.merge().expect("merged");
        }
        index
    }

    fn holds_all(index: &Index) {
        for number in 0..2000 {
            assert_eq!(index.find(hash(number)).expect("read"), Some(number));
        }
        for number in 2000..6000 {
            assert_eq!(index.find(hash(number)).expect("read"), None);
        }
        assert_eq!(index.parts().iter().map(|part| part.file.len()).sum::<usize>(), 2000);
    }

    #[test]
    fn a_hash_is_that_of_all_bytes_one_after_the_other() {
        for length in [0, 1, 100, 186, 187, 188, 500] {
            let text = "x".repeat(length);
            let whole = [&[1, 2, 3, 4, 5], text.as_bytes()].concat();
            assert_eq!(super::hash(&[1, 2, 3, 4, 5], &text), xxh3_128(&whole), "{length}");
        }
    }

    #[test]
    fn what_was_added_is_found_after_merges_and_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let index = filled(folder.path());
        holds_all(&index);
        assert!(index.parts().len() < 6, "files were merged: {}", index.parts().len());
        drop(index);
        let again = Index::open(folder.path(), "ids", 20).expect("read").expect("whole");
        holds_all(&again);
    }

    #[test]
    fn a_generation_that_was_not_recorded_is_forgotten() {
        let folder = tempfile::tempdir().expect("a folder");
        let index = filled(folder.path());
        index.add(21, vec![(hash(9000), 1)]).expect("added");
        drop(index);
        let again = Index::open(folder.path(), "ids", 20).expect("read").expect("whole");
        holds_all(&again);
        assert_eq!(again.find(hash(9000)).expect("read"), None);
    }

    #[test]
    fn what_is_not_kept_is_gone_and_the_last_number_of_a_hash_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let index = filled(folder.path());
        index.add(21, vec![(hash(7), 9000), (hash(8), 9001)]).expect("added");
        index.merge().expect("merged");
        assert_eq!(index.find(hash(7)).expect("read"), Some(9000));
        index.retain(|_, number| number % 2 == 0 && number != 9000).expect("written");
        for number in 0..2000 {
            let expected = (number % 2 == 0).then_some(number);
            assert_eq!(index.find(hash(number)).expect("read"), expected);
        }
        drop(index);
        let again = Index::open(folder.path(), "ids", 21).expect("read").expect("whole");
        assert_eq!(again.parts().iter().map(|part| part.file.len()).sum::<usize>(), 1000);
    }

    #[test]
    fn damage_and_gaps_are_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let index = filled(folder.path());
        assert!(Index::open(folder.path(), "ids", 22).expect("read").is_none(), "a generation is missing");
        let path = index.parts()[0].file.path().to_path_buf();
        let mut bytes = std::fs::read(&path).expect("read");
        bytes[1000] ^= 1;
        std::fs::write(&path, bytes).expect("written");
        assert!(Index::open(folder.path(), "ids", 20).expect("read").is_none(), "a bit is wrong");
        std::fs::remove_file(&path).expect("removed");
        assert!(Index::open(folder.path(), "ids", 20).expect("read").is_none(), "a file is missing");
    }
}
