//! What a search runs on: rows whose distance to a prepared query can be computed.

use crate::distance::BATCH;
use crate::error::Result;

/// Rows in one representation, numbered from 0, and the distances between them.
///
/// The distances order rows as the metric does, lower being closer; [`Metric::distance`](crate::metric::Metric::distance)
/// turns them into the metric's own.
pub trait Space {
    /// A query as the kernels want it; made once, loaded many times.
    type Query;

    /// Rows held.
    fn rows(&self) -> usize;

    /// An empty query of this space's size.
    fn new_query(&self) -> Result<Self::Query>;

    /// Makes `query` stand for a vector of `dimension` floats.
    fn load_vector(&self, query: &mut Self::Query, vector: &[f32]);

    /// Makes `query` stand for a row of this space.
    fn load_row(&self, query: &mut Self::Query, row: u32);

    /// Distances from the query to `N` rows.
    fn distances<const N: usize>(&self, query: &Self::Query, rows: [u32; N]) -> [f32; N];

    /// Whether the two rows are the same to every query, but for rounding.
    fn equal(&self, a: u32, b: u32) -> bool;
}

/// Distances to any number of rows, as many at once as the kernels take: calls `each` with every batch.
#[inline(always)]
pub fn for_each_distance<S: Space>(
    space: &S,
    query: &S::Query,
    rows: &[u32],
    mut each: impl FnMut(u32, f32),
) {
    let (batches, rest) = rows.as_chunks::<BATCH>();
    for batch in batches {
        let distances = space.distances(query, *batch);
        for (&row, distance) in batch.iter().zip(distances) {
            each(row, distance);
        }
    }
    for &row in rest {
        let [distance] = space.distances(query, [row]);
        each(row, distance);
    }
}
