//! An index in chunks: which part holds what, and how it is put together again. The bytes are in [`codec`](crate::codec).

use core::ops::Range;

use crate::codec::{Dirty, Part, Reader, Writer};
use crate::error::{Error, Result};
use crate::hnsw::saved::GraphLoader;
use crate::hnsw::{Graph, Params};
use crate::index::{Config, Index};
use crate::memory::try_reserve;
use crate::space::{Rows, Store};

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

/// Chunks a store is saved in.
fn chunks_of(store: &Store) -> usize {
    store.len().div_ceil(store.chunk_rows())
}

/// The rows of a chunk.
fn rows_of(chunk: usize, chunk_rows: usize, rows: usize) -> Range<usize> {
    (chunk * chunk_rows).min(rows)..((chunk + 1) * chunk_rows).min(rows)
}

impl Index {
    /// Chunks a part is saved in.
    pub fn chunks(&self, part: Part) -> usize {
        match part {
            Part::State => 1,
            Part::Vectors => chunks_of(&self.originals),
            Part::Codes => self.codes.as_ref().map_or(0, chunks_of),
            Part::Graph => self.graph.as_ref().map_or(0, Graph::chunks),
        }
    }

    /// Whether a chunk has changed since `mark_clean` or loading.
    pub fn is_dirty(&self, part: Part, chunk: usize) -> bool {
        match part {
            Part::State => self.dirty.state,
            Part::Vectors => self.dirty.vectors.is_marked(chunk),
            Part::Codes => self.dirty.codes.is_marked(chunk),
            Part::Graph => self.graph.as_ref().is_some_and(|graph| graph.is_dirty(chunk)),
        }
    }

    /// Counts all chunks as saved.
    pub fn mark_clean(&mut self) {
        self.dirty.state = false;
        self.dirty.vectors.clear();
        self.dirty.codes.clear();
        if let Some(graph) = &mut self.graph {
            graph.mark_clean();
        }
    }

    /// Writes a chunk in place of what `bytes` holds.
    pub fn write_chunk(&self, part: Part, chunk: usize, bytes: &mut Vec<u8>) -> Result<()> {
        if chunk >= self.chunks(part) {
            return Err(Error::InvalidOption("there is no such chunk"));
        }
        if part == Part::Vectors
            && !self.originals.has((chunk * self.originals.chunk_rows()) as u32)
        {
            return Err(Error::NotFound("this chunk of vectors was not handed in yet"));
        }
        let mut writer = Writer::start(bytes, part, chunk as u32)?;
        match (part, &self.codes, &self.graph) {
            (Part::Vectors, ..) => write_rows(&self.originals, chunk, &mut writer)?,
            (Part::Codes, Some(codes), _) => write_rows(codes, chunk, &mut writer)?,
            (Part::Graph, _, Some(graph)) => graph.write_chunk(chunk, &mut writer)?,
            _ => self.write_state(&mut writer)?,
        }
        writer.finish();
        Ok(())
    }

    /// Chunks of vectors that the index was loaded without and still lacks.
    pub fn missing(&self) -> usize {
        self.originals.missing()
    }

    /// Brings a chunk of vectors that the index was loaded without. Trusts nothing in it; where it is refused, nothing
    /// changes. One that is there already is no error.
    pub fn hand_in(&mut self, chunk: usize, bytes: &[u8]) -> Result<()> {
        if chunk >= self.chunks(Part::Vectors) {
            return Err(Error::InvalidOption("there is no such chunk"));
        }
        self.originals.hand_in(chunk, Reader::open(bytes, Part::Vectors, chunk as u32)?)
    }

    fn write_state(&self, writer: &mut Writer) -> Result<()> {
        writer.u32s(&configuration(self.config(), self.graph_params()))?;
        writer.u32s(&self.graph.as_ref().map_or([0; 4], Graph::state))?;
        writer.u32s(&[self.rows() as u32])?;
        writer.u64s(&self.live)
    }
}

fn write_rows(store: &Store, chunk: usize, writer: &mut Writer) -> Result<()> {
    store.write(rows_of(chunk, store.chunk_rows(), store.len()), writer)
}

/// Which chunks of an index have changed; the graph keeps count of its own.
pub(crate) struct DirtyParts {
    pub(crate) state: bool,
    vectors: Dirty,
    codes: Dirty,
}

impl Default for DirtyParts {
    /// Of an index of no rows, never saved.
    fn default() -> Self {
        Self { state: true, vectors: Dirty::default(), codes: Dirty::default() }
    }
}

impl DirtyParts {
    /// Takes in rows up to `rows`.
    pub(crate) fn grow(
        &mut self,
        rows: usize,
        vectors: &Store,
        codes: Option<&Store>,
    ) -> Result<()> {
        self.vectors.grow(rows.div_ceil(vectors.chunk_rows()))?;
        match codes {
            Some(codes) => self.codes.grow(rows.div_ceil(codes.chunk_rows())),
            None => Ok(()),
        }
    }

    /// Marks what a new row changes.
    pub(crate) fn mark(&mut self, row: usize, vectors: &Store, codes: Option<&Store>) {
        self.state = true;
        self.vectors.mark(row / vectors.chunk_rows());
        if let Some(codes) = codes {
            self.codes.mark(row / codes.chunk_rows());
        }
    }
}

/// An index that is being read: the state first, then the chunks of each part in order. Where there are codes, the chunks
/// of vectors may be left out, all of them, and [handed in](Index::hand_in) later.
pub struct Loader {
    index: Index,
    rows: usize,
    live: Vec<u64>,
    graph: Option<GraphLoader>,
    /// Chunks read of each part.
    read: [u32; 4],
}

impl Loader {
    /// Starts with the one chunk of the state, which must be of an index with this configuration.
    pub fn new(bytes: &[u8], config: Config, params: Option<Params>) -> Result<Self> {
        let mut reader = Reader::open(bytes, Part::State, 0)?;
        if reader.array()? != configuration(config, params) {
            return Err(Error::Corrupt("the saved index has another configuration"));
        }
        let graph = reader.array()?;
        let [rows] = reader.array()?;
        let rows = rows as usize;
        let saved_live = reader.u64s(rows.div_ceil(64))?;
        let mut live = Vec::new();
        try_reserve(&mut live, saved_live.len())?;
        live.extend(saved_live);
        reader.finish()?;
        let spare = live
            .last()
            .map_or(0, |word| word.unbounded_shr(rows as u32 - 64 * (live.len() as u32 - 1)));
        if spare != 0 {
            return Err(Error::Corrupt("more rows live than there are"));
        }
        let mut index = Index::new(config)?;
        index.set_graph(params)?;
        let graph = params.map(|params| GraphLoader::new(params, graph, rows)).transpose()?;
        Ok(Self { index, rows, live, graph, read: [1, 0, 0, 0] })
    }

    /// Reads the next chunk of a part.
    pub fn read_chunk(&mut self, part: Part, bytes: &[u8]) -> Result<()> {
        let chunk = self.read[part as usize];
        let mut reader = Reader::open(bytes, part, chunk)?;
        match (part, &mut self.index.codes, &mut self.graph) {
            (Part::Vectors, ..) => {
                let vectors = &mut self.index.originals;
                let rows = rows_of(chunk as usize, vectors.chunk_rows(), self.rows).len();
                vectors.read(rows, &mut reader)?;
            }
            (Part::Codes, Some(codes), _) => {
                let rows = rows_of(chunk as usize, codes.chunk_rows(), self.rows).len();
                codes.read(rows, &mut reader)?;
            }
            (Part::Graph, _, Some(graph)) => graph.read_chunk(&mut reader)?,
            _ => return Err(Error::Corrupt("the bytes are no chunk of an index")),
        }
        self.read[part as usize] += 1;
        reader.finish()
    }

    /// Checks that all is there and answers the index.
    pub fn finish(mut self) -> Result<Index> {
        let codes = self.index.codes.as_ref().map(Store::len);
        if self.read[Part::Vectors as usize] == 0 && codes == Some(self.rows) {
            self.index.originals.try_promise(self.rows)?;
        }
        if self.index.rows() != self.rows || codes.is_some_and(|rows| rows != self.rows) {
            return Err(Error::Corrupt("chunks are missing"));
        }
        let graph = self.graph.map(GraphLoader::finish).transpose()?;
        self.index.restore(self.live, graph)?;
        self.index.mark_clean();
        Ok(self.index)
    }
}

/// A configuration as it is saved.
fn configuration(config: Config, params: Option<Params>) -> [u32; 7] {
    let Config { dimension, metric, codes, originals } = config;
    let representations = codes as u32 | (originals as u32) << 8;
    let [has_graph, m, ef_construction, seed] = params
        .map_or([0; 4], |params| [1, params.m as u32, params.ef_construction as u32, params.seed]);
    [dimension as u32, metric as u32, representations, has_graph, m, ef_construction, seed]
}
