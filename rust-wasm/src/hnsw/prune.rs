//! SELECT-NEIGHBORS-HEURISTIC (Algorithm 4 of the paper): which candidates become links.

use crate::error::Result;
use crate::memory::{try_reserve, try_resize};
use crate::space::{Query, Rows, Space};

/// A node that may become a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// The node's number in its layer.
    pub node: u32,
    /// The node's row.
    pub row: u32,
    /// Its distance from the node that gets the link.
    pub distance: f32,
    /// A link that must stay, whatever the heuristic says.
    pub protected: bool,
}

impl Candidate {
    /// Orders by distance, then by row.
    pub fn nearer(&self, other: &Self) -> core::cmp::Ordering {
        self.distance.total_cmp(&other.distance).then(self.row.cmp(&other.row))
    }
}

/// A candidate is dropped only for a selected row that is nearer by this share: the α of Vamana (Subramanya et al.,
/// NeurIPS 2019). A walk then measures up to a tenth fewer distances at equal recall; more slack gains nothing more.
const SLACK: f32 = 0.05;

/// Selects links and keeps the room it needs for that.
pub struct Pruner {
    /// Candidates, nearest first; `select` consumes them.
    pub candidates: Vec<Candidate>,
    rows: Vec<u32>,
    distances: Vec<f32>,
    query: Query,
}

impl Pruner {
    /// A pruner for rows of the space and up to `capacity` candidates.
    pub fn new(space: Space, capacity: usize) -> Result<Self> {
        let (mut candidates, mut rows, mut distances) = (Vec::new(), Vec::new(), Vec::new());
        try_reserve(&mut candidates, capacity)?;
        try_reserve(&mut rows, capacity)?;
        try_resize(&mut distances, capacity, 0.0)?;
        Ok(Self { candidates, rows, distances, query: space.rows.new_query()? })
    }

    /// Puts the candidates in order. An insertion sort: links that are gathered are hardly out of it.
    pub fn sort(&mut self) {
        for n in 1..self.candidates.len() {
            let candidate = self.candidates[n];
            let before = &self.candidates[..n];
            let farther = before.iter().rev().take_while(|other| candidate.nearer(other).is_lt());
            let place = n - farther.count();
            self.candidates.copy_within(place..n, place + 1);
            self.candidates[place] = candidate;
        }
    }

    /// Moves at most `m` of the candidates to `selected`: the nearest one, then always the nearest that is closer to
    /// the node than to any selected one (or not much farther), so that links point in different directions. Protected ones, of which
    /// there must be no more than `m`, are always among them.
    pub fn select(&mut self, space: Space, m: usize, selected: &mut Vec<Candidate>) {
        selected.clear();
        let mut protected = self.candidates.iter().filter(|c| c.protected).count();
        let mut first = 0;
        while let Some(&nearest) = self.candidates.get(first) {
            first += 1;
            if nearest.protected {
                protected -= 1;
            } else if selected.len() + protected >= m {
                continue;
            }
            selected.push(nearest);
            if selected.len() + protected < m {
                self.drop_dominated(space, nearest.row, first);
            }
        }
        self.candidates.clear();
    }

    /// Drops the candidates from `first` on that are closer to a selected row than to the node itself.
    fn drop_dominated(&mut self, space: Space, selected: u32, first: usize) {
        let Self { candidates, rows, distances, query } = self;
        if first == candidates.len() {
            return;
        }
        space.load_row(query, selected);
        rows.clear();
        rows.extend(candidates[first..].iter().map(|candidate| candidate.row));
        space.rows.distances(query, rows, &mut distances[..rows.len()]);
        let mut kept = first;
        for read in first..candidates.len() {
            let candidate = candidates[read];
            let bound = distances[read - first];
            if candidate.protected || candidate.distance < bound + SLACK * bound.abs() {
                candidates[kept] = candidate;
                kept += 1;
            }
        }
        candidates.truncate(kept);
    }
}
