//! Hierarchical navigable small world graphs (Malkov and Yashunin, TPAMI 2020), in the paper's words: M, ef,
//! efConstruction, layers, and the heuristic that selects diverse neighbours.
//!
//! What is added to the paper:
//! - Rows that are the same to every query are one node; the others hang on it in a list ([`twins`]). Ten thousand equal
//!   vectors would else fill each other's links and close themselves off.
//! - Each layer has a spanning tree whose links are never pruned ([`tree`]): every node can be reached from every other,
//!   whatever the order of insertion.
//! - The links around removed rows are mended, until no link leads to one ([`repair`]).
//! - Rows that wait together are inserted spread over all of them ([`round`]).
//! - A row's layers follow from the seed and its number ([`level`]), so a graph has no random state.

pub mod build;
pub mod bulk;
pub mod layers;
pub mod level;
pub mod pool;
pub mod prune;
pub mod repair;
pub mod round;
pub mod saved;
pub mod tree;
pub mod twins;
pub mod visited;
pub mod walk;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

use core::ops::Range;

use crate::codec::Dirty;
use crate::error::Result;
use crate::selection::Selection;
use crate::space::{Query, Space};

use layers::Layers;
use pool::Width;
use round::Round;
use twins::Twins;
use walk::Walker;

/// Candidates kept while walking down the upper layers in a search for which layer 0 keeps `ef`. The paper keeps one; among
/// clusters that often ends in the wrong one, and a few more cost little beside a wide walk.
fn ef_descent(ef: usize) -> usize {
    (1 + ef / 64).min(8)
}

/// A row or node that is not there.
pub const NONE: u32 = u32::MAX;

/// What a graph is built with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// Links of a node on the upper layers; twice as many on layer 0.
    pub m: usize,
    /// Candidates kept while inserting.
    pub ef_construction: usize,
    /// Two graphs of the same rows and seed are equal.
    pub seed: u32,
}

/// Rows as a graph; what they hold is in a [`Space`].
pub struct Graph {
    pub(crate) params: Params,
    pub(crate) layers: Layers,
    pub(crate) twins: Twins,
    /// Where every walk starts: the first row of the highest level, or `NONE` in an empty graph.
    pub(crate) entry: u32,
    round: Round,
    dirty: Dirty,
}

impl Graph {
    /// A graph of no rows.
    pub fn new(params: Params) -> Self {
        Self {
            params,
            layers: Layers::new(params.m),
            twins: Twins::default(),
            entry: NONE,
            round: Round::default(),
            dirty: Dirty::default(),
        }
    }

    /// Rows the graph has taken in. Those that were dead by then, or were taken out since, have no links and are not
    /// reached.
    pub fn indexed(&self) -> usize {
        self.round.rows().end as usize - self.round.left()
    }

    /// Whether a row has been taken in. Those that were dead by then have, too.
    pub fn has(&self, row: u32) -> bool {
        row < self.round.rows().end && !self.round.waits(row)
    }

    /// Rows that are not in the graph yet, beside those beyond the round's end.
    pub fn waiting(&self) -> (Range<usize>, &[u64]) {
        let rows = self.round.rows();
        let rows = if self.round.left() == 0 { rows.end..rows.end } else { rows };
        (rows.start as usize..rows.end as usize, self.round.waiting())
    }

    /// Counts in the chunks of rows up to `rows`.
    fn grow_dirty(&mut self, rows: usize) -> Result<()> {
        self.dirty.grow(rows.div_ceil(1 << saved::chunk_shift(self.params)))
    }

    /// Marks the chunk of a row as changed.
    fn mark_dirty(&mut self, row: u32) {
        self.dirty.mark(row as usize >> saved::chunk_shift(self.params));
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.layers.bytes() + self.twins.bytes() + self.round.bytes()
    }

    /// The highest layer of a row.
    fn level(&self, row: u32) -> usize {
        level::of(self.params.seed, row, self.params.m)
    }

    /// Walks from the entry to the query: afterwards `walker.pool` holds the nodes of layer 0 it kept, nearest first. Under a
    /// selection these are nodes that may be answered, themselves or a twin. The row `except` is not walked through
    /// unless others hang on it: they would else stand in its place.
    pub fn search(
        &self,
        space: Space,
        query: &Query,
        width: Width,
        selection: Option<Selection>,
        except: Option<u32>,
        walker: &mut Walker,
    ) -> Result<()> {
        walker.start();
        if self.entry == NONE {
            return walker.pool.reset(width);
        }
        walker.except = except.filter(|&row| {
            (row as usize) < self.layers.nodes(0) && self.twins.of(row).next().is_none()
        });
        let start = self.descend(space, query, 0, ef_descent(width.ef), walker);
        let walked = start.and_then(|start| match selection {
            None => self.walk(space, 0, query, start, width, walker),
            Some(selection) => {
                let twin_matches = |node| self.twins.of(node).any(|row| selection.contains(row));
                let matches = |node| selection.contains(node) || twin_matches(node);
                walker.walk_in_two_hops(space, &self.layers.base, query, start, width, matches)
            }
        });
        walker.except = None;
        walked
    }

    /// Walks from the entry down to the layer above `layer`, keeping `ef` candidates, and answers the node of `layer` it
    /// ends at.
    fn descend(
        &self,
        space: Space,
        query: &Query,
        layer: usize,
        ef: usize,
        walker: &mut Walker,
    ) -> Result<u32> {
        let mut row = self.entry;
        for above in (layer + 1..=self.level(self.entry)).rev() {
            let start = self.layers.node_of(above, row);
            self.walk(space, above, query, start, Width::fixed(ef), walker)?;
            row = walker.pool.nodes().next().map_or(row, |node| self.layers.row(above, node));
        }
        Ok(self.layers.node_of(layer, row))
    }

    fn walk(
        &self,
        space: Space,
        layer: usize,
        query: &Query,
        start: u32,
        width: Width,
        walker: &mut Walker,
    ) -> Result<()> {
        let except = walker.except.filter(|&row| layer <= self.level(row));
        let except = except.map(|row| self.layers.node_of(layer, row));
        if layer == 0 {
            walker.walk(space, &self.layers.base, query, start, width, except)
        } else {
            walker.walk(space, &self.layers.upper.layer(layer), query, start, width, except)
        }
    }
}
