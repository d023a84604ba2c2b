//! One flag for a column of targeting keys: for backfills, previews and analytics.

use crate::bucket::{self, Salt, Unit};
use crate::context::Context;
use crate::flag::Flag;
use crate::lanes;
use crate::snapshot::{FlagRow, Shape, Snapshot};
use crate::value::FlagType;

/// How many keys are hashed at once.
const KEYS: usize = 32;

/// The values of one flag for a column of keys, in their order. See [`Snapshot::column`].
#[derive(Debug)]
pub(crate) struct Column<'v, 'k, T: FlagType + ?Sized, K> {
    snapshot: &'v Snapshot,
    /// None where the file has no such flag, or has it with another type.
    row: Option<&'v FlagRow>,
    default: T::Value<'v>,
    draw: Option<Draw<T::Value<'v>>>,
    keys: K,
    taken: [&'k str; KEYS],
    units: [Unit; KEYS],
    at: usize,
    end: usize,
}

/// A flag that is nothing but a rollout: whoever is inside has one value, everyone else another.
#[derive(Debug)]
struct Draw<V> {
    salt: Salt,
    last: u64,
    inside: V,
    outside: V,
}

impl<'v, 'k, T: FlagType + ?Sized, K: Iterator<Item = &'k str>> Column<'v, 'k, T, K> {
    pub(crate) fn new(snapshot: &'v Snapshot, flag: &Flag<T>, keys: K) -> Column<'v, 'k, T, K> {
        let row = snapshot.flag(flag.key().id).filter(|row| row.kind == T::KIND);
        let default = T::shorten(flag.default());
        let value = |variant| snapshot.value_or::<T>(variant, default);
        let draw = row.and_then(|row| snapshot.draw_alone(row)).map(|(rule, outside)| Draw {
            salt: Salt(rule.rollout_salt),
            last: rule.last,
            inside: value(rule.choice),
            outside: value(outside),
        });
        let (taken, units) = ([""; KEYS], [Unit::OF_NOTHING; KEYS]);
        Column { snapshot, row, default, draw, keys, taken, units, at: 0, end: 0 }
    }

    /// Takes the next keys and hashes them, if anybody asks for their hashes.
    fn take(&mut self) {
        (self.at, self.end) = (0, 0);
        for (place, key) in self.taken.iter_mut().zip(&mut self.keys) {
            *place = key;
            self.end += 1;
        }
        if self.row.is_some_and(|row| row.shape != Shape::Settled) {
            lanes::units(self.taken.get(..self.end).unwrap_or_default(), &mut self.units);
        }
    }
}

impl<'v, 'k, T: FlagType + ?Sized, K: Iterator<Item = &'k str>> Iterator for Column<'v, 'k, T, K> {
    type Item = T::Value<'v>;

    #[inline]
    fn next(&mut self) -> Option<T::Value<'v>> {
        if self.at == self.end {
            self.take();
        }
        // Where no key was taken there is none, whatever stands in the place.
        if self.at == self.end {
            return None;
        }
        let (key, unit) = (self.taken.get(self.at)?, self.units.get(self.at)?);
        self.at += 1;
        if let Some(draw) = &self.draw {
            let inside = bucket::position(*unit, draw.salt) <= draw.last && !key.is_empty();
            return Some(if inside { draw.inside } else { draw.outside });
        }
        let Some(row) = self.row else { return Some(self.default) };
        let variant = self.snapshot.variant_of(row, &Context::hashed(key, *unit));
        Some(self.snapshot.value_or::<T>(variant, self.default))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (low, high) = self.keys.size_hint();
        let held = self.end - self.at;
        (low.saturating_add(held), high.and_then(|high| high.checked_add(held)))
    }
}
