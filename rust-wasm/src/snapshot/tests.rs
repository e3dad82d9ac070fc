//! Whatever bytes are loaded, the answer is an index or an error, and the index can be used.

use proptest::prelude::*;

use super::*;
use crate::codec::HEADER_BYTES;
use crate::index::tests::{all_configs, configs};
use crate::index::{CodeKind, Originals};
use crate::metric::Metric;
use crate::search::{Method, Request};

const PARTS: [Part; 4] = [Part::State, Part::Vectors, Part::Codes, Part::Graph];
const DIMENSION: usize = 6;

fn config(metric: Metric, codes: CodeKind) -> Config {
    Config { dimension: DIMENSION, metric, codes, originals: Originals::F32 }
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

type Chunk = (Part, Vec<u8>);

fn saved(index: &Index) -> Vec<Chunk> {
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

fn load(chunks: &[Chunk], config: Config, params: Option<Params>) -> Result<Index> {
    let mut loader = Loader::new(&chunks[0].1, config, params)?;
    for (part, bytes) in &chunks[1..] {
        loader.read_chunk(*part, bytes)?;
    }
    loader.finish()
}

/// The chunks of vectors, and all others.
fn without_vectors(chunks: Vec<Chunk>) -> (Vec<Vec<u8>>, Vec<Chunk>) {
    let (vectors, others): (Vec<_>, Vec<_>) =
        chunks.into_iter().partition(|(part, _)| *part == Part::Vectors);
    (vectors.into_iter().map(|(_, bytes)| bytes).collect(), others)
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
    if index.missing() == 0 {
        let chunks = saved(&index);
        load(&chunks, index.config(), index.graph_params()).unwrap();
    }
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
        config in configs(DIMENSION),
        mutations in prop::collection::vec((any::<prop::sample::Index>(), mutation()), 1..4),
        sealed in prop::bool::weighted(0.9),
        later in any::<bool>(),
    ) {
        let index = sample(config);
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
        let (vectors, others) = if later { without_vectors(chunks) } else { (Vec::new(), chunks) };
        if let Ok(mut loaded) = load(&others, index.config(), index.graph_params()) {
            for (chunk, bytes) in vectors.iter().enumerate() {
                let missing = loaded.missing();
                let handed_in = loaded.hand_in(chunk, bytes);
                prop_assert_eq!(loaded.missing(), missing - usize::from(handed_in.is_ok()));
            }
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
    for config in all_configs(DIMENSION) {
        let index = sample(config);
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

/// An index of three chunks of vectors, the last of them not full.
fn large(config: Config) -> Index {
    let mut index = Index::new(config).unwrap();
    let rows = 2 * index.originals.chunk_rows() + 100;
    let values = (0..rows * config.dimension).map(|n| (n * 7919 % 1013) as f32 - 506.0);
    index.try_reserve(rows).unwrap();
    index.add(&values.collect::<Vec<_>>());
    index.remove(7).unwrap();
    index
}

#[test]
fn vectors_may_be_handed_in_later_and_in_any_order() {
    // Long vectors, so that few are a chunk.
    for config in all_configs(16_384).into_iter().filter(|config| config.codes != CodeKind::None) {
        let index = large(config);
        let chunks = saved(&index);
        let (vectors, others) = without_vectors(chunks.clone());
        let mut loaded = load(&others, config, None).unwrap();
        assert_eq!((loaded.missing(), loaded.rows()), (vectors.len(), index.rows()));
        let mut vector = Vec::new();
        assert!(matches!(loaded.read_vector(0, &mut vector), Err(Error::NotFound(_))));
        let refused = loaded.write_chunk(Part::Vectors, 0, &mut Vec::new());
        assert!(matches!(refused, Err(Error::NotFound(_))));

        let more: Vec<f32> = (0..config.dimension).map(|n| n as f32 - 9.0).collect();
        loaded.try_reserve(1).unwrap();
        loaded.add(&more);
        let last = vectors.len() - 1;
        let wrong = loaded.hand_in(0, &vectors[last]);
        assert!(matches!(wrong, Err(Error::Corrupt(_))), "{wrong:?}");
        for (n, chunk) in (0..vectors.len()).rev().chain([0]).enumerate() {
            loaded.hand_in(chunk, &vectors[chunk]).unwrap();
            assert_eq!(loaded.missing(), last.saturating_sub(n));
            // Candidates are measured on what is there.
            let request = Request::new(10, 1, Method::Exact);
            loaded.search(&more, &request).unwrap();
            assert_eq!(loaded.found().rows.len(), 10);
        }
        for row in [0, index.rows() as u32 - 1] {
            let mut expected = Vec::new();
            index.read_vector(row, &mut expected).unwrap();
            loaded.read_vector(row, &mut vector).unwrap();
            assert_eq!(vector, expected);
        }
        // What was added since is all that differs.
        assert!(!loaded.is_dirty(Part::Vectors, 0) && loaded.is_dirty(Part::Vectors, last));
        let mut same = load(&chunks, config, None).unwrap();
        same.try_reserve(1).unwrap();
        same.add(&more);
        assert_eq!(saved(&loaded), saved(&same));
    }
}

#[test]
fn without_codes_all_vectors_must_be_there() {
    let config = config(Metric::L2, CodeKind::None);
    let index = sample(config);
    let (_, others) = without_vectors(saved(&index));
    let refused = load(&others, config, index.graph_params()).err();
    assert!(matches!(refused, Some(Error::Corrupt(_))), "{refused:?}");
}
