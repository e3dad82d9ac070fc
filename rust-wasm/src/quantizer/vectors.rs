//! Vectors as they were given, bit for bit: what answers are made of in the end.

use core::ops::Range;

use crate::codec::{Reader, Writer};
use crate::distance::{F32_LANES, dot_f32, l2_squared_f32};
use crate::error::{Error, Result};
use crate::memory::{try_reserve, try_reserve_total, try_resize};
use crate::metric::Metric;
use crate::space::{Kernel, Query, Rows, in_batches};

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

    /// The vector of a row, as it was given.
    pub fn vector(&self, row: u32) -> &[f32] {
        &self.padded(row)[..self.dimension]
    }

    #[inline(always)]
    fn padded(&self, row: u32) -> &[f32] {
        let row = row as usize;
        let start = (row & (self.chunk_rows() - 1)) * self.stride;
        &self.chunks[row >> self.chunk_shift][start..start + self.stride]
    }
}

impl Rows for Vectors {
    fn len(&self) -> usize {
        self.rows
    }

    fn bytes(&self) -> usize {
        let floats = self.chunks.iter().map(Vec::capacity).sum::<usize>();
        (floats + self.inverse_norms.capacity()) * size_of::<f32>()
    }

    fn try_reserve(&mut self, additional: usize) -> Result<()> {
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

    fn push(&mut self, vector: &[f32]) {
        let chunk = &mut self.chunks[self.rows >> self.chunk_shift];
        chunk.extend_from_slice(vector);
        chunk.resize(chunk.len() + self.stride - self.dimension, 0.0);
        if self.metric == Metric::Cosine {
            self.inverse_norms.push(inverse_norm(vector));
        }
        self.rows += 1;
    }

    fn new_query(&self) -> Result<Query> {
        let mut query = Query::default();
        try_resize(&mut query.floats, self.stride, 0.0)?;
        Ok(query)
    }

    fn load_vector(&self, query: &mut Query, vector: &[f32]) {
        query.floats[..self.dimension].copy_from_slice(vector);
        if self.metric == Metric::Cosine {
            let scale = inverse_norm(vector);
            query.floats.iter_mut().for_each(|value| *value *= scale);
        }
    }

    fn load_row(&self, query: &mut Query, row: u32) {
        query.floats.copy_from_slice(self.padded(row));
        if self.metric == Metric::Cosine {
            let scale = self.inverse_norms[row as usize];
            query.floats.iter_mut().for_each(|value| *value *= scale);
        }
    }

    fn distances(&self, query: &Query, rows: &[u32], out: &mut [f32]) {
        match self.metric {
            Metric::Cosine => in_batches(&CosineKernel(self, query), rows, out),
            Metric::Dot => in_batches(&DotKernel(self, query), rows, out),
            Metric::L2 => in_batches(&L2Kernel(self, query), rows, out),
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

    fn chunk_rows(&self) -> usize {
        1 << self.chunk_shift
    }

    fn write(&self, rows: Range<usize>, writer: &mut Writer) -> Result<()> {
        for row in rows {
            writer.f32s(self.vector(row as u32).iter().copied())?;
        }
        Ok(())
    }

    fn read(&mut self, rows: usize, reader: &mut Reader) -> Result<()> {
        let mut floats = reader.f32s(rows * self.dimension)?;
        self.try_reserve(rows)?;
        let mut vector = Vec::new();
        try_resize(&mut vector, self.dimension, 0.0)?;
        for _ in 0..rows {
            vector.iter_mut().zip(floats.by_ref()).for_each(|(value, saved)| *value = saved);
            self.push(&vector);
        }
        Ok(())
    }
}

struct CosineKernel<'a>(&'a Vectors, &'a Query);

impl Kernel for CosineKernel<'_> {
    #[inline(always)]
    fn run<const N: usize>(&self, rows: [u32; N]) -> [f32; N] {
        let dots = dot_f32(&self.1.floats, rows.map(|row| self.0.padded(row)));
        core::array::from_fn(|n| 1.0 - dots[n] * self.0.inverse_norms[rows[n] as usize])
    }
}

struct DotKernel<'a>(&'a Vectors, &'a Query);

impl Kernel for DotKernel<'_> {
    #[inline(always)]
    fn run<const N: usize>(&self, rows: [u32; N]) -> [f32; N] {
        dot_f32(&self.1.floats, rows.map(|row| self.0.padded(row))).map(|dot| -dot)
    }
}

struct L2Kernel<'a>(&'a Vectors, &'a Query);

impl Kernel for L2Kernel<'_> {
    #[inline(always)]
    fn run<const N: usize>(&self, rows: [u32; N]) -> [f32; N] {
        l2_squared_f32(&self.1.floats, rows.map(|row| self.0.padded(row)))
    }
}

/// 1 / |v|, and 0 for a vector too short for that to be a float. In f64, where no square of a float overflows.
pub fn inverse_norm(vector: &[f32]) -> f32 {
    let squares: f64 = vector.iter().map(|&v| f64::from(v) * f64::from(v)).sum();
    let inverse = squares.sqrt().recip() as f32;
    if inverse.is_finite() { inverse } else { 0.0 }
}
