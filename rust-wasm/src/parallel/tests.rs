use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Barrier, Mutex};
use std::thread;

use proptest::prelude::*;

use super::{Crew, for_each, threads, with_threads};

/// Miri takes a thousand times as long.
const CASES: u32 = if cfg!(miri) { 4 } else { 128 };

proptest! {
    #![proptest_config(ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_item_is_worked_on_once(count in 1usize..6, jobs in prop::collection::vec(0usize..50, 1..8)) {
        with_threads(count, || {
            for items in jobs {
                let worked: Vec<AtomicUsize> = (0..items).map(|_| AtomicUsize::new(0)).collect();
                for_each(items, &|thread, item| {
                    assert!(thread < count);
                    worked[item].fetch_add(1, Relaxed);
                });
                // A plain read after the job: what helpers did is seen without further ado.
                assert!(worked.into_iter().all(|times| times.into_inner() == 1));
            }
        });
    }

    #[test]
    fn no_two_threads_have_a_number_at_once(count in 1usize..6, items in 0usize..200) {
        with_threads(count, || {
            let taken: Vec<AtomicBool> = (0..count).map(|_| AtomicBool::new(false)).collect();
            for_each(items, &|thread, _| {
                assert!(!taken[thread].swap(true, SeqCst));
                thread::yield_now();
                assert!(taken[thread].swap(false, SeqCst));
            });
        });
    }
}

#[test]
fn without_helpers_it_is_a_loop() {
    assert_eq!(threads(), 1);
    let order = Mutex::new(Vec::new());
    for_each(5, &|thread, item| order.lock().unwrap().push((thread, item)));
    assert_eq!(order.into_inner().unwrap(), (0..5).map(|item| (0, item)).collect::<Vec<_>>());
}

#[test]
fn all_threads_work_at_once() {
    with_threads(4, || {
        assert_eq!(threads(), 4);
        // Only four threads at once get past this.
        let all = Barrier::new(4);
        let seen = Mutex::new(Vec::new());
        for _ in 0..3 {
            for_each(4, &|thread, _| {
                all.wait();
                seen.lock().unwrap().push(thread);
            });
        }
        let mut seen = seen.into_inner().unwrap();
        seen.sort_unstable();
        assert_eq!(seen, [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
    });
    assert_eq!(threads(), 1);
}

#[test]
fn work_within_work_is_a_loop() {
    with_threads(3, || {
        let sum = AtomicUsize::new(0);
        for_each(10, &|_, outer| {
            for_each(10, &|thread, inner| {
                assert_eq!(thread, 0);
                sum.fetch_add(outer * inner, Relaxed);
            });
        });
        assert_eq!(sum.into_inner(), 45 * 45);
    });
}

/// Two threads meet in the work; the one named panics, and the next job goes on with who is left.
fn fails(failing: fn(usize) -> bool) {
    with_threads(2, || {
        let both = Barrier::new(2);
        let result = catch_unwind(AssertUnwindSafe(|| {
            for_each(2, &|thread, _| {
                both.wait();
                assert!(!failing(thread), "on purpose");
            });
        }));
        assert!(result.is_err());
        let sum = AtomicUsize::new(0);
        for_each(100, &|_, item| {
            sum.fetch_add(item, Relaxed);
        });
        assert_eq!(sum.into_inner(), 4_950);
    });
}

#[test]
fn a_panic_of_this_thread_waits_for_the_helper() {
    fails(|thread| thread == 0);
}

#[test]
fn a_panic_of_a_helper_fails_the_job_only() {
    fails(|thread| thread == 1);
}

#[test]
fn a_helper_that_dies_without_unwinding_fails_the_job() {
    let crew = Crew::new(2);
    let entered = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !crew.enter() {
                thread::yield_now();
            }
            entered.wait();
            // SAFETY: it entered, and has nothing to do.
            unsafe { crew.abandon() };
        });
        let result = catch_unwind(AssertUnwindSafe(|| {
            crew.for_each(2, &|_, item| {
                if item == 0 {
                    entered.wait();
                }
            });
        }));
        assert!(result.is_err());
    });
    let worked = AtomicUsize::new(0);
    crew.for_each(10, &|_, _| {
        worked.fetch_add(1, Relaxed);
    });
    assert_eq!(worked.into_inner(), 10);
}
