//! What JavaScript sees of threads, in the build that has them. A helper is a web worker with its own instance of the
//! core over the memory of the first.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use wasm_bindgen::prelude::wasm_bindgen;

use crate::parallel::{CREW, for_each};

/// Sets how many threads there may be, before any helper comes.
#[wasm_bindgen(js_name = setThreads)]
pub fn set_threads(threads: usize) {
    CREW.set_threads(threads);
}

/// How many threads there are by now.
#[wasm_bindgen]
pub fn threads() -> usize {
    CREW.present()
}

/// Makes the calling worker a helper, for good. A trap of its work ends this call; `abandon` must follow.
#[wasm_bindgen]
pub fn help() {
    CREW.help();
}

/// Says that this helper has trapped, so that nobody waits for it.
#[wasm_bindgen]
pub fn abandon() {
    // SAFETY: a helper traps at work only, and its worker ends with this.
    unsafe { CREW.abandon() };
}

/// Works on so many items and answers how many each thread took: whether helpers help, for tests.
#[wasm_bindgen(js_name = itemsByThread)]
pub fn items_by_thread(items: usize) -> Vec<u32> {
    let taken: Vec<AtomicU32> = (0..CREW.threads()).map(|_| AtomicU32::new(0)).collect();
    for_each(items, &|thread, _| {
        taken[thread].fetch_add(1, Relaxed);
    });
    taken.into_iter().map(AtomicU32::into_inner).collect()
}
