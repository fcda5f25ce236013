//! Object storage: named bytes in a bucket of S3's kind, or in a folder that stands for one.
//!
//! Objects are written once and never changed, so a name that is there is whole: S3 shows an object when all of it has
//! arrived. Everything here blocks; call it off the request path. Whoever calls decides what a failure means: the store
//! goes on with what is on its disk.

mod transport;

use super::Error;
use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Name;
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::runtime::Runtime;
use transport::Transport;

/// Where objects are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A bucket of S3 or of what speaks like it. Credentials come from `AWS_ACCESS_KEY_ID` and its like, or from the
    /// machine's role.
    Bucket {
        /// Its name.
        bucket: String,
        /// What all names begin with; empty for none.
        prefix: String,
        /// The address of a service that is not AWS.
        endpoint: Option<String>,
        /// The region; `None`: that of `AWS_REGION` or `AWS_DEFAULT_REGION`, else `us-east-1`.
        region: Option<String>,
    },
    /// A folder of a file system that others see too.
    Folder(PathBuf),
}

impl Location {
    /// Reads `s3://BUCKET/PREFIX` or `file:///FOLDER`; says what to write where it is neither.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || "write s3://BUCKET/PREFIX, or file:///FOLDER for a folder that others see too".to_owned();
        let url = url::Url::parse(text).map_err(|_| wrong())?;
        let prefix = url.path().trim_matches('/').to_owned();
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
            return Err(wrong());
        }
        match (url.scheme(), url.host_str()) {
            ("s3", Some(bucket)) if Name::parse(&prefix).is_ok() => {
                Ok(Self::Bucket { bucket: bucket.to_owned(), prefix, endpoint: None, region: None })
            }
            ("file", None) if !prefix.is_empty() => {
                Ok(Self::Folder(url.to_file_path().map_err(|()| wrong())?))
            }
            _ => Err(wrong()),
        }
    }

    /// Its address, without a slash at the end.
    fn url(&self) -> String {
        let url = match self {
            Self::Bucket { bucket, prefix, .. } => {
                url::Url::parse(&format!("s3://{bucket}/{prefix}")).map(String::from).ok()
            }
            Self::Folder(folder) => std::path::absolute(folder)
                .ok()
                .and_then(|folder| url::Url::from_file_path(folder).ok())
                .map(String::from),
        };
        url.unwrap_or_default().trim_end_matches('/').to_owned()
    }
}

/// An open connection to where objects are.
#[derive(Debug)]
pub(crate) struct Objects {
    store: Arc<dyn ObjectStore>,
    /// What the addresses of all objects begin with.
    base: String,
    /// Taken when this is dropped.
    runtime: Option<Runtime>,
}

impl Objects {
    /// Reaches for the objects of a place; nothing is asked yet.
    pub(crate) fn open(location: &Location) -> Result<Self, Error> {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).thread_name("objects").enable_all().build();
        let runtime = runtime.map_err(|error| Error::objects("", error))?;
        let opened = Self::reach(location).map_err(|error| Error::objects("", error));
        Ok(Self { store: opened?, base: location.url(), runtime: Some(runtime) })
    }

    fn reach(location: &Location) -> object_store::Result<Arc<dyn ObjectStore>> {
        match location {
            Location::Folder(folder) => {
                std::fs::create_dir_all(folder).map_err(|error| object_store::Error::Generic {
                    store: "folder",
                    source: Box::new(error),
                })?;
                let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
                Ok(Arc::new(store))
            }
            Location::Bucket { bucket, prefix, endpoint, region } => {
                let retry = RetryConfig {
                    max_retries: 4,
                    retry_timeout: Duration::from_secs(30),
                    ..RetryConfig::default()
                };
                let mut builder = AmazonS3Builder::from_env()
                    .with_bucket_name(bucket)
                    .with_http_connector(Transport)
                    .with_client_options(ClientOptions::new().with_allow_http(endpoint.is_some()))
                    .with_retry(retry);
                if let Some(endpoint) = endpoint {
                    builder =
                        builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
                }
                if let Some(region) = region {
                    builder = builder.with_config(AmazonS3ConfigKey::Region, region);
                }
                let store = builder.build()?;
                Ok(Arc::new(PrefixStore::new(store, prefix.as_str())))
            }
        }
    }

    fn run<T>(&self, name: &str, work: impl Future<Output = object_store::Result<T>>) -> Result<T, Error> {
        let Some(runtime) = &self.runtime else {
            return Err(Error::objects(name, std::io::Error::other("it is closed")));
        };
        runtime.block_on(work).map_err(|error| Error::objects(name, error))
    }

    /// The address of an object, for others that read the same place.
    pub(crate) fn url(&self, name: &str) -> String {
        format!("{}/{name}", self.base)
    }

    /// Writes an object, in the place of one of the same name.
    pub(crate) fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), Error> {
        self.run(name, async { self.store.put(&Name::from(name), PutPayload::from(bytes)).await.map(|_| ()) })
    }

    /// Writes a file as an object, in pieces; it is there when all of it is.
    pub(crate) fn put_file(&self, name: &str, file: &Path) -> Result<(), Error> {
        self.run(name, async {
            let io = |error: std::io::Error| object_store::Error::Generic {
                store: "file",
                source: Box::new(error),
            };
            let mut from = tokio::fs::File::open(file).await.map_err(io)?;
            let mut to = BufWriter::with_capacity(Arc::clone(&self.store), Name::from(name), PIECE);
            let copied =
                tokio::io::copy_buf(&mut tokio::io::BufReader::with_capacity(1 << 20, &mut from), &mut to)
                    .await;
            if let Err(error) = copied {
                // What arrived is of no use; where it cannot be taken back, the bucket's own rules remove it.
                let _ = to.abort().await;
                return Err(io(error));
            }
            to.shutdown().await.map_err(io)
        })
    }

    /// Reads an object; `None` where there is none.
    pub(crate) fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        self.run(name, async {
            match self.store.get(&Name::from(name)).await {
                Ok(found) => Ok(Some(timely(found.bytes()).await??.to_vec())),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    /// Reads an object into a file, durably; `false` where there is none. The file may hold a part of it after a failure.
    pub(crate) fn get_file(&self, name: &str, file: &Path) -> Result<bool, Error> {
        self.run(name, async {
            let io = |error: std::io::Error| object_store::Error::Generic {
                store: "file",
                source: Box::new(error),
            };
            let found = match self.store.get(&Name::from(name)).await {
                Ok(found) => found,
                Err(object_store::Error::NotFound { .. }) => return Ok(false),
                Err(error) => return Err(error),
            };
            let mut to = tokio::fs::File::create(file).await.map_err(io)?;
            let mut pieces = found.into_stream();
            while let Some(piece) = timely(pieces.next()).await? {
                to.write_all(&piece?).await.map_err(io)?;
            }
            to.sync_all().await.map_err(io)?;
            Ok(true)
        })
    }

    /// Removes an object, if it is there.
    pub(crate) fn delete(&self, name: &str) -> Result<(), Error> {
        self.run(name, async {
            match self.store.delete(&Name::from(name)).await {
                Err(object_store::Error::NotFound { .. }) => Ok(()),
                other => other,
            }
        })
    }

    /// The names and bytes of all objects in a folder of names, by name.
    pub(crate) fn list(&self, folder: &str) -> Result<Vec<(String, u64)>, Error> {
        self.run(folder, async {
            let found = self.store.list(Some(&Name::from(folder)));
            let mut found: Vec<(String, u64)> =
                found.map_ok(|object| (object.location.to_string(), object.size)).try_collect().await?;
            found.sort_unstable();
            Ok(found)
        })
    }
}

/// Gives up what stands still, as whoever waits for it waits for ever otherwise.
async fn timely<T>(work: impl Future<Output = T>) -> object_store::Result<T> {
    let done = tokio::time::timeout(STANDS_STILL, work).await;
    done.map_err(|late| object_store::Error::Generic { store: "network", source: Box::new(late) })
}

/// How long nothing of an object may arrive.
const STANDS_STILL: Duration = Duration::from_mins(1);

/// Bytes of which larger objects are written at once.
const PIECE: usize = 16 << 20;

impl Drop for Objects {
    fn drop(&mut self) {
        // In the background: this may be dropped where waiting is not allowed.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read() {
        let bucket = |bucket: &str, prefix: &str| {
            let (bucket, prefix) = (bucket.to_owned(), prefix.to_owned());
            Ok(Location::Bucket { bucket, prefix, endpoint: None, region: None })
        };
        assert_eq!(Location::parse("s3://lake"), bucket("lake", ""));
        assert_eq!(Location::parse("s3://lake/muster/eu/"), bucket("lake", "muster/eu"));
        assert_eq!(Location::parse("file:///mnt/lake"), Ok(Location::Folder(PathBuf::from("/mnt/lake"))));
        for wrong in
            ["lake", "s3://", "s3://a:b@lake", "s3://lake?x=1", "https://lake/x", "file://host/x", "file:///"]
        {
            assert!(Location::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn objects_come_back_as_they_were_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let objects = Objects::open(&Location::Folder(folder.path().join("bucket"))).expect("a folder opens");
        assert_eq!(objects.get("a/b").expect("an answer"), None);
        objects.put("a/b", b"one".to_vec()).expect("it is written");
        objects.put("a/b", b"two".to_vec()).expect("it is written again");
        assert_eq!(objects.get("a/b").expect("an answer"), Some(b"two".to_vec()));

        let (large, copy) = (folder.path().join("large"), folder.path().join("copy"));
        let bytes: Vec<u8> =
            (0..PIECE * 2 + 7).map(|at| u8::try_from(at % 251).unwrap_or_default()).collect();
        std::fs::write(&large, &bytes).expect("a file");
        objects.put_file("a/c", &large).expect("it is written");
        assert!(objects.get_file("a/c", &copy).expect("it is read"));
        assert!(std::fs::read(&copy).expect("a file") == bytes, "it differs");
        assert!(!objects.get_file("a/d", &copy).expect("an answer"));
        let listed = objects.list("a").expect("a list");
        assert_eq!(listed, [("a/b".to_owned(), 3), ("a/c".to_owned(), bytes.len() as u64)]);
        objects.delete("a/b").expect("it goes");
        objects.delete("a/b").expect("it is gone already");
        assert_eq!(objects.list("a").expect("a list").len(), 1);
    }
}
