//! What a query means for an index: the terms of each clause, and what its scores are taken times.

use core::ops::Range;

use crate::dictionary::NONE;
use crate::error::Result;
use crate::expand::{Expansion, MAX_EXPANSIONS, keep_best};
use crate::index::Index;
use crate::memory::try_reserve;
use crate::query::{Clause, Kind, Occur, Query};
use crate::scratch::Scratch;

/// The weight of a place in a phrase where any word may stand; an unknown word, which is no term either, has another.
pub(crate) const ANY_WORD: f32 = 0.0;

/// A clause with its terms found.
pub(crate) struct Planned {
    pub occur: Occur,
    pub phrase: bool,
    /// Which of the scratch's.
    pub terms: Range<usize>,
}

impl Index {
    /// Finds each clause's terms and what its scores are taken times.
    pub(crate) fn plan(&self, scratch: &mut Scratch, query: Query<'_>) -> Result<()> {
        scratch.clauses.clear();
        scratch.terms.clear();
        scratch.weights.clear();
        scratch.rows.clear();
        scratch.found_scores.clear();
        for clause in query.clauses() {
            let clause = clause?;
            let first = scratch.terms.len();
            self.find_terms(scratch, query, clause)?;
            let phrase = clause.kind == Kind::Phrase;
            let terms = first..scratch.terms.len();
            try_reserve(&mut scratch.weights, self.fields.len())?;
            for field in 0..self.fields.len() {
                let idf = if query.boost(field) == 0.0 {
                    0.0
                } else {
                    self.idf(field, phrase, &scratch.terms[terms.clone()])
                };
                let boosts = clause.boost * query.boost(field);
                scratch.weights.push(boosts * idf * (query.k1 + 1.0));
            }
            try_reserve(&mut scratch.clauses, 1)?;
            scratch.clauses.push(Planned { occur: clause.occur, phrase, terms });
        }
        Ok(())
    }

    fn find_terms(
        &self,
        scratch: &mut Scratch,
        query: Query<'_>,
        clause: Clause<'_>,
    ) -> Result<()> {
        let Scratch { terms, expansions, fuzzy, .. } = scratch;
        let find = |word: &str| self.dictionary.find(word).unwrap_or(NONE);
        let exactly = |term: u32| Expansion { term, edits: 0, documents: 0, weight: 1.0 };
        let mut words = clause.words();
        if matches!(clause.kind, Kind::Term | Kind::Phrase) {
            for word in words {
                let word = word?;
                try_reserve(terms, 1)?;
                let weight = if word.is_empty() { ANY_WORD } else { 1.0 };
                terms.push(Expansion { weight, ..exactly(find(word)) });
            }
            return Ok(());
        }
        expansions.clear();
        let Some(word) = words.next() else { return Ok(()) };
        if let Kind::Fuzzy(max) = clause.kind {
            try_reserve(expansions, self.dictionary.len())?;
            fuzzy.each_near(&self.dictionary, word?, max, |term, edits, weight| {
                expansions.push(Expansion { term, edits, documents: 0, weight });
            })?;
        } else {
            let beginning = self.dictionary.with_prefix(word?);
            try_reserve(expansions, beginning.len())?;
            expansions.extend(beginning.iter().map(|&term| exactly(term)));
            for word in words {
                let also = exactly(find(word?));
                let is_new = expansions.iter().all(|known| known.term != also.term);
                if also.term != NONE && is_new {
                    try_reserve(expansions, 1)?;
                    expansions.push(also);
                }
            }
        }
        for expansion in expansions.iter_mut() {
            let searched = (0..self.fields.len()).filter(|&field| query.boost(field) > 0.0);
            let documents = searched.map(|field| self.documents(field, expansion.term));
            expansion.documents = documents.fold(0, u32::saturating_add);
        }
        // What is to be kept out is kept out whole.
        let limit = if clause.occur == Occur::MustNot { usize::MAX } else { MAX_EXPANSIONS };
        keep_best(expansions, limit, &self.dictionary);
        try_reserve(terms, expansions.len())?;
        terms.extend_from_slice(expansions);
        Ok(())
    }

    fn idf(&self, field: usize, phrase: bool, terms: &[Expansion]) -> f32 {
        let all = f64::from(self.fields[field].documents());
        let found = terms.iter().filter(|term| term.term != NONE);
        let counts = found.map(|term| self.documents(field, term.term));
        let idf = |count: u32| {
            let count = f64::from(count);
            if count == 0.0 { 0.0 } else { ((all - count + 0.5) / (count + 0.5)).ln_1p() }
        };
        if phrase {
            counts.map(idf).sum::<f64>() as f32
        } else {
            idf(counts.max().unwrap_or(0)) as f32
        }
    }
}
