//! One field of all rows: full chunks, the tail after them, and the counts that scores are made of.

use core::ops::Range;

use crate::chunk::Chunk;
use crate::error::Result;
use crate::memory::try_reserve;
use crate::tail::{Occurrence, Tail};

/// Rows of a chunk.
pub const CHUNK_ROWS: u32 = 16_384;

/// A field's postings and counts.
#[derive(Default)]
pub struct Field {
    chunks: Vec<Chunk>,
    tail: Tail,
    /// Terms of each row, repetitions included.
    lengths: Vec<u32>,
    /// Live rows that have any.
    documents: u32,
    /// Terms of these.
    tokens: u64,
}

/// Some of a field's rows, as they are kept.
pub enum Block<'a> {
    /// In a full chunk.
    Chunk(&'a Chunk),
    /// After all full chunks.
    Tail(&'a Tail),
}

impl Block<'_> {
    /// Rows that hold the term, removed ones included.
    pub fn documents(&self, term: u32) -> u32 {
        match self {
            Block::Chunk(chunk) => chunk.documents(term),
            Block::Tail(tail) => tail.documents(term),
        }
    }

    /// The rows that hold the term, and how often, in order.
    #[inline(always)]
    pub fn each_row(&self, term: u32, visit: impl FnMut(u32, u32)) {
        match self {
            Block::Chunk(chunk) => chunk.each_row(term, visit),
            Block::Tail(tail) => tail.each_row(term, visit),
        }
    }

    /// Every row and position of the term, in order.
    pub fn each_position(&self, term: u32, visit: impl FnMut(u32, u32)) {
        match self {
            Block::Chunk(chunk) => chunk.each_position(term, visit),
            Block::Tail(tail) => tail.each_position(term, visit),
        }
    }
}

impl Field {
    /// Live rows with a term in this field: N of BM25.
    pub fn documents(&self) -> u32 {
        self.documents
    }

    /// Terms of such a row, on average.
    pub fn average_length(&self) -> f32 {
        if self.documents == 0 {
            0.0
        } else {
            (self.tokens as f64 / f64::from(self.documents)) as f32
        }
    }

    /// Terms of each row.
    pub fn lengths(&self) -> &[u32] {
        &self.lengths
    }

    /// Chunks that are full.
    pub fn chunks(&self) -> usize {
        self.chunks.len()
    }

    /// The rows of a full chunk or, beyond them, of the tail.
    pub fn block(&self, n: usize) -> Block<'_> {
        self.chunks.get(n).map_or(Block::Tail(&self.tail), Block::Chunk)
    }

    /// Makes room for rows up to `rows`, with so many occurrences more, of terms with numbers below `terms`.
    pub fn try_reserve(&mut self, rows: u32, occurrences: usize, terms: usize) -> Result<()> {
        let more = (rows as usize).saturating_sub(self.lengths.len());
        try_reserve(&mut self.lengths, more)?;
        self.tail.try_reserve(occurrences, terms)
    }

    /// Makes room for a chunk more, and for rows that are not in the tail.
    pub fn try_reserve_chunk(&mut self, rows: usize) -> Result<()> {
        try_reserve(&mut self.lengths, rows)?;
        try_reserve(&mut self.chunks, 1)
    }

    /// Counts rows up to `rows` in, those that are new without terms. Room must have been made.
    pub fn grow(&mut self, rows: u32) {
        self.lengths.resize((rows as usize).max(self.lengths.len()), 0);
    }

    /// Takes in an occurrence, at the last position or one after it. Room must have been made.
    pub fn push(&mut self, occurrence: Occurrence) {
        let length = &mut self.lengths[occurrence.row as usize];
        self.documents += u32::from(*length == 0);
        self.tokens += 1;
        *length += 1;
        self.tail.push(occurrence);
    }

    /// Takes in the rows after all others as a full chunk; the tail must be empty. Room must have been made.
    pub fn push_chunk(&mut self, chunk: Chunk, lengths: &[u32]) {
        self.chunks.push(chunk);
        self.lengths.extend_from_slice(lengths);
        self.documents += lengths.iter().filter(|&&length| length > 0).count() as u32;
        self.tokens += lengths.iter().map(|&length| u64::from(length)).sum::<u64>();
    }

    /// Puts a chunk in place of the rows at the tail's start. Room must have been made.
    pub fn replace_start(&mut self, chunk: Chunk) {
        self.chunks.push(chunk);
        self.tail.drop_before(self.chunks.len() as u32 * CHUNK_ROWS);
    }

    /// Counts out a row that was live.
    pub fn remove(&mut self, row: u32) {
        let length = self.lengths.get(row as usize).copied().unwrap_or_default();
        self.documents -= u32::from(length > 0);
        self.tokens -= u64::from(length);
    }

    /// These rows, which lie within one chunk, as a chunk of their own.
    pub fn cut(&self, rows: Range<u32>) -> Result<Chunk> {
        match self.block((rows.start / CHUNK_ROWS) as usize) {
            Block::Chunk(chunk) => chunk.cut(rows),
            Block::Tail(tail) => tail.cut(rows),
        }
    }

    /// All occurrences of a full chunk's rows or, beyond them, of the tail's, in order.
    pub fn occurrences(&self, n: usize) -> Result<Vec<Occurrence>> {
        match self.block(n) {
            Block::Chunk(chunk) => chunk.occurrences(),
            Block::Tail(tail) => tail.occurrences(),
        }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let chunks = self.chunks.iter().map(|chunk| chunk.bytes() + size_of::<Chunk>());
        let lengths = self.lengths.capacity() * size_of::<u32>();
        chunks.sum::<usize>() + self.tail.bytes() + lengths
    }
}
