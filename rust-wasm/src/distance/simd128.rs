//! The kernels for every current browser: 128-bit SIMD.

use core::arch::wasm32::*;

use super::{F32_LANES, I8_LANES};

/// Panics unless all rows are as long as the query, in whole registers; the loops below rely on it.
#[inline(always)]
fn check<Q, V, const N: usize>(query: &[Q], rows: &[&[V]; N], lanes: usize) {
    assert!(query.len().is_multiple_of(lanes) && rows.iter().all(|row| row.len() == query.len()));
}

/// # Safety
/// `index + 16 / size_of::<T>()` elements must be there.
#[inline(always)]
pub(super) unsafe fn load<T>(values: &[T], index: usize) -> v128 {
    // SAFETY: promised by the caller; `v128_load` needs no alignment.
    unsafe { v128_load(values.as_ptr().add(index).cast()) }
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

/// See [`scalar::dot_f32`](super::scalar::dot_f32).
#[inline]
pub fn dot_f32<const N: usize>(query: &[f32], rows: [&[f32]; N]) -> [f32; N] {
    check(query, &rows, F32_LANES);
    let mut sums = [f32x4_splat(0.0); N];
    for index in (0..query.len()).step_by(F32_LANES) {
        // SAFETY: checked above.
        let q = unsafe { load(query, index) };
        for n in 0..N {
            // SAFETY: checked above.
            let v = unsafe { load(rows[n], index) };
            sums[n] = f32x4_add(sums[n], f32x4_mul(q, v));
        }
    }
    sums.map(sum_f32)
}

/// See [`scalar::l2_squared_f32`](super::scalar::l2_squared_f32).
#[inline]
pub fn l2_squared_f32<const N: usize>(query: &[f32], rows: [&[f32]; N]) -> [f32; N] {
    check(query, &rows, F32_LANES);
    let mut sums = [f32x4_splat(0.0); N];
    for index in (0..query.len()).step_by(F32_LANES) {
        // SAFETY: checked above.
        let q = unsafe { load(query, index) };
        for n in 0..N {
            // SAFETY: checked above.
            let difference = f32x4_sub(q, unsafe { load(rows[n], index) });
            sums[n] = f32x4_add(sums[n], f32x4_mul(difference, difference));
        }
    }
    sums.map(sum_f32)
}

/// See [`scalar::dot_i8`](super::scalar::dot_i8). Widens to 16 bits; two products of 127 × 127 fit the 32-bit lanes
/// that `i32x4_dot_i16x8` adds them in.
#[inline]
pub fn dot_i8<const N: usize>(query: &[i8], rows: [&[u8]; N]) -> [i32; N] {
    check(query, &rows, I8_LANES);
    let mut sums = [i32x4_splat(0); N];
    for index in (0..query.len()).step_by(I8_LANES) {
        // SAFETY: checked above.
        let q = unsafe { load(query, index) };
        let (q_low, q_high) = (i16x8_extend_low_i8x16(q), i16x8_extend_high_i8x16(q));
        for n in 0..N {
            // SAFETY: checked above.
            let v = unsafe { load(rows[n], index) };
            let low = i32x4_dot_i16x8(q_low, i16x8_extend_low_u8x16(v));
            let high = i32x4_dot_i16x8(q_high, i16x8_extend_high_u8x16(v));
            sums[n] = i32x4_add(sums[n], i32x4_add(low, high));
        }
    }
    sums.map(sum_i32)
}

/// See [`scalar::less_than`](super::scalar::less_than).
#[inline]
pub fn less_than<const N: usize>(values: &[f32; N], bound: f32) -> u32 {
    let bound_lanes = f32x4_splat(bound);
    let mut bits = 0;
    let whole = N - N % F32_LANES;
    for index in (0..whole).step_by(F32_LANES) {
        // SAFETY: `index` is below `whole`, a multiple of the lanes.
        let lanes = unsafe { load(values, index) };
        bits |= u32::from(i32x4_bitmask(f32x4_lt(lanes, bound_lanes))) << index;
    }
    for (index, &value) in values.iter().enumerate().skip(whole) {
        bits |= u32::from(value < bound) << index;
    }
    bits
}
