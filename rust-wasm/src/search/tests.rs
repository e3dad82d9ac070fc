//! What holds of every search: as many rows as match, none that does not, and many at once answered as one by one.

use proptest::prelude::*;

use super::*;
use crate::hnsw::Params;
use crate::index::{CodeKind, Config, Index, Originals};
use crate::parallel::with_threads;
use crate::topk::Key;

const DIMENSION: usize = 4;

/// Small numbers, so that there are twins and equal distances.
fn values(rows: core::ops::Range<usize>) -> impl Strategy<Value = Vec<f32>> {
    let vector = prop::array::uniform4((-3i8..=3).prop_map(f32::from));
    prop::collection::vec(vector, rows).prop_map(|vectors| vectors.concat())
}

fn index(matrix: &[f32], metric: Metric, codes: CodeKind, m: usize, indexed: usize) -> Index {
    let originals = Originals::F32;
    let mut index = Index::new(Config { dimension: DIMENSION, metric, codes, originals }).unwrap();
    index.set_graph(Some(Params { m, ef_construction: 20, seed: 1 })).unwrap();
    index.try_reserve(matrix.len() / DIMENSION).unwrap();
    let (first, last) = matrix.split_at(matrix.len().min(indexed * DIMENSION));
    index.add(first);
    index.index_rows(usize::MAX).unwrap();
    index.add(last);
    index
}

fn bit(bits: &[u64], row: u32) -> bool {
    bits.get(row as usize / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
}

/// Rows, distances and counts of a search; what it visited stays out of tests.
fn found(index: &mut Index, queries: &[f32], request: &Request) -> (Vec<u32>, Vec<f32>, Vec<u32>) {
    index.search(queries, request).unwrap();
    let Found { rows, distances, counts, .. } = index.found();
    (rows.clone(), distances.clone(), counts.clone())
}

fn methods() -> impl Strategy<Value = Method> {
    prop::sample::select(vec![Method::Graph, Method::Scan, Method::Exact])
}

fn metrics() -> impl Strategy<Value = Metric> {
    prop::sample::select(vec![Metric::Cosine, Metric::Dot, Metric::L2, Metric::L1])
}

fn codes() -> impl Strategy<Value = CodeKind> {
    prop::sample::select(vec![CodeKind::None, CodeKind::Int8, CodeKind::F16, CodeKind::Bits])
}

/// No mask, or one that few or many rows pass, shorter or longer than there are rows.
fn masks() -> impl Strategy<Value = Option<Vec<u64>>> {
    let word =
        (any::<u64>(), any::<u64>(), any::<u64>(), 0..4).prop_map(|(a, b, c, share)| match share {
            0 => a & b & c,
            1 => a & b,
            2 => a,
            _ => a | b,
        });
    prop::option::of(prop::collection::vec(word, 0..11))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn as_many_as_match_are_found_and_only_these(
        matrix in values(1..600),
        queries in values(1..4),
        (metric, codes, method) in (metrics(), codes(), methods()),
        (m, indexed) in (2usize..4, 0usize..700),
        (k, ef) in (1usize..8, 1usize..8),
        mask in masks(),
        except in prop::option::of(0u32..600),
        removed in prop::collection::vec(any::<prop::sample::Index>(), 0..100),
    ) {
        let mut index = index(&matrix, metric, codes, m, indexed);
        for row in removed {
            index.remove(row.index(index.rows()) as u32).unwrap();
        }
        let mask = mask.as_deref();
        let matches = |row: u32| {
            bit(&index.live, row) && mask.is_none_or(|mask| bit(mask, row)) && Some(row) != except
        };
        let matching: Vec<bool> = (0..index.rows() as u32).map(matches).collect();
        let expected = k.min(matching.iter().filter(|&&matches| matches).count());
        let request = Request { mask, except, ..Request::new(k, ef, method) };
        let (rows, distances, counts) = found(&mut index, &queries, &request);
        prop_assert_eq!(counts, vec![expected as u32; queries.len() / DIMENSION]);
        for answer in 0..queries.len() / DIMENSION {
            let places = answer * expected..(answer + 1) * expected;
            let mut keys: Vec<Key> =
                places.map(|place| Key::new(distances[place], rows[place])).collect();
            prop_assert!(keys.is_sorted());
            prop_assert!(keys.iter().all(|key| matching[key.row() as usize]));
            keys.dedup_by_key(|key| key.row());
            prop_assert_eq!(keys.len(), expected);
        }
    }

    #[test]
    fn many_are_answered_as_one_by_one(
        matrix in values(1..600),
        queries in values(0..50),
        (metric, codes, method) in (metrics(), codes(), methods()),
        (m, indexed) in (2usize..4, 0usize..700),
        (k, ef) in (1usize..8, 1usize..8),
        mask in masks(),
        radius in prop_oneof![Just(f32::INFINITY), 0f32..4.0],
        threads in 1usize..4,
    ) {
        let mut index = index(&matrix, metric, codes, m, indexed);
        let radius = if method == Method::Exact { radius } else { f32::INFINITY };
        let request = Request { mask: mask.as_deref(), radius, ..Request::new(k, ef, method) };
        let many = with_threads(threads, || found(&mut index, &queries, &request));
        let mut expected = (Vec::new(), Vec::new(), Vec::new());
        for query in queries.chunks(DIMENSION) {
            let (rows, distances, counts) = found(&mut index, query, &request);
            expected.0.extend(rows);
            expected.1.extend(distances);
            expected.2.extend(counts);
        }
        prop_assert_eq!(many, expected);
    }

    #[test]
    fn a_radius_cuts_the_answer_off(
        matrix in values(1..200),
        query in values(1..2),
        (metric, codes) in (metrics(), codes()),
        k in 1usize..300,
        at in any::<prop::sample::Index>(),
        beside in prop::sample::select(vec![f32::next_down, |radius| radius, f32::next_up]),
    ) {
        let mut index = index(&matrix, metric, codes, 2, 0);
        let request = Request::new(k, 1, Method::Exact);
        let (mut rows, mut distances, _) = found(&mut index, &query, &request);
        let radius = beside(distances[at.index(distances.len())]);
        rows.truncate(distances.iter().take_while(|&&distance| distance <= radius).count());
        distances.truncate(rows.len());
        let counts = vec![rows.len() as u32];
        let within = found(&mut index, &query, &Request { radius, ..request });
        prop_assert_eq!(within, (rows, distances, counts));
    }
}

/// Points all over a cube.
fn scattered(rows: usize) -> Vec<f32> {
    (0..rows * DIMENSION).map(|n| ((n as f64).sin() * 43_758.547).fract() as f32).collect()
}

#[test]
fn walks_in_two_hops_find_the_nearest() {
    let rows = 4_000;
    let matrix = scattered(rows);
    let mut index = index(&matrix, Metric::L2, CodeKind::None, 4, rows);
    let mut mask = vec![0; rows.div_ceil(64)];
    (0..rows).filter(|row| row % 11 < 2).for_each(|row| mask[row / 64] |= 1 << (row % 64));
    let request = Request { mask: Some(&mask), ..Request::new(5, 10, Method::Graph) };
    let mut same = 0;
    for query in matrix.chunks(DIMENSION).step_by(100) {
        let (rows, ..) = found(&mut index, query, &request);
        // Fewer than a scan measures.
        assert!(index.found().visited[0] < 500);
        let (nearest, ..) = found(&mut index, query, &Request { method: Method::Exact, ..request });
        same += nearest.iter().filter(|row| rows.contains(row)).count();
    }
    assert!(same > 40 * 5 * 9 / 10, "{same} of 200");
}

#[test]
fn a_row_is_searched_for_as_if_it_were_not_there() {
    let rows = 2_000;
    let matrix = scattered(rows);
    let mut index = index(&matrix, Metric::L2, CodeKind::None, 4, rows);
    let mut same = 0;
    for (row, query) in matrix.chunks(DIMENSION).enumerate().step_by(50) {
        let request = Request { except: Some(row as u32), ..Request::new(5, 20, Method::Graph) };
        let (rows, ..) = found(&mut index, query, &request);
        assert!(rows.len() == 5 && !rows.contains(&(row as u32)));
        let (nearest, ..) = found(&mut index, query, &Request { method: Method::Exact, ..request });
        same += nearest.iter().filter(|row| rows.contains(row)).count();
    }
    assert!(same > 40 * 5 * 9 / 10, "{same} of 200");
}
