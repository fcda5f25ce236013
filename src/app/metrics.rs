//! What a server counts of its own work, in the text format of Prometheus.
//!
//! Nothing of it names a project, a client, a group or an event. Requests are counted as they are answered; everything
//! else is read where it is kept when somebody asks.

use super::App;
use crate::graphql::answers::Source;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::time::Duration;

/// Upper bounds of the durations of requests, in seconds.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Methods that are told apart; a client may send any word as one.
const METHODS: [&str; 4] = ["GET", "POST", "OPTIONS", "HEAD"];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Origin {
    source: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

/// What is counted as it happens.
#[derive(Debug)]
pub struct Metrics {
    requests: Family<Request, Counter>,
    durations: Family<Route, Histogram, fn() -> Histogram>,
}

impl Default for Metrics {
    fn default() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(SECONDS);
        Self { requests: Family::default(), durations: Family::new_with_constructor(histogram) }
    }
}

impl Metrics {
    /// Counts a request that was answered. `route` is the address with names in the place of what varies.
    pub fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        let method = METHODS.into_iter().find(|known| *known == method).unwrap_or("other");
        let request = Request { method, route: route.to_owned(), status };
        self.requests.get_or_create(&request).inc();
        self.durations.get_or_create(&Route { route: route.to_owned() }).observe(took.as_secs_f64());
    }
}

impl App {
    /// What the server counts as it happens.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Everything that is counted, as text.
    pub fn metrics_text(&self) -> Result<String, std::fmt::Error> {
        let mut registry = Registry::with_prefix("muster");
        let Metrics { requests, durations } = &self.metrics;
        registry.register("http_requests", "Requests that were answered", requests.clone());
        registry.register(
            "http_request_duration_seconds",
            "How long requests took until their answers began",
            durations.clone(),
        );
        let build = Family::<Build, prometheus_client::metrics::gauge::Gauge>::default();
        build.get_or_create(&Build { version: env!("CARGO_PKG_VERSION") }).set(1);
        registry.register("build_info", "The program", build);
        self.register_writing(&mut registry);
        self.register_reading(&mut registry);
        self.register_objects(&mut registry);
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }

    fn register_writing(&self, registry: &mut Registry) {
        let mut gauge = |name: &str, help: &str, value: usize| {
            registry.register(name, help, ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)));
        };
        let [writes, bytes] = self.writer.queued();
        gauge("queued_writes", "Writes that wait to be stored", writes);
        gauge("queued_bytes", "Bytes of the writes that wait to be stored", bytes);
        gauge(
            "log_broken",
            "1 once a sync of the log has failed, so that no writes are taken",
            usize::from(!self.takes_writes()),
        );
        let snapshot = self.store.snapshot();
        let sum = |of: fn(&crate::store::Segment) -> u64| {
            snapshot.segments.iter().map(|segment| of(segment)).sum::<u64>()
        };
        gauge("segments", "Sealed files of events", snapshot.segments.len());
        gauge("generations", "Log files that are not sealed yet", snapshot.generations.len());
        gauge("damaged_files", "Files that are put aside or missing", self.damaged().len());
        gauge(
            "segment_events",
            "Events in sealed files",
            usize::try_from(sum(|segment| segment.events)).unwrap_or(usize::MAX),
        );
        gauge(
            "segment_bytes",
            "Bytes of sealed files",
            usize::try_from(sum(|segment| segment.bytes)).unwrap_or(usize::MAX),
        );
        if let Some(replica) = self.replica() {
            let age = replica.instant.map_or(0, |(_, made_at)| (self.clock.now() - made_at).num_seconds());
            gauge(
                "replica_instant",
                "The number of the published instant that the replica answers from; 0: none yet",
                usize::try_from(replica.instant.map_or(0, |(number, _)| number)).unwrap_or(usize::MAX),
            );
            gauge(
                "replica_instant_age_seconds",
                "Seconds since the primary made the instant that the replica answers from",
                usize::try_from(age).unwrap_or(0),
            );
            gauge(
                "replica_failing",
                "1 while the replica could not go on when it last tried",
                usize::from(replica.failure.is_some()),
            );
        }
        let mut counter = |name: &str, help: &str, value: u64| {
            registry.register(name, help, ConstCounter::new(value));
        };
        counter(
            "writes",
            "Writes that were answered after they were stored, duplicates and refusals among them",
            self.writer.written(),
        );
        counter("commits", "Batches of writes that were stored", self.writer.commits());
        counter("seals", "Log files that were sealed", self.store.seals());
        counter("compactions", "Sealed files that were made of smaller ones", self.store.compactions());
    }

    fn register_reading(&self, registry: &mut Registry) {
        let mut gauge = |name: &str, help: &str, value: u64| {
            registry.register(name, help, ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)));
        };
        gauge("statements_running", "Statements that run now", self.engine.running() as u64);
        gauge("answer_cache_bytes", "Bytes of the answers that are kept", self.answers.bytes());
        gauge("subscriptions", "Subscriptions there are", self.live.count() as u64);
        registry.register(
            "statements",
            "Statements that were run",
            ConstCounter::new(self.engine.statements()),
        );
        if let Some(state) = self.engine.remote().map(crate::engine::remote::Remote::state) {
            let failing = ConstGauge::new(i64::from(state.failure.is_some()));
            registry.register(
                "remote_failing",
                "1 while the distributed engine could not be reached when it was last needed",
                failing,
            );
            for (name, help, count) in [
                (
                    "remote_statements",
                    "Statements that the distributed engine computed rows for",
                    state.answered,
                ),
                ("remote_failures", "Statements that it failed at", state.failures),
                (
                    "remote_replaced",
                    "Statements that were answered without it, as it did not answer",
                    state.replaced,
                ),
            ] {
                registry.register(name, help, ConstCounter::new(count));
            }
        }
        let answers = Family::<Origin, Counter>::default();
        for source in [Source::Kept, Source::Shared, Source::Asked] {
            answers.get_or_create(&Origin { source: source.name() }).inc_by(self.answers.count(source));
        }
        registry.register("answers", "Queries that were answered, by where the answer comes from", answers);
    }
}
