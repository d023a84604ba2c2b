//! A share of the bucket line, exact: a fraction of whole numbers.

use std::cmp::Ordering;
use std::fmt;

/// A share from 0 to 1. Sums and products are exact as long as they fit 128 bits; see [`Share::is_exact`].
#[derive(Clone, Copy, Debug)]
pub struct Share {
    numerator: u128,
    denominator: u128,
    exact: bool,
}

impl Share {
    /// Nothing.
    pub const ZERO: Share = Share { numerator: 0, denominator: 1, exact: true };
    /// All.
    pub const ONE: Share = Share { numerator: 1, denominator: 1, exact: true };

    /// So many of so many. Of none, nothing.
    #[must_use]
    pub fn of(part: u128, whole: u128) -> Share {
        if whole == 0 {
            return Share::ZERO;
        }
        let common = gcd(part, whole).max(1);
        Share { numerator: part / common, denominator: whole / common, exact: true }
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.numerator == 0
    }

    /// Whether no digit was lost on the way: it is unless many lines with many cuts were multiplied.
    #[must_use]
    pub fn is_exact(self) -> bool {
        self.exact
    }

    /// The nearest double.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    pub(crate) fn plus(self, other: Share) -> Share {
        let common = gcd(self.denominator, other.denominator).max(1);
        let exact = (|| {
            let denominator = self.denominator.checked_mul(other.denominator / common)?;
            let left = self.numerator.checked_mul(other.denominator / common)?;
            let right = other.numerator.checked_mul(self.denominator / common)?;
            Some(Share::of(left.checked_add(right)?, denominator))
        })();
        let sum = exact.unwrap_or_else(|| Share::rounded(self.to_f64() + other.to_f64()));
        Share { exact: sum.exact && self.exact && other.exact, ..sum }
    }

    pub(crate) fn times(self, other: Share) -> Share {
        let one = Share::of(self.numerator, other.denominator);
        let two = Share::of(other.numerator, self.denominator);
        let exact = (|| {
            let numerator = one.numerator.checked_mul(two.numerator)?;
            Some(Share::of(numerator, one.denominator.checked_mul(two.denominator)?))
        })();
        let product = exact.unwrap_or_else(|| Share::rounded(self.to_f64() * other.to_f64()));
        Share { exact: product.exact && self.exact && other.exact, ..product }
    }

    fn rounded(value: f64) -> Share {
        const FINE: u128 = 1_000_000_000_000_000;
        Share { exact: false, ..Share::of((value * FINE as f64) as u128, FINE) }
    }
}

impl PartialEq for Share {
    fn eq(&self, other: &Share) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Share {}

impl PartialOrd for Share {
    fn partial_cmp(&self, other: &Share) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Share {
    fn cmp(&self, other: &Share) -> Ordering {
        let left = self.numerator.checked_mul(other.denominator);
        match (left, other.numerator.checked_mul(self.denominator)) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => self.to_f64().total_cmp(&other.to_f64()),
        }
    }
}

/// Prints per cent, with as many decimals as it has, up to six: `15 %`, `33.333 %`.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = format!("{:.6}", self.to_f64() * 100.0);
        let shown = percent.trim_end_matches('0').trim_end_matches('.');
        match shown {
            "0" if !self.is_zero() => f.write_str("under 0.000001 %"),
            shown => write!(f, "{shown} %"),
        }
    }
}

fn gcd(mut one: u128, mut two: u128) -> u128 {
    while two != 0 {
        (one, two) = (two, one % two);
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_products_are_exact() {
        let third = Share::of(33_333, 100_000);
        assert_eq!(third.plus(third).plus(Share::of(33_334, 100_000)), Share::ONE);
        assert_eq!(Share::of(1, 4).times(Share::of(2, 5)), Share::of(1, 10));
        assert_eq!(Share::of(15, 100).to_f64(), 0.15);
        assert_eq!(Share::of(1, 8).to_string(), "12.5 %");
    }

    #[test]
    fn what_no_longer_fits_says_so() {
        let small = Share::of(99_999, 100_000);
        let product = (0..20).fold(Share::ONE, |product, _| product.times(small));
        assert!(!product.is_exact());
        assert!((product.to_f64() - 0.99999_f64.powi(20)).abs() < 1e-9);
    }
}
