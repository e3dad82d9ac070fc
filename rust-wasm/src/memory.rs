//! Memory that refuses instead of trapping: every allocation whose size comes from outside goes through here.

use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use crate::error::{Error, Result};

/// Up to here a buffer doubles when it is full; beyond, it grows by a quarter, so that a large index never needs twice
/// its own size.
const DOUBLING_LIMIT: usize = 64 << 20;

/// Makes room for `additional` more elements.
#[inline(never)]
pub fn try_reserve<T>(buffer: &mut Vec<T>, additional: usize) -> Result<()> {
    let len = buffer.len().checked_add(additional);
    try_reserve_total(buffer, len.ok_or(Error::OutOfMemory)?)
}

/// Makes room for `len` elements in all, with some to spare when the buffer has to move. (Not inlined, as all that is
/// seldom called from many places: a fortieth of the bytes.)
#[inline(never)]
pub fn try_reserve_total<T>(buffer: &mut Vec<T>, len: usize) -> Result<()> {
    let capacity = buffer.capacity();
    if len <= capacity {
        return Ok(());
    }
    let large = capacity.saturating_mul(size_of::<T>()) >= DOUBLING_LIMIT;
    let spacious = len.max(capacity + if large { capacity / 4 } else { capacity });
    let used = buffer.len();
    buffer
        .try_reserve_exact(spacious - used)
        .or_else(|_| buffer.try_reserve_exact(len - used))
        .map_err(|_| Error::OutOfMemory)
}

/// Makes the buffer `len` long, new elements being `value`.
#[inline(never)]
pub fn try_resize<T: Clone>(buffer: &mut Vec<T>, len: usize, value: T) -> Result<()> {
    try_reserve_total(buffer, len)?;
    buffer.resize(len, value);
    Ok(())
}

/// The width of a cache line. Codes and links start on one, so that reading them touches as few as possible.
const LINE: usize = 64;

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; LINE]);

/// Plain numbers: any bytes are a value, and zero is all zero bytes.
///
/// # Safety
/// Only for types without padding or invalid bit patterns, whose alignment is at most that of a line.
pub unsafe trait Plain: Copy + Default + 'static {}
// SAFETY: an integer without padding.
unsafe impl Plain for u8 {}
// SAFETY: an integer without padding.
unsafe impl Plain for u32 {}
// SAFETY: a float without padding; every bit pattern is a value.
unsafe impl Plain for f32 {}

/// A growing array of numbers that starts on a cache line.
pub struct AlignedVec<T> {
    lines: Vec<Line>,
    len: usize,
    element: PhantomData<T>,
}

impl<T: Plain> AlignedVec<T> {
    /// An empty array; allocates nothing.
    pub const fn new() -> Self {
        Self { lines: Vec::new(), len: 0, element: PhantomData }
    }

    /// Makes room for `additional` more numbers.
    pub fn try_reserve(&mut self, additional: usize) -> Result<()> {
        let len = self.len.checked_add(additional);
        let bytes = len.and_then(|len| len.checked_mul(size_of::<T>()));
        try_reserve_total(&mut self.lines, bytes.ok_or(Error::OutOfMemory)?.div_ceil(LINE))
    }

    /// Appends `count` times `value`; room must have been made.
    pub fn extend_filled(&mut self, count: usize, value: T) {
        let old = self.len;
        self.len += count;
        let lines = (self.len * size_of::<T>()).div_ceil(LINE);
        self.lines.resize(lines, Line([0; LINE]));
        self[old..].fill(value);
    }

    /// Appends numbers; room must have been made.
    pub fn extend_from_slice(&mut self, numbers: &[T]) {
        let old = self.len;
        self.extend_filled(numbers.len(), T::default());
        self[old..].copy_from_slice(numbers);
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.lines.capacity() * LINE
    }
}

impl<T: Plain> Default for AlignedVec<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Plain> Deref for AlignedVec<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: the lines hold at least `len` numbers, all initialised, aligned to more than `T` needs.
        unsafe { core::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl<T: Plain> DerefMut for AlignedVec<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as in `deref`, and the borrow is exclusive.
        unsafe { core::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
    }
}
