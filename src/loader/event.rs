//! What a loader tells while it follows.

use std::fmt;

use crate::error::Error;

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
    },
    /// The source changed and was refused; what served before still does.
    Refused {
        /// Why.
        error: Error,
    },
    /// The source could not be read; what served before still does.
    SourceError {
        /// Why.
        error: Error,
    },
    /// The source is well again, with the content that serves already.
    Recovered {
        /// Which publication serves.
        generation: u64,
    },
    /// Published, but the file lacks something that the code counts on, or a fact no longer fits it.
    Mismatch {
        /// What, one line each.
        faults: Vec<String>,
    },
    /// The last good copy could not be written.
    CopyFailed {
        /// Why.
        error: Error,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Published { generation, fingerprint, flags } => {
                write!(f, "published generation {generation}: {flags} flags, fingerprint {fingerprint:032x}")
            }
            Event::Refused { error } => write!(f, "refused, the last good flags still serve: {error}"),
            Event::SourceError { error } => {
                write!(f, "the source cannot be read, the last good flags still serve: {error}")
            }
            Event::Recovered { generation } => {
                write!(f, "the source is well again; generation {generation} serves")
            }
            Event::Mismatch { faults } => write!(f, "published, but: {}", faults.join("; ")),
            Event::CopyFailed { error } => write!(f, "the last good copy could not be written: {error}"),
        }
    }
}
