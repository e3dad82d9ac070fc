//! The kernels in plain words: what the SIMD twins must compute, and what runs where there is no SIMD.

use super::{BIT_BYTES, PLANES, f16};

/// Inner product of each query with each row.
pub fn dot_f32_tile<const Q: usize, const N: usize>(
    queries: [&[f32]; Q],
    rows: [&[f32]; N],
) -> [[f32; N]; Q] {
    queries.map(|query| rows.map(|row| query.iter().zip(row).map(|(q, v)| q * v).sum()))
}

/// Squared Euclidean distance from each query to each row.
pub fn l2_squared_f32_tile<const Q: usize, const N: usize>(
    queries: [&[f32]; Q],
    rows: [&[f32]; N],
) -> [[f32; N]; Q] {
    queries.map(|query| rows.map(|row| query.iter().zip(row).map(|(q, v)| (q - v) * (q - v)).sum()))
}

/// Sum of the absolute differences between the query and each row.
pub fn l1_f32<const N: usize>(query: &[f32], rows: [&[f32]; N]) -> [f32; N] {
    rows.map(|row| query.iter().zip(row).map(|(q, v)| (q - v).abs()).sum())
}

/// Inner product of the query with each row of halves, which must be finite.
pub fn dot_f16<const N: usize>(query: &[f32], rows: [&[u16]; N]) -> [f32; N] {
    rows.map(|row| query.iter().zip(row).map(|(q, &v)| q * f16::to_f32(v)).sum())
}

/// Squared Euclidean distance from the query to each row of halves times the row's scale.
pub fn l2_squared_f16<const N: usize>(
    query: &[f32],
    rows: [&[u16]; N],
    scales: [f32; N],
) -> [f32; N] {
    core::array::from_fn(|n| {
        let differences = query.iter().zip(rows[n]).map(|(q, &v)| q - scales[n] * f16::to_f32(v));
        differences.map(|difference| difference * difference).sum()
    })
}

/// Sum of the absolute differences between the query and each row of halves times the row's scale.
pub fn l1_f16<const N: usize>(query: &[f32], rows: [&[u16]; N], scales: [f32; N]) -> [f32; N] {
    core::array::from_fn(|n| {
        let differences = query.iter().zip(rows[n]).map(|(q, &v)| q - scales[n] * f16::to_f32(v));
        differences.map(f32::abs).sum()
    })
}

/// Inner product of each query of -127..=127 with each row of 0..=127. The narrow ranges are what lets
/// `i32x4_relaxed_dot_i8x16_i7x16_add` give the same sum on every machine.
pub fn dot_i8_tile<const Q: usize, const N: usize>(
    queries: [&[i8]; Q],
    rows: [&[u8]; N],
) -> [[i32; N]; Q] {
    queries.map(|query| {
        rows.map(|row| query.iter().zip(row).map(|(&q, &v)| i32::from(q) * i32::from(v)).sum())
    })
}

/// Sum of the absolute differences between the query and each row of codes, a code of 0..=127 standing for
/// `scale × (code - 64)`.
pub fn l1_i8<const N: usize>(query: &[f32], rows: [&[u8]; N], scales: [f32; N]) -> [f32; N] {
    core::array::from_fn(|n| {
        let levels = rows[n].iter().map(|&code| f32::from(code) - 64.0);
        query.iter().zip(levels).map(|(q, level)| (q - scales[n] * level).abs()).sum()
    })
}

/// Inner product of a query of -8..=7 with each row of bits. The query is four planes of bits, in two's complement, so
/// plane j is worth 2^j and the last one -8. They take turns register by register: bits 0..128 of plane 0, of 1, of 2,
/// of 3, then bits 128..256.
pub fn dot_bits<const N: usize>(planes: &[u8], rows: [&[u8]; N]) -> [i32; N] {
    let plane = |j: usize| planes.chunks_exact(BIT_BYTES).skip(j).step_by(PLANES).flatten();
    rows.map(|row| {
        let common = |j| plane(j).zip(row).map(|(q, v)| (q & v).count_ones() as i32).sum::<i32>();
        common(0) + 2 * common(1) + 4 * common(2) - 8 * common(3)
    })
}

/// How many elements the query and each row have in common, all being sets held as bits.
pub fn intersection<const N: usize>(query: &[u8], rows: [&[u8]; N]) -> [u32; N] {
    rows.map(|row| query.iter().zip(row).map(|(q, v)| (q & v).count_ones()).sum())
}

/// Which values are less than the bound: bit i for value i. NaN is less than nothing.
pub fn less_than<const N: usize>(values: &[f32; N], bound: f32) -> u32 {
    values.iter().enumerate().fold(0, |bits, (i, &value)| bits | u32::from(value < bound) << i)
}
