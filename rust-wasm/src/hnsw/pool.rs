//! The `ef` nearest nodes a walk has seen, sorted, each marked once its links have been followed: the paper's two heaps
//! C and W in one array (as in NSG, Fu et al., VLDB 2019).

use crate::distance::{BATCH, less_than};
use crate::error::Result;
use crate::memory::try_reserve;
use crate::topk::Key;

/// How much farther than a node that is near enough a walk looks, as a share of its distance. At equal recall 0.99 a tenth
/// saves a tenth of the distances of a walk that ends at its width alone.
const SLACK: f32 = 0.1;

/// How many nodes a walk keeps, and when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Width {
    /// Nodes kept. The walk ends when all of them have been followed,
    pub ef: usize,
    /// or when the next is a tenth farther than the last of the so many nearest (Al-Jazzazi et al., Distance Adaptive
    /// Beam Search, NeurIPS 2025): many a query needs less than the hardest.
    pub enough: usize,
}

impl Width {
    /// A walk that ends when all nodes it keeps have been followed.
    pub fn fixed(ef: usize) -> Self {
        Self { ef, enough: usize::MAX }
    }

    /// A walk to the `k` nearest that ends earlier where the query is an easy one.
    pub fn adaptive(ef: usize, k: usize) -> Self {
        Self { ef, enough: k.max(ef / 4).max(1) }
    }
}

/// The mark of a node whose links have been followed: the lowest bit of its key.
const FOLLOWED: u64 = 1;

/// A sorted array of at most `capacity` nodes.
#[derive(Default)]
pub struct Pool {
    keys: Vec<Key>,
    capacity: usize,
    enough: usize,
    ended_early: bool,
    /// Before it, all nodes have been followed.
    cursor: usize,
    /// The distance of the last node when the pool is full, else infinity.
    worst: f32,
}

impl Pool {
    /// Empties the pool for a walk of this width, or of one where that is none.
    pub fn reset(&mut self, width: Width) -> Result<()> {
        self.keys.clear();
        self.capacity = width.ef.max(1);
        self.enough = width.enough;
        self.ended_early = false;
        self.cursor = 0;
        self.worst = f32::INFINITY;
        try_reserve(&mut self.keys, self.capacity)
    }

    /// Whether the walk met as many nodes as it was to keep, or enough that are near.
    pub fn is_satisfied(&self) -> bool {
        self.ended_early || self.keys.len() == self.capacity
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
        if self.cursor >= self.enough {
            let (near, next) = (self.keys[self.enough - 1], self.keys.get(self.cursor)?);
            self.ended_early = next.distance() > near.distance() + SLACK * near.distance().abs();
            if self.ended_early {
                return None;
            }
        }
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
            pool.reset(Width::fixed(capacity)).unwrap();
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

    #[test]
    fn ends_when_the_next_is_much_farther_than_enough_others() {
        let follow = |enough, distances: [f32; 4]| {
            let mut pool = Pool::default();
            pool.reset(Width { ef: 10, enough }).unwrap();
            let mut padded = [0.0; BATCH];
            padded[..4].copy_from_slice(&distances);
            pool.offer(&[0, 1, 2, 3], &mut padded);
            let followed = core::iter::from_fn(|| pool.follow_nearest()).count();
            (followed, pool.is_satisfied())
        };
        assert_eq!(follow(2, [1.0, 2.0, 2.1, 2.3]), (3, true));
        assert_eq!(follow(3, [1.0, 2.0, 2.1, 2.3]), (4, false));
        assert_eq!(follow(usize::MAX, [1.0, 2.0, 2.1, 2.3]), (4, false));
        assert_eq!(follow(1, [-3.0, -2.8, -2.6, 0.0]), (2, true));
    }
}
