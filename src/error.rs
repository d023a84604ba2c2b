//! One opaque error for everything that can fail: reading, refusing, starting. Evaluation is not among it.

use std::fmt;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::mismatch::{Lines, Mismatch};

/// Why a flag file, a context or a start was refused.
///
/// Prints one line a finding; a tool that wants carets lays out [`Error::diagnostics`] itself. One word wide.
///
/// ```
/// use waterspout::Flags;
///
/// let error = Flags::from_text(r#"{"version": 1, "flags": {"a": {"rollout": 5}}}"#).unwrap_err();
/// assert!(error.is_refused());
/// assert_eq!(error.diagnostics()[0].code(), "unknown-key");
/// ```
#[derive(Clone, thiserror::Error)]
#[error(transparent)]
pub struct Error(Arc<Repr>);

#[derive(Debug, thiserror::Error)]
enum Repr {
    #[error("{}", Refusal(.0))]
    Refused(Vec<Diagnostic>),
    #[error("{what}: {source}")]
    Io { what: String, source: std::io::Error },
    #[error("{0}")]
    Source(String),
    #[error("{}", Lines(.0))]
    Mismatched(Vec<Mismatch>),
    #[error("{0}")]
    Start(String),
}

impl Error {
    pub(crate) fn refused(diagnostics: Vec<Diagnostic>) -> Error {
        Error(Arc::new(Repr::Refused(diagnostics)))
    }

    pub(crate) fn io(what: impl Into<String>, source: std::io::Error) -> Error {
        Error(Arc::new(Repr::Io { what: what.into(), source }))
    }

    /// What went wrong at a [`Source`](crate::Source), in one line and without secrets.
    #[must_use]
    pub fn of_source(what: impl Into<String>) -> Error {
        Error(Arc::new(Repr::Source(what.into())))
    }

    pub(crate) fn start(why: impl Into<String>) -> Error {
        Error(Arc::new(Repr::Start(why.into())))
    }

    pub(crate) fn mismatched(mismatches: Vec<Mismatch>) -> Error {
        Error(Arc::new(Repr::Mismatched(mismatches)))
    }

    /// What the code counts on and a flag file that is right in itself does not have. Empty if it is not that.
    #[must_use]
    pub fn mismatches(&self) -> &[Mismatch] {
        match &*self.0 {
            Repr::Mismatched(mismatches) => mismatches,
            _ => &[],
        }
    }

    /// Everything that is wrong with the text, in its order. Empty if the text was never read.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match &*self.0 {
            Repr::Refused(diagnostics) => diagnostics,
            _ => &[],
        }
    }

    /// Whether a text was read and refused: [`Error::diagnostics`] says why.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(&*self.0, Repr::Refused(_))
    }

    /// Whether a file could not be read.
    #[must_use]
    pub fn is_io(&self) -> bool {
        matches!(&*self.0, Repr::Io { .. })
    }

    /// Whether a source could not be read: a file, or a [`Source`](crate::Source) of the service's own.
    #[must_use]
    pub fn is_source(&self) -> bool {
        matches!(&*self.0, Repr::Io { .. } | Repr::Source(_))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What `unwrap` and a `main` that returns an error print: the sentences, not the structure.
        fmt::Display::fmt(self, f)
    }
}

struct Refusal<'d>(&'d [Diagnostic]);

impl fmt::Display for Refusal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            write!(f, "{}{diagnostic}", if index == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}
