//! A disk that fills up under a server: what it cannot store it refuses, and once there is room all goes on.

use crate::server::{Server, muster_beside, out};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A file system in memory that holds so much and no more. It is gone when this is dropped.
struct SmallDisk {
    holder: Child,
    place: tempfile::TempDir,
}

impl SmallDisk {
    /// `None` where the system lets nobody mount one.
    fn mount(megabytes: u32) -> Option<Self> {
        let place = tempfile::tempdir().expect("a temporary folder");
        let script = format!("mount -t tmpfs -o size={megabytes}m tmpfs \"$0\" && echo mounted && exec cat");
        let mut holder = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
            .arg(place.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let mut said = String::new();
        BufReader::new(holder.stdout.take().expect("piped")).read_line(&mut said).expect("UTF-8");
        let disk = Self { holder, place };
        (said.trim() == "mounted").then_some(disk)
    }

    /// A file of it as this process sees it.
    fn file(&self, name: &str) -> PathBuf {
        let folder = self.place.path().strip_prefix("/").expect("an absolute path");
        PathBuf::from(format!("/proc/{}/root", self.holder.id())).join(folder).join(name)
    }

    /// Runs a command that goes well on the data folder; gives what it printed.
    fn muster(&self, arguments: &[&str]) -> String {
        out(&muster_beside(self.holder.id(), self.place.path(), arguments))
    }

    /// A client of the project.
    fn client(&self, right: &str) -> (String, String) {
        let printed = self.muster(&["client", "create", "--project", "alpha", "--right", right, "--json"]);
        let client: Value = serde_json::from_str(&printed).expect("JSON");
        let text = |key: &str| client[key].as_str().expect("a text").to_owned();
        (text("id"), text("secret"))
    }

    fn serve(&self) -> Server {
        Server::start_beside(self.holder.id(), self.place.path(), &["--seal-rows", "3000"])
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// Sends a batch of events of about two kilobytes each; gives the status, and whether it says when to come back.
async fn send(address: &str, (id, secret): &(String, String), first: usize) -> (u16, bool) {
    let event = |number: usize| {
        // Text that does not shrink when it is compressed.
        let parts: Vec<String> =
            (0..40).map(|part| format!("{:x}", number * 7_919 * (part + 1) * 104_729)).collect();
        let text = parts.concat();
        json!({"type": "track", "payload": {"id": format!("e{number}"), "name": "tick", "properties": {"text": text}}})
    };
    let body: Vec<Value> = (first..first + BATCH).map(event).collect();
    let sent = reqwest::Client::new().post(format!("http://{address}/track"));
    let answer = sent.basic_auth(id, Some(secret)).json(&body).send().await;
    let answer = answer.expect("an answer, whatever the disk has left");
    (answer.status().as_u16(), answer.headers().contains_key("retry-after"))
}

/// Events in a batch.
const BATCH: usize = 200;

fn count(server: &Server, (id, secret): &(String, String)) -> usize {
    let answer = server.graphql((id, secret), "{ events(first: 1) { totalCount } }", &json!({}));
    let count = answer["data"]["events"]["totalCount"].as_u64().unwrap_or_else(|| panic!("{answer}"));
    usize::try_from(count).expect("few events")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_refused_and_nothing_acknowledged_is_lost() {
    let Some(disk) = SmallDisk::mount(96) else {
        eprintln!("SKIPPED: this system lets nobody mount a small disk");
        return;
    };
    disk.muster(&["project", "create", "alpha"]);
    let (writer, reader) = (disk.client("WRITE"), disk.client("READ"));
    std::fs::write(disk.file("ballast"), vec![1; 48 << 20]).expect("room for the ballast");

    let mut server = tokio::task::block_in_place(|| disk.serve());
    let (mut acknowledged, mut refused) = (0, 0);
    while refused < 5 {
        match send(&server.address, &writer, acknowledged).await {
            (200, _) => acknowledged += BATCH,
            (503, true) => refused += 1,
            other => panic!("{other:?} after {acknowledged} events"),
        }
        assert!(acknowledged < 1_000_000, "the disk never filled");
    }
    assert!(acknowledged > 5_000, "{acknowledged}");
    let counted = tokio::task::block_in_place(|| count(&server, &reader));
    assert_eq!(counted, acknowledged, "questions are answered on a full disk");

    std::fs::remove_file(disk.file("ballast")).expect("the ballast goes");
    let mut tries = 0;
    while send(&server.address, &writer, acknowledged).await.0 != 200 {
        tries += 1;
        assert!(tries < 300, "writes are taken again once there is room");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    acknowledged += BATCH;
    for _ in 0..20 {
        assert_eq!(send(&server.address, &writer, acknowledged).await.0, 200);
        acknowledged += BATCH;
    }
    server.kill();

    tokio::task::block_in_place(|| {
        let server = disk.serve();
        assert_eq!(count(&server, &reader), acknowledged);
        server.stop();
        disk.muster(&["check"]);
    });
}
