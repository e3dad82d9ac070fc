//! Whatever bytes are loaded, the answer is an index or an error, and the index can be used.

use proptest::prelude::*;

use super::*;
use crate::codec::HEADER_BYTES;
use crate::index::CodeKind;
use crate::metric::Metric;
use crate::search::{Method, Request};

const PARTS: [Part; 4] = [Part::State, Part::Vectors, Part::Codes, Part::Graph];
const DIMENSION: usize = 6;

fn config(metric: Metric, codes: CodeKind) -> Config {
    Config { dimension: DIMENSION, metric, codes }
}

/// An index with removed rows, rows that wait in the middle of a round, and twins.
fn sample(config: Config) -> Index {
    let mut index = Index::new(config).unwrap();
    index.set_graph(Some(Params { m: 3, ef_construction: 12, seed: 5 })).unwrap();
    for rows in [150, 90] {
        let values = (0..rows * DIMENSION).map(|n| ((n / 3) * 7919 % 31) as f32 - 15.0);
        index.try_reserve(rows).unwrap();
        index.add(&values.collect::<Vec<_>>());
        index.remove(rows as u32 / 2).unwrap();
        index.index_rows(120).unwrap();
    }
    index
}

fn saved(index: &Index) -> Vec<(Part, Vec<u8>)> {
    let mut chunks = Vec::new();
    for part in PARTS {
        for chunk in 0..index.chunks(part) {
            let mut bytes = Vec::new();
            index.write_chunk(part, chunk, &mut bytes).unwrap();
            chunks.push((part, bytes));
        }
    }
    chunks
}

fn load(chunks: &[(Part, Vec<u8>)], config: Config, params: Option<Params>) -> Result<Index> {
    let mut loader = Loader::new(&chunks[0].1, config, params)?;
    for (part, bytes) in &chunks[1..] {
        loader.read_chunk(*part, bytes)?;
    }
    loader.finish()
}

/// Uses all of an index: what was loaded must not lead out of bounds anywhere.
fn exercise(mut index: Index) {
    for method in [Method::Graph, Method::Scan, Method::Exact] {
        for ef in [1, 40] {
            let request = Request::new(5, ef, method);
            index.search(&[1.0; DIMENSION], &Request { mask: Some(&[!0; 2]), ..request }).unwrap();
            index.search(&[1.0; DIMENSION], &request).unwrap();
            assert_eq!(index.found().rows.len(), index.live_rows().min(5));
        }
    }
    index.try_reserve(40).unwrap();
    index.add(&[0.5; 40 * DIMENSION]);
    index.index_rows(usize::MAX).unwrap();
    index.search(&[1.0; DIMENSION], &Request::new(5, 40, Method::Graph)).unwrap();
    let chunks = saved(&index);
    load(&chunks, index.config(), index.graph_params()).unwrap();
}

/// Makes the header true again after its chunk has been changed, so that what lies behind it is reached.
fn seal(bytes: &mut [u8]) {
    if bytes.len() >= HEADER_BYTES {
        let length = (bytes.len() - HEADER_BYTES) as u32;
        bytes[12..16].copy_from_slice(&length.to_le_bytes());
        let sum = crate::codec::checksum(bytes);
        bytes[16..24].copy_from_slice(&sum.to_le_bytes());
    }
}

#[derive(Clone, Debug)]
enum Mutation {
    Byte { at: prop::sample::Index, value: u8 },
    Word { at: prop::sample::Index, value: u32 },
    Cut { at: prop::sample::Index },
    Append { bytes: Vec<u8> },
    Swap { a: prop::sample::Index, b: prop::sample::Index },
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<prop::sample::Index>;
    let word = prop_oneof![Just(u32::MAX), Just(0), 0u32..400, any::<u32>()];
    prop_oneof![
        1 => (at(), any::<u8>()).prop_map(|(at, value)| Mutation::Byte { at, value }),
        4 => (at(), word).prop_map(|(at, value)| Mutation::Word { at, value }),
        1 => at().prop_map(|at| Mutation::Cut { at }),
        1 => prop::collection::vec(any::<u8>(), 1..40).prop_map(|bytes| Mutation::Append { bytes }),
        1 => (at(), at()).prop_map(|(a, b)| Mutation::Swap { a, b }),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    match mutation {
        Mutation::Byte { at, value } => {
            let at = at.index(bytes.len());
            bytes[at] = *value;
        }
        Mutation::Word { at, value } => {
            // Words of the payload lie at multiples of four: a link, a count, a row.
            let words = bytes.len() / 4;
            let at = 4 * at.index(words.max(1));
            if let Some(word) = bytes.get_mut(at..at + 4) {
                word.copy_from_slice(&value.to_le_bytes());
            }
        }
        Mutation::Cut { at } => bytes.truncate(at.index(bytes.len())),
        Mutation::Append { bytes: more } => bytes.extend(more),
        Mutation::Swap { a, b } => {
            let (a, b) = (a.index(bytes.len()), b.index(bytes.len()));
            bytes.swap(a, b);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_bytes_lead_astray(
        metric in prop::sample::select(vec![Metric::Cosine, Metric::Dot, Metric::L2, Metric::L1]),
        codes in prop::sample::select(vec![
            CodeKind::None,
            CodeKind::Int8,
            CodeKind::F16,
            CodeKind::Bits,
        ]),
        mutations in prop::collection::vec((any::<prop::sample::Index>(), mutation()), 1..4),
        sealed in prop::bool::weighted(0.9),
    ) {
        let index = sample(config(metric, codes));
        let mut chunks = saved(&index);
        for (chunk, mutation) in &mutations {
            let chunk = chunk.index(chunks.len());
            let bytes = &mut chunks[chunk].1;
            if !bytes.is_empty() {
                mutate(bytes, mutation);
            }
            if sealed {
                seal(bytes);
            }
        }
        if let Ok(loaded) = load(&chunks, index.config(), index.graph_params()) {
            exercise(loaded);
        }
    }

    #[test]
    fn bytes_that_are_no_chunk_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let config = config(Metric::Cosine, CodeKind::Int8);
        prop_assert!(Loader::new(&bytes, config, None).is_err());
    }
}

#[test]
fn what_is_saved_is_loaded_again() {
    for (metric, codes) in [
        (Metric::Cosine, CodeKind::None),
        (Metric::Dot, CodeKind::Int8),
        (Metric::L2, CodeKind::Int8),
        (Metric::L2, CodeKind::Bits),
        (Metric::L1, CodeKind::F16),
        (Metric::Cosine, CodeKind::F16),
        (Metric::Cosine, CodeKind::Bits),
        (Metric::Hamming, CodeKind::Bits),
    ] {
        let index = sample(config(metric, codes));
        let chunks = saved(&index);
        let loaded = load(&chunks, index.config(), index.graph_params()).unwrap();
        assert_eq!(saved(&loaded), chunks);
        assert_eq!(loaded.live_rows(), index.live_rows());
        assert_eq!(loaded.indexed(), index.indexed());
        exercise(loaded);
    }
}

#[test]
fn a_later_version_is_named_as_such() {
    let index = sample(config(Metric::Cosine, CodeKind::None));
    let mut chunks = saved(&index);
    chunks[0].1[4] += 1;
    seal(&mut chunks[0].1);
    let refused = load(&chunks, index.config(), index.graph_params()).err();
    assert_eq!(refused, Some(Error::NewerFormat));
}

#[test]
fn counts_are_not_believed() {
    // A state that claims four billion rows must not make room for them.
    let index = sample(config(Metric::Cosine, CodeKind::Int8));
    let mut chunks = saved(&index);
    let rows_at = HEADER_BYTES + 4 * 11;
    assert_eq!(chunks[0].1[rows_at], 240);
    chunks[0].1[rows_at..rows_at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    seal(&mut chunks[0].1);
    let refused = load(&chunks, index.config(), index.graph_params()).err();
    assert!(matches!(refused, Some(Error::Corrupt(_))), "{refused:?}");
}
