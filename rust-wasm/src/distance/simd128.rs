//! The kernels for every current browser: 128-bit SIMD. What each computes is said in [`scalar`](super::scalar).

use core::arch::wasm32::*;

use super::{F32_LANES, PLANES};

/// Bytes of a SIMD register.
const REGISTER: usize = 16;

/// Walks over `Q` queries and `N` rows at once, a register of every row at a time beside the `W` registers of every
/// query that belong to it: `step(query, row, n, sum)` is the new sum of a query and row `n`. Returns the sums.
///
/// Panics unless every row is whole registers and every query `W` times as long.
#[inline(always)]
pub(super) fn fold<A, B, const W: usize, const Q: usize, const N: usize>(
    queries: [&[A]; Q],
    rows: [&[B]; N],
    step: impl Fn([v128; W], v128, usize, v128) -> v128,
) -> [[v128; N]; Q] {
    let bytes = rows.first().map_or(0, |row| size_of_val(*row));
    assert!(
        bytes.is_multiple_of(REGISTER)
            && rows.iter().all(|row| size_of_val(*row) == bytes)
            && queries.iter().all(|query| size_of_val(*query) == W * bytes)
    );
    let queries = queries.map(|query| query.as_ptr().cast::<u8>());
    let rows = rows.map(|row| row.as_ptr().cast::<u8>());
    let mut sums = [[i32x4_splat(0); N]; Q];
    for offset in (0..bytes).step_by(REGISTER) {
        // SAFETY: checked above; `v128_load` needs no alignment, and any bytes are a v128.
        let load = |start: *const u8, offset| unsafe { v128_load(start.add(offset).cast()) };
        let queries =
            queries.map(|query| core::array::from_fn(|w| load(query, W * offset + w * REGISTER)));
        for n in 0..N {
            let row = load(rows[n], offset);
            for q in 0..Q {
                sums[q][n] = step(queries[q], row, n, sums[q][n]);
            }
        }
    }
    sums
}

/// The four lanes added up.
#[inline(always)]
fn sum_f32(lanes: v128) -> f32 {
    let pairs = f32x4_add(lanes, i32x4_shuffle::<2, 3, 0, 0>(lanes, lanes));
    f32x4_extract_lane::<0>(pairs) + f32x4_extract_lane::<1>(pairs)
}

/// The four lanes added up.
#[inline(always)]
pub(super) fn sum_i32(lanes: v128) -> i32 {
    let pairs = i32x4_add(lanes, i32x4_shuffle::<2, 3, 0, 0>(lanes, lanes));
    i32x4_extract_lane::<0>(pairs) + i32x4_extract_lane::<1>(pairs)
}

#[inline(always)]
fn add_product(sum: v128, a: v128, b: v128) -> v128 {
    f32x4_add(sum, f32x4_mul(a, b))
}

#[inline(always)]
fn add_square(sum: v128, a: v128, b: v128) -> v128 {
    let difference = f32x4_sub(a, b);
    add_product(sum, difference, difference)
}

#[inline(always)]
fn add_absolute(sum: v128, a: v128, b: v128) -> v128 {
    f32x4_add(sum, f32x4_abs(f32x4_sub(a, b)))
}

/// Adds sixteen signed bytes to four sums. At once, though bytes could be gathered some times before they overflow: the
/// two instructions are few beside those of a popcount.
#[inline(always)]
fn add_bytes(sum: v128, bytes: v128) -> v128 {
    i32x4_add(sum, i32x4_extadd_pairwise_i16x8(i16x8_extadd_pairwise_i8x16(bytes)))
}

/// Eight finite halves as floats. A half's exponent and mantissa, moved to a float's, are 2^112 times too small, also
/// where the half is subnormal.
#[inline(always)]
fn decode_f16(halves: v128) -> [v128; 2] {
    [i32x4_extend_low_i16x8(halves), i32x4_extend_high_i16x8(halves)].map(|extended| {
        let bits = v128_and(i32x4_shl(extended, 13), i32x4_splat(0x8fff_e000_u32 as i32));
        f32x4_mul(bits, f32x4_splat(f32::from_bits((127 + 112) << 23)))
    })
}

/// See [`scalar::dot_f32_tile`](super::scalar::dot_f32_tile).
#[inline]
pub fn dot_f32_tile<const Q: usize, const N: usize>(
    queries: [&[f32]; Q],
    rows: [&[f32]; N],
) -> [[f32; N]; Q] {
    fold(queries, rows, |[q], v, _, sum| add_product(sum, q, v)).map(|sums| sums.map(sum_f32))
}

/// See [`scalar::l2_squared_f32_tile`](super::scalar::l2_squared_f32_tile).
#[inline]
pub fn l2_squared_f32_tile<const Q: usize, const N: usize>(
    queries: [&[f32]; Q],
    rows: [&[f32]; N],
) -> [[f32; N]; Q] {
    fold(queries, rows, |[q], v, _, sum| add_square(sum, q, v)).map(|sums| sums.map(sum_f32))
}

/// See [`scalar::l1_f32`](super::scalar::l1_f32).
#[inline]
pub fn l1_f32<const N: usize>(query: &[f32], rows: [&[f32]; N]) -> [f32; N] {
    let [sums] = fold([query], rows, |[q], v, _, sum| add_absolute(sum, q, v));
    sums.map(sum_f32)
}

/// See [`scalar::dot_f16`](super::scalar::dot_f16).
#[inline]
pub fn dot_f16<const N: usize>(query: &[f32], rows: [&[u16]; N]) -> [f32; N] {
    let [sums] = fold([query], rows, |[q0, q1], halves, _, sum| {
        let [v0, v1] = decode_f16(halves);
        add_product(add_product(sum, q0, v0), q1, v1)
    });
    sums.map(sum_f32)
}

/// The sum over a row of halves of what `add` adds for a query's value and the row's.
#[inline(always)]
fn fold_f16<const N: usize>(
    query: &[f32],
    rows: [&[u16]; N],
    scales: [f32; N],
    add: impl Fn(v128, v128, v128) -> v128,
) -> [f32; N] {
    let [sums] = fold([query], rows, |[q0, q1], halves, n, sum| {
        let [v0, v1] = decode_f16(halves).map(|v| f32x4_mul(v, f32x4_splat(scales[n])));
        add(add(sum, q0, v0), q1, v1)
    });
    sums.map(sum_f32)
}

/// See [`scalar::l2_squared_f16`](super::scalar::l2_squared_f16).
#[inline]
pub fn l2_squared_f16<const N: usize>(
    query: &[f32],
    rows: [&[u16]; N],
    scales: [f32; N],
) -> [f32; N] {
    fold_f16(query, rows, scales, add_square)
}

/// See [`scalar::l1_f16`](super::scalar::l1_f16).
#[inline]
pub fn l1_f16<const N: usize>(query: &[f32], rows: [&[u16]; N], scales: [f32; N]) -> [f32; N] {
    fold_f16(query, rows, scales, add_absolute)
}

/// See [`scalar::dot_i8_tile`](super::scalar::dot_i8_tile). Widens to 16 bits; two products of 127 × 127 fit the
/// 32-bit lanes that `i32x4_dot_i16x8` adds them in.
#[inline]
pub fn dot_i8_tile<const Q: usize, const N: usize>(
    queries: [&[i8]; Q],
    rows: [&[u8]; N],
) -> [[i32; N]; Q] {
    let sums = fold(queries, rows, |[q], v, _, sum| {
        let low = i32x4_dot_i16x8(i16x8_extend_low_i8x16(q), i16x8_extend_low_u8x16(v));
        let high = i32x4_dot_i16x8(i16x8_extend_high_i8x16(q), i16x8_extend_high_u8x16(v));
        i32x4_add(sum, i32x4_add(low, high))
    });
    sums.map(|sums| sums.map(sum_i32))
}

/// See [`scalar::l1_i8`](super::scalar::l1_i8).
#[inline]
pub fn l1_i8<const N: usize>(query: &[f32], rows: [&[u8]; N], scales: [f32; N]) -> [f32; N] {
    let [sums] = fold([query], rows, |[q0, q1, q2, q3], codes, n, sum| {
        let levels = i8x16_sub(codes, i8x16_splat(64));
        let (low, high) = (i16x8_extend_low_i8x16(levels), i16x8_extend_high_i8x16(levels));
        let decode = |level| f32x4_mul(f32x4_convert_i32x4(level), f32x4_splat(scales[n]));
        let sum = add_absolute(sum, q0, decode(i32x4_extend_low_i16x8(low)));
        let sum = add_absolute(sum, q1, decode(i32x4_extend_high_i16x8(low)));
        let sum = add_absolute(sum, q2, decode(i32x4_extend_low_i16x8(high)));
        add_absolute(sum, q3, decode(i32x4_extend_high_i16x8(high)))
    });
    sums.map(sum_f32)
}

/// See [`scalar::dot_bits`](super::scalar::dot_bits). A byte's part is at least -8 × 8 and at most (4 + 2 + 1) × 8.
#[inline]
pub fn dot_bits<const N: usize>(planes: &[u8], rows: [&[u8]; N]) -> [i32; N] {
    let [sums] = fold([planes], rows, |planes: [v128; PLANES], bits, _, sum| {
        let [ones, twos, fours, eights] = planes.map(|plane| i8x16_popcnt(v128_and(plane, bits)));
        let twice = |counts| i8x16_add(counts, counts);
        let counts = i8x16_sub(fours, twice(eights));
        let counts = i8x16_add(twos, twice(counts));
        add_bytes(sum, i8x16_add(ones, twice(counts)))
    });
    sums.map(sum_i32)
}

/// See [`scalar::intersection`](super::scalar::intersection).
#[inline]
pub fn intersection<const N: usize>(query: &[u8], rows: [&[u8]; N]) -> [u32; N] {
    let [sums] = fold([query], rows, |[q], v, _, sum| add_bytes(sum, i8x16_popcnt(v128_and(q, v))));
    sums.map(|sum| sum_i32(sum) as u32)
}

/// See [`scalar::less_than`](super::scalar::less_than).
#[inline]
pub fn less_than<const N: usize>(values: &[f32; N], bound: f32) -> u32 {
    let bound_lanes = f32x4_splat(bound);
    let mut bits = 0;
    let whole = N - N % F32_LANES;
    for index in (0..whole).step_by(F32_LANES) {
        // SAFETY: `index` is below `whole`, a multiple of the lanes.
        let lanes = unsafe { v128_load(values.as_ptr().add(index).cast()) };
        bits |= u32::from(i32x4_bitmask(f32x4_lt(lanes, bound_lanes))) << index;
    }
    for (index, &value) in values.iter().enumerate().skip(whole) {
        bits |= u32::from(value < bound) << index;
    }
    bits
}
