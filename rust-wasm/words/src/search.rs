//! BM25 over the fields of an index, term at a time within one block of rows after the other, so that what is summed up
//! stays in the cache.
//!
//! A term t that occurs tf times in a field of a row, of N rows with that field of which n hold t, adds
//!
//! ```text
//! boost × idf × tf (k1 + 1) / (tf + k1 (1 - b + b length / average length))    idf = ln(1 + (N - n + 0.5) / (n + 0.5))
//! ```
//!
//! (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, with Lucene's idf, which is
//! never negative. Lucene leaves the factor k1 + 1 out, which changes no order, and rounds lengths, which are exact here.)
//! Fields add up. N, n and the average are of live rows alone, whether or not a mask lets them through.
//!
//! A phrase is scored like a term that occurs as often as the phrase does, with the sum of its terms' idf. The terms that a
//! prefix or fuzzy word stands for share the n of the most frequent of them, or rare misspellings would count most.

use core::ops::Range;

use crate::dictionary::NONE;
use crate::error::{Error, Result};
use crate::expand::Expansion;
use crate::field::Block;
use crate::index::Index;
use crate::memory::{try_reserve, try_resize};
use crate::plan::{ANY_WORD, Planned};
use crate::query::{Occur, Query};
use crate::scratch::Scratch;

/// A row that must not match.
const EXCLUDED: u16 = u16::MAX;

/// How a field's scores are computed.
#[derive(Clone, Copy)]
struct Scorer<'a> {
    weight: f32,
    /// k1 (1 - b), and k1 b / average length.
    constant: f32,
    slope: f32,
    lengths: &'a [u32],
}

impl Scorer<'_> {
    #[inline(always)]
    fn score(&self, row: u32, count: u32) -> f32 {
        let count = count as f32;
        let length = self.lengths[row as usize] as f32;
        self.weight * count / (count + self.constant + self.slope * length)
    }
}

impl Index {
    /// Finds the `k` best rows for a query (see `query`), under `mask` only among its rows: one bit for each, lowest first.
    /// Equal scores come in the order of rows. Where nothing is asked for but what must not match, nothing is found.
    pub fn search(&mut self, query: &[u8], k: usize, mask: Option<&[u64]>) -> Result<()> {
        let query = Query::parse(query, self.fields.len())?;
        self.dictionary.sort()?;
        let mut scratch = core::mem::take(&mut self.scratch);
        let result = self
            .plan(&mut scratch, query)
            .and_then(|()| self.run(&mut scratch, query, k.min(self.rows() as usize), mask));
        self.scratch = scratch;
        result
    }

    /// The rows that the last search found, best first.
    pub fn found_rows(&self) -> &[u32] {
        &self.scratch.rows
    }

    /// Their scores.
    pub fn found_scores(&self) -> &[f32] {
        &self.scratch.found_scores
    }

    /// The terms that the last search's clauses stood for, but those that must not match; a term may come more than once.
    pub fn searched_terms(&self) -> impl Iterator<Item = &str> {
        let clauses = self.scratch.clauses.iter();
        let positive = clauses.filter(|clause| clause.occur != Occur::MustNot);
        let terms = positive.flat_map(|clause| &self.scratch.terms[clause.terms.clone()]);
        terms.filter(|term| term.term != NONE).map(|term| self.dictionary.term(term.term))
    }

    fn run(
        &self,
        scratch: &mut Scratch,
        query: Query<'_>,
        k: usize,
        mask: Option<&[u64]>,
    ) -> Result<()> {
        let tail_rows = self.rows() - self.first_row(self.blocks() - 1);
        let widest = tail_rows.max(if self.blocks() > 1 { self.first_row(1) } else { 0 });
        try_resize(&mut scratch.scores, widest as usize, 0.0)?;
        try_resize(&mut scratch.stages, widest as usize, 0)?;
        scratch.best.clear();
        scratch.best.try_reserve(k).map_err(|_| Error::OutOfMemory)?;
        try_reserve(&mut scratch.rows, k)?;
        try_reserve(&mut scratch.found_scores, k)?;

        let musts = scratch.clauses.iter().filter(|clause| clause.occur == Occur::Must).count();
        let musts = musts as u16;
        if k == 0 {
            return Ok(());
        }
        for block in 0..self.blocks() {
            let first = self.first_row(block);
            let last = block + 1 == self.blocks();
            let rows = first..if last { self.rows() } else { self.first_row(block + 1) };
            scratch.scores[..rows.len()].fill(0.0);
            scratch.stages[..rows.len()].fill(0);
            let mut stage = 0;
            for occur in [Occur::MustNot, Occur::Must, Occur::Should] {
                for n in 0..scratch.clauses.len() {
                    if scratch.clauses[n].occur == occur {
                        self.add(scratch, query, block, n, stage)?;
                        stage += u16::from(occur == Occur::Must);
                    }
                }
            }
            self.collect(scratch, rows, musts.max(1), k, mask);
        }

        let mut best = core::mem::take(&mut scratch.best).into_sorted_vec();
        for &key in &best {
            scratch.rows.push(key as u32);
            scratch.found_scores.push(f32::from_bits(!(key >> 32) as u32));
        }
        best.clear();
        scratch.best = best.into();
        Ok(())
    }

    /// Adds a clause's scores to those rows of a block that all clauses before it which must match do match: so many.
    fn add(
        &self,
        scratch: &mut Scratch,
        query: Query<'_>,
        block: usize,
        clause: usize,
        stage: u16,
    ) -> Result<()> {
        let Scratch { clauses, terms, weights, scores, stages, starts, .. } = scratch;
        let Planned { occur, phrase, terms: range } = &clauses[clause];
        let terms = &terms[range.clone()];
        let first = self.first_row(block);
        let mut hit = |row: u32, score: f32| {
            let at = (row - first) as usize;
            if *occur == Occur::MustNot {
                stages[at] = EXCLUDED;
            } else if stages[at] == stage || stages[at] == stage + 1 {
                stages[at] = stage + 1;
                scores[at] += score;
            }
        };
        for (number, field) in self.fields.iter().enumerate() {
            if query.boost(number) == 0.0 || field.documents() == 0 {
                continue;
            }
            let scorer = Scorer {
                weight: weights[clause * self.fields.len() + number],
                constant: query.k1 * (1.0 - query.b),
                slope: query.k1 * query.b / field.average_length(),
                lengths: field.lengths(),
            };
            let postings = field.block(block);
            if *phrase {
                find_phrase(&postings, terms, starts)?;
                for starts in starts.chunk_by(|a, b| a >> 32 == b >> 32) {
                    let row = (starts[0] >> 32) as u32;
                    hit(row, scorer.score(row, starts.len() as u32));
                }
                continue;
            }
            for term in terms {
                let scorer = Scorer { weight: scorer.weight * term.weight, ..scorer };
                postings.each_row(term.term, |row, count| hit(row, scorer.score(row, count)));
            }
        }
        Ok(())
    }

    /// Offers the rows of a block that have reached this stage.
    fn collect(
        &self,
        scratch: &mut Scratch,
        rows: Range<u32>,
        stage: u16,
        k: usize,
        mask: Option<&[u64]>,
    ) {
        let Scratch { scores, stages, best, .. } = scratch;
        for ((row, &score), &reached) in rows.zip(&*scores).zip(&*stages) {
            if reached < stage || reached == EXCLUDED || self.is_removed(row) {
                continue;
            }
            let allowed = |mask: &[u64]| {
                mask.get(row as usize / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
            };
            if !mask.is_none_or(allowed) {
                continue;
            }
            // Scores are not negative, so that their bits are in order: a smaller key is a better row.
            let key = u64::from(!score.to_bits()) << 32 | u64::from(row);
            if best.len() < k {
                best.push(key);
            } else if let Some(mut worst) = best.peek_mut()
                && key < *worst
            {
                *worst = key;
            }
        }
    }
}

/// Where a phrase begins in a block of a field: in `starts`, row and position in one integer.
fn find_phrase(postings: &Block<'_>, terms: &[Expansion], starts: &mut Vec<u64>) -> Result<()> {
    starts.clear();
    let mut words = (0_u32..).zip(terms).filter(|(_, term)| term.weight != ANY_WORD);
    let Some((offset, first)) = words.next() else { return Ok(()) };
    let mut count = 0;
    postings.each_row(first.term, |_, often| count += often as usize);
    try_reserve(starts, count)?;
    let start = |row: u32, position: u32, offset: u32| {
        Some(u64::from(row) << 32 | u64::from(position.checked_sub(offset)?))
    };
    postings.each_position(first.term, |row, position| starts.extend(start(row, position, offset)));
    for (offset, term) in words {
        let (mut kept, mut at) = (0, 0);
        postings.each_position(term.term, |row, position| {
            let Some(here) = start(row, position, offset) else { return };
            while starts.get(at).is_some_and(|&start| start < here) {
                at += 1;
            }
            if starts.get(at) == Some(&here) {
                starts[kept] = here;
                kept += 1;
            }
        });
        starts.truncate(kept);
    }
    Ok(())
}
