//! Integers in as few bytes as they need, seven bits in each, the lowest first (LEB128).

use crate::error::Result;
use crate::memory::try_reserve;

/// The most bytes a number takes.
const MAX_BYTES: usize = 5;

/// Appends a number.
pub fn push(bytes: &mut Vec<u8>, mut number: u32) -> Result<()> {
    try_reserve(bytes, MAX_BYTES)?;
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    Ok(())
}

/// Takes the first number off the bytes: `None` where none is, or one beyond 32 bits.
#[inline(always)]
pub fn take(bytes: &mut &[u8]) -> Option<u32> {
    let (&first, rest) = bytes.split_first()?;
    *bytes = rest;
    if first < 0x80 { Some(u32::from(first)) } else { take_long(bytes, u32::from(first & 0x7f)) }
}

fn take_long(bytes: &mut &[u8], mut number: u32) -> Option<u32> {
    for n in 1..MAX_BYTES as u32 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let bits = u32::from(byte & 0x7f);
        if bits << (7 * n) >> (7 * n) != bits {
            return None;
        }
        number |= bits << (7 * n);
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        let numbers = (0..32).flat_map(|n| [(1 << n) - 1, 1 << n]).chain([u32::MAX]);
        let mut bytes = Vec::new();
        numbers.clone().for_each(|number| push(&mut bytes, number).unwrap());
        let mut rest = &bytes[..];
        numbers.for_each(|number| assert_eq!(take(&mut rest), Some(number)));
        assert_eq!(take(&mut rest), None);
    }

    #[test]
    fn what_is_no_number_of_32_bits_is_none() {
        for bytes in [&[0x80][..], &[0xff; 4], &[0xff; 5], &[0xff, 0xff, 0xff, 0xff, 0x10]] {
            assert_eq!(take(&mut &*bytes), None, "{bytes:?}");
        }
    }
}
