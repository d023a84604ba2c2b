//! What a service's code counts on and a flag file does not have: flags, attributes, facts.

use std::fmt;

use crate::context::AttributeKind;
use crate::facts::{FactFault, Facts};
use crate::flag::Declaration;
use crate::flag_set::FlagSet;
use crate::value::Kind;

/// Something that a service's code and its flag file see differently. Prints one line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// The code declares a flag that the file does not have.
    FlagAbsent {
        /// Its key.
        key: &'static str,
        /// The type that the code declares.
        kind: Kind,
    },
    /// The file has a flag with another type than the code declares.
    FlagMistyped {
        /// Its key.
        key: &'static str,
        /// The type that the code declares.
        coded: Kind,
        /// The type that the file has.
        written: Kind,
    },
    /// The code declares an attribute that the file does not.
    AttributeAbsent {
        /// Its name.
        name: &'static str,
        /// The type that the code declares.
        kind: AttributeKind,
    },
    /// The file declares an attribute with another type than the code does.
    AttributeMistyped {
        /// Its name.
        name: &'static str,
        /// The type that the code declares.
        coded: AttributeKind,
        /// The type that the file declares.
        written: AttributeKind,
    },
    /// A fact does not fit the file.
    Fact(FactFault),
    /// A flag stands in several layers of an [`Overlay`](crate::Overlay).
    Clash {
        /// Its key.
        key: Box<str>,
        /// The layer whose flag counts.
        layer: Box<str>,
    },
}

impl Mismatch {
    /// Whether it keeps a service from starting: all but a fact too many, and a flag in several layers.
    #[must_use]
    pub fn is_error(&self) -> bool {
        match self {
            Mismatch::Fact(fault) => fault.is_error(),
            Mismatch::Clash { .. } => false,
            _ => true,
        }
    }

    /// What does not fit, the facts first.
    pub(crate) fn all(declared: &[Declaration], facts: &Facts, set: &FlagSet) -> Vec<Mismatch> {
        let facts = facts.check(set).into_iter().map(Mismatch::Fact);
        facts.chain(declared.iter().filter_map(|declared| Mismatch::of(*declared, set))).collect()
    }

    fn of(declared: Declaration, set: &FlagSet) -> Option<Mismatch> {
        match declared {
            Declaration::Flag { key, kind: coded } => match set.flag(key).map(|flag| flag.kind()) {
                None => Some(Mismatch::FlagAbsent { key, kind: coded }),
                Some(written) if written == coded => None,
                Some(written) => Some(Mismatch::FlagMistyped { key, coded, written }),
            },
            Declaration::Attribute { name, kind: coded } => {
                match set.attribute(name).map(|found| found.kind()) {
                    None => Some(Mismatch::AttributeAbsent { name, kind: coded }),
                    Some(written) if written == coded => None,
                    Some(written) => Some(Mismatch::AttributeMistyped { name, coded, written }),
                }
            }
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let a = |kind: &Kind| if *kind == Kind::Integer { "an" } else { "a" };
        match self {
            Mismatch::FlagAbsent { key, .. } => {
                write!(f, "the code counts on a flag `{key}`, which the file does not have")
            }
            Mismatch::FlagMistyped { key, coded, written } => write!(
                f,
                "the code counts on {} {coded} flag `{key}`, and the file's is {} {written} flag",
                a(coded),
                a(written)
            ),
            Mismatch::AttributeAbsent { name, .. } => {
                write!(f, "the code counts on an attribute `{name}`, which the file does not declare")
            }
            Mismatch::AttributeMistyped { name, coded, written } => write!(
                f,
                "the code gives the attribute `{name}` as a `{coded}`, and the file declares a `{written}`"
            ),
            Mismatch::Fact(fault) => write!(f, "{fault}"),
            Mismatch::Clash { key, layer } => {
                write!(f, "flag `{key}` stands in several files; {layer} counts")
            }
        }
    }
}

/// Several, a line each.
pub(crate) struct Lines<'m>(pub(crate) &'m [Mismatch]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .enumerate()
            .try_for_each(|(index, mismatch)| write!(f, "{}{mismatch}", if index == 0 { "" } else { "\n" }))
    }
}
