//! How an index is saved: in chunks of at most 4 MiB, each of which can be checked and read alone.
//!
//! All numbers are little-endian. A chunk is a header and a payload:
//!
//! | bytes | header |
//! |---|---|
//! | 0..4 | magic `QVIX` |
//! | 4..6 | version, 1 |
//! | 6 | part: 0 state, 1 vectors, 2 codes, 3 graph |
//! | 7 | 0 |
//! | 8..12 | number of the chunk in its part |
//! | 12..16 | length of the payload in bytes |
//! | 16..24 | XXH3-64 of the payload, seeded with the XXH3-64 of bytes 0..16 |
//!
//! | part | payload |
//! |---|---|
//! | state | u32: dimension, metric, codes + 256 × originals (0 f32, 1 f16), has graph (0 or 1), M, efConstruction, seed, the graph's round (start, end, done) and entry row, rows; then a bit for each row, lowest first, in u64: whether it lives |
//! | vectors | f32 of a power of two of rows, as many as fit (the last chunk: what is left); or what codes of f16 are saved as |
//! | codes | of such a number of rows, by representation: int8: the codes, padding included; then the f32 scales; then, under l2, the f32 norms. f16: the halves; then the f32 scales. 1bit: the bits, padding included; then the f32 factors; then, but under cosine, the f32 squared norms. Sets: the bits, padding included |
//! | graph | of such a number of rows: the slots of layer 0; for each row of level 1 or more its slots from layer 1 up; u32 1 and a twin's row for each row where one of them has a twin, else u32 0 |
//!
//! A reader trusts nothing: counts are held against the bytes that are there before anything is allocated, and every
//! number that will be an index is checked against its range.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::error::{Error, Result};
use crate::memory::{try_reserve, try_resize};

/// Bytes of a chunk's header.
pub const HEADER_BYTES: usize = 24;
/// The most bytes of a chunk.
pub const CHUNK_BYTES: usize = 4 << 20;

const MAGIC: [u8; 4] = *b"QVIX";
const VERSION: u16 = 1;

/// What a chunk holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Configuration, counts and tombstones.
    State,
    /// The vectors as given.
    Vectors,
    /// What walks and scans compare.
    Codes,
    /// The links.
    Graph,
}

impl Part {
    /// The part of a code from saved bytes or from the ABI.
    pub fn from_code(code: u8) -> Option<Self> {
        [Part::State, Part::Vectors, Part::Codes, Part::Graph]
            .into_iter()
            .find(|part| *part as u8 == code)
    }
}

/// Writes one chunk.
pub struct Writer<'a> {
    bytes: &'a mut Vec<u8>,
}

impl<'a> Writer<'a> {
    /// Starts a chunk in place of what `bytes` holds.
    pub fn start(bytes: &'a mut Vec<u8>, part: Part, chunk: u32) -> Result<Self> {
        bytes.clear();
        try_reserve(bytes, HEADER_BYTES)?;
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend([part as u8, 0]);
        bytes.extend(chunk.to_le_bytes());
        bytes.extend([0; 12]);
        Ok(Self { bytes })
    }

    /// Appends bytes.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        try_reserve(self.bytes, bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Appends integers.
    pub fn u32s(&mut self, numbers: &[u32]) -> Result<()> {
        try_reserve(self.bytes, size_of_val(numbers))?;
        numbers.iter().for_each(|number| self.bytes.extend(number.to_le_bytes()));
        Ok(())
    }

    /// Appends floats.
    pub fn f32s(&mut self, numbers: impl Iterator<Item = f32>) -> Result<()> {
        for number in numbers {
            try_reserve(self.bytes, size_of::<f32>())?;
            self.bytes.extend(number.to_le_bytes());
        }
        Ok(())
    }

    /// Appends long integers.
    pub fn u64s(&mut self, numbers: &[u64]) -> Result<()> {
        try_reserve(self.bytes, size_of_val(numbers))?;
        numbers.iter().for_each(|number| self.bytes.extend(number.to_le_bytes()));
        Ok(())
    }

    /// Completes the header.
    pub fn finish(self) {
        let length = (self.bytes.len() - HEADER_BYTES) as u32;
        self.bytes[12..16].copy_from_slice(&length.to_le_bytes());
        let hash = checksum(self.bytes);
        self.bytes[16..24].copy_from_slice(&hash.to_le_bytes());
    }
}

/// Reads the payload of one chunk.
pub struct Reader<'a> {
    payload: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Checks a chunk's header and checksum.
    pub fn open(bytes: &'a [u8], part: Part, chunk: u32) -> Result<Self> {
        if bytes.len() < HEADER_BYTES || bytes[..4] != MAGIC {
            return Err(Error::Corrupt("the bytes are no chunk of an index"));
        }
        if u16::from_le_bytes([bytes[4], bytes[5]]) > VERSION {
            return Err(Error::NewerFormat);
        }
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap_or_default());
        if word(12) as usize != bytes.len() - HEADER_BYTES {
            return Err(Error::Corrupt("a chunk is not as long as it says"));
        }
        if bytes[16..24] != checksum(bytes).to_le_bytes() {
            return Err(Error::Corrupt("a chunk's checksum does not match"));
        }
        if bytes[4..8] != [VERSION as u8, 0, part as u8, 0] || word(8) != chunk {
            return Err(Error::Corrupt("a chunk is not the one that was asked for"));
        }
        Ok(Self { payload: &bytes[HEADER_BYTES..] })
    }

    /// The next bytes.
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        let (bytes, rest) =
            self.payload.split_at_checked(count).ok_or(Error::Corrupt("a chunk ends too early"))?;
        self.payload = rest;
        Ok(bytes)
    }

    /// The next numbers of four bytes.
    pub fn words(
        &mut self,
        count: usize,
    ) -> Result<impl ExactSizeIterator<Item = u32> + Clone + use<'a>> {
        let bytes = self.bytes(count.saturating_mul(4))?;
        let (words, _) = bytes.as_chunks();
        Ok(words.iter().map(|&word| u32::from_le_bytes(word)))
    }

    /// The next few numbers of four bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u32; N]> {
        let mut words = self.words(N)?;
        Ok(core::array::from_fn(|_| words.next().unwrap_or_default()))
    }

    /// The next floats.
    pub fn f32s(
        &mut self,
        count: usize,
    ) -> Result<impl ExactSizeIterator<Item = f32> + Clone + use<'a>> {
        Ok(self.words(count)?.map(f32::from_bits))
    }

    /// The next numbers of eight bytes.
    pub fn u64s(&mut self, count: usize) -> Result<impl ExactSizeIterator<Item = u64> + use<'a>> {
        let bytes = self.bytes(count.saturating_mul(8))?;
        let (words, _) = bytes.as_chunks();
        Ok(words.iter().map(|&word| u64::from_le_bytes(word)))
    }

    /// Checks that everything was read.
    pub fn finish(self) -> Result<()> {
        if self.payload.is_empty() {
            Ok(())
        } else {
            Err(Error::Corrupt("a chunk is not as long as it says"))
        }
    }
}

pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    hash(&bytes[HEADER_BYTES..], hash(&bytes[..16], 0))
}

/// A call of its own, or both calls of it would hold the long code of xxh3.
#[inline(never)]
fn hash(bytes: &[u8], seed: u64) -> u64 {
    xxh3_64_with_seed(bytes, seed)
}

/// Which chunks of a part have changed since they were last saved.
#[derive(Default)]
pub struct Dirty {
    chunks: Vec<bool>,
}

impl Dirty {
    /// Counts in new chunks, up to `chunks`, as changed.
    pub fn grow(&mut self, chunks: usize) -> Result<()> {
        let chunks = chunks.max(self.chunks.len());
        try_resize(&mut self.chunks, chunks, true)
    }

    /// Marks a chunk as changed.
    #[inline(always)]
    pub fn mark(&mut self, chunk: usize) {
        self.chunks[chunk] = true;
    }

    /// Whether a chunk has changed.
    pub fn is_marked(&self, chunk: usize) -> bool {
        self.chunks.get(chunk).copied().unwrap_or(true)
    }

    /// Counts all chunks as unchanged.
    pub fn clear(&mut self) {
        self.chunks.fill(false);
    }
}
