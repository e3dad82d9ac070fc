//! The representations of vectors. Each is a [`Space`](crate::space::Space): rows, queries made for them, distances.

pub mod int8;
pub mod vectors;
