//! The server's process.

use clap::Parser;
use muster::app::App;
use muster::config::Config;
use muster::domain::time::SystemClock;
use muster::http;
use std::io::Write;
use std::sync::Arc;

#[derive(Parser)]
enum Command {
    /// Serves a data folder.
    Serve(Box<Config>),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Command::Serve(config) = Command::parse();
    let listener = tokio::net::TcpListener::bind(config.listen).await?;
    let app = App::open(*config, Arc::new(SystemClock)).await?;
    writeln!(std::io::stdout(), "listening on http://{}", listener.local_addr()?)?;
    let stop = async { drop(tokio::signal::ctrl_c().await) };
    Ok(http::serve(listener, app, stop).await?)
}
