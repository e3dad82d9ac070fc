//! Which nodes a walk has seen.

use crate::error::Result;
use crate::memory::try_resize;

/// A byte for each node: the number of the last walk that saw it. Starting a walk is then an increment, and only one
/// walk in 255 has to clear the array.
#[derive(Default)]
pub struct Visited {
    walks: Vec<u8>,
    walk: u8,
}

impl Visited {
    /// Forgets everything and takes nodes `[0, nodes)`.
    pub fn start(&mut self, nodes: usize) -> Result<()> {
        if self.walks.len() < nodes {
            try_resize(&mut self.walks, nodes, 0)?;
        }
        self.walk = self.walk.wrapping_add(1);
        if self.walk == 0 {
            self.walks.fill(0);
            self.walk = 1;
        }
        Ok(())
    }

    /// Whether the node is new to this walk; from now on it is not. Without a branch, as below:
    /// half of all nodes are new, and none can be predicted.
    #[inline(always)]
    pub fn insert(&mut self, node: u32) -> bool {
        let seen = &mut self.walks[node as usize];
        let new = *seen != self.walk;
        *seen = self.walk;
        new
    }

    /// Writes those nodes that are new to this walk to `new`, which is longer than `nodes`; answers how many.
    #[inline(always)]
    pub fn insert_all(&mut self, nodes: &[u32], new: &mut [u32]) -> usize {
        let highest = nodes.iter().fold(0, |highest, &node| node.max(highest));
        assert!((highest as usize) < self.walks.len() && nodes.len() < new.len());
        let mut count = 0;
        for &node in nodes {
            // SAFETY: no node is above the highest, and `count` is at most the number of nodes. Checked one by one, both
            // cost a walk a twentieth of its time.
            let (place, seen) = unsafe {
                (new.get_unchecked_mut(count), self.walks.get_unchecked_mut(node as usize))
            };
            *place = node;
            count += usize::from(*seen != self.walk);
            *seen = self.walk;
        }
        count
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.walks.capacity()
    }
}
