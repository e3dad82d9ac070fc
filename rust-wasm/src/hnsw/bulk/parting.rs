//! Nodes parted into leaves: every node goes to the nearest of some random leaders, and again among the others who went
//! there, until few are left.

use core::ops::Range;

use crate::error::Result;
use crate::hnsw::NONE;
use crate::hnsw::level::mix;
use crate::memory::{try_reserve, try_resize};
use crate::parallel::{Scattered, for_each};
use crate::space::{Query, Rows, Space};

/// Nodes of a leaf, about. (Tests have few, and leaves all the same.)
const LEAF: usize = if cfg!(test) { 12 } else { 400 };
/// A leaf that is larger is parted again.
pub const MAX_LEAF: usize = if cfg!(test) { 30 } else { 1000 };
/// The most leaders of one parting; more would part better and cost more.
const MAX_LEADERS: usize = 32;
/// Nodes that one thread leads home at a time.
const SLICE: usize = 512;

/// All nodes in an order in which leaves are ranges, each sorted.
pub struct Parting {
    order: Vec<u32>,
    /// For each node in this order the leader it goes to.
    homes: Vec<u8>,
    room: Vec<u32>,
    /// Ranges that are still to be parted; of the last one, some nodes may know their leader.
    open: Vec<Range<usize>>,
    led: usize,
    leader_rows: Vec<u32>,
    leaves: Vec<Range<usize>>,
    draw: u64,
}

/// What leading nodes home needs; kept from one to the next.
pub struct Guide {
    query: Query,
    distances: [f32; MAX_LEADERS],
}

impl Guide {
    /// A guide to rows of the space.
    pub fn new(space: Space) -> Result<Self> {
        Ok(Self { query: space.rows.new_query()?, distances: [0.0; MAX_LEADERS] })
    }
}

impl Parting {
    /// Of so many nodes.
    pub fn new(nodes: usize) -> Result<Self> {
        let (mut order, mut homes, mut room) = (Vec::new(), Vec::new(), Vec::new());
        try_reserve(&mut order, nodes)?;
        order.extend(0..nodes as u32);
        try_resize(&mut homes, nodes, 0)?;
        try_resize(&mut room, nodes, 0)?;
        let (mut open, mut leaves, mut leader_rows) = (Vec::new(), Vec::new(), Vec::new());
        try_reserve(&mut open, nodes / MAX_LEAF + MAX_LEADERS)?;
        try_reserve(&mut leaves, nodes / 8 + MAX_LEADERS)?;
        try_reserve(&mut leader_rows, MAX_LEADERS)?;
        Ok(Self { order, homes, room, open, led: 0, leader_rows, leaves, draw: 0 })
    }

    /// Starts anew with other leaders.
    pub fn begin(&mut self, seed: u64) {
        self.leaves.clear();
        self.open.clear();
        self.draw = mix(seed);
        for (place, node) in self.order.iter_mut().enumerate() {
            *node = place as u32;
        }
        self.add_range(0..self.order.len());
    }

    /// Whether there is more than one leaf, so that other leaders part otherwise.
    pub fn parts(&self) -> bool {
        self.order.len() > MAX_LEAF
    }

    /// The leaves, once `step` says that nothing is left to do.
    pub fn leaves(&self) -> &[Range<usize>] {
        &self.leaves
    }

    /// The nodes of a leaf.
    pub fn leaf(&self, leaf: usize) -> &[u32] {
        &self.order[self.leaves[leaf].clone()]
    }

    /// Leads up to `count` nodes home; answers how many, which is none when all are in leaves.
    pub fn step(
        &mut self,
        space: Space,
        row_of: &[u32],
        same_as: &mut [u32],
        guides: &mut [Guide],
        count: usize,
    ) -> usize {
        let Some(range) = self.open.last().cloned() else {
            return 0;
        };
        if self.led == range.start {
            self.choose_leaders(row_of, range.clone());
        }
        let led = self.led..range.end.min(self.led + count.max(1));
        let (order, leader_rows) = (&self.order, &self.leader_rows);
        let (homes, shared_guides) = (Scattered::new(&mut self.homes), Scattered::new(guides));
        for_each(led.len().div_ceil(SLICE), &|thread, slice| {
            let start = led.start + slice * SLICE;
            let places = start..led.end.min(start + SLICE);
            // SAFETY: every thread has its own guide, and every slice its own homes.
            let (guide, homes) =
                unsafe { (shared_guides.one(thread), homes.slice(places.clone())) };
            for (&place, home) in order[places].iter().zip(homes) {
                space.load_row(&mut guide.query, row_of[place as usize]);
                let distances = &mut guide.distances[..leader_rows.len()];
                space.rows.distances(&guide.query, leader_rows, distances);
                *home = nearest(distances);
            }
        });
        self.led = led.end;
        if self.led == range.end {
            self.open.pop();
            if !self.divide(range.clone()) {
                // As near to all leaders as to one: nothing more can part them.
                self.mark_twins(space, row_of, same_as, &mut guides[0], range.clone());
                let leaves = range.clone().step_by(MAX_LEAF);
                self.leaves.extend(leaves.map(|start| start..range.end.min(start + MAX_LEAF)));
            }
            self.led = self.open.last().map_or(0, |range| range.start);
        }
        led.len()
    }

    fn choose_leaders(&mut self, row_of: &[u32], range: Range<usize>) {
        self.leader_rows.clear();
        for _ in 0..range.len().div_ceil(LEAF).min(MAX_LEADERS) {
            self.draw = mix(self.draw);
            let place = self.order[range.start + (self.draw % range.len() as u64) as usize];
            self.leader_rows.push(row_of[place as usize]);
        }
    }

    /// Marks the nodes that are the same as the leader, all but the one of the lowest place. There may be more of them than
    /// fit a leaf, where they would not all meet.
    fn mark_twins(
        &self,
        space: Space,
        row_of: &[u32],
        same_as: &mut [u32],
        guide: &mut Guide,
        range: Range<usize>,
    ) {
        let leader = self.leader_rows[0];
        space.load_row(&mut guide.query, leader);
        let own = space.distance(&guide.query, leader);
        let mut single: Option<u32> = None;
        for &place in &self.order[range] {
            let row = row_of[place as usize];
            let distance = space.distance(&guide.query, row);
            if same_as[place as usize] != NONE || !space.are_twins(leader, row, own, distance) {
                continue;
            }
            let lower = single.map_or(place, |single| single.min(place));
            let higher = single.map_or(place, |single| single.max(place));
            if higher != lower {
                same_as[higher as usize] = lower;
            }
            single = Some(lower);
        }
    }

    /// Puts the nodes of each leader together; `false` where all have the same.
    fn divide(&mut self, range: Range<usize>) -> bool {
        let mut ends = [0; MAX_LEADERS];
        for &home in &self.homes[range.clone()] {
            ends[usize::from(home)] += 1;
        }
        let mut starts = [range.start; MAX_LEADERS];
        for leader in 0..MAX_LEADERS {
            ends[leader] += starts[leader];
            if leader + 1 < MAX_LEADERS {
                starts[leader + 1] = ends[leader];
            }
        }
        let mut next = starts;
        for at in range.clone() {
            let place = &mut next[usize::from(self.homes[at])];
            self.room[*place] = self.order[at];
            *place += 1;
        }
        self.order[range.clone()].copy_from_slice(&self.room[range.clone()]);
        for leader in 0..MAX_LEADERS {
            let part = starts[leader]..ends[leader];
            if part == range {
                return false;
            }
            self.add_range(part);
        }
        true
    }

    fn add_range(&mut self, range: Range<usize>) {
        match range.len() {
            0 | 1 => {}
            2..=MAX_LEAF => self.leaves.push(range),
            _ => {
                self.led = range.start;
                self.open.push(range);
            }
        }
    }
}

fn nearest(distances: &[f32]) -> u8 {
    let mut nearest = 0;
    for (n, &distance) in distances.iter().enumerate() {
        if distance < distances[nearest] {
            nearest = n;
        }
    }
    nearest as u8
}
