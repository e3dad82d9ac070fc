//! Rows that are the same to every query as a node of the graph. They have no links of their own; a list leads from the
//! node through all of them.

use super::NONE;
use crate::error::Result;
use crate::memory::try_resize;

/// For each row that has one the next of its list, in a hash table: most collections have few.
#[derive(Default)]
pub struct Twins {
    /// A power of two of them, of which at least every other is free: a row is in the first free place from the one its
    /// hash names. The table of the standard library would be 1.5 kB of code.
    places: Vec<Place>,
    used: usize,
}

#[derive(Clone, Copy)]
struct Place {
    /// `NONE` where the place is free.
    row: u32,
    /// `NONE` where there is none any more.
    next: u32,
}

const FREE: Place = Place { row: NONE, next: NONE };

impl Twins {
    /// Makes room for `additional` rows that have a next one.
    pub fn try_reserve(&mut self, additional: usize) -> Result<()> {
        let needed = 2 * (self.used + additional);
        if self.places.len() >= needed {
            return Ok(());
        }
        let mut places = Vec::new();
        try_resize(&mut places, needed.next_power_of_two(), FREE)?;
        let old = core::mem::replace(&mut self.places, places);
        self.used = 0;
        for Place { row, next } in old.into_iter().filter(|place| place.next != NONE) {
            self.set_next(row, next);
        }
        Ok(())
    }

    /// The place of a row, or the free one it would be put in. Some places must be free.
    fn place(&self, row: u32) -> usize {
        let last = self.places.len() - 1;
        // Fibonacci hashing (Knuth, TAOCP 3, 6.4): the upper bits of the product are spread best.
        let hash = u64::from(row).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let mut place = hash as usize & last;
        while ![row, NONE].contains(&self.places[place].row) {
            place = (place + 1) & last;
        }
        place
    }

    /// The next row of a row's list.
    pub fn next(&self, row: u32) -> Option<u32> {
        if self.places.is_empty() {
            return None;
        }
        Some(self.places[self.place(row)].next).filter(|&next| next != NONE)
    }

    /// Says what the next row of a row's list is; room for one more must have been made.
    pub fn set_next(&mut self, row: u32, next: u32) {
        let place = self.place(row);
        self.used += usize::from(self.places[place].row == NONE);
        self.places[place] = Place { row, next };
    }

    /// Hangs a row on a node.
    pub fn add(&mut self, node: u32, row: u32) -> Result<()> {
        self.try_reserve(2)?;
        if let Some(next) = self.next(node) {
            self.set_next(row, next);
        }
        self.set_next(node, row);
        Ok(())
    }

    /// Takes those of the first `rows` rows that are not kept off all lists, and calls `changed` with every row of which
    /// the next one has changed.
    pub fn retain(&mut self, rows: u32, keep: impl Fn(u32) -> bool, mut changed: impl FnMut(u32)) {
        // Those that are kept come first: their lists lead through those that are not.
        for row in (0..rows).filter(|&row| keep(row)).chain((0..rows).filter(|&row| !keep(row))) {
            let next = if keep(row) { self.of(row).find(|&next| keep(next)) } else { None };
            if next != self.next(row) {
                self.set_next(row, next.unwrap_or(NONE));
                changed(row);
            }
        }
    }

    /// The rows that hang on a node.
    pub fn of(&self, node: u32) -> impl Iterator<Item = u32> {
        core::iter::successors(self.next(node), move |&row| self.next(row))
    }

    /// All rows that have a next one, and these, in no order.
    pub fn all(&self) -> impl Iterator<Item = (u32, u32)> {
        let all = self.places.iter().map(|place| (place.row, place.next));
        all.filter(|&(_, next)| next != NONE)
    }

    /// Whether the lists, of rows below `rows`, end: no row is in two of them, and none leads back to itself.
    pub fn all_end(&self, rows: usize) -> Result<bool> {
        let mut hanging = Vec::new();
        try_resize(&mut hanging, rows.div_ceil(64), 0u64)?;
        for (_, next) in self.all() {
            let (word, bit) = (&mut hanging[next as usize / 64], 1 << (next % 64));
            if *word & bit != 0 {
                return Ok(false);
            }
            *word |= bit;
        }
        let nodes =
            self.all().filter(|&(row, _)| hanging[row as usize / 64] >> (row % 64) & 1 == 0);
        let reached: usize = nodes.map(|(node, _)| self.of(node).count()).sum();
        Ok(reached == self.all().count())
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.places.capacity() * size_of::<Place>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn twins(lists: &[(u32, u32)]) -> Twins {
        let mut twins = Twins::default();
        twins.try_reserve(lists.len()).unwrap();
        lists.iter().for_each(|&(row, next)| twins.set_next(row, next));
        twins
    }

    #[test]
    fn lists_lead_through_all_twins() {
        let mut twins = Twins::default();
        for (node, row) in [(0, 5), (0, 2), (3, 4), (0, 1)] {
            twins.add(node, row).unwrap();
        }
        assert_eq!(twins.of(0).collect::<Vec<_>>(), [1, 2, 5]);
        assert_eq!(twins.of(3).collect::<Vec<_>>(), [4]);
        assert_eq!(twins.of(9).count(), 0);
        assert!(twins.all_end(6).unwrap());
    }

    #[test]
    fn rows_that_are_not_kept_are_in_no_list() {
        let mut twins = twins(&[(0, 5), (2, 1), (3, 4), (5, 2)]);
        let mut changed = Vec::new();
        twins.retain(6, |row| ![2, 3, 5].contains(&row), |row| changed.push(row));
        assert_eq!(twins.all().collect::<Vec<_>>(), [(0, 1)]);
        assert_eq!(twins.of(0).collect::<Vec<_>>(), [1]);
        assert_eq!(changed, [0, 2, 3, 5]);
    }

    #[test]
    fn lists_that_do_not_end_are_seen() {
        assert!(!twins(&[(0, 1), (1, 0)]).all_end(2).unwrap());
        assert!(!twins(&[(0, 1), (1, 2), (2, 1)]).all_end(3).unwrap());
        assert!(!twins(&[(0, 2), (1, 2)]).all_end(3).unwrap());
        assert!(!twins(&[(0, 0)]).all_end(1).unwrap());
    }
}
