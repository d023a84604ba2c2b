//! Bytes as one machine word, so that short texts are compared and hashed without a loop.

/// Up to seven bytes, the first one lowest.
#[inline]
pub(crate) const fn of_short(bytes: &[u8]) -> u64 {
    let length = bytes.len() as u64;
    // Read in two overlapping pieces: where they overlap, they say the same.
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        u32::from_le_bytes(*first) as u64 | ((u32::from_le_bytes(*last) as u64) << (8 * (length - 4)))
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<2>(), bytes.last_chunk::<2>()) {
        u16::from_le_bytes(*first) as u64 | ((u16::from_le_bytes(*last) as u64) << (8 * (length - 2)))
    } else if let Some(byte) = bytes.first() {
        *byte as u64
    } else {
        0
    }
}

/// A word of eight times the same byte.
pub(crate) const fn each(byte: u8) -> u64 {
    u64::MAX / 0xff * byte as u64
}

/// The two halves of a product as one word: each bit of both factors has a say in most of it.
#[inline]
pub(crate) const fn folded(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    (product >> 64) as u64 ^ product as u64
}

#[cfg(test)]
mod tests {
    #[test]
    fn short_texts_are_read_as_if_filled_up_with_zeros() {
        for length in 0..8 {
            let bytes = &[0xf1, 2, 0xf3, 4, 0xf5, 6, 0xf7][..length];
            let mut filled = [0; 8];
            filled[..length].copy_from_slice(bytes);
            assert_eq!(super::of_short(bytes), u64::from_le_bytes(filled), "{length}");
        }
    }
}
