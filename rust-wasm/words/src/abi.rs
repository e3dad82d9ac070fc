//! All that JavaScript sees. Arguments are numbers; whatever has a size lies in buffers of this memory, which JavaScript
//! asks for, fills or reads, and holds no view of beyond one call.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::Error;
use crate::index;
use crate::memory::{try_reserve, try_resize};

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

/// What a call of the module throws.
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

/// See [`index::Index`].
#[wasm_bindgen]
pub struct Index {
    index: index::Index,
    bytes: Vec<u8>,
    numbers: Vec<u32>,
    mask: Vec<u64>,
}

impl From<index::Index> for Index {
    fn from(index: index::Index) -> Self {
        Self { index, bytes: Vec::new(), numbers: Vec::new(), mask: Vec::new() }
    }
}

#[wasm_bindgen]
impl Index {
    /// An index of no rows.
    #[wasm_bindgen(constructor)]
    pub fn new(fields: usize) -> Result<Self> {
        Ok(index::Index::new(fields)?.into())
    }

    /// One more than the last row with words, or than the last that was loaded.
    #[wasm_bindgen(getter)]
    pub fn rows(&self) -> u32 {
        self.index.rows()
    }

    /// Different terms ever met.
    #[wasm_bindgen(getter)]
    pub fn terms(&self) -> usize {
        self.index.terms()
    }

    /// Bytes held.
    #[wasm_bindgen(getter)]
    pub fn held(&self) -> usize {
        let numbers = self.numbers.capacity() * size_of::<u32>();
        self.index.bytes()
            + self.bytes.capacity()
            + numbers
            + self.mask.capacity() * size_of::<u64>()
    }

    /// The address of room for `length` bytes: terms, a query, or a chunk.
    pub fn bytes(&mut self, length: usize) -> Result<*mut u8> {
        try_resize(&mut self.bytes, length, 0)?;
        Ok(self.bytes.as_mut_ptr())
    }

    /// How many bytes were written.
    #[wasm_bindgen(getter, js_name = bytesLength)]
    pub fn bytes_length(&self) -> usize {
        self.bytes.len()
    }

    /// The address of these bytes.
    #[wasm_bindgen(getter, js_name = bytesAddress)]
    pub fn bytes_address(&self) -> *const u8 {
        self.bytes.as_ptr()
    }

    /// The address of room for `length` numbers: a batch of rows, or new rows.
    pub fn numbers(&mut self, length: usize) -> Result<*mut u32> {
        try_resize(&mut self.numbers, length, 0)?;
        Ok(self.numbers.as_mut_ptr())
    }

    /// The address of room for a mask of `words` × 64 rows, all zero.
    pub fn mask(&mut self, words: usize) -> Result<*mut u64> {
        self.mask.clear();
        try_resize(&mut self.mask, words, 0)?;
        Ok(self.mask.as_mut_ptr())
    }

    /// Reads terms from the bytes, each after a byte that says how long it is; answers the address of their numbers.
    pub fn intern(&mut self) -> Result<*const u32> {
        self.numbers.clear();
        let mut rest = &self.bytes[..];
        while let Some((&length, after)) = rest.split_first() {
            let split = after.split_at_checked(usize::from(length));
            let (term, after) = split.ok_or(Error::InvalidOption("terms are cut short"))?;
            let term = core::str::from_utf8(term)
                .map_err(|_| Error::InvalidOption("a term is no UTF-8"))?;
            try_reserve(&mut self.numbers, 1)?;
            self.numbers.push(self.index.intern(term)?);
            rest = after;
        }
        Ok(self.numbers.as_ptr())
    }

    /// Makes room for the batch in the numbers, so that appending it cannot fail.
    pub fn reserve(&mut self) -> Result<()> {
        Ok(self.index.try_reserve(&self.numbers)?)
    }

    /// Appends the batch in the numbers: see [`index::Index::append`].
    pub fn append(&mut self) -> Result<()> {
        Ok(self.index.append(&self.numbers)?)
    }

    /// Removes a row.
    pub fn remove(&mut self, row: u32) {
        self.index.remove(row);
    }

    /// Searches for the query in the bytes, under `masked` among the rows of `mask` only. Masked: 0 no, 1 yes.
    pub fn search(&mut self, k: usize, masked: u8) -> Result<()> {
        let mask = (masked != 0).then_some(&self.mask[..]);
        Ok(self.index.search(&self.bytes, k, mask)?)
    }

    /// How many rows were found.
    #[wasm_bindgen(getter)]
    pub fn found(&self) -> usize {
        self.index.found_rows().len()
    }

    /// The address of these rows, best first, u32.
    #[wasm_bindgen(getter, js_name = foundRows)]
    pub fn found_rows(&self) -> *const u32 {
        self.index.found_rows().as_ptr()
    }

    /// The address of their scores, f32.
    #[wasm_bindgen(getter, js_name = foundScores)]
    pub fn found_scores(&self) -> *const f32 {
        self.index.found_scores().as_ptr()
    }

    /// Writes the terms that the last search stood for into the bytes, as `intern` reads them.
    #[wasm_bindgen(js_name = writeSearchedTerms)]
    pub fn write_searched_terms(&mut self) -> Result<()> {
        self.bytes.clear();
        for term in self.index.searched_terms() {
            try_reserve(&mut self.bytes, 1 + term.len())?;
            self.bytes.push(term.len() as u8);
            self.bytes.extend_from_slice(term.as_bytes());
        }
        Ok(())
    }

    /// Writes the chunk of these rows into the bytes.
    #[wasm_bindgen(js_name = writeChunk)]
    pub fn write_chunk(&mut self, from: u32, to: u32) -> Result<()> {
        Ok(self.index.write_chunk(from, to, &mut self.bytes)?)
    }

    /// Appends the rows of the chunk in the bytes.
    #[wasm_bindgen(js_name = loadChunk)]
    pub fn load_chunk(&mut self) -> Result<()> {
        Ok(self.index.load_chunk(&self.bytes)?)
    }

    /// The same words under the new rows in the numbers, `0xffff_ffff` for what is gone.
    pub fn renumbered(&self) -> Result<Index> {
        Ok(self.index.renumbered(&self.numbers)?.into())
    }
}
