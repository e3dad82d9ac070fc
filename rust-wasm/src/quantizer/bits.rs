//! 1-bit codes: the signs of the rotated vector (RaBitQ, Gao and Long, SIGMOD 2024, around the origin).
//!
//! A row is `factor × s`, `s` being +1 or -1 in every place, with the factor that makes row · decoded row = |row|², so
//! that an estimate by a query near the row is right to the second order. A query is rotated the same way and keeps
//! four bits of every value, -7..=7: the bits of the rows lose the more by far. Under cosine both stand for unit
//! vectors. Dimensions are padded to a multiple of 128 before they are rotated, so that padding too bears a part.
//!
//! Estimates have an error of about 0.8 |q| |row| / √d; they are there to find candidates. L1 distances do not survive a
//! rotation at all: there they are estimated from the L2 distances, as √(2 d / π) times as much, which is what they are
//! where differences are normally distributed. Measuring candidates on the originals decides.

use core::f32::consts::FRAC_2_PI;
use core::ops::Range;

use super::rotation::rotate;
use super::sets::pack_positive;
use super::vectors::inverse_norm;
use crate::codec::{CHUNK_BYTES, HEADER_BYTES, Reader, Writer};
use crate::distance::{BATCH, BIT_BYTES, PLANES, dot_bits};
use crate::error::{Error, Result};
use crate::memory::{AlignedVec, try_reserve, try_resize};
use crate::metric::Metric;
use crate::space::{Query, Rows, in_padded_batches};

/// The largest value of a query, in its steps.
const QUERY_LEVELS: f32 = 7.0;

/// How far the floats of two equal rows may be off by rounding, relative to their size.
const ROUNDING: f32 = 1e-6;

/// The signs of all rows, and the floats that go with them.
pub struct BitCodes {
    metric: Metric,
    /// How much longer a normally distributed vector is in L1 than in L2.
    l1_by_l2: f32,
    /// Values of a rotated vector.
    padded: usize,
    bits: AlignedVec<u8>,
    factors: Vec<f32>,
    /// The squared norm of every row; empty under cosine, where it is 1.
    norms: Vec<f32>,
    rotated: Vec<f32>,
}

impl BitCodes {
    /// No rows yet.
    pub fn new(dimension: usize, metric: Metric) -> Self {
        Self {
            metric,
            l1_by_l2: (dimension as f32 * FRAC_2_PI).sqrt(),
            padded: dimension.next_multiple_of(8 * BIT_BYTES),
            bits: AlignedVec::new(),
            factors: Vec::new(),
            norms: Vec::new(),
            rotated: Vec::new(),
        }
    }

    /// Bytes of a row.
    fn stride(&self) -> usize {
        self.padded / 8
    }

    #[inline(always)]
    fn bits(&self, row: u32) -> &[u8] {
        let start = row as usize * self.stride();
        &self.bits[start..start + self.stride()]
    }

    fn norm(&self, row: u32) -> f32 {
        if self.metric == Metric::Cosine { 1.0 } else { self.norms[row as usize] }
    }

    /// Rotates a padded vector in place; under cosine it becomes a unit vector.
    fn rotate(&self, values: &mut [f32]) {
        if self.metric == Metric::Cosine {
            let unit = inverse_norm(&*values);
            values.iter_mut().for_each(|value| *value *= unit);
        }
        rotate(values);
    }

    /// Makes `query` stand for a vector.
    pub fn load(&self, query: &mut Query, vector: impl Iterator<Item = f32>) {
        copy_padded(vector, &mut query.floats);
        self.load_floats(query);
    }

    /// Makes `query` stand for the vector in its own floats.
    fn load_floats(&self, query: &mut Query) {
        self.rotate(&mut query.floats);
        query.norm = squares(&query.floats) as f32;
        let largest = query.floats.iter().fold(0.0, |largest: f32, value| largest.max(value.abs()));
        query.scale = largest / QUERY_LEVELS;
        let per_step = query.scale.recip();
        let per_step = if per_step.is_finite() { per_step } else { 0.0 };
        query.offset = 0;
        query.bits.fill(0);
        let registers = query.bits.chunks_exact_mut(PLANES * BIT_BYTES);
        for (planes, values) in registers.zip(query.floats.chunks_exact(8 * BIT_BYTES)) {
            for (i, value) in values.iter().enumerate() {
                let level = (value * per_step).round_ties_even() as i8;
                query.offset += i32::from(level);
                for plane in 0..PLANES {
                    planes[plane * BIT_BYTES + i / 8] |= (level as u8 >> plane & 1) << (i % 8);
                }
            }
        }
    }
}

impl Rows for BitCodes {
    fn len(&self) -> usize {
        self.factors.len()
    }

    fn bytes(&self) -> usize {
        let floats = self.factors.capacity() + self.norms.capacity() + self.rotated.capacity();
        self.bits.bytes() + floats * size_of::<f32>()
    }

    fn try_reserve(&mut self, additional: usize) -> Result<()> {
        self.bits.try_reserve(additional.checked_mul(self.stride()).ok_or(Error::OutOfMemory)?)?;
        try_reserve(&mut self.factors, additional)?;
        if self.metric != Metric::Cosine {
            try_reserve(&mut self.norms, additional)?;
        }
        try_resize(&mut self.rotated, self.padded, 0.0)
    }

    fn push(&mut self, vector: &[f32]) {
        let mut rotated = core::mem::take(&mut self.rotated);
        copy_padded(vector.iter().copied(), &mut rotated);
        self.rotate(&mut rotated);
        let start = self.bits.len();
        self.bits.extend_filled(self.stride(), 0);
        pack_positive(&rotated, &mut self.bits[start..]);
        let squares = squares(&rotated);
        // The inner product of the row and its signs.
        let product: f64 = rotated.iter().map(|value| f64::from(value.abs())).sum();
        self.factors.push(if product > 0.0 { (squares / product) as f32 } else { 0.0 });
        if self.metric != Metric::Cosine {
            self.norms.push(squares as f32);
        }
        self.rotated = rotated;
    }

    fn new_query(&self) -> Result<Query> {
        let mut query = Query::default();
        try_resize(&mut query.floats, self.padded, 0.0)?;
        try_resize(&mut query.bits, PLANES * self.stride(), 0)?;
        Ok(query)
    }

    fn load_vector(&self, query: &mut Query, vector: &[f32]) {
        self.load(query, vector.iter().copied());
    }

    /// By the row's own bits, scaled so that a row's distance to itself is what it should be. A query from the vector
    /// itself (`load_vector`) estimates better: what is left then is the error of one row and not of two.
    fn load_row(&self, query: &mut Query, row: u32) {
        let bits = self.bits(row);
        let registers = query.bits.chunks_exact_mut(PLANES * BIT_BYTES);
        for (planes, bits) in registers.zip(bits.chunks_exact(BIT_BYTES)) {
            // 1 is 0001, and -1 is 1111.
            let (ones, others) = planes.split_at_mut(BIT_BYTES);
            ones.fill(u8::MAX);
            for plane in others.chunks_exact_mut(BIT_BYTES) {
                plane.iter_mut().zip(bits).for_each(|(plane, bits)| *plane = !bits);
            }
        }
        let ones: u32 = bits.iter().map(|byte| byte.count_ones()).sum();
        query.offset = 2 * ones as i32 - self.padded as i32;
        query.norm = self.norm(row);
        let scale = query.norm / (self.factors[row as usize] * self.padded as f32);
        query.scale = if scale.is_finite() { scale } else { 0.0 };
    }

    fn distances(&self, query: &Query, rows: &[u32], out: &mut [f32]) {
        // With bits b = (s + 1) / 2: q · s = 2 (q · b) - (the sum of q).
        let kernel = |rows: [u32; BATCH]| {
            dot_bits(&query.bits, rows.map(|row| self.bits(row)))
                .map(|sum| (2 * sum - query.offset) as f32)
        };
        in_padded_batches(kernel, rows, out);
        for (sum, &row) in out.iter_mut().zip(rows) {
            let dot = *sum * (query.scale * self.factors[row as usize]);
            *sum = match self.metric {
                Metric::Cosine => 1.0 - dot,
                Metric::L2 => query.norm + self.norms[row as usize] - 2.0 * dot,
                Metric::L1 => {
                    let squared = query.norm + self.norms[row as usize] - 2.0 * dot;
                    self.l1_by_l2 * squared.max(0.0).sqrt()
                }
                Metric::Dot | Metric::Hamming | Metric::Jaccard => -dot,
            };
        }
    }

    fn equal(&self, a: u32, b: u32) -> bool {
        let close = |a: f32, b: f32| (a - b).abs() <= ROUNDING * a;
        close(self.norm(a), self.norm(b))
            && close(self.factors[a as usize], self.factors[b as usize])
            && self.bits(a) == self.bits(b)
    }

    fn chunk_rows(&self) -> usize {
        let floats = if self.metric == Metric::Cosine { 1 } else { 2 };
        let row_bytes = self.stride() + floats * size_of::<f32>();
        1 << ((CHUNK_BYTES - HEADER_BYTES) / row_bytes).ilog2()
    }

    /// The bits of all rows, then their factors, then, but under cosine, their squared norms.
    fn write(&self, rows: Range<usize>, writer: &mut Writer) -> Result<()> {
        writer.bytes(&self.bits[rows.start * self.stride()..rows.end * self.stride()])?;
        writer.f32s(self.factors[rows.clone()].iter().copied())?;
        writer.f32s(self.norms.get(rows).unwrap_or(&[]).iter().copied())
    }

    /// Floats that no vector leads to are refused.
    fn read(&mut self, rows: usize, reader: &mut Reader) -> Result<()> {
        let bits = reader.bytes(rows * self.stride())?;
        let factors = reader.f32s(rows)?;
        let norms = reader.f32s(if self.metric == Metric::Cosine { 0 } else { rows })?;
        if factors.clone().chain(norms.clone()).any(|value| value.is_nan() || value < 0.0) {
            return Err(Error::Corrupt("a scale or a norm is negative"));
        }
        self.try_reserve(rows)?;
        self.bits.extend_from_slice(bits);
        self.factors.extend(factors);
        self.norms.extend(norms);
        Ok(())
    }
}

/// Copies a vector to the front of `padded` and zeros to the rest.
fn copy_padded(vector: impl Iterator<Item = f32>, padded: &mut [f32]) {
    padded.fill(0.0);
    padded.iter_mut().zip(vector).for_each(|(value, given)| *value = given);
}

fn squares(values: &[f32]) -> f64 {
    values.iter().map(|&value| f64::from(value) * f64::from(value)).sum()
}
