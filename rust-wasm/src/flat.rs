//! The exact scan: every row that may be answered, in order.

use crate::error::Result;
use crate::selection::Selection;
use crate::space::{Query, Rows, Store};
use crate::topk::TopK;

/// Rows measured at once: few enough to stay in the first-level cache while one query after another is measured.
const BLOCK: usize = 64;

/// A query, and the best of the rows it has been measured against.
#[derive(Default)]
pub struct Probe {
    /// The query.
    pub query: Query,
    /// The best rows.
    pub best: TopK,
    /// Distances computed.
    pub measured: usize,
}

impl Probe {
    /// A probe for rows in this representation.
    pub fn new(store: &Store) -> Result<Self> {
        Ok(Self { query: store.new_query()?, ..Self::default() })
    }
}

/// Offers the rows of a range to all probes, which read them from memory together.
pub fn scan(
    store: &Store,
    selection: Selection,
    range: core::ops::Range<usize>,
    probes: &mut [Probe],
) {
    let mut block = [0; BLOCK];
    let mut filled = 0;
    let mut measure = |rows: &[u32]| {
        let mut distances = [0.0; BLOCK];
        for probe in probes.iter_mut() {
            store.distances(&probe.query, rows, &mut distances[..rows.len()]);
            probe.best.offer_all(rows, &distances[..rows.len()]);
            probe.measured += rows.len();
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
