//! What is asked for, as JavaScript hands it over. Numbers are little-endian.
//!
//! | bytes | content |
//! |---|---|
//! | 4, 4 | f32: k1 and b of BM25 |
//! | 4 each | f32 of each field: its boost; 0: it is not searched |
//!
//! Then the clauses, up to the end:
//!
//! | bytes | content |
//! |---|---|
//! | 1 | kind: 0 term, 1 prefix, 2 fuzzy, 3 phrase |
//! | 1 | occur: 0 should, 1 must, 2 must not |
//! | 1 | edits a fuzzy term may be away: 1 or 2; else 0 |
//! | 1 | 0 |
//! | 4 | f32: boost |
//! | 2 | how many words |
//! | 1 + n each | bytes of a word, and these; none in a phrase: any word may stand there |
//!
//! The words: of a term or fuzzy term, itself; of a prefix, itself and terms that match as well; of a phrase, its terms.

use crate::error::{Error, Result};

/// The most clauses of a query.
pub const MAX_CLAUSES: usize = 1_024;
/// The most k1, and the most a boost is.
const MAX_K1: f32 = 1_000.0;
const MAX_BOOST: f32 = 1e6;

const CUT_SHORT: Error = Error::InvalidOption("a query of words is cut short");

/// A query, and clauses that are still to be read.
#[derive(Clone, Copy)]
pub struct Query<'a> {
    /// How soon further occurrences of a term count no more.
    pub k1: f32,
    /// How much the length of rows counts.
    pub b: f32,
    boosts: &'a [[u8; 4]],
    clauses: &'a [u8],
}

/// How a clause finds rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By a term.
    Term,
    /// By all terms that begin so.
    Prefix,
    /// By terms at most so many edits away.
    Fuzzy(u8),
    /// By terms that follow each other.
    Phrase,
}

/// What a clause says of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occur {
    /// They score more.
    Should,
    /// They match only so.
    Must,
    /// They do not match.
    MustNot,
}

/// A clause of a query.
#[derive(Clone, Copy)]
pub struct Clause<'a> {
    /// How it finds rows.
    pub kind: Kind,
    /// What it says of them.
    pub occur: Occur,
    /// What its score is taken times.
    pub boost: f32,
    words: &'a [u8],
    count: usize,
}

impl<'a> Query<'a> {
    /// Checks all of a query for an index of so many fields.
    pub fn parse(bytes: &'a [u8], fields: usize) -> Result<Self> {
        let (&k1, rest) = bytes.split_first_chunk().ok_or(CUT_SHORT)?;
        let (&b, rest) = rest.split_first_chunk().ok_or(CUT_SHORT)?;
        let (boosts, clauses) = rest.split_at_checked(4 * fields).ok_or(CUT_SHORT)?;
        let (k1, b) = (f32::from_le_bytes(k1), f32::from_le_bytes(b));
        if !(0.0..=MAX_K1).contains(&k1) || !(0.0..=1.0).contains(&b) {
            return Err(Error::InvalidOption("k1 is 0 to 1000 and b 0 to 1"));
        }
        let query = Self { k1, b, boosts: boosts.as_chunks().0, clauses };
        for field in 0..fields {
            check_boost(query.boost(field))?;
        }
        let mut count = 0;
        for clause in query.clauses() {
            count += 1;
            for word in clause?.words() {
                word?;
            }
        }
        if count > MAX_CLAUSES {
            return Err(Error::InvalidOption("a query of words has at most 1024 clauses"));
        }
        Ok(query)
    }

    /// What a field's scores are taken times; 0: it is not searched.
    pub fn boost(&self, field: usize) -> f32 {
        f32::from_le_bytes(self.boosts[field])
    }

    /// Its clauses, which hold no error any more once it is parsed.
    pub fn clauses(self) -> impl Iterator<Item = Result<Clause<'a>>> {
        let mut rest = self.clauses;
        core::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let clause = take_clause(&mut rest);
            if clause.is_err() {
                rest = &[];
            }
            Some(clause)
        })
    }
}

impl<'a> Clause<'a> {
    /// Its words, as the module says.
    pub fn words(self) -> impl Iterator<Item = Result<&'a str>> {
        let mut rest = self.words;
        (0..self.count).map(move |_| take_word(&mut rest))
    }
}

fn take_clause<'a>(rest: &mut &'a [u8]) -> Result<Clause<'a>> {
    let (&[kind, occur, edits, 0], after) = rest.split_first_chunk().ok_or(CUT_SHORT)? else {
        return Err(Error::InvalidOption("an unknown code"));
    };
    let (&boost, after) = after.split_first_chunk().ok_or(CUT_SHORT)?;
    let (&count, words) = after.split_first_chunk().ok_or(CUT_SHORT)?;
    let count = usize::from(u16::from_le_bytes(count));
    let boost = f32::from_le_bytes(boost);
    check_boost(boost)?;
    let kind = match (kind, edits) {
        (0, 0) => Kind::Term,
        (1, 0) => Kind::Prefix,
        (2, 1 | 2) => Kind::Fuzzy(edits),
        (3, 0) => Kind::Phrase,
        _ => return Err(Error::InvalidOption("an unknown code")),
    };
    let occur = match occur {
        0 => Occur::Should,
        1 => Occur::Must,
        2 => Occur::MustNot,
        _ => return Err(Error::InvalidOption("an unknown code")),
    };
    let mut after = words;
    for _ in 0..count {
        take_bytes(&mut after)?;
    }
    *rest = after;
    Ok(Clause { kind, occur, boost, words, count })
}

fn take_word<'a>(rest: &mut &'a [u8]) -> Result<&'a str> {
    core::str::from_utf8(take_bytes(rest)?)
        .map_err(|_| Error::InvalidOption("a word of a query is no UTF-8"))
}

fn take_bytes<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8]> {
    let (&length, after) = rest.split_first().ok_or(CUT_SHORT)?;
    let (bytes, after) = after.split_at_checked(usize::from(length)).ok_or(CUT_SHORT)?;
    *rest = after;
    Ok(bytes)
}

fn check_boost(boost: f32) -> Result<()> {
    if (0.0..=MAX_BOOST).contains(&boost) {
        Ok(())
    } else {
        Err(Error::InvalidOption("a boost is 0 to 1000000"))
    }
}
