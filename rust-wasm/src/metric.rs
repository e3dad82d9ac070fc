//! The metrics, and how the cheap value that orders neighbours becomes the metric's own distance.

/// How closeness is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Distance 1 - cos(a, b).
    Cosine,
    /// Distance -(a · b).
    Dot,
    /// Euclidean distance.
    L2,
    /// The sum of the absolute differences.
    L1,
    /// Of two sets: how many elements are in one alone. A vector stands for the set of positions whose value is above 0.
    Hamming,
    /// Of two sets: 1 - |A ∩ B| / |A ∪ B|, and 0 for two empty ones.
    Jaccard,
}

impl Metric {
    /// The metric of a code in saved bytes or from the ABI.
    pub fn from_code(code: u8) -> Option<Self> {
        use Metric::{Cosine, Dot, Hamming, Jaccard, L1, L2};
        [Cosine, Dot, L2, L1, Hamming, Jaccard].into_iter().find(|metric| *metric as u8 == code)
    }

    /// Whether the metric compares sets, which only [`Sets`](crate::quantizer::sets::Sets) do.
    pub fn is_of_sets(self) -> bool {
        matches!(self, Metric::Hamming | Metric::Jaccard)
    }

    /// The metric's own distance for the value a [`Space`](crate::space::Space) computed, which is squared for `L2`
    /// and may miss the metric's range by a rounding error.
    pub fn distance(self, computed: f32) -> f32 {
        match self {
            Metric::Cosine => computed.clamp(0.0, 2.0),
            Metric::Dot | Metric::L1 | Metric::Hamming | Metric::Jaccard => computed,
            Metric::L2 => computed.max(0.0).sqrt(),
        }
    }

    /// A value that no row within this distance has a larger one of, for what [`distance`](Self::distance) is given.
    pub fn computed(self, distance: f32) -> f32 {
        match self {
            Metric::Cosine | Metric::Dot | Metric::L1 | Metric::Hamming | Metric::Jaccard => {
                distance
            }
            // Beyond what the square root and the square are rounded by.
            Metric::L2 => (distance * distance * (1.0 + 4.0 * f32::EPSILON)).next_up(),
        }
    }
}
