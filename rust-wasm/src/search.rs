//! One search: candidates by code, from the graph or from a scan, then their distances on the originals.

use crate::distance::BATCH;
use crate::error::Result;
use crate::flat::scan;
use crate::hnsw::Graph;
use crate::hnsw::walk::Walker;
use crate::memory::{try_reserve, try_resize};
use crate::metric::Metric;
use crate::selection::Selection;
use crate::space::{Query, Rows, Space, Store};
use crate::topk::{Key, TopK};

/// How a search finds its candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Walks the graph, and scans the rows that are not in it.
    Graph,
    /// Scans the codes.
    Scan,
    /// Scans the vectors as given; the codes, as long as any of them are still to come.
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

/// What is asked.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Rows wanted; all that match where there are fewer.
    pub k: usize,
    /// Nodes kept while walking the graph.
    pub ef: usize,
    /// How candidates are found.
    pub method: Method,
    /// Which rows match, by bit; all where there is none. Rows beyond its end do not match.
    pub mask: Option<&'a [u64]>,
    /// Rows farther than this, in the metric's own distance, do not match. Asked of [`Method::Exact`] alone.
    pub radius: f32,
    /// A row that is not there: neither answered nor walked through.
    pub except: Option<u32>,
}

impl Request<'_> {
    /// A search among all rows.
    pub fn new(k: usize, ef: usize, method: Method) -> Self {
        Self { k, ef, method, mask: None, radius: f32::INFINITY, except: None }
    }
}

/// What is searched.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// How closeness is measured.
    pub metric: Metric,
    /// What candidates are found on.
    pub space: Space<'a>,
    /// What they are measured on again, where the first distances are estimates.
    pub exact: Option<&'a Store>,
    /// A bit for each row: whether it has not been removed.
    pub live: &'a [u64],
    /// The graph over the rows, where there is one.
    pub graph: Option<&'a Graph>,
}

/// Rows and their distances, and what it took to find them.
#[derive(Default)]
pub struct Found {
    /// Nearest first; equal distances in row order.
    pub rows: Vec<u32>,
    /// The metric's own distances.
    pub distances: Vec<f32>,
    /// Distances computed.
    pub visited: usize,
}

/// What a search needs beside the index; kept from one to the next, so that a search allocates nothing.
#[derive(Default)]
pub struct Searcher {
    /// Walks the graph.
    pub walker: Walker,
    query: Query,
    exact_query: Query,
    candidates: TopK,
    best: TopK,
    rows: Vec<u32>,
    /// The answer.
    pub found: Found,
}

impl Searcher {
    /// A searcher for these representations.
    pub fn new(rows: &Store, exact: Option<&Store>) -> Result<Self> {
        Ok(Self {
            query: rows.new_query()?,
            exact_query: exact.map_or(Ok(Query::default()), Store::new_query)?,
            ..Self::default()
        })
    }

    /// Finds the best rows among those that live and match. The answer is in `found`.
    pub fn search(&mut self, view: View, vector: &[f32], request: &Request) -> Result<()> {
        let selection = Selection::new(view.live, request.mask).except(request.except);
        let matching = selection.count();
        let k = request.k.min(matching);
        self.found.visited = 0;
        self.best.reset(k)?;
        match view.exact {
            Some(exact) => {
                exact.load_vector(&mut self.exact_query, vector);
                if request.method == Method::Exact && exact.missing() == 0 {
                    let rows = 0..exact.len();
                    self.found.visited =
                        scan(exact, &self.exact_query, selection, rows, &mut self.best);
                } else {
                    view.space.rows.load_vector(&mut self.query, vector);
                    self.candidates.reset(rescored(k).min(matching))?;
                    self.find(view, selection, matching, request)?;
                    self.rescore(exact)?;
                }
            }
            None => {
                view.space.rows.load_vector(&mut self.query, vector);
                self.candidates.reset(k)?;
                self.find(view, selection, matching, request)?;
                core::mem::swap(&mut self.candidates, &mut self.best);
            }
        }
        self.answer(view.metric, request.radius)
    }

    /// Fills `candidates`, with at least `k` of them where as many match.
    fn find(
        &mut self,
        view: View,
        selection: Selection,
        matching: usize,
        request: &Request,
    ) -> Result<()> {
        let View { space, .. } = view;
        let Self { walker, query, candidates, .. } = self;
        let rows = space.rows.len();
        let k = request.k.min(matching);
        let graph = view.graph.filter(|_| request.method == Method::Graph);
        let Some(graph) = graph else {
            self.found.visited = scan(space.rows, query, selection, 0..rows, candidates);
            return Ok(());
        };
        // Only one in `rows / matching` nodes of a walk counts, so that many more are kept.
        let wanted = request.ef.max(k) as u64 * rows as u64 / matching.max(1) as u64;
        let walk_cost = wanted.saturating_mul(graph.params.m as u64);
        if matching as u64 <= walk_cost {
            self.found.visited = scan(space.rows, query, selection, 0..rows, candidates);
            return Ok(());
        }
        graph.search(space, query, wanted as usize, walker)?;
        let mut measured = walker.measured();
        for (node, distance) in walker.pool.neighbors() {
            if selection.contains(node) {
                candidates.offer(Key::new(distance, node));
            }
            for row in graph.twins.of(node).filter(|&row| selection.contains(row)) {
                candidates.offer(Key::new(space.distance(query, row), row));
                measured += 1;
            }
        }
        let (round, waiting) = graph.waiting();
        let beyond = round.end..rows;
        measured += scan(space.rows, query, selection.within(waiting), round, candidates);
        measured += scan(space.rows, query, selection, beyond, candidates);
        if candidates.len() < k {
            // The rows that match are elsewhere: no walk of this length meets k of them.
            candidates.reset(candidates.capacity())?;
            measured += scan(space.rows, query, selection, 0..rows, candidates);
        }
        self.found.visited = measured;
        Ok(())
    }

    /// Measures candidates on the originals, by ascending estimate, until no other is likely to be among the best.
    fn rescore(&mut self, exact: &Store) -> Result<()> {
        let Self { exact_query, candidates, best, rows, found, .. } = self;
        rows.clear();
        let candidates = candidates.sorted();
        try_reserve(rows, candidates.len())?;
        rows.extend(candidates.iter().map(|key| key.row()));
        // Estimates that are kept say nothing of errors.
        let whole = exact.missing() == 0;
        let mut squared_errors = 0.0;
        let mut measured = 0;
        for (rows, estimates) in rows.chunks(BATCH).zip(candidates.chunks(BATCH)) {
            if whole
                && let Some(worst) = best.worst()
                && measured >= LEAST_RESCORED
            {
                let error = (squared_errors / measured as f32).sqrt();
                if estimates[0].distance() - SURE * error > worst.distance() {
                    break;
                }
            }
            let mut distances = [0.0; BATCH];
            measure(exact, exact_query, rows, estimates, &mut distances[..rows.len()]);
            for ((&row, estimate), distance) in rows.iter().zip(estimates).zip(distances) {
                best.offer(Key::new(distance, row));
                squared_errors += (estimate.distance() - distance).powi(2);
            }
            measured += rows.len();
        }
        found.visited += measured;
        Ok(())
    }

    /// Writes the best into `found`.
    fn answer(&mut self, metric: Metric, radius: f32) -> Result<()> {
        let keys = self.best.sorted();
        let Found { rows, distances, .. } = &mut self.found;
        try_resize(rows, keys.len(), 0)?;
        try_resize(distances, keys.len(), 0.0)?;
        for (n, key) in keys.iter().enumerate() {
            rows[n] = key.row();
            distances[n] = metric.distance(key.distance());
        }
        let within = distances.iter().take_while(|&&distance| distance <= radius).count();
        rows.truncate(within);
        distances.truncate(within);
        Ok(())
    }
}

/// The distances of candidates on the originals; those whose originals have not come yet keep their estimates.
fn measure(exact: &Store, query: &Query, rows: &[u32], estimates: &[Key], out: &mut [f32]) {
    if rows.iter().all(|&row| exact.has(row)) {
        exact.distances(query, rows, out);
        return;
    }
    for ((row, estimate), out) in rows.chunks(1).zip(estimates).zip(out.chunks_mut(1)) {
        if exact.has(row[0]) {
            exact.distances(query, row, out);
        } else {
            out[0] = estimate.distance();
        }
    }
}

/// Rows measured again before the errors of their estimates say when to stop.
const LEAST_RESCORED: usize = 2 * BATCH;
/// A row whose estimate is off by more than this many times the usual error is one in thousands.
const SURE: f32 = 3.0;

/// The most rows that are measured again.
fn rescored(k: usize) -> usize {
    k.saturating_mul(2).saturating_add(108)
}
