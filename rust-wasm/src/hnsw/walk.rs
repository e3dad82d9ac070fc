//! SEARCH-LAYER (Algorithm 2 of the paper): the walk along one layer towards the query.
//!
//! A walk waits for memory, not for arithmetic, and WebAssembly cannot prefetch. So a node's new neighbours are
//! gathered first and then measured eight at a time, which lets their cache misses overlap, and the links of the node
//! that will probably come next are touched before.

use crate::distance::BATCH;
use crate::error::Result;
use crate::memory::try_resize;
use crate::space::Space;

use super::layers::Layer;
use super::pool::Pool;
use super::visited::Visited;

/// What a walk needs, kept between walks so that a query allocates nothing.
#[derive(Default)]
pub struct Walker {
    /// The nearest nodes of the last walk.
    pub pool: Pool,
    visited: Visited,
    new: Vec<u32>,
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
    pub fn walk<S: Space, L: Layer>(
        &mut self,
        space: &S,
        layer: &L,
        query: &S::Query,
        start: u32,
        ef: usize,
    ) -> Result<()> {
        self.pool.reset(ef)?;
        self.visited.start(layer.nodes())?;
        self.visited.insert(start);
        self.measure(space, layer, query, [start]);
        while let Some(node) = self.pool.follow_nearest() {
            if let Some(next) = self.pool.next() {
                // Kept in a field, or the compiler would see that the load is for nothing.
                self.touched ^= layer.links(next)[0];
            }
            self.follow(space, layer, query, node)?;
        }
        Ok(())
    }

    /// Measures those neighbours of a node that the walk has not seen.
    #[inline(always)]
    fn follow<S: Space, L: Layer>(
        &mut self,
        space: &S,
        layer: &L,
        query: &S::Query,
        node: u32,
    ) -> Result<()> {
        let links = layer.links(node);
        if self.new.len() < links.len() {
            try_resize(&mut self.new, links.len(), 0)?;
        }
        let mut count = 0;
        for &neighbor in links {
            self.new[count] = neighbor;
            count += usize::from(self.visited.insert(neighbor));
        }
        let mut first = 0;
        while first + BATCH <= count {
            let batch: [u32; BATCH] = core::array::from_fn(|n| self.new[first + n]);
            self.measure(space, layer, query, batch);
            first += BATCH;
        }
        if first + BATCH / 2 <= count {
            let batch: [u32; BATCH / 2] = core::array::from_fn(|n| self.new[first + n]);
            self.measure(space, layer, query, batch);
            first += BATCH / 2;
        }
        while first < count {
            self.measure(space, layer, query, [self.new[first]]);
            first += 1;
        }
        Ok(())
    }

    #[inline(always)]
    fn measure<S: Space, L: Layer, const N: usize>(
        &mut self,
        space: &S,
        layer: &L,
        query: &S::Query,
        nodes: [u32; N],
    ) {
        let distances = space.distances(query, nodes.map(|node| layer.row(node)));
        self.measured += N;
        self.pool.offer(nodes, distances);
    }
}
