//! Which devices a profile alone used: they go with it when it is erased.

use super::facts::Table;
use super::relations::Within;
use super::{Error, Snapshot, Store};
use crate::domain::identity::ProjectKey;
use duckdb::types::Value;
use duckdb::{Connection, params};
use std::collections::HashSet;

impl Store {
    /// The keys of the devices that a profile alone used.
    pub(super) fn own_devices(
        &self,
        connection: &Connection,
        snapshot: &Snapshot,
        project: ProjectKey,
        key: u32,
    ) -> Result<Vec<u32>, Error> {
        let within = Within { project: Some(project), from: i64::MIN, to: i64::MAX, after_seq: 0 };
        let number = project.0;
        let own = format!("where project = {number} and user_key = {key} and device_id is not null");
        let used = self.devices(connection, snapshot, within, &own, &HashSet::new())?;
        if used.is_empty() {
            return Ok(Vec::new());
        }
        let others = format!(
            "where project = {number} and profile_id is not null and user_key <> {key}
                 and device_id in (select unnest(?))"
        );
        let shared = self.devices(connection, snapshot, within, &others, &used)?;
        let alone = used.difference(&shared);
        let alone = Value::List(alone.map(|device| Value::Text(device.clone())).collect());
        let mut statement = connection.prepare(&format!(
            "select key from {} where project = {number} and kind = 3 and text in (select unnest(?))",
            snapshot.latest(Table::Keys, Some(project))
        ))?;
        let keys = statement.query_map(params![alone], |row| row.get(0))?;
        Ok(keys.collect::<Result<_, _>>()?)
    }

    /// The devices of some events, of which a condition may look for some. One file is read after the other.
    fn devices(
        &self,
        connection: &Connection,
        snapshot: &Snapshot,
        within: Within,
        condition: &str,
        among: &HashSet<String>,
    ) -> Result<HashSet<String>, Error> {
        let among = Value::List(among.iter().map(|device| Value::Text(device.clone())).collect());
        let mut found = HashSet::new();
        for (segment, rows) in snapshot.event_parts(within) {
            let _held = self.hold(segment.as_slice())?;
            let mut statement =
                connection.prepare(&format!("select distinct device_id from {rows} {condition}"))?;
            let parameters = vec![&among; statement.parameter_count()];
            let devices = statement.query_map(duckdb::params_from_iter(parameters), |row| row.get(0))?;
            for device in devices {
                found.insert(device?);
            }
        }
        Ok(found)
    }
}
