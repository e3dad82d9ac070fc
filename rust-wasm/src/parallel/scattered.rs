//! Elements written from many threads, each by one of them at a time.

use core::marker::PhantomData;
use core::ops::Range;

/// A slice that is shared by threads which divide its elements among them.
pub struct Scattered<'a, T> {
    first: *mut T,
    len: usize,
    slice: PhantomData<&'a mut [T]>,
}

// SAFETY: whoever takes elements out promises that nobody else has them.
unsafe impl<T: Send> Sync for Scattered<'_, T> {}

impl<'a, T> Scattered<'a, T> {
    /// Shares a slice for as long as it is borrowed.
    pub fn new(slice: &'a mut [T]) -> Self {
        Self { first: slice.as_mut_ptr(), len: slice.len(), slice: PhantomData }
    }

    /// Some of the elements, for writing.
    ///
    /// # Safety
    /// Nobody else has any of them meanwhile.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn slice(&self, range: Range<usize>) -> &mut [T] {
        assert!(range.start <= range.end && range.end <= self.len);
        // SAFETY: inside the slice, and promised to be this caller's alone.
        unsafe { core::slice::from_raw_parts_mut(self.first.add(range.start), range.len()) }
    }

    /// One of the elements, for writing.
    ///
    /// # Safety
    /// Nobody else has it meanwhile.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn one(&self, index: usize) -> &mut T {
        assert!(index < self.len);
        // SAFETY: inside the slice, and promised to be this caller's alone.
        unsafe { &mut *self.first.add(index) }
    }
}
