//! What a loader tells.

use std::fmt;

use crate::error::Error;
use crate::live::View;
use crate::mismatch::Mismatch;

/// Something that happened, told after it happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// New flags serve.
    Published {
        /// Which publication this is.
        generation: u64,
        /// The fingerprint of the flag file and its lists.
        fingerprint: u128,
        /// How many flags there are.
        flags: usize,
        /// What was published, to be asked.
        view: View,
    },
    /// The source brought something that was refused; what served before still does.
    Refused {
        /// Which publication serves; 0 if none does yet.
        generation: u64,
        /// The fingerprint of what was refused.
        fingerprint: u128,
        /// What the source is.
        source: String,
        /// Why.
        error: Error,
    },
    /// The source could not be read; what served before still does.
    SourceError {
        /// Which publication serves; 0 if none does yet.
        generation: u64,
        /// Why.
        error: Error,
    },
    /// The source is well again, with the content that serves already.
    Recovered {
        /// Which publication serves.
        generation: u64,
        /// The fingerprint of what serves.
        fingerprint: u128,
    },
    /// Published, but the file lacks something that the code counts on, or a fact no longer fits it.
    Mismatch {
        /// Which publication this is about.
        generation: u64,
        /// What.
        mismatches: Vec<Mismatch>,
    },
    /// The flags before the last ones serve again.
    RolledBack {
        /// Which publication this is.
        generation: u64,
        /// The fingerprint of what serves.
        fingerprint: u128,
        /// The fingerprint that is held back until the source changes.
        held_back: u128,
        /// What serves again, to be asked.
        view: View,
    },
    /// The source has not changed since a rollback: what it has is held back.
    HeldBack {
        /// Which publication serves.
        generation: u64,
        /// The fingerprint that is held back.
        fingerprint: u128,
    },
    /// The last good copy could not be written. It is tried again, and told again only for another reason.
    CopyFailed {
        /// Why.
        error: Error,
    },
    /// The last good copy cannot be used at a start that may need it.
    CopyUnusable {
        /// Why.
        error: Error,
    },
}

impl Event {
    /// The generation that it tells the publication of.
    pub(super) fn published_as(&self) -> Option<u64> {
        match self {
            Event::Published { generation, .. } | Event::RolledBack { generation, .. } => Some(*generation),
            _ => None,
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Published { generation, fingerprint, flags, .. } => {
                let s = if *flags == 1 { "" } else { "s" };
                write!(
                    f,
                    "published generation {generation}: {flags} flag{s}, fingerprint {fingerprint:032x}"
                )
            }
            Event::Refused { generation: 0, source, error, .. } => write!(f, "{source} is refused: {error}"),
            Event::Refused { source, error, .. } => {
                write!(f, "{source} is refused, the last good flags still serve: {error}")
            }
            Event::SourceError { generation: 0, error } => write!(f, "the source cannot be read: {error}"),
            Event::SourceError { error, .. } => {
                write!(f, "the source cannot be read, the last good flags still serve: {error}")
            }
            Event::Recovered { generation, .. } => {
                write!(f, "the source is well again; generation {generation} serves")
            }
            Event::Mismatch { mismatches, .. } => {
                let lines: Vec<String> = mismatches.iter().map(ToString::to_string).collect();
                write!(f, "published, but: {}", lines.join("; "))
            }
            Event::RolledBack { generation, fingerprint, held_back, .. } => write!(
                f,
                "rolled back to fingerprint {fingerprint:032x} as generation {generation}; \
                 {held_back:032x} is held back until the source changes"
            ),
            Event::HeldBack { fingerprint, .. } => {
                write!(f, "the source still has {fingerprint:032x}, which was rolled back and is held back")
            }
            Event::CopyFailed { error } => write!(f, "the last good copy could not be written: {error}"),
            Event::CopyUnusable { error } => write!(f, "the last good copy cannot be used: {error}"),
        }
    }
}
