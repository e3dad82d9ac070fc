//! The `ef` nearest nodes a walk has seen, sorted, each marked once its links have been followed: the paper's two heaps
//! C and W in one array (as in NSG, Fu et al., VLDB 2019).

use crate::distance::{BATCH, less_than};
use crate::error::Result;
use crate::memory::try_reserve;
use crate::topk::Key;

/// The mark of a node whose links have been followed: the lowest bit of its key.
const FOLLOWED: u64 = 1;

/// A sorted array of at most `capacity` nodes.
#[derive(Default)]
pub struct Pool {
    keys: Vec<Key>,
    capacity: usize,
    /// Before it, all nodes have been followed.
    cursor: usize,
    /// The distance of the last node when the pool is full, else infinity.
    worst: f32,
}

impl Pool {
    /// Empties the pool; it keeps `capacity` nodes (at least one) from now on.
    pub fn reset(&mut self, capacity: usize) -> Result<()> {
        self.keys.clear();
        self.capacity = capacity.max(1);
        self.cursor = 0;
        self.worst = f32::INFINITY;
        try_reserve(&mut self.keys, self.capacity)
    }

    /// Whether it holds as many nodes as it can.
    pub fn is_full(&self) -> bool {
        self.keys.len() == self.capacity
    }

    /// Takes in those new nodes that are nearer than the last. There is room for distances in whole batches, whatever
    /// the nodes.
    #[inline(always)]
    pub fn offer(&mut self, nodes: &[u32], distances: &mut [f32]) {
        distances[nodes.len()..].fill(f32::INFINITY);
        let (batches, _) = distances.as_chunks::<BATCH>();
        for (batch, first) in batches.iter().zip((0..).step_by(BATCH)) {
            let mut nearer = less_than(batch, self.worst);
            while nearer != 0 {
                let n = nearer.trailing_zeros() as usize;
                nearer &= nearer - 1;
                self.insert(batch[n], nodes[first + n]);
            }
        }
    }

    /// The nearest node that has not been followed, which then counts as followed.
    #[inline(always)]
    pub fn follow_nearest(&mut self) -> Option<u32> {
        let key = self.keys.get_mut(self.cursor)?;
        key.0 |= FOLLOWED;
        let node = key.row();
        self.cursor += 1;
        while self.keys.get(self.cursor).is_some_and(|key| key.0 & FOLLOWED != 0) {
            self.cursor += 1;
        }
        Some(node)
    }

    /// The node `follow_nearest` would answer if nothing nearer turned up.
    #[inline(always)]
    pub fn next(&self) -> Option<u32> {
        self.keys.get(self.cursor).map(|key| key.row())
    }

    /// The nodes, nearest first.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = u32> {
        self.keys.iter().map(|key| key.row())
    }

    /// The nodes and their distances, nearest first.
    pub fn neighbors(&self) -> impl ExactSizeIterator<Item = (u32, f32)> {
        self.keys.iter().map(|key| (key.row(), key.distance()))
    }

    #[inline(always)]
    fn insert(&mut self, distance: f32, node: u32) {
        let key = Key::new(distance, node);
        if self.keys.len() < self.capacity {
            self.keys.push(key);
        } else if self.keys[self.capacity - 1] <= key {
            return;
        }
        let last = self.keys.len() - 1;
        let place = self.keys[..last].partition_point(|other| *other < key);
        self.keys.copy_within(place..last, place + 1);
        self.keys[place] = key;
        self.cursor = self.cursor.min(place);
        if self.keys.len() == self.capacity {
            self.worst = self.keys[self.capacity - 1].distance();
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn holds_the_nearest_and_follows_each_once(
            distances in prop::collection::vec(-4i8..4, 1..120),
            capacity in 1usize..20,
        ) {
            let mut pool = Pool::default();
            pool.reset(capacity).unwrap();
            let mut followed = Vec::new();
            for (&distance, node) in distances.iter().zip(0..) {
                let mut distances = [0.0; BATCH];
                distances[0] = distance.into();
                pool.offer(&[node], &mut distances);
                if node % 3 == 0 {
                    followed.extend(pool.follow_nearest());
                }
            }
            while let Some(node) = pool.follow_nearest() {
                followed.push(node);
            }
            let mut expected: Vec<(i8, u32)> = distances.into_iter().zip(0..).collect();
            expected.sort_unstable();
            expected.truncate(capacity);
            let kept: Vec<u32> = pool.nodes().collect();
            // A node at the worst distance is not taken in when the pool is full, so ties may keep the earlier one.
            let distance = |node: u32| expected.iter().find(|(_, n)| *n == node).map(|(d, _)| *d);
            prop_assert_eq!(kept.len(), expected.len());
            prop_assert!(kept.iter().all(|&node| distance(node).is_some()));
            for node in kept {
                prop_assert_eq!(followed.iter().filter(|&&other| other == node).count(), 1);
            }
        }
    }
}
