//! BM25 as it is defined, over words in lists.

use crate::query::{Kind, Occur};

/// A row: of each field its words, `None` for one that is not indexed.
pub type Row = Vec<Vec<Option<String>>>;

/// A clause of the oracle's queries.
#[derive(Clone, Debug)]
pub struct Clause {
    pub kind: Kind,
    pub occur: Occur,
    pub boost: f32,
    /// As in `query`.
    pub words: Vec<String>,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Query {
    pub k1: f32,
    pub b: f32,
    pub boosts: Vec<f32>,
    pub clauses: Vec<Clause>,
}

impl Query {
    /// As JavaScript would hand it over.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for number in [self.k1, self.b].iter().chain(&self.boosts) {
            bytes.extend(number.to_le_bytes());
        }
        for Clause { kind, occur, boost, words } in &self.clauses {
            let (kind, edits) = match *kind {
                Kind::Term => (0, 0),
                Kind::Prefix => (1, 0),
                Kind::Fuzzy(edits) => (2, edits),
                Kind::Phrase => (3, 0),
            };
            bytes.extend([kind, *occur as u8, edits, 0]);
            bytes.extend(boost.to_le_bytes());
            bytes.extend((words.len() as u16).to_le_bytes());
            for word in words {
                bytes.push(word.len() as u8);
                bytes.extend(word.as_bytes());
            }
        }
        bytes
    }
}

/// Rows by number; `None` where a row was removed or never had words.
#[derive(Clone, Debug, Default)]
pub struct Oracle {
    pub rows: Vec<Option<Row>>,
}

impl Oracle {
    /// The rows that match, with their scores.
    pub fn search(&self, query: &Query) -> Vec<(u32, f64)> {
        let found = self.rows.iter().enumerate().filter_map(|(number, row)| {
            let row = row.as_ref()?;
            let mut score = 0.0;
            let mut matched = false;
            let has_must = query.clauses.iter().any(|clause| clause.occur == Occur::Must);
            for clause in &query.clauses {
                let of_clause = self.score(query, clause, row);
                match clause.occur {
                    Occur::MustNot if of_clause.is_some() => return None,
                    Occur::Must => _ = of_clause?,
                    _ => {}
                }
                if clause.occur != Occur::MustNot {
                    matched |= of_clause.is_some();
                    score += of_clause.unwrap_or(0.0);
                }
            }
            (matched || has_must).then_some((number as u32, score))
        });
        found.collect()
    }

    /// The score of one clause: `None` where it does not match.
    fn score(&self, query: &Query, clause: &Clause, row: &Row) -> Option<f64> {
        let mut score = None;
        for (field, &boost) in query.boosts.iter().enumerate().filter(|&(_, &boost)| boost > 0.0) {
            let words = &row[field];
            let lengths = self.rows.iter().flatten().map(|row| length(&row[field]));
            let lengths = lengths.filter(|&length| length > 0.0).collect::<Vec<_>>();
            let all = lengths.len() as f64;
            let average = lengths.iter().sum::<f64>() / all;
            let norm = 1.0 - query.b as f64 + query.b as f64 * length(words) / average;
            let bm25 = |idf: f64, count: f64| {
                let k1 = f64::from(query.k1);
                f64::from(boost * clause.boost) * idf * count * (k1 + 1.0) / (count + k1 * norm)
            };
            let idf = |holding: f64| (1.0 + (all - holding + 0.5) / (holding + 0.5)).ln();
            if clause.kind == Kind::Phrase {
                let count = phrase_count(&clause.words, words);
                let terms = clause.words.iter().filter(|word| !word.is_empty());
                let sum = terms.map(|term| idf(self.holding(field, term))).sum::<f64>();
                if count > 0.0 {
                    *score.get_or_insert(0.0) += bm25(sum, count);
                }
                continue;
            }
            let terms = self.expand(clause);
            let holding =
                terms.iter().map(|(term, _)| self.holding(field, term)).fold(0.0, f64::max);
            for (term, weight) in &terms {
                let count = words.iter().flatten().filter(|&word| word == term).count() as f64;
                if count > 0.0 {
                    *score.get_or_insert(0.0) += weight * bm25(idf(holding), count);
                }
            }
        }
        score
    }

    /// The terms of a clause, with what they count. (There are too few in these tests for the limit to matter.)
    fn expand(&self, clause: &Clause) -> Vec<(String, f64)> {
        let word = &clause.words[0];
        let mut vocabulary =
            self.rows.iter().flatten().flatten().flatten().flatten().collect::<Vec<_>>();
        vocabulary.sort();
        vocabulary.dedup();
        match clause.kind {
            Kind::Prefix => {
                let matches =
                    |term: &&&String| term.starts_with(word) || clause.words.contains(term);
                vocabulary.iter().filter(matches).map(|&term| (term.clone(), 1.0)).collect()
            }
            Kind::Fuzzy(max) => {
                let near = vocabulary.iter().filter_map(|&term| {
                    let edits = distance(term.as_bytes(), word.as_bytes());
                    let shorter = term.len().min(word.len());
                    let is_near = edits <= usize::from(max) && edits < shorter;
                    is_near.then(|| (term.clone(), 1.0 - edits as f64 / shorter as f64))
                });
                near.collect()
            }
            _ => vec![(word.clone(), 1.0)],
        }
    }

    /// Rows that hold the term in this field.
    fn holding(&self, field: usize, term: &str) -> f64 {
        let holds = |row: &&Row| row[field].iter().flatten().any(|word| word == term);
        self.rows.iter().flatten().filter(holds).count() as f64
    }
}

fn length(words: &[Option<String>]) -> f64 {
    words.iter().flatten().count() as f64
}

fn phrase_count(phrase: &[String], words: &[Option<String>]) -> f64 {
    let is_here = |&at: &usize| {
        let word = |n: usize| words.get(at.wrapping_add(n)).and_then(Option::as_ref);
        let mut places = phrase.iter().enumerate();
        // Where a phrase begins or ends with a place for any word, that may lie outside.
        places.all(|(n, term)| term.is_empty() || word(n) == Some(term))
    };
    if phrase.iter().all(String::is_empty) {
        return 0.0;
    }
    (0..words.len()).filter(is_here).count() as f64
}

/// The optimal string alignment distance of words of ASCII.
fn distance(a: &[u8], b: &[u8]) -> usize {
    if a.is_empty() || b.is_empty() {
        return a.len() + b.len();
    }
    let (rest_a, rest_b) = (&a[1..], &b[1..]);
    if a[0] == b[0] {
        return distance(rest_a, rest_b);
    }
    let mut least = distance(rest_a, rest_b).min(distance(rest_a, b)).min(distance(a, rest_b));
    if a.len() > 1 && b.len() > 1 && a[0] == b[1] && a[1] == b[0] {
        least = least.min(distance(&a[2..], &b[2..]));
    }
    least + 1
}
