//! The exact scan: every row that may be answered, in order.

use crate::selection::Selection;
use crate::space::{Query, Rows, Store};
use crate::topk::TopK;

/// Rows measured at once: few enough to stay in the first-level cache while one query after another is measured.
const BLOCK: usize = 64;

/// Queries measured at once: a row that is in registers serves several of them.
const TOGETHER: usize = 8;

/// What a query has found.
#[derive(Default)]
pub struct Probe {
    /// The best of the rows it has been measured against.
    pub best: TopK,
    /// Distances computed.
    pub measured: usize,
}

/// Offers the rows of a range to the probes of all queries, which read them from memory together.
pub fn scan(
    store: &Store,
    selection: Selection,
    range: core::ops::Range<usize>,
    queries: &[Query],
    probes: &mut [Probe],
) {
    let mut block = [0; BLOCK];
    let mut filled = 0;
    let mut measure = |rows: &[u32]| {
        if rows.is_empty() {
            return;
        }
        let mut distances = [0.0; TOGETHER * BLOCK];
        for (queries, probes) in queries.chunks(TOGETHER).zip(probes.chunks_mut(TOGETHER)) {
            let distances = &mut distances[..queries.len() * rows.len()];
            store.distances_many(queries, rows, distances);
            for (probe, distances) in probes.iter_mut().zip(distances.chunks(rows.len())) {
                probe.best.offer_all(rows, distances);
                probe.measured += rows.len();
            }
        }
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
}
