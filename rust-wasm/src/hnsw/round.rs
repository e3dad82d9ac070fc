//! The order of insertion.
//!
//! Rows often come sorted: all of one kind, then all of the next. Inserted like that, a new kind's first rows hardly get
//! links from the others and the kind may end up in pieces. So the rows that wait when indexing starts are a round,
//! and within it they are inserted evenly spread over its whole range; rows that come meanwhile wait for the next.

use core::ops::Range;

use crate::error::Result;
use crate::memory::try_resize;

/// Rows of which the first `done`, in the round's own order, are in the graph.
#[derive(Default)]
pub struct Round {
    start: u32,
    end: u32,
    done: u32,
    step: u64,
    /// A bit for each row up to the round's end: whether it is still to be inserted.
    waiting: Vec<u64>,
}

impl Round {
    /// A round that follows this one, up to the row `end`. Room is made before anything changes.
    pub fn begin(&mut self, end: u32) -> Result<()> {
        try_resize(&mut self.waiting, (end as usize).div_ceil(64), 0)?;
        (self.start, self.end, self.done) = (self.end, end, 0);
        self.step = step(u64::from(self.end - self.start));
        for row in self.start..self.end {
            self.waiting[row as usize / 64] |= 1 << (row % 64);
        }
        Ok(())
    }

    /// The round over these rows with the first `done` of its own order inserted.
    pub fn resumed(rows: Range<u32>, done: u32) -> Result<Self> {
        let mut round = Self { end: rows.start, ..Self::default() };
        round.begin(rows.end)?;
        while round.done < done {
            round.advance();
        }
        Ok(round)
    }

    /// The row to insert next, if any is left.
    pub fn next(&self) -> Option<u32> {
        let rows = u64::from(self.end - self.start);
        (self.done < self.end - self.start)
            .then(|| self.start + (u64::from(self.done) * self.step % rows) as u32)
    }

    /// Counts the next row as inserted.
    pub fn advance(&mut self) {
        if let Some(row) = self.next() {
            self.waiting[row as usize / 64] &= !(1 << (row % 64));
            self.done += 1;
        }
    }

    /// Whether a row below the round's end is still to be inserted.
    pub fn waits(&self, row: u32) -> bool {
        self.waiting[row as usize / 64] >> (row % 64) & 1 == 1
    }

    /// The range of the round.
    pub fn rows(&self) -> Range<u32> {
        self.start..self.end
    }

    /// Rows of the round that have been inserted.
    pub fn done(&self) -> u32 {
        self.done
    }

    /// Rows of the round that have not.
    pub fn left(&self) -> usize {
        (self.end - self.start - self.done) as usize
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.waiting.capacity() * size_of::<u64>()
    }

    /// A bit for each row up to the round's end: whether it is still to be inserted.
    pub fn waiting(&self) -> &[u64] {
        &self.waiting
    }
}

/// A step that visits each of `rows` rows once before it comes back: near the golden section, where its multiples
/// are spread most evenly, and coprime to `rows`.
fn step(rows: u64) -> u64 {
    let golden = (rows as f64 / 1.618_034) as u64;
    (golden.max(1)..).find(|&step| gcd(step, rows) == 1).unwrap_or(1)
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_visits_every_row_once() {
        for rows in (0..200).chain([1_000, 4_096, 5_040]) {
            let mut round = Round::resumed(7..7 + rows, 0).unwrap();
            let mut seen = Vec::new();
            while let Some(row) = round.next() {
                assert!(round.waits(row));
                seen.push(row);
                round.advance();
            }
            assert_eq!(round.left(), 0);
            assert!(round.waiting().iter().all(|&word| word == 0));
            seen.sort_unstable();
            assert_eq!(seen, (7..7 + rows).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_first_rows_of_a_round_are_spread_over_all_of_it() {
        let mut round = Round::resumed(0..10_000, 0).unwrap();
        let mut counts = [0; 10];
        for _ in 0..100 {
            counts[round.next().unwrap() as usize / 1_000] += 1;
            round.advance();
        }
        assert!(counts.iter().all(|count| (8..=12).contains(count)), "{counts:?}");
    }
}
