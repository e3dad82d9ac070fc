//! The exact scan: every row that may be answered, in order, eight at a time.

use crate::distance::BATCH;
use crate::selection::Selection;
use crate::space::Space;
use crate::topk::{Key, TopK};

/// Offers the rows of a range to `top`; answers how many distances that took.
pub fn scan<S: Space>(
    space: &S,
    query: &S::Query,
    selection: Selection,
    rows: core::ops::Range<usize>,
    top: &mut TopK,
) -> usize {
    let mut batch = [0; BATCH];
    let mut filled = 0;
    let mut scanned = 0;
    selection.for_each(rows, |row| {
        batch[filled] = row;
        filled += 1;
        if filled == BATCH {
            let distances = space.distances(query, batch);
            for (&row, distance) in batch.iter().zip(distances) {
                top.offer(Key::new(distance, row));
            }
            scanned += BATCH;
            filled = 0;
        }
    });
    for &row in &batch[..filled] {
        let [distance] = space.distances(query, [row]);
        top.offer(Key::new(distance, row));
    }
    scanned + filled
}
