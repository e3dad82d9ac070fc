//! Searches: candidates by code, from the graph or from a scan, then their distances on the originals.
//!
//! One search is a batch of one. Of many, those that scan share what they read from memory, and all are shared among
//! the threads there are.

mod way;
mod worker;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

use crate::error::{Error, Result};
use crate::hnsw::Graph;
use crate::hnsw::walk::Walker;
use crate::memory::{try_reserve_total, try_resize};
use crate::metric::Metric;
use crate::parallel::{Scattered, for_each, threads};
use crate::selection::Selection;
use crate::space::{Rows, Space, Store};

use way::{Way, cheapest};
use worker::{Task, Worker};

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
    /// A row that is not there: neither answered nor, unless it stands for others too, walked through.
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
    /// Values of a vector.
    pub dimension: usize,
    /// What candidates are found on.
    pub space: Space<'a>,
    /// What they are measured on again, where the first distances are estimates.
    pub exact: Option<&'a Store>,
    /// A bit for each row: whether it has not been removed.
    pub live: &'a [u64],
    /// How many have not.
    pub live_rows: usize,
    /// The graph over the rows, where there is one.
    pub graph: Option<&'a Graph>,
}

/// The rows found for each query of a search, one answer after the other.
#[derive(Default)]
pub struct Found {
    /// Nearest first; equal distances in row order.
    pub rows: Vec<u32>,
    /// The metric's own distances.
    pub distances: Vec<f32>,
    /// How many rows each query has found.
    pub counts: Vec<u32>,
    /// Distances computed for each query.
    pub visited: Vec<u32>,
}

/// Queries that scan together: beyond, reading the rows from memory is no longer what they wait for.
const GROUP: usize = 16;

/// What searches need beside the index; kept from one to the next, so that a search allocates nothing.
#[derive(Default)]
pub struct Searcher {
    /// One for each thread; the first is always there.
    workers: Vec<Worker>,
    matching: Vec<u64>,
    found: Found,
}

impl Searcher {
    /// A searcher for one thread, to begin with.
    pub fn new() -> Result<Self> {
        let mut workers = Vec::new();
        make_workers(&mut workers, 1)?;
        Ok(Self { workers, ..Self::default() })
    }

    /// The walker of the thread that searches.
    pub fn walker(&mut self) -> &mut Walker {
        &mut self.workers[0].walker
    }

    /// What the last search found.
    pub fn found(&self) -> &Found {
        &self.found
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.workers.iter().map(|worker| worker.walker.bytes()).sum()
    }

    /// Finds, for each of the queries (row-major), the best rows among those that live and match.
    pub fn search(&mut self, view: View, queries: &[f32], request: &Request) -> Result<()> {
        let Self { workers, matching, found } = self;
        let chosen = Selection::new(view.live, request.mask).except(request.except);
        let (selection, matching) = match request {
            Request { mask: None, except: None, .. } => (chosen, view.live_rows),
            _ => {
                chosen.write(matching)?;
                let selection = Selection::new(matching, None);
                (selection, selection.count())
            }
        };
        let way = match view.graph {
            Some(graph) if request.method == Method::Graph => {
                let ef = request.ef.max(request.k.min(matching));
                cheapest(view.space.rows.len(), matching, ef, graph.params.m)
            }
            _ => Way::Scan,
        };
        let task = Task { view, request: *request, selection, matching, way };
        found.make_room(queries.len() / view.dimension, task.k())?;
        share(workers, task, queries, found)?;
        found.close_up(task.k());
        Ok(())
    }
}

/// Answers all queries, on as many threads as there are and are of use.
fn share(all: &mut Vec<Worker>, task: Task, queries: &[f32], found: &mut Found) -> Result<()> {
    let View { dimension, metric, .. } = task.view;
    let Request { radius, .. } = task.request;
    let k = task.k();
    let group = if task.way == Way::Scan { GROUP } else { 1 };
    let groups = (queries.len() / dimension).div_ceil(group);
    let needed = if groups > 1 { threads() } else { 1 };
    make_workers(all, needed)?;
    let workers = Scattered::new(all);
    let (rows, distances) = (Scattered::new(&mut found.rows), Scattered::new(&mut found.distances));
    let (counts, visited) = (Scattered::new(&mut found.counts), Scattered::new(&mut found.visited));
    for_each(groups, &|thread, n| {
        let first = n * group;
        let last = queries.len().min((first + group) * dimension);
        // SAFETY: no other thread has this number.
        let worker = unsafe { workers.one(thread) };
        let outcome =
            worker.search(task, &queries[first * dimension..last], &mut |query, probe| {
                let query = first + query;
                let keys = probe.best.sorted();
                let places = query * k..query * k + keys.len();
                // SAFETY: a query is of one group, and a group is one item.
                let (rows, distances, count, measured) = unsafe {
                    (
                        rows.slice(places.clone()),
                        distances.slice(places),
                        counts.one(query),
                        visited.one(query),
                    )
                };
                for ((key, row), distance) in keys.iter().zip(rows).zip(&mut *distances) {
                    *row = key.row();
                    *distance = metric.distance(key.distance());
                }
                let within = |&distance: &&f32| *distance <= radius || radius == f32::INFINITY;
                *count = distances.iter().take_while(within).count() as u32;
                *measured = probe.measured as u32;
            });
        worker.failed = worker.failed.or(outcome.err());
    });
    all.iter_mut().find_map(|worker| worker.failed.take()).map_or(Ok(()), Err)
}

/// Makes as many workers as are needed, where there are fewer.
fn make_workers(workers: &mut Vec<Worker>, needed: usize) -> Result<()> {
    try_reserve_total(workers, needed)?;
    workers.resize_with(needed.max(workers.len()), Worker::default);
    Ok(())
}

impl Found {
    /// Makes room for `k` rows of each query.
    fn make_room(&mut self, queries: usize, k: usize) -> Result<()> {
        let rows = queries.checked_mul(k).ok_or(Error::OutOfMemory)?;
        try_resize(&mut self.rows, rows, 0)?;
        try_resize(&mut self.distances, rows, 0.0)?;
        try_resize(&mut self.counts, queries, 0)?;
        try_resize(&mut self.visited, queries, 0)
    }

    /// Moves together what was found for queries that had room for `k` rows each.
    fn close_up(&mut self, k: usize) {
        let mut end = 0;
        for (query, &count) in self.counts.iter().enumerate() {
            let places = query * k..query * k + count as usize;
            self.rows.copy_within(places.clone(), end);
            self.distances.copy_within(places, end);
            end += count as usize;
        }
        self.rows.truncate(end);
        self.distances.truncate(end);
    }
}
