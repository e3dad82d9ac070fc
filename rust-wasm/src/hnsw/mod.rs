//! Hierarchical navigable small world graphs (Malkov and Yashunin, TPAMI 2020), in the paper's words: M, ef,
//! efConstruction, layers, and the heuristic that selects diverse neighbours.
//!
//! What is added to the paper:
//! - Rows that no distance can tell apart are one node; the others hang on it in a list ([`twins`]). Ten thousand equal
//!   vectors would else fill each other's links and close themselves off.
//! - Each layer has a spanning tree whose links are never pruned ([`tree`]): every node can be reached from every other,
//!   whatever the order of insertion.
//! - A row's layers follow from the seed and its number ([`level`]), so a graph has no random state.

pub mod build;
pub mod layers;
pub mod level;
pub mod pool;
pub mod prune;
pub mod saved;
pub mod tree;
pub mod twins;
pub mod visited;
pub mod walk;

use crate::codec::Dirty;
use crate::error::Result;
use crate::space::Space;

use layers::{Layer, Layers};
use twins::Twins;
use walk::Walker;

/// A row or node that is not there.
pub const NONE: u32 = u32::MAX;

/// Candidates kept while walking down the upper layers. The paper keeps one; where clusters lie far apart that ends in
/// the wrong one too often.
const EF_DESCENT: usize = 2;

/// What a graph is built with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// Links of a node on the upper layers; twice as many on layer 0.
    pub m: usize,
    /// Candidates kept while inserting.
    pub ef_construction: usize,
    /// Two graphs of the same rows and seed are equal.
    pub seed: u32,
}

/// Rows `[0, indexed)` as a graph; the rows themselves are in a [`Space`].
pub struct Graph {
    pub(crate) params: Params,
    pub(crate) layers: Layers,
    pub(crate) twins: Twins,
    /// Where every walk starts: the first row of the highest level, or `NONE` in an empty graph.
    pub(crate) entry: u32,
    dirty: Dirty,
}

impl Graph {
    /// A graph of no rows.
    pub fn new(params: Params) -> Self {
        Self {
            params,
            layers: Layers::new(params.m),
            twins: Twins::default(),
            entry: NONE,
            dirty: Dirty::default(),
        }
    }

    /// Rows the graph has taken in. Those that were dead by then have no links and are not reached.
    pub fn indexed(&self) -> usize {
        self.layers.base.nodes()
    }

    /// Counts in the chunk of the row that comes next.
    fn grow_dirty(&mut self) -> Result<()> {
        self.dirty.grow((self.indexed() >> saved::chunk_shift(self.params)) + 1)
    }

    /// Marks the chunk of a row as changed.
    fn mark_dirty(&mut self, row: u32) {
        self.dirty.mark(row as usize >> saved::chunk_shift(self.params));
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.layers.bytes() + self.twins.bytes()
    }

    /// The highest layer of a row.
    fn level(&self, row: u32) -> usize {
        level::of(self.params.seed, row, self.params.m)
    }

    /// Walks from the entry to the query: afterwards `walker.pool` holds up to `ef` nodes of layer 0, nearest first.
    pub fn search<S: Space>(
        &self,
        space: &S,
        query: &S::Query,
        ef: usize,
        walker: &mut Walker,
    ) -> Result<()> {
        walker.start();
        if self.entry == NONE {
            return walker.pool.reset(ef);
        }
        let start = self.descend(space, query, 0, walker)?;
        self.walk(space, 0, query, start, ef, walker)
    }

    /// Walks from the entry down to the layer above `layer`, and answers the node of `layer` it ends at.
    fn descend<S: Space>(
        &self,
        space: &S,
        query: &S::Query,
        layer: usize,
        walker: &mut Walker,
    ) -> Result<u32> {
        let mut row = self.entry;
        for above in (layer + 1..=self.level(self.entry)).rev() {
            let start = self.layers.node_of(above, row);
            self.walk(space, above, query, start, EF_DESCENT, walker)?;
            row = walker.pool.nodes().next().map_or(row, |node| self.layers.row(above, node));
        }
        Ok(self.layers.node_of(layer, row))
    }

    fn walk<S: Space>(
        &self,
        space: &S,
        layer: usize,
        query: &S::Query,
        start: u32,
        ef: usize,
        walker: &mut Walker,
    ) -> Result<()> {
        if layer == 0 {
            walker.walk(space, &self.layers.base, query, start, ef)
        } else {
            walker.walk(space, &self.layers.upper.layer(layer), query, start, ef)
        }
    }
}

#[cfg(test)]
mod trace {
    use super::*;
    use crate::quantizer::vectors::Vectors;
    use crate::metric::Metric;
    use super::layers::used;
    use super::build::Builder;
    struct R(u32);
    impl R { fn f(&mut self)->f32{ self.0=self.0.wrapping_add(0x6d2b79f5); let st=self.0; let mut m=(st^(st>>15)).wrapping_mul(1|st); m=(m.wrapping_add((m^(m>>7)).wrapping_mul(61|m)))^m; ((m^(m>>14)) as f64/4294967296.0) as f32*2.0-1.0 } }
    fn rm(n:usize,s:u32)->Vec<f32>{let mut r=R(s);(0..n).map(|_|r.f()).collect()}
    #[test]
    fn trace() {
        let (d,c,per)=(16,40,200);
        for m in [8,16] { let mut total=0; let mut vis=0; let mut links=0; let mut worst=0;
        for seed in 0..12u32 {
        let cluster=|r:usize,s:u32|{let s=s+seed*1000; let ce=rm(d,s);rm(r*d,s*31+r as u32).iter().enumerate().map(|(i,v)|ce[i%d]+0.3*v).collect::<Vec<f32>>()};
        let mut v=Vectors::new(d,Metric::Cosine); v.try_reserve(c*per).unwrap();
        for k in 0..c { for row in cluster(per,100+k as u32).chunks(d){v.push(row.iter().copied())} }
        let mut g=Graph::new(Params{m,ef_construction:100,seed}); let mut b=Builder::new(&v,&g).unwrap(); let mut w=Walker::default();
        for _ in 0..c*per { g.insert(&v,&mut b,&mut w).unwrap(); }
        for row in 0..(c*per) as u32 {links+=used(g.layers.links(0,row),row).len();}
        let mut q=v.new_query().unwrap(); let mut t=0;
        for k in 0..c { for (_i,qq) in cluster(5,100+k as u32).chunks(d).enumerate() {
            v.load_vector(&mut q,qq); g.search(&v,&q,100,&mut w).unwrap(); vis+=w.measured();
            let mut ex:Vec<(f32,u32)>=(0..(c*per) as u32).map(|r|(v.distances(&q,[r])[0],r)).collect(); ex.sort_by(|a,b|a.0.total_cmp(&b.0)); ex.truncate(10);
            let got:Vec<u32>=w.pool.nodes().take(10).collect(); t+=ex.iter().filter(|x|!got.contains(&x.1)).count();
        } } total+=t; worst=worst.max(t); }
        println!("RESULT m {m} missing {:.4} worst {:.3} visited {} links {:.1}", total as f64/(12*c*50) as f64, worst as f64/(c*50) as f64, vis/(12*c*5), links as f64/(12*c*per) as f64); }
    }
}
