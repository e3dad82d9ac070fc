//! Rows of numbers in chunks: growing never moves what is there, so it never needs room for two copies; and the numbers
//! of the first rows may come later, chunk by chunk.

use core::ops::Range;

use crate::error::{Error, Result};
use crate::memory::{try_reserve_total, try_resize};

/// The most bytes of a chunk, so that with its header it stays below 4 MiB when it is saved.
const CHUNK_BYTES: usize = (4 << 20) - 4096;

/// A matrix that grows by rows, each `stride` numbers.
pub struct Matrix<T> {
    stride: usize,
    rows: usize,
    chunk_shift: u32,
    chunks: Vec<Vec<T>>,
    /// How many rows were counted in without their numbers.
    promised: usize,
    /// Whether the numbers of these rows are still to come, by chunk.
    missing: Vec<bool>,
    missing_chunks: usize,
}

impl<T: Copy + Default> Matrix<T> {
    /// No rows yet.
    pub fn new(stride: usize) -> Self {
        let chunk_shift = (CHUNK_BYTES / (stride * size_of::<T>())).ilog2();
        Self {
            stride,
            rows: 0,
            chunk_shift,
            chunks: Vec::new(),
            promised: 0,
            missing: Vec::new(),
            missing_chunks: 0,
        }
    }

    /// Rows held.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Rows of a full chunk.
    pub fn chunk_rows(&self) -> usize {
        1 << self.chunk_shift
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.chunks.iter().map(Vec::capacity).sum::<usize>() * size_of::<T>()
    }

    /// Makes room for `additional` rows, so that pushing them cannot fail.
    pub fn try_reserve(&mut self, additional: usize) -> Result<()> {
        let rows = self.rows.checked_add(additional).ok_or(Error::OutOfMemory)?;
        // More than can be addressed need not be tried.
        rows.checked_mul(self.stride * size_of::<T>()).ok_or(Error::OutOfMemory)?;
        let used = self.chunks.len();
        self.try_reserve_chunks(rows).inspect_err(|_| self.chunks.truncate(used))
    }

    fn try_reserve_chunks(&mut self, rows: usize) -> Result<()> {
        let chunks = rows.div_ceil(self.chunk_rows());
        try_reserve_total(&mut self.chunks, chunks)?;
        self.chunks.resize_with(chunks.max(self.chunks.len()), Vec::new);
        for chunk in self.rows >> self.chunk_shift..chunks {
            let filled = (rows - (chunk << self.chunk_shift)).min(self.chunk_rows());
            try_reserve_total(&mut self.chunks[chunk], filled * self.stride)?;
        }
        Ok(())
    }

    /// Appends a row, padded with zeros; room for it must have been made.
    pub fn push(&mut self, numbers: impl Iterator<Item = T>) {
        let chunk = &mut self.chunks[self.rows >> self.chunk_shift];
        let start = chunk.len();
        chunk.extend(numbers.take(self.stride));
        chunk.resize(start + self.stride, T::default());
        self.rows += 1;
    }

    /// Counts in the first rows of all, whose numbers [`fill`](Self::fill) will bring.
    pub fn try_promise(&mut self, rows: usize) -> Result<()> {
        let chunk_rows = self.chunk_rows();
        let chunks = rows.div_ceil(chunk_rows);
        try_reserve_total(&mut self.chunks, chunks)?;
        try_resize(&mut self.missing, chunks, true)?;
        self.chunks.resize_with(chunks, Vec::new);
        // Rows that are pushed meanwhile lie behind those of a chunk that is not full.
        if let Some(last) = self.chunks.last_mut() {
            let filled = rows & (chunk_rows - 1);
            try_resize(last, filled * self.stride, T::default())?;
        }
        (self.rows, self.promised, self.missing_chunks) = (rows, rows, chunks);
        Ok(())
    }

    /// The rows of a chunk whose numbers are still to come.
    pub fn promised(&self, chunk: usize) -> Option<Range<usize>> {
        let start = chunk << self.chunk_shift;
        let missing = self.missing.get(chunk).is_some_and(|&missing| missing);
        missing.then(|| start..self.promised.min(start + self.chunk_rows()))
    }

    /// Brings the numbers of a chunk's promised rows, once: those of `rows`, which has as many.
    pub fn fill(&mut self, chunk: usize, mut rows: Self) {
        let (target, source) = (&mut self.chunks[chunk], &mut rows.chunks[0]);
        if target.is_empty() {
            core::mem::swap(target, source);
        } else {
            target[..source.len()].copy_from_slice(source);
        }
        self.missing[chunk] = false;
        self.missing_chunks -= 1;
    }

    /// Chunks whose numbers are still to come.
    pub fn missing(&self) -> usize {
        self.missing_chunks
    }

    /// Whether the numbers of a row are there.
    #[inline(always)]
    pub fn has(&self, row: u32) -> bool {
        let missing = self.missing.get(row as usize >> self.chunk_shift);
        row as usize >= self.promised || !missing.is_some_and(|&missing| missing)
    }

    /// Some rows. A call of its own for all the kernels, each of which would else hold these checks many times.
    #[inline(never)]
    pub fn rows_at<const N: usize>(&self, rows: [u32; N]) -> [&[T]; N] {
        rows.map(|row| self.row(row))
    }

    /// A row, padding included.
    #[inline(always)]
    pub fn row(&self, row: u32) -> &[T] {
        let row = row as usize;
        let start = (row & (self.chunk_rows() - 1)) * self.stride;
        &self.chunks[row >> self.chunk_shift][start..start + self.stride]
    }
}
