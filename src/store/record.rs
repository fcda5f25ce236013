//! What the catalog records of sealings and compactions, each in one transaction.

use super::facts::Table;
use super::relations::groups_now;
use super::snapshot::{Released, Segment};
use super::{Error, segment};
use duckdb::{Connection, Transaction, params};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Sender;

/// How far the log is sealed, and the highest number a segment ever had.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    pub(super) generation: u64,
    pub(super) seq: u64,
    pub(super) segment: u64,
}

/// Until when a row holds that nothing has replaced.
pub(super) const FOR_EVER: u64 = u64::MAX;

/// How far the log is sealed.
pub(super) fn progress(connection: &Connection) -> Result<Progress, Error> {
    let sql = "select sealed_generation, sealed_seq, last_segment from main.meta";
    let row = connection.query_row(sql, [], |row| {
        Ok(Progress { generation: row.get(0)?, seq: row.get(1)?, segment: row.get(2)? })
    });
    Ok(row?)
}

/// The segments the catalog lists, oldest first.
pub(super) fn segments(
    connection: &Connection,
    folder: &Path,
    on_drop: &Sender<Released>,
) -> Result<Vec<Segment>, Error> {
    let mut statement = connection.prepare(
        "select segment, events, bytes, crc32, first_project, last_project, epoch_us(first_at), epoch_us(last_at),
             first_seq, last_seq
         from main.segments order by first_seq, segment",
    )?;
    let rows = statement.query_map([], |row| {
        let number = row.get(0)?;
        Ok(Segment {
            number,
            path: segment::path(folder, number),
            events: row.get(1)?,
            bytes: row.get(2)?,
            crc32: row.get(3)?,
            projects: (row.get(4)?, row.get(5)?),
            instants: (row.get(6)?, row.get(7)?),
            seqs: (row.get(8)?, row.get(9)?),
            merged_at: None,
            is_replaced: AtomicBool::new(false),
            on_drop: on_drop.clone(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Records a sealed generation: its segment, if it had events, its other rows, and how far the log is sealed.
pub(super) fn sealed(
    connection: &mut Connection,
    generation: u64,
    last_seq: u64,
    segment: Option<&Segment>,
) -> Result<(), Error> {
    let transaction = connection.transaction()?;
    rows(&transaction, generation, last_seq)?;
    if let Some(segment) = segment {
        list(&transaction, segment)?;
    }
    reached(&transaction, generation, last_seq)?;
    Ok(transaction.commit()?)
}

/// Adds a generation's rows, events left out, each in the place of the one with the same key.
pub(super) fn rows(transaction: &Transaction<'_>, generation: u64, last_seq: u64) -> Result<(), Error> {
    for (table, key) in [
        (Table::GroupVersions, "change_seq"),
        (Table::ProfileVersions, "user_key"),
        (Table::Memberships, "membership_seq"),
    ] {
        replace(transaction, table, key, generation)?;
    }
    transaction.execute_batch(&format!(
        "insert into main.keys select *, {FOR_EVER} from hot.keys_{generation} order by key"
    ))?;
    groups(transaction, &format!("hot.group_versions_{generation}"), last_seq)
}

/// Brings the rows to those of a base, all that hold at a row: hot tables of this name, and `changed_NAME` with the keys
/// of groups whose versions differ.
pub(super) fn based(transaction: &Transaction<'_>, name: &str, seq: u64) -> Result<(), Error> {
    for table in Table::ALL.into_iter().filter(|table| *table != Table::Events) {
        let (table, order) = (table.name(), order(table));
        transaction.execute_batch(&format!(
            "update main.{table} set until_seq = {seq}
             where until_seq = {FOR_EVER} and seq not in (select seq from hot.{table}_{name});
             insert into main.{table} select *, {FOR_EVER} from hot.{table}_{name}
             where seq not in (select seq from main.{table} where until_seq = {FOR_EVER}) {order}"
        ))?;
    }
    groups(transaction, &format!("hot.changed_{name}"), seq)
}

/// Records how far the log is sealed.
pub(super) fn reached(transaction: &Transaction<'_>, generation: u64, last_seq: u64) -> Result<(), Error> {
    transaction.execute(
        "update main.meta set sealed_generation = ?, sealed_seq = ?",
        params![generation, last_seq],
    )?;
    Ok(())
}

/// Records that a segment took the place of others.
pub(super) fn compacted(
    connection: &mut Connection,
    replaced: &[u64],
    segment: &Segment,
) -> Result<(), Error> {
    let transaction = connection.transaction()?;
    strike(&transaction, replaced.iter().copied())?;
    list(&transaction, segment)?;
    Ok(transaction.commit()?)
}

/// Records that a segment took the place of another, or that nothing did.
pub(super) fn rewritten(
    connection: &mut Connection,
    replaced: u64,
    segment: Option<&Segment>,
) -> Result<(), Error> {
    let transaction = connection.transaction()?;
    strike(&transaction, std::iter::once(replaced))?;
    if let Some(segment) = segment {
        list(&transaction, segment)?;
    }
    Ok(transaction.commit()?)
}

/// Records that segments are lost for ever.
pub(super) fn struck(connection: &mut Connection, numbers: impl Iterator<Item = u64>) -> Result<(), Error> {
    let transaction = connection.transaction()?;
    strike(&transaction, numbers)?;
    Ok(transaction.commit()?)
}

/// Takes segments off the list.
pub(super) fn strike(transaction: &Transaction<'_>, numbers: impl Iterator<Item = u64>) -> Result<(), Error> {
    for number in numbers {
        transaction.execute("delete from main.segments where segment = ?", params![number])?;
    }
    Ok(())
}

/// Removes rows that were replaced and that only readers of an earlier instant would see. Only while there are none.
pub(super) fn forget_replaced(connection: &Connection) -> Result<(), Error> {
    for table in ["groups", "group_versions", "profile_versions", "memberships"] {
        connection.execute_batch(&format!("delete from main.{table} where until_seq < {FOR_EVER}"))?;
    }
    Ok(())
}

/// Puts a segment on the list.
pub(super) fn list(transaction: &Transaction<'_>, segment: &Segment) -> Result<(), Error> {
    transaction.execute(
        "insert into main.segments values (?, ?, ?, ?, ?, ?, ?, ?, make_timestamp(?), make_timestamp(?))",
        params![
            segment.number,
            segment.events,
            segment.bytes,
            segment.crc32,
            segment.seqs.0,
            segment.seqs.1,
            segment.projects.0,
            segment.projects.1,
            segment.instants.0,
            segment.instants.1
        ],
    )?;
    transaction
        .execute("update main.meta set last_segment = greatest(last_segment, ?)", params![segment.number])?;
    Ok(())
}

/// How rows of a kind are ordered: those about one group (or profile) stand together, so that whoever looks for it passes
/// over most others.
fn order(table: Table) -> String {
    let subject = table.subjects().last();
    subject.map_or_else(|| "order by key".to_owned(), |subject| format!("order by project, {subject}, seq"))
}

/// Adds a generation's rows, each in the place of the one with the same key.
fn replace(transaction: &Transaction<'_>, table: Table, key: &str, generation: u64) -> Result<(), Error> {
    let (name, order) = (table.name(), order(table));
    transaction.execute_batch(&format!(
        "update main.{name} as old set until_seq = new.seq
         from (select {key}, min(seq) as seq from hot.{name}_{generation} group by {key}) as new
         where old.{key} = new.{key} and old.until_seq = {FOR_EVER};
         insert into main.{name}
         select *, coalesce(lead(seq) over (partition by {key} order by seq), {FOR_EVER})
         from hot.{name}_{generation} {order}"
    ))?;
    Ok(())
}

/// Brings the groups whose keys a relation has to what their versions made of them.
fn groups(transaction: &Transaction<'_>, changed: &str, last_seq: u64) -> Result<(), Error> {
    let changed = format!("(select group_key from {changed})");
    let versions = format!(
        "(select * from main.group_versions where until_seq = {FOR_EVER} and group_key in {changed})"
    );
    let now = groups_now(&versions);
    transaction.execute_batch(&format!(
        "update main.groups set until_seq = {last_seq} where until_seq = {FOR_EVER} and group_key in {changed};
         insert into main.groups select *, {last_seq}, {FOR_EVER} from ({now}) order by project, group_key"
    ))?;
    Ok(())
}
