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
}

impl Metric {
    /// The metric of a code in saved bytes or from the ABI.
    pub fn from_code(code: u8) -> Option<Self> {
        [Metric::Cosine, Metric::Dot, Metric::L2].into_iter().find(|metric| *metric as u8 == code)
    }

    /// The metric's own distance for the value a [`Space`](crate::space::Space) computed, which is squared for `L2`
    /// and may miss the metric's range by a rounding error.
    pub fn distance(self, computed: f32) -> f32 {
        match self {
            Metric::Cosine => computed.clamp(0.0, 2.0),
            Metric::Dot => computed,
            Metric::L2 => computed.max(0.0).sqrt(),
        }
    }
}
