//! What the representations keep of a vector.

use proptest::prelude::*;

use super::f16::Halves;
use super::vectors::Vectors;
use crate::distance::f16::to_f32;
use crate::hnsw::level::mix;
use crate::index::CodeKind;
use crate::metric::Metric;
use crate::space::{Rows, Space, Store};

/// Vectors of values that are nearly normally distributed, of mean 0 and variance 1.
fn normal(seed: u64, dimension: usize) -> Vec<f32> {
    let uniform = |n: u64| mix(seed << 32 | n) as f64 / u64::MAX as f64;
    let value = |n| (0..12).map(|part| uniform(12 * n as u64 + part)).sum::<f64>() - 6.0;
    (0..dimension).map(|n| value(n) as f32).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

/// The root of the mean squared error of estimated inner products, in units of |a| |b|, where the query is a vector
/// and where it is a row; `correlation` is how near the two vectors are.
fn errors(codes: CodeKind, dimension: usize, correlation: f32) -> [f64; 2] {
    const PAIRS: u64 = 300;
    let mut store = codes.store(dimension, Metric::Dot).unwrap().unwrap();
    let mut originals = Store::F32(Vectors::new(dimension, Metric::Dot));
    let mut query = store.new_query().unwrap();
    let mut squares = [0.0; 2];
    for pair in 0..PAIRS {
        let a = normal(2 * pair, dimension);
        let other = normal(2 * pair + 1, dimension);
        let mixed = |(a, b): (&f32, f32)| correlation * a + (1.0 - correlation.powi(2)).sqrt() * b;
        let b: Vec<f32> = a.iter().zip(other).map(mixed).collect();
        for vector in [&a, &b] {
            store.try_reserve(1).unwrap();
            store.push(vector);
            originals.try_reserve(1).unwrap();
            originals.push(vector);
        }
        let [row_a, row_b] = [2 * pair as u32, 2 * pair as u32 + 1];
        let space = Space { rows: &store, originals: &originals };
        store.load_vector(&mut query, &a);
        let by_vector = -f64::from(space.distance(&query, row_b));
        space.load_row(&mut query, row_a);
        let by_row = -f64::from(space.distance(&query, row_b));
        let size = (dot(&a, &a) * dot(&b, &b)).sqrt();
        squares[0] += ((by_vector - dot(&a, &b)) / size).powi(2);
        squares[1] += ((by_row - dot(&a, &b)) / size).powi(2);
    }
    squares.map(|squares| (squares / PAIRS as f64).sqrt())
}

#[test]
fn estimates_are_as_near_as_their_bits_allow() {
    for dimension in [96, 128, 384, 1000] {
        let root = (dimension as f64).sqrt();
        for (codes, unrelated, near) in [
            (CodeKind::F16, 6e-4 / root, 6e-4 / root),
            (CodeKind::Int8, 0.04 / root, 0.04 / root),
            // The paper's error is √((π/2 - 1) (1 - cos²) / d), here with a query of four bits on top.
            (CodeKind::Bits, 0.85 / root, 0.45 / root),
        ] {
            for (correlation, bound) in [(0.0, unrelated), (0.9, near)] {
                let errors = errors(codes, dimension, correlation);
                assert!(
                    errors.iter().all(|&error| error < bound),
                    "{codes:?} {dimension} {correlation}: {errors:?} {bound}"
                );
            }
        }
    }
}

fn halves(vector: &[f32]) -> Vec<f32> {
    let mut store = Halves::new(vector.len(), Metric::L2);
    store.try_reserve(1).unwrap();
    store.push(vector);
    store.decoded(0).collect()
}

proptest! {
    #[test]
    fn halves_keep_eleven_bits_of_every_value_that_counts(
        vector in prop::collection::vec(-1.0f32..1.0, 1..20),
        exponent in -149i32..128,
    ) {
        let size = f64::from(exponent).exp2();
        let vector: Vec<f32> = vector.iter().map(|&v| (f64::from(v) * size) as f32).collect();
        let largest = vector.iter().fold(0.0, |largest: f32, v| largest.max(v.abs()));
        for (&given, kept) in vector.iter().zip(halves(&vector)) {
            prop_assert!(kept.is_finite());
            let error = (f64::from(given) - f64::from(kept)).abs();
            let least = f64::from(largest) * (-39f64).exp2();
            prop_assert!(error <= f64::from(given.abs()) / 2048.0 + least, "{given:e} {kept:e}");
        }
    }

    #[test]
    fn what_fits_halves_is_kept_bit_for_bit(
        halves_given in prop::collection::vec(any::<u16>().prop_filter("finite", |h| h & 0x7c00 != 0x7c00), 1..20),
    ) {
        let vector: Vec<f32> = halves_given.iter().map(|&half| to_f32(half)).collect();
        let spread = vector.iter().filter(|&&v| v != 0.0).map(|v| v.abs());
        let (least, largest) = spread.fold((f32::INFINITY, 0.0f32), |(a, b), v| (a.min(v), b.max(v)));
        prop_assume!(largest <= 32752.0 && least * (1 << 28) as f32 >= largest);
        prop_assert_eq!(halves(&vector), vector);
    }
}

#[test]
fn halves_hold_the_largest_and_the_least_floats() {
    let vector = [f32::MAX, -f32::MAX, 0.0, 1e30];
    for (given, kept) in vector.into_iter().zip(halves(&vector)) {
        assert!((given - kept).abs() <= given.abs() / 2048.0);
    }
    let least = f32::from_bits(1);
    assert_eq!(halves(&[least, -least, 0.0, 4.0 * least]), [least, -least, 0.0, 4.0 * least]);
}

#[test]
fn a_row_of_bits_is_at_its_own_distance_from_itself() {
    for (metric, expected) in [(Metric::Cosine, 0.0), (Metric::L2, 0.0), (Metric::Dot, -100.0)] {
        let mut store = CodeKind::Bits.store(100, metric).unwrap().unwrap();
        let mut vector = normal(7, 100);
        let unit = 10.0 / dot(&vector, &vector).sqrt() as f32;
        vector.iter_mut().for_each(|value| *value *= unit);
        store.try_reserve(1).unwrap();
        store.push(&vector);
        let mut query = store.new_query().unwrap();
        store.load_row(&mut query, 0);
        let mut distance = [0.0];
        store.distances(&query, &[0], &mut distance);
        assert!((distance[0] - expected).abs() < 1e-3, "{metric:?}: {distance:?}");
    }
}
