//! The index against the definition, and against whatever bytes it is handed.

mod damage;
mod oracle;

use proptest::prelude::*;

use super::*;
use crate::query::{Kind, Occur};
use oracle::{Clause, Oracle, Query, Row};

const FIELDS: usize = 2;

/// A word of a small vocabulary, the first of them frequent.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just("a".to_owned()),
        3 => Just("ab".to_owned()),
        4 => "[ab]{1,3}",
        1 => "[abc]{4,5}",
    ]
}

fn row() -> impl Strategy<Value = Row> {
    let words = prop::collection::vec(prop::option::weighted(0.9, word()), 0..12);
    prop::collection::vec(words, FIELDS)
}

fn clause() -> impl Strategy<Value = Clause> {
    let one = || word().prop_map(|word| vec![word]);
    let kind_and_words = prop_oneof![
        4 => one().prop_map(|words| (Kind::Term, words)),
        1 => prop::collection::vec(word(), 1..3).prop_map(|words| (Kind::Prefix, words)),
        1 => (1..3_u8, one()).prop_map(|(edits, words)| (Kind::Fuzzy(edits), words)),
        2 => prop::collection::vec(word(), 1..4).prop_map(|words| (Kind::Phrase, words)),
        1 => (word(), word()).prop_map(|(a, b)| (Kind::Phrase, vec![a, String::new(), b])),
    ];
    let occur = prop_oneof![
        4 => Just(Occur::Should),
        2 => Just(Occur::Must),
        1 => Just(Occur::MustNot),
    ];
    let boost = prop_oneof![Just(1.0_f32), Just(0.0), 0.1..3.0_f32];
    (kind_and_words, occur, boost).prop_map(|((kind, words), occur, boost)| Clause {
        kind,
        occur,
        boost,
        words,
    })
}

fn query() -> impl Strategy<Value = Query> {
    let boosts = prop::collection::vec(prop_oneof![Just(1.0_f32), Just(0.0), 0.1..3.0_f32], FIELDS);
    let clauses = prop::collection::vec(clause(), 1..5);
    (0.0..3.0_f32, 0.0..=1.0_f32, boosts, clauses).prop_map(|(k1, b, boosts, clauses)| Query {
        k1,
        b,
        boosts,
        clauses,
    })
}

/// What happens to an index. Numbers choose among what is there.
#[derive(Clone, Debug)]
enum Action {
    Append(Vec<Row>),
    /// Rows without words, up to where the next chunk begins, or as many as given before.
    Skip(u32),
    Remove(prop::sample::Index),
    SaveAndLoad,
    /// Every row that the number picks is dropped.
    Renumber(u32),
    Search(Query, u32),
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => prop::collection::vec(row(), 1..20).prop_map(Action::Append),
        1 => (0..4_u32).prop_map(Action::Skip),
        3 => any::<prop::sample::Index>().prop_map(Action::Remove),
        1 => Just(Action::SaveAndLoad),
        1 => (2..7_u32).prop_map(Action::Renumber),
        4 => (query(), 1..9_u32).prop_map(|(query, keep)| Action::Search(query, keep)),
    ]
}

fn append(index: &mut Index, first: u32, rows: &[Row]) {
    let mut batch = Vec::new();
    for (row, fields) in (first..).zip(rows) {
        for (field, words) in (0..).zip(fields) {
            batch.extend([row, field, words.len() as u32]);
            let numbers = words
                .iter()
                .map(|word| word.as_ref().map_or(HOLE, |word| index.intern(word).unwrap()));
            batch.extend(numbers);
        }
    }
    index.append(&batch).unwrap();
}

fn save(index: &Index) -> Vec<Vec<u8>> {
    let starts = (0..index.rows()).step_by(CHUNK_ROWS as usize);
    let chunk = |from: u32| {
        let mut bytes = Vec::new();
        let to = index.rows().min(from + CHUNK_ROWS);
        index.write_chunk(from, to, &mut bytes).unwrap();
        bytes
    };
    starts.map(chunk).collect()
}

fn load(chunks: &[Vec<u8>]) -> Index {
    let mut index = Index::new(FIELDS).unwrap();
    chunks.iter().for_each(|chunk| index.load_chunk(chunk).unwrap());
    index
}

fn removed(index: &Index) -> Vec<u32> {
    (0..index.rows()).filter(|&row| index.is_removed(row)).collect()
}

/// Holds a search against the oracle's, among all rows and among every n-th.
fn check(index: &mut Index, oracle: &Oracle, query: &Query, every: u32) {
    let all = oracle.search(query);
    let bytes = query.to_bytes();
    let mut mask = vec![0_u64; index.rows() as usize / 64 + 1];
    (0..index.rows())
        .step_by(every as usize)
        .for_each(|row| mask[row as usize / 64] |= 1 << (row % 64));
    for (mask, every) in [(None, 1), (Some(&mask[..]), every)] {
        let expected = all.iter().filter(|(row, _)| row % every == 0).collect::<Vec<_>>();
        for k in [usize::MAX, 3, 1] {
            index.search(&bytes, k, mask).unwrap();
            let found = index.found_rows();
            let scores = index.found_scores();
            assert_eq!(found.len(), expected.len().min(k), "{query:?}");
            assert!(scores.is_sorted_by(|a, b| a >= b));
            let ties = found
                .windows(2)
                .zip(scores.windows(2))
                .filter(|(_, scores)| scores[0] == scores[1]);
            ties.for_each(|(rows, _)| assert!(rows[0] < rows[1]));
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-4 * (1.0 + a.abs());
            for (&row, &score) in found.iter().zip(scores) {
                let (_, right) = expected.iter().find(|(number, _)| *number == row).unwrap();
                assert!(
                    close(*right, f64::from(score)),
                    "row {row}: {score}, not {right}; {query:?}"
                );
            }
            let least = scores.last().map_or(f64::INFINITY, |&score| f64::from(score));
            let mut missed = expected.iter().filter(|(row, _)| !found.contains(row));
            assert!(missed.all(|&&(_, score)| score <= least || close(score, least)));
        }
    }
}

fn live(actions: &[Action]) {
    let mut index = Index::new(FIELDS).unwrap();
    let mut oracle = Oracle::default();
    for action in actions {
        match action {
            Action::Append(rows) => {
                let first = oracle.rows.len() as u32;
                append(&mut index, first, rows);
                oracle.rows.extend(rows.iter().cloned().map(Some));
            }
            Action::Skip(count) => {
                let room = CHUNK_ROWS as usize - oracle.rows.len() % CHUNK_ROWS as usize;
                let count = if *count == 0 { room.saturating_sub(2) } else { *count as usize };
                oracle.rows.extend(std::iter::repeat_n(None, count));
            }
            Action::Remove(which) => {
                if !oracle.rows.is_empty() {
                    let row = which.index(oracle.rows.len());
                    index.remove(row as u32);
                    oracle.rows[row] = None;
                }
            }
            Action::SaveAndLoad => {
                let rows = index.rows();
                let gone = removed(&index);
                let chunks = save(&index);
                let loaded = load(&chunks);
                assert_eq!(save(&loaded), chunks);
                assert_eq!(loaded.rows(), rows);
                index = loaded;
                gone.into_iter().for_each(|row| index.remove(row));
            }
            Action::Renumber(every) => {
                let mut kept = 0;
                let rows = oracle.rows.iter().enumerate().map(|(row, words)| {
                    let gone = words.is_none() && row % 5 != 0 || row as u32 % every == 1;
                    kept += u32::from(!gone);
                    if gone { NONE } else { kept - 1 }
                });
                let rows = rows.collect::<Vec<_>>();
                index = index.renumbered(&rows).unwrap();
                let mut numbers = rows.iter();
                oracle.rows.retain(|_| numbers.next() != Some(&NONE));
            }
            Action::Search(query, every) => check(&mut index, &oracle, query, *every),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, max_shrink_iters: 2_000, ..Default::default() })]

    #[test]
    fn answers_are_those_of_the_definition(actions in prop::collection::vec(action(), 1..25)) {
        live(&actions);
    }
}

#[test]
fn batches_that_make_no_sense_are_refused_and_change_nothing() {
    let mut index = Index::new(FIELDS).unwrap();
    let term = index.intern("a").unwrap();
    index.append(&[3, 0, 1, term]).unwrap();
    let before = save(&index);
    for batch in [
        &[3, 0, 1, term][..],
        &[2, 0, 1, term],
        &[5, 2, 1, term],
        &[5, 1, 1, term, 5, 0, 1, term],
        &[5, 0, 1, term, 5, 0, 1, term],
        &[5, 0, 1, term, 4, 0, 1, term],
        &[5, 0, 1, term + 1],
        &[5, 0, 2, term],
        &[5, 0],
        &[u32::MAX, 0, 0],
    ] {
        assert!(matches!(index.append(batch), Err(Error::InvalidOption(_))), "{batch:?}");
    }
    assert_eq!(save(&index), before);
}

#[test]
fn a_prefix_of_many_terms_takes_the_most_frequent_and_keeps_out_all() {
    let mut index = Index::new(FIELDS).unwrap();
    let words = |n: usize| vec![Some(format!("x{n:03}")), Some("all".into())];
    let rows = (0..200).map(|n| vec![words(n), Vec::new()]).collect::<Vec<_>>();
    append(&mut index, 0, &rows);
    // Of these, one more row each.
    append(&mut index, 200, &rows[150..160]);
    let ask = |index: &mut Index, occur: Occur| {
        let clause =
            |kind, occur, word: &str| Clause { kind, occur, boost: 1.0, words: vec![word.into()] };
        let clauses =
            vec![clause(Kind::Term, Occur::Should, "all"), clause(Kind::Prefix, occur, "x")];
        let query = Query { k1: 1.2, b: 0.75, boosts: vec![1.0; FIELDS], clauses };
        index.search(&query.to_bytes(), usize::MAX, None).unwrap();
        index.found_rows().to_vec()
    };
    let found = ask(&mut index, Occur::Must);
    assert_eq!(found.len(), 10 * 2 + 54);
    assert!((150..160).all(|row| found.contains(&row)));
    assert_eq!(ask(&mut index, Occur::MustNot), []);
}
