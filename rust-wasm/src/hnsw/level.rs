//! The level of a row: the highest layer it is on.

/// Above this no row rises, whatever the seed.
pub const MAX_LEVEL: usize = 15;

/// The level of a row, drawn so that a layer has 1/M of the nodes of the one below it (the paper's mL = 1 / ln M).
pub fn of(seed: u32, row: u32, m: usize) -> usize {
    let draw = mix(u64::from(seed) << 32 | u64::from(row));
    let mut bound = u64::MAX / m as u64;
    let mut level = 0;
    while draw < bound && level < MAX_LEVEL {
        bound /= m as u64;
        level += 1;
    }
    level
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): a well mixed number for each number.
pub fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_has_a_share_of_one_in_m_of_the_one_below() {
        for m in [2, 5, 16, 64] {
            let mut counts = [0; MAX_LEVEL + 1];
            for row in 0..200_000 {
                let level = of(7, row, m);
                counts[..=level].iter_mut().for_each(|count| *count += 1);
            }
            let share = f64::from(counts[1]) / f64::from(counts[0]) * m as f64;
            assert!((0.95..1.05).contains(&share), "M {m}: {share}");
        }
    }
}
