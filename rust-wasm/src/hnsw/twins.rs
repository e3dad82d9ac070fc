//! Rows that are the same to every query as a node of the graph. They have no links of their own; a list leads from the
//! node through all of them.

use crate::error::Result;
use crate::memory::try_resize;

use super::NONE;

/// For each row the next one of its list. Allocated with the first twin: most collections have none.
#[derive(Default)]
pub struct Twins {
    next: Vec<u32>,
}

impl Twins {
    /// Hangs a row on a node.
    pub fn add(&mut self, node: u32, row: u32) -> Result<()> {
        let rows = self.next.len().max(row.max(node) as usize + 1);
        try_resize(&mut self.next, rows, NONE)?;
        self.next[row as usize] = self.next[node as usize];
        self.next[node as usize] = row;
        Ok(())
    }

    /// Takes the rows that are not kept off all lists, and calls `changed` with every row of which the next one has changed.
    pub fn retain(&mut self, keep: impl Fn(u32) -> bool, mut changed: impl FnMut(u32)) {
        let rows = self.next.len() as u32;
        // Those that are kept come first: their lists lead through those that are not.
        for row in (0..rows).filter(|&row| keep(row)).chain((0..rows).filter(|&row| !keep(row))) {
            let next = if keep(row) { self.of(row).find(|&next| keep(next)) } else { None };
            let next = next.unwrap_or(NONE);
            if self.next[row as usize] != next {
                self.next[row as usize] = next;
                changed(row);
            }
        }
    }

    /// The rows that hang on a node.
    pub fn of(&self, node: u32) -> impl Iterator<Item = u32> {
        let next = |row: u32| self.next.get(row as usize).copied().filter(|&row| row != NONE);
        core::iter::successors(next(node), move |&row| next(row))
    }

    /// The next row of every list, `NONE` at its end; rows beyond the slice have none.
    pub fn next(&self) -> &[u32] {
        &self.next
    }

    /// Twins from saved bytes, all rows being below `next.len()`. `None` where following them would not end.
    pub fn from_next(next: Vec<u32>) -> Result<Option<Self>> {
        let mut before = Vec::new();
        try_resize(&mut before, next.len(), 0u8)?;
        for &row in next.iter().filter(|&&row| row != NONE) {
            before[row as usize] = before[row as usize].saturating_add(1);
        }
        if before.iter().any(|&count| count > 1) {
            return Ok(None);
        }
        let twins = Self { next };
        let lists = (0..before.len() as u32).filter(|&row| before[row as usize] == 0);
        let reached: usize = lists.map(|row| twins.of(row).count()).sum();
        let listed = before.iter().filter(|&&count| count > 0).count();
        Ok((reached == listed).then_some(twins))
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.next.capacity() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_lead_through_all_twins() {
        let mut twins = Twins::default();
        for (node, row) in [(0, 5), (0, 2), (3, 4), (0, 1)] {
            twins.add(node, row).unwrap();
        }
        assert_eq!(twins.of(0).collect::<Vec<_>>(), [1, 2, 5]);
        assert_eq!(twins.of(3).collect::<Vec<_>>(), [4]);
        assert_eq!(twins.of(9).count(), 0);
        assert!(Twins::from_next(twins.next().to_vec()).unwrap().is_some());
    }

    #[test]
    fn rows_that_are_not_kept_are_in_no_list() {
        let mut twins = Twins::from_next(vec![5, NONE, 1, 4, NONE, 2, NONE]).unwrap().unwrap();
        let mut changed = Vec::new();
        twins.retain(|row| ![2, 3, 5].contains(&row), |row| changed.push(row));
        assert_eq!(twins.next(), [1, NONE, NONE, NONE, NONE, NONE, NONE]);
        assert_eq!(changed, [0, 2, 3, 5]);
    }

    #[test]
    fn lists_that_do_not_end_are_refused() {
        assert!(Twins::from_next(vec![1, 0]).unwrap().is_none());
        assert!(Twins::from_next(vec![1, 2, 1]).unwrap().is_none());
        assert!(Twins::from_next(vec![2, 2, NONE]).unwrap().is_none());
        assert!(Twins::from_next(vec![0]).unwrap().is_none());
    }
}
