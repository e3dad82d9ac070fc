//! A random rotation in O(d log d): it spreads what a vector says evenly over its values, so that one bit of each keeps
//! the most of it.
//!
//! Four rounds, each of random signs and a Hadamard transform of the largest power of two of the values, at the front and
//! at the back by turns; where those are not all, a butterfly between the halves mixes what no transform reached together
//! (the way of RaBitQ's library, `FhtKacRotator`). Every step is orthogonal, so lengths and inner products stay.

use core::f32::consts::FRAC_1_SQRT_2;

use crate::hnsw::level::mix;

const ROUNDS: u64 = 4;

/// Rotates an even number of values in place, always the same way.
pub fn rotate(values: &mut [f32]) {
    let len = values.len();
    let transformed = 1 << len.ilog2();
    for round in 0..ROUNDS {
        flip_signs(values, round);
        let start = if round % 2 == 0 { 0 } else { len - transformed };
        hadamard(&mut values[start..start + transformed]);
        // After a transform of all values this would only undo its last step.
        if transformed < len {
            let (low, high) = values.split_at_mut(len / 2);
            butterfly(low, high);
        }
    }
}

/// Flips the signs that the round's random bits say.
fn flip_signs(values: &mut [f32], round: u64) {
    for (block, values) in values.chunks_mut(64).enumerate() {
        let bits = mix(round << 32 | block as u64);
        for (i, value) in values.iter_mut().enumerate() {
            let sign = (bits >> i) as u32 & 1;
            *value = f32::from_bits(value.to_bits() ^ sign << 31);
        }
    }
}

/// The orthonormal Walsh-Hadamard transform of a power of two of values.
fn hadamard(values: &mut [f32]) {
    let mut half = 1;
    while half < values.len() {
        for block in values.chunks_exact_mut(2 * half) {
            let (low, high) = block.split_at_mut(half);
            butterfly(low, high);
        }
        half *= 2;
    }
}

#[inline(always)]
fn butterfly(low: &mut [f32], high: &mut [f32]) {
    for (a, b) in low.iter_mut().zip(high) {
        (*a, *b) = (FRAC_1_SQRT_2 * (*a + *b), FRAC_1_SQRT_2 * (*a - *b));
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dot(a: &[f32], b: &[f32]) -> f64 {
        a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    }

    proptest! {
        #[test]
        fn inner_products_stay(
            (a, b) in (1usize..600).prop_flat_map(|half| {
                let values = || prop::collection::vec(-1.0f32..1.0, 2 * half);
                (values(), values())
            }),
        ) {
            let (mut p, mut q) = (a.clone(), b.clone());
            rotate(&mut p);
            rotate(&mut q);
            let tolerance = 1e-5 * (1.0 + dot(&a, &a) + dot(&b, &b));
            prop_assert!((dot(&a, &b) - dot(&p, &q)).abs() < tolerance);
            prop_assert!((dot(&a, &a) - dot(&p, &p)).abs() < tolerance);
        }
    }

    #[test]
    fn what_one_value_held_is_spread_over_all() {
        for len in [128, 256, 384, 640, 768, 896, 1024, 1408, 1536, 3072, 3968] {
            for place in [0, 1, len / 3, len / 2, len - 1] {
                let mut values = vec![0.0; len];
                values[place] = (len as f32).sqrt();
                rotate(&mut values);
                // Of normally distributed values the sum of sizes would be 0.8 of the count, none larger than about 4.
                let sizes: f32 = values.iter().map(|value| value.abs()).sum();
                assert!(sizes > 0.7 * len as f32, "{len} at {place}: {sizes}");
                assert!(values.iter().all(|value| value.abs() < 6.0), "{len} at {place}");
            }
        }
    }
}
