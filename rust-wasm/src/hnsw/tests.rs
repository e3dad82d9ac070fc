//! What holds of every graph, whatever is inserted and in whatever order.

use core::ops::Range;

use proptest::prelude::*;

use super::layers::used;
use super::*;
use crate::codec::Part;
use crate::index::tests::{all_configs, configs};
use crate::index::{CodeKind, Config, Index, Originals};
use crate::metric::Metric;
use crate::search::{Method, Request};
use crate::snapshot::Loader;

const PARTS: [Part; 4] = [Part::State, Part::Vectors, Part::Codes, Part::Graph];
const DIMENSION: usize = 8;

/// Vectors on a coarse grid, so that many are equal, in runs of the same few.
fn rows() -> impl Strategy<Value = Vec<[i8; DIMENSION]>> {
    let few = prop::collection::vec(prop::array::uniform8(-2i8..=2), 1..40);
    (few, prop::collection::vec((0usize..40, 1usize..30), 1..40)).prop_map(|(few, runs)| {
        runs.into_iter()
            .flat_map(|(n, times)| core::iter::repeat_n(few[n % few.len()], times))
            .collect()
    })
}

/// Rows to remove: often many, so that repair is due.
fn removals() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    prop::collection::vec(any::<prop::sample::Index>(), 0..60)
}

fn params() -> impl Strategy<Value = Params> {
    (2usize..6, 1usize..40, any::<u32>()).prop_map(|(m, ef_construction, seed)| Params {
        m,
        ef_construction,
        seed,
    })
}

fn add(index: &mut Index, rows: &[[i8; DIMENSION]]) {
    let matrix: Vec<f32> = rows.iter().flatten().map(|&value| value.into()).collect();
    index.try_reserve(rows.len()).unwrap();
    index.add(&matrix);
}

fn reloaded(index: &Index) -> Index {
    let mut bytes = Vec::new();
    index.write_chunk(Part::State, 0, &mut bytes).unwrap();
    let mut loader = Loader::new(&bytes, index.config(), index.graph_params()).unwrap();
    for part in PARTS {
        for chunk in 0..index.chunks(part) {
            if part != Part::State {
                index.write_chunk(part, chunk, &mut bytes).unwrap();
                loader.read_chunk(part, &bytes).unwrap();
            }
        }
    }
    loader.finish().unwrap()
}

/// Every inserted live row is reached from the entry by links that go both ways: on layer 0 and, as a twin, beside it; and
/// every layer is connected in itself. So a graph that was saved has spanning trees when it is loaded.
fn check(graph: &Graph, live: &[u64]) {
    let inserted = |row: u32| row < graph.round.rows().end && !graph.round.waits(row);
    if graph.entry == NONE {
        return;
    }
    let nodes = reached(graph, 0);
    let mut found = vec![false; graph.layers.nodes(0)];
    for node in nodes {
        for row in core::iter::once(node).chain(graph.twins.of(node)) {
            assert!(!core::mem::replace(&mut found[row as usize], true), "row {row} is met twice");
        }
    }
    for row in 0..found.len() as u32 {
        let live = live[row as usize / 64] >> (row % 64) & 1 == 1;
        assert!(found[row as usize] || !inserted(row) || !live, "row {row} is not reached");
    }
    for layer in 1..=graph.level(graph.entry) {
        let linked = |node: &u32| !used(graph.layers.links(layer, *node), *node).is_empty();
        let on_layer = (0..graph.layers.upper.count())
            .filter(|&node| graph.layers.upper.level(node) >= layer)
            .filter(linked);
        let reached = reached(graph, layer);
        assert!(on_layer.into_iter().all(|node| reached.contains(&node)), "layer {layer}");
    }
}

fn reached(graph: &Graph, layer: usize) -> std::collections::BTreeSet<u32> {
    let start = graph.layers.node_of(layer, graph.entry);
    let mut seen = std::collections::BTreeSet::from([start]);
    let mut queue = vec![start];
    while let Some(node) = queue.pop() {
        let links = used(graph.layers.links(layer, node), node);
        let distinct: std::collections::BTreeSet<u32> = links.iter().copied().collect();
        assert_eq!(distinct.len(), links.len(), "node {node} has a link twice");
        let mutual = |&link: &u32| used(graph.layers.links(layer, link), link).contains(&node);
        queue.extend(links.iter().copied().filter(mutual).filter(|&link| seen.insert(link)));
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_row_can_be_reached(
        rows in rows(),
        config in configs(DIMENSION),
        params in params(),
        steps in prop::collection::vec((0usize..200, 0usize..300, any::<bool>(), removals()), 1..9),
    ) {
        let mut index = Index::new(config).unwrap();
        index.set_graph(Some(params)).unwrap();
        let mut added = 0;
        for (arrive, count, reload, removed) in steps {
            let more: Range<usize> = added..rows.len().min(added + arrive);
            added = more.end;
            add(&mut index, &rows[more]);
            for row in &removed {
                if index.rows() > 0 {
                    index.remove(row.index(index.rows()) as u32).unwrap();
                }
            }
            let left = index.index_rows(count).unwrap();
            prop_assert!(left > 0 || index.rows() == index.indexed());
            check(index.graph.as_ref().unwrap(), &index.live);
            if reload {
                index = reloaded(&index);
            }
        }
        index.search(&[1.0; DIMENSION], &Request::new(usize::MAX, 1, Method::Graph)).unwrap();
        prop_assert_eq!(index.found().rows.len(), index.live_rows());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_link_leads_to_a_removed_row_after_repair(
        rows in rows(),
        config in configs(DIMENSION),
        params in params(),
        removed in removals(),
        again in removals(),
        reload_after in 0usize..50,
        count in 1usize..5,
    ) {
        let mut index = Index::new(config).unwrap();
        index.set_graph(Some(params)).unwrap();
        add(&mut index, &rows);
        while index.index_rows(usize::MAX).unwrap() > 0 {}
        let remove = |index: &mut Index, rows: &[prop::sample::Index]| {
            rows.iter().for_each(|row| index.remove(row.index(index.rows()) as u32).unwrap());
        };
        remove(&mut index, &removed);
        for step in 0.. {
            if index.index_rows(count).unwrap() == 0 {
                break;
            }
            check(index.graph.as_ref().unwrap(), &index.live);
            if step == reload_after {
                remove(&mut index, &again);
                index = reloaded(&index);
            }
        }
        let graph = index.graph.as_ref().unwrap();
        check(graph, &index.live);
        let live = Selection::new(&index.live, None);
        let stands = |row| graph.twins.of(row).any(|twin| live.contains(twin));
        let kept: Vec<u32> = (0..graph.layers.nodes(0) as u32)
            .filter(|&row| !live.contains(row) && !stands(row))
            .filter(|&row| !used(graph.layers.links(0, row), row).is_empty())
            .collect();
        prop_assert!(kept.len() < 4.max(index.rows() / 100), "{kept:?}");
    }
}

#[test]
fn a_few_removed_rows_are_left_and_many_are_built_around() {
    let config = all_configs(DIMENSION)[0];
    let mut index = Index::new(config).unwrap();
    index.set_graph(Some(Params { m: 4, ef_construction: 20, seed: 1 })).unwrap();
    let rows: Vec<_> = (0..300u32)
        .map(|row| core::array::from_fn(|n| (level::mix(row.into()) >> (8 * n)) as i8))
        .collect();
    add(&mut index, &rows);
    while index.index_rows(usize::MAX).unwrap() > 0 {}
    (0..3).for_each(|row| index.remove(row).unwrap());
    assert_eq!(index.waiting(), 0);
    // A row counts once, and reloading counts the same.
    (2..5).for_each(|row| index.remove(row).unwrap());
    assert_eq!((index.waiting(), reloaded(&index).waiting()), (5, 5));
    while index.index_rows(1).unwrap() > 0 {}
    (100..210).for_each(|row| index.remove(row).unwrap());
    assert_eq!(index.waiting(), 110);
    while index.index_rows(1).unwrap() > 0 {}
    // As a graph that never held them.
    let mut anew = Index::new(config).unwrap();
    anew.set_graph(index.graph_params()).unwrap();
    add(&mut anew, &rows);
    (0..5).chain(100..210).for_each(|row| anew.remove(row).unwrap());
    while anew.index_rows(usize::MAX).unwrap() > 0 {}
    let links = |index: &Index| {
        let layers = &index.graph.as_ref().unwrap().layers;
        (0..300).flat_map(|row| layers.links(0, row).to_vec()).collect::<Vec<_>>()
    };
    assert_eq!(links(&index), links(&anew));
}

#[test]
fn a_graph_of_which_all_rows_are_removed_takes_new_ones_in() {
    for config in all_configs(DIMENSION) {
        let mut index = Index::new(config).unwrap();
        index.set_graph(Some(Params { m: 2, ef_construction: 8, seed: 1 })).unwrap();
        let rows =
            |from: i8| (0..50).map(|n| [from, n, n / 2, n / 3, 1, 2, 3, n]).collect::<Vec<_>>();
        add(&mut index, &rows(1));
        index.index_rows(usize::MAX).unwrap();
        (0..50).for_each(|row| index.remove(row).unwrap());
        assert_eq!(index.waiting(), 50);
        assert_eq!(index.index_rows(usize::MAX).unwrap(), 0);
        assert_eq!(index.graph.as_ref().unwrap().entry, NONE);
        index = reloaded(&index);
        add(&mut index, &rows(2));
        assert_eq!(index.index_rows(usize::MAX).unwrap(), 0);
        check(index.graph.as_ref().unwrap(), &index.live);
        index.search(&[1.0; DIMENSION], &Request::new(100, 1, Method::Graph)).unwrap();
        assert_eq!(index.found().rows.len(), 50);
    }
}

#[test]
fn ten_thousand_equal_rows_are_one_node() {
    let config = Config {
        dimension: DIMENSION,
        metric: Metric::L2,
        codes: CodeKind::Int8,
        originals: Originals::F32,
    };
    let mut index = Index::new(config).unwrap();
    index.set_graph(Some(Params { m: 8, ef_construction: 50, seed: 1 })).unwrap();
    add(&mut index, &[[1; DIMENSION]; 10_000]);
    add(&mut index, &[[2; DIMENSION], [3; DIMENSION]]);
    index.index_rows(usize::MAX).unwrap();
    let graph = index.graph.as_ref().unwrap();
    check(graph, &index.live);
    assert_eq!(reached(graph, 0).len(), 3);
}
