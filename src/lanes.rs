//! The units of many keys at once: SipHash-2-4 of four texts side by side, where the processor has AVX2.
//!
//! Bucketing a column of keys is mostly hashing them, one text after the other bound to wait for itself. Four in the
//! lanes of one register take a third of the time, which no plain loop brings the compiler to do. So this is the one
//! module with `unsafe` in it: for instructions that are only called once the processor was asked for them. Everything
//! is read through slices; nothing here takes a pointer. Equal to [`Unit::of_text`], bit for bit: that is tested.

use crate::bucket::Unit;

/// Writes the unit of each key, in the same order. Of more keys than there is room for, the rest is left out.
pub(crate) fn units(keys: &[&str], units: &mut [Unit]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        return avx2::units(keys, units);
    }
    one_by_one(keys, units);
}

fn one_by_one(keys: &[&str], units: &mut [Unit]) {
    for (key, unit) in keys.iter().zip(units) {
        *unit = Unit::of_text(key);
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "see the head of this file")]
#[expect(
    unused_unsafe,
    reason = "newer compilers know that these instructions are safe here; rust 1.85 does not"
)]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm256_add_epi64, _mm256_extract_epi64, _mm256_or_si256, _mm256_set_epi64x,
        _mm256_set1_epi64x, _mm256_shuffle_epi32, _mm256_slli_epi64, _mm256_srli_epi64, _mm256_xor_si256,
    };

    use super::one_by_one;
    use crate::bucket::{self, Unit};

    /// See [`super::units`]. To be called where there is AVX2.
    pub(super) fn units(keys: &[&str], units: &mut [Unit]) {
        for (keys, units) in keys.chunks(KEYS).zip(units.chunks_mut(KEYS)) {
            match (keys.first_chunk::<KEYS>(), units.first_chunk_mut::<KEYS>()) {
                (Some(keys), Some(units)) if keys.iter().all(|key| key.len() / 8 == keys[0].len() / 8) => {
                    // SAFETY: the caller asked the processor for AVX2.
                    *units = unsafe { units_of(keys.map(str::as_bytes)) };
                }
                _ => one_by_one(keys, units),
            }
        }
    }

    /// Two registers of four lanes: each has something to do while the other waits.
    const KEYS: usize = 8;

    struct State([__m256i; 4]);

    /// The units of keys that all have as many whole blocks of eight bytes.
    #[target_feature(enable = "avx2")]
    unsafe fn units_of(keys: [&[u8]; KEYS]) -> [Unit; KEYS] {
        // SAFETY: these instructions are of AVX2, which this function is only called with.
        unsafe {
            let (mut first, mut second) = (State::new(), State::new());
            let [a, b, c, d, e, f, g, h] = keys;
            for block in 0..a.len() / 8 {
                let word = |key| whole_block(key, block);
                first.absorb([word(a), word(b), word(c), word(d)]);
                second.absorb([word(e), word(f), word(g), word(h)]);
            }
            first.absorb([last_block(a), last_block(b), last_block(c), last_block(d)]);
            second.absorb([last_block(e), last_block(f), last_block(g), last_block(h)]);
            let ([a, b, c, d], [e, f, g, h]) = (first.finish(), second.finish());
            [a, b, c, d, e, f, g, h]
        }
    }

    impl State {
        /// The constants of SipHash: <https://www.aumasson.jp/siphash/siphash.pdf>, section 2.1.
        #[target_feature(enable = "avx2")]
        unsafe fn new() -> State {
            let [low, high] = bucket::UNITS_KEY;
            // SAFETY: as in `units_of`.
            let lanes = |word: u64| unsafe { _mm256_set1_epi64x(word as i64) };
            State([
                lanes(low ^ 0x736f_6d65_7073_6575),
                lanes(high ^ 0x646f_7261_6e64_6f6d),
                lanes(low ^ 0x6c79_6765_6e65_7261),
                lanes(high ^ 0x7465_6462_7974_6573),
            ])
        }

        #[target_feature(enable = "avx2")]
        unsafe fn absorb(&mut self, [a, b, c, d]: [u64; 4]) {
            // SAFETY: as in `units_of`.
            unsafe {
                let message = _mm256_set_epi64x(d as i64, c as i64, b as i64, a as i64);
                self.0[3] = _mm256_xor_si256(self.0[3], message);
                self.round();
                self.round();
                self.0[0] = _mm256_xor_si256(self.0[0], message);
            }
        }

        #[target_feature(enable = "avx2")]
        unsafe fn finish(mut self) -> [Unit; 4] {
            // SAFETY: as in `units_of`.
            unsafe {
                self.0[2] = _mm256_xor_si256(self.0[2], _mm256_set1_epi64x(0xff));
                for _ in 0..4 {
                    self.round();
                }
                let [a, b, c, d] = self.0;
                let hashes = _mm256_xor_si256(_mm256_xor_si256(a, b), _mm256_xor_si256(c, d));
                [
                    Unit(_mm256_extract_epi64::<0>(hashes) as u64),
                    Unit(_mm256_extract_epi64::<1>(hashes) as u64),
                    Unit(_mm256_extract_epi64::<2>(hashes) as u64),
                    Unit(_mm256_extract_epi64::<3>(hashes) as u64),
                ]
            }
        }

        #[target_feature(enable = "avx2")]
        unsafe fn round(&mut self) {
            // SAFETY: as in `units_of`.
            unsafe {
                let [mut a, mut b, mut c, mut d] = self.0;
                a = _mm256_add_epi64(a, b);
                c = _mm256_add_epi64(c, d);
                b = _mm256_xor_si256(turned::<13, 51>(b), a);
                d = _mm256_xor_si256(turned::<16, 48>(d), c);
                a = _mm256_shuffle_epi32::<0b10_11_00_01>(a);
                c = _mm256_add_epi64(c, b);
                a = _mm256_add_epi64(a, d);
                b = _mm256_xor_si256(turned::<17, 47>(b), c);
                d = _mm256_xor_si256(turned::<21, 43>(d), a);
                c = _mm256_shuffle_epi32::<0b10_11_00_01>(c);
                self.0 = [a, b, c, d];
            }
        }
    }

    /// Each lane, rotated to the left. `RIGHT` is 64 less `LEFT`.
    #[target_feature(enable = "avx2")]
    unsafe fn turned<const LEFT: i32, const RIGHT: i32>(lanes: __m256i) -> __m256i {
        // SAFETY: as in `units_of`.
        unsafe { _mm256_or_si256(_mm256_slli_epi64::<LEFT>(lanes), _mm256_srli_epi64::<RIGHT>(lanes)) }
    }

    #[inline]
    fn whole_block(key: &[u8], block: usize) -> u64 {
        let bytes = key.get(8 * block..).and_then(<[u8]>::first_chunk);
        bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }

    /// What is left of a key behind its whole blocks, with its length above it.
    #[inline]
    fn last_block(key: &[u8]) -> u64 {
        let (length, rest) = ((key.len() as u64) << 56, key.len() % 8);
        // The last eight bytes of a longer key hold the rest at their upper end.
        if let Some(last) = key.last_chunk::<8>() {
            return length | u64::from_le_bytes(*last).checked_shr(64 - 8 * rest as u32).unwrap_or(0);
        }
        key.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte)) | length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_units_at_once_are_those_of_one_key_each() {
        let text = "žluťoučký kůň 0123456789 abcdefghijklmnopqrstuvwxyz";
        let whole: Vec<&str> = (0..text.len()).filter_map(|length| text.get(..length)).collect();
        // Runs of four of one length, of four of one number of blocks, and mixed ones.
        let mut keys: Vec<&str> = whole.iter().flat_map(|key| [*key; 4]).collect();
        keys.extend(&whole);
        keys.extend(whole.iter().rev().step_by(3));
        for start in 0..5 {
            let keys = &keys[start..];
            let mut units = vec![Unit(0); keys.len()];
            super::units(keys, &mut units);
            for (key, unit) in keys.iter().zip(units) {
                assert_eq!(unit, Unit::of_text(key), "{key:?}");
            }
        }
    }
}
