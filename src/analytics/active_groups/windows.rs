//! Windows of time that end with each bucket, laid over slices of time that cross no edge of any.
//!
//! ```text
//! buckets and days of windows -> edges -> slices;  a bucket, day or window = the slices from … to …
//! ```

use crate::analytics::lives::Life;
use crate::domain::Invalid;
use crate::domain::time::{Bucket, Calendar, Interval, Range};
use chrono::{DateTime, Duration, Utc};
use std::collections::HashMap;

/// Days of the longest window.
const DAYS: usize = 30;

/// A span of slices: from the first to the one behind the last.
type Span = (usize, usize);

/// The spans of one bucket.
#[derive(Debug, Clone)]
pub(super) struct BucketSpans {
    /// The bucket, cut to the range.
    pub(super) own: Span,
    /// The numbers, among all spans counted, of the bucket, of the 7 days, of the 30 days.
    bucket: usize,
    week: usize,
    month: usize,
    /// Those of the 30 days, the last first.
    days: Vec<usize>,
}

/// How time is laid out.
#[derive(Debug)]
pub(super) struct Windows {
    /// The slices, in order, without gaps.
    pub(super) slices: Vec<std::ops::Range<DateTime<Utc>>>,
    /// How many of them lie before the range.
    pub(super) ahead: usize,
    pub(super) buckets: Vec<BucketSpans>,
    /// Every different span, by its first slice.
    spans: Vec<Span>,
}

/// What is counted over spans.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Groups active in the range.
    pub(super) groups: i64,
    /// Those born in it.
    pub(super) new: i64,
    /// Their events in it.
    pub(super) events: i64,
    spans: Vec<i64>,
    new_by_slice: HashMap<usize, i64>,
}

/// The figures of one bucket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figures {
    pub(super) groups: i64,
    pub(super) new: i64,
    pub(super) days: [i64; 3],
    /// The 30 daily numbers together.
    pub(super) daily: i64,
}

impl Windows {
    /// Lays out the windows of buckets.
    pub(super) fn of(buckets: &[Bucket], range: Range, calendar: Calendar) -> Result<Self, Invalid> {
        let ends: Vec<DateTime<Utc>> = buckets.iter().map(|bucket| bucket.end.min(range.to())).collect();
        let days: Vec<Vec<DateTime<Utc>>> =
            ends.iter().map(|end| days_before(*end, calendar)).collect::<Result<_, _>>()?;
        let starts = buckets.iter().map(|bucket| bucket.start.max(range.from()));
        let mut edges: Vec<DateTime<Utc>> = starts.clone().chain(ends.iter().copied()).collect();
        edges.extend(days.iter().flatten());
        edges.sort_unstable();
        edges.dedup();
        let place = |edge: DateTime<Utc>| edges.partition_point(|other| *other < edge);
        let mut numbers: HashMap<Span, usize> = HashMap::new();
        let mut spans = Vec::new();
        let mut number = |from: DateTime<Utc>, to: DateTime<Utc>| {
            let span = (place(from), place(to));
            *numbers.entry(span).or_insert_with(|| {
                spans.push(span);
                spans.len() - 1
            })
        };
        let laid = starts.zip(&ends).zip(&days).map(|((start, end), days)| BucketSpans {
            own: (place(start), place(*end)),
            bucket: number(start, *end),
            week: number(days[6], *end),
            month: number(days[DAYS - 1], *end),
            days: (0..DAYS)
                .map(|day| number(days[day], if day == 0 { *end } else { days[day - 1] }))
                .collect(),
        });
        let buckets = laid.collect();
        let slices = edges.windows(2).map(|edges| edges[0]..edges[1]).collect();
        Ok(Self { slices, ahead: place(range.from()), buckets, spans })
    }

    /// Adds one group.
    pub(super) fn add(&self, counts: &mut Counts, life: Life<'_>) {
        counts.spans.resize(self.spans.len(), 0);
        if life.slices.last().is_some_and(|last| *last >= self.ahead) {
            counts.groups += 1;
        }
        counts.events += life.events;
        if let Some(born) = life.born.filter(|born| *born >= self.ahead) {
            counts.new += 1;
            *counts.new_by_slice.entry(born).or_default() += 1;
        }
        for (span, groups) in self.spans.iter().zip(&mut counts.spans) {
            let next = life.slices.partition_point(|slice| *slice < span.0);
            *groups += i64::from(life.slices.get(next).is_some_and(|slice| *slice < span.1));
        }
    }
}

impl Counts {
    /// The figures of a bucket.
    pub(super) fn figures(&self, bucket: &BucketSpans) -> Figures {
        let of = |number: usize| self.spans.get(number).copied().unwrap_or_default();
        let (first, behind) = bucket.own;
        Figures {
            groups: of(bucket.bucket),
            new: (first..behind).filter_map(|slice| self.new_by_slice.get(&slice)).sum(),
            days: [of(bucket.days[0]), of(bucket.week), of(bucket.month)],
            daily: bucket.days.iter().map(|day| of(*day)).sum(),
        }
    }
}

/// Where the 30 days that end at an instant begin, the last day first.
fn days_before(end: DateTime<Utc>, calendar: Calendar) -> Result<Vec<DateTime<Utc>>, Invalid> {
    let too_early =
        || Invalid::new("range", "begins so early that 30 days before it are before all time; begin later");
    let mut days = Vec::with_capacity(DAYS);
    let daily = Calendar { interval: Interval::Day, ..calendar };
    let mut edge = end;
    for _ in 0..DAYS {
        edge = if calendar.interval == Interval::Hour {
            edge.checked_sub_signed(Duration::hours(24)).ok_or_else(too_early)?
        } else {
            let instant = edge.checked_sub_signed(Duration::microseconds(1)).ok_or_else(too_early)?;
            daily.floor(instant)
        };
        days.push(edge);
    }
    Ok(days)
}
