//! Which way of finding candidates costs least.

/// A distance along a walk costs about as much as this many of a scan, which reads rows in order and keeps no books.
const SCANNED: u64 = 2;

/// How the rows near a query are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Measures every row that matches.
    Scan,
    /// Walks over all nodes and keeps this many, of which some match.
    Walk(usize),
    /// Walks over the nodes that match, over the others in two hops, and keeps this many.
    TwoHop(usize),
}

/// The way to `ef` rows of which `matching` match, on a graph of `m` links over `rows`.
pub fn cheapest(rows: usize, matching: usize, ef: usize, m: usize) -> Way {
    // A walk measures about M nodes for each that it keeps.
    let walk = (ef as u64).saturating_mul(m as u64).saturating_mul(SCANNED);
    if matching as u64 <= walk {
        Way::Scan
    } else if matching < rows / 2 {
        Way::TwoHop(ef)
    } else {
        // Only one in `rows / matching` nodes counts, so that more are kept.
        Way::Walk((ef as u64 * rows as u64 / matching as u64) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_matching_rows_are_scanned_and_many_are_walked() {
        let way = |matching| cheapest(100_000, matching, 100, 16);
        assert_eq!(way(0), Way::Scan);
        assert_eq!(way(3_200), Way::Scan);
        assert_eq!(way(3_201), Way::TwoHop(100));
        assert_eq!(way(49_999), Way::TwoHop(100));
        assert_eq!(way(50_000), Way::Walk(200));
        assert_eq!(way(100_000), Way::Walk(100));
        assert_eq!(cheapest(usize::MAX, usize::MAX, usize::MAX, 64), Way::Scan);
    }
}
