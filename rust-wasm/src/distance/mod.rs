//! Distance kernels: one query against `N` rows at once, so that the query is loaded once and the rows' cache misses
//! overlap; or a tile of `Q` queries and `N` rows, so that the rows are loaded once too. `scalar` says what each computes; `simd128` and `relaxed` are its fast twins, bound to it by one property
//! (`twins`). This module exports the best the target has.
//!
//! Lengths are the padded ones, whole registers of a row: a multiple of [`F32_LANES`] floats, [`F16_LANES`] halves,
//! [`I8_LANES`] codes or [`BIT_BYTES`] bytes of bits, padding being neutral.

pub mod f16;
#[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
pub mod relaxed;
pub mod scalar;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub mod simd128;
#[cfg(test)]
mod twins;

#[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
pub use relaxed::dot_i8_tile;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub use scalar::{
    dot_bits, dot_f16, dot_f32_tile, dot_i8_tile, intersection, l1_f16, l1_f32, l1_i8,
    l2_squared_f16, l2_squared_f32_tile, less_than,
};
#[cfg(all(
    target_arch = "wasm32",
    target_feature = "simd128",
    not(target_feature = "relaxed-simd")
))]
pub use simd128::dot_i8_tile;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub use simd128::{
    dot_bits, dot_f16, dot_f32_tile, intersection, l1_f16, l1_f32, l1_i8, l2_squared_f16,
    l2_squared_f32_tile, less_than,
};

/// Floats in a SIMD register.
pub const F32_LANES: usize = 4;
/// Halves in a SIMD register.
pub const F16_LANES: usize = 8;
/// Codes in a SIMD register.
pub const I8_LANES: usize = 16;
/// Bytes of bits in a SIMD register.
pub const BIT_BYTES: usize = 16;

/// Planes of a query against bits: the bits of its numbers.
pub const PLANES: usize = 4;

/// Rows that the kernels take at once where there are enough: beyond eight the sums no longer fit the registers.
pub const BATCH: usize = 8;

/// Rows that the int8 kernel takes at once. Where it has to widen the codes, eight measured 1.8 times as slow as two times
/// four, in and out of cache.
const I8_BATCH: usize = if cfg!(target_feature = "relaxed-simd") { 8 } else { 4 };

/// Queries and rows of the tile that is fastest: 4 × 2 leaves sums, queries and rows room in sixteen registers, where
/// 4 × 3 or 4 × 4 do not. Against one query × 8 rows in the second-level cache it takes 0.65 of the time.
pub const TILE: (usize, usize) = (4, 2);

/// What the kernels of this build are made of.
pub const KERNELS: &str = if cfg!(all(target_arch = "wasm32", target_feature = "relaxed-simd")) {
    "relaxed-simd"
} else if cfg!(all(target_arch = "wasm32", target_feature = "simd128")) {
    "simd128"
} else {
    "scalar"
};

/// Inner product of the query with each row.
#[inline(always)]
pub fn dot_f32<const N: usize>(query: &[f32], rows: [&[f32]; N]) -> [f32; N] {
    let [dots] = dot_f32_tile([query], rows);
    dots
}

/// Squared Euclidean distance from the query to each row.
#[inline(always)]
pub fn l2_squared_f32<const N: usize>(query: &[f32], rows: [&[f32]; N]) -> [f32; N] {
    let [distances] = l2_squared_f32_tile([query], rows);
    distances
}

/// Inner product of a query of -127..=127 with each row of 0..=127.
#[inline(always)]
pub fn dot_i8<const N: usize>(query: &[i8], rows: [&[u8]; N]) -> [i32; N] {
    if N <= I8_BATCH {
        let [dots] = dot_i8_tile([query], rows);
        return dots;
    }
    let mut dots = [0; N];
    let (batches, rest) = rows.as_chunks::<I8_BATCH>();
    let (outs, rest_out) = dots.as_chunks_mut();
    for (batch, out) in batches.iter().zip(outs) {
        [*out] = dot_i8_tile([query], *batch);
    }
    for (row, out) in rest.iter().zip(rest_out) {
        [[*out]] = dot_i8_tile([query], [*row]);
    }
    dots
}
