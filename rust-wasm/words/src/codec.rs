//! How words are saved: in chunks of [`CHUNK_ROWS`] rows, each of which can be checked and read alone. Only the last chunk of
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

use core::cmp::Ordering;
use core::ops::Range;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::chunk::{Chunk, take_row};
use crate::dictionary::{Dictionary, MAX_TERM_BYTES};
use crate::error::{Error, Result};
use crate::field::CHUNK_ROWS;
use crate::memory::{try_reserve, try_resize};
use crate::varint;

/// Bytes of a chunk's header.
pub const HEADER_BYTES: usize = 24;

const MAGIC: [u8; 4] = *b"QVWD";
const VERSION: u16 = 1;

/// Writes a chunk in place of what `bytes` holds: the postings of these rows in each field.
pub fn write(
    bytes: &mut Vec<u8>,
    dictionary: &Dictionary,
    fields: &[Chunk],
    rows: Range<u32>,
    length: impl Fn(usize, u32) -> u32,
) -> Result<()> {
    bytes.clear();
    try_reserve(bytes, HEADER_BYTES)?;
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend([fields.len() as u8, 0]);
    bytes.extend((rows.start / CHUNK_ROWS).to_le_bytes());
    bytes.extend([0; 12]);

    varint::push(bytes, rows.end - rows.start)?;
    let terms = all_terms(dictionary, fields)?;
    write_terms(bytes, dictionary, &terms)?;
    for (field, chunk) in fields.iter().enumerate() {
        for row in rows.clone() {
            varint::push(bytes, length(field, row))?;
        }
        write_lists(bytes, chunk, &terms)?;
    }

    let payload = (bytes.len() - HEADER_BYTES) as u32;
    bytes[12..16].copy_from_slice(&payload.to_le_bytes());
    let hash = checksum(bytes);
    bytes[16..24].copy_from_slice(&hash.to_le_bytes());
    Ok(())
}

/// The terms of all fields, in the order of their bytes.
fn all_terms(dictionary: &Dictionary, fields: &[Chunk]) -> Result<Vec<u32>> {
    let mut terms = Vec::new();
    try_reserve(&mut terms, fields.iter().map(Chunk::terms).sum())?;
    terms.extend(fields.iter().flat_map(|chunk| (0..chunk.terms()).map(|n| chunk.term(n))));
    terms.sort_unstable_by_key(|&term| dictionary.term(term));
    terms.dedup();
    Ok(terms)
}

fn write_terms(bytes: &mut Vec<u8>, dictionary: &Dictionary, terms: &[u32]) -> Result<()> {
    varint::push(bytes, terms.len() as u32)?;
    let mut before: &[u8] = &[];
    for &term in terms {
        let term = dictionary.term(term).as_bytes();
        let shared = before.iter().zip(term).take_while(|(a, b)| a == b).count();
        varint::push(bytes, shared as u32)?;
        varint::push(bytes, (term.len() - shared) as u32)?;
        push_bytes(bytes, &term[shared..])?;
        before = term;
    }
    Ok(())
}

fn write_lists(bytes: &mut Vec<u8>, chunk: &Chunk, terms: &[u32]) -> Result<()> {
    varint::push(bytes, chunk.terms() as u32)?;
    let mut passed = 0;
    for &term in terms {
        let documents = chunk.documents(term);
        if documents == 0 {
            passed += 1;
            continue;
        }
        let (rows, positions) = chunk.streams(term);
        for number in [passed, documents, rows.len() as u32, positions.len() as u32] {
            varint::push(bytes, number)?;
        }
        push_bytes(bytes, rows)?;
        push_bytes(bytes, positions)?;
        passed = 0;
    }
    Ok(())
}

fn push_bytes(bytes: &mut Vec<u8>, more: &[u8]) -> Result<()> {
    try_reserve(bytes, more.len())?;
    bytes.extend_from_slice(more);
    Ok(())
}

/// A chunk that was read and found sound. Its terms are numbered by their order in it.
pub struct SavedChunk<'a> {
    /// How many rows it holds.
    pub rows: u32,
    /// Its terms.
    pub terms: Terms,
    /// Its fields.
    pub fields: Vec<SavedField<'a>>,
}

/// One field of it.
pub struct SavedField<'a> {
    /// Terms of each row.
    pub lengths: Vec<u32>,
    /// In the order of terms.
    pub lists: Vec<SavedList<'a>>,
}

/// The postings of one term.
pub struct SavedList<'a> {
    /// Number of the term.
    pub term: u32,
    /// Rows that hold it.
    pub documents: u32,
    /// The stream of rows.
    pub rows: &'a [u8],
    /// The stream of positions.
    pub positions: &'a [u8],
}

/// Some terms, one after the other.
#[derive(Default)]
pub struct Terms {
    text: String,
    ends: Vec<usize>,
}

impl Terms {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The n-th.
    pub fn get(&self, n: usize) -> &str {
        let start = if n == 0 { 0 } else { self.ends[n - 1] };
        &self.text[start..self.ends[n]]
    }
}

/// Reads a chunk that is expected to have this number and so many fields.
pub fn read(bytes: &[u8], number: u32, fields: usize) -> Result<SavedChunk<'_>> {
    let mut payload = Payload(open(bytes, number, fields)?);
    let rows = payload.number()?;
    if rows == 0 || rows > CHUNK_ROWS {
        return Err(Error::Corrupt("a chunk of words has no or too many rows"));
    }
    let terms = payload.terms()?;
    let mut all = Vec::new();
    try_reserve(&mut all, fields)?;
    for _ in 0..fields {
        all.push(payload.field(rows, terms.len() as u32)?);
    }
    if !payload.0.is_empty() {
        return Err(Error::Corrupt("a chunk of words is longer than what it holds"));
    }
    Ok(SavedChunk { rows, terms, fields: all })
}

/// Checks the header and answers the payload.
fn open(bytes: &[u8], number: u32, fields: usize) -> Result<&[u8]> {
    if bytes.len() < HEADER_BYTES || bytes[..4] != MAGIC {
        return Err(Error::Corrupt("the bytes are no chunk of words"));
    }
    if u16::from_le_bytes([bytes[4], bytes[5]]) > VERSION {
        return Err(Error::NewerFormat);
    }
    let word =
        |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    if word(12) as usize != bytes.len() - HEADER_BYTES {
        return Err(Error::Corrupt("a chunk of words is not as long as it says"));
    }
    if bytes[16..24] != checksum(bytes).to_le_bytes() {
        return Err(Error::Corrupt("the checksum of a chunk of words does not match"));
    }
    if bytes[4..8] != [VERSION as u8, 0, fields as u8, 0] || word(8) != number {
        return Err(Error::Corrupt("a chunk of words is not the one that was asked for"));
    }
    Ok(&bytes[HEADER_BYTES..])
}

/// What is left to read.
struct Payload<'a>(&'a [u8]);

const ENDS: Error = Error::Corrupt("a chunk of words ends too early");
const ASTRAY: Error = Error::Corrupt("postings lead out of their chunk");

impl<'a> Payload<'a> {
    fn number(&mut self) -> Result<u32> {
        varint::take(&mut self.0).ok_or(ENDS)
    }

    /// How many things follow that take at least a byte each.
    fn count(&mut self) -> Result<usize> {
        let count = self.number()? as usize;
        if count <= self.0.len() { Ok(count) } else { Err(ENDS) }
    }

    fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count).ok_or(ENDS)?;
        self.0 = rest;
        Ok(bytes)
    }

    fn terms(&mut self) -> Result<Terms> {
        let count = self.count()?;
        let mut terms = Terms::default();
        try_reserve(&mut terms.ends, count)?;
        let mut term = [0; MAX_TERM_BYTES];
        let mut length = 0;
        for n in 0..count {
            let shared = self.number()? as usize;
            let more = self.count()?;
            let rest = self.bytes(more)?;
            if shared > length || shared + more > MAX_TERM_BYTES || more == 0 {
                return Err(Error::Corrupt("a saved term has no or too many bytes"));
            }
            // In order: what it shares, then a greater byte, or more of them. Less shared than could be would pass for it.
            if n > 0 && rest.cmp(&term[shared..length]) != Ordering::Greater {
                return Err(Error::Corrupt("saved terms are out of order"));
            }
            length = shared + more;
            term[shared..length].copy_from_slice(rest);
            let text = core::str::from_utf8(&term[..length])
                .map_err(|_| Error::Corrupt("a saved term is no UTF-8"))?;
            if terms.text.capacity() - terms.text.len() < length {
                let room = length.max(terms.text.capacity());
                terms.text.try_reserve(room).map_err(|_| Error::OutOfMemory)?;
            }
            terms.text.push_str(text);
            terms.ends.push(terms.text.len());
        }
        Ok(terms)
    }

    fn field(&mut self, rows: u32, terms: u32) -> Result<SavedField<'a>> {
        let mut lengths = Vec::new();
        try_reserve(&mut lengths, rows as usize)?;
        for _ in 0..rows {
            lengths.push(self.number()?);
        }
        let mut left: Vec<u32> = Vec::new();
        try_resize(&mut left, lengths.len(), 0)?;
        left.copy_from_slice(&lengths);

        let count = self.count()?;
        let mut lists = Vec::new();
        try_reserve(&mut lists, count)?;
        let mut next = 0_u32;
        for _ in 0..count {
            let term = next.checked_add(self.number()?).filter(|&term| term < terms);
            let term = term.ok_or(Error::Corrupt("postings are of no term"))?;
            let documents = self.number()?;
            let (row_bytes, position_bytes) = (self.number()?, self.number()?);
            let rows = self.bytes(row_bytes as usize)?;
            let positions = self.bytes(position_bytes as usize)?;
            check_streams(rows, positions, documents, &mut left)?;
            lists.push(SavedList { term, documents, rows, positions });
            next = term + 1;
        }
        if left.iter().any(|&count| count != 0) {
            return Err(Error::Corrupt("postings and lengths of rows do not add up"));
        }
        Ok(SavedField { lengths, lists })
    }
}

/// Walks a list to its end, taking what it holds off what the rows have left.
fn check_streams(
    mut rows: &[u8],
    mut positions: &[u8],
    documents: u32,
    left: &mut [u32],
) -> Result<()> {
    let mut row = 0_u32;
    for document in 0..documents {
        let (delta, count) = take_row(&mut rows).ok_or(ASTRAY)?;
        row = row.checked_add(delta).ok_or(ASTRAY)?;
        let left = left.get_mut(row as usize).ok_or(ASTRAY)?;
        if document > 0 && delta == 0 || count == 0 || count > *left {
            return Err(ASTRAY);
        }
        *left -= count;
        let mut position = 0_u32;
        for n in 0..count {
            let delta = varint::take(&mut positions).ok_or(ASTRAY)?;
            if n > 0 && delta == 0 {
                return Err(ASTRAY);
            }
            position = position.checked_add(delta).ok_or(ASTRAY)?;
        }
    }
    let sound = documents > 0 && rows.is_empty() && positions.is_empty();
    if sound { Ok(()) } else { Err(ASTRAY) }
}

pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    hash(&bytes[HEADER_BYTES..], hash(&bytes[..16], 0))
}

/// A call of its own, or both calls of it would hold the long code of xxh3.
#[inline(never)]
fn hash(bytes: &[u8], seed: u64) -> u64 {
    xxh3_64_with_seed(bytes, seed)
}
