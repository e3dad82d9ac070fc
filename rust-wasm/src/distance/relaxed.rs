//! The one kernel that relaxed SIMD makes faster: an 8-bit dot product in a single instruction. (For floats a relaxed
//! multiply-add measured slower.)

use core::arch::wasm32::*;

use super::I8_LANES;
use super::simd128::{load, sum_i32};

/// See [`scalar::dot_i8`](super::scalar::dot_i8). The first operand is signed and the second has seven bits, so
/// no machine can saturate or differ.
#[inline]
pub fn dot_i8<const N: usize>(query: &[i8], rows: [&[u8]; N]) -> [i32; N] {
    assert!(
        query.len().is_multiple_of(I8_LANES) && rows.iter().all(|row| row.len() == query.len())
    );
    let mut sums = [i32x4_splat(0); N];
    for index in (0..query.len()).step_by(I8_LANES) {
        // SAFETY: checked above.
        let q = unsafe { load(query, index) };
        for n in 0..N {
            // SAFETY: checked above.
            let v = unsafe { load(rows[n], index) };
            sums[n] = i32x4_relaxed_dot_i8x16_i7x16_add(q, v, sums[n]);
        }
    }
    sums.map(sum_i32)
}
