//! Start and stop of a server on a socket.

use crate::support::app::add_project;
use muster::app::{App, Error};
use muster::config::Config;
use muster::domain::time::SystemClock;
use muster::{http, store};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

struct Running {
    url: String,
    app: Arc<App>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), Error>>,
}

async fn start(folder: &Path) -> Running {
    let config = Config { stop_seconds: 1, ..Config::for_testing(folder) };
    let listener = TcpListener::bind(config.listen).await.expect("a free port");
    let url = listener.local_addr().expect("an address").to_string();
    let app = App::open(config, Arc::new(SystemClock)).await.expect("the folder opens");
    let (stop, told) = oneshot::channel();
    let served = http::serve(listener, Arc::clone(&app), async { drop(told.await) });
    Running { url, app, stop, served: tokio::spawn(served) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_server_lets_go_of_its_folder_and_the_next_one_goes_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let first = start(folder.path()).await;
    let client = add_project(&first.app, "alpha").await.write;
    let event = json!({"type": "track", "payload": {"id": "e1", "name": "tick"}});
    let http = reqwest::Client::new();
    let send = async |url: &str| -> Value {
        let request = http.post(format!("http://{url}/track")).json(&json!([event]));
        let request = request.bearer_auth(format!("{}:{}", client.id, client.secret));
        request.send().await.expect("an answer").json().await.expect("JSON")
    };
    assert_eq!(send(&first.url).await[0]["outcome"], "ACCEPTED");

    let held = App::open(Config::for_testing(folder.path()), Arc::new(SystemClock)).await;
    assert!(matches!(held, Err(Error::Store(store::Error::Held(_)))), "one server at a time");

    drop(first.app);
    first.stop.send(()).expect("it runs");
    first.served.await.expect("it ends").expect("without an error");

    let second = start(folder.path()).await;
    assert_eq!(send(&second.url).await[0]["outcome"], "DUPLICATE");
    drop(second.app);
    second.stop.send(()).expect("it runs");
    second.served.await.expect("it ends").expect("without an error");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_ends_does_not_keep_a_server_from_stopping() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let running = start(folder.path()).await;
    let mut connection = TcpStream::connect(&running.url).await.expect("a connection");
    let half =
        "POST /track HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    connection.write_all(half.as_bytes()).await.expect("half a request");
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(running.app);
    let began = Instant::now();
    running.stop.send(()).expect("it runs");
    running.served.await.expect("it ends").expect("without an error");
    let took = began.elapsed();
    assert!(took > Duration::from_millis(900) && took < Duration::from_secs(5), "{took:?}");
}
