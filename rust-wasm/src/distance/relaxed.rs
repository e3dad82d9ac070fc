//! The one kernel that relaxed SIMD makes faster: an 8-bit dot product in a single instruction. (For floats a relaxed
//! multiply-add measured slower.)

use core::arch::wasm32::*;

use super::simd128::{fold, sum_i32};

/// See [`scalar::dot_i8_tile`](super::scalar::dot_i8_tile). The first operand is signed and the second has seven bits,
/// so no machine can saturate or differ.
#[inline]
pub fn dot_i8_tile<const Q: usize, const N: usize>(
    queries: [&[i8]; Q],
    rows: [&[u8]; N],
) -> [[i32; N]; Q] {
    let sums = fold(queries, rows, |[q], v, _, sum| i32x4_relaxed_dot_i8x16_i7x16_add(q, v, sum));
    sums.map(|sums| sums.map(sum_i32))
}
