//! One remark of a reviewer: a rule by its stable name, how much it matters, and where.

use waterspout::Severity;

use crate::Place;

/// One remark: which rule makes it, how much it matters, where, what is so, and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's stable name: `percent-decreased`. `waterspout rule` explains it.
    pub rule: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The flag it is about, if it is about one: a finding of a flag can be waived there.
    pub flag: Option<Box<str>>,
    /// Where it stands, if it stands somewhere.
    pub place: Option<Place>,
    /// What is so, in one line, lower case, without a full stop.
    pub message: Box<str>,
    /// What to write at the place itself, under a caret: a fact that goes on where the message ends.
    pub label: Option<Box<str>>,
    /// What to do instead.
    pub help: Option<Box<str>>,
}
