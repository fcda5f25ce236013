//! A dashboard on many screens: 200 connections ask its five operations for a minute. The same connections ask a bare
//! endpoint in the same run, which tells what the machine and HTTP alone would give.

use super::Result;
use super::client::{Client, Credentials};
use super::figures::{per_second, print_table, short};
use super::met::{Met, ask};
use super::server::Server;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use futures_util::future::join_all;
use std::time::{Duration, Instant};

/// The operations of the dashboard.
pub(crate) const DASHBOARD: [&str; 5] = ["Q1", "Q2", "Q5", "Q6", "Q7"];
/// Connections, each with one question at a time.
const CONNECTIONS: usize = 200;
/// How long they ask.
const WHILE: Duration = Duration::from_mins(1);

/// Asks the server, then an endpoint that answers as many bytes and does nothing else; prints a table.
pub(crate) async fn measure(server: &Server, credentials: &Credentials, bodies: &[String]) -> Result<()> {
    let client = Client::of(server, credentials)?;
    let mut bytes = 0;
    for body in bodies {
        bytes += client.fetch(body.clone()).await?.len();
    }
    let bare = Client::at(&bare_endpoint(bytes / bodies.len()).await?, credentials)?;
    let mut lines = Vec::new();
    for (name, client) in [("muster", &client), ("a bare axum endpoint", &bare)] {
        let begin = Instant::now();
        let each = join_all((0..CONNECTIONS).map(|number| ask(client, bodies, number, begin + WHILE))).await;
        let took = begin.elapsed();
        let mut all = Met::default();
        for one in each {
            all.join(one);
        }
        if let Some(error) = &all.first_error {
            println!("the first error of {name}: {error}\n");
        }
        lines.push(vec![
            name.to_owned(),
            short(per_second(all.times.count(), took)),
            short(all.times.percentile(50)),
            short(all.times.percentile(99)),
            all.errors.to_string(),
        ]);
    }
    println!("{} from {CONNECTIONS} connections for {} s:\n", DASHBOARD.join(", "), WHILE.as_secs());
    print_table(&["server", "answers/s", "p50 ms", "p99 ms", "errors"], &lines);
    Ok(())
}

/// An endpoint in a thread of its own; gives its address.
async fn bare_endpoint(bytes: usize) -> Result<String> {
    let answer = format!("{{\"data\":{{\"x\":\"{}\"}}}}", "x".repeat(bytes));
    let router = Router::new().route(
        "/graphql",
        post(move |_: String| {
            let answer = answer.clone();
            async move { ([(CONTENT_TYPE, "application/json")], answer) }
        }),
    );
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || -> std::io::Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
            // Nobody waits for it when the bench has failed already.
            let _ = tell.send(listener.local_addr()?);
            axum::serve(listener, router).await
        })
    });
    Ok(format!("http://{}", told.await?))
}
