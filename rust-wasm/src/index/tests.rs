//! The exact scan equals the definition of every metric, on every representation.

use proptest::prelude::*;

use super::*;
use crate::search::Method;

/// The metric by its definition, in double precision.
fn distance(metric: Metric, a: &[f32], b: &[f32]) -> f64 {
    let pairs = || a.iter().zip(b).map(|(&a, &b)| (f64::from(a), f64::from(b)));
    let dot: f64 = pairs().map(|(a, b)| a * b).sum();
    let norm = |v: &[f32]| v.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
    let both = pairs().filter(|&(a, b)| a > 0.0 && b > 0.0).count() as f64;
    let one = pairs().filter(|&(a, b)| a > 0.0 || b > 0.0).count() as f64;
    match metric {
        Metric::Cosine if norm(a) * norm(b) == 0.0 => 1.0,
        Metric::Cosine => 1.0 - dot / norm(a) / norm(b),
        Metric::Dot => -dot,
        Metric::L2 => pairs().map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt(),
        Metric::L1 => pairs().map(|(a, b)| (a - b).abs()).sum(),
        Metric::Hamming => one - both,
        Metric::Jaccard if one == 0.0 => 0.0,
        Metric::Jaccard => 1.0 - both / one,
    }
}

/// Every configuration of vectors of this dimension.
pub(crate) fn all_configs(dimension: usize) -> Vec<Config> {
    let mut configs = Vec::new();
    for metric in (0..).map_while(Metric::from_code) {
        for codes in (0..).map_while(CodeKind::from_code) {
            for originals in (0..).map_while(Originals::from_code) {
                if !metric.is_of_sets() || codes == CodeKind::Bits {
                    configs.push(Config { dimension, metric, codes, originals });
                }
            }
        }
    }
    configs
}

/// One of them.
pub(crate) fn configs(dimension: usize) -> impl Strategy<Value = Config> {
    prop::sample::select(all_configs(dimension))
}

fn vectors() -> impl Strategy<Value = (usize, Vec<f32>)> {
    (1usize..40, 1usize..80).prop_flat_map(|(dimension, rows)| {
        let value = prop_oneof![Just(0.0f32), -2.0f32..2.0, -1e4f32..1e4];
        (Just(dimension), prop::collection::vec(value, dimension * (rows + 1)))
    })
}

proptest! {
    #[test]
    fn the_exact_scan_equals_the_definition(
        (dimension, values) in vectors(),
        config in configs(1),
        k in 1usize..100,
    ) {
        let (query, matrix) = values.split_at(dimension);
        let Config { metric, originals, .. } = config;
        let mut index = Index::new(Config { dimension, ..config }).unwrap();
        index.try_reserve(matrix.len() / dimension).unwrap();
        index.add(matrix);
        // What is kept is what is measured; sets are made of what was given.
        let rows: Vec<Vec<f32>> = matrix.chunks(dimension).zip(0..).map(|(given, row)| {
            let mut kept = Vec::new();
            index.read_vector(row, &mut kept).unwrap();
            let whole = originals == Originals::F32;
            let near = |(given, kept): (&f32, &f32)| (given - kept).abs() <= given.abs() / 2048.0 + 1e-6;
            assert!(if whole { kept == given } else { given.iter().zip(&kept).all(near) });
            kept
        }).collect();
        index.search(query, &Request::new(k, 1, Method::Exact)).unwrap();

        let mut expected: Vec<f64> = rows.iter().map(|row| distance(metric, query, row)).collect();
        expected.sort_unstable_by(f64::total_cmp);
        let found = index.found();
        prop_assert_eq!(found.rows.len(), k.min(rows.len()));
        let size = values.iter().fold(1.0, |size: f64, &v| size.max(v.abs().into()));
        let tolerance = match metric {
            Metric::Cosine | Metric::Hamming | Metric::Jaccard => 1e-5,
            Metric::Dot => 1e-5 * size * size * dimension as f64,
            Metric::L2 | Metric::L1 => 1e-5 * size * dimension as f64,
        };
        for (n, (&row, &found)) in found.rows.iter().zip(&found.distances).enumerate() {
            let own = distance(metric, query, &rows[row as usize]);
            prop_assert!((f64::from(found) - own).abs() <= tolerance, "{found} is not {own}");
            prop_assert!((f64::from(found) - expected[n]).abs() <= tolerance);
        }
    }
}

#[test]
fn rows_that_do_not_fit_are_refused_and_nothing_changes() {
    let config = Config {
        dimension: 384,
        metric: Metric::Cosine,
        codes: CodeKind::Int8,
        originals: Originals::F32,
    };
    let mut index = Index::new(config).unwrap();
    for rows in [usize::MAX, usize::MAX / 2, i32::MAX as usize + 1] {
        assert_eq!(index.try_reserve(rows), Err(Error::OutOfMemory));
    }
    index.try_reserve(1).unwrap();
    index.add(&[1.0; 384]);
    assert_eq!(index.rows(), 1);
}
