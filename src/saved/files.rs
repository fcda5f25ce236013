//! The files of the queries folder and of the folders in it: which there are, and which cannot be read.
//!
//! A file `NAME.graphql` is the query `NAME`, one in a folder `FOLDER` is `FOLDER/NAME`. There are no folders below.

use super::Broken;
use super::check::is_pascal_case;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

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
    /// The files, by the name of their query.
    pub(super) readable: BTreeMap<String, File>,
    /// Those that are none, and why.
    pub(super) broken: Vec<Broken>,
    /// Whether the folder itself cannot be read, so that nobody knows what is in it.
    pub(super) is_hidden: bool,
}

/// Reads every `.graphql` file of a folder and of the folders in it. One that is not there has none.
pub(super) fn read(folder: &Path) -> Files {
    let mut files = Files::default();
    for path in entries(folder, &mut files) {
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(name) = name.filter(|name| is_folder_name(name) && path.is_dir()) else {
            read_file(&path, "", &mut files);
            continue;
        };
        for inner in entries(&path, &mut files) {
            read_file(&inner, &format!("{name}/"), &mut files);
        }
    }
    files
}

/// What is in a folder, in order.
fn entries(folder: &Path, files: &mut Files) -> Vec<PathBuf> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            let (file, reason) = (folder.display().to_string(), error.to_string());
            files.broken.push(Broken { file, name: None, reason });
            files.is_hidden = true;
            return Vec::new();
        }
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn read_file(path: &Path, folder: &str, files: &mut Files) {
    if path.extension().and_then(|extension| extension.to_str()) != Some("graphql") {
        return;
    }
    let file = path.display().to_string();
    let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else { return };
    let name = format!("{folder}{stem}");
    match std::fs::read_to_string(path) {
        Ok(_) if !is_pascal_case(stem) => {
            let reason = "its name is not in PascalCase such as ActiveCompanies; rename it".to_owned();
            files.broken.push(Broken { file, name: Some(name), reason });
        }
        Ok(text) => drop(files.readable.insert(name, File { path: file, text })),
        Err(error) => files.broken.push(Broken { file, name: Some(name), reason: error.to_string() }),
    }
}

/// Whether a folder may hold queries: a word in lower case, which no query's name is.
fn is_folder_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase())
}
