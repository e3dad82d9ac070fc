//! Writing a chunk.

use core::ops::Range;

use super::{HEADER_BYTES, MAGIC, VERSION, checksum};
use crate::chunk::Chunk;
use crate::dictionary::Dictionary;
use crate::error::Result;
use crate::field::CHUNK_ROWS;
use crate::memory::try_reserve;
use crate::varint;

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
