//! Keys that order neighbours, and the k best of many.

use crate::distance::{BATCH, less_than};
use crate::error::Result;
use crate::memory::try_reserve;

/// A distance and a row (below 2³¹) in one integer that orders as (distance, row) does, so that equal distances come in
/// row order. The lowest bit is free for a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(pub u64);

impl Key {
    /// The key of a row at a distance. A NaN, which overflow can lead to, comes after all else.
    #[inline(always)]
    pub fn new(distance: f32, row: u32) -> Self {
        let bits = distance.to_bits() as i32;
        // A negative float's bits order the wrong way round.
        let ordered = bits ^ ((bits >> 31) as u32 >> 1) as i32 ^ i32::MIN;
        let ordered = if distance.is_nan() { u32::MAX } else { ordered as u32 };
        Key(u64::from(ordered) << 32 | u64::from(row) << 1)
    }

    /// The row.
    #[inline(always)]
    pub fn row(self) -> u32 {
        (self.0 as u32) >> 1
    }

    /// The distance.
    #[inline(always)]
    pub fn distance(self) -> f32 {
        let ordered = (self.0 >> 32) as i32 ^ i32::MIN;
        f32::from_bits((ordered ^ ((ordered >> 31) as u32 >> 1) as i32) as u32)
    }
}

/// The `capacity` smallest keys seen: a binary heap with the worst of them on top.
pub struct TopK {
    heap: Vec<Key>,
    capacity: usize,
    /// What is larger is not taken in: the bound, or the worst key once there are as many as can be.
    largest: Key,
}

impl TopK {
    /// Keeps nothing until the first `reset`.
    pub const fn new() -> Self {
        Self { heap: Vec::new(), capacity: 0, largest: Key(0) }
    }

    /// Forgets all keys and from now on keeps `capacity` of those whose distance is at most `bound`.
    pub fn reset(&mut self, capacity: usize, bound: f32) -> Result<()> {
        self.heap.clear();
        self.capacity = capacity;
        self.largest = match bound {
            _ if capacity == 0 => Key(0),
            f32::INFINITY => Key(u64::MAX),
            _ => Key(Key::new(bound, 0).0 | u64::from(u32::MAX)),
        };
        try_reserve(&mut self.heap, capacity)
    }

    /// Takes the key in if it is among the smallest.
    #[inline(always)]
    pub fn offer(&mut self, key: Key) {
        if key > self.largest {
            return;
        }
        if self.heap.len() < self.capacity {
            self.heap.push(key);
            self.sift_up();
        } else {
            self.heap[0] = key;
            self.sift_down();
        }
        if self.heap.len() == self.capacity {
            self.largest = self.heap[0];
        }
    }

    /// Offers rows with their distances. Once there are as many as can be, most are too far: a batch of them is passed
    /// over at once.
    #[inline(always)]
    pub fn offer_all(&mut self, rows: &[u32], distances: &[f32]) {
        for (rows, distances) in rows.chunks(BATCH).zip(distances.chunks(BATCH)) {
            let worst = self.worst().map(|key| key.distance()).filter(|worst| !worst.is_nan());
            let mut nearer = match (worst, distances.first_chunk::<BATCH>()) {
                (Some(worst), Some(batch)) => less_than(batch, worst.next_up()),
                _ => (1 << rows.len()) - 1,
            };
            while nearer != 0 {
                let n = nearer.trailing_zeros() as usize;
                nearer &= nearer - 1;
                self.offer(Key::new(distances[n], rows[n]));
            }
        }
    }

    /// The keys kept, smallest first. Only a `reset` makes it take in more.
    pub fn sorted(&mut self) -> &[Key] {
        self.heap.sort_unstable();
        &self.heap
    }

    /// The last of the keys kept, once there are as many as can be.
    pub fn worst(&self) -> Option<Key> {
        self.heap.first().copied().filter(|_| self.heap.len() == self.capacity)
    }

    /// Keys kept at most.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Keys kept.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    fn sift_up(&mut self) {
        let mut child = self.heap.len() - 1;
        while child > 0 {
            let parent = (child - 1) / 2;
            if self.heap[parent] >= self.heap[child] {
                break;
            }
            self.heap.swap(parent, child);
            child = parent;
        }
    }

    fn sift_down(&mut self) {
        let mut parent = 0;
        loop {
            let left = 2 * parent + 1;
            let right = left + 1;
            let Some(mut larger) = self.heap.get(left).map(|_| left) else {
                break;
            };
            if right < self.heap.len() && self.heap[right] > self.heap[left] {
                larger = right;
            }
            if self.heap[parent] >= self.heap[larger] {
                break;
            }
            self.heap.swap(parent, larger);
            parent = larger;
        }
    }
}

impl Default for TopK {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_order_as_their_distances_and_rows(a: f32, b: f32, rows: (u16, u16)) {
            let (x, y) = (Key::new(a, rows.0.into()), Key::new(b, rows.1.into()));
            if a < b || (a == b && a.to_bits() == b.to_bits() && rows.0 < rows.1) {
                prop_assert!(x < y);
            }
            prop_assert_eq!(x.row(), u32::from(rows.0));
            if !a.is_nan() {
                prop_assert_eq!(x.distance().to_bits(), a.to_bits());
            }
        }

        #[test]
        fn the_best_are_kept(
            distances in prop::collection::vec(
                prop_oneof![4 => (-3i8..3).prop_map(f32::from), 1 => Just(f32::NAN)],
                0..200,
            ),
            k in 0usize..40,
            bound in prop_oneof![Just(f32::INFINITY), (-3i8..3).prop_map(f32::from)],
            at_once: bool,
        ) {
            let rows: Vec<u32> = (0..distances.len() as u32).collect();
            let mut top = TopK::new();
            top.reset(k, bound).unwrap();
            if at_once {
                top.offer_all(&rows, &distances);
            } else {
                distances.iter().zip(&rows).for_each(|(&d, &row)| top.offer(Key::new(d, row)));
            }
            let within = |d: f32| d <= bound || bound == f32::INFINITY;
            let mut keys: Vec<Key> = distances
                .iter()
                .zip(&rows)
                .filter(|&(&distance, _)| within(distance))
                .map(|(&distance, &row)| Key::new(distance, row))
                .collect();
            keys.sort_unstable();
            keys.truncate(k);
            prop_assert_eq!(top.sorted(), &keys[..]);
        }
    }
}
