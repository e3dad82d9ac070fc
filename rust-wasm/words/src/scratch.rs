//! What a search needs beside the index, kept from one to the next so that a query allocates nothing.

use std::collections::BinaryHeap;

use crate::expand::{Expansion, Fuzzy};
use crate::plan::Planned;

/// Room for searching.
#[derive(Default)]
pub struct Scratch {
    pub(crate) clauses: Vec<Planned>,
    /// The terms of all clauses, one clause's after the other's.
    pub(crate) terms: Vec<Expansion>,
    /// Of each clause in each field: what scores are taken times.
    pub(crate) weights: Vec<f32>,
    pub(crate) expansions: Vec<Expansion>,
    pub(crate) fuzzy: Fuzzy,
    /// Of each row of a block: its score so far, and how many clauses that must match do.
    pub(crate) scores: Vec<f32>,
    pub(crate) stages: Vec<u16>,
    /// Where phrases begin: row and position in one integer.
    pub(crate) starts: Vec<u64>,
    pub(crate) best: BinaryHeap<u64>,
    /// The answer, best first.
    pub(crate) rows: Vec<u32>,
    pub(crate) found_scores: Vec<f32>,
}

impl Scratch {
    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.clauses.capacity() * size_of::<Planned>()
            + (self.terms.capacity() + self.expansions.capacity()) * size_of::<Expansion>()
            + (self.weights.capacity() + self.scores.capacity()) * size_of::<f32>()
            + self.stages.capacity() * size_of::<u16>()
            + (self.starts.capacity() + self.best.capacity()) * size_of::<u64>()
            + self.rows.capacity() * size_of::<u32>()
            + self.found_scores.capacity() * size_of::<f32>()
            + self.fuzzy.bytes()
    }
}
