//! Repair around removed rows.
//!
//! A removed row still routes, but it takes a place in every pool and among the links of its neighbours. So the graph is
//! repaired, in steps, around the rows that are removed when it begins:
//!
//! 1. Every node with links to removed ones selects its links anew, among its own and those of the removed nodes
//!    (Algorithm 4 of FreshDiskANN: Singh et al., 2021). Links of the spanning trees stay for now, so that every node
//!    can be reached at any time.
//! 2. Then only links of the trees lead to removed nodes. These are taken out: their children hang below their parent.
//!
//! A removed row with live twins stays, for it stands for them. Rows are never used again: one row written in the place of
//! another would cost a chunk of vectors and a chunk of codes, 4 MiB each. Nothing here is saved: a graph that is saved
//! halfway is a graph like any other, and its repair begins again, with what is mended already passed over.

use crate::error::Result;
use crate::memory::{try_reserve, try_resize};
use crate::selection::Selection;
use crate::space::{Rows, Space};
use crate::topk::Key;

use super::build::{Builder, New};
use super::layers::{used, write};
use super::prune::Candidate;
use super::{Graph, NONE};

/// What is done next.
#[derive(Clone, Copy)]
enum Phase {
    /// The links of this node of the layer are mended.
    Mend { layer: usize, node: u32 },
    /// This row is taken out, if it is removed.
    TakeOut(u32),
}

/// Costs of inserting a row, of mending the links of a node, and of taking one out, in the cost of looking at a node.
const INSERTION_COST: usize = 2000;
const MENDING_COST: usize = 200;
const TAKING_OUT_COST: usize = 200;

/// The share of the work that is mending, about.
const MENDING_SHARE: f32 = 0.8;

/// A repair that is under way. It is for the graph as it was: rows inserted meanwhile call for another one.
pub struct Repair {
    /// A bit for each row: whether it is to be taken out.
    removed: Vec<u64>,
    count: usize,
    phase: Phase,
    keys: Vec<Key>,
    nodes: Vec<u32>,
}

impl Repair {
    /// Of a graph around the rows that it holds and that do not live.
    pub fn new(graph: &Graph, live: &[u64]) -> Result<Self> {
        let removed = graph.removed(live)?;
        let count = Selection::new(&removed, None).count();
        let slots = graph.layers.slots(0);
        let (mut keys, mut nodes) = (Vec::new(), Vec::new());
        try_reserve(&mut keys, slots * (slots + 1))?;
        try_reserve(&mut nodes, slots)?;
        Ok(Self { removed, count, phase: Phase::Mend { layer: 0, node: 0 }, keys, nodes })
    }

    /// The work that is left, in rows to be taken out, about; more than 0 until it is done.
    pub fn left(&self, graph: &Graph) -> usize {
        let left = |done: u32| 1.0 - done as f32 / graph.layers.nodes(0).max(1) as f32;
        let share = match self.phase {
            Phase::Mend { layer: 0, node } => 1.0 - MENDING_SHARE + MENDING_SHARE * left(node),
            Phase::Mend { .. } => 1.0 - MENDING_SHARE,
            Phase::TakeOut(row) => (1.0 - MENDING_SHARE) * left(row),
        };
        ((self.count as f32 * share) as usize).max(1)
    }
}

impl Graph {
    /// A bit for each row of the graph: whether it does not live, but is met on walks and stands for no row that lives.
    pub fn removed(&self, live: &[u64]) -> Result<Vec<u64>> {
        let rows = self.round.rows().end;
        let (mut removed, mut hanging) = (Vec::new(), Vec::new());
        try_resize(&mut removed, rows.div_ceil(64) as usize, 0u64)?;
        try_resize(&mut hanging, removed.len(), 0u64)?;
        for (_, row) in self.twins.all() {
            hanging[row as usize / 64] |= 1 << (row % 64);
        }
        let (live, hanging) = (Selection::new(live, None), Selection::new(&hanging, None));
        let is_node = |row| row == self.entry || self.layers.links(0, row)[0] != row;
        let stands = |row| self.twins.of(row).any(|twin| live.contains(twin));
        for row in (0..rows).filter(|&row| !live.contains(row)) {
            if hanging.contains(row) || is_node(row) && !stands(row) {
                removed[row as usize / 64] |= 1 << (row % 64);
            }
        }
        Ok(removed)
    }

    /// Goes on with a repair for about as long as inserting `count` rows would take; `true` when it is done.
    pub fn repair(
        &mut self,
        space: Space,
        repair: &mut Repair,
        builder: &mut Builder,
        count: usize,
    ) -> bool {
        let mut budget = count.saturating_mul(INSERTION_COST);
        while budget > 0 {
            let spent = match repair.phase {
                Phase::Mend { layer, node } if (node as usize) < self.layers.nodes(layer) => {
                    repair.phase = Phase::Mend { layer, node: node + 1 };
                    let mended = self.mend(space, layer, node, repair, builder);
                    if mended { MENDING_COST } else { 1 }
                }
                Phase::Mend { layer, .. } if layer < self.layers.upper.highest() => {
                    repair.phase = Phase::Mend { layer: layer + 1, node: 0 };
                    1
                }
                Phase::Mend { .. } => {
                    self.drop_twins(&repair.removed);
                    repair.phase = Phase::TakeOut(0);
                    1
                }
                Phase::TakeOut(row) if (row as usize) < self.layers.nodes(0) => {
                    repair.phase = Phase::TakeOut(row + 1);
                    let removed = Selection::new(&repair.removed, None).contains(row);
                    if removed {
                        self.take_out(space, row, repair, builder);
                    }
                    if removed { TAKING_OUT_COST } else { 1 }
                }
                Phase::TakeOut(_) => return true,
            };
            budget = budget.saturating_sub(spent);
        }
        false
    }

    /// Mends a node's links if any of them leads to a removed node and is not of the spanning tree. A removed node only
    /// loses such links. Answers whether there were any.
    fn mend(
        &mut self,
        space: Space,
        layer: usize,
        node: u32,
        repair: &mut Repair,
        builder: &mut Builder,
    ) -> bool {
        if layer > 0 && self.layers.upper.level(node) < layer {
            return false;
        }
        let removed = Selection::new(&repair.removed, None);
        let is_removed = |node: u32| removed.contains(self.layers.row(layer, node));
        let tree = &builder.trees[layer];
        let stays = |&&link: &&u32| !is_removed(link) || tree.links(node, link);
        let links = used(self.layers.links(layer, node), node);
        if links.iter().all(|link| stays(&link)) {
            return false;
        }
        if is_removed(node) {
            repair.nodes.clear();
            repair.nodes.extend(links.iter().filter(stays));
            let kept = repair.nodes.iter().copied();
            write(self.layers.links_mut(layer, node), node, kept);
            self.mark_dirty(self.layers.row(layer, node));
            return true;
        }
        repair.keys.clear();
        repair.keys.extend(links.iter().filter(stays).map(|&link| Key::new(0.0, link)));
        for &link in links.iter().filter(|&&link| is_removed(link)) {
            let seconds = used(self.layers.links(layer, link), link).iter();
            let seconds = seconds.filter(|&&second| second != node && !is_removed(second));
            repair.keys.extend(seconds.map(|&second| Key::new(0.0, second)));
        }
        self.select_links(space, layer, node, &mut repair.keys, builder);
        true
    }

    /// Selects a node's links among the nodes of these keys, some of which are there several times.
    fn select_links(
        &mut self,
        space: Space,
        layer: usize,
        node: u32,
        keys: &mut Vec<Key>,
        builder: &mut Builder,
    ) {
        let Self { layers, params, .. } = self;
        let Builder { query, trees, pruner, rows, distances, kept, .. } = builder;
        keys.sort_unstable();
        keys.dedup();
        space.load_row(query, layers.row(layer, node));
        for keys in keys.chunks_mut(distances.len()) {
            rows.clear();
            rows.extend(keys.iter().map(|key| layers.row(layer, key.row())));
            space.rows.distances(query, rows, &mut distances[..keys.len()]);
            for (key, &distance) in keys.iter_mut().zip(&*distances) {
                *key = Key::new(distance, key.row());
            }
        }
        keys.sort_unstable();
        // The pruner has room for this many beside the tree's links, which take no more than a node's slots.
        let mut room = params.ef_construction.max(2 * params.m + 1) - layers.slots(layer);
        pruner.candidates.clear();
        for key in keys {
            let (other, distance) = (key.row(), key.distance());
            let protected = trees[layer].links(node, other);
            if protected || room > 0 {
                let row = layers.row(layer, other);
                pruner.candidates.push(Candidate { node: other, row, distance, protected });
                room -= usize::from(!protected);
            }
        }
        pruner.select(space, layers.slots(layer), kept);
        self.write_links(layer, node, kept);
    }

    /// Takes removed rows off the lists of twins.
    fn drop_twins(&mut self, removed: &[u64]) {
        let mut twins = core::mem::take(&mut self.twins);
        let removed = Selection::new(removed, None);
        let rows = self.layers.nodes(0) as u32;
        twins.retain(rows, |row| !removed.contains(row), |changed| self.mark_dirty(changed));
        self.twins = twins;
    }

    /// Takes a row, which no links but the trees' lead to, off all its layers. One of its neighbours in the highest tree
    /// becomes the entry if it was.
    fn take_out(&mut self, space: Space, row: u32, repair: &mut Repair, builder: &mut Builder) {
        let neighbors = &mut repair.nodes;
        for layer in (0..=self.level(row)).rev() {
            let node = self.layers.node_of(layer, row);
            let tree = &mut builder.trees[layer];
            let links = used(self.layers.links(layer, node), node);
            neighbors.clear();
            neighbors.extend(links.iter().filter(|&&link| tree.is_parent(link, node)));
            neighbors.extend(links.iter().filter(|&&link| tree.is_parent(node, link)));
            tree.detach(node);
            for &neighbor in &*neighbors {
                if tree.is_parent(node, neighbor) {
                    tree.detach(neighbor);
                }
            }
            for &neighbor in &*neighbors {
                self.remove_link(layer, neighbor, node);
            }
            self.write_links(layer, node, &[]);
            let Some((&first, others)) = neighbors.split_first() else {
                continue;
            };
            if self.entry == row {
                self.entry = self.layers.row(layer, first);
            }
            for &node in others {
                // Saved bytes may hold a link twice; a node that has its place must not be moved below itself.
                if node != first && !builder.trees[layer].has_parent(node) {
                    let row = self.layers.row(layer, node);
                    self.hang_below(space, New { layer, node, row }, first, builder);
                }
            }
        }
        if self.entry == row {
            self.entry = NONE;
        }
    }

    fn remove_link(&mut self, layer: usize, from: u32, to: u32) {
        let slots = self.layers.links_mut(layer, from);
        let mut kept = 0;
        for at in 0..slots.len() {
            slots[kept] = slots[at];
            kept += usize::from(slots[at] != to);
        }
        slots[kept..].fill(from);
        self.mark_dirty(self.layers.row(layer, from));
    }
}
