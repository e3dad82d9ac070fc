//! The nearest nodes of every node, found by measuring all pairs of a leaf.

use core::mem::MaybeUninit;

use crate::distance::TILE;
use crate::error::{Error, Result};
use crate::hnsw::NONE;
use crate::memory::{try_reserve, try_resize};
use crate::parallel::Scattered;
use crate::space::{Query, Rows, Space};
use crate::topk::Key;

use super::parting::MAX_LEAF;

/// Nearest nodes kept of each.
pub const KEPT: usize = 96;

/// The nearest nodes met so far of every node, by place.
pub struct Nearest {
    /// `KEPT` for each node, of which as many have a value as its count says: writing them all beforehand would take
    /// longer than any step may.
    keys: Vec<MaybeUninit<Key>>,
    counts: Vec<u8>,
}

impl Nearest {
    /// Of so many nodes, none of which has met another.
    pub fn new(nodes: usize) -> Result<Self> {
        let (mut keys, mut counts) = (Vec::new(), Vec::new());
        let room = nodes.checked_mul(KEPT).ok_or(Error::OutOfMemory)?;
        try_reserve(&mut keys, room)?;
        // SAFETY: there is room, and these need no value.
        unsafe { keys.set_len(room) };
        try_resize(&mut counts, nodes, 0)?;
        Ok(Self { keys, counts })
    }

    /// The nearest nodes of a node, nearest first.
    pub fn of(&self, place: usize) -> &[Key] {
        let keys = &self.keys[place * KEPT..][..usize::from(self.counts[place])];
        // SAFETY: the first `count` have a value.
        unsafe { keys.assume_init_ref() }
    }

    /// For threads that divide the nodes among them.
    pub fn shared(&mut self) -> SharedNearest<'_> {
        SharedNearest {
            keys: Scattered::new(&mut self.keys),
            counts: Scattered::new(&mut self.counts),
        }
    }
}

/// [`Nearest`] in the hands of several threads.
pub struct SharedNearest<'a> {
    keys: Scattered<'a, MaybeUninit<Key>>,
    counts: Scattered<'a, u8>,
}

impl SharedNearest<'_> {
    /// The list of one node.
    ///
    /// # Safety
    /// Nobody else has it meanwhile.
    pub unsafe fn list(&self, place: usize) -> List<'_> {
        // SAFETY: promised by the caller.
        unsafe {
            List {
                keys: self.keys.slice(place * KEPT..(place + 1) * KEPT),
                count: self.counts.one(place),
            }
        }
    }
}

/// The nearest nodes met so far of one node.
pub struct List<'a> {
    keys: &'a mut [MaybeUninit<Key>],
    count: &'a mut u8,
}

impl List<'_> {
    /// Nearest first.
    pub fn keys(&self) -> &[Key] {
        // SAFETY: the first `count` have a value.
        unsafe { self.keys[..usize::from(*self.count)].assume_init_ref() }
    }

    /// Puts others in their place, of which there must be no more than `KEPT`.
    pub fn replace(&mut self, keys: impl Iterator<Item = Key>) {
        let mut count = 0;
        for (slot, key) in self.keys.iter_mut().zip(keys) {
            slot.write(key);
            count += 1;
        }
        *self.count = count;
    }

    /// The distance from which on nothing is taken in.
    fn bound(&self) -> f32 {
        self.keys().get(KEPT - 1).map_or(f32::INFINITY, |worst| worst.distance())
    }

    /// Takes a node in if it is near enough and not there yet.
    fn offer(&mut self, key: Key) {
        let keys = self.keys();
        let place = keys.partition_point(|other| *other < key);
        if place == KEPT || keys.get(place) == Some(&key) {
            return;
        }
        let last = keys.len().min(KEPT - 1);
        self.keys.copy_within(place..last, place + 1);
        self.keys[place].write(key);
        *self.count = last as u8 + 1;
    }
}

/// What measuring a leaf needs; kept from one to the next.
pub struct Leaf {
    queries: [Query; TILE.0],
    places: Vec<u32>,
    rows: Vec<u32>,
    distances: Vec<f32>,
    bounds: Vec<f32>,
}

impl Leaf {
    /// Room for one leaf.
    pub fn new(space: Space) -> Result<Self> {
        let (mut places, mut rows) = (Vec::new(), Vec::new());
        let (mut distances, mut bounds) = (Vec::new(), Vec::new());
        try_reserve(&mut places, MAX_LEAF)?;
        try_reserve(&mut rows, MAX_LEAF)?;
        try_resize(&mut distances, TILE.0 * MAX_LEAF, 0.0)?;
        try_reserve(&mut bounds, MAX_LEAF)?;
        let mut queries: [Query; TILE.0] = Default::default();
        for query in &mut queries {
            *query = space.rows.new_query()?;
        }
        Ok(Self { queries, places, rows, distances, bounds })
    }

    /// Measures all pairs of a leaf's nodes. A node that is the same as one of a lower place is
    /// marked as the same as it, and left out from then on.
    ///
    /// # Safety
    /// Nobody else has a list or a mark of these nodes meanwhile.
    pub unsafe fn measure(
        &mut self,
        space: Space,
        row_of: &[u32],
        leaf: &[u32],
        nearest: &SharedNearest,
        same_as: &Scattered<u32>,
    ) {
        // SAFETY: promised by the caller; no two are held at a time.
        let list = |place: u32| unsafe { nearest.list(place as usize) };
        // SAFETY: the same.
        let same_as = |place: u32| unsafe { same_as.one(place as usize) };
        let Self { queries, places, rows, distances, bounds } = self;
        places.clear();
        // A leaf is sorted, so that a pair is always measured from the same side: not all representations are symmetric.
        places.extend(leaf.iter().copied().filter(|&place| *same_as(place) == NONE));
        rows.clear();
        rows.extend(places.iter().map(|&place| row_of[place as usize]));
        bounds.clear();
        bounds.extend(places.iter().map(|&place| list(place).bound()));
        for from in (0..places.len()).step_by(TILE.0) {
            let group = from..places.len().min(from + TILE.0);
            for (query, &row) in queries.iter_mut().zip(&rows[group.clone()]) {
                space.load_row(query, row);
            }
            let rest = &rows[from..];
            let distances = &mut distances[..group.len() * rest.len()];
            space.rows.distances_many(&queries[..group.len()], rest, distances);
            for (first, distances) in group.zip(distances.chunks(rest.len())) {
                if *same_as(places[first]) != NONE {
                    continue;
                }
                let own = distances[first - from];
                for (second, &distance) in (from..).zip(distances).skip(first - from + 1) {
                    if distance >= bounds[first].max(bounds[second]) {
                        continue;
                    }
                    if space.are_twins(rows[first], rows[second], own, distance) {
                        *same_as(places[second]) = places[first];
                        continue;
                    }
                    for (one, other) in [(first, second), (second, first)] {
                        if distance < bounds[one] {
                            let mut list = list(places[one]);
                            list.offer(Key::new(distance, places[other]));
                            bounds[one] = list.bound();
                        }
                    }
                }
            }
        }
    }
}
