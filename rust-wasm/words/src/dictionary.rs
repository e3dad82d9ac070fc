//! Terms and their numbers: one dictionary for all fields. A term keeps its number as long as the index lives.

use core::ops::Range;

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use crate::error::{Error, Result};
use crate::memory::{try_reserve, try_reserve_total};

/// The most bytes of a term.
pub const MAX_TERM_BYTES: usize = 255;
/// No term.
pub const NONE: u32 = u32::MAX;

/// The terms of an index.
#[derive(Default)]
pub struct Dictionary {
    /// All terms, one after the other.
    text: String,
    /// Where each ends.
    ends: Vec<u32>,
    numbers: HashTable<u32>,
    /// Numbers in the order of their terms' bytes: of as many terms as there were when they were last sorted.
    sorted: Vec<u32>,
}

impl Dictionary {
    /// How many terms there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The term of a number below `len`.
    pub fn term(&self, number: u32) -> &str {
        &self.text[span(&self.ends, number)]
    }

    /// The number of a term.
    pub fn find(&self, term: &str) -> Option<u32> {
        self.numbers.find(hash(term), |&number| self.term(number) == term).copied()
    }

    /// The number of a term, which is a new one where the term is new.
    pub fn intern(&mut self, term: &str) -> Result<u32> {
        if term.is_empty() || term.len() > MAX_TERM_BYTES {
            return Err(Error::InvalidOption("a term takes 1 to 255 bytes of UTF-8"));
        }
        if let Some(number) = self.find(term) {
            return Ok(number);
        }
        let Self { text, ends, numbers, .. } = self;
        let number = ends.len() as u32;
        try_reserve(ends, 1)?;
        if text.capacity() - text.len() < term.len() {
            let room = term.len().max(text.capacity() / 2);
            text.try_reserve(room).map_err(|_| Error::OutOfMemory)?;
        }
        let rehash = |&number: &u32| hash(&text[span(ends, number)]);
        numbers.try_reserve(1, rehash).map_err(|_| Error::OutOfMemory)?;
        text.push_str(term);
        ends.push(text.len() as u32);
        numbers.insert_unique(hash(term), number, |&number| hash(&text[span(ends, number)]));
        Ok(number)
    }

    /// Brings the order up to date, for `sorted` and `with_prefix`.
    pub fn sort(&mut self) -> Result<()> {
        let Self { text, ends, sorted, .. } = self;
        let term = |number: u32| &text[span(ends, number)];
        let (old, all) = (sorted.len(), ends.len());
        if old == all {
            return Ok(());
        }
        let mut fresh = Vec::new();
        try_reserve_total(&mut fresh, all - old)?;
        fresh.extend(old as u32..all as u32);
        fresh.sort_unstable_by_key(|&number| term(number));
        try_reserve_total(sorted, all)?;
        sorted.resize(all, NONE);
        // Merged from the back, into the room that was made there.
        let mut left = old;
        for at in (0..all).rev() {
            let Some(&last) = fresh.last() else { break };
            if left > 0 && term(sorted[left - 1]) > term(last) {
                left -= 1;
                sorted[at] = sorted[left];
            } else {
                sorted[at] = last;
                fresh.pop();
            }
        }
        Ok(())
    }

    /// All numbers in the order of their terms' bytes, as of the last `sort`.
    pub fn sorted(&self) -> &[u32] {
        &self.sorted
    }

    /// The numbers of the terms that begin so, as of the last `sort`.
    pub fn with_prefix(&self, prefix: &str) -> &[u32] {
        let start = self.sorted.partition_point(|&number| self.term(number) < prefix);
        let rest = &self.sorted[start..];
        &rest[..rest.partition_point(|&number| self.term(number).starts_with(prefix))]
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let words = self.ends.capacity() + self.sorted.capacity();
        self.text.capacity() + words * size_of::<u32>() + self.numbers.allocation_size()
    }
}

fn span(ends: &[u32], number: u32) -> Range<usize> {
    let number = number as usize;
    let start = if number == 0 { 0 } else { ends[number - 1] };
    start as usize..ends[number] as usize
}

/// A call of its own, or every caller would hold the long code of xxh3.
#[inline(never)]
fn hash(term: &str) -> u64 {
    xxh3_64(term.as_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn terms_are_found_and_sorted(lots in prop::collection::vec(prop::collection::vec("[a-c\u{e9}\u{1f600}]{1,4}", 0..20), 1..5)) {
            let mut dictionary = Dictionary::default();
            for lot in &lots {
                for term in lot {
                    let number = dictionary.intern(term).unwrap();
                    prop_assert_eq!(dictionary.term(number), term);
                    prop_assert_eq!(dictionary.find(term), Some(number));
                }
                dictionary.sort().unwrap();
                let mut terms = lots.iter().flatten().filter(|term| dictionary.find(term).is_some()).collect::<Vec<_>>();
                terms.sort();
                terms.dedup();
                let sorted = dictionary.sorted().iter().map(|&number| dictionary.term(number));
                prop_assert!(sorted.eq(terms.iter().copied()));
                let beginning = terms.iter().filter(|term| term.starts_with("ab"));
                let found = dictionary.with_prefix("ab").iter().map(|&number| dictionary.term(number));
                prop_assert!(found.eq(beginning.copied()));
            }
        }
    }

    #[test]
    fn terms_without_bytes_or_with_too_many_are_refused() {
        let mut dictionary = Dictionary::default();
        for term in [String::new(), "x".repeat(MAX_TERM_BYTES + 1)] {
            assert!(matches!(dictionary.intern(&term), Err(Error::InvalidOption(_))));
        }
        assert!(dictionary.intern(&"x".repeat(MAX_TERM_BYTES)).is_ok());
    }
}
