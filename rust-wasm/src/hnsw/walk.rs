//! SEARCH-LAYER (Algorithm 2 of the paper): the walk along one layer towards the query.
//!
//! A walk waits for memory, not for arithmetic, and WebAssembly cannot prefetch. So a node's new neighbours are
//! gathered first and then measured eight at a time, which lets their cache misses overlap, and the links of the node
//! that will probably come next are touched before.

use crate::distance::BATCH;
use crate::error::Result;
use crate::memory::{try_reserve_total, try_resize};
use crate::space::{Query, Rows, Space};

use super::layers::{BaseLayer, Layer};
use super::pool::{Pool, Width};
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
    /// A row of the graph that is not there for walks.
    pub(super) except: Option<u32>,
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

    /// Walks from `start` and keeps the nodes nearest to the query in the pool. A node that is left out is not there;
    /// where it is the start, the walk starts from its neighbours.
    pub fn walk<L: Layer>(
        &mut self,
        space: Space,
        layer: &L,
        query: &Query,
        start: u32,
        width: Width,
        except: Option<u32>,
    ) -> Result<()> {
        self.begin(layer, width, layer.slots(), except)?;
        let mut count = if self.visited.insert(start) {
            self.new[0] = start;
            1
        } else {
            self.gather(layer, start)
        };
        loop {
            self.measure(space, layer, query, count);
            let Some(node) = self.pool.follow_nearest() else {
                return Ok(());
            };
            self.touch_next(layer);
            count = self.gather(layer, node);
        }
    }

    /// The same among the nodes that match: no others are measured or kept. Through a neighbour that does not match, its
    /// own neighbours are looked at instead (ACORN-1: Patel et al., SIGMOD 2024).
    pub fn walk_in_two_hops(
        &mut self,
        space: Space,
        layer: &BaseLayer,
        query: &Query,
        start: u32,
        width: Width,
        matches: impl Fn(u32) -> bool,
    ) -> Result<()> {
        self.begin(layer, width, 2 * layer.slots(), self.except)?;
        let mut count = if self.visited.insert(start) && matches(start) {
            self.new[0] = start;
            1
        } else {
            self.gather_in_two_hops(layer, start, &matches)
        };
        loop {
            self.measure(space, layer, query, count);
            let Some(node) = self.pool.follow_nearest() else {
                return Ok(());
            };
            self.touch_next(layer);
            count = self.gather_in_two_hops(layer, node, &matches);
        }
    }

    fn begin(
        &mut self,
        layer: &impl Layer,
        width: Width,
        new: usize,
        except: Option<u32>,
    ) -> Result<()> {
        self.pool.reset(width)?;
        self.visited.start(layer.nodes())?;
        if let Some(node) = except {
            self.visited.insert(node);
        }
        self.make_room(new)
    }

    #[inline(always)]
    fn touch_next(&mut self, layer: &impl Layer) {
        if let Some(next) = self.pool.next() {
            let links = layer.links(next);
            // Two cache lines of 16 links. Kept in a field, or the compiler would see that the loads are for nothing.
            self.touched ^= links[0] ^ links[links.len() / 2];
        }
    }

    /// Collects the new ones among the neighbours of a node; answers how many.
    #[inline(always)]
    fn gather(&mut self, layer: &impl Layer, node: u32) -> usize {
        self.visited.insert_all(layer.links(node), &mut self.new)
    }

    /// Collects the new ones among the matching neighbours of a node and, until they are as many as a node has slots, among
    /// those of its neighbours that do not match.
    fn gather_in_two_hops(
        &mut self,
        layer: &BaseLayer,
        node: u32,
        matches: impl Fn(u32) -> bool,
    ) -> usize {
        let mut count = 0;
        let mut collect = |visited: &mut Visited, links: &[u32]| {
            for &node in links.iter().filter(|&&node| matches(node)) {
                self.new[count] = node;
                count += usize::from(visited.insert(node));
            }
            count
        };
        let links = layer.links(node);
        let mut collected = collect(&mut self.visited, links);
        for &neighbor in links {
            if collected >= layer.slots() {
                break;
            }
            if self.visited.insert(neighbor) {
                collected = collect(&mut self.visited, layer.links(neighbor));
            }
        }
        collected
    }

    /// Makes room for the new neighbours of a node.
    fn make_room(&mut self, new: usize) -> Result<()> {
        // One more is written before it turns out to be no new one; distances are taken in whole batches.
        let room = (new + 1).next_multiple_of(BATCH);
        if self.new.len() < room {
            // The one that is asked above comes last: room for the others may be refused.
            try_reserve_total(&mut self.rows, room)?;
            try_resize(&mut self.distances, room, 0.0)?;
            try_resize(&mut self.new, room, 0)?;
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
