//! What the core asks of its allocator: nothing during a query, and a refusal is an error and never a trap.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use quiver_core::codec::Part;
use quiver_core::error::{Error, Result};
use quiver_core::hnsw::Params;
use quiver_core::index::{CodeKind, Config, Index, Originals};
use quiver_core::metric::Metric;
use quiver_core::search::{Method, Request};
use quiver_core::snapshot::Loader;

/// Counts the allocations of this thread and refuses from a given one on.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    static REFUSED_FROM: Cell<usize> = const { Cell::new(usize::MAX) };
}

fn refused() -> bool {
    let count = ALLOCATIONS.get();
    ALLOCATIONS.set(count + 1);
    count >= REFUSED_FROM.get()
}

// SAFETY: all is left to the system's allocator, or refused.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if refused() {
            return core::ptr::null_mut();
        }
        // SAFETY: promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
        // SAFETY: promised by the caller.
        unsafe { System.dealloc(address, layout) }
    }

    unsafe fn realloc(&self, address: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if refused() {
            return core::ptr::null_mut();
        }
        // SAFETY: promised by the caller.
        unsafe { System.realloc(address, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Runs `work` with every allocation refused after the first `allowed`; answers also how many it asked for.
fn with_allocations<T>(allowed: usize, work: impl FnOnce() -> T) -> (T, usize) {
    ALLOCATIONS.set(0);
    REFUSED_FROM.set(allowed);
    let result = work();
    REFUSED_FROM.set(usize::MAX);
    (result, ALLOCATIONS.get())
}

const DIMENSION: usize = 16;
const PARAMS: Params = Params { m: 4, ef_construction: 20, seed: 1 };

fn config(codes: CodeKind) -> Config {
    Config { dimension: DIMENSION, metric: Metric::L2, codes, originals: Originals::F32 }
}

fn matrix(rows: usize) -> Vec<f32> {
    // Every tenth row repeats the one before, so that there are twins.
    let value =
        |row: usize, i: usize| ((row - usize::from(row % 10 == 9)) as f32 * (i + 1) as f32).sin();
    (0..rows * DIMENSION).map(|n| value(n / DIMENSION, n % DIMENSION)).collect()
}

#[test]
fn a_query_allocates_nothing() {
    for codes in [CodeKind::None, CodeKind::Int8] {
        let mut index = Index::new(config(codes)).unwrap();
        index.set_graph(Some(PARAMS)).unwrap();
        index.try_reserve(3_000).unwrap();
        index.add(&matrix(3_000));
        index.index_rows(2_500).unwrap();
        let mask = [0x7777_7777_7777_7777; 47];
        for method in [Method::Graph, Method::Scan, Method::Exact] {
            for (count, mask) in [(1, None), (1, Some(&mask[..])), (50, None)] {
                let queries = matrix(count);
                let request = Request { mask, ..Request::new(10, 64, method) };
                let mut search = || index.search(&queries, &request).unwrap();
                search();
                let ((), allocations) =
                    with_allocations(usize::MAX, || (0..300 / count).for_each(|_| search()));
                assert_eq!(allocations, 0, "{method:?} on {codes:?}");
            }
        }
    }
}

/// Everything an index can be asked for that may need memory.
fn live(index: &mut Index, matrix: &[f32], bytes: &mut Vec<u8>) -> Result<()> {
    index.set_graph(Some(PARAMS))?;
    for rows in matrix.chunks(100 * DIMENSION) {
        index.try_reserve(rows.len() / DIMENSION)?;
        index.add(rows);
        index.index_rows(60)?;
    }
    index.search(&[0.5; DIMENSION], &Request::new(50, 64, Method::Graph))?;
    index.search(&matrix[..5 * DIMENSION], &Request::new(usize::MAX, 64, Method::Scan))?;
    let mask = [0xffff_ffff; 5];
    let among = Request { mask: Some(&mask), except: Some(1), ..Request::new(5, 5, Method::Graph) };
    index.search(&[0.5; DIMENSION], &among)?;
    for part in [Part::State, Part::Vectors, Part::Codes, Part::Graph] {
        for chunk in 0..index.chunks(part) {
            index.write_chunk(part, chunk, bytes)?;
        }
    }
    Ok(())
}

#[test]
fn every_refused_allocation_is_an_error_and_loses_nothing() {
    for codes in [CodeKind::None, CodeKind::Int8] {
        let matrix = matrix(300);
        for allowed in 0.. {
            let (index, _) = with_allocations(allowed, || Index::new(config(codes)));
            let Ok(mut index) = index else {
                assert_eq!(index.err(), Some(Error::OutOfMemory));
                continue;
            };
            let mut bytes = Vec::new();
            let (result, asked) =
                with_allocations(allowed, || live(&mut index, &matrix, &mut bytes));
            if result.is_ok() {
                assert!(asked <= allowed && asked > 20, "{asked}");
                break;
            }
            assert_eq!(result, Err(Error::OutOfMemory), "after {allowed} allocations");
            // What is there goes on as if nothing had happened.
            let rows = index.rows();
            index.try_reserve(100).unwrap();
            index.add(&matrix[..100 * DIMENSION]);
            index.index_rows(usize::MAX).unwrap();
            index
                .search(&matrix[..DIMENSION], &Request::new(usize::MAX, 200, Method::Graph))
                .unwrap();
            assert_eq!(index.found().rows.len(), rows + 100);
            assert_eq!(index.found().distances[0], 0.0);
        }
    }
}

#[test]
fn loading_can_be_refused_at_any_allocation() {
    let mut index = Index::new(config(CodeKind::Int8)).unwrap();
    live(&mut index, &matrix(300), &mut Vec::new()).unwrap();
    let parts = [Part::State, Part::Vectors, Part::Codes, Part::Graph];
    let chunks = parts.map(|part| {
        let mut bytes = Vec::new();
        index.write_chunk(part, 0, &mut bytes).unwrap();
        bytes
    });
    let load = || {
        let mut loader = Loader::new(&chunks[0], config(CodeKind::Int8), Some(PARAMS))?;
        for (part, bytes) in parts.into_iter().zip(&chunks).skip(1) {
            loader.read_chunk(part, bytes)?;
        }
        loader.finish()
    };
    for allowed in 0.. {
        match with_allocations(allowed, load).0 {
            Ok(loaded) => {
                assert_eq!(loaded.rows(), 300);
                assert!(allowed > 10);
                break;
            }
            Err(error) => assert_eq!(error, Error::OutOfMemory),
        }
    }
}
