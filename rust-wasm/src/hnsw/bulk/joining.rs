//! From the nearest nodes of every node to its links: pruned, and joined with the links that others have to it.

use crate::error::Result;
use crate::hnsw::NONE;
use crate::hnsw::prune::{Candidate, Pruner};
use crate::memory::{try_reserve, try_resize};
use crate::space::{Query, Rows, Space};
use crate::topk::Key;

use super::nearest::{KEPT, List, Nearest};

/// Most candidates that a node's links are selected from.
const MAX_CANDIDATES: usize = 4 * KEPT;

/// Links that lead to a node, of every node, by place.
#[derive(Default)]
pub struct Back {
    starts: Vec<u32>,
    keys: Vec<Key>,
}

impl Back {
    /// Turns all links around.
    pub fn of(nearest: &Nearest, nodes: usize) -> Result<Self> {
        let (mut starts, mut keys) = (Vec::new(), Vec::new());
        try_resize(&mut starts, nodes + 2, 0u32)?;
        let mut links = 0;
        for key in (0..nodes).flat_map(|place| nearest.of(place)) {
            starts[key.row() as usize + 2] += 1;
            links += 1;
        }
        for place in 2..starts.len() {
            starts[place] += starts[place - 1];
        }
        try_resize(&mut keys, links, Key(0))?;
        // A node's start is moved on with every link, to where the next node's is.
        for place in 0..nodes {
            for key in nearest.of(place) {
                let next = &mut starts[key.row() as usize + 1];
                keys[*next as usize] = Key::new(key.distance(), place as u32);
                *next += 1;
            }
        }
        Ok(Self { starts, keys })
    }

    /// The nodes with links to a node.
    fn to(&self, place: usize) -> &[Key] {
        &self.keys[self.starts[place] as usize..self.starts[place + 1] as usize]
    }

    /// The most links that lead to one node.
    pub fn most(&self) -> usize {
        self.starts.windows(2).map(|pair| (pair[1] - pair[0]) as usize).max().unwrap_or(0)
    }
}

/// What selecting links needs; kept from one node to the next.
pub struct Joiner {
    pruner: Pruner,
    selected: Vec<Candidate>,
    keys: Vec<Key>,
    query: Query,
    rows: Vec<u32>,
    distances: Vec<f32>,
}

impl Joiner {
    /// For links in so many slots.
    pub fn new(space: Space, slots: usize) -> Result<Self> {
        let (mut selected, mut rows, mut distances) = (Vec::new(), Vec::new(), Vec::new());
        try_reserve(&mut selected, slots)?;
        try_reserve(&mut rows, 2 * slots)?;
        try_resize(&mut distances, 2 * slots, 0.0)?;
        Ok(Self {
            pruner: Pruner::new(space, MAX_CANDIDATES)?,
            selected,
            keys: Vec::new(),
            query: space.rows.new_query()?,
            rows,
            distances,
        })
    }

    /// Makes room for nodes that so many links lead to.
    pub fn try_reserve(&mut self, most: usize) -> Result<()> {
        self.keys.clear();
        try_reserve(&mut self.keys, KEPT + most)
    }

    /// Prunes a node's nearest to `m` links, none of which leads to a twin.
    pub fn prune(
        &mut self,
        space: Space,
        row_of: &[u32],
        same_as: &[u32],
        place: usize,
        list: &mut List,
        m: usize,
    ) {
        self.keys.clear();
        if same_as[place] == NONE {
            let linked = list.keys().iter().filter(|key| same_as[key.row() as usize] == NONE);
            self.keys.extend(linked);
        }
        self.select(space, |place| row_of[place as usize], m);
        list.replace(self.selected.iter().map(|link| Key::new(link.distance, link.node)));
    }

    /// Joins a node's links with those that lead to it, and prunes them to as many as there are slots.
    pub fn join(
        &mut self,
        space: Space,
        row_of: &[u32],
        back: &Back,
        place: usize,
        list: &mut List,
        slots: usize,
    ) {
        self.keys.clear();
        self.keys.extend(list.keys());
        let own = list.keys();
        let new = |key: &&Key| own.iter().all(|link| link.row() != key.row());
        self.keys.extend(back.to(place).iter().filter(new));
        self.keys.sort_unstable();
        if self.keys.len() > slots {
            self.select(space, |place| row_of[place as usize], slots);
            list.replace(self.selected.iter().map(|link| Key::new(link.distance, link.node)));
        } else {
            list.replace(self.keys.iter().copied());
        }
    }

    /// Selects links of a row among those it has on layer 0 and those it has on the layer above, as rows. The nearest of
    /// all rows lie on one side only where the rows are clusters; without links to the others a walk could not leave.
    pub fn bridge(
        &mut self,
        space: Space,
        row: u32,
        near: &[u32],
        far: impl Iterator<Item = u32>,
        slots: usize,
    ) -> &[Candidate] {
        self.rows.clear();
        self.rows.extend(near);
        self.rows.extend(far.filter(|other| !near.contains(other)));
        space.load_row(&mut self.query, row);
        let distances = &mut self.distances[..self.rows.len()];
        space.rows.distances(&self.query, &self.rows, distances);
        self.keys.clear();
        self.keys.extend(self.rows.iter().zip(distances).map(|(&row, d)| Key::new(*d, row)));
        self.keys.sort_unstable();
        self.select(space, |row| row, slots);
        &self.selected
    }

    /// Selects links among `keys`, which are sorted.
    fn select(&mut self, space: Space, row_of: impl Fn(u32) -> u32, m: usize) {
        let candidates = self.keys.iter().take(MAX_CANDIDATES).map(|key| Candidate {
            node: key.row(),
            row: row_of(key.row()),
            distance: key.distance(),
            protected: false,
        });
        self.pruner.candidates.clear();
        self.pruner.candidates.extend(candidates);
        self.pruner.select(space, m, &mut self.selected);
    }
}
