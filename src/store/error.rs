//! What can go wrong with the store, by what a caller would do about it.

use std::path::{Path, PathBuf};

/// A failure of the store. Each kind is answered differently.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process holds the data folder.
    #[error("the data folder {} is held by another process", .0.display())]
    Held(PathBuf),
    /// The folder holds files, and none of them are ours.
    #[error("{} holds files and no data of muster's; name a new or an empty folder with --data-dir", .0.display())]
    Foreign(PathBuf),
    /// The folder was written by a later release, or by a build older than the first one.
    #[error("the data folder {} has format {found}, this release reads {known}; use {}", .path.display(), if .found > .known { "a newer release" } else { "the build that wrote it" })]
    OtherFormat {
        /// The data folder.
        path: PathBuf,
        /// The format it has.
        found: u32,
        /// The format this release reads and writes.
        known: u32,
    },
    /// The folder is a primary's and is opened as a replica's, or the other way round.
    #[error("{} {}", .path.display(), if *.is_replica { "is the folder of a replica, which takes no events; serve it with --replica, or name another with --data-dir" } else { "holds a primary's data; name a new or an empty folder for the replica with --data-dir, or serve this one without --replica" })]
    Role {
        /// The data folder.
        path: PathBuf,
        /// Whether it is a replica's.
        is_replica: bool,
    },
    /// This is a replica: nothing is written here.
    #[error("this is a read replica")]
    ReadOnly,
    /// There is no room, or the disk refuses writes. Nothing of the batch was stored.
    #[error("the data folder cannot be written")]
    Full(#[source] std::io::Error),
    /// A failed write left the log in an unknown state: no more writes until a restart.
    #[error("the log failed and takes no more writes until a restart")]
    Broken,
    /// A file is not what was written.
    #[error("{} is damaged: {what}", .file.display())]
    Corrupt {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The operating system refused something else.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The refusal.
        source: std::io::Error,
    },
    /// Object storage does not do what it is asked. Nothing on disk is changed by that.
    #[error("object storage, {name:?}: {source}")]
    Objects {
        /// The object, or the folder of objects; empty for all of it.
        name: String,
        /// The refusal.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An object is not what was written.
    #[error("the object {name} {what}")]
    BadObject {
        /// The object.
        name: String,
        /// What is wrong with it.
        what: String,
        /// Whether it is there at all.
        is_there: bool,
    },
    /// The objects in a place are not this data folder's.
    #[error(
        "the objects there are not this data folder's: {0}; name a place of its own with --object-store, or the one it had"
    )]
    OtherLake(&'static str),
    /// Segments are only in object storage, and none was named.
    #[error("{segments} segments of the data folder are only in object storage; name it with --object-store")]
    Elsewhere {
        /// How many.
        segments: u64,
    },
    /// A question needs more bytes of segments than there is room for.
    #[error("{bytes} bytes of segments are wanted at once, more than {limit}")]
    TooMuch {
        /// What it needs.
        bytes: u64,
        /// What there is room for.
        limit: u64,
    },
    /// Others hold the room that a question needs.
    #[error("others hold all of the {limit} bytes that there is room for")]
    NoRoom {
        /// What there is room for.
        limit: u64,
    },
    /// DuckDB refused a statement.
    #[error("catalog statement failed: {0}")]
    Db(#[from] duckdb::Error),
    /// A record batch could not be made or read.
    #[error("record batch: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
}

impl Error {
    /// Names the file or folder an IO error belongs to.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_path_buf(), source }
    }

    /// Names the object that object storage refuses.
    pub(crate) fn objects(name: &str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Objects { name: name.to_owned(), source: source.into() }
    }
}
