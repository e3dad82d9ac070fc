//! What a search runs on: rows in one representation, and their distances to a prepared query.

use core::ops::Range;

use crate::codec::{Reader, Writer};
use crate::distance::{BATCH, TILE};
use crate::error::Result;
#[cfg(doc)]
use crate::metric::Metric;
use crate::quantizer::bits::BitCodes;
use crate::quantizer::f16::Halves;
use crate::quantizer::int8::Int8Codes;
use crate::quantizer::sets::Sets;
use crate::quantizer::vectors::Vectors;

/// A query as the kernels of one representation want it: made once, loaded many times. Each representation uses the
/// fields it needs.
#[derive(Default)]
pub struct Query {
    /// Values, padded to whole registers.
    pub floats: Vec<f32>,
    /// Quantised values, padded likewise.
    pub codes: Vec<i8>,
    /// Bits, padded likewise: of a set, or of quantised values in planes.
    pub bits: Vec<u8>,
    /// Elements of the set.
    pub size: u32,
    /// What a step of the codes stands for.
    pub scale: f32,
    /// What the codes' own offset adds to every product.
    pub offset: i32,
    /// The squared norm of what the codes stand for.
    pub norm: f32,
}

/// Rows of vectors, numbered from 0, in some form, and the distances between them.
///
/// Distances order rows as the metric does, lower being closer; [`Metric::distance`] turns them into the metric's own.
#[expect(clippy::len_without_is_empty, reason = "no rows are no special case")]
pub trait Rows {
    /// Rows held.
    fn len(&self) -> usize;

    /// Bytes held.
    fn bytes(&self) -> usize;

    /// Makes room for `additional` rows, so that pushing them cannot fail.
    fn try_reserve(&mut self, additional: usize) -> Result<()>;

    /// Appends a row; room for it must have been made.
    fn push(&mut self, vector: &[f32]);

    /// An empty query of the right size.
    fn new_query(&self) -> Result<Query>;

    /// Makes `query` stand for a vector.
    fn load_vector(&self, query: &mut Query, vector: &[f32]);

    /// Makes `query` stand for a row.
    fn load_row(&self, query: &mut Query, row: u32);

    /// Writes the distances from the query to all `rows` to `out`, which is as long.
    fn distances(&self, query: &Query, rows: &[u32], out: &mut [f32]);

    /// Writes the distances from every query to all `rows` to `out`, query after query; the same as one by one.
    fn distances_many(&self, queries: &[Query], rows: &[u32], out: &mut [f32]) {
        for (query, out) in queries.iter().zip(out.chunks_mut(rows.len().max(1))) {
            self.distances(query, rows, out);
        }
    }

    /// Whether the two rows are the same to every query, but for rounding.
    fn equal(&self, a: u32, b: u32) -> bool;

    /// Rows of a full chunk of the saved form.
    fn chunk_rows(&self) -> usize;

    /// Saves a range of rows.
    fn write(&self, rows: Range<usize>, writer: &mut Writer) -> Result<()>;

    /// Appends `rows` rows as `write` saved them. Trusts nothing in them.
    fn read(&mut self, rows: usize, reader: &mut Reader) -> Result<()>;
}

/// Rows in one of the representations.
pub enum Store {
    /// As they were given.
    F32(Vectors),
    /// In halves.
    F16(Halves),
    /// In eight bits a value.
    Int8(Int8Codes),
    /// In one bit a value.
    Bits(BitCodes),
    /// As the sets they stand for.
    Sets(Sets),
}

/// The same call on whatever representation there is.
macro_rules! each {
    ($store:expr, $rows:pat => $call:expr) => {
        match $store {
            Store::F32($rows) => $call,
            Store::F16($rows) => $call,
            Store::Int8($rows) => $call,
            Store::Bits($rows) => $call,
            Store::Sets($rows) => $call,
        }
    };
}

impl Rows for Store {
    fn len(&self) -> usize {
        each!(self, rows => rows.len())
    }

    fn bytes(&self) -> usize {
        each!(self, rows => rows.bytes())
    }

    fn try_reserve(&mut self, additional: usize) -> Result<()> {
        each!(self, rows => rows.try_reserve(additional))
    }

    fn push(&mut self, vector: &[f32]) {
        each!(self, rows => rows.push(vector))
    }

    fn new_query(&self) -> Result<Query> {
        each!(self, rows => rows.new_query())
    }

    fn load_vector(&self, query: &mut Query, vector: &[f32]) {
        each!(self, rows => rows.load_vector(query, vector))
    }

    fn load_row(&self, query: &mut Query, row: u32) {
        each!(self, rows => rows.load_row(query, row))
    }

    fn distances(&self, query: &Query, rows: &[u32], out: &mut [f32]) {
        each!(self, store => store.distances(query, rows, out))
    }

    fn distances_many(&self, queries: &[Query], rows: &[u32], out: &mut [f32]) {
        each!(self, store => store.distances_many(queries, rows, out))
    }

    fn equal(&self, a: u32, b: u32) -> bool {
        each!(self, rows => rows.equal(a, b))
    }

    fn chunk_rows(&self) -> usize {
        each!(self, rows => rows.chunk_rows())
    }

    fn write(&self, range: Range<usize>, writer: &mut Writer) -> Result<()> {
        each!(self, rows => rows.write(range, writer))
    }

    fn read(&mut self, count: usize, reader: &mut Reader) -> Result<()> {
        each!(self, rows => rows.read(count, reader))
    }
}

/// Originals may come later than the rows; every other representation is there as a whole.
impl Store {
    /// Whether a row's own numbers are there.
    pub fn has(&self, row: u32) -> bool {
        match self {
            Store::F32(vectors) => vectors.has(row),
            Store::F16(halves) => halves.has(row),
            Store::Int8(_) | Store::Bits(_) | Store::Sets(_) => true,
        }
    }

    /// Chunks that are still to be handed in.
    pub fn missing(&self) -> usize {
        match self {
            Store::F32(vectors) => vectors.missing(),
            Store::F16(halves) => halves.missing(),
            Store::Int8(_) | Store::Bits(_) | Store::Sets(_) => 0,
        }
    }

    /// Counts in the first rows of originals, which will be handed in.
    pub fn try_promise(&mut self, rows: usize) -> Result<()> {
        match self {
            Store::F32(vectors) => vectors.try_promise(rows),
            Store::F16(halves) => halves.try_promise(rows),
            Store::Int8(_) | Store::Bits(_) | Store::Sets(_) => Ok(()),
        }
    }

    /// Reads a chunk of promised rows as `write` saved it; one that is there already is left as it is.
    pub fn hand_in(&mut self, chunk: usize, reader: Reader) -> Result<()> {
        match self {
            Store::F32(vectors) => vectors.hand_in(chunk, reader),
            Store::F16(halves) => halves.hand_in(chunk, reader),
            Store::Int8(_) | Store::Bits(_) | Store::Sets(_) => Ok(()),
        }
    }
}

/// How far the distances of equal rows may be off by rounding, as a share of the distance.
const ROUNDING: f32 = 1e-5;

/// What a graph is built over and walked on, and the vectors it stands for.
#[derive(Clone, Copy)]
pub struct Space<'a> {
    /// The rows that distances are computed on.
    pub rows: &'a Store,
    /// The rows as they were given.
    pub originals: &'a Store,
}

impl Space<'_> {
    /// Makes `query` stand for a row. One bit a value says too little of a row: there, its original is the query, if it
    /// is there.
    pub fn load_row(&self, query: &mut Query, row: u32) {
        match (self.rows, self.originals) {
            (Store::Bits(bits), Store::F32(vectors)) if vectors.has(row) => {
                bits.load(query, vectors.decoded(row))
            }
            (Store::Bits(bits), Store::F16(halves)) if halves.has(row) => {
                bits.load(query, halves.decoded(row))
            }
            (rows, _) => rows.load_row(query, row),
        }
    }

    /// Whether two rows are the same to every query: one at `own` distance from itself, the other at `distance` from it.
    pub fn are_twins(&self, row: u32, other: u32, own: f32, distance: f32) -> bool {
        (distance - own).abs() <= ROUNDING * own.abs().max(1.0) && self.rows.equal(row, other)
    }

    /// The distance from the query to one row.
    pub fn distance(&self, query: &Query, row: u32) -> f32 {
        let mut distance = [0.0];
        self.rows.distances(query, &[row], &mut distance);
        distance[0]
    }
}

/// Distances from one query to a few rows at once, as the kernels compute them.
pub trait Kernel {
    /// Distances to `N` rows.
    fn run<const N: usize>(&self, rows: [u32; N]) -> [f32; N];
}

/// Runs a kernel on any number of rows, as many at once as it takes.
#[inline(always)]
pub fn in_batches(kernel: &impl Kernel, rows: &[u32], out: &mut [f32]) {
    const HALF: usize = BATCH / 2;
    let (batches, rest) = rows.as_chunks::<BATCH>();
    let (outs, rest_out) = out[..rows.len()].as_chunks_mut::<BATCH>();
    for (batch, out) in batches.iter().zip(outs) {
        *out = kernel.run(*batch);
    }
    in_padded_batches(|rows: [u32; HALF]| kernel.run(rows), rest, rest_out);
}

/// Runs a kernel on any number of rows, `N` at once; in the last batch one row stands in for those that are missing. A
/// kernel that is compiled for one number of rows is small.
#[inline(always)]
pub fn in_padded_batches<const N: usize>(
    kernel: impl Fn([u32; N]) -> [f32; N],
    rows: &[u32],
    out: &mut [f32],
) {
    for (rows, out) in rows.chunks(N).zip(out.chunks_mut(N)) {
        let padded = core::array::from_fn(|n| rows[n.min(rows.len() - 1)]);
        out.copy_from_slice(&kernel(padded)[..rows.len()]);
    }
}

/// The products of a tile of queries and rows.
pub trait TileKernel {
    /// As many queries and rows as a [`TILE`] has.
    fn run(&self, queries: &[Query; TILE.0], rows: [u32; TILE.1]) -> [[f32; TILE.1]; TILE.0];
}

/// Runs a kernel on whole tiles of queries and rows, and writes its products to `out`, query after query. Answers how many
/// queries that were; the rest is too few.
#[inline(always)]
pub fn in_tiles(
    kernel: &impl TileKernel,
    queries: &[Query],
    rows: &[u32],
    out: &mut [f32],
) -> usize {
    let (tiles, rest) = queries.as_chunks();
    for (queries, out) in tiles.iter().zip(out.chunks_mut((TILE.0 * rows.len()).max(1))) {
        for at in (0..rows.len()).step_by(TILE.1) {
            let padded = core::array::from_fn(|n| rows[(at + n).min(rows.len() - 1)]);
            let products = kernel.run(queries, padded);
            for (query, products) in products.iter().enumerate() {
                let width = TILE.1.min(rows.len() - at);
                out[query * rows.len() + at..][..width].copy_from_slice(&products[..width]);
            }
        }
    }
    queries.len() - rest.len()
}
