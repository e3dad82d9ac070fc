//! Work on many items, shared among threads.
//!
//! A [`Crew`] is one thread that has work and helpers that join it. Helpers come when they are ready and one that never
//! comes is not missed: the thread that has the work does whatever nobody else takes. In the browser helpers are web
//! workers over the same memory, in the build with atomics only; natively they are threads that [`with_threads`] starts.

mod platform;
mod scattered;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

use core::cell::UnsafeCell;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize};

#[cfg(all(target_arch = "wasm32", target_feature = "atomics"))]
pub use platform::CREW;
#[cfg(not(target_arch = "wasm32"))]
pub use platform::with_threads;
use platform::{notify, wait};
pub use scattered::Scattered;

/// How many threads may work at once, this one included; 1 where there are no helpers.
pub fn threads() -> usize {
    platform::with_crew(|crew| crew.map_or(1, Crew::threads))
}

/// Calls `work(thread, item)` once for every item below `items`, on all threads that are there, and returns when all
/// calls have. Items are begun in order. Every thread has a number below [`threads`] that no other has meanwhile; this
/// one has 0. Inside other work it is a plain loop.
///
/// # Panics
/// When `work` does, on any thread, once no thread is at work any more. Under `panic = "abort"` see [`Crew::abandon`].
pub fn for_each(items: usize, work: &(dyn Fn(usize, usize) + Sync)) {
    platform::with_crew(|crew| match crew {
        Some(crew) => crew.for_each(items, work),
        None => (0..items).for_each(|item| work(0, item)),
    });
}

/// A bit of [`Crew::state`]: there is a job, and no other can begin.
const BUSY: u32 = 1 << 31;
/// A bit of [`Crew::state`]: helpers may join the job.
const OPEN: u32 = 1 << 30;

/// A thread that has work now and then, and its helpers.
pub struct Crew {
    /// How many there may be, the thread that has the work included.
    threads: AtomicUsize,
    /// Numbers given out. The thread that has the work is 0.
    enlisted: AtomicUsize,
    /// Counts jobs; idle helpers wait for it to change.
    jobs: AtomicU32,
    /// `BUSY`, `OPEN`, and below them how many helpers are at work. 0 between jobs.
    state: AtomicU32,
    /// The next item of the job.
    next: AtomicUsize,
    /// Whether a helper failed in this job.
    failed: AtomicBool,
    /// Written only by the thread that made the crew `BUSY`, before it is `OPEN`; read only by helpers that joined.
    job: UnsafeCell<Option<Job>>,
}

#[derive(Clone, Copy)]
struct Job {
    items: usize,
    work: &'static (dyn Fn(usize, usize) + Sync),
}

// SAFETY: `job` is guarded by `state`, as said there; all else is atomic.
unsafe impl Sync for Crew {}

impl Crew {
    /// A crew of at most `threads`, the one that has the work included.
    pub const fn new(threads: usize) -> Self {
        Self {
            threads: AtomicUsize::new(threads),
            enlisted: AtomicUsize::new(1),
            jobs: AtomicU32::new(0),
            state: AtomicU32::new(0),
            next: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
            job: UnsafeCell::new(None),
        }
    }

    /// How many threads there may be.
    pub fn threads(&self) -> usize {
        self.threads.load(Relaxed)
    }

    /// Sets how many threads there may be, before any helper comes.
    pub fn set_threads(&self, threads: usize) {
        self.threads.store(threads, Relaxed);
    }

    /// How many threads there are by now.
    pub fn present(&self) -> usize {
        self.enlisted.load(Relaxed).min(self.threads())
    }

    /// See [`for_each`]. The calling thread has number 0.
    pub fn for_each(&self, items: usize, work: &(dyn Fn(usize, usize) + Sync)) {
        let free = || self.state.compare_exchange(0, BUSY, Acquire, Relaxed).is_ok();
        if items < 2 || self.threads() < 2 || !free() {
            return (0..items).for_each(|item| work(0, item));
        }
        // SAFETY: it is used only by helpers that joined, and `close` waits for them: before this function returns, also
        // when `work` panics.
        let work: &'static (dyn Fn(usize, usize) + Sync) = unsafe { core::mem::transmute(work) };
        let job = Job { items, work };
        // SAFETY: `BUSY` and not `OPEN`, so that nobody else looks.
        unsafe { *self.job.get() = Some(job) };
        self.next.store(0, Relaxed);
        self.failed.store(false, Relaxed);
        self.state.store(BUSY | OPEN, Release);
        let opened = Opened(self);
        self.jobs.fetch_add(1, Release);
        notify(&self.jobs);
        self.work(0, job);
        drop(opened);
        assert!(!self.failed.load(Relaxed), "a helper failed");
    }

    /// Works as a helper on every job from now on; returns when the crew is dismissed, or has all the helpers it may have.
    pub fn help(&self) {
        let number = self.enlisted.fetch_add(1, Relaxed);
        let mut seen = 0;
        while number < self.threads() {
            let jobs = self.jobs.load(Acquire);
            if jobs == seen {
                wait(&self.jobs, jobs);
            } else {
                seen = jobs;
                self.join(number);
            }
        }
    }

    /// Lets all helpers go.
    #[cfg(not(target_arch = "wasm32"))]
    fn dismiss(&self) {
        self.threads.store(0, Relaxed);
        self.jobs.fetch_add(1, Release);
        notify(&self.jobs);
    }

    /// Takes part in the job, if there is one that can be joined.
    fn join(&self, number: usize) {
        if !self.enter() {
            return;
        }
        let _joined = Joined(self);
        // SAFETY: it was written before the crew became `OPEN`, and is not written again before this helper has left.
        if let Some(job) = unsafe { *self.job.get() } {
            self.work(number, job);
        }
    }

    /// Counts this thread among those at work, unless no job can be joined.
    fn enter(&self) -> bool {
        let count = |state: u32| (state & OPEN != 0).then_some(state + 1);
        self.state.fetch_update(Acquire, Relaxed, count).is_ok()
    }

    fn work(&self, number: usize, job: Job) {
        loop {
            let item = self.next.fetch_add(1, Relaxed);
            if item >= job.items {
                return;
            }
            (job.work)(number, item);
        }
    }

    /// Says that a helper died at work without unwinding, as a trap of WebAssembly ends it: [`for_each`] then fails, too,
    /// where it would wait for ever.
    ///
    /// # Safety
    /// Once for a helper, which must have been at work and be at work no more.
    pub unsafe fn abandon(&self) {
        self.failed.store(true, Relaxed);
        self.leave();
    }

    fn leave(&self) {
        // Releases what the helper wrote to the thread that closes.
        if self.state.fetch_sub(1, AcqRel) == BUSY + 1 {
            notify(&self.state);
        }
    }

    /// Lets no more helpers join, and waits for those that did.
    fn close(&self) {
        let mut state = self.state.fetch_and(!OPEN, AcqRel) & !OPEN;
        while state != BUSY {
            wait(&self.state, state);
            state = self.state.load(Acquire);
        }
        self.state.store(0, Release);
    }
}

/// The job is open while this lives.
struct Opened<'a>(&'a Crew);

impl Drop for Opened<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// A helper is at work while this lives.
struct Joined<'a>(&'a Crew);

impl Drop for Joined<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.failed.store(true, Relaxed);
        }
        self.0.leave();
    }
}
