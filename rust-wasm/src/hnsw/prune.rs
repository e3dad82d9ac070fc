//! SELECT-NEIGHBORS-HEURISTIC (Algorithm 4 of the paper): which candidates become links.

use crate::error::Result;
use crate::memory::try_reserve;
use crate::space::{Space, for_each_distance};

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

/// Selects links and keeps the room it needs for that.
pub struct Pruner<S: Space> {
    /// Candidates, nearest first; `select` consumes them.
    pub candidates: Vec<Candidate>,
    rows: Vec<u32>,
    query: S::Query,
}

impl<S: Space> Pruner<S> {
    /// A pruner for rows of the space and up to `capacity` candidates.
    pub fn new(space: &S, capacity: usize) -> Result<Self> {
        let (mut candidates, mut rows) = (Vec::new(), Vec::new());
        try_reserve(&mut candidates, capacity)?;
        try_reserve(&mut rows, capacity)?;
        Ok(Self { candidates, rows, query: space.new_query()? })
    }

    /// Moves at most `m` of the candidates to `selected`: the nearest one, then always the nearest that is closer to
    /// the node than to any selected one, so that links point in different directions. Protected ones, of which
    /// there must be no more than `m`, are always among them.
    pub fn select(&mut self, space: &S, m: usize, selected: &mut Vec<Candidate>) {
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

    /// Drops the candidates from `first` on that are at least as close to a selected row as to the node itself.
    fn drop_dominated(&mut self, space: &S, selected: u32, first: usize) {
        if first == self.candidates.len() {
            return;
        }
        space.load_row(&mut self.query, selected);
        self.rows.clear();
        self.rows.extend(self.candidates[first..].iter().map(|c| c.row));
        let (mut read, mut kept) = (first, first);
        for_each_distance(space, &self.query, &self.rows, |_, distance| {
            let candidate = self.candidates[read];
            read += 1;
            if candidate.protected || candidate.distance < distance {
                self.candidates[kept] = candidate;
                kept += 1;
            }
        });
        self.candidates.truncate(kept);
    }
}
