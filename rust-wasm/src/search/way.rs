//! Which way of finding candidates costs least.

/// A distance along a walk costs as much as this many of a scan, which reads rows in order and keeps no books.
const SCANNED: u64 = 3;
/// A node kept by a walk in two hops costs as much as this many kept by a walk over all nodes.
const TWO_HOPS: u64 = 5;

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
    let ef = ef.min(rows);
    // Only one in `rows / matching` nodes of a walk over all counts, so that more are kept.
    let wide = (ef as u64).saturating_mul(rows as u64) / matching.max(1) as u64;
    let two_hops = (ef as u64).saturating_mul(TWO_HOPS);
    // A walk measures about M nodes for each that it keeps.
    let walked = wide.min(two_hops).saturating_mul(m as u64);
    if matching as u64 <= walked.saturating_mul(SCANNED) {
        Way::Scan
    } else if two_hops < wide {
        Way::TwoHop(ef)
    } else if matching < rows {
        // Those that match are not spread evenly: with a few more, enough of them are met nearly always.
        Way::Walk((wide + 1 + 3 * (wide - ef as u64).isqrt()) as usize)
    } else {
        Way::Walk(ef)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_matching_rows_are_scanned_and_many_are_walked() {
        let way = |matching| cheapest(100_000, matching, 100, 16);
        assert_eq!(way(0), Way::Scan);
        assert_eq!(way(20_000), Way::Scan);
        assert_eq!(way(30_000), Way::Walk(333 + 46));
        assert_eq!(way(99_999), Way::Walk(101));
        assert_eq!(way(100_000), Way::Walk(100));
        let way = |matching| cheapest(1_000_000, matching, 100, 16);
        assert_eq!(way(24_000), Way::Scan);
        assert_eq!(way(24_001), Way::TwoHop(100));
        assert_eq!(way(199_000), Way::TwoHop(100));
        assert_eq!(way(200_000), Way::Walk(500 + 61));
        assert_eq!(cheapest(1 << 31, 1 << 31, usize::MAX, 64), Way::Scan);
    }
}
