//! One index: vectors as given, codes to compare, tombstones, and a graph over the first of its rows.

use crate::codec::Part;
use crate::error::{Error, Result};
use crate::hnsw::build::Builder;
use crate::hnsw::bulk::Bulk;
use crate::hnsw::repair::Repair;
use crate::hnsw::{Graph, Params};
use crate::memory::{try_reserve, try_reserve_total};
use crate::metric::Metric;
use crate::quantizer::bits::BitCodes;
use crate::quantizer::f16::Halves;
use crate::quantizer::int8::Int8Codes;
use crate::quantizer::sets::Sets;
use crate::quantizer::vectors::Vectors;
use crate::search::{Found, Request, Searcher, View};
use crate::selection::Selection;
use crate::snapshot::DirtyParts;
use crate::space::{Rows, Space, Store};

mod indexing;
#[cfg(all(test, not(target_arch = "wasm32")))]
pub(crate) mod tests;

/// The most values of a vector: what the sums of the int8 kernels have room for, twice over.
pub const MAX_DIMENSION: usize = 65_536;
/// The most links of a node on an upper layer.
pub const MAX_M: usize = 64;
/// The most candidates kept while inserting.
pub const MAX_EF_CONSTRUCTION: usize = 4096;

/// What distances are first computed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeKind {
    /// The vectors as given.
    None,
    /// [`Int8Codes`].
    Int8,
    /// [`Halves`].
    F16,
    /// [`BitCodes`], and [`Sets`] under the metrics that compare sets.
    Bits,
}

impl CodeKind {
    /// The kind of a code from saved bytes or from the ABI.
    pub fn from_code(code: u8) -> Option<Self> {
        [CodeKind::None, CodeKind::Int8, CodeKind::F16, CodeKind::Bits]
            .into_iter()
            .find(|kind| *kind as u8 == code)
    }

    /// An empty store of such codes, if there are any. For the metrics that compare sets only bits will do.
    pub fn store(self, dimension: usize, metric: Metric) -> Result<Option<Store>> {
        Ok(match (self, metric.is_of_sets()) {
            (CodeKind::Bits, true) => Some(Store::Sets(Sets::new(dimension, metric))),
            (_, true) => return Err(Error::InvalidOption("sets are compared on codes of one bit")),
            (CodeKind::None, _) => None,
            (CodeKind::Int8, _) => Some(Store::Int8(Int8Codes::new(dimension, metric))),
            (CodeKind::F16, _) => Some(Store::F16(Halves::new(dimension, metric))),
            (CodeKind::Bits, _) => Some(Store::Bits(BitCodes::new(dimension, metric))),
        })
    }
}

/// How vectors are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Originals {
    /// Bit for bit.
    F32,
    /// Rounded to [`Halves`].
    F16,
}

impl Originals {
    /// The kind of a code from saved bytes or from the ABI.
    pub fn from_code(code: u8) -> Option<Self> {
        [Originals::F32, Originals::F16].into_iter().find(|kind| *kind as u8 == code)
    }

    /// An empty store of such originals.
    fn store(self, dimension: usize, metric: Metric) -> Store {
        match self {
            Originals::F32 => Store::F32(Vectors::new(dimension, metric)),
            Originals::F16 => Store::F16(Halves::new(dimension, metric)),
        }
    }
}

/// What an index is made for, and cannot change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Values of a vector.
    pub dimension: usize,
    /// How closeness is measured.
    pub metric: Metric,
    /// What distances are first computed on.
    pub codes: CodeKind,
    /// How vectors are kept, to measure answers again and to be given back.
    pub originals: Originals,
}

/// Vectors that can be searched. Rows are numbered in the order they were added and never reused.
pub struct Index {
    config: Config,
    pub(crate) originals: Store,
    pub(crate) codes: Option<Store>,
    /// A bit for each row: whether it has not been removed.
    pub(crate) live: Vec<u64>,
    live_rows: usize,
    pub(crate) graph: Option<Graph>,
    builder: Option<Builder>,
    /// The graph that will take the place of this one.
    bulk: Option<Bulk>,
    repair: Option<Repair>,
    /// Rows that were removed since they came into the graph and are still there, about: some may stand for others.
    removed: usize,
    searcher: Searcher,
    pub(crate) dirty: DirtyParts,
}

impl Index {
    /// An index of no rows.
    pub fn new(config: Config) -> Result<Self> {
        let Config { dimension, metric, codes, originals } = config;
        if dimension == 0 || dimension > MAX_DIMENSION {
            return Err(Error::InvalidOption("a dimension must be 1 to 65,536"));
        }
        let originals = originals.store(dimension, metric);
        let codes = codes.store(dimension, metric)?;
        Ok(Self {
            config,
            originals,
            codes,
            live: Vec::new(),
            live_rows: 0,
            graph: None,
            builder: None,
            bulk: None,
            repair: None,
            removed: 0,
            searcher: Searcher::new()?,
            dirty: DirtyParts::default(),
        })
    }

    /// What the index is made for.
    pub fn config(&self) -> Config {
        self.config
    }

    /// What its graph is built with, if it has one.
    pub fn graph_params(&self) -> Option<Params> {
        self.graph.as_ref().map(|graph| graph.params)
    }

    /// Rows ever added.
    pub fn rows(&self) -> usize {
        self.originals.len()
    }

    /// Rows that have not been removed.
    pub fn live_rows(&self) -> usize {
        self.live_rows
    }

    /// Rows that are in the graph.
    pub fn indexed(&self) -> usize {
        self.graph.as_ref().map_or(0, Graph::indexed)
    }

    /// What the last search found.
    pub fn found(&self) -> &Found {
        self.searcher.found()
    }

    /// Writes the vector of a row to `vector`, as it was given or, from halves, rounded.
    pub fn read_vector(&self, row: u32, vector: &mut Vec<f32>) -> Result<()> {
        self.check_row(row)?;
        if !self.originals.has(row) {
            return Err(Error::NotFound("this chunk of vectors was not handed in yet"));
        }
        vector.clear();
        try_reserve(vector, self.config.dimension)?;
        match &self.originals {
            Store::F32(vectors) => vector.extend(vectors.decoded(row)),
            Store::F16(halves) => vector.extend(halves.decoded(row)),
            // Codes are not what vectors are kept in.
            Store::Int8(_) | Store::Bits(_) | Store::Sets(_) => {}
        }
        Ok(())
    }

    fn check_row(&self, row: u32) -> Result<()> {
        if (row as usize) < self.rows() {
            Ok(())
        } else {
            Err(Error::InvalidOption("there is no such row"))
        }
    }

    /// Bytes held by a part, with what goes with it.
    pub fn bytes(&self, part: Part) -> usize {
        match part {
            Part::State => self.live.capacity() * size_of::<u64>(),
            Part::Vectors => self.originals.bytes(),
            Part::Codes => self.codes.as_ref().map_or(0, Store::bytes),
            Part::Graph => {
                self.graph.as_ref().map_or(0, Graph::bytes)
                    + self.builder.as_ref().map_or(0, Builder::bytes)
                    + self.searcher.bytes()
            }
        }
    }

    /// Makes room for more rows, so that adding them cannot fail.
    pub fn try_reserve(&mut self, additional: usize) -> Result<()> {
        let rows = self.rows().checked_add(additional).ok_or(Error::OutOfMemory)?;
        // A row's number must leave a bit of 32 free (see `Key`).
        if rows > i32::MAX as usize {
            return Err(Error::OutOfMemory);
        }
        self.originals.try_reserve(additional)?;
        if let Some(codes) = &mut self.codes {
            codes.try_reserve(additional)?;
        }
        try_reserve_total(&mut self.live, rows.div_ceil(64))?;
        self.dirty.grow(rows, &self.originals, self.codes.as_ref())
    }

    /// Appends rows, row-major; room for them must have been made.
    pub fn add(&mut self, matrix: &[f32]) {
        for vector in matrix.chunks_exact(self.config.dimension) {
            let row = self.rows();
            self.originals.push(vector);
            if let Some(codes) = &mut self.codes {
                codes.push(vector);
            }
            if row.is_multiple_of(64) {
                self.live.push(0);
            }
            self.live[row / 64] |= 1 << (row % 64);
            self.live_rows += 1;
            self.dirty.mark(row, &self.originals, self.codes.as_ref());
        }
    }

    /// Removes a row from all later answers; it still routes until the graph is repaired.
    pub fn remove(&mut self, row: u32) -> Result<()> {
        self.check_row(row)?;
        if !Selection::new(&self.live, None).contains(row) {
            return Ok(());
        }
        self.live[row as usize / 64] &= !(1 << (row % 64));
        self.live_rows -= 1;
        self.removed += usize::from(self.graph.as_ref().is_some_and(|graph| graph.has(row)));
        self.dirty.state = true;
        Ok(())
    }

    /// Gives the index a graph of no rows yet, or takes its graph away.
    pub fn set_graph(&mut self, params: Option<Params>) -> Result<()> {
        if let Some(params) = params {
            check_params(params)?;
        }
        self.builder = None;
        self.bulk = None;
        self.repair = None;
        self.removed = 0;
        self.graph = params.map(Graph::new);
        self.dirty.state = true;
        Ok(())
    }

    /// Finds, for each of the queries (row-major), the best `k` rows among those that live and match; the answers are in
    /// `found`.
    pub fn search(&mut self, queries: &[f32], request: &Request) -> Result<()> {
        if !queries.len().is_multiple_of(self.config.dimension) {
            return Err(Error::InvalidOption("the queries are not as long as the vectors"));
        }
        let view = View {
            metric: self.config.metric,
            dimension: self.config.dimension,
            space: Space {
                rows: self.codes.as_ref().unwrap_or(&self.originals),
                originals: &self.originals,
            },
            // Sets are exact already.
            exact: self
                .codes
                .as_ref()
                .filter(|_| !self.config.metric.is_of_sets())
                .map(|_| &self.originals),
            live: &self.live,
            live_rows: self.live_rows,
            graph: self.graph.as_ref(),
        };
        self.searcher.search(view, queries, request)
    }

    /// Completes an index whose vectors and codes have been read.
    pub(crate) fn restore(&mut self, live: Vec<u64>, graph: Option<Graph>) -> Result<()> {
        self.live_rows = Selection::new(&live, None).count();
        if let Some(graph) = &graph {
            self.removed = Selection::new(&graph.removed(&live)?, None).count();
        }
        self.live = live;
        self.graph = graph;
        self.dirty.grow(self.rows(), &self.originals, self.codes.as_ref())
    }
}

fn check_params(params: Params) -> Result<()> {
    if !(2..=MAX_M).contains(&params.m) {
        return Err(Error::InvalidOption("M must be 2 to 64"));
    }
    if !(1..=MAX_EF_CONSTRUCTION).contains(&params.ef_construction) {
        return Err(Error::InvalidOption("efConstruction must be 1 to 4,096"));
    }
    Ok(())
}
