//! Vectors as they were given, bit for bit: what answers are made of in the end.

use core::borrow::Borrow;
use core::ops::Range;

use super::matrix::Matrix;
use crate::codec::{Reader, Writer};
use crate::distance::{
    BATCH, F32_LANES, TILE, dot_f32, dot_f32_tile, l1_f32, l2_squared_f32, l2_squared_f32_tile,
};
use crate::error::Result;
use crate::memory::{try_reserve, try_resize};
use crate::metric::Metric;
use crate::space::{Kernel, Query, Rows, TileKernel, in_batches, in_padded_batches, in_tiles};

/// How far the same value of two unit vectors may be off by rounding.
const ROUNDING: f32 = 1e-6;

/// The floats of all rows, padded with zeros to whole registers.
pub struct Vectors {
    metric: Metric,
    dimension: usize,
    floats: Matrix<f32>,
    /// Under cosine 1 / |v| for every row (0 for a zero vector); else empty.
    inverse_norms: Vec<f32>,
}

impl Vectors {
    /// No rows yet.
    pub fn new(dimension: usize, metric: Metric) -> Self {
        Self {
            metric,
            dimension,
            floats: Matrix::new(dimension.next_multiple_of(F32_LANES)),
            inverse_norms: Vec::new(),
        }
    }

    /// The values of a row.
    pub fn decoded(&self, row: u32) -> impl Iterator<Item = f32> {
        self.vector(row).iter().copied()
    }

    /// The vector of a row, as it was given.
    pub fn vector(&self, row: u32) -> &[f32] {
        &self.floats.row(row)[..self.dimension]
    }

    /// Whether the values of a row are there.
    pub fn has(&self, row: u32) -> bool {
        self.floats.has(row)
    }

    /// Chunks whose values are still to come.
    pub fn missing(&self) -> usize {
        self.floats.missing()
    }

    /// Counts in the first rows of all, whose values will be handed in.
    pub fn try_promise(&mut self, rows: usize) -> Result<()> {
        if self.metric == Metric::Cosine {
            try_resize(&mut self.inverse_norms, rows, 0.0)?;
        }
        self.floats.try_promise(rows)
    }

    /// Reads a chunk of promised rows as `write` saved it; one that is there already is left as it is.
    pub fn hand_in(&mut self, chunk: usize, mut reader: Reader) -> Result<()> {
        let Some(rows) = self.floats.promised(chunk) else {
            return Ok(());
        };
        let mut read = Self::new(self.dimension, self.metric);
        read.read(rows.len(), &mut reader)?;
        reader.finish()?;
        if self.metric == Metric::Cosine {
            self.inverse_norms[rows].copy_from_slice(&read.inverse_norms);
        }
        self.floats.fill(chunk, read.floats);
        Ok(())
    }

    fn push_values(&mut self, values: impl Iterator<Item = f32>) {
        let row = self.len() as u32;
        self.floats.push(values);
        if self.metric == Metric::Cosine {
            self.inverse_norms.push(inverse_norm(self.vector(row)));
        }
    }
}

impl Rows for Vectors {
    fn len(&self) -> usize {
        self.floats.rows()
    }

    fn bytes(&self) -> usize {
        self.floats.bytes() + self.inverse_norms.capacity() * size_of::<f32>()
    }

    fn try_reserve(&mut self, additional: usize) -> Result<()> {
        self.floats.try_reserve(additional)?;
        match self.metric {
            Metric::Cosine => try_reserve(&mut self.inverse_norms, additional),
            _ => Ok(()),
        }
    }

    fn push(&mut self, vector: &[f32]) {
        self.push_values(vector.iter().copied());
    }

    fn new_query(&self) -> Result<Query> {
        let mut query = Query::default();
        try_resize(&mut query.floats, self.dimension.next_multiple_of(F32_LANES), 0.0)?;
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
        query.floats.copy_from_slice(self.floats.row(row));
        if self.metric == Metric::Cosine {
            let scale = self.inverse_norms[row as usize];
            query.floats.iter_mut().for_each(|value| *value *= scale);
        }
    }

    fn distances(&self, query: &Query, rows: &[u32], out: &mut [f32]) {
        match self.metric {
            Metric::L2 => in_batches(&Squares(self, query), rows, out),
            Metric::L1 => {
                let kernel = |rows| l1_f32::<BATCH>(&query.floats, self.floats.rows_at(rows));
                in_padded_batches(kernel, rows, out);
            }
            _ => in_batches(&Dots(self, query), rows, out),
        }
        self.finish(rows, out);
    }

    fn distances_many(&self, queries: &[Query], rows: &[u32], out: &mut [f32]) {
        let tiled = match self.metric {
            Metric::L1 => 0,
            Metric::L2 => in_tiles(&SquareTiles(self), queries, rows, out),
            _ => in_tiles(&DotTiles(self), queries, rows, out),
        };
        for (n, (query, out)) in queries.iter().zip(out.chunks_mut(rows.len().max(1))).enumerate() {
            if n < tiled {
                self.finish(rows, out);
            } else {
                self.distances(query, rows, out);
            }
        }
    }

    fn equal(&self, a: u32, b: u32) -> bool {
        match self.metric {
            Metric::Cosine => {
                let (p, q) = (self.inverse_norms[a as usize], self.inverse_norms[b as usize]);
                let mut pairs = self.vector(a).iter().zip(self.vector(b));
                pairs.all(|(a, b)| (a * p - b * q).abs() <= ROUNDING)
            }
            _ => self.vector(a) == self.vector(b),
        }
    }

    fn chunk_rows(&self) -> usize {
        self.floats.chunk_rows()
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
        for _ in 0..rows {
            self.push_values(floats.by_ref().take(self.dimension));
        }
        Ok(())
    }
}

impl Vectors {
    /// Turns inner products into distances; the other metrics have none.
    fn finish(&self, rows: &[u32], out: &mut [f32]) {
        match self.metric {
            Metric::Cosine => {
                for (dot, &row) in out.iter_mut().zip(rows) {
                    *dot = 1.0 - *dot * self.inverse_norms[row as usize];
                }
            }
            Metric::Dot => out.iter_mut().for_each(|dot| *dot = -*dot),
            Metric::L2 | Metric::L1 | Metric::Hamming | Metric::Jaccard => {}
        }
    }
}

/// The inner products of a query with rows.
struct Dots<'a>(&'a Vectors, &'a Query);

impl Kernel for Dots<'_> {
    #[inline(always)]
    fn run<const N: usize>(&self, rows: [u32; N]) -> [f32; N] {
        dot_f32(&self.1.floats, self.0.floats.rows_at(rows))
    }
}

/// The squared L2 distances of a query to rows.
struct Squares<'a>(&'a Vectors, &'a Query);

impl Kernel for Squares<'_> {
    #[inline(always)]
    fn run<const N: usize>(&self, rows: [u32; N]) -> [f32; N] {
        l2_squared_f32(&self.1.floats, self.0.floats.rows_at(rows))
    }
}

struct DotTiles<'a>(&'a Vectors);

impl TileKernel for DotTiles<'_> {
    #[inline(always)]
    fn run(&self, queries: &[Query; TILE.0], rows: [u32; TILE.1]) -> [[f32; TILE.1]; TILE.0] {
        let queries = queries.each_ref().map(|query| &query.floats[..]);
        dot_f32_tile(queries, self.0.floats.rows_at(rows))
    }
}

struct SquareTiles<'a>(&'a Vectors);

impl TileKernel for SquareTiles<'_> {
    #[inline(always)]
    fn run(&self, queries: &[Query; TILE.0], rows: [u32; TILE.1]) -> [[f32; TILE.1]; TILE.0] {
        let queries = queries.each_ref().map(|query| &query.floats[..]);
        l2_squared_f32_tile(queries, self.0.floats.rows_at(rows))
    }
}

/// 1 / |v|, and 0 for a vector too short for that to be a float. In f64, where no square of a float overflows.
pub fn inverse_norm(vector: impl IntoIterator<Item: Borrow<f32>>) -> f32 {
    let squares: f64 = vector.into_iter().map(|v| f64::from(*v.borrow()).powi(2)).sum();
    let inverse = squares.sqrt().recip() as f32;
    if inverse.is_finite() { inverse } else { 0.0 }
}
