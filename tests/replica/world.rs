//! A primary, object storage in a folder, and replicas.

use crate::support::app::TestApp;
use crate::support::house::is_sealed;
use chrono::{DateTime, Duration, Utc};
use muster::store::Store;
use muster::store::cloud::ObjectStorage;
use muster::store::objects::Location;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// Object storage in a folder.
pub(super) struct Bucket(pub(super) TempDir);

impl Bucket {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.0.path().join("lake")
    }

    pub(super) fn location(&self) -> Location {
        Location::Folder(self.folder())
    }

    /// The same for a store without anything above it; no file of a segment stays on the disk that nobody holds.
    pub(super) fn storage(&self) -> ObjectStorage {
        let keep = grace().to_std().expect("a duration");
        ObjectStorage { location: self.location(), cache_bytes: 0, question_bytes: u64::MAX, keep }
    }

    /// A primary that publishes there.
    pub(super) async fn primary(&self) -> TestApp {
        TestApp::start_with(|config| config.objects.object_store = Some(self.location())).await
    }

    /// Every object, with when it was last written and its bytes.
    pub(super) fn objects(&self) -> Vec<(String, std::time::SystemTime, u64)> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let about = std::fs::metadata(&path).expect("a file");
                found.push((name(&path, &self.folder()), about.modified().expect("a time"), about.len()));
            }
        }
        found.sort();
        found
    }

    /// The names of all objects below a folder.
    pub(super) fn names(&self, below: &str) -> Vec<String> {
        let names = self.objects().into_iter().map(|(name, ..)| name);
        names.filter(|name| name.starts_with(below)).collect()
    }
}

fn name(path: &Path, folder: &Path) -> String {
    path.strip_prefix(folder).expect("below").display().to_string()
}

/// How long objects of old instants stay.
pub(super) fn grace() -> Duration {
    Duration::minutes(15)
}

/// Waits until a store has published all that it has sealed.
pub(super) async fn put(store: &Arc<Store>, now: DateTime<Utc>) {
    let store = Arc::clone(store);
    let publishing = tokio::task::spawn_blocking(move || {
        // Its own thread does the same now and then.
        store.publish_instant(now).expect("it is published");
        while !store.is_published() {
            std::thread::sleep(std::time::Duration::from_millis(2));
            store.publish_instant(now).expect("it is published");
        }
    });
    publishing.await.expect("it ends");
}

/// Has a store go on to what is published; tells whether there was something new.
pub(super) async fn go_on(store: &Arc<Store>, now: DateTime<Utc>) -> Result<bool, String> {
    let store = Arc::clone(store);
    let followed = tokio::task::spawn_blocking(move || store.follow(now));
    followed.await.expect("it ends").map_err(|error| error.to_string())
}

/// Seals all that a primary has and publishes it.
pub(super) async fn publish(primary: &TestApp) {
    let store = primary.app.engine().store();
    while !is_sealed(store) {
        primary.app.seal();
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    put(store, primary.app.clock().now()).await;
}

/// Has a replica go on to what is published.
pub(super) async fn follow(replica: &TestApp) {
    go_on(replica.app.engine().store(), replica.app.clock().now()).await.expect("it follows");
    let directory = Arc::clone(replica.app.directory());
    tokio::task::spawn_blocking(move || directory.refresh()).await.expect("it ends").expect("it is read");
}

/// Publishes, and has a replica follow.
pub(super) async fn bring(primary: &TestApp, replica: &TestApp) {
    publish(primary).await;
    follow(replica).await;
}

/// Everything that is known of a project.
pub(super) async fn everything(app: &TestApp) -> Vec<Vec<Value>> {
    let mut all = Vec::new();
    for project in [&app.alpha, &app.beta] {
        all.push(app.events(project).await);
        all.push(app.groups(project).await);
        all.push(app.profiles(project).await);
        all.push(app.memberships(project).await);
    }
    all
}

/// Copies a folder that nobody holds, or that nobody changes.
pub(super) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}
