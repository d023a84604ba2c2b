//! A test as a comparison of integers, where there is one.

use crate::bucket::Unit;
use crate::context::AttributeKind;
use crate::mark::{self, Mark, Sort};
use crate::snapshot::{How, Operands, Rows, Test};

/// A test as a comparison of integers. See [`Step`](crate::snapshot::Step), which it becomes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe {
    pub(crate) low: u64,
    pub(crate) span: u64,
    pub(crate) how: How,
    /// Whether a hit is one: or else the values themselves are to be compared.
    pub(crate) exact: bool,
}

impl Probe {
    /// None: the values themselves are looked at.
    pub(crate) const NONE: Probe = Probe { low: 0, span: 0, how: How::Slowly, exact: false };

    /// How a test of the targeting key compares: by hash, so that a hit is looked at again. A list does that itself.
    pub(crate) fn of_key(test: Test, operands: &mut Operands) -> Probe {
        let hash = |text: &str| Unit::of_text(text).0;
        let (how, low, span) = match test {
            Test::Listed(list) => {
                return Probe { low: u64::from(list), span: 0, how: How::KeyListed, exact: true };
            }
            Test::TextIs(text) => (How::Key, operands.texts(one(text)).map(hash).next().unwrap_or(0), 0),
            Test::TextIn(rows) => {
                let hashes: Vec<u64> = operands.texts(rows).map(hash).collect();
                let (low, span) = stretch(&hashes, operands);
                (How::KeyOneOf, low, span)
            }
            _ => return Probe::NONE,
        };
        Probe { low, span, how, exact: false }
    }

    /// How a test of an attribute compares.
    pub(crate) fn of(test: Test, operands: &mut Operands) -> Probe {
        let from = |low: Mark| Some((low, u64::MAX));
        let above = |low: Mark| Some((Mark { place: low.place.saturating_add(1), ..low }, u64::MAX));
        let to = |high: Mark| Some((Mark { place: 0, ..high }, high.place));
        let below = |high: Mark| Some((Mark { place: 0, ..high }, high.place.saturating_sub(1)));
        let only = |mark: Mark| Some((mark, mark.place));
        let number = |row: u32| operands.number(row).map(Mark::of_number);
        let version = |row: u32| {
            let packed = operands.versions.get(row as usize).map_or(0, |(packed, _)| *packed);
            Some(Mark::of_version(packed)).filter(|mark| *mark != Mark::OTHER)
        };
        let range = match test {
            Test::TextIs(text) => return Probe::of_texts(one(text), operands),
            Test::TextIn(rows) => return Probe::of_texts(rows, operands),
            Test::NumberIn(rows) => return Probe::of_numbers(rows, operands),
            Test::NumberIs(row) => number(row).and_then(only),
            Test::AtLeast(row) => number(row).and_then(from),
            Test::Above(row) => number(row).and_then(above),
            Test::AtMost(row) => number(row).and_then(to),
            Test::Below(row) => number(row).and_then(below),
            Test::Bool(value) => only(Mark::of_bool(value)),
            Test::VersionIs(row) => version(row).and_then(only),
            Test::VersionAtLeast(row) => version(row).and_then(from),
            Test::VersionAbove(row) => version(row).and_then(above),
            Test::VersionAtMost(row) => version(row).and_then(to),
            Test::VersionBelow(row) => version(row).and_then(below),
            Test::Present(AttributeKind::Text) => from(Mark { sort: Sort::Text, place: 0 }),
            Test::Present(AttributeKind::Number) => from(Mark { sort: Sort::Number, place: 0 }),
            Test::Present(AttributeKind::Bool) => from(Mark { sort: Sort::Bool, place: 0 }),
            Test::Within(rows) => match operands.blocks.get(rows.range()) {
                Some([block]) => block.v4().map(|(first, last)| (Mark::of_v4(first.into()), u64::from(last))),
                _ => None,
            },
            _ => None,
        };
        range.map_or(Probe::NONE, |(low, high)| Probe {
            low: low.place,
            span: high - low.place,
            how: How::Range(low.sort),
            exact: true,
        })
    }

    fn of_texts(rows: Rows, operands: &mut Operands) -> Probe {
        let exact = operands.texts(rows).all(mark::is_exact);
        let places: Vec<u64> = operands.texts(rows).map(|text| Mark::of_text(text).place).collect();
        Probe { exact, ..Probe::one_of(Sort::Text, &places, operands) }
    }

    fn of_numbers(rows: Rows, operands: &mut Operands) -> Probe {
        let numbers = operands.numbers.get(rows.range()).unwrap_or_default();
        let places: Vec<u64> = numbers.iter().map(|number| Mark::of_number(*number).place).collect();
        Probe::one_of(Sort::Number, &places, operands)
    }

    fn one_of(sort: Sort, places: &[u64], operands: &mut Operands) -> Probe {
        if let [place] = *places {
            return Probe { low: place, span: 0, how: How::Range(sort), exact: true };
        }
        let (low, span) = stretch(places, operands);
        Probe { low, span, how: How::OneOf(sort), exact: true }
    }
}

fn one(row: u32) -> Rows {
    Rows { start: row, end: row + 1 }
}

/// Where some places stand among all.
fn stretch(places: &[u64], operands: &mut Operands) -> (u64, u64) {
    let start = operands.places.len() as u64;
    operands.places.extend(places);
    (start, operands.places.len() as u64)
}
