//! How one server runs: flags, environment variables, defaults. The unit is in every name.

mod engine;
mod objects;
mod replica;

pub use engine::{Dialect, Engine, EngineConfig};
pub use objects::ObjectsConfig;
pub use replica::ReplicaConfig;

use crate::domain::limits::Limits;
use crate::ingest::writer::QUEUED_BYTES;
use crate::store::Options;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Everything an operator may set. Each field is a flag and an environment variable `MUSTER_…`.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct Config {
    /// Folder that holds all data; made when it is not there.
    #[arg(long, env = "MUSTER_DATA_DIR", value_name = "DIR", default_value = "muster-data")]
    pub data_dir: PathBuf,
    /// Address and port to listen on. Port 0 takes any free one.
    #[arg(long, env = "MUSTER_LISTEN", value_name = "ADDR:PORT", default_value_t = default_listen(), value_parser = address)]
    pub listen: SocketAddr,
    /// Address and port for `/metrics`, in the text format of Prometheus, beside `/health` and `/ready`; for operators
    /// only, as it asks for no credentials. Without it there are no metrics.
    #[arg(long, env = "MUSTER_METRICS_LISTEN", value_name = "ADDR:PORT", value_parser = address)]
    pub metrics_listen: Option<SocketAddr>,
    /// File with the server's certificate and those it was signed with, PEM: answers are encrypted. It is read anew
    /// within seconds of a change.
    #[arg(long, env = "MUSTER_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// File with the certificate's private key, PEM.
    #[arg(long, env = "MUSTER_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Network of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, such as `10.0.0.0/8` or one
    /// address; may be repeated. Without it nobody's are.
    #[arg(long, env = "MUSTER_TRUST_PROXY", value_name = "CIDR", value_parser = network, value_delimiter = ',')]
    pub trust_proxy: Vec<IpNet>,
    /// Seconds a connection has to send the head of its next request before it is closed.
    #[arg(long, env = "MUSTER_SEND_SECONDS", value_name = "SECONDS", default_value_t = 30)]
    pub send_seconds: u64,
    /// Address of an OpenTelemetry collector, such as `http://127.0.0.1:4318`, that is sent the spans of requests,
    /// operations and statements (OTLP, protobuf over HTTP). They hold what the log holds.
    #[arg(long, env = "MUSTER_OTLP_ENDPOINT", value_name = "URL", value_parser = collector)]
    pub otlp_endpoint: Option<String>,
    /// Folder of saved queries, one `.graphql` file each.
    #[arg(long, env = "MUSTER_QUERIES_DIR", value_name = "DIR", default_value = QUERIES_DIR)]
    pub queries_dir: PathBuf,
    /// Bytes of memory DuckDB may use before it spills to disk.
    #[arg(long, env = "MUSTER_MEMORY_LIMIT_BYTES", value_name = "BYTES", default_value_t = 1 << 30)]
    pub memory_limit_bytes: u64,
    /// Threads one query may use.
    #[arg(long, env = "MUSTER_QUERY_THREADS", value_name = "THREADS", default_value_t = 2)]
    pub query_threads: usize,
    /// Queries that run at once; others wait.
    #[arg(long, env = "MUSTER_PARALLEL_QUERIES", value_name = "QUERIES", default_value_t = 4)]
    pub parallel_queries: usize,
    /// Rows in the log after which they are sealed to Parquet.
    #[arg(long, env = "MUSTER_SEAL_ROWS", value_name = "ROWS", default_value_t = 250_000)]
    pub seal_rows: usize,
    /// Bytes of log after which it is sealed to Parquet.
    #[arg(long, env = "MUSTER_SEAL_BYTES", value_name = "BYTES", default_value_t = 256 << 20)]
    pub seal_bytes: u64,
    /// Seconds after which what is in the log is sealed to Parquet, however little it is; 0: only by rows and bytes.
    /// Questions cost less once the rows they read are sealed.
    #[arg(long, env = "MUSTER_SEAL_SECONDS", value_name = "SECONDS", default_value_t = 3_600)]
    pub seal_seconds: u64,
    /// Events of which compaction makes one Parquet file, at most.
    #[arg(long, env = "MUSTER_SEGMENT_EVENTS", value_name = "EVENTS", default_value_t = 4_000_000)]
    pub segment_events: u64,
    /// Bytes of memory that writes may take while they wait to be stored; more are answered 503.
    #[arg(long, env = "MUSTER_QUEUED_BYTES", value_name = "BYTES", default_value_t = QUEUED_BYTES)]
    pub queued_bytes: usize,
    /// Bytes of memory for answers that are given again while nothing new is stored; 0 keeps none.
    #[arg(long, env = "MUSTER_ANSWER_CACHE_BYTES", value_name = "BYTES", default_value_t = 64 << 20)]
    pub answer_cache_bytes: u64,
    /// Seconds that requests have to finish once the server is told to stop.
    #[arg(long, env = "MUSTER_STOP_SECONDS", value_name = "SECONDS", default_value_t = 10)]
    pub stop_seconds: u64,
    /// Seconds one query may run.
    #[arg(long, env = "MUSTER_QUERY_SECONDS", value_name = "SECONDS", default_value_t = 30)]
    pub query_seconds: u64,
    /// Characters of an event's name, at most.
    #[arg(long, env = "MUSTER_MAX_EVENT_NAME_CHARS", value_name = "CHARS", default_value_t = 80)]
    pub max_event_name_chars: usize,
    /// Bytes of an id (event, profile, group, device, session), at most.
    #[arg(long, env = "MUSTER_MAX_ID_BYTES", value_name = "BYTES", default_value_t = 512)]
    pub max_id_bytes: usize,
    /// Groups on one event or in one membership change, at most.
    #[arg(long, env = "MUSTER_MAX_GROUPS_PER_EVENT", value_name = "GROUPS", default_value_t = 100)]
    pub max_groups_per_event: usize,
    /// Bytes of one entity's or event's properties as JSON, at most.
    #[arg(long, env = "MUSTER_MAX_PROPERTIES_BYTES", value_name = "BYTES", default_value_t = 256 * 1024)]
    pub max_properties_bytes: usize,
    /// Levels of nesting in properties, at most.
    #[arg(long, env = "MUSTER_MAX_PROPERTIES_LEVELS", value_name = "LEVELS", default_value_t = 32)]
    pub max_properties_levels: usize,
    /// Events in one batch, at most.
    #[arg(long, env = "MUSTER_MAX_BATCH_EVENTS", value_name = "EVENTS", default_value_t = 10_000)]
    pub max_batch_events: usize,
    /// Bytes of one request's body, at most.
    #[arg(long, env = "MUSTER_MAX_BODY_BYTES", value_name = "BYTES", default_value_t = 16 << 20)]
    pub max_body_bytes: usize,
    /// Steps of a funnel, at most.
    #[arg(long, env = "MUSTER_MAX_FUNNEL_STEPS", value_name = "STEPS", default_value_t = 32)]
    pub max_funnel_steps: usize,
    /// Breakdowns of an analysis, at most.
    #[arg(long, env = "MUSTER_MAX_BREAKDOWNS", value_name = "BREAKDOWNS", default_value_t = 3)]
    pub max_breakdowns: usize,
    /// Buckets of a time series, at most.
    #[arg(long, env = "MUSTER_MAX_BUCKETS", value_name = "BUCKETS", default_value_t = 10_000)]
    pub max_buckets: usize,
    /// Rows of one answer, at most.
    #[arg(long, env = "MUSTER_MAX_ROWS", value_name = "ROWS", default_value_t = 100_000)]
    pub max_rows: usize,
    /// Nodes on one page of a list, at most.
    #[arg(long, env = "MUSTER_MAX_PAGE_NODES", value_name = "NODES", default_value_t = 1_000)]
    pub max_page_nodes: usize,
    /// Subscriptions that one client has at once, at most.
    #[arg(long, env = "MUSTER_MAX_SUBSCRIPTIONS", value_name = "SUBSCRIPTIONS", default_value_t = 100)]
    pub max_subscriptions: usize,
    /// Milliseconds that a subscription rests after it has told something, at least.
    #[arg(long, env = "MUSTER_LIVE_PAUSE_MS", value_name = "MILLISECONDS", default_value_t = 500)]
    pub live_pause_ms: u64,
    /// Cells of what one GraphQL operation may answer, at most, as its arguments tell before it runs.
    #[arg(long, env = "MUSTER_MAX_QUERY_COST", value_name = "CELLS", default_value_t = 1_000_000)]
    pub max_query_cost: u64,
    /// Tokens of one GraphQL document, at most.
    #[arg(long, env = "MUSTER_MAX_QUERY_TOKENS", value_name = "TOKENS", default_value_t = 10_000)]
    pub max_query_tokens: usize,
    /// Levels of fields in one GraphQL document, at most. Standard introspection needs 13.
    #[arg(long, env = "MUSTER_MAX_QUERY_DEPTH", value_name = "LEVELS", default_value_t = 20)]
    pub max_query_depth: usize,
    /// Fields in one GraphQL document, at most; those of a fragment count wherever it is spread.
    #[arg(long, env = "MUSTER_MAX_QUERY_FIELDS", value_name = "FIELDS", default_value_t = 2_000)]
    pub max_query_fields: usize,
    /// Fields that one GraphQL operation asks of the root, at most.
    #[arg(long, env = "MUSTER_MAX_QUERY_ROOT_FIELDS", value_name = "FIELDS", default_value_t = 50)]
    pub max_query_root_fields: usize,
    /// Aliases in one GraphQL document, at most.
    #[arg(long, env = "MUSTER_MAX_QUERY_ALIASES", value_name = "ALIASES", default_value_t = 100)]
    pub max_query_aliases: usize,
    /// Directives on one field, at most.
    #[arg(long, env = "MUSTER_MAX_QUERY_DIRECTIVES", value_name = "DIRECTIVES", default_value_t = 8)]
    pub max_query_directives: usize,
    /// Answer no GraphQL documents but saved queries, by name, by hash or word for word. Sending over GraphQL is off.
    #[arg(long, env = "MUSTER_TRUSTED_ONLY")]
    pub trusted_only: bool,
    /// Let only clients with the right ADMIN read the schema. Errors name nothing of it to the others.
    #[arg(long, env = "MUSTER_HIDE_SCHEMA")]
    pub hide_schema: bool,
    /// Cohorts of one project, at most.
    #[arg(long, env = "MUSTER_MAX_COHORTS", value_name = "COHORTS", default_value_t = 1_000)]
    pub max_cohorts: usize,
    /// Rules of one cohort (tests, deeds and lists), at most.
    #[arg(long, env = "MUSTER_MAX_COHORT_RULES", value_name = "RULES", default_value_t = 100)]
    pub max_cohort_rules: usize,
    /// Ids in one static list of a cohort, at most.
    #[arg(long, env = "MUSTER_MAX_COHORT_IDS", value_name = "IDS", default_value_t = 10_000)]
    pub max_cohort_ids: usize,
    /// Saved queries of a project's own, at most.
    #[arg(long, env = "MUSTER_MAX_SAVED_QUERIES", value_name = "QUERIES", default_value_t = 200)]
    pub max_saved_queries: usize,
    /// Bytes of one saved query of a project's own, at most.
    #[arg(long, env = "MUSTER_MAX_SAVED_QUERY_BYTES", value_name = "BYTES", default_value_t = 64 * 1024)]
    pub max_saved_query_bytes: usize,
    /// Clients of one project that are not revoked, at most.
    #[arg(long, env = "MUSTER_MAX_CLIENTS", value_name = "CLIENTS", default_value_t = 1_000)]
    pub max_clients: usize,
    /// Requests of one client in a minute, at most; 0: as many as it likes. Browsers that send without the client's
    /// secret have as many together, beside those with it.
    #[arg(long, env = "MUSTER_MAX_REQUESTS_PER_MINUTE", value_name = "REQUESTS", default_value_t = 60_000)]
    pub max_requests_per_minute: usize,
    /// Which engine answers.
    #[command(flatten)]
    pub engine: EngineConfig,
    /// Where segments go beside the disk.
    #[command(flatten)]
    pub objects: ObjectsConfig,
    /// Whether it takes events.
    #[command(flatten)]
    pub replica: ReplicaConfig,
}

/// Reads an address and port; a name such as `localhost` is looked up.
fn address(text: &str) -> Result<SocketAddr, String> {
    let found = text.to_socket_addrs().ok().and_then(|mut found| found.next());
    found.ok_or_else(|| "write an address of this machine and a port, such as 127.0.0.1:4000".to_owned())
}

/// Reads a network, or a single address.
fn network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    let parsed = text.parse::<IpNet>().or_else(|_| address());
    parsed.map_err(|_| "give a network such as 10.0.0.0/8 or fd00::/8, or one address".to_owned())
}

fn default_listen() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 4000))
}

/// Where saved queries are looked for unless a folder is named; it need not be there.
const QUERIES_DIR: &str = "queries";

/// The address of a collector, where it can be one.
fn collector(text: &str) -> Result<String, String> {
    match url::Url::parse(text) {
        Ok(url) if url.scheme() == "http" && url.has_host() => Ok(text.to_owned()),
        _ => Err("write an address such as http://127.0.0.1:4318; where TLS is wanted, run a collector beside the server that speaks it".to_owned()),
    }
}

impl Config {
    /// Fails when the folder of saved queries that was named is not there.
    pub fn check_queries_dir(&self) -> Result<(), String> {
        if self.queries_dir.is_dir() || self.queries_dir == Path::new(QUERIES_DIR) {
            return Ok(());
        }
        let folder = self.queries_dir.display();
        Err(format!("there is no folder {folder}; name one that is there with --queries-dir"))
    }

    /// The defaults on a data folder, whatever flags and environment say.
    #[must_use]
    pub fn on(data_dir: &Path) -> Self {
        let (limits, options) = (Limits::default(), Options::default());
        Self {
            data_dir: data_dir.to_path_buf(),
            listen: default_listen(),
            metrics_listen: None,
            tls_cert: None,
            tls_key: None,
            trust_proxy: Vec::new(),
            send_seconds: 30,
            otlp_endpoint: None,
            queries_dir: PathBuf::from(QUERIES_DIR),
            memory_limit_bytes: options.memory_limit_bytes,
            query_threads: options.threads,
            parallel_queries: 4,
            seal_rows: options.seal_rows,
            seal_bytes: options.seal_bytes,
            seal_seconds: 3_600,
            segment_events: options.segment_events,
            queued_bytes: QUEUED_BYTES,
            answer_cache_bytes: 64 << 20,
            stop_seconds: 10,
            query_seconds: limits.query_seconds,
            max_event_name_chars: limits.event_name_chars,
            max_id_bytes: limits.id_bytes,
            max_groups_per_event: limits.groups_per_event,
            max_properties_bytes: limits.properties_bytes,
            max_properties_levels: limits.properties_levels,
            max_batch_events: limits.batch_events,
            max_body_bytes: limits.body_bytes,
            max_funnel_steps: limits.funnel_steps,
            max_breakdowns: limits.breakdowns,
            max_buckets: limits.buckets,
            max_rows: limits.rows,
            max_page_nodes: limits.page,
            max_subscriptions: limits.subscriptions,
            live_pause_ms: 500,
            max_query_cost: limits.query_cost,
            max_query_tokens: limits.query_tokens,
            max_query_depth: limits.query_depth,
            max_query_fields: limits.query_fields,
            max_query_root_fields: limits.query_root_fields,
            max_query_aliases: limits.query_aliases,
            max_query_directives: limits.query_directives,
            trusted_only: false,
            hide_schema: false,
            max_cohorts: limits.cohorts,
            max_cohort_rules: limits.cohort_rules,
            max_cohort_ids: limits.cohort_ids,
            max_saved_queries: limits.saved_queries,
            max_saved_query_bytes: limits.saved_query_bytes,
            max_clients: limits.clients,
            max_requests_per_minute: limits.requests_per_minute,
            engine: EngineConfig::default(),
            objects: ObjectsConfig::default(),
            replica: ReplicaConfig::default(),
        }
    }

    /// A small server on a temporary folder: any free port, little memory, the default limits.
    #[must_use]
    pub fn for_testing(data_dir: &Path) -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { listen, memory_limit_bytes: 256 << 20, stop_seconds: 2, ..Self::on(data_dir) }
    }

    /// The limits of what is accepted and answered.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            event_name_chars: self.max_event_name_chars,
            id_bytes: self.max_id_bytes,
            groups_per_event: self.max_groups_per_event,
            properties_bytes: self.max_properties_bytes,
            properties_levels: self.max_properties_levels,
            batch_events: self.max_batch_events,
            body_bytes: self.max_body_bytes,
            funnel_steps: self.max_funnel_steps,
            breakdowns: self.max_breakdowns,
            buckets: self.max_buckets,
            rows: self.max_rows,
            page: self.max_page_nodes,
            cohorts: self.max_cohorts,
            cohort_rules: self.max_cohort_rules,
            cohort_ids: self.max_cohort_ids,
            saved_queries: self.max_saved_queries,
            saved_query_bytes: self.max_saved_query_bytes,
            clients: self.max_clients,
            requests_per_minute: self.max_requests_per_minute,
            query_seconds: self.query_seconds,
            subscriptions: self.max_subscriptions,
            query_cost: self.max_query_cost,
            query_tokens: self.max_query_tokens,
            query_depth: self.max_query_depth,
            query_fields: self.max_query_fields,
            query_root_fields: self.max_query_root_fields,
            query_aliases: self.max_query_aliases,
            query_directives: self.max_query_directives,
        }
    }

    /// How the store uses the machine.
    #[must_use]
    pub fn store_options(&self) -> Options {
        Options {
            memory_limit_bytes: self.memory_limit_bytes,
            threads: self.query_threads.max(1),
            seal_rows: self.seal_rows.max(1),
            seal_bytes: self.seal_bytes.max(1),
            segment_events: self.segment_events,
            publish: self.engine.remote_address().is_some(),
            objects: self.objects.storage(),
        }
    }

    /// How long a subscription rests after it has told something, at least.
    #[must_use]
    pub fn live_pause(&self) -> Duration {
        Duration::from_millis(self.live_pause_ms)
    }

    /// How long a connection has to send the head of its next request.
    #[must_use]
    pub fn send_timeout(&self) -> Duration {
        Duration::from_secs(self.send_seconds.max(1))
    }

    /// How long requests have to finish once the server is told to stop.
    #[must_use]
    pub fn stop_timeout(&self) -> Duration {
        Duration::from_secs(self.stop_seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        config: Config,
    }

    #[test]
    fn the_defaults_of_the_flags_are_the_defaults_of_limits_and_store() {
        let command = Command::try_parse_from(["muster"]).expect("no flag is required");
        assert_eq!(command.config, Config::on(Path::new("muster-data")));
        assert_eq!(command.config.limits(), Limits::default());
    }

    #[test]
    fn a_trusted_proxy_is_a_network_or_an_address() {
        let parse = |text: &str| Command::try_parse_from(["muster", "--trust-proxy", text]);
        let trusted = parse("10.0.0.0/8,192.0.2.7").expect("both are understood").config.trust_proxy;
        let trusts = |address: &str| {
            let address: IpAddr = address.parse().expect("an address");
            trusted.iter().any(|network| network.contains(&address))
        };
        assert!(trusts("10.9.8.7") && trusts("192.0.2.7") && !trusts("192.0.2.8"));
        let wrong = parse("everybody").map(|_| ()).expect_err("no network").to_string();
        assert!(wrong.contains("10.0.0.0/8"), "{wrong}");
        let alone = Command::try_parse_from(["muster", "--tls-cert", "a.pem"]).map(|_| ());
        assert!(alone.expect_err("no key").to_string().contains("--tls-key"));
    }

    #[test]
    fn a_flag_reaches_the_limit_it_names() {
        let command = Command::try_parse_from(["muster", "--max-page-nodes", "7", "--seal-rows", "9"]);
        let config = command.expect("known flags").config;
        assert_eq!((config.limits().page, config.store_options().seal_rows), (7, 9));
    }
}
