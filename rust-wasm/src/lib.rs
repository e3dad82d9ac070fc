//! The core of Quiver: nearest neighbours among vectors, exact and by graph, small enough for a web page.
//!
//! `distance` holds the kernels, `quantizer` what they run on, `flat` and `hnsw` the two ways to search, `index` joins
//! them, `codec` writes and reads them back, `abi` is all that JavaScript sees.

#![deny(unsafe_op_in_unsafe_fn)]
#![cfg_attr(target_feature = "atomics", feature(stdarch_wasm_atomic_wait))]

pub mod abi;
#[cfg(target_feature = "atomics")]
pub mod abi_threads;
pub mod codec;
pub mod distance;
pub mod error;
pub mod flat;
pub mod hnsw;
pub mod index;
pub mod memory;
pub mod metric;
pub mod parallel;
pub mod quantizer;
pub mod search;
pub mod selection;
pub mod snapshot;
pub mod space;
pub mod topk;
