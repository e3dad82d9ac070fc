//! Vectors in halves: half the bytes of floats, eleven bits of every value. As codes they need hardly any measuring on
//! the originals; as originals they give back what they hold.
//!
//! A row is `scale × half`, with a scale of its own: the power of two that brings the largest value to 2^14..2^15. So
//! nothing overflows, the small values of a row keep all their bits down to 2^-28 of the largest, and what fits halves
//! as it was given comes back bit for bit.

use core::ops::Range;

use super::matrix::Matrix;
use super::vectors::inverse_norm;
use crate::codec::{Reader, Writer};
use crate::distance::f16::{from_f32, to_f32};
use crate::distance::{BATCH, F16_LANES, dot_f16, l1_f16, l2_squared_f16};
use crate::error::{Error, Result};
use crate::memory::{try_reserve, try_resize};
use crate::metric::Metric;
use crate::space::{Query, Rows, in_padded_batches};

/// The largest half below 2^15. Rounding stops there, or the largest floats would be decoded as infinity.
const LARGEST: f32 = 32_752.0;
/// The largest scale: that of the largest floats.
const LARGEST_SCALE: f32 = f32::from_bits((127 + 113) << 23);

/// The halves of all rows, and the floats that go with them.
pub struct Halves {
    metric: Metric,
    dimension: usize,
    halves: Matrix<u16>,
    scales: Vec<f32>,
    /// Under cosine, what makes a row's halves a unit vector (0 for a zero vector); else empty.
    units: Vec<f32>,
}

impl Halves {
    /// No rows yet.
    pub fn new(dimension: usize, metric: Metric) -> Self {
        Self {
            metric,
            dimension,
            halves: Matrix::new(dimension.next_multiple_of(F16_LANES)),
            scales: Vec::new(),
            units: Vec::new(),
        }
    }

    /// The values of a row.
    pub fn decoded(&self, row: u32) -> impl Iterator<Item = f32> {
        let scale = self.scales[row as usize];
        self.halves.row(row)[..self.dimension].iter().map(move |&half| scale * to_f32(half))
    }

    /// Whether the values of a row are there.
    pub fn has(&self, row: u32) -> bool {
        self.halves.has(row)
    }

    /// Chunks whose values are still to come.
    pub fn missing(&self) -> usize {
        self.halves.missing()
    }

    /// Counts in the first rows of all, whose values will be handed in.
    pub fn try_promise(&mut self, rows: usize) -> Result<()> {
        try_resize(&mut self.scales, rows, 0.0)?;
        if self.metric == Metric::Cosine {
            try_resize(&mut self.units, rows, 0.0)?;
        }
        self.halves.try_promise(rows)
    }

    /// Reads a chunk of promised rows as `write` saved it; one that is there already is left as it is.
    pub fn hand_in(&mut self, chunk: usize, mut reader: Reader) -> Result<()> {
        let Some(rows) = self.halves.promised(chunk) else {
            return Ok(());
        };
        let mut read = Self::new(self.dimension, self.metric);
        read.read(rows.len(), &mut reader)?;
        reader.finish()?;
        if self.metric == Metric::Cosine {
            self.units[rows.clone()].copy_from_slice(&read.units);
        }
        self.scales[rows].copy_from_slice(&read.scales);
        self.halves.fill(chunk, read.halves);
        Ok(())
    }

    fn push_halves(&mut self, halves: impl Iterator<Item = u16>, scale: f32) {
        let row = self.len() as u32;
        self.halves.push(halves);
        self.scales.push(scale);
        if self.metric == Metric::Cosine {
            self.units.push(scale * inverse_norm(self.decoded(row)));
        }
    }
}

impl Rows for Halves {
    fn len(&self) -> usize {
        self.halves.rows()
    }

    fn bytes(&self) -> usize {
        let floats = self.scales.capacity() + self.units.capacity();
        self.halves.bytes() + floats * size_of::<f32>()
    }

    fn try_reserve(&mut self, additional: usize) -> Result<()> {
        self.halves.try_reserve(additional)?;
        try_reserve(&mut self.scales, additional)?;
        if self.metric == Metric::Cosine {
            try_reserve(&mut self.units, additional)?;
        }
        Ok(())
    }

    fn push(&mut self, vector: &[f32]) {
        let scale = scale_of(vector);
        let half = |&value: &f32| from_f32((value / scale).clamp(-LARGEST, LARGEST));
        self.push_halves(vector.iter().map(half), scale);
    }

    fn new_query(&self) -> Result<Query> {
        let mut query = Query::default();
        try_resize(&mut query.floats, self.dimension.next_multiple_of(F16_LANES), 0.0)?;
        Ok(query)
    }

    fn load_vector(&self, query: &mut Query, vector: &[f32]) {
        let unit = match self.metric {
            Metric::Cosine => inverse_norm(vector.iter().copied()),
            _ => 1.0,
        };
        query.floats.iter_mut().zip(vector).for_each(|(value, &given)| *value = given * unit);
    }

    fn load_row(&self, query: &mut Query, row: u32) {
        let scale = match self.metric {
            Metric::Cosine => self.units[row as usize],
            _ => self.scales[row as usize],
        };
        let halves = self.halves.row(row);
        query
            .floats
            .iter_mut()
            .zip(halves)
            .for_each(|(value, &half)| *value = scale * to_f32(half));
    }

    fn distances(&self, query: &Query, rows: &[u32], out: &mut [f32]) {
        let halves = |rows: [u32; BATCH]| self.halves.rows_at(rows);
        let scales = |rows: [u32; BATCH]| rows.map(|row| self.scales[row as usize]);
        let query = &query.floats;
        match self.metric {
            Metric::L2 => {
                let kernel = |rows| l2_squared_f16(query, halves(rows), scales(rows));
                in_padded_batches(kernel, rows, out);
            }
            Metric::L1 => {
                let kernel = |rows| l1_f16(query, halves(rows), scales(rows));
                in_padded_batches(kernel, rows, out);
            }
            metric => {
                in_padded_batches(|rows| dot_f16(query, halves(rows)), rows, out);
                for (dot, &row) in out.iter_mut().zip(rows) {
                    *dot = match metric {
                        Metric::Cosine => 1.0 - *dot * self.units[row as usize],
                        _ => -*dot * self.scales[row as usize],
                    };
                }
            }
        }
    }

    fn equal(&self, a: u32, b: u32) -> bool {
        let equal_lengths =
            self.metric == Metric::Cosine || self.scales[a as usize] == self.scales[b as usize];
        equal_lengths && self.halves.row(a) == self.halves.row(b)
    }

    fn chunk_rows(&self) -> usize {
        self.halves.chunk_rows()
    }

    /// The halves of all rows, without padding, then their scales.
    fn write(&self, rows: Range<usize>, writer: &mut Writer) -> Result<()> {
        for row in rows.clone() {
            for half in &self.halves.row(row as u32)[..self.dimension] {
                writer.bytes(&half.to_le_bytes())?;
            }
        }
        writer.f32s(self.scales[rows].iter().copied())
    }

    /// Halves above [`LARGEST`] and scales that are no power of two are refused.
    fn read(&mut self, rows: usize, reader: &mut Reader) -> Result<()> {
        let (halves, _) = reader.bytes(rows * self.dimension * size_of::<u16>())?.as_chunks();
        let halves = halves.iter().map(|&half| u16::from_le_bytes(half));
        let scales = reader.f32s(rows)?;
        if halves.clone().any(|half| half & 0x7fff > from_f32(LARGEST)) {
            return Err(Error::Corrupt("a half is too large"));
        }
        let is_power = |scale: f32| scale.to_bits() & 0x007f_ffff == 0;
        let is_scale =
            |scale| is_power(scale) && (f32::MIN_POSITIVE..=LARGEST_SCALE).contains(&scale);
        if !scales.clone().all(is_scale) {
            return Err(Error::Corrupt("a scale of halves is no power of two"));
        }
        self.try_reserve(rows)?;
        let mut halves = halves;
        for scale in scales {
            self.push_halves(halves.by_ref().take(self.dimension), scale);
        }
        Ok(())
    }
}

/// The power of two that brings the largest value to 2^14..2^15, or as near as it can without being subnormal.
fn scale_of(vector: &[f32]) -> f32 {
    let largest = vector.iter().fold(0.0, |largest: f32, value| largest.max(value.abs()));
    let exponent = largest.to_bits() >> 23;
    f32::from_bits(exponent.saturating_sub(14).max(1) << 23)
}
