//! Where the crew comes from, and how its threads wait.

pub use here::*;

/// Helpers are web workers, each with its own instance of the core over the same memory.
#[cfg(all(target_arch = "wasm32", target_feature = "atomics"))]
mod here {
    use core::arch::wasm32::{memory_atomic_notify, memory_atomic_wait32};
    use core::sync::atomic::AtomicU32;

    use crate::parallel::Crew;

    /// The crew of all instances over this memory.
    pub static CREW: Crew = Crew::new(1);

    pub fn with_crew<T>(call: impl FnOnce(Option<&Crew>) -> T) -> T {
        call(Some(&CREW))
    }

    /// Returns once `value` is not `old` and somebody notified, or earlier.
    pub fn wait(value: &AtomicU32, old: u32) {
        // SAFETY: aligned, and shared memory; the browser lets workers wait, and only they load this build.
        unsafe { memory_atomic_wait32(value.as_ptr().cast(), old.cast_signed(), -1) };
    }

    /// Wakes all that wait for `value`.
    pub fn notify(value: &AtomicU32) {
        // SAFETY: aligned.
        unsafe { memory_atomic_notify(value.as_ptr().cast(), u32::MAX) };
    }
}

/// One thread, and nobody to wait for.
#[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
mod here {
    use core::sync::atomic::AtomicU32;

    use crate::parallel::Crew;

    pub fn with_crew<T>(call: impl FnOnce(Option<&Crew>) -> T) -> T {
        call(None)
    }

    pub fn wait(_value: &AtomicU32, _old: u32) {}

    pub fn notify(_value: &AtomicU32) {}
}

/// Threads that `with_threads` starts, for tests: those of one test do not meet those of another.
#[cfg(not(target_arch = "wasm32"))]
mod here {
    use std::cell::RefCell;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    use std::sync::{Arc, Condvar, Mutex};
    use std::thread;

    use crate::parallel::Crew;

    thread_local! {
        static CREW: RefCell<Option<Arc<Crew>>> = const { RefCell::new(None) };
    }

    /// What `body` answers, run with `threads - 1` helpers.
    pub fn with_threads<T>(threads: usize, body: impl FnOnce() -> T) -> T {
        let crew = Arc::new(Crew::new(threads));
        thread::scope(|scope| {
            for _ in 1..threads {
                // Where work panics, `for_each` does.
                scope.spawn(|| catch_unwind(AssertUnwindSafe(|| crew.help())));
            }
            let _dismissal = Dismissal { crew: &crew, before: CREW.replace(Some(crew.clone())) };
            body()
        })
    }

    /// Lets the helpers go, also when the body panics: the scope waits for them.
    struct Dismissal<'a> {
        crew: &'a Crew,
        before: Option<Arc<Crew>>,
    }

    impl Drop for Dismissal<'_> {
        fn drop(&mut self) {
            CREW.set(self.before.take());
            self.crew.dismiss();
        }
    }

    pub fn with_crew<T>(call: impl FnOnce(Option<&Crew>) -> T) -> T {
        let crew = CREW.with_borrow(Clone::clone);
        call(crew.as_deref())
    }

    /// As WebAssembly's `memory.atomic.wait32` and `notify`, for all crews at once: waking others is no error.
    static QUEUE: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());

    pub fn wait(value: &AtomicU32, old: u32) {
        let (mutex, woken) = &QUEUE;
        let guard = mutex.lock().unwrap();
        // Whoever changes the value notifies after it, and has to take the lock for that: it cannot be missed.
        if value.load(Relaxed) == old {
            drop(woken.wait(guard).unwrap());
        }
    }

    pub fn notify(_value: &AtomicU32) {
        let (mutex, woken) = &QUEUE;
        drop(mutex.lock().unwrap());
        woken.notify_all();
    }
}
