//! What a reviewer looks for, each thing under a stable name, told in the same four parts: what, why, an example, and
//! what to do instead.
//!
//! A rule looks at one flag file (a lint) or at an edit from one to another (a change rule). The rules of a kind stand in
//! a folder, each in a file of its own; all of them are listed here, so that a name means one thing everywhere: in
//! findings, in `waive`, in a policy, in `waterspout rule NAME`.

use waterspout::Severity;

use crate::{change, lint};

/// A thing that a reviewer looks for.
#[derive(Debug)]
pub struct Rule {
    /// Its stable name: `unreachable-rule`. Findings carry it, and `waive` names it.
    pub name: &'static str,
    /// How much a finding matters, if nobody says otherwise.
    pub severity: Severity,
    /// What it finds, in a sentence.
    pub what: &'static str,
    /// Why that matters, in a sentence or two.
    pub why: &'static str,
    /// What it finds something in.
    pub example: Example,
    /// What to do instead, in a sentence or two.
    pub instead: &'static str,
}

impl Rule {
    /// Whether it looks at one file, not at an edit.
    #[must_use]
    pub fn looks_at_a_file(&self) -> bool {
        matches!(self.example, Example::File { .. })
    }
}

/// What a rule finds something in: complete flag files, each short enough to be read at a glance.
#[derive(Debug)]
#[non_exhaustive]
pub enum Example {
    /// One file.
    File {
        /// The rule finds something in this one,
        doubtful: &'static str,
        /// and nothing in this one, which says it better.
        better: &'static str,
    },
    /// An edit from one file to another.
    Edit {
        /// The file as it was.
        before: &'static str,
        /// The file after an edit in which the rule finds something.
        after: &'static str,
    },
}

/// Every rule, sorted by what it looks at.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    lint::rules().chain(change::rules())
}

/// The rule of a name.
#[must_use]
pub fn rule(name: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.name == name)
}
