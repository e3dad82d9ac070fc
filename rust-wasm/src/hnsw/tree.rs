//! The spanning trees whose links are never pruned.
//!
//! Pruning may drop the last link to a node, or the only one between two clusters, and nothing in the paper prevents
//! it. Here every node has a parent on each of its layers, the link between the two is protected in both directions, and
//! so every node of a layer can be reached from every other. Trees are not saved: any spanning tree does, so a
//! loaded graph gets new ones.

use crate::error::Result;
use crate::memory::{try_reserve, try_resize};

use super::NONE;
use super::layers::{Layer, Layers, used};
use super::prune::Candidate;

/// The spanning tree of one layer: parents and numbers of children, by node.
pub struct Tree {
    root: u32,
    parents: Vec<u32>,
    children: Vec<u8>,
}

impl Default for Tree {
    fn default() -> Self {
        Self { root: NONE, parents: Vec::new(), children: Vec::new() }
    }
}

impl Tree {
    /// A tree that reaches from a node as far as links that go both ways do.
    pub fn of(layer: &impl Layer, root: u32) -> Result<Self> {
        let mut tree = Self { root, ..Self::default() };
        tree.grow(layer.nodes())?;
        tree.spread(layer, root)?;
        Ok(tree)
    }

    /// Takes in, breadth first, what links that go both ways lead to from a node of the tree.
    pub fn spread(&mut self, layer: &impl Layer, from: u32) -> Result<()> {
        let mut queue = Vec::new();
        try_reserve(&mut queue, 1)?;
        queue.push(from);
        let mut next = 0;
        while let Some(&node) = queue.get(next) {
            next += 1;
            for &child in used(layer.links(node), node) {
                if !self.has(child) && used(layer.links(child), child).contains(&node) {
                    self.attach(child, node);
                    try_reserve(&mut queue, 1)?;
                    queue.push(child);
                }
            }
        }
        Ok(())
    }

    /// Whether a node has been taken in.
    pub fn has(&self, node: u32) -> bool {
        node == self.root || self.parents[node as usize] != NONE
    }

    /// Takes in nodes up to `nodes`, without parents yet.
    pub fn grow(&mut self, nodes: usize) -> Result<()> {
        try_resize(&mut self.children, nodes, 0)?;
        try_resize(&mut self.parents, nodes, NONE)
    }

    /// A node that can be the parent of a new one: the nearest of its links that has room for a child, else, below the
    /// nearest, the first that has; a leaf always does. `None` where there are no links.
    pub fn parent_for(&self, layers: &Layers, layer: usize, links: &[Candidate]) -> Option<u32> {
        // So that a node's slots are enough for its parent and children, and for as many others.
        let limit = (layers.slots(layer) / 2 - 1).max(1);
        let has_room = |node: u32| usize::from(self.children[node as usize]) < limit;
        if let Some(link) = links.iter().find(|link| has_room(link.node)) {
            return Some(link.node);
        }
        let mut node = links.first()?.node;
        while !has_room(node) {
            let mut children = layers.links(layer, node).iter();
            node = *children.find(|&&link| self.parents[link as usize] == node)?;
        }
        Some(node)
    }

    /// Hangs a node below another one.
    pub fn attach(&mut self, node: u32, parent: u32) {
        self.parents[node as usize] = parent;
        self.children[parent as usize] += 1;
    }

    /// Takes a node off its parent, if it has one; its own children stay with it.
    pub fn detach(&mut self, node: u32) {
        let parent = core::mem::replace(&mut self.parents[node as usize], NONE);
        if parent != NONE {
            self.children[parent as usize] -= 1;
        }
    }

    /// Whether a node hangs below another one.
    pub fn has_parent(&self, node: u32) -> bool {
        self.parents[node as usize] != NONE
    }

    /// Whether it hangs below this one.
    pub fn is_parent(&self, parent: u32, node: u32) -> bool {
        self.parents[node as usize] == parent
    }

    /// Whether the link between two nodes is one of the tree's.
    #[inline(always)]
    pub fn links(&self, a: u32, b: u32) -> bool {
        self.parents[a as usize] == b || self.parents[b as usize] == a
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.parents.capacity() * size_of::<u32>() + self.children.capacity()
    }
}
