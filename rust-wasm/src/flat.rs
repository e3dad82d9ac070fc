//! The exact scan: every row that may be answered, in order.

use crate::selection::Selection;
use crate::space::{Query, Rows, Store};
use crate::topk::{Key, TopK};

/// Rows measured at once: few enough for the first-level cache.
const BLOCK: usize = 64;

/// Offers the rows of a range to `top`; answers how many distances that took.
pub fn scan(
    store: &Store,
    query: &Query,
    selection: Selection,
    range: core::ops::Range<usize>,
    top: &mut TopK,
) -> usize {
    let mut block = [0; BLOCK];
    let mut filled = 0;
    let mut scanned = 0;
    let mut measure = |rows: &[u32]| {
        let mut distances = [0.0; BLOCK];
        store.distances(query, rows, &mut distances[..rows.len()]);
        for (&row, distance) in rows.iter().zip(distances) {
            top.offer(Key::new(distance, row));
        }
        scanned += rows.len();
    };
    selection.for_each(range, |row| {
        block[filled] = row;
        filled += 1;
        if filled == BLOCK {
            measure(&block);
            filled = 0;
        }
    });
    measure(&block[..filled]);
    scanned
}
