//! The engine's rows, which come in no order, arranged: unit by unit, place by place, by time, then by arrival.

use super::tally::UnitName;
use crate::analytics::keys::KeyValue;
use crate::analytics::together::{Together, Units, places};
use crate::engine::{Error, arrow as columns};
use arrow::array::{Array, RecordBatch, StringArray, UInt32Array};

/// Keys of the groups split by.
pub(super) type Parts = [Option<u32>; 3];

/// One event of one unit in one combination of groups.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Row {
    /// When it happened, microseconds UTC.
    pub(super) at: i64,
    pub(super) steps: u32,
    pub(super) exclusions: u32,
    seq: i64,
    /// The first of its groups; 0 is none.
    part: u32,
    /// Its number among all rows as they came.
    origin: u32,
}

/// All rows, arranged.
#[derive(Debug)]
pub(super) struct Arranged<'b> {
    batches: Vec<Batch<'b>>,
    units: Units<'b>,
    /// Where the rows of each unit begin; one more than there are units.
    bounds: Vec<usize>,
    rows: Vec<Row>,
    has_more_parts: bool,
}

/// The columns of one batch that are read again for some rows, and the number of its first row.
#[derive(Debug)]
struct Batch<'b> {
    first: usize,
    /// Those that are split by; none where a column is missing.
    parts: [Option<&'b UInt32Array>; 3],
    readings: [Option<&'b StringArray>; 3],
}

impl<'b> Arranged<'b> {
    /// Arranges the rows of `funnel.sql`.
    pub(super) fn of(all: &'b [RecordBatch]) -> Result<Self, Error> {
        let mut batches = Vec::with_capacity(all.len());
        let mut first = 0;
        for batch in all {
            let has = |name: &str| batch.column_by_name(name).is_some();
            let part = |name| has(name).then(|| columns::masks(batch, name)).transpose();
            let reading = |name| has(name).then(|| columns::texts(batch, name)).transpose();
            let parts = [part("part_1")?, part("part_2")?, part("part_3")?];
            let readings = [reading("reading_1")?, reading("reading_2")?, reading("reading_3")?];
            batches.push(Batch { first, parts, readings });
            first += batch.num_rows();
        }
        let (units, places) = places(all)?;
        let (mut together, mut next) = Together::of(&places);
        for (batch, known) in all.iter().zip(&batches) {
            let (at, seq) = (columns::instants(batch, "occurred_at")?, columns::integers(batch, "seq")?);
            let steps = columns::masks(batch, "steps")?;
            let has_exclusions = batch.column_by_name("exclusions").is_some();
            let exclusions = has_exclusions.then(|| columns::masks(batch, "exclusions")).transpose()?;
            for row in 0..batch.num_rows() {
                let hit = Row {
                    at: at.value(row),
                    seq: seq.value(row),
                    steps: steps.value(row),
                    exclusions: exclusions.map_or(0, |exclusions| exclusions.value(row)),
                    part: known.parts[0].and_then(|part| columns::value(part, row)).unwrap_or_default(),
                    origin: u32::try_from(known.first + row).unwrap_or(u32::MAX),
                };
                together.put(&mut next, places[known.first + row], hit);
            }
        }
        let is_split =
            |batch: &Batch<'_>| batch.parts[1..].iter().flatten().any(|part| part.null_count() < part.len());
        let has_more_parts = batches.iter().any(is_split);
        let Together { bounds, rows } = together;
        let mut arranged = Self { batches, units, bounds, rows, has_more_parts };
        arranged.sort();
        Ok(arranged)
    }

    /// Sorts the rows of each unit.
    fn sort(&mut self) {
        let mut rows = std::mem::take(&mut self.rows);
        for bounds in self.bounds.windows(2) {
            let rows = &mut rows[bounds[0]..bounds[1]];
            if self.has_more_parts {
                rows.sort_unstable_by_key(|row| (self.parts(row), row.at, row.seq));
            } else {
                rows.sort_unstable_by_key(|row| (row.part, row.at, row.seq));
            }
        }
        self.rows = rows;
    }

    /// Each unit in each place, with its rows.
    pub(super) fn units(&self) -> impl Iterator<Item = (UnitName, Parts, &[Row])> {
        self.bounds.windows(2).enumerate().flat_map(move |(unit, bounds)| {
            let is_one_place = |one: &Row, other: &Row| {
                one.part == other.part && (!self.has_more_parts || self.parts(one) == self.parts(other))
            };
            let places = self.rows[bounds[0]..bounds[1]].chunk_by(is_one_place);
            places.filter_map(move |rows| Some((self.name(unit), self.parts(rows.first()?), rows)))
        })
    }

    fn name(&self, unit: usize) -> UnitName {
        match &self.units {
            Units::Keys => UnitName::Key(u32::try_from(unit).unwrap_or(u32::MAX)),
            Units::Sessions(ids) => UnitName::Session(ids[unit].to_owned()),
        }
    }

    /// The batch a row came in, and its place there.
    fn came_in(&self, row: &Row) -> (&Batch<'b>, usize) {
        let origin = row.origin as usize;
        let index = self.batches.partition_point(|batch| batch.first <= origin) - 1;
        (&self.batches[index], origin - self.batches[index].first)
    }

    fn parts(&self, row: &Row) -> Parts {
        if !self.has_more_parts {
            return [(row.part > 0).then_some(row.part), None, None];
        }
        let (batch, place) = self.came_in(row);
        batch.parts.map(|part| part.and_then(|part| columns::value(part, place)))
    }

    /// The properties read along with a row.
    pub(super) fn readings(&self, row: &Row) -> [KeyValue; 3] {
        let (batch, place) = self.came_in(row);
        let text = |reading: Option<&StringArray>| reading.and_then(|reading| columns::text(reading, place));
        batch.readings.map(|reading| text(reading).map_or(KeyValue::Missing, KeyValue::Text))
    }
}
