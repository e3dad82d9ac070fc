//! How words are saved: in chunks of [`CHUNK_ROWS`](crate::field::CHUNK_ROWS) rows, each of which can be checked and read alone. Only the last chunk of
//! an index ever changes.
//!
//! | bytes | header; numbers are little-endian |
//! |---|---|
//! | 0..4 | magic `QVWD` |
//! | 4..6 | version, 1 |
//! | 6 | fields |
//! | 7 | 0 |
//! | 8..12 | number of the chunk |
//! | 12..16 | length of the payload in bytes |
//! | 16..24 | XXH3-64 of the payload, seeded with the XXH3-64 of bytes 0..16 |
//!
//! The payload is varints (see `varint`) and the bytes they count:
//!
//! | part | content |
//! |---|---|
//! | rows | how many |
//! | terms | how many; of each, in the order of their bytes: how many bytes it shares with the one before, how many follow, these |
//! | of each field: lengths | of each row: how many terms it holds, repetitions included |
//! | of each field: lists | how many; of each, in the order of terms: how many terms were passed over, documents, bytes of the stream of rows, bytes of that of positions, then the two streams, as `chunk` describes them |
//!
//! A reader trusts nothing: counts are held against the bytes that are there before anything is allocated, and streams are
//! decoded once to see that they lead nowhere else and add up.

mod read;
mod write;

use xxhash_rust::xxh3::xxh3_64_with_seed;

pub use self::read::{SavedChunk, SavedField, SavedList, Terms, read};
pub use self::write::write;

/// Bytes of a chunk's header.
pub const HEADER_BYTES: usize = 24;

const MAGIC: [u8; 4] = *b"QVWD";
const VERSION: u16 = 1;

pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    hash(&bytes[HEADER_BYTES..], hash(&bytes[..16], 0))
}

/// A call of its own, or both calls of it would hold the long code of xxh3.
#[inline(never)]
fn hash(bytes: &[u8], seed: u64) -> u64 {
    xxh3_64_with_seed(bytes, seed)
}
