//! Sets, for the metrics that compare sets: a vector stands for the set of positions whose value is above 0. Nothing
//! that these metrics ask is lost.

use core::ops::Range;

use crate::codec::{CHUNK_BYTES, HEADER_BYTES, Reader, Writer};
use crate::distance::{BATCH, BIT_BYTES, intersection};
use crate::error::{Error, Result};
use crate::memory::{AlignedVec, try_reserve, try_resize};
use crate::metric::Metric;
use crate::space::{Query, Rows, in_padded_batches};

/// A bit for each position of each row, and how many are set.
pub struct Sets {
    metric: Metric,
    dimension: usize,
    /// Bytes of a row.
    stride: usize,
    bits: AlignedVec<u8>,
    sizes: Vec<u32>,
}

impl Sets {
    /// No rows yet.
    pub fn new(dimension: usize, metric: Metric) -> Self {
        Self {
            metric,
            dimension,
            stride: dimension.div_ceil(8).next_multiple_of(BIT_BYTES),
            bits: AlignedVec::new(),
            sizes: Vec::new(),
        }
    }

    #[inline(always)]
    fn bits(&self, row: u32) -> &[u8] {
        let start = row as usize * self.stride;
        &self.bits[start..start + self.stride]
    }

    /// The distance of two sets of `sum` elements together, `common` of them in both. Hamming is the size of the symmetric
    /// difference, Jaccard 1 - |A ∩ B| / |A ∪ B|, and 0 for two empty sets.
    fn distance(&self, common: f32, sum: u32) -> f32 {
        let union = sum as f32 - common;
        match self.metric {
            Metric::Jaccard if union == 0.0 => 0.0,
            Metric::Jaccard => 1.0 - common / union,
            _ => union - common,
        }
    }
}

impl Rows for Sets {
    fn len(&self) -> usize {
        self.sizes.len()
    }

    fn bytes(&self) -> usize {
        self.bits.bytes() + self.sizes.capacity() * size_of::<u32>()
    }

    fn try_reserve(&mut self, additional: usize) -> Result<()> {
        self.bits.try_reserve(additional.checked_mul(self.stride).ok_or(Error::OutOfMemory)?)?;
        try_reserve(&mut self.sizes, additional)
    }

    fn push(&mut self, vector: &[f32]) {
        let start = self.bits.len();
        self.bits.extend_filled(self.stride, 0);
        pack_positive(vector, &mut self.bits[start..]);
        self.sizes.push(size(&self.bits[start..]));
    }

    fn new_query(&self) -> Result<Query> {
        let mut query = Query::default();
        try_resize(&mut query.bits, self.stride, 0)?;
        Ok(query)
    }

    fn load_vector(&self, query: &mut Query, vector: &[f32]) {
        pack_positive(vector, &mut query.bits);
        query.size = size(&query.bits);
    }

    fn load_row(&self, query: &mut Query, row: u32) {
        query.bits.copy_from_slice(self.bits(row));
        query.size = self.sizes[row as usize];
    }

    fn distances(&self, query: &Query, rows: &[u32], out: &mut [f32]) {
        let kernel = |rows: [u32; BATCH]| {
            intersection(&query.bits, rows.map(|row| self.bits(row))).map(|common| common as f32)
        };
        in_padded_batches(kernel, rows, out);
        for (distance, &row) in out.iter_mut().zip(rows) {
            *distance = self.distance(*distance, query.size + self.sizes[row as usize]);
        }
    }

    fn equal(&self, a: u32, b: u32) -> bool {
        self.bits(a) == self.bits(b)
    }

    fn chunk_rows(&self) -> usize {
        1 << ((CHUNK_BYTES - HEADER_BYTES) / self.stride).ilog2()
    }

    /// The bits of all rows, padding included.
    fn write(&self, rows: Range<usize>, writer: &mut Writer) -> Result<()> {
        writer.bytes(&self.bits[rows.start * self.stride..rows.end * self.stride])
    }

    /// Bits beyond the dimension, which would count as common, are refused.
    fn read(&mut self, rows: usize, reader: &mut Reader) -> Result<()> {
        let bits = reader.bytes(rows * self.stride)?;
        let is_clear = |row: &[u8]| {
            let beyond = |byte: usize| match self.dimension.saturating_sub(8 * byte) {
                within @ 0..8 => u8::MAX << within,
                _ => 0,
            };
            row.iter().enumerate().all(|(byte, bits)| bits & beyond(byte) == 0)
        };
        if !bits.chunks_exact(self.stride).all(is_clear) {
            return Err(Error::Corrupt("a set holds a position beyond the dimension"));
        }
        self.try_reserve(rows)?;
        self.bits.extend_from_slice(bits);
        self.sizes.extend(bits.chunks_exact(self.stride).map(size));
        Ok(())
    }
}

/// Sets bit i, lowest first, where value i is above 0, and clears all others.
pub(super) fn pack_positive(values: &[f32], bits: &mut [u8]) {
    bits.fill(0);
    for (byte, values) in bits.iter_mut().zip(values.chunks(8)) {
        let bit = |(i, &value): (usize, &f32)| u8::from(value > 0.0) << i;
        *byte = values.iter().enumerate().map(bit).sum();
    }
}

fn size(bits: &[u8]) -> u32 {
    bits.iter().map(|byte| byte.count_ones()).sum()
}
