//! What one thread does of a search: the answers to a few queries.

use core::slice::{ChunksExact, from_mut, from_ref};

use crate::distance::BATCH;
use crate::error::{Error, Result};
use crate::flat::{Probe, scan};
use crate::hnsw::Graph;
use crate::hnsw::pool::Width;
use crate::hnsw::walk::Walker;
use crate::memory::{try_reserve, try_reserve_total};
use crate::metric::Metric;
use crate::selection::Selection;
use crate::space::{Query, Rows, Store};
use crate::topk::Key;

use super::way::Way;
use super::{Method, Request, View};

/// What a thread needs beside the index; kept from one search to the next, so that a search allocates nothing.
#[derive(Default)]
pub struct Worker {
    pub(super) walker: Walker,
    /// The queries against the rows that are compared first.
    estimates: Asked,
    /// The queries against the originals, where these are others.
    exact: Asked,
    rows: Vec<u32>,
    /// What went wrong in a search.
    pub(super) failed: Option<Error>,
}

/// Queries as rows of one representation are compared with them, and what each has found.
#[derive(Default)]
struct Asked {
    queries: Vec<Query>,
    probes: Vec<Probe>,
}

/// What is the same for all queries of a search.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    pub view: View<'a>,
    pub request: Request<'a>,
    /// The rows that match, and how many.
    pub selection: Selection<'a>,
    pub matching: usize,
    pub way: Way,
}

impl Task<'_> {
    /// How many rows a query is answered with, but for the radius.
    pub fn k(&self) -> usize {
        self.request.k.min(self.matching)
    }
}

impl Worker {
    /// Finds the best rows for each of the queries, which are row-major, and hands their probes to `answer` one by one,
    /// with the number of the query.
    pub fn search(
        &mut self,
        task: Task,
        queries: &[f32],
        answer: &mut dyn FnMut(usize, &mut Probe),
    ) -> Result<()> {
        let View { space, dimension, metric, exact, .. } = task.view;
        let (k, bound) = (task.k(), metric.computed(task.request.radius));
        let queries = queries.chunks_exact(dimension);
        let answers = match exact {
            None => {
                let (queries, probes) = self.estimates.ask(space.rows, queries, k, bound)?;
                find(task, queries, probes, &mut self.walker)?;
                probes
            }
            Some(exact) if task.request.method == Method::Exact && exact.missing() == 0 => {
                let (queries, probes) = self.exact.ask(exact, queries, k, bound)?;
                scan(exact, task.selection, 0..exact.len(), queries, probes);
                probes
            }
            Some(exact) => {
                let kept = rescored(k).min(task.matching);
                let (codes, estimates) =
                    self.estimates.ask(space.rows, queries.clone(), kept, f32::INFINITY)?;
                find(task, codes, estimates, &mut self.walker)?;
                let (queries, probes) = self.exact.ask(exact, queries, k, bound)?;
                for ((query, probe), estimate) in queries.iter().zip(&mut *probes).zip(estimates) {
                    rescore(exact, query, estimate, probe, &mut self.rows)?;
                }
                probes
            }
        };
        for (n, probe) in answers.iter_mut().enumerate() {
            answer(n, probe);
        }
        Ok(())
    }
}

/// Fills the probes, each with at least `k` rows where as many match.
fn find(task: Task, queries: &[Query], probes: &mut [Probe], walker: &mut Walker) -> Result<()> {
    let View { space, graph, .. } = task.view;
    let all = 0..space.rows.len();
    let Some(graph) = graph.filter(|_| task.way != Way::Scan) else {
        scan(space.rows, task.selection, all, queries, probes);
        return Ok(());
    };
    for (query, probe) in queries.iter().zip(probes) {
        let whole = walk(graph, task, query, probe, walker)?;
        if !whole || probe.best.len() < task.k() {
            // The rows that match are elsewhere: no walk of this length meets them.
            probe.best.reset(probe.best.capacity(), f32::INFINITY)?;
            scan(space.rows, task.selection, all.clone(), from_ref(query), from_mut(probe));
        }
    }
    Ok(())
}

/// Dimensions from which on walks may end early.
const LEAST_ADAPTIVE: usize = 64;

/// Offers the probe what a walk meets and what is not in the graph. Answers whether the walk met as many nodes as it was
/// to, or all there are.
fn walk(
    graph: &Graph,
    task: Task,
    query: &Query,
    probe: &mut Probe,
    walker: &mut Walker,
) -> Result<bool> {
    let Task { view: View { space, metric, dimension, .. }, request, selection, way, .. } = task;
    // Only where every node counts does one that is near say that enough have been met. Products are no distances, of
    // which one could be a tenth farther; in few dimensions distances grow fast, and a tenth is next to nothing.
    let may_end_early =
        request.mask.is_none() && metric != Metric::Dot && dimension >= LEAST_ADAPTIVE;
    let (width, filter) = match way {
        Way::TwoHop(ef) => (Width::fixed(ef), Some(selection)),
        Way::Walk(ef) if may_end_early => (Width::adaptive(ef, task.k()), None),
        Way::Walk(ef) => (Width::fixed(ef), None),
        Way::Scan => (Width::fixed(0), None),
    };
    graph.search(space, query, width, filter, request.except, walker)?;
    probe.measured += walker.measured();
    for (node, distance) in walker.pool.neighbors() {
        if selection.contains(node) {
            probe.best.offer(Key::new(distance, node));
        }
        for row in graph.twins.of(node).filter(|&row| selection.contains(row)) {
            probe.best.offer(Key::new(space.distance(query, row), row));
            probe.measured += 1;
        }
    }
    let (round, waiting) = graph.waiting();
    let beyond = round.end..space.rows.len();
    scan(space.rows, selection.within(waiting), round, from_ref(query), from_mut(probe));
    scan(space.rows, selection, beyond, from_ref(query), from_mut(probe));
    // Without the nodes that are left out, others may be out of reach.
    Ok(walker.pool.is_satisfied() || (filter.is_none() && request.except.is_none()))
}

/// Rows measured again before the errors of their estimates say when to stop.
const LEAST_RESCORED: usize = 2 * BATCH;
/// A row whose estimate is off by more than this many times the usual error is one in thousands.
const SURE: f32 = 3.0;

/// The most rows that are measured again.
fn rescored(k: usize) -> usize {
    k.saturating_mul(2).saturating_add(108)
}

/// Measures candidates on the originals, by ascending estimate, until no other is likely to be among the best.
fn rescore(
    store: &Store,
    query: &Query,
    estimates: &mut Probe,
    exact: &mut Probe,
    rows: &mut Vec<u32>,
) -> Result<()> {
    rows.clear();
    let candidates = estimates.best.sorted();
    try_reserve(rows, candidates.len())?;
    rows.extend(candidates.iter().map(|key| key.row()));
    // Estimates that are kept say nothing of errors.
    let whole = store.missing() == 0;
    let mut squared_errors = 0.0;
    let mut measured = 0;
    for (rows, estimates) in rows.chunks(BATCH).zip(candidates.chunks(BATCH)) {
        if whole
            && let Some(worst) = exact.best.worst()
            && measured >= LEAST_RESCORED
        {
            let error = (squared_errors / measured as f32).sqrt();
            if estimates[0].distance() - SURE * error > worst.distance() {
                break;
            }
        }
        let mut distances = [0.0; BATCH];
        measure(store, query, rows, estimates, &mut distances[..rows.len()]);
        for ((&row, estimate), distance) in rows.iter().zip(estimates).zip(distances) {
            exact.best.offer(Key::new(distance, row));
            squared_errors += (estimate.distance() - distance).powi(2);
        }
        measured += rows.len();
    }
    exact.measured = estimates.measured + measured;
    Ok(())
}

/// The distances of candidates on the originals; those whose originals have not come yet keep their estimates.
fn measure(store: &Store, query: &Query, rows: &[u32], estimates: &[Key], out: &mut [f32]) {
    if rows.iter().all(|&row| store.has(row)) {
        store.distances(query, rows, out);
        return;
    }
    for ((row, estimate), out) in rows.chunks(1).zip(estimates).zip(out.chunks_mut(1)) {
        if store.has(row[0]) {
            store.distances(query, row, out);
        } else {
            out[0] = estimate.distance();
        }
    }
}

impl Asked {
    /// Takes these queries in, each to keep `kept` rows within a bound.
    fn ask(
        &mut self,
        store: &Store,
        given: ChunksExact<f32>,
        kept: usize,
        bound: f32,
    ) -> Result<(&[Query], &mut [Probe])> {
        let count = given.len();
        try_reserve_total(&mut self.queries, count)?;
        try_reserve_total(&mut self.probes, count)?;
        while self.queries.len() < count {
            self.queries.push(store.new_query()?);
            self.probes.push(Probe::default());
        }
        let asked = self.queries.iter_mut().zip(&mut self.probes);
        for ((query, probe), vector) in asked.zip(given) {
            store.load_vector(query, vector);
            probe.best.reset(kept, bound)?;
            probe.measured = 0;
        }
        Ok((&self.queries[..count], &mut self.probes[..count]))
    }
}
