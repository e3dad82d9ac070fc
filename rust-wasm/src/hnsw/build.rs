//! INSERT (Algorithm 1 of the paper): a row becomes a node of the graph.

use crate::error::Result;
use crate::memory::{try_reserve, try_resize};
use crate::space::{Query, Rows, Space};

use super::layers::{used, write};
use super::pool::Width;
use super::prune::{Candidate, Pruner};
use super::tree::Tree;
use super::walk::Walker;
use super::{Graph, NONE, Params, level};

/// Candidates kept while walking down the upper layers. The paper keeps one, but then a row of a new cluster sometimes
/// misses the few rows of it that are there, and the cluster falls into two.
const EF_DESCENT: usize = 8;

/// What insertion needs beside the graph; kept from one to the next, so that an insertion allocates nothing.
pub struct Builder {
    pub(super) query: Query,
    pub(super) pruner: Pruner,
    /// The spanning tree of every layer.
    pub(super) trees: Vec<Tree>,
    /// The links the new node will have, by layer.
    selected: Vec<Vec<Candidate>>,
    pub(super) rows: Vec<u32>,
    pub(super) distances: Vec<f32>,
    pub(super) kept: Vec<Candidate>,
}

impl Builder {
    /// A builder that continues the graph.
    pub fn new(space: Space, graph: &Graph) -> Result<Self> {
        let Params { m, ef_construction, .. } = graph.params;
        let layers = level::MAX_LEVEL + 1;
        let mut selected = Vec::new();
        try_resize(&mut selected, layers, Vec::new())?;
        for links in &mut selected {
            try_reserve(links, m)?;
        }
        let (mut rows, mut distances, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        try_reserve(&mut rows, 2 * m)?;
        try_resize(&mut distances, 2 * m, 0.0)?;
        try_reserve(&mut kept, 2 * m)?;
        Ok(Self {
            query: space.rows.new_query()?,
            pruner: Pruner::new(space, ef_construction.max(2 * m + 1))?,
            trees: graph.spanning_trees()?,
            selected,
            rows,
            distances,
            kept,
        })
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.trees.iter().map(Tree::bytes).sum()
    }
}

/// The new row on one layer.
#[derive(Clone, Copy)]
pub(super) struct New {
    pub layer: usize,
    pub node: u32,
    pub row: u32,
}

impl Graph {
    /// The next row to insert, if one of the first `rows` waits.
    pub fn next_row(&mut self, rows: usize, builder: &mut Builder) -> Result<Option<u32>> {
        if self.round.next().is_none() && self.indexed() < rows {
            self.begin_round(rows, builder)?;
        }
        Ok(self.round.next())
    }

    /// Passes over the next row: one that is already dead. It stays without links.
    pub fn skip(&mut self) {
        self.round.advance();
    }

    /// Inserts the next row. Nothing is changed when memory runs out.
    pub fn insert(
        &mut self,
        space: Space,
        row: u32,
        builder: &mut Builder,
        walker: &mut Walker,
    ) -> Result<()> {
        let level = self.level(row);
        if self.entry == NONE {
            self.entry = row;
            self.round.advance();
            return Ok(());
        }
        space.load_row(&mut builder.query, row);
        let top = self.level(self.entry).min(level);
        for layer in 0..=top {
            let node = self.layers.node_of(layer, row);
            self.find_links(space, layer, builder, walker)?;
            let twin = (layer == 0).then(|| self.twin(space, row, builder, walker)).flatten();
            if let Some(node) = twin {
                self.twins.add(node, row)?;
                self.mark_dirty(node);
                self.mark_dirty(row);
                self.round.advance();
                return Ok(());
            }
            self.choose_parent(space, layer, node, builder);
        }
        for layer in 0..=top {
            let node = self.layers.node_of(layer, row);
            self.link(space, New { layer, node, row }, builder);
        }
        if level > self.level(self.entry) {
            self.entry = row;
        }
        self.round.advance();
        Ok(())
    }

    /// Takes rows that have links already into the spanning trees of their layers: those that links in both directions do
    /// not lead to get one to the nearest node that is reached.
    pub fn connect(
        &mut self,
        space: Space,
        rows: &[u32],
        builder: &mut Builder,
        walker: &mut Walker,
    ) -> Result<()> {
        for &row in rows {
            for layer in 0..=self.level(row).min(self.level(self.entry)) {
                let node = self.layers.node_of(layer, row);
                if !builder.trees[layer].has(node) {
                    self.hang(space, New { layer, node, row }, builder, walker)?;
                }
            }
        }
        Ok(())
    }

    /// Links a node with the nearest one that the spanning tree of its layer reaches.
    fn hang(
        &mut self,
        space: Space,
        new: New,
        builder: &mut Builder,
        walker: &mut Walker,
    ) -> Result<()> {
        let New { layer, node, row } = new;
        space.load_row(&mut builder.query, row);
        let start = self.descend(space, &builder.query, layer, EF_DESCENT, walker)?;
        let width = Width::fixed(self.params.ef_construction);
        self.walk(space, layer, &builder.query, start, width, walker)?;
        let reached = walker.pool.nodes().find(|&node| builder.trees[layer].has(node));
        let nearest = reached.unwrap_or(self.layers.node_of(layer, self.entry));
        self.hang_below(space, new, nearest, builder);
        if layer == 0 {
            builder.trees[0].spread(&self.layers.base, node)
        } else {
            builder.trees[layer].spread(&self.layers.upper.layer(layer), node)
        }
    }

    /// Makes a node that has no parent the child of another, or, where that has no room, of one below it, and links the
    /// two in both directions.
    pub(super) fn hang_below(&mut self, space: Space, new: New, above: u32, builder: &mut Builder) {
        let New { layer, node, row } = new;
        space.load_row(&mut builder.query, row);
        let nearest = self.candidate(space, &builder.query, layer, above);
        let parent = builder.trees[layer].parent_for(&self.layers, layer, &[nearest]);
        let parent = parent.unwrap_or(nearest.node);
        builder.trees[layer].attach(node, parent);
        let parent = self.candidate(space, &builder.query, layer, parent);
        let own = Candidate { node, row, ..parent };
        for (from, to) in [(own, parent), (parent, own)] {
            if !self.layers.links(layer, from.node).contains(&to.node) {
                self.add_link(space, &from, New { layer, node: to.node, row: to.row }, builder);
            }
        }
    }

    fn candidate(&self, space: Space, query: &Query, layer: usize, node: u32) -> Candidate {
        let row = self.layers.row(layer, node);
        Candidate { node, row, distance: space.distance(query, row), protected: false }
    }

    /// Adds rows up to `rows` to all their layers, without links, and lets them wait.
    fn begin_round(&mut self, rows: usize, builder: &mut Builder) -> Result<()> {
        let Params { m, seed, .. } = self.params;
        let new = self.layers.nodes(0)..rows;
        self.layers.extend(new.map(|row| level::of(seed, row as u32, m)))?;
        self.grow_trees(&mut builder.trees)?;
        self.grow_dirty(rows)?;
        self.round.begin(rows as u32)
    }

    fn spanning_trees(&self) -> Result<Vec<Tree>> {
        let mut trees = Vec::new();
        try_reserve(&mut trees, level::MAX_LEVEL + 1)?;
        if self.entry != NONE {
            trees.push(Tree::of(&self.layers.base, self.entry)?);
            for layer in 1..=self.level(self.entry) {
                let root = self.layers.node_of(layer, self.entry);
                trees.push(Tree::of(&self.layers.upper.layer(layer), root)?);
            }
        }
        trees.resize_with(level::MAX_LEVEL + 1, Tree::default);
        self.grow_trees(&mut trees)?;
        Ok(trees)
    }

    /// Makes the trees of all layers that rows may be inserted into as large as these.
    fn grow_trees(&self, trees: &mut [Tree]) -> Result<()> {
        let layers = 1 + self.layers.upper.highest();
        for (layer, tree) in trees.iter_mut().enumerate().take(layers) {
            tree.grow(self.layers.nodes(layer))?;
        }
        Ok(())
    }

    /// Finds the row's efConstruction nearest nodes of a layer and selects its links among them.
    fn find_links(
        &self,
        space: Space,
        layer: usize,
        builder: &mut Builder,
        walker: &mut Walker,
    ) -> Result<()> {
        let Params { m, ef_construction, .. } = self.params;
        let start = self.descend(space, &builder.query, layer, EF_DESCENT, walker)?;
        self.walk(space, layer, &builder.query, start, Width::fixed(ef_construction), walker)?;
        let nearest = walker.pool.neighbors().map(|(node, distance)| Candidate {
            node,
            row: self.layers.row(layer, node),
            distance,
            protected: false,
        });
        builder.pruner.candidates.clear();
        builder.pruner.candidates.extend(nearest);
        builder.pruner.select(space, m, &mut builder.selected[layer]);
        Ok(())
    }

    /// Gives the new node a parent in the layer's spanning tree, which becomes a link if it is none yet.
    fn choose_parent(&self, space: Space, layer: usize, node: u32, builder: &mut Builder) {
        let Builder { query, trees, selected, .. } = builder;
        let selected = &mut selected[layer];
        let Some(parent) = trees[layer].parent_for(&self.layers, layer, selected) else {
            return;
        };
        trees[layer].attach(node, parent);
        if selected.iter().all(|link| link.node != parent) {
            let row = self.layers.row(layer, parent);
            let distance = space.distance(query, row);
            selected.truncate(self.params.m - 1);
            selected.push(Candidate { node: parent, row, distance, protected: false });
        }
    }

    /// The node of layer 0 that is the same as the row to every query, if the last walk met one.
    fn twin(&self, space: Space, row: u32, builder: &Builder, walker: &Walker) -> Option<u32> {
        let own = space.distance(&builder.query, row);
        let mut nodes = walker.pool.neighbors();
        let twin = nodes.find(|&(node, distance)| space.are_twins(row, node, own, distance));
        twin.map(|(node, _)| node)
    }

    /// Links the new node with its selected neighbours, in both directions.
    fn link(&mut self, space: Space, new: New, builder: &mut Builder) {
        let selected = core::mem::take(&mut builder.selected[new.layer]);
        self.write_links(new.layer, new.node, &selected);
        for neighbor in &selected {
            self.add_link(space, neighbor, new, builder);
        }
        builder.selected[new.layer] = selected;
    }

    /// Adds a link from a neighbour to the new node, and prunes the neighbour's links when there are too many.
    fn add_link(
        &mut self,
        space: Space,
        from: &Candidate,
        New { layer, node, row }: New,
        builder: &mut Builder,
    ) {
        let slots = self.layers.slots(layer);
        let count = used(self.layers.links(layer, from.node), from.node).len();
        if count < slots {
            self.layers.links_mut(layer, from.node)[count] = node;
            self.mark_dirty(from.row);
            return;
        }
        self.gather_links(space, layer, from, builder);
        let protected = builder.trees[layer].links(from.node, node);
        let Builder { pruner, kept, .. } = builder;
        pruner.candidates.push(Candidate { node, row, distance: from.distance, protected });
        pruner.sort();
        pruner.select(space, slots, kept);
        self.write_links(layer, from.node, kept);
    }

    /// Makes a node's links the pruner's candidates, with their distances.
    fn gather_links(&self, space: Space, layer: usize, of: &Candidate, builder: &mut Builder) {
        let Builder { query, pruner, trees, rows, distances, .. } = builder;
        let links = self.layers.links(layer, of.node);
        rows.clear();
        rows.extend(links.iter().map(|&node| self.layers.row(layer, node)));
        space.load_row(query, of.row);
        space.rows.distances(query, rows, &mut distances[..links.len()]);
        pruner.candidates.clear();
        for ((&node, &row), &distance) in links.iter().zip(&*rows).zip(&*distances) {
            let protected = trees[layer].links(of.node, node);
            pruner.candidates.push(Candidate { node, row, distance, protected });
        }
    }

    pub(super) fn write_links(&mut self, layer: usize, node: u32, links: &[Candidate]) {
        let slots = self.layers.links_mut(layer, node);
        write(slots, node, links.iter().map(|candidate| candidate.node));
        self.mark_dirty(self.layers.row(layer, node));
    }
}
