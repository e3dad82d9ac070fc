//! The representations of vectors. Each holds [`Rows`](crate::space::Rows): vectors in some form, queries made for them,
//! distances.

pub mod bits;
pub mod f16;
pub mod int8;
pub mod matrix;
pub mod rotation;
pub mod sets;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
pub mod vectors;
