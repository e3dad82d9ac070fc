//! Rows of a field whose postings will not change any more: each term's in two streams of varints, so that scoring reads
//! rows and frequencies alone and only phrases read positions.
//!
//! | stream | of a term |
//! |---|---|
//! | rows | for each row: how far it is from the one before (the first: from the chunk's first row), how often it holds the term |
//! | positions | for each row: its positions, each as how far it is from the one before (the first: from 0) |

use core::ops::Range;

use crate::error::{Error, Result};
use crate::memory::try_reserve;
use crate::tail::Occurrence;
use crate::varint;

/// The postings of one term. They start where those of the list before end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List {
    /// The term's number.
    pub term: u32,
    /// Rows that hold it.
    pub documents: u32,
    /// Where its rows end.
    pub rows_end: u32,
    /// Where its positions end.
    pub positions_end: u32,
}

/// Postings of a stretch of rows.
#[derive(Debug, PartialEq, Eq)]
pub struct Chunk {
    first_row: u32,
    /// In the order of their terms' numbers.
    lists: Vec<List>,
    rows: Vec<u8>,
    positions: Vec<u8>,
}

impl Chunk {
    /// How many terms there are.
    pub fn terms(&self) -> usize {
        self.lists.len()
    }

    /// The number of the n-th term.
    pub fn term(&self, n: usize) -> u32 {
        self.lists[n].term
    }

    /// Rows that hold the term.
    pub fn documents(&self, term: u32) -> u32 {
        self.find(term).map_or(0, |n| self.lists[n].documents)
    }

    /// The term's streams of rows and of positions.
    pub fn streams(&self, term: u32) -> (&[u8], &[u8]) {
        let Some(n) = self.find(term) else { return (&[], &[]) };
        let before = n.checked_sub(1).map(|n| self.lists[n]);
        let (rows, positions) = before.map_or((0, 0), |list| (list.rows_end, list.positions_end));
        let list = self.lists[n];
        (
            &self.rows[rows as usize..list.rows_end as usize],
            &self.positions[positions as usize..list.positions_end as usize],
        )
    }

    /// The rows that hold the term, and how often, in order.
    #[inline(always)]
    pub fn each_row(&self, term: u32, mut visit: impl FnMut(u32, u32)) {
        let (mut rows, _) = self.streams(term);
        let mut row = self.first_row;
        while let Some((delta, count)) = take_row(&mut rows) {
            row += delta;
            visit(row, count);
        }
    }

    /// Every row and position of the term, in order.
    pub fn each_position(&self, term: u32, mut visit: impl FnMut(u32, u32)) {
        let (_, mut positions) = self.streams(term);
        self.each_row(term, |row, count| {
            let mut position = 0;
            for _ in 0..count {
                position += varint::take(&mut positions).unwrap_or_default();
                visit(row, position);
            }
        });
    }

    /// All occurrences, in the order of rows and positions.
    pub fn occurrences(&self) -> Result<Vec<Occurrence>> {
        let mut occurrences = Vec::new();
        for &List { term, .. } in &self.lists {
            let mut count = 0;
            self.each_row(term, |_, often| count += often as usize);
            try_reserve(&mut occurrences, count)?;
            self.each_position(term, |row, position| {
                occurrences.push(Occurrence { row, position, term });
            });
        }
        occurrences.sort_unstable();
        Ok(occurrences)
    }

    /// Those of its rows that are among these.
    pub fn cut(&self, rows: Range<u32>) -> Result<Chunk> {
        let mut cut = ChunkBuilder::new(self.first_row);
        for &List { term, .. } in &self.lists {
            let mut result = Ok(());
            self.each_position(term, |row, position| {
                if result.is_ok() && rows.contains(&row) {
                    result = cut.push(term, row, position);
                }
            });
            result?;
        }
        cut.finish()
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let lists = self.lists.capacity() * size_of::<List>();
        lists + self.rows.capacity() + self.positions.capacity()
    }

    fn find(&self, term: u32) -> Option<usize> {
        self.lists.binary_search_by_key(&term, |list| list.term).ok()
    }
}

/// Takes a row's distance and how often it holds the term off a stream.
#[inline(always)]
pub fn take_row(rows: &mut &[u8]) -> Option<(u32, u32)> {
    Some((varint::take(rows)?, varint::take(rows)?))
}

/// Makes a chunk: term by term in the order of their numbers.
pub struct ChunkBuilder {
    chunk: Chunk,
    /// The row being written, its last position, and how many it has.
    row: u32,
    position: u32,
    count: u32,
    /// The last row that was written.
    written: u32,
}

impl ChunkBuilder {
    /// A chunk that begins at this row.
    pub fn new(first_row: u32) -> Self {
        let chunk = Chunk { first_row, lists: Vec::new(), rows: Vec::new(), positions: Vec::new() };
        Self { chunk, row: first_row, position: 0, count: 0, written: first_row }
    }

    /// Appends an occurrence of the last term or one with a higher number.
    pub fn push(&mut self, term: u32, row: u32, position: u32) -> Result<()> {
        let starts = self.chunk.lists.last().is_none_or(|list| list.term != term);
        if starts || row != self.row {
            self.end_row()?;
            self.row = row;
        }
        if starts {
            try_reserve(&mut self.chunk.lists, 1)?;
            self.chunk.lists.push(List { term, documents: 0, rows_end: 0, positions_end: 0 });
            self.written = self.chunk.first_row;
        }
        varint::push(&mut self.chunk.positions, position - self.position)?;
        self.position = position;
        self.count += 1;
        Ok(())
    }

    /// Appends a whole list whose streams are known to be sound.
    pub fn push_list(
        &mut self,
        term: u32,
        documents: u32,
        rows: &[u8],
        positions: &[u8],
    ) -> Result<()> {
        let chunk = &mut self.chunk;
        try_reserve(&mut chunk.lists, 1)?;
        try_reserve(&mut chunk.rows, rows.len())?;
        try_reserve(&mut chunk.positions, positions.len())?;
        chunk.rows.extend_from_slice(rows);
        chunk.positions.extend_from_slice(positions);
        let (rows_end, positions_end) = (chunk.rows.len() as u32, chunk.positions.len() as u32);
        chunk.lists.push(List { term, documents, rows_end, positions_end });
        Ok(())
    }

    /// The chunk, in no more memory than it needs.
    pub fn finish(mut self) -> Result<Chunk> {
        self.end_row()?;
        let Chunk { first_row, lists, rows, positions } = self.chunk;
        Ok(Chunk {
            first_row,
            lists: exact(&lists)?,
            rows: exact(&rows)?,
            positions: exact(&positions)?,
        })
    }

    /// Writes how often the row holds the term, now that it is known.
    fn end_row(&mut self) -> Result<()> {
        let Some(list) = self.chunk.lists.last_mut().filter(|_| self.count > 0) else {
            return Ok(());
        };
        varint::push(&mut self.chunk.rows, self.row - self.written)?;
        varint::push(&mut self.chunk.rows, self.count)?;
        list.documents += 1;
        list.rows_end = self.chunk.rows.len() as u32;
        list.positions_end = self.chunk.positions.len() as u32;
        self.written = self.row;
        self.position = 0;
        self.count = 0;
        Ok(())
    }
}

fn exact<T: Copy>(elements: &[T]) -> Result<Vec<T>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(elements.len()).map_err(|_| Error::OutOfMemory)?;
    copy.extend_from_slice(elements);
    Ok(copy)
}
