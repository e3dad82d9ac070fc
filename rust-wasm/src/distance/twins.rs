//! One property binds every kernel to its scalar twin, at every length and batch, in whatever build runs the tests:
//! natively, as simd128 and as relaxed SIMD.

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::hnsw::level::mix;

/// Numbers of the property's own, the same in every build.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 += 1;
        mix(self.0)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn floats(&mut self, len: usize) -> Vec<f32> {
        (0..len).map(|_| self.below(2_000_001) as f32 / 1e6 - 1.0).collect()
    }

    fn codes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.below(128) as u8).collect()
    }

    fn signed_codes(&mut self, len: usize) -> Vec<i8> {
        (0..len).map(|_| (self.below(255) as i16 - 127) as i8).collect()
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }

    /// Halves between -2 and 2; as many are subnormal as lie between two powers of two.
    fn halves(&mut self, len: usize) -> Vec<u16> {
        (0..len).map(|_| self.next() as u16 & 0xbfff).collect()
    }
}

/// Whether two kernels agree but for the order in which they add up floats.
fn assert_close<const N: usize>(actual: [f32; N], expected: [f32; N]) {
    let close = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-5 * b.abs().max(1.0);
    assert!(actual.iter().zip(&expected).all(close), "{actual:?} {expected:?}");
}

fn twins_agree<const Q: usize, const N: usize>(seed: u64) {
    let numbers = &mut Numbers(seed);
    for registers in 0..40 {
        let len = registers * F32_LANES;
        let queries: [_; Q] = core::array::from_fn(|_| numbers.floats(len));
        let queries = queries.each_ref().map(Vec::as_slice);
        let query = queries[0];
        let rows: [_; N] = core::array::from_fn(|_| numbers.floats(len));
        let rows = rows.each_ref().map(Vec::as_slice);
        let expected = scalar::dot_f32_tile(queries, rows);
        let actual = dot_f32_tile(queries, rows);
        actual.into_iter().zip(expected).for_each(|(a, b)| assert_close(a, b));
        assert_close(dot_f32(query, rows), expected[0]);
        let expected = scalar::l2_squared_f32_tile(queries, rows);
        let actual = l2_squared_f32_tile(queries, rows);
        actual.into_iter().zip(expected).for_each(|(a, b)| assert_close(a, b));
        assert_close(l2_squared_f32(query, rows), expected[0]);
        assert_close(l1_f32(query, rows), scalar::l1_f32(query, rows));

        let len = registers * F16_LANES;
        let query = &numbers.floats(len);
        let scales = core::array::from_fn(|n| 0.25 + n as f32);
        let rows: [_; N] = core::array::from_fn(|_| numbers.halves(len));
        let rows = rows.each_ref().map(Vec::as_slice);
        assert_close(dot_f16(query, rows), scalar::dot_f16(query, rows));
        let expected = scalar::l2_squared_f16(query, rows, scales);
        assert_close(l2_squared_f16(query, rows, scales), expected);
        assert_close(l1_f16(query, rows, scales), scalar::l1_f16(query, rows, scales));

        let len = registers * I8_LANES;
        let queries: [_; Q] = core::array::from_fn(|_| numbers.signed_codes(len));
        let queries = queries.each_ref().map(Vec::as_slice);
        let rows: [_; N] = core::array::from_fn(|_| numbers.codes(len));
        let rows = rows.each_ref().map(Vec::as_slice);
        let expected = scalar::dot_i8_tile(queries, rows);
        assert_eq!(dot_i8_tile(queries, rows), expected);
        assert_eq!(dot_i8(queries[0], rows), expected[0]);
        let query = &numbers.floats(len);
        let scales = core::array::from_fn(|n| 0.01 + n as f32 / 64.0);
        assert_close(l1_i8(query, rows, scales), scalar::l1_i8(query, rows, scales));

        let len = registers * BIT_BYTES;
        let (query, planes) = (&numbers.bytes(len), &numbers.bytes(len * PLANES));
        let rows: [_; N] = core::array::from_fn(|_| numbers.bytes(len));
        let rows = rows.each_ref().map(Vec::as_slice);
        assert_eq!(intersection(query, rows), scalar::intersection(query, rows));
        assert_eq!(dot_bits(planes, rows), scalar::dot_bits(planes, rows));

        let mut values: [f32; N] = core::array::from_fn(|_| numbers.below(5) as f32);
        values[0] = [f32::NAN, f32::INFINITY, -0.0, 2.0][registers % 4];
        assert_eq!(less_than(&values, 2.0), scalar::less_than(&values, 2.0));
    }
}

#[test]
#[wasm_bindgen_test]
fn kernels_equal_their_scalar_twins() {
    for seed in 0..20 {
        twins_agree::<1, 1>(seed << 32);
        twins_agree::<2, 4>(seed << 32);
        twins_agree::<3, 5>(seed << 32);
        twins_agree::<1, BATCH>(seed << 32);
        twins_agree::<{ TILE.0 }, { TILE.1 }>(seed << 32);
    }
}

#[test]
#[wasm_bindgen_test]
fn extreme_codes_and_bits_do_not_saturate() {
    for registers in [1, 64, 4096] {
        let codes = registers * I8_LANES;
        for q in [-127, 127] {
            let query = vec![q; codes];
            let row = vec![127; codes];
            let expected = i32::from(q) * 127 * codes as i32;
            assert_eq!(dot_i8(&query, [&row[..]; BATCH]), [expected; BATCH]);
        }
        let bytes = registers * BIT_BYTES;
        let row = vec![u8::MAX; bytes];
        assert_eq!(intersection(&row, [&row[..]; BATCH]), [8 * bytes as u32; BATCH]);
        for (low, high, value) in [(u8::MAX, 0, 7), (0, u8::MAX, -8)] {
            let block = [[low; 3 * BIT_BYTES].as_slice(), &[high; BIT_BYTES]].concat();
            let planes = block.repeat(registers);
            assert_eq!(dot_bits(&planes, [&row[..]; BATCH]), [value * 8 * bytes as i32; BATCH]);
        }
    }
}

#[test]
#[wasm_bindgen_test]
fn every_finite_half_is_decoded_exactly() {
    for half in (0..=u16::MAX).filter(|half| half & 0x7c00 != 0x7c00) {
        let row = [half, 0, 0, 0, 0, 0, 0, half];
        for lane in [0, 7] {
            let mut query = [0.0; F16_LANES];
            query[lane] = 1.0;
            assert_eq!(dot_f16(&query, [&row[..]]), [f16::to_f32(half)], "{half:#x}");
        }
    }
}
