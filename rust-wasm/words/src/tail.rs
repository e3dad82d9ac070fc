//! The latest rows of a field: what fills no chunk yet. One array of occurrences in the order they came, those of one term
//! linked, so that rows are taken in without a reallocation for each term, and room for them can be made beforehand.

use core::ops::Range;

use crate::chunk::{Chunk, ChunkBuilder};
use crate::dictionary::NONE;
use crate::error::Result;
use crate::memory::{try_reserve, try_resize};

/// One term at one position of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Occurrence {
    /// The row.
    pub row: u32,
    /// How many positions come before it in the row.
    pub position: u32,
    /// The term's number.
    pub term: u32,
}

struct Link {
    occurrence: Occurrence,
    /// The next of the same term.
    next: u32,
}

#[derive(Clone)]
struct Ends {
    first: u32,
    last: u32,
    /// Rows that hold the term.
    documents: u32,
}

const UNSEEN: Ends = Ends { first: NONE, last: NONE, documents: 0 };

/// The occurrences of rows, in the order of rows and positions.
#[derive(Default)]
pub struct Tail {
    links: Vec<Link>,
    terms: Vec<Ends>,
}

impl Tail {
    /// Makes room for more occurrences, of terms with numbers below `terms`.
    pub fn try_reserve(&mut self, occurrences: usize, terms: usize) -> Result<()> {
        try_reserve(&mut self.links, occurrences)?;
        let terms = terms.max(self.terms.len());
        try_resize(&mut self.terms, terms, UNSEEN)
    }

    /// Takes in an occurrence, at the last position or one after it. Room must have been made.
    pub fn push(&mut self, occurrence: Occurrence) {
        self.links.push(Link { occurrence, next: NONE });
        self.join(self.links.len() - 1);
    }

    /// Links an occurrence to the one of its term before it.
    fn join(&mut self, at: usize) {
        let Occurrence { term, row, .. } = self.links[at].occurrence;
        let ends = &mut self.terms[term as usize];
        match self.links.get_mut(ends.last as usize) {
            Some(last) => {
                last.next = at as u32;
                ends.documents += u32::from(last.occurrence.row != row);
            }
            None => {
                ends.first = at as u32;
                ends.documents = 1;
            }
        }
        ends.last = at as u32;
    }

    /// Rows that hold the term.
    pub fn documents(&self, term: u32) -> u32 {
        self.terms.get(term as usize).map_or(0, |ends| ends.documents)
    }

    /// The rows that hold the term, and how often, in order.
    pub fn each_row(&self, term: u32, mut visit: impl FnMut(u32, u32)) {
        let mut occurrences = self.of(term);
        let Some(first) = occurrences.next() else { return };
        let (mut row, mut count) = (first.row, 1);
        for occurrence in occurrences {
            if occurrence.row == row {
                count += 1;
            } else {
                visit(row, count);
                (row, count) = (occurrence.row, 1);
            }
        }
        visit(row, count);
    }

    /// Every row and position of the term, in order.
    pub fn each_position(&self, term: u32, mut visit: impl FnMut(u32, u32)) {
        self.of(term).for_each(|Occurrence { row, position, .. }| visit(row, position));
    }

    /// All occurrences, in order.
    pub fn occurrences(&self) -> Result<Vec<Occurrence>> {
        let mut occurrences = Vec::new();
        try_reserve(&mut occurrences, self.links.len())?;
        occurrences.extend(self.links.iter().map(|link| link.occurrence));
        Ok(occurrences)
    }

    /// These rows as a chunk.
    pub fn cut(&self, rows: Range<u32>) -> Result<Chunk> {
        let mut chunk = ChunkBuilder::new(rows.start);
        for term in 0..self.terms.len() as u32 {
            for Occurrence { row, position, .. } in self.of(term) {
                if rows.contains(&row) {
                    chunk.push(term, row, position)?;
                }
            }
        }
        chunk.finish()
    }

    /// Forgets the rows before this one.
    pub fn drop_before(&mut self, row: u32) {
        let cut = self.links.partition_point(|link| link.occurrence.row < row);
        self.links.drain(..cut);
        self.terms.fill(UNSEEN);
        for at in 0..self.links.len() {
            self.links[at].next = NONE;
            self.join(at);
        }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.links.capacity() * size_of::<Link>() + self.terms.capacity() * size_of::<Ends>()
    }

    fn of(&self, term: u32) -> impl Iterator<Item = Occurrence> {
        let mut at = self.terms.get(term as usize).map_or(NONE, |ends| ends.first);
        core::iter::from_fn(move || {
            let link = self.links.get(at as usize)?;
            at = link.next;
            Some(link.occurrence)
        })
    }
}
