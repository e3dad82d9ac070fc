//! Whatever bytes are loaded, the answer is an index or an error, and the index can be used.

use super::*;
use crate::codec::{HEADER_BYTES, checksum};

/// A chunk of a small index, part of which was removed.
fn sample() -> Vec<u8> {
    let mut index = Index::new(FIELDS).unwrap();
    let words = |text: &str| text.split(' ').map(|word| Some(word.to_owned())).collect::<Vec<_>>();
    let rows = (0..40).map(|n| {
        let title = if n % 3 == 0 { "a caf\u{e9}" } else { "the cat" };
        vec![words(title), words(&format!("the cat number {n} sat by the door"))]
    });
    append(&mut index, 0, &rows.collect::<Vec<_>>());
    save(&index).remove(0)
}

/// Makes damage pass the checksum.
fn seal(bytes: &mut [u8]) {
    if bytes.len() >= HEADER_BYTES {
        let length = (bytes.len() - HEADER_BYTES) as u32;
        bytes[12..16].copy_from_slice(&length.to_le_bytes());
        let hash = checksum(bytes);
        bytes[16..24].copy_from_slice(&hash.to_le_bytes());
    }
}

/// Uses all of an index: what was loaded must not lead out of bounds anywhere.
fn exercise(mut index: Index) {
    let query = |kind, words: &[&str]| {
        let words = words.iter().map(|&word| word.to_owned()).collect();
        let clauses = vec![Clause { kind, occur: Occur::Should, boost: 1.0, words }];
        Query { k1: 1.2, b: 0.75, boosts: vec![1.0; FIELDS], clauses }.to_bytes()
    };
    for (kind, words) in [
        (Kind::Term, &["the"][..]),
        (Kind::Prefix, &[""]),
        (Kind::Fuzzy(2), &["number"]),
        (Kind::Phrase, &["the", "cat"]),
    ] {
        index.search(&query(kind, words), 10, None).unwrap();
    }
    index.remove(0);
    append(&mut index, 20_000, &[vec![vec![Some("more".into())], Vec::new()]]);
    append(&mut index, 20_001, &[vec![vec![Some("cat".into())], Vec::new()]]);
    index.search(&query(Kind::Term, &["more"]), 10, None).unwrap();
    assert_eq!(index.found_rows(), [20_000]);
    let chunks = save(&index);
    assert_eq!(save(&load(&chunks)), chunks);
    let same = (0..index.rows()).collect::<Vec<_>>();
    index.renumbered(&same).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..Default::default() })]

    #[test]
    fn no_bytes_lead_astray(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
        resealed in prop::bool::weighted(0.9),
    ) {
        let mut bytes = sample();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if resealed {
            seal(&mut bytes);
        }
        let mut index = Index::new(FIELDS).unwrap();
        match index.load_chunk(&bytes) {
            Ok(()) => exercise(index),
            Err(Error::Corrupt(_) | Error::NewerFormat) => assert_eq!(index.rows(), 0),
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[test]
fn chunks_out_of_place_and_of_other_indexes_are_refused() {
    let bytes = sample();
    let mut index = load(core::slice::from_ref(&bytes));
    assert!(matches!(index.load_chunk(&bytes), Err(Error::Corrupt(_))));
    assert!(matches!(Index::new(3).unwrap().load_chunk(&bytes), Err(Error::Corrupt(_))));
    let mut newer = bytes.clone();
    newer[4] = 2;
    seal(&mut newer);
    assert_eq!(Index::new(FIELDS).unwrap().load_chunk(&newer), Err(Error::NewerFormat));
    let mut other = bytes;
    other[8] = 1;
    seal(&mut other);
    assert!(matches!(Index::new(FIELDS).unwrap().load_chunk(&other), Err(Error::Corrupt(_))));
}

proptest! {
    #[test]
    fn no_query_leads_astray(
        clauses in prop::collection::vec(any::<u8>(), 0..60),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        query in query(),
    ) {
        let mut index = load(&[sample()]);
        let mut bytes = query.to_bytes();
        bytes.extend(clauses);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let result = index.search(&bytes, 5, None);
        prop_assert!(matches!(result, Ok(()) | Err(Error::InvalidOption(_))));
        prop_assert!(index.found_scores().iter().all(|score| !score.is_nan()));
    }
}
