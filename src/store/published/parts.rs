//! Facts on their way out: rows of the catalog as Parquet files.

use super::super::facts::Table;
use super::super::lake::fresh_id;
use super::super::relations::literal;
use super::super::{Error, Store};
use super::{FACTS, FactSet, Object};
use crate::store::objects::Objects;
use duckdb::Connection;
use std::collections::BTreeMap;

/// Which rows.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rows {
    /// Those sealed behind a row.
    Behind(u64),
    /// All that hold.
    Held,
}

impl Store {
    /// Puts the facts up to a row, the last of a generation.
    pub(super) fn put_facts(
        &self,
        objects: &Objects,
        rows: Rows,
        (generation, seq): (u64, u64),
    ) -> Result<FactSet, Error> {
        let connection = self.connection()?;
        let folder = format!("facts/{generation:010}-{}", fresh_id()?);
        let mut tables = BTreeMap::new();
        for table in FACTS {
            let selected = match rows {
                Rows::Behind(after) => format!("seq > {after} and seq <= {seq}"),
                Rows::Held => format!("seq <= {seq} and until_seq > {seq}"),
            };
            if let Some(object) = self.put_rows(objects, &connection, table, &selected, &folder)? {
                tables.insert(table.name().to_owned(), object);
            }
        }
        let after_seq = match rows {
            Rows::Behind(after) => after,
            Rows::Held => 0,
        };
        Ok(FactSet { after_seq, generation, seq, tables })
    }

    /// Puts the rows of a kind that a condition holds for; `None` where there are none.
    fn put_rows(
        &self,
        objects: &Objects,
        connection: &Connection,
        table: Table,
        selected: &str,
        folder: &str,
    ) -> Result<Option<Object>, Error> {
        let name = table.name();
        let count = format!("select count(*) > 0 from main.{name} where {selected}");
        if !connection.query_row(&count, [], |row| row.get(0))? {
            return Ok(None);
        }
        let file = self.folder.join("tmp").join(format!("published-{name}.parquet"));
        // In one order, so that texts that are alike stand together.
        let order = if table == Table::Keys { "project, kind, text" } else { "project, seq" };
        connection.execute_batch(&format!(
            "copy (select * exclude (until_seq) from main.{name} where {selected} order by {order})
             to {} (format parquet, parquet_version v2, compression zstd, row_group_size 122880)",
            literal(&file)
        ))?;
        let put = Object::put(objects, format!("{folder}/{name}.parquet"), &file);
        std::fs::remove_file(&file).map_err(Error::io(&file))?;
        put.map(Some)
    }
}
