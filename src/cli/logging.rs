//! What the process tells of its work: the log on standard error, and spans for a collector where there is one.
//!
//! Both hold the same: requests, operations and statements with their ids and durations. Bodies, keys, secrets and
//! addresses of senders are in neither.

use crate::cli::{Cli, Command, LogFormat};
use anyhow::{Context, Result};
use opentelemetry::global;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::io::IsTerminal;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

/// Held while the process logs. When it goes, what waits is sent to the collector.
#[derive(Debug)]
pub(super) struct Logging(Option<SdkTracerProvider>);

impl Drop for Logging {
    fn drop(&mut self) {
        let Some(provider) = &self.0 else { return };
        if let Err(error) = provider.shutdown() {
            tracing::warn!(%error, "the last spans did not reach the collector");
        }
    }
}

impl Cli {
    /// Begins logging to standard error: `MUSTER_LOG` says what, else servers tell what they do and commands what
    /// is wrong. Spans go to the collector that a server was given. Comes before any runtime.
    pub(super) fn begin_logging(&self) -> Result<Logging> {
        let (level, collector) = match &self.command {
            Command::Serve(config) => ("info", config.otlp_endpoint.as_deref()),
            Command::Demo(arguments) => ("info", arguments.config().otlp_endpoint.as_deref()),
            _ => ("warn", None),
        };
        let filter = EnvFilter::try_from_env("MUSTER_LOG").unwrap_or_else(|_| EnvFilter::new(level));
        let log = fmt::layer().with_writer(std::io::stderr);
        let log = match self.log_format {
            LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).boxed(),
            LogFormat::Json => log.json().flatten_event(true).with_current_span(true).boxed(),
        };
        let spans = collector.map(spans).transpose()?;
        let layer = spans.as_ref().map(|provider| {
            // What the exporter itself does is left out, or it would tell of its own telling for ever.
            let ours = Targets::new().with_target("muster", Level::INFO);
            let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("muster"));
            layer.with_location(false).with_threads(false).with_tracked_inactivity(false).with_filter(ours)
        });
        // A process logs in one way; a second beginning changes nothing.
        let _ = tracing_subscriber::registry().with(layer).with(log.with_filter(filter)).try_init();
        Ok(Logging(spans))
    }
}

/// The way of spans to a collector: OTLP as protobuf over HTTP, in batches, from a thread of its own.
fn spans(endpoint: &str) -> Result<SdkTracerProvider> {
    let base = endpoint.trim_end_matches('/');
    let address = if base.ends_with("/v1/traces") { base.to_owned() } else { format!("{base}/v1/traces") };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(address)
        .build()
        .with_context(|| format!("--otlp-endpoint {endpoint}"))?;
    global::set_text_map_propagator(TraceContextPropagator::new());
    let resource = Resource::builder().with_service_name("muster").build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}
