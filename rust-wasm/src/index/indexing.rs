//! The work that goes on in steps beside searches: rows are inserted into the graph, links are mended around removed ones,
//! and a graph is built anew where that is cheaper than either.

use super::Index;
use crate::error::Result;
use crate::hnsw::build::Builder;
use crate::hnsw::bulk::Bulk;
use crate::hnsw::repair::Repair;
use crate::selection::Selection;
use crate::space::{Rows, Space};

/// From so many waiting rows on, if they are at least as many as those in it, the graph is built anew at once; and for
/// removed rows, where so many live. (Tests build small ones that way.)
const BULK_FROM: usize = if cfg!(test) { 100 } else { 2000 };

/// Removed rows from which on the links around them are mended, if they are one in a hundred at least.
const REPAIR_FROM: usize = if cfg!(test) { 4 } else { 32 };

impl Index {
    /// Does the work of inserting up to `count` rows, if there is a graph: inserts the rows that wait, then mends the links
    /// around removed ones. Answers how much is left.
    pub fn index_rows(&mut self, count: usize) -> Result<usize> {
        if self.graph.is_none() {
            return Ok(0);
        }
        self.dirty.state = true;
        if self.bulk.is_some() || self.is_to_be_built_anew() {
            self.build_anew(count)?;
        } else {
            let left = self.insert_rows(count)?;
            self.repair_graph(left)?;
        }
        Ok(self.waiting())
    }

    /// What is left to do: rows that are not in the graph yet, and rows that are to be taken out of it. While the graph is
    /// built anew, their share that is left of that.
    pub fn waiting(&self) -> usize {
        let Some(graph) = &self.graph else {
            return 0;
        };
        let rows = self.rows() - graph.indexed();
        match (&self.bulk, &self.repair) {
            (Some(bulk), _) => (((rows + self.removed) as f32 * bulk.left()) as usize).max(1),
            (_, Some(repair)) => rows + repair.left(graph),
            _ if self.is_to_be_repaired() => rows + self.removed,
            _ => rows,
        }
    }

    fn is_to_be_built_anew(&self) -> bool {
        let indexed = self.indexed();
        let of_ten = 10 * self.removed / (self.removed + self.live_rows).max(1);
        self.rows() - indexed >= BULK_FROM.max(indexed)
            || of_ten >= 3 && self.live_rows >= BULK_FROM
    }

    fn is_to_be_repaired(&self) -> bool {
        self.removed >= REPAIR_FROM.max((self.live_rows + self.removed) / 100)
    }

    fn build_anew(&mut self, count: usize) -> Result<()> {
        let Self { originals, codes, live, graph, bulk, searcher, .. } = self;
        let Some(graph) = graph else {
            return Ok(());
        };
        let space = Space { rows: codes.as_ref().unwrap_or(originals), originals };
        let building = match &mut *bulk {
            Some(bulk) => bulk,
            none => none.insert(Bulk::new(space, graph.params, live)?),
        };
        self.repair = None;
        let outcome = building.step(space, count);
        // One that memory ran out for is given up, with all it holds; the graph that is there goes on.
        let ended = if outcome == Ok(false) { None } else { bulk.take() };
        outcome?;
        if let Some(bulk) = ended {
            let (built, builder) = bulk.finish(space, searcher.walker())?;
            (*graph, self.builder) = (built, Some(builder));
            self.removed = Selection::new(&graph.removed(live)?, None).count();
        }
        Ok(())
    }

    /// Inserts up to `count` rows; answers how many less they were.
    fn insert_rows(&mut self, count: usize) -> Result<usize> {
        let Self { originals, codes, live, graph, builder, searcher, .. } = self;
        let Some(graph) = graph else {
            return Ok(0);
        };
        let rows = codes.as_ref().unwrap_or(originals);
        let space = Space { rows, originals };
        let builder = match builder {
            Some(builder) => builder,
            none => none.insert(Builder::new(space, graph)?),
        };
        for inserted in 0..count {
            let Some(row) = graph.next_row(rows.len(), builder)? else {
                return Ok(count - inserted);
            };
            // It may link to rows that were to be taken out.
            self.repair = None;
            if Selection::new(live, None).contains(row) {
                graph.insert(space, row, builder, searcher.walker())?;
            } else {
                graph.skip();
            }
        }
        Ok(0)
    }

    /// Mends links, for as long as inserting `count` rows would take.
    fn repair_graph(&mut self, count: usize) -> Result<()> {
        let is_due = self.repair.is_some() || self.is_to_be_repaired();
        let Self { originals, codes, live, graph, builder, repair, .. } = self;
        let (Some(graph), Some(builder)) = (graph, builder) else {
            return Ok(());
        };
        if count == 0 || !is_due {
            return Ok(());
        }
        let space = Space { rows: codes.as_ref().unwrap_or(originals), originals };
        let repairing = match &mut *repair {
            Some(repair) => repair,
            none => none.insert(Repair::new(graph, live)?),
        };
        if graph.repair(space, repairing, builder, count) {
            *repair = None;
            self.removed = Selection::new(&graph.removed(live)?, None).count();
        }
        Ok(())
    }
}
