//! What most analyses are asked alike.

use super::breakdown::Breakdown;
use super::data::Dataset;
use super::filter::Filter;
use super::scope::{Reading, Span};
use super::units::{Counting, UnitKind};
use muster::domain::time::Range;

/// The arguments that most analyses take.
#[derive(Debug, Clone)]
pub(crate) struct Common {
    /// What the rows are split by, at most three, none twice.
    pub(crate) breakdown: Vec<Breakdown>,
    /// Which events are read.
    pub(crate) span: Span,
    /// Which of them count.
    pub(crate) filter: Option<Filter>,
    /// How they are read.
    pub(crate) reading: Reading,
    /// How many rows at most; 100 when not said.
    pub(crate) first: Option<usize>,
}

impl Common {
    /// The range.
    pub(crate) fn range(&self, data: &Dataset) -> Range {
        self.span.range(data.now)
    }

    /// The events that count for a unit, the filter being the common one.
    pub(crate) fn counting<'d, 'q>(
        &'q self,
        data: &'d Dataset,
        unit: Option<&'q UnitKind>,
        split_types: &'q [String],
    ) -> Counting<'d, 'q> {
        Counting { data, reading: self.reading, unit, split_types, filter: self.filter.as_ref() }
    }
}
