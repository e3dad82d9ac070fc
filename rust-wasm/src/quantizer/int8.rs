//! Int8 codes: a quarter of the bytes of floats, which is what a walk over a graph waits for.
//!
//! A row is `scale × (code - 64)` with codes of 1..=127 (seven bits: see [`dot_i8`](scalar::dot_i8)) and a scale of its
//! own; a query is `scale × code` with codes of -127..=127. Under cosine both stand for unit vectors.
//!
//! The scale of a row is chosen so that row · decoded row = |row|²: an estimate by a query near the row is then right
//! to the second order (the estimator of RaBitQ, Gao and Long, SIGMOD 2024). Under L2 the distance is the one between
//! the decoded query and the decoded row, whose norm is kept: errors then scale with their distance and not with
//! their lengths.

use core::ops::Range;

use super::vectors::inverse_norm;
use crate::codec::{CHUNK_BYTES, HEADER_BYTES, Reader, Writer};
#[cfg(doc)]
use crate::distance::scalar;
use crate::distance::{BATCH, I8_LANES, TILE, dot_i8, dot_i8_tile, l1_i8};
use crate::error::{Error, Result};
use crate::memory::{AlignedVec, try_reserve, try_resize};
use crate::metric::Metric;
use crate::space::{Kernel, Query, Rows, TileKernel, in_batches, in_padded_batches, in_tiles};

/// The code of 0.
const ZERO: u8 = 64;
/// The largest distance of a row's code from [`ZERO`].
const ROW_LEVELS: f32 = 63.0;
/// The largest code of a query.
const QUERY_LEVELS: f32 = 127.0;

/// Codes of all rows, and the floats that go with them.
pub struct Int8Codes {
    metric: Metric,
    stride: usize,
    codes: AlignedVec<u8>,
    scales: Vec<f32>,
    /// Under L2 the squared norm of every decoded row; else empty.
    norms: Vec<f32>,
}

impl Int8Codes {
    /// No rows yet.
    pub fn new(dimension: usize, metric: Metric) -> Self {
        Self {
            metric,
            stride: dimension.next_multiple_of(I8_LANES),
            codes: AlignedVec::new(),
            scales: Vec::new(),
            norms: Vec::new(),
        }
    }

    #[inline(always)]
    fn codes(&self, row: u32) -> &[u8] {
        let [codes] = self.codes_of([row]);
        codes
    }

    #[inline(always)]
    fn codes_of<const N: usize>(&self, rows: [u32; N]) -> [&[u8]; N] {
        let highest = rows.iter().fold(0, |highest, &row| row.max(highest));
        assert!((highest as usize) < self.scales.len());
        rows.map(|row| {
            let start = row as usize * self.stride;
            // SAFETY: there are codes of as many rows as there are scales.
            unsafe { self.codes.get_unchecked(start..start + self.stride) }
        })
    }

    /// Turns dot products into distances.
    fn finish(&self, query: &Query, rows: &[u32], out: &mut [f32]) {
        match self.metric {
            Metric::Cosine => out.iter_mut().for_each(|dot| *dot = 1.0 - *dot),
            Metric::Dot | Metric::L1 | Metric::Hamming | Metric::Jaccard => {
                out.iter_mut().for_each(|dot| *dot = -*dot)
            }
            Metric::L2 => {
                for (dot, &row) in out.iter_mut().zip(rows) {
                    *dot = query.norm + self.norms[row as usize] - 2.0 * *dot;
                }
            }
        }
    }

    fn norm(&self, row: u32) -> f32 {
        match self.metric {
            Metric::L2 => self.norms[row as usize],
            _ => 0.0,
        }
    }
}

impl Rows for Int8Codes {
    fn len(&self) -> usize {
        self.scales.len()
    }

    fn bytes(&self) -> usize {
        let floats = self.scales.capacity() + self.norms.capacity();
        self.codes.bytes() + floats * size_of::<f32>()
    }

    fn try_reserve(&mut self, additional: usize) -> Result<()> {
        let codes = additional.checked_mul(self.stride).ok_or(Error::OutOfMemory)?;
        self.codes.try_reserve(codes)?;
        try_reserve(&mut self.scales, additional)?;
        if self.metric == Metric::L2 {
            try_reserve(&mut self.norms, additional)?;
        }
        Ok(())
    }

    fn push(&mut self, vector: &[f32]) {
        let start = self.codes.len();
        self.codes.extend_filled(self.stride, ZERO);
        let codes = &mut self.codes[start..];

        let unit = unit(self.metric, vector);
        let step = largest(vector) / ROW_LEVELS;
        let per_step = reciprocal(step);
        let (mut decoded_squares, mut product) = (0.0, 0.0);
        for (code, &value) in codes.iter_mut().zip(vector) {
            let level = (value * per_step).round_ties_even();
            *code = (level + f32::from(ZERO)) as u8;
            decoded_squares += f64::from(level) * f64::from(level);
            product += f64::from(level) * f64::from(value);
        }
        let squares: f64 = vector.iter().map(|&v| f64::from(v) * f64::from(v)).sum();
        let scale = match self.metric {
            // There the steps are as they are: a longer row would be farther from itself.
            Metric::L1 => f64::from(step),
            _ if product > 0.0 => squares / product,
            _ => 0.0,
        };
        self.scales.push((scale * f64::from(unit)) as f32);
        if self.metric == Metric::L2 {
            self.norms.push((decoded_squares * scale * scale) as f32);
        }
    }

    fn new_query(&self) -> Result<Query> {
        let mut query = Query::default();
        if self.metric == Metric::L1 {
            try_resize(&mut query.floats, self.stride, 0.0)?;
        } else {
            try_resize(&mut query.codes, self.stride, 0)?;
        }
        Ok(query)
    }

    fn load_vector(&self, query: &mut Query, vector: &[f32]) {
        if self.metric == Metric::L1 {
            query.floats[..vector.len()].copy_from_slice(vector);
            return;
        }
        let step = largest(vector) / QUERY_LEVELS;
        let per_step = reciprocal(step);
        let (mut sum, mut squares) = (0, 0.0);
        for (code, &value) in query.codes.iter_mut().zip(vector) {
            *code = (value * per_step).round_ties_even() as i8;
            sum += i32::from(*code);
            squares += f32::from(*code) * f32::from(*code);
        }
        query.scale = step * unit(self.metric, vector);
        query.offset = i32::from(ZERO) * sum;
        query.norm = squares * query.scale * query.scale;
    }

    fn load_row(&self, query: &mut Query, row: u32) {
        if self.metric == Metric::L1 {
            let scale = self.scales[row as usize];
            for (value, &code) in query.floats.iter_mut().zip(self.codes(row)) {
                *value = scale * (f32::from(code) - f32::from(ZERO));
            }
            return;
        }
        let mut sum = 0;
        for (code, &level) in query.codes.iter_mut().zip(self.codes(row)) {
            *code = level.wrapping_sub(ZERO) as i8;
            sum += i32::from(*code);
        }
        query.scale = self.scales[row as usize];
        query.offset = i32::from(ZERO) * sum;
        query.norm = self.norm(row);
    }

    fn distances(&self, query: &Query, rows: &[u32], out: &mut [f32]) {
        if self.metric == Metric::L1 {
            let kernel = |rows: [u32; BATCH]| {
                let scales = rows.map(|row| self.scales[row as usize]);
                l1_i8(&query.floats, self.codes_of(rows), scales)
            };
            return in_padded_batches(kernel, rows, out);
        }
        in_batches(&Dots(self, query), rows, out);
        self.finish(query, rows, out);
    }

    fn distances_many(&self, queries: &[Query], rows: &[u32], out: &mut [f32]) {
        let tiled = match self.metric {
            Metric::L1 => 0,
            _ => in_tiles(&DotTiles(self), queries, rows, out),
        };
        for (n, (query, out)) in queries.iter().zip(out.chunks_mut(rows.len().max(1))).enumerate() {
            if n < tiled {
                self.finish(query, rows, out);
            } else {
                self.distances(query, rows, out);
            }
        }
    }

    fn equal(&self, a: u32, b: u32) -> bool {
        // Under cosine the codes say it all: a scale only makes their length that of a unit vector.
        let equal_lengths = self.metric == Metric::Cosine
            || (self.scales[a as usize] == self.scales[b as usize] && self.norm(a) == self.norm(b));
        equal_lengths && self.codes(a) == self.codes(b)
    }

    fn chunk_rows(&self) -> usize {
        let floats = if self.metric == Metric::L2 { 2 } else { 1 };
        let row_bytes = self.stride + floats * size_of::<f32>();
        1 << ((CHUNK_BYTES - HEADER_BYTES) / row_bytes).ilog2()
    }

    /// The codes of all rows, then their scales, then under L2 their norms.
    fn write(&self, rows: Range<usize>, writer: &mut Writer) -> Result<()> {
        writer.bytes(&self.codes[rows.start * self.stride..rows.end * self.stride])?;
        writer.f32s(self.scales[rows.clone()].iter().copied())?;
        writer.f32s(self.norms.get(rows).unwrap_or(&[]).iter().copied())
    }

    /// Codes above 127, for which the kernels differ from machine to machine, are refused, and so are floats that no
    /// vector leads to.
    fn read(&mut self, rows: usize, reader: &mut Reader) -> Result<()> {
        let norms = if self.metric == Metric::L2 { rows } else { 0 };
        let codes = reader.bytes(rows * self.stride)?;
        let scales = reader.f32s(rows)?;
        let norms = reader.f32s(norms)?;
        if codes.iter().fold(0, |bits, code| bits | code) > 127 {
            return Err(Error::Corrupt("a code is above 127"));
        }
        if scales.clone().chain(norms.clone()).any(|value| value.is_nan() || value < 0.0) {
            return Err(Error::Corrupt("a scale or a norm is negative"));
        }
        self.try_reserve(rows)?;
        self.codes.extend_from_slice(codes);
        self.scales.extend(scales);
        self.norms.extend(norms);
        Ok(())
    }
}

/// The dot products of a query with rows.
struct Dots<'a>(&'a Int8Codes, &'a Query);

impl Kernel for Dots<'_> {
    #[inline(always)]
    fn run<const N: usize>(&self, rows: [u32; N]) -> [f32; N] {
        let Dots(store, query) = self;
        let sums = dot_i8(&query.codes, store.codes_of(rows));
        core::array::from_fn(|n| {
            (sums[n] - query.offset) as f32 * (query.scale * store.scales[rows[n] as usize])
        })
    }
}

struct DotTiles<'a>(&'a Int8Codes);

impl TileKernel for DotTiles<'_> {
    #[inline(always)]
    fn run(&self, queries: &[Query; TILE.0], rows: [u32; TILE.1]) -> [[f32; TILE.1]; TILE.0] {
        let codes = queries.each_ref().map(|query| &query.codes[..]);
        let sums = dot_i8_tile(codes, self.0.codes_of(rows));
        core::array::from_fn(|q| {
            let Query { offset, scale, .. } = queries[q];
            core::array::from_fn(|n| {
                (sums[q][n] - offset) as f32 * (scale * self.0.scales[rows[n] as usize])
            })
        })
    }
}

/// What a vector is multiplied with before all else.
fn unit(metric: Metric, vector: &[f32]) -> f32 {
    if metric == Metric::Cosine { inverse_norm(vector) } else { 1.0 }
}

fn largest(vector: &[f32]) -> f32 {
    vector.iter().fold(0.0, |largest, value| value.abs().max(largest))
}

/// 1 / step, and 0 where the step is too small for that to be a float: all levels are then 0.
fn reciprocal(step: f32) -> f32 {
    let reciprocal = step.recip();
    if reciprocal.is_finite() { reciprocal } else { 0.0 }
}
