//! Halves, the 16-bit floats of IEEE 754 (binary16): a sign, 5 bits of exponent, 10 of mantissa. By hand, since neither
//! stable Rust nor WebAssembly has them.

/// 2^112: how much larger a half is than the float that has its exponent and mantissa in the same places.
const REBIAS: f32 = f32::from_bits((127 + 112) << 23);

/// The value of a finite half; exact.
pub fn to_f32(half: u16) -> f32 {
    let magnitude = f32::from_bits(u32::from(half & 0x7fff) << 13) * REBIAS;
    if half & 0x8000 == 0 { magnitude } else { -magnitude }
}

/// The half nearest to a finite number, of two equally near the even one. From 65,520 on that is infinity.
pub fn from_f32(value: f32) -> u16 {
    /// The bits of 2^-14, the least normal half, and of 2^16, the least that is too large.
    const NORMAL: u32 = (127 - 14) << 23;
    const TOO_LARGE: u32 = (127 + 16) << 23;

    let sign = (value.to_bits() >> 16 & 0x8000) as u16;
    let magnitude = value.abs();
    let bits = magnitude.to_bits();
    let half = if bits < NORMAL {
        // A float of 0.5..1 counts in steps of 2^-24, as subnormal halves do: the addition rounds.
        (magnitude + 0.5).to_bits() - 0.5f32.to_bits()
    } else if bits < TOO_LARGE {
        // A carry out of the mantissa belongs in the exponent, also when that makes it infinity's.
        let odd = bits >> 13 & 1;
        (bits - (112 << 23) + 0xfff + odd) >> 13
    } else {
        0x7c00
    };
    sign | half as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition: sign × mantissa × 2^exponent.
    fn defined(half: u16) -> f64 {
        let (exponent, mantissa) = (i32::from(half >> 10 & 31), f64::from(half & 1023));
        let magnitude = match exponent {
            0 => mantissa * (-24f64).exp2(),
            _ => (1024.0 + mantissa) * f64::from(exponent - 25).exp2(),
        };
        if half & 0x8000 == 0 { magnitude } else { -magnitude }
    }

    fn finite() -> impl Iterator<Item = u16> {
        (0..=u16::MAX).filter(|half| half & 0x7c00 != 0x7c00)
    }

    #[test]
    fn every_half_has_its_value_and_comes_back() {
        for half in finite() {
            assert_eq!(f64::from(to_f32(half)).to_bits(), defined(half).to_bits(), "{half:#x}");
            assert_eq!(from_f32(to_f32(half)), half);
        }
    }

    #[test]
    fn the_nearest_half_is_taken_and_of_two_the_even_one() {
        for half in (0..0x7c00).chain(0x8000..0xfc00) {
            let (low, high) = (defined(half), defined(half + 1));
            // Beyond the largest half lies 65,536, where infinity takes over.
            let middle = ((low + high) / 2.0) as f32;
            let (nearer_low, nearer_high) = match half & 0x8000 {
                0 => (middle.next_down(), middle.next_up()),
                _ => (middle.next_up(), middle.next_down()),
            };
            assert_eq!(from_f32(nearer_low), half, "{half:#x}");
            assert_eq!(from_f32(nearer_high), half + 1, "{half:#x}");
            assert_eq!(from_f32(middle), half + half % 2, "{half:#x}");
        }
        assert_eq!(from_f32(f32::MAX), 0x7c00);
        assert_eq!(from_f32(f32::MIN_POSITIVE), 0);
    }
}
