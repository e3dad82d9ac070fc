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

    /// Whether the node is new to this walk; from now on it is not. Without a branch: half of all nodes are new, and
    /// none can be predicted.
    #[inline(always)]
    pub fn insert(&mut self, node: u32) -> bool {
        let seen = &mut self.walks[node as usize];
        let new = *seen != self.walk;
        *seen = self.walk;
        new
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.walks.capacity()
    }
}
