//! Three values: true, false, and not known. The tables of FORMAT.md, row by row.

use std::ops::Not;

use Truth::{False, True, Unknown};

/// What a condition comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    True,
    False,
    Unknown,
}

impl Truth {
    /// What is known is true or false.
    #[must_use]
    pub fn of(holds: bool) -> Truth {
        if holds { True } else { False }
    }

    /// `all`, and the entries of one object.
    #[must_use]
    pub fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (True, True) => True,
            (True, False) => False,
            (True, Unknown) => Unknown,
            (False, True) => False,
            (False, False) => False,
            (False, Unknown) => False,
            (Unknown, True) => Unknown,
            (Unknown, False) => False,
            (Unknown, Unknown) => Unknown,
        }
    }

    /// `any`, and a list of segments.
    #[must_use]
    pub fn or(self, other: Truth) -> Truth {
        match (self, other) {
            (True, True) => True,
            (True, False) => True,
            (True, Unknown) => True,
            (False, True) => True,
            (False, False) => False,
            (False, Unknown) => Unknown,
            (Unknown, True) => True,
            (Unknown, False) => Unknown,
            (Unknown, Unknown) => Unknown,
        }
    }

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            True => "true",
            False => "false",
            Unknown => "unknown",
        }
    }
}

/// `not`.
impl Not for Truth {
    type Output = Truth;

    fn not(self) -> Truth {
        match self {
            True => False,
            False => True,
            Unknown => Unknown,
        }
    }
}
