//! One property binds every kernel to its scalar twin, at every length and batch, in whatever build runs the tests:
//! natively, as simd128 and as relaxed SIMD.

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::hnsw::level::mix;

/// Numbers of the property's own, the same in every build.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 += 1;
        mix(self.0) % bound
    }

    fn floats(&mut self, len: usize) -> Vec<f32> {
        (0..len).map(|_| self.below(2_000_001) as f32 / 1e6 - 1.0).collect()
    }
}

fn close(actual: f32, expected: f32) -> bool {
    (actual - expected).abs() <= 1e-5 * expected.abs().max(1.0)
}

fn twins_agree<const N: usize>(seed: u64) {
    let numbers = &mut Numbers(seed);
    for registers in 0..40 {
        let len = registers * F32_LANES;
        let query = numbers.floats(len);
        let rows: [Vec<f32>; N] = core::array::from_fn(|_| numbers.floats(len));
        let rows = rows.each_ref().map(Vec::as_slice);
        let pairs = [
            (dot_f32(&query, rows), scalar::dot_f32(&query, rows)),
            (l2_squared_f32(&query, rows), scalar::l2_squared_f32(&query, rows)),
        ];
        for (actual, expected) in pairs {
            assert!(
                actual.into_iter().zip(expected).all(|(a, b)| close(a, b)),
                "{actual:?} {expected:?}"
            );
        }

        let len = registers * I8_LANES;
        let query: Vec<i8> = (0..len).map(|_| (numbers.below(255) as i16 - 127) as i8).collect();
        let rows: [Vec<u8>; N] =
            core::array::from_fn(|_| (0..len).map(|_| numbers.below(128) as u8).collect());
        let rows = rows.each_ref().map(Vec::as_slice);
        assert_eq!(dot_i8(&query, rows), scalar::dot_i8(&query, rows));

        let mut values: [f32; N] = core::array::from_fn(|_| numbers.below(5) as f32);
        values[0] = [f32::NAN, f32::INFINITY, -0.0, 2.0][registers % 4];
        assert_eq!(less_than(&values, 2.0), scalar::less_than(&values, 2.0));
    }
}

#[test]
#[wasm_bindgen_test]
fn kernels_equal_their_scalar_twins() {
    for seed in 0..20 {
        twins_agree::<1>(seed << 32);
        twins_agree::<4>(seed << 32);
        twins_agree::<5>(seed << 32);
        twins_agree::<BATCH>(seed << 32);
    }
}

#[test]
#[wasm_bindgen_test]
fn extreme_codes_do_not_saturate() {
    for len in [I8_LANES, 64 * I8_LANES, 4096 * I8_LANES] {
        for q in [-127, 127] {
            let query = vec![q; len];
            let row = vec![127; len];
            let expected = i32::from(q) * 127 * len as i32;
            assert_eq!(dot_i8(&query, [&row[..]; BATCH]), [expected; BATCH]);
        }
    }
}
