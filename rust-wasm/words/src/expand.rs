//! The terms that a prefix or a misspelt word stands for.
//!
//! Edits are those of the optimal string alignment distance: a letter put in, left out or changed, or two neighbours
//! swapped (Damerau 1964). Its matrix is filled along the sorted dictionary, so that terms with the same beginning share
//! its first rows, and all terms are passed over whose beginning is already too far.

use core::cmp::Reverse;

use crate::dictionary::Dictionary;
use crate::error::Result;
use crate::memory::{try_reserve, try_resize};

/// The most terms that a clause of a score is expanded to.
pub const MAX_EXPANSIONS: usize = 64;

/// A term that a clause stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expansion {
    /// The term's number.
    pub term: u32,
    /// How many edits it is away.
    pub edits: u8,
    /// Rows that hold it.
    pub documents: u32,
    /// What its score is taken times.
    pub weight: f32,
}

/// Keeps the nearest and, among these, the most frequent expansions that any row holds, in this order.
pub fn keep_best(expansions: &mut Vec<Expansion>, limit: usize, dictionary: &Dictionary) {
    expansions.retain(|expansion| expansion.documents > 0);
    expansions.sort_unstable_by_key(|&Expansion { edits, documents, term, .. }| {
        (edits, Reverse(documents), dictionary.term(term))
    });
    expansions.truncate(limit);
}

/// What finding the terms near a word takes, kept from one word to the next.
#[derive(Default)]
pub struct Fuzzy {
    word: Vec<char>,
    /// The beginning of a term that the matrix is filled for.
    path: Vec<char>,
    /// Row i, column j: edits between the first i letters of the path and the first j of the word.
    matrix: Vec<u8>,
}

impl Fuzzy {
    /// Visits the terms of the sorted dictionary that are at most `max` edits away, with how many, and with how much less
    /// they count: by the share of the shorter word's letters that is edited. Those of which nothing is left are no match.
    pub fn each_near(
        &mut self,
        dictionary: &Dictionary,
        word: &str,
        max: u8,
        mut visit: impl FnMut(u32, u8, f32),
    ) -> Result<()> {
        self.start(word, max)?;
        // As many letters of the path already lead too far.
        let mut hopeless = usize::MAX;
        'terms: for &number in dictionary.sorted() {
            let mut letters = dictionary.term(number).chars();
            let mut shared = 0;
            let rest = loop {
                let rest = letters.clone();
                match letters.next() {
                    Some(letter) if self.path.get(shared) == Some(&letter) => shared += 1,
                    _ => break rest,
                }
            };
            if shared >= hopeless {
                continue;
            }
            hopeless = usize::MAX;
            self.path.truncate(shared);
            for letter in rest {
                if self.advance(letter) > max {
                    hopeless = self.path.len();
                    continue 'terms;
                }
            }
            let width = self.word.len() + 1;
            let edits = self.matrix[self.path.len() * width + width - 1];
            let shorter = self.path.len().min(self.word.len());
            if edits <= max && usize::from(edits) < shorter {
                visit(number, edits, 1.0 - f32::from(edits) / shorter as f32);
            }
        }
        Ok(())
    }

    fn start(&mut self, word: &str, max: u8) -> Result<()> {
        self.word.clear();
        self.path.clear();
        self.matrix.clear();
        try_reserve(&mut self.word, word.len())?;
        self.word.extend(word.chars());
        let width = self.word.len() + 1;
        // A path this much longer than the word is too far, whatever it holds.
        let longest = self.word.len() + usize::from(max) + 1;
        try_reserve(&mut self.path, longest)?;
        try_resize(&mut self.matrix, (longest + 1) * width, 0)?;
        // Words and terms have at most 255 letters.
        let columns = self.matrix[..width].iter_mut().zip(0..=u8::MAX);
        columns.for_each(|(cell, column)| *cell = column);
        Ok(())
    }

    /// Adds a letter to the path and fills its row; answers the least edits in it.
    fn advance(&mut self, letter: char) -> u8 {
        let width = self.word.len() + 1;
        let row = self.path.len() + 1;
        let (above, here) = self.matrix.split_at_mut(row * width);
        let previous = &above[(row - 1) * width..];
        let swapped = self.path.last().map(|&last| (last, &above[(row - 2) * width..]));
        here[0] = previous[0].saturating_add(1);
        let mut least = here[0];
        for column in 1..width {
            let other = self.word[column - 1];
            let changed = previous[column - 1].saturating_add(u8::from(letter != other));
            let one_more = previous[column].min(here[column - 1]).saturating_add(1);
            let mut edits = changed.min(one_more);
            if let Some((last, earlier)) = swapped
                && column > 1
                && (last, letter) == (other, self.word[column - 2])
            {
                edits = edits.min(earlier[column - 2].saturating_add(1));
            }
            here[column] = edits;
            least = least.min(edits);
        }
        self.path.push(letter);
        least
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        (self.word.capacity() + self.path.capacity()) * size_of::<char>() + self.matrix.capacity()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, on whole words.
    fn distance(a: &[char], b: &[char]) -> usize {
        let mut d = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                d[i][j] = if i == 0 || j == 0 {
                    i + j
                } else {
                    let change = d[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                    let mut least = change.min(d[i - 1][j] + 1).min(d[i][j - 1] + 1);
                    if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                        least = least.min(d[i - 2][j - 2] + 1);
                    }
                    least
                };
            }
        }
        d[a.len()][b.len()]
    }

    proptest! {
        #[test]
        fn all_that_is_near_is_found(
            terms in prop::collection::vec("[a-c\u{e9}]{1,7}", 0..60),
            words in prop::collection::vec("[a-c\u{e9}]{0,7}", 1..5),
        ) {
            let mut dictionary = Dictionary::default();
            terms.iter().for_each(|term| assert!(dictionary.intern(term).is_ok()));
            dictionary.sort().unwrap();
            let mut fuzzy = Fuzzy::default();
            for word in &words {
                for max in [1, 2] {
                    let mut found = Vec::new();
                    fuzzy.each_near(&dictionary, word, max, |number, edits, weight| {
                        assert!(weight > 0.0 && weight <= 1.0 && (weight == 1.0) == (edits == 0));
                        found.push((number, usize::from(edits)));
                    }).unwrap();
                    let letters = word.chars().collect::<Vec<_>>();
                    let near = dictionary.sorted().iter().filter_map(|&number| {
                        let term = dictionary.term(number).chars().collect::<Vec<_>>();
                        let edits = distance(&term, &letters);
                        let shorter = term.len().min(letters.len());
                        (edits <= usize::from(max) && edits < shorter).then_some((number, edits))
                    });
                    prop_assert_eq!(found, near.collect::<Vec<_>>());
                }
            }
        }
    }

    #[test]
    fn long_words_are_compared_whole() {
        let mut dictionary = Dictionary::default();
        let long = "x".repeat(255);
        dictionary.intern(&long).unwrap();
        dictionary.intern(&"x".repeat(250)).unwrap();
        dictionary.sort().unwrap();
        let mut found = Vec::new();
        let visit = |number, edits, _| found.push((number, edits));
        Fuzzy::default().each_near(&dictionary, &long, 2, visit).unwrap();
        assert_eq!(found, [(0, 0)]);
    }
}
