//! What makes a server a read replica.

use std::time::Duration;

/// Whether this server takes events, or follows one that does.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct ReplicaConfig {
    /// Answer from what a primary publishes to `--object-store`, and write nothing. The data folder is a cache then.
    #[arg(long, env = "MUSTER_REPLICA", requires = "object_store")]
    pub replica: bool,
    /// Seconds after which a replica looks whether something new is published.
    #[arg(long, env = "MUSTER_REPLICA_SECONDS", value_name = "SECONDS", default_value_t = 10)]
    pub replica_seconds: u64,
}

impl Default for ReplicaConfig {
    fn default() -> Self {
        Self { replica: false, replica_seconds: 10 }
    }
}

impl ReplicaConfig {
    /// How long a replica rests before it looks again.
    #[must_use]
    pub fn interval(&self) -> Duration {
        Duration::from_secs(self.replica_seconds.max(1))
    }
}
