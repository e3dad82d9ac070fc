//! The links of every layer, in rows of fixed length.
//!
//! A node with fewer links than there are slots has the remaining slots point at itself. So a walk needs neither
//! a count nor a sentinel: it reads all slots, and a node is always already visited when its own links are read.

use crate::error::Result;
use crate::memory::{AlignedVec, try_reserve};

/// One layer of the graph as a walk sees it.
pub trait Layer {
    /// Nodes are numbered from 0 to here.
    fn nodes(&self) -> usize;
    /// All slots of a node; unused ones hold the node itself.
    fn links(&self, node: u32) -> &[u32];
    /// Slots of a node.
    fn slots(&self) -> usize;
    /// The rows of nodes; where these are no rows themselves they are written to `room`.
    fn rows<'a>(&self, nodes: &'a [u32], room: &'a mut Vec<u32>) -> &'a [u32];
}

/// The links of a node that are in use.
pub fn used(links: &[u32], node: u32) -> &[u32] {
    let count = links.iter().position(|&link| link == node);
    &links[..count.unwrap_or(links.len())]
}

/// Writes a node's links and points the remaining slots at the node.
pub fn write(slots: &mut [u32], node: u32, links: impl ExactSizeIterator<Item = u32>) {
    let (first, rest) = slots.split_at_mut(links.len());
    for (slot, link) in first.iter_mut().zip(links) {
        *slot = link;
    }
    rest.fill(node);
}

/// All layers of a graph.
pub struct Layers {
    /// Layer 0.
    pub base: BaseLayer,
    /// The layers above.
    pub upper: UpperLayers,
}

impl Layers {
    /// Layers without nodes, for M links on the upper layers and 2 M on layer 0.
    pub fn new(m: usize) -> Self {
        Self { base: BaseLayer::new(2 * m), upper: UpperLayers::new(m) }
    }

    /// Adds the next rows to all their layers, without links; `levels` has the level of each.
    pub fn extend(&mut self, levels: impl ExactSizeIterator<Item = usize> + Clone) -> Result<()> {
        self.base.try_reserve(levels.len())?;
        self.upper.try_reserve(levels.clone())?;
        for level in levels {
            if level > 0 {
                self.upper.push(self.base.nodes as u32, level);
            }
            self.base.push();
        }
        Ok(())
    }

    /// Nodes of a layer are numbered from 0 to here.
    pub fn nodes(&self, layer: usize) -> usize {
        if layer == 0 { self.base.nodes } else { self.upper.count() as usize }
    }

    /// Slots of a node on a layer.
    pub fn slots(&self, layer: usize) -> usize {
        if layer == 0 { self.base.slots } else { self.upper.slots }
    }

    /// The row of a node on a layer.
    pub fn row(&self, layer: usize, node: u32) -> u32 {
        if layer == 0 { node } else { self.upper.row(node) }
    }

    /// The node of a row on a layer it is on.
    pub fn node_of(&self, layer: usize, row: u32) -> u32 {
        if layer == 0 { row } else { self.upper.node_of(row) }
    }

    /// All slots of a node on a layer.
    pub fn links(&self, layer: usize, node: u32) -> &[u32] {
        if layer == 0 { self.base.links(node) } else { self.upper.links(layer, node) }
    }

    /// The same, for writing.
    pub fn links_mut(&mut self, layer: usize, node: u32) -> &mut [u32] {
        if layer == 0 { self.base.links_mut(node) } else { self.upper.links_mut(layer, node) }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.base.bytes() + self.upper.bytes()
    }
}

/// Layer 0: every row is a node, under its own number.
pub struct BaseLayer {
    slots: usize,
    links: AlignedVec<u32>,
    nodes: usize,
}

impl BaseLayer {
    pub(super) fn new(slots: usize) -> Self {
        Self { slots, links: AlignedVec::new(), nodes: 0 }
    }

    /// Makes room for `additional` nodes.
    pub fn try_reserve(&mut self, additional: usize) -> Result<()> {
        self.links.try_reserve(additional * self.slots)
    }

    /// Adds a node without links; room for it must have been made.
    pub fn push(&mut self) {
        let node = self.nodes as u32;
        self.links.extend_filled(self.slots, node);
        self.nodes += 1;
    }

    /// All slots of a node, for writing.
    pub fn links_mut(&mut self, node: u32) -> &mut [u32] {
        let start = node as usize * self.slots;
        &mut self.links[start..start + self.slots]
    }

    pub(super) fn bytes(&self) -> usize {
        self.links.bytes()
    }
}

impl Layer for BaseLayer {
    #[inline(always)]
    fn nodes(&self) -> usize {
        self.nodes
    }

    #[inline(always)]
    fn links(&self, node: u32) -> &[u32] {
        let start = node as usize * self.slots;
        &self.links[start..start + self.slots]
    }

    #[inline(always)]
    fn slots(&self) -> usize {
        self.slots
    }

    #[inline(always)]
    fn rows<'a>(&self, nodes: &'a [u32], _: &'a mut Vec<u32>) -> &'a [u32] {
        nodes
    }
}

/// All layers above layer 0. Their nodes are the rows of level 1 and more, numbered in row order; their links hold
/// these numbers.
pub struct UpperLayers {
    slots: usize,
    rows: Vec<u32>,
    /// Where a node's slots start. A node of level l has l × M of them, layer 1 first.
    starts: Vec<u32>,
    links: Vec<u32>,
}

impl UpperLayers {
    pub(super) fn new(slots: usize) -> Self {
        Self { slots, rows: Vec::new(), starts: Vec::new(), links: Vec::new() }
    }

    /// Nodes there are: those of layer 1, which has all of them.
    pub fn count(&self) -> u32 {
        self.rows.len() as u32
    }

    /// Makes room for the nodes of rows of these levels.
    pub fn try_reserve(&mut self, levels: impl Iterator<Item = usize> + Clone) -> Result<()> {
        let nodes = levels.clone().filter(|&level| level > 0).count();
        try_reserve(&mut self.rows, nodes)?;
        try_reserve(&mut self.starts, nodes)?;
        try_reserve(&mut self.links, levels.sum::<usize>() * self.slots)
    }

    /// Adds a node without links for a row of level 1 or more, above all rows so far; room must have been made.
    pub fn push(&mut self, row: u32, level: usize) {
        let node = self.rows.len() as u32;
        self.rows.push(row);
        self.starts.push(self.links.len() as u32);
        self.links.resize(self.links.len() + level * self.slots, node);
    }

    /// The row of a node.
    #[inline(always)]
    pub fn row(&self, node: u32) -> u32 {
        self.rows[node as usize]
    }

    /// The node of a row, which must be of level 1 or more.
    pub fn node_of(&self, row: u32) -> u32 {
        self.rows.partition_point(|&other| other < row) as u32
    }

    /// The nodes of a range of rows.
    pub fn nodes_of(&self, rows: core::ops::Range<usize>) -> core::ops::Range<u32> {
        self.node_of(rows.start as u32)..self.node_of(rows.end as u32)
    }

    /// The highest layer a node is on.
    pub fn level(&self, node: u32) -> usize {
        self.range(node).len() / self.slots
    }

    /// The highest layer any node is on; 0 where no row has risen above layer 0.
    pub fn highest(&self) -> usize {
        (0..self.count()).map(|node| self.level(node)).max().unwrap_or(0)
    }

    /// The slots of a node on all its layers, layer 1 first.
    pub fn all_slots(&self, node: u32) -> &[u32] {
        &self.links[self.range(node)]
    }

    /// The same, for writing.
    pub fn all_slots_mut(&mut self, node: u32) -> &mut [u32] {
        let range = self.range(node);
        &mut self.links[range]
    }

    fn range(&self, node: u32) -> core::ops::Range<usize> {
        let end = self.starts.get(node as usize + 1).map_or(self.links.len(), |&end| end as usize);
        self.starts[node as usize] as usize..end
    }

    /// The slots of a node on one layer.
    #[inline(always)]
    pub fn links(&self, layer: usize, node: u32) -> &[u32] {
        let start = self.starts[node as usize] as usize + (layer - 1) * self.slots;
        &self.links[start..start + self.slots]
    }

    /// The same, for writing.
    pub fn links_mut(&mut self, layer: usize, node: u32) -> &mut [u32] {
        let start = self.starts[node as usize] as usize + (layer - 1) * self.slots;
        &mut self.links[start..start + self.slots]
    }

    /// One of the layers, 1 or higher.
    pub fn layer(&self, layer: usize) -> UpperLayer<'_> {
        UpperLayer { layers: self, layer }
    }

    pub(super) fn bytes(&self) -> usize {
        (self.rows.capacity() + self.starts.capacity() + self.links.capacity()) * size_of::<u32>()
    }
}

/// One of the upper layers.
pub struct UpperLayer<'a> {
    layers: &'a UpperLayers,
    layer: usize,
}

impl Layer for UpperLayer<'_> {
    fn nodes(&self) -> usize {
        self.layers.rows.len()
    }

    #[inline(always)]
    fn links(&self, node: u32) -> &[u32] {
        self.layers.links(self.layer, node)
    }

    #[inline(always)]
    fn slots(&self) -> usize {
        self.layers.slots
    }

    fn rows<'a>(&self, nodes: &'a [u32], room: &'a mut Vec<u32>) -> &'a [u32] {
        room.clear();
        room.extend(nodes.iter().map(|&node| self.layers.row(node)));
        room
    }
}
