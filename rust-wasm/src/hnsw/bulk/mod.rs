//! Building a graph at once, when many rows are there.
//!
//! Inserting a row walks the graph, and a walk waits for memory. Rows that are there together can meet in the cache
//! instead: they are parted into leaves around random leaders ([`parting`]), all pairs of a leaf are measured, and every
//! row keeps its nearest ([`nearest`]). That is done several times with other leaders, so that neighbours who were
//! parted once meet another time. The nearest are then pruned to links as in insertion, and links made mutual
//! ([`joining`]), layer by layer. (Leaves around leaders, measured as a whole: HCNNG, Muñoz et al., Pattern Recognition
//! 2019; ParlayANN, Manohar et al., PPoPP 2024.)
//!
//! It goes on in steps, on a graph of its own, which takes the place of the old one when it is done. Every step is shared
//! among threads; the graph does not depend on how many there are, nor on the steps.

pub mod joining;
pub mod nearest;
pub mod parting;

use core::ops::Range;

use crate::error::Result;
use crate::memory::{try_reserve, try_resize};
use crate::parallel::{Scattered, for_each, threads};
use crate::space::{Rows, Space};

use super::build::Builder;
use super::layers::{Layer, used, write};
use super::level::{self, mix};
use super::round::Round;
use super::walk::Walker;
use super::{Graph, NONE, Params};
use joining::{Back, Joiner};
use nearest::{Leaf, List, Nearest};
use parting::{Guide, Parting};

/// Times that all nodes are parted anew. With half of them a walk measures a fifth more at a recall of 0.99.
const PARTINGS: usize = 32;
/// Nodes that one thread takes at a time.
const SLICE: usize = 64;

/// What one thread needs.
struct Scratch {
    leaf: Leaf,
    joiner: Joiner,
}

/// What is being done on the layer.
#[derive(Clone, Copy)]
enum Phase {
    Part,
    /// The leaves from here on are to be measured.
    Measure(usize),
    /// The nodes from here on are to be pruned.
    Prune(usize),
    /// The nodes from here on are to be joined.
    Join(usize),
}

/// A graph that is being built.
pub struct Bulk {
    graph: Graph,
    seed: u64,
    layer: usize,
    /// The layer's nodes, and their rows, by place.
    nodes: Vec<u32>,
    rows: Vec<u32>,
    nearest: Nearest,
    /// By place: the lower place of a node that is the same, or `NONE`.
    same_as: Vec<u32>,
    /// Rows of layer 0 that are the same as none before.
    single_rows: Vec<u32>,
    parting: Parting,
    parted: usize,
    back: Back,
    phase: Phase,
    guides: Vec<Guide>,
    scratches: Vec<Scratch>,
}

/// Costs of handling one node, in the cost of leading it home once.
const PRUNING_COST: usize = 24;
/// Of inserting a row in the ordinary way, likewise.
const INSERTION_COST: usize = 1000;

impl Bulk {
    /// A graph over all rows of the space of which the bit in `live` is set.
    pub fn new(space: Space, params: Params, live: &[u64]) -> Result<Self> {
        let end = space.rows.len();
        let mut graph = Graph::new(params);
        graph.layers.extend((0..end).map(|row| level::of(params.seed, row as u32, params.m)))?;
        graph.grow_dirty(end)?;
        graph.round = Round::resumed(end as u32..end as u32, 0)?;
        let mut rows = Vec::new();
        try_reserve(&mut rows, end)?;
        rows.extend((0..end as u32).filter(|&row| live[row as usize / 64] >> (row % 64) & 1 == 1));
        let mut nodes = Vec::new();
        try_reserve(&mut nodes, rows.len())?;
        nodes.extend(&rows);
        let mut same_as = Vec::new();
        try_resize(&mut same_as, rows.len(), NONE)?;
        let slots = graph.layers.slots(0);
        let (mut guides, mut scratches) = (Vec::new(), Vec::new());
        try_reserve(&mut guides, threads())?;
        try_reserve(&mut scratches, threads())?;
        for _ in 0..threads() {
            guides.push(Guide::new(space)?);
            scratches.push(Scratch { leaf: Leaf::new(space)?, joiner: Joiner::new(space, slots)? });
        }
        let mut bulk = Self {
            graph,
            seed: mix(u64::from(params.seed)),
            layer: 0,
            nearest: Nearest::new(rows.len())?,
            parting: Parting::new(rows.len())?,
            nodes,
            rows,
            same_as,
            single_rows: Vec::new(),
            parted: 0,
            back: Back::default(),
            phase: Phase::Part,
            guides,
            scratches,
        };
        bulk.begin_parting();
        Ok(bulk)
    }

    /// Works on, for about as long as inserting `count` rows would take. `true` when all layers have their links.
    pub fn step(&mut self, space: Space, count: usize) -> Result<bool> {
        let mut budget = count.saturating_mul(INSERTION_COST).saturating_mul(threads());
        while budget > 0 {
            let spent = match self.phase {
                Phase::Part => self.part(space, budget),
                Phase::Measure(next) => self.measure(space, next, budget),
                Phase::Prune(next) => self.prune(space, next, budget)?,
                Phase::Join(next) => {
                    let spent = self.join(space, next, budget);
                    if matches!(self.phase, Phase::Part) && !self.next_layer()? {
                        return Ok(true);
                    }
                    spent
                }
            };
            budget = budget.saturating_sub(spent.max(1));
        }
        Ok(false)
    }

    /// The share of the work that is left, 0 to 1, about.
    pub fn left(&self) -> f32 {
        let share = |done: usize, all: usize| done as f32 / all.max(1) as f32;
        let nodes = self.nodes.len();
        let done = match self.phase {
            _ if self.layer > 0 => 0.95,
            Phase::Part => 0.8 * share(self.parted, PARTINGS),
            Phase::Measure(next) => {
                let part = share(next, self.parting.leaves().len());
                0.8 * (self.parted as f32 + part) / PARTINGS as f32
            }
            Phase::Prune(next) => 0.8 + 0.07 * share(next, nodes),
            Phase::Join(next) => 0.87 + 0.08 * share(next, nodes),
        };
        1.0 - done
    }

    /// The graph, connected, with all rows in it; `walker` is for walking it.
    pub fn finish(mut self, space: Space, walker: &mut Walker) -> Result<(Graph, Builder)> {
        let mut builder = Builder::new(space, &self.graph)?;
        self.graph.connect(space, &self.single_rows, &mut builder, walker)?;
        Ok((self.graph, builder))
    }

    fn begin_parting(&mut self) {
        let number = (self.layer * PARTINGS + self.parted) as u64;
        self.parting.begin(mix(self.seed ^ number));
        self.phase = Phase::Part;
    }

    fn part(&mut self, space: Space, budget: usize) -> usize {
        let Self { rows, same_as, guides, .. } = self;
        let spent = self.parting.step(space, rows, same_as, guides, budget);
        if spent == 0 {
            self.phase = Phase::Measure(0);
        }
        spent
    }

    fn measure(&mut self, space: Space, first: usize, budget: usize) -> usize {
        let leaves = self.parting.leaves().len();
        let (mut next, mut spent) = (first, 0);
        while next < leaves && spent < budget {
            spent += self.parting.leaf(next).len().pow(2) / 64;
            next += 1;
        }
        let Self { parting, rows, .. } = self;
        let nearest = self.nearest.shared();
        let same_as = Scattered::new(&mut self.same_as);
        let scratches = Scattered::new(&mut self.scratches);
        for_each(next - first, &|thread, n| {
            // SAFETY: every thread has its own scratch, and no two leaves have a node in common.
            unsafe {
                let leaf = parting.leaf(first + n);
                scratches.one(thread).leaf.measure(space, rows, leaf, &nearest, &same_as);
            }
        });
        self.phase = Phase::Measure(next);
        if next == leaves {
            self.parted += 1;
            if self.parted < PARTINGS && self.parting.parts() {
                self.begin_parting();
            } else {
                self.phase = Phase::Prune(0);
            }
        }
        spent
    }

    fn prune(&mut self, space: Space, first: usize, budget: usize) -> Result<usize> {
        let m = self.graph.layers.slots(self.layer) * 3 / 4;
        let places = first..self.nodes.len().min(first + budget.div_ceil(PRUNING_COST));
        let Self { rows, same_as, nearest, scratches, .. } = self;
        for_each_list(nearest, scratches, places.clone(), &|joiner, place, list| {
            joiner.prune(space, rows, same_as, place, list, m);
        });
        self.phase = Phase::Prune(places.end);
        if places.end == self.nodes.len() {
            self.back = Back::of(&self.nearest, self.nodes.len())?;
            let most = self.back.most();
            for scratch in &mut self.scratches {
                scratch.joiner.try_reserve(most)?;
            }
            self.phase = Phase::Join(0);
        }
        Ok(places.len() * PRUNING_COST)
    }

    fn join(&mut self, space: Space, first: usize, budget: usize) -> usize {
        let slots = self.graph.layers.slots(self.layer);
        let places = first..self.nodes.len().min(first + budget.div_ceil(PRUNING_COST));
        let Self { rows, back, nearest, scratches, .. } = self;
        for_each_list(nearest, scratches, places.clone(), &|joiner, place, list| {
            joiner.join(space, rows, back, place, list, slots);
        });
        for place in places.clone() {
            let node = self.nodes[place];
            let links = self.nearest.of(place).iter().map(|key| self.nodes[key.row() as usize]);
            write(self.graph.layers.links_mut(self.layer, node), node, links);
            self.graph.mark_dirty(self.rows[place]);
            if self.layer > 0 {
                self.bridge(space, place);
            }
        }
        self.phase = Phase::Join(places.end);
        if places.end == self.nodes.len() {
            self.phase = Phase::Part;
        }
        places.len() * PRUNING_COST
    }

    /// Gives a node of an upper layer those of its links on layer 0 as well that lead elsewhere than its links there.
    fn bridge(&mut self, space: Space, place: usize) {
        let layers = &mut self.graph.layers;
        let (row, slots) = (self.rows[place], layers.slots(0));
        let near = used(layers.base.links(row), row);
        let far = self.nearest.of(place).iter().map(|key| self.rows[key.row() as usize]);
        let links = self.scratches[0].joiner.bridge(space, row, near, far, slots);
        write(layers.base.links_mut(row), row, links.iter().map(|link| link.row));
    }

    /// Goes on with the nodes of the layer above; `false` where there are none.
    fn next_layer(&mut self) -> Result<bool> {
        let Self { graph, rows, same_as, single_rows, .. } = self;
        if self.layer == 0 {
            try_reserve(single_rows, rows.len())?;
            for place in 0..rows.len() {
                let lower = same_as[place];
                if lower == NONE {
                    single_rows.push(rows[place]);
                    continue;
                }
                // It comes before, so that it knows already where its own chain ends.
                let single = match same_as[lower as usize] {
                    NONE => lower,
                    single => single,
                };
                same_as[place] = single;
                graph.twins.add(rows[single as usize], rows[place])?;
            }
            graph.entry = single_rows.first().copied().unwrap_or(NONE);
            rows.clear();
            rows.extend(&*single_rows);
        }
        self.layer += 1;
        rows.retain(|&row| graph.level(row) >= self.layer);
        let Some(&first) = rows.first() else {
            return Ok(false);
        };
        // The first row of the highest level there is.
        graph.entry = first;
        self.nodes.clear();
        self.nodes.extend(rows.iter().map(|&row| graph.layers.node_of(self.layer, row)));
        self.nearest = Nearest::new(rows.len())?;
        self.parting = Parting::new(rows.len())?;
        self.same_as.clear();
        self.same_as.resize(rows.len(), NONE);
        self.parted = 0;
        self.begin_parting();
        Ok(true)
    }
}

/// Calls `work` with the lists of some nodes, on all threads, each with a joiner of its own.
fn for_each_list(
    nearest: &mut Nearest,
    scratches: &mut [Scratch],
    places: Range<usize>,
    work: &(dyn Fn(&mut Joiner, usize, &mut List) + Sync),
) {
    let nearest = nearest.shared();
    let scratches = Scattered::new(scratches);
    for_each(places.len().div_ceil(SLICE), &|thread, slice| {
        let start = places.start + slice * SLICE;
        for place in start..places.end.min(start + SLICE) {
            // SAFETY: every thread has its own scratch, and every slice its own nodes.
            unsafe { work(&mut scratches.one(thread).joiner, place, &mut nearest.list(place)) }
        }
    });
}
