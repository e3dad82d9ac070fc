//! Vectors as they were given, bit for bit: what answers are made of in the end.

use crate::distance::{F32_LANES, dot_f32, l2_squared_f32};
use crate::error::{Error, Result};
use crate::memory::{try_reserve, try_reserve_total, try_resize};
use crate::metric::Metric;
use crate::space::Space;

/// The most bytes of a chunk, so that with its header it stays below 4 MiB when it is saved.
const CHUNK_BYTES: usize = (4 << 20) - 4096;

/// How far the same value of two unit vectors may be off by rounding.
const ROUNDING: f32 = 1e-6;

/// A matrix of floats that grows by rows, in chunks: growing never moves what is there, so it never needs room for two
/// copies. Rows are padded with zeros to whole registers.
pub struct Vectors {
    metric: Metric,
    dimension: usize,
    stride: usize,
    rows: usize,
    chunk_shift: u32,
    chunks: Vec<Vec<f32>>,
    /// Under cosine 1 / |v| for every row (0 for a zero vector); else empty.
    inverse_norms: Vec<f32>,
}

/// A query padded to whole registers; under cosine of unit length.
pub struct VectorQuery {
    values: Vec<f32>,
}

impl Vectors {
    /// No rows yet.
    pub fn new(dimension: usize, metric: Metric) -> Self {
        let stride = dimension.next_multiple_of(F32_LANES);
        Self {
            metric,
            dimension,
            stride,
            rows: 0,
            chunk_shift: (CHUNK_BYTES / (stride * size_of::<f32>())).ilog2(),
            chunks: Vec::new(),
            inverse_norms: Vec::new(),
        }
    }

    /// Values of a vector.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Rows of a full chunk.
    pub fn chunk_rows(&self) -> usize {
        1 << self.chunk_shift
    }

    /// Makes room for `additional` rows, so that pushing them cannot fail.
    pub fn try_reserve(&mut self, additional: usize) -> Result<()> {
        let rows = self.rows.checked_add(additional).ok_or(Error::OutOfMemory)?;
        // More than can be addressed need not be tried.
        rows.checked_mul(self.stride * size_of::<f32>()).ok_or(Error::OutOfMemory)?;
        let used = self.chunks.len();
        self.try_reserve_chunks(rows).inspect_err(|_| self.chunks.truncate(used))?;
        match self.metric {
            Metric::Cosine => try_reserve(&mut self.inverse_norms, additional),
            Metric::Dot | Metric::L2 => Ok(()),
        }
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

    /// Appends a row; room for it must have been made.
    pub fn push(&mut self, vector: impl Iterator<Item = f32>) {
        let chunk = &mut self.chunks[self.rows >> self.chunk_shift];
        let start = chunk.len();
        chunk.extend(vector.take(self.dimension));
        chunk.resize(start + self.stride, 0.0);
        if self.metric == Metric::Cosine {
            self.inverse_norms.push(inverse_norm(&chunk[start..]));
        }
        self.rows += 1;
    }

    /// The vector of a row, as it was given.
    pub fn vector(&self, row: u32) -> &[f32] {
        &self.padded(row)[..self.dimension]
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let floats = self.chunks.iter().map(Vec::capacity).sum::<usize>();
        (floats + self.inverse_norms.capacity()) * size_of::<f32>()
    }

    #[inline(always)]
    fn padded(&self, row: u32) -> &[f32] {
        let row = row as usize;
        let start = (row & (self.chunk_rows() - 1)) * self.stride;
        &self.chunks[row >> self.chunk_shift][start..start + self.stride]
    }
}

impl Space for Vectors {
    type Query = VectorQuery;

    fn rows(&self) -> usize {
        self.rows
    }

    fn new_query(&self) -> Result<VectorQuery> {
        let mut values = Vec::new();
        try_resize(&mut values, self.stride, 0.0)?;
        Ok(VectorQuery { values })
    }

    fn load_vector(&self, query: &mut VectorQuery, vector: &[f32]) {
        query.values[..self.dimension].copy_from_slice(vector);
        if self.metric == Metric::Cosine {
            let scale = inverse_norm(vector);
            query.values.iter_mut().for_each(|value| *value *= scale);
        }
    }

    fn load_row(&self, query: &mut VectorQuery, row: u32) {
        query.values.copy_from_slice(self.padded(row));
        if self.metric == Metric::Cosine {
            let scale = self.inverse_norms[row as usize];
            query.values.iter_mut().for_each(|value| *value *= scale);
        }
    }

    #[inline(always)]
    fn distances<const N: usize>(&self, query: &VectorQuery, rows: [u32; N]) -> [f32; N] {
        let vectors = rows.map(|row| self.padded(row));
        match self.metric {
            Metric::Cosine => {
                let dots = dot_f32(&query.values, vectors);
                core::array::from_fn(|n| 1.0 - dots[n] * self.inverse_norms[rows[n] as usize])
            }
            Metric::Dot => dot_f32(&query.values, vectors).map(|dot| -dot),
            Metric::L2 => l2_squared_f32(&query.values, vectors),
        }
    }

    fn equal(&self, a: u32, b: u32) -> bool {
        match self.metric {
            Metric::Cosine => {
                let (p, q) = (self.inverse_norms[a as usize], self.inverse_norms[b as usize]);
                let mut pairs = self.vector(a).iter().zip(self.vector(b));
                pairs.all(|(a, b)| (a * p - b * q).abs() <= ROUNDING)
            }
            Metric::Dot | Metric::L2 => self.vector(a) == self.vector(b),
        }
    }
}

/// 1 / |v|, and 0 for a vector too short for that to be a float. In f64, where no square of a float overflows.
pub fn inverse_norm(vector: &[f32]) -> f32 {
    let squares: f64 = vector.iter().map(|&v| f64::from(v) * f64::from(v)).sum();
    let inverse = squares.sqrt().recip() as f32;
    if inverse.is_finite() { inverse } else { 0.0 }
}
