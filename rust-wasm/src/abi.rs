//! All that JavaScript sees. Arguments are numbers; whatever has a size lies in buffers of this memory, which JavaScript
//! asks for, fills or reads, and holds no view of beyond one call.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::codec::Part;
use crate::distance::KERNELS;
use crate::error::Error;
use crate::hnsw::{NONE, Params};
use crate::index::{self, CodeKind, Config, Originals};
use crate::memory::{try_reserve_total, try_resize};
use crate::metric::Metric;
use crate::search::{Method, Request};
use crate::snapshot;

/// What went wrong, for a program.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum FailureCode {
    /// The memory cannot grow.
    OutOfMemory,
    /// An argument outside its range.
    InvalidOption,
    /// Something that has not been handed in yet.
    NotFound,
    /// Bytes that this code never wrote.
    Corrupt,
    /// Bytes of a later version.
    NewerFormat,
}

/// What a call of the core throws.
#[wasm_bindgen]
pub struct Failure(Error);

#[wasm_bindgen]
impl Failure {
    /// What went wrong, for a program.
    #[wasm_bindgen(getter)]
    pub fn code(&self) -> FailureCode {
        match self.0 {
            Error::OutOfMemory => FailureCode::OutOfMemory,
            Error::InvalidOption(_) => FailureCode::InvalidOption,
            Error::NotFound(_) => FailureCode::NotFound,
            Error::Corrupt(_) => FailureCode::Corrupt,
            Error::NewerFormat => FailureCode::NewerFormat,
        }
    }

    /// What went wrong, for a person.
    #[wasm_bindgen(getter)]
    pub fn message(&self) -> String {
        self.0.message().into()
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

type Result<T> = core::result::Result<T, Failure>;

/// `relaxed-simd`, `simd128` or `scalar`.
#[wasm_bindgen]
pub fn kernels() -> String {
    KERNELS.into()
}

/// Room in this memory that JavaScript may fill or read until its next call.
#[wasm_bindgen]
#[derive(Default)]
pub struct Buffer {
    bytes: Vec<u8>,
}

#[wasm_bindgen]
impl Buffer {
    /// An empty buffer.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the buffer `len` bytes long and answers its address.
    pub fn resize(&mut self, len: usize) -> Result<*mut u8> {
        try_resize(&mut self.bytes, len, 0)?;
        Ok(self.bytes.as_mut_ptr())
    }

    /// The address of the bytes.
    #[wasm_bindgen(getter)]
    pub fn address(&self) -> *const u8 {
        self.bytes.as_ptr()
    }

    /// How many bytes there are.
    #[wasm_bindgen(getter)]
    pub fn length(&self) -> usize {
        self.bytes.len()
    }
}

/// See [`index::Index`].
#[wasm_bindgen]
pub struct Index {
    index: index::Index,
    floats: Vec<f32>,
    mask: Vec<u64>,
}

impl From<index::Index> for Index {
    fn from(index: index::Index) -> Self {
        Self { index, floats: Vec::new(), mask: Vec::new() }
    }
}

#[wasm_bindgen]
impl Index {
    /// An index of no rows. Metrics: 0 cosine, 1 dot, 2 l2, 3 l1, 4 hamming, 5 jaccard. Codes: 0 none, 1 int8, 2 f16,
    /// 3 1bit. Originals: 0 f32, 1 f16.
    #[wasm_bindgen(constructor)]
    pub fn new(dimension: usize, metric: u8, codes: u8, originals: u8) -> Result<Self> {
        Ok(index::Index::new(config(dimension, metric, codes, originals)?)?.into())
    }

    /// Rows ever added.
    #[wasm_bindgen(getter)]
    pub fn rows(&self) -> usize {
        self.index.rows()
    }

    /// Rows that have not been removed.
    #[wasm_bindgen(getter)]
    pub fn live(&self) -> usize {
        self.index.live_rows()
    }

    /// Rows that are in the graph.
    #[wasm_bindgen(getter)]
    pub fn indexed(&self) -> usize {
        self.index.indexed()
    }

    /// Makes room for more rows, and for handing them over `floats` at a time, so that adding them cannot fail.
    pub fn reserve(&mut self, rows: usize, floats: usize) -> Result<()> {
        try_reserve_total(&mut self.floats, floats)?;
        Ok(self.index.try_reserve(rows)?)
    }

    /// The address of room for `len` floats: a query, or rows to add.
    pub fn floats(&mut self, len: usize) -> Result<*mut f32> {
        try_resize(&mut self.floats, len, 0.0)?;
        Ok(self.floats.as_mut_ptr())
    }

    /// The address of room for a mask of `words` × 64 rows, all zero.
    pub fn mask(&mut self, words: usize) -> Result<*mut u64> {
        self.mask.clear();
        try_resize(&mut self.mask, words, 0)?;
        Ok(self.mask.as_mut_ptr())
    }

    /// Appends the rows that were written to `floats`.
    pub fn add(&mut self) -> Result<()> {
        self.index.try_reserve(self.floats.len() / self.index.config().dimension)?;
        self.index.add(&self.floats);
        Ok(())
    }

    /// Removes a row.
    pub fn remove(&mut self, row: u32) -> Result<()> {
        Ok(self.index.remove(row)?)
    }

    /// Gives the index a graph of no rows.
    #[wasm_bindgen(js_name = setGraph)]
    pub fn set_graph(&mut self, m: usize, ef_construction: usize, seed: u32) -> Result<()> {
        Ok(self.index.set_graph(Some(Params { m, ef_construction, seed }))?)
    }

    /// Takes the graph away.
    #[wasm_bindgen(js_name = dropGraph)]
    pub fn drop_graph(&mut self) -> Result<()> {
        Ok(self.index.set_graph(None)?)
    }

    /// Does the graph work of inserting up to `count` rows: inserting, building at once, mending around removed rows.
    /// Answers how much is left.
    #[wasm_bindgen(js_name = indexRows)]
    pub fn index_rows(&mut self, count: usize) -> Result<usize> {
        Ok(self.index.index_rows(count)?)
    }

    /// The address of a row's vector, where floats are handed over.
    pub fn vector(&mut self, row: u32) -> Result<*const f32> {
        self.index.read_vector(row, &mut self.floats)?;
        Ok(self.floats.as_ptr())
    }

    /// Searches for each of the queries that were written to `floats`, under `masked` among the rows of `mask` only, and
    /// without the row `except` unless that is `0xffff_ffff`. Methods: 0 graph, 1 scan, 2 exact. Masked: 0 no, 1 yes.
    pub fn search(
        &mut self,
        k: usize,
        ef: usize,
        method: u8,
        masked: u8,
        radius: f32,
        except: u32,
    ) -> Result<()> {
        let method = Method::from_code(method).ok_or(Error::InvalidOption("an unknown code"))?;
        let mask = (masked != 0).then_some(&self.mask[..]);
        let except = (except != NONE).then_some(except);
        let request = Request { k, ef, method, mask, radius, except };
        Ok(self.index.search(&self.floats, &request)?)
    }

    /// The address of how many rows each query has found, u32.
    #[wasm_bindgen(getter, js_name = foundCounts)]
    pub fn found_counts(&self) -> *const u32 {
        self.index.found().counts.as_ptr()
    }

    /// The address of these rows, one query's after the other's, u32.
    #[wasm_bindgen(getter, js_name = foundRows)]
    pub fn found_rows(&self) -> *const u32 {
        self.index.found().rows.as_ptr()
    }

    /// The address of their distances, f32.
    #[wasm_bindgen(getter, js_name = foundDistances)]
    pub fn found_distances(&self) -> *const f32 {
        self.index.found().distances.as_ptr()
    }

    /// The address of how many distances were computed for each query, u32.
    #[wasm_bindgen(getter)]
    pub fn visited(&self) -> *const u32 {
        self.index.found().visited.as_ptr()
    }

    /// Bytes held by a part: 0 state, 1 vectors, 2 codes, 3 graph.
    pub fn bytes(&self, part: u8) -> Result<usize> {
        Ok(self.index.bytes(self::part(part)?))
    }

    /// Chunks a part is saved in.
    pub fn chunks(&self, part: u8) -> Result<usize> {
        Ok(self.index.chunks(self::part(part)?))
    }

    /// Whether a chunk has changed since `markClean`.
    #[wasm_bindgen(js_name = isDirty)]
    pub fn is_dirty(&self, part: u8, chunk: usize) -> Result<bool> {
        Ok(self.index.is_dirty(self::part(part)?, chunk))
    }

    /// Chunks of vectors that are still to be handed in.
    #[wasm_bindgen(getter)]
    pub fn missing(&self) -> usize {
        self.index.missing()
    }

    /// Brings a chunk of vectors, in the buffer, that the index was loaded without.
    #[wasm_bindgen(js_name = handIn)]
    pub fn hand_in(&mut self, chunk: usize, buffer: &Buffer) -> Result<()> {
        Ok(self.index.hand_in(chunk, &buffer.bytes)?)
    }

    /// Counts all chunks as saved.
    #[wasm_bindgen(js_name = markClean)]
    pub fn mark_clean(&mut self) {
        self.index.mark_clean();
    }

    /// Writes a chunk into the buffer.
    #[wasm_bindgen(js_name = writeChunk)]
    pub fn write_chunk(&self, part: u8, chunk: usize, buffer: &mut Buffer) -> Result<()> {
        Ok(self.index.write_chunk(self::part(part)?, chunk, &mut buffer.bytes)?)
    }
}

/// See [`snapshot::Loader`].
#[wasm_bindgen]
pub struct Loader(snapshot::Loader);

#[wasm_bindgen]
impl Loader {
    /// Starts with the state's chunk, in the buffer, of an index with this configuration and a graph unless `m` is 0.
    #[expect(clippy::too_many_arguments, reason = "JavaScript hands over numbers, each by itself")]
    #[wasm_bindgen(constructor)]
    pub fn new(
        state: &Buffer,
        dimension: usize,
        metric: u8,
        codes: u8,
        m: usize,
        ef_construction: usize,
        seed: u32,
        originals: u8,
    ) -> Result<Self> {
        let config = config(dimension, metric, codes, originals)?;
        let params = (m != 0).then_some(Params { m, ef_construction, seed });
        Ok(Self(snapshot::Loader::new(&state.bytes, config, params)?))
    }

    /// Reads the next chunk of a part, in the buffer.
    #[wasm_bindgen(js_name = readChunk)]
    pub fn read_chunk(&mut self, part: u8, chunk: &Buffer) -> Result<()> {
        Ok(self.0.read_chunk(self::part(part)?, &chunk.bytes)?)
    }

    /// Checks that all is there and answers the index.
    pub fn finish(self) -> Result<Index> {
        Ok(self.0.finish()?.into())
    }
}

fn part(code: u8) -> Result<Part> {
    Ok(Part::from_code(code).ok_or(Error::InvalidOption("an unknown code"))?)
}

fn config(dimension: usize, metric: u8, codes: u8, originals: u8) -> Result<Config> {
    Ok(Config {
        dimension,
        metric: Metric::from_code(metric).ok_or(Error::InvalidOption("an unknown code"))?,
        codes: CodeKind::from_code(codes).ok_or(Error::InvalidOption("an unknown code"))?,
        originals: Originals::from_code(originals)
            .ok_or(Error::InvalidOption("an unknown code"))?,
    })
}
