//! SEARCH-LAYER (Algorithm 2 of the paper): the walk along one layer towards the query.
//!
//! A walk waits for memory, not for arithmetic, and WebAssembly cannot prefetch. So a node's new neighbours are
//! gathered first and then measured eight at a time, which lets their cache misses overlap, and the links of the node
//! that will probably come next are touched before.

use crate::distance::BATCH;
use crate::error::Result;
use crate::memory::try_resize;
use crate::space::{Query, Rows, Space};

use super::layers::Layer;
use super::pool::Pool;
use super::visited::Visited;

/// What a walk needs, kept between walks so that a query allocates nothing.
#[derive(Default)]
pub struct Walker {
    /// The nearest nodes of the last walk.
    pub pool: Pool,
    visited: Visited,
    /// Neighbours not seen before, their rows on layers where these differ, and their distances.
    new: Vec<u32>,
    rows: Vec<u32>,
    distances: Vec<f32>,
    measured: usize,
    touched: u32,
}

impl Walker {
    /// Starts counting distances anew.
    pub fn start(&mut self) {
        self.measured = 0;
    }

    /// Distances computed since `start`.
    pub fn measured(&self) -> usize {
        self.measured
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.visited.bytes()
    }

    /// Walks from `start` and keeps the `ef` nodes nearest to the query in the pool.
    pub fn walk<L: Layer>(
        &mut self,
        space: Space,
        layer: &L,
        query: &Query,
        start: u32,
        ef: usize,
    ) -> Result<()> {
        self.pool.reset(ef)?;
        self.visited.start(layer.nodes())?;
        self.make_room(layer.slots())?;
        self.visited.insert(start);
        self.new[0] = start;
        self.measure(space, layer, query, 1);
        while let Some(node) = self.pool.follow_nearest() {
            if let Some(next) = self.pool.next() {
                // Kept in a field, or the compiler would see that the load is for nothing.
                self.touched ^= layer.links(next)[0];
            }
            let mut count = 0;
            for &neighbor in layer.links(node) {
                self.new[count] = neighbor;
                count += usize::from(self.visited.insert(neighbor));
            }
            self.measure(space, layer, query, count);
        }
        Ok(())
    }

    /// Makes room for the new neighbours of a node.
    fn make_room(&mut self, slots: usize) -> Result<()> {
        // One more is written before it turns out to be no new one; distances are taken in whole batches.
        let room = (slots + 1).next_multiple_of(BATCH);
        if self.new.len() < room {
            try_resize(&mut self.new, room, 0)?;
            try_resize(&mut self.distances, room, 0.0)?;
        }
        Ok(())
    }

    /// Measures the first `count` new nodes and offers them to the pool.
    #[inline(always)]
    fn measure<L: Layer>(&mut self, space: Space, layer: &L, query: &Query, count: usize) {
        let rows = layer.rows(&self.new[..count], &mut self.rows);
        space.rows.distances(query, rows, &mut self.distances[..count]);
        self.measured += count;
        self.pool.offer(&self.new[..count], &mut self.distances[..count.next_multiple_of(BATCH)]);
    }
}
