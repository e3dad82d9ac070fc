//! The kernels in plain words: what the SIMD twins must compute, and what runs where there is no SIMD.

/// Inner product of the query with each row.
pub fn dot_f32<const N: usize>(query: &[f32], rows: [&[f32]; N]) -> [f32; N] {
    rows.map(|row| query.iter().zip(row).map(|(q, v)| q * v).sum())
}

/// Squared Euclidean distance from the query to each row.
pub fn l2_squared_f32<const N: usize>(query: &[f32], rows: [&[f32]; N]) -> [f32; N] {
    rows.map(|row| query.iter().zip(row).map(|(q, v)| (q - v) * (q - v)).sum())
}

/// Inner product of a query of -127..=127 with each row of 0..=127. The narrow ranges are what lets
/// `i32x4_relaxed_dot_i8x16_i7x16_add` give the same sum on every machine.
pub fn dot_i8<const N: usize>(query: &[i8], rows: [&[u8]; N]) -> [i32; N] {
    rows.map(|row| query.iter().zip(row).map(|(&q, &v)| i32::from(q) * i32::from(v)).sum())
}

/// Which values are less than the bound: bit i for value i. NaN is less than nothing.
pub fn less_than<const N: usize>(values: &[f32; N], bound: f32) -> u32 {
    values.iter().enumerate().fold(0, |bits, (i, &value)| bits | u32::from(value < bound) << i)
}
