//! Indexes that are saved in chunks, read back, and given new rows.

use crate::chunk::{Chunk, ChunkBuilder};
use crate::codec::{self, SavedChunk, SavedField};
use crate::dictionary::NONE;
use crate::error::{Error, Result};
use crate::field::CHUNK_ROWS;
use crate::index::Index;
use crate::memory::{try_reserve, try_resize};

impl Index {
    /// Writes the chunk of rows from `from`, a multiple of [`CHUNK_ROWS`], to before `to`, at most as many further.
    /// Removed rows are saved like others; whoever loads the chunk removes them again.
    pub fn write_chunk(&self, from: u32, to: u32, bytes: &mut Vec<u8>) -> Result<()> {
        if !from.is_multiple_of(CHUNK_ROWS) || to <= from || to - from > CHUNK_ROWS {
            return Err(Error::InvalidOption(
                "a chunk is of 1 to 16384 rows from a multiple of these",
            ));
        }
        let mut chunks: Vec<Chunk> = Vec::new();
        try_reserve(&mut chunks, self.fields.len())?;
        for field in &self.fields {
            chunks.push(field.cut(from..to)?);
        }
        let lengths = |field: usize, row: u32| {
            self.fields[field].lengths().get(row as usize).copied().unwrap_or_default()
        };
        codec::write(bytes, &self.dictionary, &chunks, from..to, lengths)
    }

    /// Appends the rows of a saved chunk, which must be the one after those there are.
    pub fn load_chunk(&mut self, bytes: &[u8]) -> Result<()> {
        let number = self.rows() / CHUNK_ROWS;
        let saved = codec::read(bytes, number, self.fields.len())?;
        if !self.rows().is_multiple_of(CHUNK_ROWS) {
            return Err(Error::Corrupt("a chunk follows one that is not full"));
        }
        self.seal()?;
        let rows = self.rows() + saved.rows;
        self.reserve_rows(rows)?;
        let mut numbers = Vec::new();
        try_reserve(&mut numbers, saved.terms.len())?;
        for n in 0..saved.terms.len() {
            numbers.push(self.dictionary.intern(saved.terms.get(n))?);
        }
        let mut chunks = Vec::new();
        try_reserve(&mut chunks, self.fields.len())?;
        for field in &saved.fields {
            chunks.push(renamed(field, &numbers, self.rows())?);
        }
        if saved.rows == CHUNK_ROWS {
            self.take_full(&saved, chunks)?
        } else {
            self.take_last(&chunks, rows)?
        }
        self.grow(rows);
        Ok(())
    }

    fn take_full(&mut self, saved: &SavedChunk<'_>, chunks: Vec<Chunk>) -> Result<()> {
        for field in &mut self.fields {
            field.try_reserve_chunk(CHUNK_ROWS as usize)?;
        }
        for ((field, chunk), saved) in self.fields.iter_mut().zip(chunks).zip(&saved.fields) {
            field.push_chunk(chunk, &saved.lengths);
        }
        Ok(())
    }

    fn take_last(&mut self, chunks: &[Chunk], rows: u32) -> Result<()> {
        let mut all = Vec::new();
        try_reserve(&mut all, chunks.len())?;
        for (chunk, field) in chunks.iter().zip(&mut self.fields) {
            let occurrences = chunk.occurrences()?;
            field.try_reserve(rows, occurrences.len(), self.dictionary.len())?;
            all.push(occurrences);
        }
        for (occurrences, field) in all.into_iter().zip(&mut self.fields) {
            field.grow(rows);
            occurrences.into_iter().for_each(|occurrence| field.push(occurrence));
        }
        Ok(())
    }

    /// The same words under new rows: of each old one its new row, ascending, or `u32::MAX` where it is gone, as removed
    /// rows are in any case. Terms that nothing holds any more are forgotten.
    pub fn renumbered(&self, rows: &[u32]) -> Result<Index> {
        if !rows.iter().filter(|&&row| row != NONE).is_sorted_by(|a, b| a < b) {
            return Err(Error::InvalidOption("new rows are in the order of the old ones"));
        }
        let new_row = |old: u32| match rows.get(old as usize) {
            Some(&row) if row != NONE && !self.is_removed(old) => Some(row),
            _ => None,
        };
        let mut index = Index::new(self.fields.len())?;
        let mut numbers = Vec::new();
        try_resize(&mut numbers, self.dictionary.len(), NONE)?;
        for block in 0..self.blocks() {
            let mut all = Vec::new();
            try_reserve(&mut all, self.fields.len())?;
            let mut end = index.rows();
            for field in &self.fields {
                let mut occurrences = field.occurrences(block)?;
                occurrences.retain(|occurrence| new_row(occurrence.row).is_some());
                for occurrence in &mut occurrences {
                    occurrence.row = new_row(occurrence.row).unwrap_or(NONE);
                    let number = &mut numbers[occurrence.term as usize];
                    if *number == NONE {
                        *number = index.dictionary.intern(self.dictionary.term(occurrence.term))?;
                    }
                    occurrence.term = *number;
                    end = end.max(occurrence.row + 1);
                }
                all.push(occurrences);
            }
            index.seal()?;
            index.reserve_rows(end)?;
            let terms = index.dictionary.len();
            for (occurrences, field) in all.iter().zip(&mut index.fields) {
                field.try_reserve(end, occurrences.len(), terms)?;
            }
            index.grow(end);
            for (occurrences, field) in all.into_iter().zip(&mut index.fields) {
                occurrences.into_iter().for_each(|occurrence| field.push(occurrence));
            }
        }
        Ok(index)
    }
}

/// A saved field's postings under the numbers that its terms have here.
fn renamed(field: &SavedField<'_>, numbers: &[u32], first_row: u32) -> Result<Chunk> {
    let mut lists = Vec::new();
    try_reserve(&mut lists, field.lists.len())?;
    lists.extend(field.lists.iter().map(|list| (numbers[list.term as usize], list)));
    lists.sort_unstable_by_key(|&(term, _)| term);
    let mut chunk = ChunkBuilder::new(first_row);
    for (term, list) in lists {
        chunk.push_list(term, list.documents, list.rows, list.positions)?;
    }
    chunk.finish()
}
