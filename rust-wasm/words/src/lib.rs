//! The words of Quiver: an inverted index over rows, scored by BM25, small enough for a web page and loaded only by one
//! that searches words.
//!
//! `dictionary` numbers the terms; `tail` takes in the latest rows, `chunk` keeps those before them compactly, `field` joins
//! the two and `index` the fields. `query` reads what is asked for, `plan` finds its terms (`expand` those that prefixes and
//! typing errors stand for), `search` scores. `codec` writes and reads chunks for `saving`, `abi` is all that JavaScript sees.

#![deny(unsafe_op_in_unsafe_fn)]

pub mod abi;
pub mod chunk;
pub mod codec;
pub mod dictionary;
// The core's own: as a dependency it would bring all that it exports.
#[path = "../../src/error.rs"]
pub mod error;
pub mod expand;
pub mod field;
pub mod index;
#[path = "../../src/memory.rs"]
pub mod memory;
pub mod plan;
pub mod query;
pub mod saving;
pub mod scratch;
pub mod search;
pub mod tail;
pub mod varint;
