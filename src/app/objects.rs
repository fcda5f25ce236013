//! How object storage fares, as operators see it.

use super::App;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

impl App {
    /// Whether object storage, if there is one, did not do what it was last asked.
    #[must_use]
    pub fn is_object_storage_failing(&self) -> bool {
        self.store.objects_state().is_some_and(|state| state.failure.is_some())
    }

    /// Adds what is counted of object storage, where there is one.
    pub(super) fn register_objects(&self, registry: &mut Registry) {
        let Some(state) = self.store.objects_state() else { return };
        let gauges = [
            (
                "objects_failing",
                "1 while object storage did not do what it was last asked",
                u64::from(state.failure.is_some()),
            ),
            ("segments_waiting", "Sealed files that wait to be sent to object storage", state.waiting),
            ("segment_cache_bytes", "Bytes of sealed files on the disk", state.cached_bytes),
        ];
        for (name, help, value) in gauges {
            registry.register(name, help, ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)));
        }
        let counters = [
            ("object_failures", "Times that object storage did not do what it was asked", state.failures),
            ("objects_uploaded", "Sealed files that were sent to object storage", state.uploaded.0),
            ("object_bytes_uploaded", "Bytes of sealed files that were sent there", state.uploaded.1),
            ("objects_downloaded", "Sealed files that were brought back from it", state.downloaded.0),
            ("object_bytes_downloaded", "Bytes of sealed files that were brought back", state.downloaded.1),
            ("objects_deleted", "Objects that were deleted", state.deleted),
            ("segments_put_out", "Sealed files that were put out of the disk's cache", state.put_out),
        ];
        for (name, help, value) in counters {
            registry.register(name, help, ConstCounter::new(value));
        }
    }
}
