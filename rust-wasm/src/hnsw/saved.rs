//! The graph in chunks: see [`codec`](crate::codec) for the bytes.

use core::ops::Range;

use crate::codec::{CHUNK_BYTES, Reader, Writer};
use crate::error::{Error, Result};

use super::layers::Layer;
use super::round::Round;
use super::{Graph, NONE, Params, level};

/// Rows of a chunk. Inserting a row changes the links of others all over the graph, so that smaller chunks
/// than those of vectors are saved again.
pub(super) fn chunk_shift(params: Params) -> u32 {
    (CHUNK_BYTES / 4 / (2 * params.m * size_of::<u32>())).ilog2()
}

impl Graph {
    /// Chunks the graph is saved in.
    pub fn chunks(&self) -> usize {
        self.saved_rows().div_ceil(1 << chunk_shift(self.params))
    }

    /// Whether a chunk has changed since `mark_clean`.
    pub fn is_dirty(&self, chunk: usize) -> bool {
        self.dirty.is_marked(chunk)
    }

    /// Counts all chunks as saved.
    pub fn mark_clean(&mut self) {
        self.dirty.clear();
    }

    /// Rows that are saved: up to the end of the round, inserted or not.
    fn saved_rows(&self) -> usize {
        self.round.rows().end as usize
    }

    /// What the state of the index says of the graph: the round's start, end and rows done, and the entry.
    pub fn state(&self) -> [u32; 4] {
        let Range { start, end } = self.round.rows();
        [start, end, self.round.done(), self.entry]
    }

    /// Writes one chunk.
    pub fn write_chunk(&self, chunk: usize, writer: &mut Writer) -> Result<()> {
        let rows = chunk_rows(self.params, chunk, self.saved_rows());
        for row in rows.clone() {
            writer.u32s(self.layers.base.links(row as u32))?;
        }
        for node in self.layers.upper.nodes_of(rows.clone()) {
            writer.u32s(self.layers.upper.all_slots(node))?;
        }
        let mut next = rows.map(|row| self.twins.next(row as u32));
        if next.clone().all(|next| next.is_none()) {
            return writer.u32s(&[0]);
        }
        writer.u32s(&[1])?;
        next.try_for_each(|next| writer.u32s(&[next.unwrap_or(NONE)]))
    }
}

/// A graph that is being read, chunk by chunk.
pub struct GraphLoader {
    graph: Graph,
    rows: usize,
    chunks: usize,
}

impl GraphLoader {
    /// Starts with what `Graph::state` said, of an index of `rows` rows.
    pub fn new(params: Params, state: [u32; 4], rows: usize) -> Result<Self> {
        let [start, end, done, entry] = state;
        if start > end || end as usize > rows || done > end - start {
            return Err(Error::Corrupt("the graph has more rows than the index"));
        }
        if entry != NONE && entry >= end {
            return Err(Error::Corrupt("the entry is no row of the graph"));
        }
        let mut graph = Graph::new(params);
        graph.round = Round::resumed(start..end, done)?;
        graph.entry = entry;
        Ok(Self { graph, rows: end as usize, chunks: 0 })
    }

    /// Reads the next chunk.
    pub fn read_chunk(&mut self, reader: &mut Reader) -> Result<()> {
        let Params { m, seed, .. } = self.graph.params;
        let rows = chunk_rows(self.graph.params, self.chunks, self.rows);
        let slots = self.graph.layers.slots(0);
        let mut links = reader.words(rows.len() * slots)?;
        self.graph.layers.base.try_reserve(rows.len())?;
        for row in rows.clone() {
            self.graph.layers.base.push();
            for slot in self.graph.layers.base.links_mut(row as u32) {
                *slot = links.next().unwrap_or(NONE);
                if *slot as usize >= self.rows {
                    return Err(Error::Corrupt("a link leads out of the graph"));
                }
            }
        }
        for row in rows.clone().map(|row| row as u32) {
            let level = level::of(seed, row, m);
            if level == 0 {
                continue;
            }
            let mut links = reader.words(level * m)?;
            self.graph.layers.upper.try_reserve(core::iter::once(level))?;
            self.graph.layers.upper.push(row, level);
            let node = self.graph.layers.upper.node_of(row);
            for slot in self.graph.layers.upper.all_slots_mut(node) {
                *slot = links.next().unwrap_or(NONE);
            }
        }
        self.read_twins(reader, rows)?;
        self.chunks += 1;
        Ok(())
    }

    fn read_twins(&mut self, reader: &mut Reader, rows: Range<usize>) -> Result<()> {
        match reader.array()? {
            [0] => Ok(()),
            [1] => {
                let next = reader.words(rows.len())?;
                let lists = (rows.start as u32..).zip(next).filter(|&(_, next)| next != NONE);
                self.graph.twins.try_reserve(lists.clone().count())?;
                for (row, next) in lists {
                    if next as usize >= self.rows {
                        return Err(Error::Corrupt("a twin is no row of the graph"));
                    }
                    if self.graph.round.waits(row) || self.graph.round.waits(next) {
                        return Err(Error::Corrupt("a twin is no row of the graph"));
                    }
                    self.graph.twins.set_next(row, next);
                }
                Ok(())
            }
            _ => Err(Error::Corrupt("a graph has twins or has none")),
        }
    }

    /// Checks what only all chunks together can show, and answers the graph.
    pub fn finish(mut self) -> Result<Graph> {
        if self.graph.layers.nodes(0) != self.rows {
            return Err(Error::Corrupt("chunks are missing"));
        }
        if self.graph.entry != NONE && self.graph.round.waits(self.graph.entry) {
            return Err(Error::Corrupt("the entry is no row of the graph"));
        }
        self.check_links()?;
        if !self.graph.twins.all_end(self.rows)? {
            return Err(Error::Corrupt("a list of twins does not end"));
        }
        self.graph.grow_dirty(self.rows)?;
        self.graph.mark_clean();
        Ok(self.graph)
    }

    /// Rows that wait have no links and none lead to them; on the upper layers links stay on their layer.
    fn check_links(&self) -> Result<()> {
        let Graph { layers, round, .. } = &self.graph;
        for row in 0..self.rows as u32 {
            let waits = round.waits(row);
            if layers
                .base
                .links(row)
                .iter()
                .any(|&link| link != row && (waits || round.waits(link)))
            {
                return Err(Error::Corrupt("a row has links that is not in the graph"));
            }
        }
        for node in 0..layers.upper.count() {
            let waits = round.waits(layers.upper.row(node));
            for (at, &link) in layers.upper.all_slots(node).iter().enumerate() {
                let layer = 1 + at / layers.slots(1);
                if link >= layers.upper.count() || layers.upper.level(link) < layer {
                    return Err(Error::Corrupt("a link leads out of the graph"));
                }
                if link != node && (waits || round.waits(layers.upper.row(link))) {
                    return Err(Error::Corrupt("a row has links that is not in the graph"));
                }
            }
        }
        Ok(())
    }
}

fn chunk_rows(params: Params, chunk: usize, rows: usize) -> Range<usize> {
    let shift = chunk_shift(params);
    (chunk << shift).min(rows)..((chunk + 1) << shift).min(rows)
}
