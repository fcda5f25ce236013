//! Connections, heads and bodies that are made to take room or time.

use crate::support::app::{Served, TestApp};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use flate2::Compression;
use flate2::write::GzEncoder;
use muster::app::App;
use muster::config::Config;
use muster::domain::time::SystemClock;
use muster::http;
use serde_json::json;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn a_compressed_body_is_refused_unread() {
    let t = TestApp::start().await;
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..64 {
        bomb.write_all(&zeros).expect("it is compressed");
    }
    let bomb = bomb.finish().expect("it is compressed");
    assert!(bomb.len() < 1 << 17, "{} bytes", bomb.len());
    for path in ["/graphql", "/track"] {
        for coding in ["gzip", "deflate", "br", "zstd", "gzip, gzip"] {
            let mut request = Request::post(path).header("content-type", "application/json");
            for (name, value) in t.alpha.admin.headers() {
                request = request.header(name, value);
            }
            let request = request.header("content-encoding", coding).body(Body::from(bomb.clone()));
            let answer = t.send(request.expect("a request")).await;
            assert_eq!(answer.status, 415, "{path} {coding} {}", answer.text);
            assert!(answer.text.contains("without Content-Encoding"), "{}", answer.text);
        }
    }
    // Nor is a WebSocket's message ever inflated.
    let served = t.serve().await;
    let mut connection = TcpStream::connect(address(&served)).await.expect("a connection");
    let client = &t.alpha.read;
    let head = format!(
        "GET /graphql HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\
         sec-websocket-extensions: permessage-deflate\r\nauthorization: Bearer {}:{}\r\n\r\n",
        client.id, client.secret
    );
    connection.write_all(head.as_bytes()).await.expect("sent");
    let mut read = Vec::new();
    while !read.windows(4).any(|part| part == b"\r\n\r\n") {
        assert!(connection.read_buf(&mut read).await.expect("an answer") > 0, "it ended");
    }
    let head = String::from_utf8_lossy(&read).to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 101") && !head.contains("sec-websocket-extensions"), "{head}");
}

fn address(served: &Served) -> &str {
    served.url.strip_prefix("http://").expect("an address")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_never_ends_is_cut_off() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = Config { send_seconds: 1, ..Config::for_testing(folder.path()) };
    let listener = TcpListener::bind(config.listen).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let app = App::open(config, Arc::new(SystemClock)).await.expect("the folder opens");
    let (stop, told) = tokio::sync::oneshot::channel::<()>();
    let served = tokio::spawn(http::serve(listener, app, async { drop(told.await) }));

    let began = Instant::now();
    // One says nothing at all, one begins, one goes on for ever, and one asks once and then begins another question.
    let silent = TcpStream::connect(address).await.expect("a connection");
    let mut half = TcpStream::connect(address).await.expect("a connection");
    half.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n").await.expect("sent");
    let mut again = TcpStream::connect(address).await.expect("a connection");
    again.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\nGET /health HT").await.expect("sent");
    let (mut reading, mut dripping) = TcpStream::connect(address).await.expect("a connection").into_split();
    let drip = tokio::spawn(async move {
        let mut pause = tokio::time::interval(Duration::from_millis(50));
        let mut sent = dripping.write_all(b"GET /health HTTP/1.1\r\n").await;
        while sent.is_ok() {
            pause.tick().await;
            sent = dripping.write_all(b"x: y\r\n").await;
        }
    });
    let mut told = Vec::new();
    // A connection that is reset has ended too.
    let _ = reading.read_to_end(&mut told).await;
    for mut connection in [silent, half, again] {
        let _ = connection.read_to_end(&mut told).await;
    }
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    drip.await.expect("nobody reads on, so that it ends");
    // Whoever asks as one does is answered meanwhile and afterwards.
    let answer = reqwest::get(format!("http://{address}/health")).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    stop.send(()).expect("it runs");
    served.await.expect("it ends").expect("without an error");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_and_too_large_headers_are_431() {
    let t = TestApp::start().await;
    let served = t.serve().await;
    let many = (0..5_000).map(|number| format!("x-{number}: y")).collect::<Vec<_>>().join("\r\n") + "\r\n";
    let large = format!("x: {}\r\n", "y".repeat(1 << 20));
    for headers in [many, large] {
        let mut connection = TcpStream::connect(address(&served)).await.expect("a connection");
        let head = format!("GET /health HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
        // The server may have heard enough before all is sent.
        let _ = connection.write_all(head.as_bytes()).await;
        let mut told = Vec::new();
        let _ = connection.read_to_end(&mut told).await;
        let told = String::from_utf8_lossy(&told);
        assert!(told.is_empty() || told.starts_with("HTTP/1.1 431"), "{told}");
    }
    let answer = reqwest::get(format!("{}/health", served.url)).await.expect("an answer");
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a_forwarded_address_is_believed_of_trusted_proxies_alone() {
    let t = TestApp::start_with(|config| {
        config.trust_proxy = vec!["10.0.0.0/8".parse().expect("a network")];
    })
    .await;
    let guess = async |peer: &str, forwarded: &str, secret: &str| {
        let peer: SocketAddr = format!("{peer}:5000").parse().expect("an address");
        let request = Request::post("/graphql")
            .header("openpanel-client-id", &t.alpha.read.id)
            .header("openpanel-client-secret", secret)
            .header("content-type", "application/json")
            .header("x-forwarded-for", forwarded)
            .extension(ConnectInfo(peer));
        let body = json!({"query": "{ __typename }"}).to_string();
        t.send(request.body(Body::from(body)).expect("a request")).await.status
    };
    // Somebody who is no proxy and claims another address each time is slowed as the one they are.
    for number in 0..5 {
        assert_eq!(guess("192.0.2.1", &format!("203.0.113.{number}"), "sec_guess").await, 401);
    }
    assert_eq!(guess("192.0.2.1", "203.0.113.77", "sec_guess").await, 429);
    // Behind a proxy each sender is slowed alone, whatever was written before it.
    for number in 0..5 {
        assert_eq!(
            guess("10.0.0.1", &format!("198.51.100.{number}, 203.0.113.5, 10.0.0.2"), "sec_guess").await,
            401
        );
    }
    assert_eq!(guess("10.0.0.9", "203.0.113.5", "sec_guess").await, 429);
    assert_eq!(guess("10.0.0.1", "203.0.113.6", &t.alpha.read.secret).await, 200);
}
