//! The inverted index: fields over the same rows, one dictionary, and which rows were removed.

use crate::dictionary::{Dictionary, NONE};
use crate::error::{Error, Result};
use crate::field::{CHUNK_ROWS, Field};
use crate::memory::try_reserve;
use crate::scratch::Scratch;
use crate::tail::Occurrence;

/// A position without a term: a word that is not indexed, yet keeps those around it apart.
pub const HOLE: u32 = NONE;
/// The most fields.
pub const MAX_FIELDS: usize = 255;

/// Rows of words, found by them.
pub struct Index {
    pub(crate) dictionary: Dictionary,
    pub(crate) fields: Vec<Field>,
    /// Rows that were removed: one bit for each, lowest first.
    removed: Vec<u64>,
    /// How many of them there are in each stretch of `CHUNK_ROWS`.
    removed_in: Vec<u32>,
    rows: u32,
    pub(crate) scratch: Scratch,
}

/// The words of one field of one row, out of a batch: see [`Index::append`].
struct Entry<'a> {
    row: u32,
    field: usize,
    terms: &'a [u32],
}

impl Index {
    /// An index without rows.
    pub fn new(fields: usize) -> Result<Self> {
        if fields == 0 || fields > MAX_FIELDS {
            return Err(Error::InvalidOption("an index of words has 1 to 255 fields"));
        }
        let mut all = Vec::new();
        try_reserve(&mut all, fields)?;
        all.resize_with(fields, Field::default);
        Ok(Self {
            dictionary: Dictionary::default(),
            fields: all,
            removed: Vec::new(),
            removed_in: Vec::new(),
            rows: 0,
            scratch: Scratch::default(),
        })
    }

    /// One more than the last row with words, or than the last that was loaded.
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// Different terms ever met.
    pub fn terms(&self) -> usize {
        self.dictionary.len()
    }

    /// The number of a term, for `append`.
    pub fn intern(&mut self, term: &str) -> Result<u32> {
        self.dictionary.intern(term)
    }

    /// Checks a batch and makes room for it, so that appending it cannot fail.
    pub fn try_reserve(&mut self, batch: &[u32]) -> Result<()> {
        let mut rows = self.rows;
        let mut last = None;
        for entry in entries(batch) {
            let Entry { row, field, terms } = entry?;
            if field >= self.fields.len() || row < self.rows || last >= Some((row, field)) {
                return Err(Error::InvalidOption(
                    "rows come in order, after all earlier ones, their fields in order",
                ));
            }
            let known = |&term: &u32| term == HOLE || (term as usize) < self.dictionary.len();
            if !terms.iter().all(known) {
                return Err(Error::InvalidOption("terms are numbered by the index"));
            }
            last = Some((row, field));
            rows = row.checked_add(1).ok_or(Error::InvalidOption("a row is out of range"))?;
        }
        self.seal()?;
        self.reserve_rows(rows)?;
        for field in 0..self.fields.len() {
            let of_field = entries(batch).flatten().filter(|entry| entry.field == field);
            let count = of_field.map(|entry| entry.terms.len()).sum();
            self.fields[field].try_reserve(rows, count, self.dictionary.len())?;
        }
        Ok(())
    }

    /// Appends rows. Of each field that has words: the row, the field, how many positions it has, and the number of the term
    /// at each, or [`HOLE`]; in the order of rows and, within these, of fields. All or nothing.
    pub fn append(&mut self, batch: &[u32]) -> Result<()> {
        self.try_reserve(batch)?;
        for Entry { row, field, terms } in entries(batch).flatten() {
            self.grow(row + 1);
            for (position, &term) in (0..).zip(terms).filter(|&(_, &term)| term != HOLE) {
                self.fields[field].push(Occurrence { row, position, term });
            }
        }
        Ok(())
    }

    /// Removes a row; one that has no words, or was removed before, is left as it is.
    pub fn remove(&mut self, row: u32) {
        if row >= self.rows || self.is_removed(row) {
            return;
        }
        self.removed[row as usize / 64] |= 1 << (row % 64);
        self.removed_in[(row / CHUNK_ROWS) as usize] += 1;
        self.fields.iter_mut().for_each(|field| field.remove(row));
    }

    /// Whether a row below `rows` was removed.
    #[inline(always)]
    pub fn is_removed(&self, row: u32) -> bool {
        self.removed[row as usize / 64] >> (row % 64) & 1 == 1
    }

    /// Blocks that the rows of every field are kept in: the full chunks, and the tail.
    pub(crate) fn blocks(&self) -> usize {
        self.fields[0].chunks() + 1
    }

    /// The first row of a block.
    pub(crate) fn first_row(&self, block: usize) -> u32 {
        block as u32 * CHUNK_ROWS
    }

    /// Live rows that hold the term in this field.
    pub(crate) fn documents(&self, field: usize, term: u32) -> u32 {
        let field = &self.fields[field];
        let in_block = |block: usize| {
            let postings = field.block(block);
            let last = if block + 1 == self.blocks() { self.removed_in.len() } else { block + 1 };
            if self.removed_in[block..last].iter().all(|&count| count == 0) {
                return postings.documents(term);
            }
            let mut live = 0;
            postings.each_row(term, |row, _| live += u32::from(!self.is_removed(row)));
            live
        };
        (0..self.blocks()).map(in_block).sum()
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let rows = self.removed.capacity() * size_of::<u64>();
        let fields = self.fields.iter().map(Field::bytes).sum::<usize>();
        rows + fields + self.dictionary.bytes() + self.scratch.bytes()
    }

    /// Moves what is full out of the tails: of all fields, or of none.
    pub(crate) fn seal(&mut self) -> Result<()> {
        while self.rows / CHUNK_ROWS >= self.blocks() as u32 {
            let first = self.first_row(self.blocks() - 1);
            let mut chunks = Vec::new();
            try_reserve(&mut chunks, self.fields.len())?;
            for field in &mut self.fields {
                field.try_reserve_chunk(0)?;
                chunks.push(field.cut(first..first + CHUNK_ROWS)?);
            }
            let fields = self.fields.iter_mut().zip(chunks);
            fields.for_each(|(field, chunk)| field.replace_start(chunk));
        }
        Ok(())
    }

    /// Makes room for rows up to `rows`, without words.
    pub(crate) fn reserve_rows(&mut self, rows: u32) -> Result<()> {
        let words = (rows as usize).div_ceil(64).saturating_sub(self.removed.len());
        try_reserve(&mut self.removed, words)?;
        let chunks = (rows.div_ceil(CHUNK_ROWS) as usize).saturating_sub(self.removed_in.len());
        try_reserve(&mut self.removed_in, chunks)?;
        self.fields.iter_mut().try_for_each(|field| field.try_reserve(rows, 0, 0))
    }

    /// Counts rows up to `rows` in. Room must have been made.
    pub(crate) fn grow(&mut self, rows: u32) {
        self.rows = rows.max(self.rows);
        self.removed.resize((self.rows as usize).div_ceil(64), 0);
        self.removed_in.resize(self.rows.div_ceil(CHUNK_ROWS) as usize, 0);
        self.fields.iter_mut().for_each(|field| field.grow(rows));
    }
}

fn entries(mut batch: &[u32]) -> impl Iterator<Item = Result<Entry<'_>>> {
    let cut_short = Error::InvalidOption("a batch of words is cut short");
    core::iter::from_fn(move || {
        if batch.is_empty() {
            return None;
        }
        let Some((&[row, field, count], rest)) = batch.split_first_chunk() else {
            batch = &[];
            return Some(Err(cut_short));
        };
        let Some((terms, rest)) = rest.split_at_checked(count as usize) else {
            batch = &[];
            return Some(Err(cut_short));
        };
        batch = rest;
        Some(Ok(Entry { row, field: field as usize, terms }))
    })
}

#[cfg(test)]
#[path = "tests/mod.rs"]
pub(crate) mod tests;
