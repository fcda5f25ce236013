//! Encrypted connections, with a certificate that is read anew when it changes.

use crate::server::{muster, stderr};
use crate::support::app::add_project;
use muster::app::App;
use muster::config::Config;
use muster::domain::time::SystemClock;
use muster::http;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Writes a new certificate with its key; gives the certificate.
fn certify(folder: &Path) -> CertificateDer<'static> {
    let names = vec!["localhost".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).expect("a certificate");
    std::fs::write(folder.join("key.pem"), signing_key.serialize_pem()).expect("written");
    std::fs::write(folder.join("cert.pem"), cert.pem()).expect("written");
    cert.der().clone()
}

/// Sends a request over an encrypted connection to a server that has this certificate; gives all it answers.
async fn ask(
    address: SocketAddr,
    trusted: &CertificateDer<'static>,
    request: &str,
) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a certificate");
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    let connection = TcpStream::connect(address).await?;
    let mut connection = TlsConnector::from(Arc::new(config)).connect(name, connection).await?;
    connection.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_encrypted_with_a_certificate_that_may_change() {
    let (data, files) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let first = certify(files.path());
    let config = Config {
        tls_cert: Some(files.path().join("cert.pem")),
        tls_key: Some(files.path().join("key.pem")),
        send_seconds: 1,
        ..Config::for_testing(data.path())
    };
    let listener = TcpListener::bind(config.listen).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let app = App::open(config, Arc::new(SystemClock)).await.expect("the folder opens");
    let client = add_project(&app, "alpha").await.admin;
    let (stop, told) = tokio::sync::oneshot::channel::<()>();
    let served = tokio::spawn(http::serve(listener, app, async { drop(told.await) }));

    let body = r#"{"query": "{ limits { rows } }"}"#;
    let question = format!(
        "POST /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {}:{}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        client.id,
        client.secret,
        body.len()
    );
    let answer = ask(address, &first, &question).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("100000"), "{answer}");
    // The server knows that the browser's connection is encrypted.
    let form = "GET /dashboard/sign-in HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let answer = ask(address, &first, form).await.expect("an answer").to_ascii_lowercase();
    assert!(answer.contains("; secure"), "{answer}");
    // Nothing is answered in the open, and a handshake that never begins is cut off.
    let mut plain = TcpStream::connect(address).await.expect("a connection");
    plain.write_all(question.as_bytes()).await.expect("sent");
    let mut told = Vec::new();
    let _ = plain.read_to_end(&mut told).await;
    assert!(!told.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&told));
    let mut silent = TcpStream::connect(address).await.expect("a connection");
    let began = Instant::now();
    let _ = silent.read_to_end(&mut told).await;
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());

    // What is no certificate changes nothing; the next one is taken without a restart.
    std::fs::write(files.path().join("cert.pem"), "nothing").expect("written");
    assert!(ask(address, &first, &question).await.is_ok());
    let second = certify(files.path());
    let began = Instant::now();
    while ask(address, &second, &question).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(30), "the new certificate is not taken");
        tokio::task::yield_now().await;
    }
    assert!(ask(address, &first, &question).await.is_err(), "the old one is gone");
    stop.send(()).expect("it runs");
    served.await.expect("it ends").expect("without an error");
}

#[test]
fn a_certificate_that_cannot_be_used_is_told_before_anything_is_opened() {
    let (data, files) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    certify(files.path());
    let path = |name: &str| files.path().join(name).display().to_string();
    std::fs::write(files.path().join("empty.pem"), "").expect("written");
    for (certificate, key, part) in [
        ("nowhere.pem", "key.pem", "--tls-cert"),
        ("cert.pem", "nowhere.pem", "--tls-key"),
        ("empty.pem", "key.pem", "no certificate with its key"),
        ("cert.pem", "cert.pem", "no certificate with its key"),
    ] {
        let (certificate, key) = (path(certificate), path(key));
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--tls-cert", &certificate, "--tls-key", &key];
        let told = muster(data.path(), &arguments);
        assert_eq!(told.status.code(), Some(1), "{}", stderr(&told));
        assert!(stderr(&told).contains(part), "{part}: {}", stderr(&told));
        assert!(std::fs::read_dir(data.path()).expect("the folder").next().is_none(), "nothing was made");
    }
}
