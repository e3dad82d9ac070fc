//! One index: vectors as given, codes to compare, tombstones, and a graph over the first of its rows.

use crate::codec::Part;
use crate::error::{Error, Result};
use crate::flat::scan;
use crate::hnsw::build::Builder;
use crate::hnsw::walk::Walker;
use crate::hnsw::{Graph, Params};
use crate::memory::{try_reserve, try_reserve_total, try_resize};
use crate::metric::Metric;
use crate::quantizer::int8::Int8Codes;
use crate::quantizer::vectors::Vectors;
use crate::selection::Selection;
use crate::snapshot::DirtyParts;
use crate::space::{Space, for_each_distance};
use crate::topk::{Key, TopK};

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

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
}

impl CodeKind {
    /// The kind of a code from saved bytes or from the ABI.
    pub fn from_code(code: u8) -> Option<Self> {
        [CodeKind::None, CodeKind::Int8].into_iter().find(|kind| *kind as u8 == code)
    }
}

/// How a search finds its candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Walks the graph, and scans the rows that are not in it.
    Graph,
    /// Scans the codes.
    Scan,
    /// Scans the vectors as given.
    Exact,
}

impl Method {
    /// The method of a code from the ABI.
    pub fn from_code(code: u8) -> Option<Self> {
        [Method::Graph, Method::Scan, Method::Exact]
            .into_iter()
            .find(|method| *method as u8 == code)
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
}

/// A representation together with what searching and building on it needs.
pub(crate) struct Searched<S: Space> {
    pub(crate) space: S,
    query: S::Query,
    builder: Option<Builder<S>>,
}

impl<S: Space> Searched<S> {
    fn new(space: S) -> Result<Self> {
        Ok(Self { query: space.new_query()?, space, builder: None })
    }

    /// Inserts up to `count` rows of the space into the graph.
    fn index_rows(
        &mut self,
        graph: &mut Graph,
        walker: &mut Walker,
        live: &[u64],
        count: usize,
    ) -> Result<()> {
        let builder = match &mut self.builder {
            Some(builder) => builder,
            none => none.insert(Builder::new(&self.space, graph)?),
        };
        for _ in 0..count {
            let Some(row) = graph.next_row(self.space.rows(), builder)? else {
                break;
            };
            if Selection::new(live, None).contains(row) {
                graph.insert(&self.space, row, builder, walker)?;
            } else {
                graph.skip();
            }
        }
        Ok(())
    }
}

/// The rows of the last search and their distances, and what it took.
#[derive(Default)]
pub struct Found {
    /// Nearest first; equal distances in row order.
    pub rows: Vec<u32>,
    /// The metric's own distances.
    pub distances: Vec<f32>,
    /// Distances computed.
    pub visited: usize,
}

/// Vectors that can be searched. Rows are numbered in the order they were added and never reused.
pub struct Index {
    config: Config,
    pub(crate) vectors: Searched<Vectors>,
    pub(crate) codes: Option<Searched<Int8Codes>>,
    /// A bit for each row: whether it has not been removed.
    pub(crate) live: Vec<u64>,
    live_rows: usize,
    pub(crate) graph: Option<Graph>,
    walker: Walker,
    candidates: TopK,
    best: TopK,
    rescored: Vec<u32>,
    /// What the last search found.
    pub found: Found,
    pub(crate) dirty: DirtyParts,
}

impl Index {
    /// An index of no rows.
    pub fn new(config: Config) -> Result<Self> {
        if config.dimension == 0 || config.dimension > MAX_DIMENSION {
            return Err(Error::InvalidOption("a dimension must be 1 to 65,536"));
        }
        let codes = match config.codes {
            CodeKind::None => None,
            CodeKind::Int8 => Some(Searched::new(Int8Codes::new(config.dimension, config.metric))?),
        };
        Ok(Self {
            config,
            vectors: Searched::new(Vectors::new(config.dimension, config.metric))?,
            codes,
            live: Vec::new(),
            live_rows: 0,
            graph: None,
            walker: Walker::default(),
            candidates: TopK::new(),
            best: TopK::new(),
            rescored: Vec::new(),
            found: Found::default(),
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
        self.vectors.space.rows()
    }

    /// Rows that have not been removed.
    pub fn live_rows(&self) -> usize {
        self.live_rows
    }

    /// Rows that are in the graph.
    pub fn indexed(&self) -> usize {
        self.graph.as_ref().map_or(0, Graph::indexed)
    }

    /// The vector of a row as it was given.
    pub fn vector(&self, row: u32) -> Result<&[f32]> {
        if (row as usize) < self.rows() {
            Ok(self.vectors.space.vector(row))
        } else {
            Err(Error::InvalidOption("there is no such row"))
        }
    }

    /// Bytes held by a part, with what goes with it.
    pub fn bytes(&self, part: Part) -> usize {
        match part {
            Part::State => self.live.capacity() * size_of::<u64>(),
            Part::Vectors => self.vectors.space.bytes(),
            Part::Codes => self.codes.as_ref().map_or(0, |codes| codes.space.bytes()),
            Part::Graph => {
                let builder = match &self.codes {
                    Some(codes) => codes.builder.as_ref().map(Builder::bytes),
                    None => self.vectors.builder.as_ref().map(Builder::bytes),
                };
                let graph = self.graph.as_ref().map(Graph::bytes);
                graph.unwrap_or(0) + builder.unwrap_or(0) + self.walker.bytes()
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
        self.vectors.space.try_reserve(additional)?;
        if let Some(codes) = &mut self.codes {
            codes.space.try_reserve(additional)?;
        }
        try_reserve_total(&mut self.live, rows.div_ceil(64))?;
        let codes = self.codes.as_ref().map(|codes| &codes.space);
        self.dirty.grow(rows, &self.vectors.space, codes)
    }

    /// Appends rows, row-major; room for them must have been made.
    pub fn add(&mut self, matrix: &[f32]) {
        for vector in matrix.chunks_exact(self.config.dimension) {
            let row = self.rows();
            self.vectors.space.push(vector.iter().copied());
            if let Some(codes) = &mut self.codes {
                codes.space.push(vector);
            }
            if row.is_multiple_of(64) {
                self.live.push(0);
            }
            self.live[row / 64] |= 1 << (row % 64);
            self.live_rows += 1;
            let codes = self.codes.as_ref().map(|codes| &codes.space);
            self.dirty.mark(row, &self.vectors.space, codes);
        }
    }

    /// Removes a row from all later answers; it may still route.
    pub fn remove(&mut self, row: u32) -> Result<()> {
        if row as usize >= self.rows() {
            return Err(Error::InvalidOption("there is no such row"));
        }
        let (word, bit) = (&mut self.live[row as usize / 64], 1 << (row % 64));
        self.live_rows -= usize::from(*word & bit != 0);
        *word &= !bit;
        self.dirty.state = true;
        Ok(())
    }

    /// Gives the index a graph of no rows yet, or takes its graph away.
    pub fn set_graph(&mut self, params: Option<Params>) -> Result<()> {
        if let Some(params) = params {
            check_params(params)?;
        }
        self.vectors.builder = None;
        if let Some(codes) = &mut self.codes {
            codes.builder = None;
        }
        self.graph = params.map(Graph::new);
        self.dirty.state = true;
        Ok(())
    }

    /// Inserts up to `count` waiting rows into the graph, if there is one; answers how many still wait.
    pub fn index_rows(&mut self, count: usize) -> Result<usize> {
        let Some(graph) = &mut self.graph else {
            return Ok(0);
        };
        self.dirty.state = true;
        match &mut self.codes {
            Some(codes) => codes.index_rows(graph, &mut self.walker, &self.live, count)?,
            None => self.vectors.index_rows(graph, &mut self.walker, &self.live, count)?,
        }
        Ok(self.rows() - self.indexed())
    }

    /// Finds the best `k` rows among those that live and, under a mask, match; all of them where there are fewer.
    /// The answer is in `found`.
    pub fn search(
        &mut self,
        query: &[f32],
        k: usize,
        ef: usize,
        method: Method,
        mask: Option<&[u64]>,
    ) -> Result<()> {
        if query.len() != self.config.dimension {
            return Err(Error::InvalidOption("the query is not as long as the vectors"));
        }
        let selection = Selection::new(&self.live, mask);
        let matching = selection.count();
        let k = k.min(matching);
        self.found.visited = 0;
        self.vectors.space.load_vector(&mut self.vectors.query, query);
        self.best.reset(k)?;

        match &mut self.codes {
            Some(codes) if method != Method::Exact => {
                codes.space.load_vector(&mut codes.query, query);
                self.candidates.reset(rescored(k).min(matching))?;
                self.found.visited = Candidates {
                    selection,
                    matching,
                    graph: self.graph.as_ref().filter(|_| method == Method::Graph),
                    walker: &mut self.walker,
                }
                .find(codes, k, ef, &mut self.candidates)?;
                self.rescore()?;
            }
            _ => {
                self.found.visited = Candidates {
                    selection,
                    matching,
                    graph: self.graph.as_ref().filter(|_| method == Method::Graph),
                    walker: &mut self.walker,
                }
                .find(&self.vectors, k, ef, &mut self.best)?;
            }
        }
        self.answer()
    }

    /// Completes an index whose vectors and codes have been read.
    pub(crate) fn restore(&mut self, live: Vec<u64>, graph: Option<Graph>) -> Result<()> {
        self.live_rows = Selection::new(&live, None).count();
        self.live = live;
        self.graph = graph;
        let codes = self.codes.as_ref().map(|codes| &codes.space);
        self.dirty.grow(self.rows(), &self.vectors.space, codes)
    }

    /// Measures the candidates on the vectors as given and keeps the best.
    fn rescore(&mut self) -> Result<()> {
        self.rescored.clear();
        try_reserve(&mut self.rescored, self.candidates.len())?;
        self.rescored.extend(self.candidates.sorted().iter().map(|key| key.row()));
        let Searched { space, query, .. } = &self.vectors;
        for_each_distance(space, query, &self.rescored, |row, distance| {
            self.best.offer(Key::new(distance, row));
        });
        self.found.visited += self.rescored.len();
        Ok(())
    }

    /// Writes the best into `found`.
    fn answer(&mut self) -> Result<()> {
        let keys = self.best.sorted();
        let Found { rows, distances, .. } = &mut self.found;
        try_resize(rows, keys.len(), 0)?;
        try_resize(distances, keys.len(), 0.0)?;
        for (n, key) in keys.iter().enumerate() {
            rows[n] = key.row();
            distances[n] = self.config.metric.distance(key.distance());
        }
        Ok(())
    }
}

/// How many of the best by code are measured on the vectors: int8 alone ends at a recall of about 0.97.
fn rescored(k: usize) -> usize {
    k.saturating_add((k / 2).max(30))
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

/// The first half of a search: rows that are likely among the best.
struct Candidates<'a> {
    selection: Selection<'a>,
    /// Rows of the selection.
    matching: usize,
    graph: Option<&'a Graph>,
    walker: &'a mut Walker,
}

impl Candidates<'_> {
    /// Offers candidates to `top`, at least `k` of them, and answers how many distances that took.
    fn find<S: Space>(
        self,
        searched: &Searched<S>,
        k: usize,
        ef: usize,
        top: &mut TopK,
    ) -> Result<usize> {
        let Searched { space, query, .. } = searched;
        let rows = space.rows();
        let Some(graph) = self.graph else {
            return Ok(scan(space, query, self.selection, 0..rows, top));
        };
        // Only one in `rows / matching` nodes of a walk counts, so that many more are kept.
        let wanted = ef.max(k) as u64 * rows as u64 / self.matching.max(1) as u64;
        let walk_cost = wanted.saturating_mul(graph.params.m as u64);
        if self.matching as u64 <= walk_cost {
            return Ok(scan(space, query, self.selection, 0..rows, top));
        }
        graph.search(space, query, wanted as usize, self.walker)?;
        let mut measured = self.walker.measured();
        for (node, distance) in self.walker.pool.neighbors() {
            if self.selection.contains(node) {
                top.offer(Key::new(distance, node));
            }
            for row in graph.twins.of(node).filter(|&row| self.selection.contains(row)) {
                let [distance] = space.distances(query, [row]);
                top.offer(Key::new(distance, row));
                measured += 1;
            }
        }
        let (round, waiting) = graph.waiting();
        let beyond = round.end..rows;
        measured += scan(space, query, self.selection.within(waiting), round, top);
        measured += scan(space, query, self.selection, beyond, top);
        if top.len() < k {
            // The rows that match are elsewhere: no walk of this length meets k of them.
            top.reset(top.capacity())?;
            measured += scan(space, query, self.selection, 0..rows, top);
        }
        Ok(measured)
    }
}
