//! Importing groups and profiles: one row, one upsert.
//!
//! Columns that no flag names become properties and merge into what is stored. An empty cell changes nothing:
//! an import never removes a property. Of rows with one id the later adds to the earlier.

use super::events::{required, text_in};
use super::mapping::{GroupMapping, ProfileMapping, Typings};
use super::rows::{Rows, Source};
use super::{ImportError, Outbox, Progress, Report, Sink, values};
use crate::domain::Invalid;
use crate::domain::accept::check_email;
use crate::domain::event::Properties;
use crate::domain::identity::{GroupPatch, ProfilePatch};
use crate::domain::limits::Limits;
use crate::domain::write::Write;
use std::collections::HashSet;
use std::fmt::{Debug, Display};

/// Imports groups. A change takes effect when it is received.
///
/// Rows count as accepted once their upsert is durable, whether or not it changed anything. Everything else
/// is as in [`super::import_events`].
pub fn import_groups<E: Debug + Display>(
    source: &Source,
    mapping: &GroupMapping,
    limits: &Limits,
    progress: &mut Progress<'_>,
    send: &mut Sink<'_, E>,
) -> Result<Report, ImportError<E>> {
    let optional_columns = [("--type", &mapping.type_column), ("--name", &mapping.name)];
    let columns = Columns::new(&mapping.id, &optional_columns, &mapping.number, &mapping.text)?;
    if let Some(group_type) = &mapping.group_type {
        limits.check_id("--group-type", group_type)?;
    } else if mapping.type_column.is_none() {
        return Err(Invalid::new("--type", "is missing; name a column, or give --group-type TYPE").into());
    }
    let mut rows =
        Rows::open(source, &columns.wanted()).map_err(|fault| ImportError::from_fault(fault, source))?;
    let typings = Typings::new(&mapping.number, &mapping.text, rows.is_untyped());
    let mut ids = HashSet::new();
    let mut outbox = Outbox::new(limits, send);
    outbox.send_rows(source, &mut rows, progress, &mut |row| {
        let id = required(&row.cells, &mapping.id)?;
        limits.check_id(&mapping.id, &id)?;
        let group_type = match (&mapping.group_type, &mapping.type_column) {
            (Some(group_type), _) => group_type.clone(),
            (None, column) => {
                let column = column.as_deref().unwrap_or_default();
                let group_type = required(&row.cells, column)?;
                limits.check_id(column, &group_type)?;
                group_type
            }
        };
        let name = text_in(&row.cells, mapping.name.as_deref(), limits)?.unwrap_or_else(|| id.clone());
        let properties = columns.properties(row.cells, &typings, limits)?;
        if !ids.contains(&id) {
            ids.insert(id.clone());
        }
        Ok(Write::UpsertGroup(GroupPatch { id, group_type, name, properties, effective_at: None }))
    })?;
    let mut report = outbox.finish()?;
    report.groups = ids.len() as u64;
    Ok(report)
}

/// Imports profiles.
///
/// Rows count as accepted once their upsert is durable, whether or not it changed anything. Everything else
/// is as in [`super::import_events`].
pub fn import_profiles<E: Debug + Display>(
    source: &Source,
    mapping: &ProfileMapping,
    limits: &Limits,
    progress: &mut Progress<'_>,
    send: &mut Sink<'_, E>,
) -> Result<Report, ImportError<E>> {
    let optional_columns = [
        ("--first-name", &mapping.first_name),
        ("--last-name", &mapping.last_name),
        ("--email", &mapping.email),
        ("--avatar", &mapping.avatar),
    ];
    let columns = Columns::new(&mapping.id, &optional_columns, &mapping.number, &mapping.text)?;
    let mut rows =
        Rows::open(source, &columns.wanted()).map_err(|fault| ImportError::from_fault(fault, source))?;
    let typings = Typings::new(&mapping.number, &mapping.text, rows.is_untyped());
    let mut outbox = Outbox::new(limits, send);
    outbox.send_rows(source, &mut rows, progress, &mut |row| {
        let id = required(&row.cells, &mapping.id)?;
        limits.check_id(&mapping.id, &id)?;
        let text = |column: &Option<String>| text_in(&row.cells, column.as_deref(), limits);
        let (email, avatar) = (text(&mapping.email)?, text(&mapping.avatar)?);
        if let (Some(column), Some(email)) = (&mapping.email, &email) {
            check_email(column, email)?;
        }
        if let (Some(column), Some(avatar)) = (&mapping.avatar, &avatar) {
            limits.check_avatar(column, avatar)?;
        }
        let patch = ProfilePatch {
            id,
            first_name: text(&mapping.first_name)?,
            last_name: text(&mapping.last_name)?,
            email,
            avatar,
            properties: columns.properties(row.cells, &typings, limits)?,
        };
        Ok(Write::Identify(patch))
    })?;
    outbox.finish()
}

/// The columns that are no property, and those whose type is given.
struct Columns<'a> {
    taken: Vec<(&'static str, &'a str)>,
    typed: Vec<(&'static str, &'a str)>,
}

impl<'a> Columns<'a> {
    fn new(
        id: &'a str,
        optional: &[(&'static str, &'a Option<String>)],
        number: &'a [String],
        text: &'a [String],
    ) -> Result<Self, Invalid> {
        let given = optional.iter().filter_map(|(flag, column)| Some((*flag, column.as_deref()?)));
        if let Some(both) = number.iter().find(|column| text.contains(column)) {
            return Err(Invalid::new(format!("--number {both}"), "is also given as --text; choose one"));
        }
        let number = number.iter().map(|column| ("--number", column.as_str()));
        let text = text.iter().map(|column| ("--text", column.as_str()));
        Ok(Self {
            taken: [("--id", id)].into_iter().chain(given).collect(),
            typed: number.chain(text).collect(),
        })
    }

    fn wanted(&self) -> Vec<(String, &'a str)> {
        self.taken.iter().chain(&self.typed).map(|(flag, column)| ((*flag).to_owned(), *column)).collect()
    }

    fn properties(
        &self,
        cells: Properties,
        typings: &Typings,
        limits: &Limits,
    ) -> Result<Properties, Invalid> {
        let others =
            cells.into_iter().filter(|(column, _)| self.taken.iter().all(|(_, taken)| taken != column));
        let typed = others.map(|(column, value)| {
            let value = values::property(&column, value, typings.of(&column))?;
            Ok((column, value))
        });
        let properties = typed.collect::<Result<Properties, Invalid>>()?;
        limits.check_properties("properties", &properties)?;
        Ok(properties)
    }
}
