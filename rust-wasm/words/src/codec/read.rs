//! Reading a chunk.

use core::cmp::Ordering;

use super::{HEADER_BYTES, MAGIC, VERSION, checksum};
use crate::chunk::take_row;
use crate::dictionary::MAX_TERM_BYTES;
use crate::error::{Error, Result};
use crate::field::CHUNK_ROWS;
use crate::memory::{try_reserve, try_resize};
use crate::varint;

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
