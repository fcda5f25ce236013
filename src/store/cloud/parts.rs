//! Cutting a stretch of time into parts, for questions that can be asked part by part: lists of events and their counts.

use crate::store::{Snapshot, Store, Within};

impl Store {
    /// The stretch of time in parts, the latest first, of which each needs no more files than a question may hold; `None`
    /// where it need not be cut.
    #[must_use]
    pub fn parts(&self, snapshot: &Snapshot, within: Within) -> Option<Vec<(i64, i64)>> {
        let limit = self.files.cloud.as_ref()?.settings.question_bytes;
        let segments = snapshot.sealed_within(within).into_iter();
        let segments = segments.filter(|segment| self.files.is_stored(segment.number));
        let segments: Vec<(i64, i64, u64)> =
            segments.map(|segment| (segment.instants.0, segment.instants.1, segment.bytes)).collect();
        let bytes: u64 = segments.iter().map(|(.., bytes)| bytes).sum();
        (bytes > limit).then(|| cut((within.from, within.to), segments, limit))
    }
}

/// Cuts a stretch of time where a further segment would be too much. Segments are their first and last instants and bytes.
fn cut((from, to): (i64, i64), mut segments: Vec<(i64, i64, u64)>, limit: u64) -> Vec<(i64, i64)> {
    segments.sort_unstable_by_key(|(_, last, _)| std::cmp::Reverse(*last));
    let (mut parts, mut end) = (Vec::new(), to);
    while end > from {
        let (mut bytes, mut start) = (0, from);
        for (_, last, more) in segments.iter().filter(|(first, ..)| *first < end) {
            bytes += more;
            // What lies at the end of the part cannot be left out of it.
            if bytes > limit && last + 1 < end {
                start = from.max(last + 1);
                break;
            }
        }
        parts.push((start, end));
        end = start;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_everything_once_and_need_no_more_than_there_is_room_for() {
        let apart = vec![(0, 9, 5), (10, 19, 5), (20, 29, 5), (30, 39, 5)];
        assert_eq!(cut((0, 40), apart.clone(), 10), [(20, 40), (0, 20)]);
        assert_eq!(cut((5, 35), apart.clone(), 5), [(30, 35), (20, 30), (10, 20), (5, 10)]);
        assert_eq!(cut((0, 40), apart, 20), [(0, 40)]);
        // One that reaches over the others is in each part.
        let over = vec![(0, 39, 5), (0, 9, 5), (10, 19, 5)];
        assert_eq!(cut((0, 40), over.clone(), 10), [(10, 40), (0, 10)]);
        // Where several lie at one instant, nothing helps.
        assert_eq!(cut((0, 40), over, 4), [(20, 40), (10, 20), (0, 10)]);
    }
}
