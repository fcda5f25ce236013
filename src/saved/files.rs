//! The files of the queries folder: which there are, and which cannot be read.

use super::Broken;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

/// A file that may be a saved query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    /// Where it is.
    pub(super) path: String,
    /// What is in it.
    pub(super) text: String,
}

/// What is in a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Files {
    /// The files, by stem.
    pub(super) readable: BTreeMap<String, File>,
    /// Those that are none, and why.
    pub(super) broken: Vec<Broken>,
    /// Whether the folder itself cannot be read, so that nobody knows what is in it.
    pub(super) is_hidden: bool,
}

/// Reads every `.graphql` file of a folder. One that is not there has none.
pub(super) fn read(folder: &Path) -> Files {
    let mut files = Files::default();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return files,
        Err(error) => {
            files.broken.push(Broken { file: folder.display().to_string(), reason: error.to_string() });
            files.is_hidden = true;
            return files;
        }
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.extension().and_then(|extension| extension.to_str()) != Some("graphql") {
            continue;
        }
        let file = path.display().to_string();
        let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        match std::fs::read_to_string(&path) {
            Ok(_) if !is_pascal_case(stem) => {
                let reason = "its name is not in PascalCase such as ActiveCompanies; rename it".to_owned();
                files.broken.push(Broken { file, reason });
            }
            Ok(text) => drop(files.readable.insert(stem.to_owned(), File { path: file, text })),
            Err(error) => files.broken.push(Broken { file, reason: error.to_string() }),
        }
    }
    files
}

fn is_pascal_case(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(|c| c.is_ascii_alphanumeric())
}
