//! Which rows may be answered: those that live and, under a filter, match.

use crate::error::Result;
use crate::memory::try_reserve;

/// A bit for each row.
#[derive(Clone, Copy)]
pub struct Selection<'a> {
    live: &'a [u64],
    /// Rows beyond its end do not match.
    mask: Option<&'a [u64]>,
    /// The same, for another choice.
    within: Option<&'a [u64]>,
    /// A row that does not match.
    except: Option<u32>,
}

impl<'a> Selection<'a> {
    /// The live rows, of which only those in `mask` where one is given.
    pub fn new(live: &'a [u64], mask: Option<&'a [u64]>) -> Self {
        Self { live, mask, within: None, except: None }
    }

    /// Of these rows only those in `within` as well.
    pub fn within(self, within: &'a [u64]) -> Self {
        Self { within: Some(within), ..self }
    }

    /// Of these rows all but one.
    pub fn except(self, row: Option<u32>) -> Self {
        Self { except: row, ..self }
    }

    /// Whether the row may be answered.
    #[inline(always)]
    pub fn contains(self, row: u32) -> bool {
        self.word(row as usize / 64) >> (row % 64) & 1 == 1
    }

    /// Rows that may be answered.
    pub fn count(self) -> usize {
        (0..self.live.len()).map(|word| self.word(word).count_ones() as usize).sum()
    }

    /// Writes the bits of all rows to `bits`.
    pub fn write(self, bits: &mut Vec<u64>) -> Result<()> {
        bits.clear();
        try_reserve(bits, self.live.len())?;
        bits.extend((0..self.live.len()).map(|word| self.word(word)));
        Ok(())
    }

    /// Calls `each` with the rows of a range that may be answered, in order.
    #[inline(always)]
    pub fn for_each(self, rows: core::ops::Range<usize>, mut each: impl FnMut(u32)) {
        for word in rows.start / 64..rows.end.div_ceil(64) {
            let mut bits = self.word(word);
            if word == rows.start / 64 {
                bits &= !0 << (rows.start % 64);
            }
            if word == rows.end / 64 {
                bits &= !(!0 << (rows.end % 64));
            }
            while bits != 0 {
                each((word * 64) as u32 + bits.trailing_zeros());
                bits &= bits - 1;
            }
        }
    }

    #[inline(always)]
    fn word(self, word: usize) -> u64 {
        let in_word = |bits: &[u64]| bits.get(word).copied().unwrap_or(0);
        let except = match self.except {
            Some(row) if row as usize / 64 == word => 1 << (row % 64),
            _ => 0,
        };
        self.live[word] & self.mask.map_or(!0, in_word) & self.within.map_or(!0, in_word) & !except
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_start_and_end_inside_words() {
        let live = [!0, !0, !0];
        let selection = Selection::new(&live, None);
        for range in [0..0, 0..1, 3..64, 64..64, 60..130, 64..128, 0..192, 191..192] {
            let mut rows = Vec::new();
            selection.for_each(range.clone(), |row| rows.push(row as usize));
            assert_eq!(rows, range.collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_short_mask_matches_nothing_beyond_its_end() {
        let live = [!0, 0b101];
        let selection = Selection::new(&live, Some(&[1 << 7]));
        assert_eq!(selection.count(), 1);
        assert!(selection.contains(7) && !selection.contains(6) && !selection.contains(64));
    }
}
