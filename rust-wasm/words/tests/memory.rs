//! What the words ask of their allocator: nothing during a query, and a refusal is an error that changes nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use quiver_words::error::{Error, Result};
use quiver_words::index::{HOLE, Index};

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

const WORDS: u32 = 50;

fn fresh() -> Index {
    let mut index = Index::new(2).unwrap();
    (0..WORDS).for_each(|n| assert_eq!(index.intern(&format!("word{n}")), Ok(n)));
    index
}

/// Rows of five words, the third of them not indexed, in one field or the other.
fn batch(first: u32, rows: u32) -> Vec<u32> {
    let words = |row: u32| [row % WORDS, row * 7 % WORDS, HOLE, row % 3, row % WORDS];
    (first..first + rows).flat_map(|row| [&[row, row % 2, 5][..], &words(row)].concat()).collect()
}

/// One query of every kind.
fn query() -> Vec<u8> {
    let mut bytes = [1.2_f32, 0.75, 1.0, 2.0].map(f32::to_le_bytes).concat();
    for (kind, occur, edits, words) in [
        (0, 0, 0, &["word1"][..]),
        (1, 0, 0, &["word", "word3"]),
        (2, 0, 2, &["wrod12"]),
        (3, 0, 0, &["word2", "word14"]),
        (0, 2, 0, &["word9"]),
    ] {
        bytes.extend([kind, occur, edits, 0]);
        bytes.extend(1_f32.to_le_bytes());
        bytes.extend((words.len() as u16).to_le_bytes());
        for word in words {
            bytes.push(word.len() as u8);
            bytes.extend(word.as_bytes());
        }
    }
    bytes
}

fn saved(index: &Index) -> Vec<u8> {
    let mut bytes = Vec::new();
    index.write_chunk(0, index.rows(), &mut bytes).unwrap();
    bytes
}

#[test]
fn a_query_allocates_nothing() {
    let mut index = fresh();
    index.append(&batch(0, 20_000)).unwrap();
    index.append(&batch(20_000, 10)).unwrap();
    index.remove(3);
    let query = query();
    let mask = [0x7777_7777_7777_7777; 400];
    let mut search = || {
        index.search(&query, 10, Some(&mask)).unwrap();
        index.search(&query, 10, None).unwrap();
    };
    search();
    assert_eq!(with_allocations(usize::MAX, search).1, 0);
    assert_eq!(index.found_rows().len(), 10);
}

#[test]
fn what_was_reserved_is_appended_without_fail() {
    let mut index = fresh();
    let rows = batch(0, 17_000);
    index.try_reserve(&rows).unwrap();
    let (result, asked) = with_allocations(0, || index.append(&rows));
    assert_eq!((result, asked), (Ok(()), 0));
}

#[test]
fn every_refused_allocation_is_an_error_and_loses_nothing() {
    // What the test itself allocates has to succeed, so that only the calls are refused.
    let query = query();
    let first = batch(0, 300);
    let more = batch(300, 50);
    let rows = (0..350).collect::<Vec<_>>();
    let whole = {
        let mut index = fresh();
        index.append(&first).unwrap();
        index.append(&more).unwrap();
        saved(&index)
    };
    for allowed in 0.. {
        let mut index = fresh();
        index.append(&first).unwrap();
        let before = saved(&index);
        let mut bytes = Vec::new();
        let (result, _) = with_allocations(allowed, || -> Result<()> {
            index.intern("another")?;
            index.append(&more)?;
            index.search(&query, usize::MAX, None)?;
            index.write_chunk(0, 350, &mut bytes)?;
            index.renumbered(&rows)?.search(&query, 5, None)?;
            Index::new(2)?.load_chunk(&bytes)
        });
        if index.rows() == 300 {
            assert_eq!(saved(&index), before, "after {allowed} allocations");
            index.append(&more).unwrap();
        }
        assert_eq!(saved(&index), whole, "after {allowed} allocations");
        index.search(&query, usize::MAX, None).unwrap();
        assert!(index.found_rows().len() > 200);
        if result.is_ok() {
            assert!(allowed > 30, "{allowed}");
            break;
        }
        assert_eq!(result, Err(Error::OutOfMemory), "after {allowed} allocations");
    }
}

#[test]
fn a_chunk_that_cannot_be_sealed_leaves_all_fields_as_they_were() {
    let start = || {
        let mut index = fresh();
        index.append(&batch(0, 16_400)).unwrap();
        index
    };
    let query = query();
    let mut right = start();
    right.search(&query, 50, None).unwrap();
    for allowed in 0.. {
        let mut index = start();
        let next = batch(16_400, 1);
        let (result, _) = with_allocations(allowed, || index.try_reserve(&next));
        index.search(&query, 50, None).unwrap();
        assert_eq!(index.found_rows(), right.found_rows(), "after {allowed} allocations");
        assert_eq!(index.found_scores(), right.found_scores());
        if result.is_ok() {
            break;
        }
        assert_eq!(result, Err(Error::OutOfMemory));
    }
}
